//! Which characters the bytes of an HTML document mean: a byte order mark, then what the document says itself within its first
//! 1024 bytes, then UTF-8 if it is that, else windows-1252 (HTML standard, "determining the character encoding").

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

/// How far a document is searched for what it says of itself.
const SEARCHED: usize = 1024;

/// The text, and how many bytes of it meant no character.
pub(super) fn decode(bytes: &[u8]) -> (String, u32) {
    let (text, _, damaged) = encoding(bytes).decode(bytes);
    let bad = if damaged { text.chars().filter(|&char| char == char::REPLACEMENT_CHARACTER).count() } else { 0 };
    (text.into_owned(), u32::try_from(bad).unwrap_or(u32::MAX))
}

fn encoding(bytes: &[u8]) -> &'static Encoding {
    if let Some((encoding, _)) = Encoding::for_bom(bytes) {
        return encoding;
    }
    // Without a mark, UTF-16 shows by its zeros: the first characters of a document are ASCII.
    match bytes {
        [0, b'<', 0, _, ..] => return UTF_16BE,
        [b'<', 0, _, 0, ..] => return UTF_16LE,
        _ => {}
    }
    let head = String::from_utf8_lossy(bytes.get(..SEARCHED).unwrap_or(bytes)).to_ascii_lowercase();
    match declared(&head) {
        // Who can be read far enough to say that it is UTF-16 is not.
        Some(encoding) if encoding == UTF_16BE || encoding == UTF_16LE => UTF_8,
        Some(encoding) => encoding,
        None if std::str::from_utf8(bytes).is_ok() => UTF_8,
        None => WINDOWS_1252,
    }
}

/// `<meta charset=…>`, `<meta http-equiv=… content="…; charset=…">` or `<?xml … encoding=…>`.
fn declared(head: &str) -> Option<&'static Encoding> {
    let tags = head.split('<').skip(1).map(|tag| tag.split('>').next().unwrap_or(tag));
    tags.filter_map(|tag| {
        let key = if tag.starts_with("?xml") {
            "encoding"
        } else if tag.starts_with("meta") {
            "charset"
        } else {
            return None;
        };
        let (_, after) = tag.split_once(key)?;
        let value = after.trim_start().strip_prefix('=')?.trim_start().trim_start_matches(['"', '\'']);
        let label: Cow<'_, str> = value.split(['"', '\'', ';', ' ', '/', '?', '\t', '\n', '\r']).next()?.into();
        Encoding::for_label(label.as_bytes())
    })
    .next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_says_what_its_bytes_mean() {
        for (bytes, text) in [
            (&b"\xef\xbb\xbf<p>\xc3\xa4"[..], "<p>ä"),
            (b"\xff\xfe<\0p\0>\0\xe4\0", "<p>ä"),
            (b"\0<\0p\0>\0\xe4", "<p>ä"),
            (b"<meta charset=\"iso-8859-15\"><p>\xa4", "<meta charset=\"iso-8859-15\"><p>€"),
            (b"<meta charset=utf-8 /><p>\xc3\xa4", "<meta charset=utf-8 /><p>ä"),
            (b"<META HTTP-EQUIV=x CONTENT='text/html; charset=koi8-r'>\xc1", "<META HTTP-EQUIV=x CONTENT='text/html; charset=koi8-r'>а"),
            (b"<?xml version='1.0' encoding='windows-1251'?>\xc0", "<?xml version='1.0' encoding='windows-1251'?>А"),
            (b"<p>\xc3\xa4", "<p>ä"),
            (b"<p>\xe4\x80", "<p>ä€"),
            (b"<meta charset=utf-16><p>\xc3\xa4", "<meta charset=utf-16><p>ä"),
        ] {
            assert_eq!(decode(bytes), (text.to_owned(), 0));
        }
        assert_eq!(decode(b"<meta charset=utf-8>\xe4").1, 1);
    }
}
