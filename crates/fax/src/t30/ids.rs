//! The identification of a machine (CSI, TSI, CIG) and the other fields of 20 characters: T.30 5.3.6.2.4 and following.
//!
//! On the wire: 20 octets, padded with spaces, the last character first. T.30 allows digits, `+` and space; real machines send any
//! printable ASCII, and so may we.

/// Characters in an identification, T.30 5.3.6.2.4.
pub const ID_OCTETS: usize = 20;

/// What can be sent for `text`: printable ASCII as given, other letters as their nearest ASCII (`ä` → `ae`, `é` → `e`), anything
/// else `?`, cut to 20 octets.
pub fn local_id(text: &str) -> String {
    let mut id = String::new();
    for character in text.chars() {
        match character {
            ' '..='~' => id.push(character),
            '\u{a0}' | '\t' => id.push(' '),
            other => id.push_str(ascii(other)),
        }
    }
    id.truncate(ID_OCTETS);
    id.trim_end().to_owned()
}

/// The nearest ASCII of a letter that has one.
fn ascii(character: char) -> &'static str {
    match character {
        'ä' | 'æ' => "ae",
        'ö' | 'œ' => "oe",
        'ü' => "ue",
        'Ä' | 'Æ' => "Ae",
        'Ö' | 'Œ' => "Oe",
        'Ü' => "Ue",
        'ß' => "ss",
        'ẞ' => "SS",
        'þ' => "th",
        'Þ' => "Th",
        'à' | 'á' | 'â' | 'ã' | 'å' | 'ā' | 'ă' | 'ą' => "a",
        'À' | 'Á' | 'Â' | 'Ã' | 'Å' | 'Ā' | 'Ă' | 'Ą' => "A",
        'ç' | 'ć' | 'č' | 'ĉ' | 'ċ' => "c",
        'Ç' | 'Ć' | 'Č' | 'Ĉ' | 'Ċ' => "C",
        'ď' | 'đ' | 'ð' => "d",
        'Ď' | 'Đ' | 'Ð' => "D",
        'è' | 'é' | 'ê' | 'ë' | 'ē' | 'ė' | 'ę' | 'ě' => "e",
        'È' | 'É' | 'Ê' | 'Ë' | 'Ē' | 'Ė' | 'Ę' | 'Ě' => "E",
        'ĝ' | 'ğ' | 'ġ' | 'ģ' => "g",
        'Ĝ' | 'Ğ' | 'Ġ' | 'Ģ' => "G",
        'ì' | 'í' | 'î' | 'ï' | 'ī' | 'į' | 'ı' => "i",
        'Ì' | 'Í' | 'Î' | 'Ï' | 'Ī' | 'Į' | 'İ' => "I",
        'ķ' => "k",
        'Ķ' => "K",
        'ĺ' | 'ļ' | 'ľ' | 'ł' => "l",
        'Ĺ' | 'Ļ' | 'Ľ' | 'Ł' => "L",
        'ñ' | 'ń' | 'ņ' | 'ň' => "n",
        'Ñ' | 'Ń' | 'Ņ' | 'Ň' => "N",
        'ò' | 'ó' | 'ô' | 'õ' | 'ø' | 'ō' | 'ő' => "o",
        'Ò' | 'Ó' | 'Ô' | 'Õ' | 'Ø' | 'Ō' | 'Ő' => "O",
        'ŕ' | 'ř' => "r",
        'Ŕ' | 'Ř' => "R",
        'ś' | 'ŝ' | 'ş' | 'š' | 'ș' => "s",
        'Ś' | 'Ŝ' | 'Ş' | 'Š' | 'Ș' => "S",
        'ţ' | 'ť' | 'ț' => "t",
        'Ţ' | 'Ť' | 'Ț' => "T",
        'ù' | 'ú' | 'û' | 'ū' | 'ů' | 'ű' | 'ų' => "u",
        'Ù' | 'Ú' | 'Û' | 'Ū' | 'Ů' | 'Ű' | 'Ų' => "U",
        'ý' | 'ÿ' => "y",
        'Ý' | 'Ÿ' => "Y",
        'ź' | 'ż' | 'ž' => "z",
        'Ź' | 'Ż' | 'Ž' => "Z",
        '–' | '—' | '‑' => "-",
        '’' | '‘' => "'",
        '“' | '”' | '„' | '«' | '»' => "\"",
        '©' => "(c)",
        '®' => "(R)",
        '€' => "EUR",
        _ => "?",
    }
}

/// The field of 20 octets. `id` is as [`local_id`] makes it; what is not ASCII is sent as `?`.
pub(super) fn encode(id: &str) -> Vec<u8> {
    let octet = |character: char| u8::try_from(character).ok().filter(u8::is_ascii).unwrap_or(b'?');
    let mut field: Vec<u8> = id.chars().map(octet).take(ID_OCTETS).collect();
    field.resize(ID_OCTETS, b' ');
    field.reverse();
    field
}

/// The text of such a field: printable ASCII without the padding, anything else `?`. Long fields are cut.
pub(super) fn parse(field: &[u8]) -> String {
    let field = field.get(..ID_OCTETS).unwrap_or(field);
    let printable = |&octet: &u8| match octet {
        b' '..=b'~' => char::from(octet),
        0 => ' ',
        _ => '?',
    };
    let text: String = field.iter().rev().map(printable).collect();
    text.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_become_ascii_of_twenty_octets() {
        assert_eq!(local_id("+49 89 5528-0"), "+49 89 5528-0");
        assert_eq!(local_id("Bäckerei Müßig"), "Baeckerei Muessig");
        assert_eq!(local_id("Café Zoë 東"), "Cafe Zoe ?");
        assert_eq!(local_id("abcdefghijklmnopqrstuvwxyz"), "abcdefghijklmnopqrst");
        assert_eq!(local_id("nineteen characters\u{e4}"), "nineteen charactersa");
    }

    #[test]
    fn the_last_character_goes_first_behind_its_padding() {
        assert_eq!(encode("+49 1"), b"               1 94+");
        assert_eq!(parse(&encode("+49 1")), "+49 1");
        assert_eq!(parse(b"\x07\x00321"), "123 ?");
        assert_eq!(parse(&[b'x'; 400]).len(), ID_OCTETS);
    }
}
