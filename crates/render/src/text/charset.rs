//! The seven encodings of plain text.
//!
//! What is not a character of the stated encoding becomes U+FFFD and is counted: the sender is told, and sees where. A byte
//! order mark is dropped; one that contradicts the stated byte order wins, since no text begins with U+FFFE.

/// An encoding of plain text.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Charset {
    /// Seven bits.
    UsAscii,
    /// UTF-8.
    Utf8,
    /// UTF-16, big-endian unless a byte order mark says otherwise (RFC 2781 clause 4.3).
    Utf16,
    /// UTF-16, big-endian.
    Utf16Be,
    /// UTF-16, little-endian.
    Utf16Le,
    /// ISO-8859-1 itself, not the Windows code page that browsers take for it: 0x80–0x9F are no characters.
    Iso8859_1,
    /// Windows code page 1252.
    Windows1252,
}

/// Text, and how much of it was not text.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Decoded {
    pub(super) text: String,
    pub(super) bad: u32,
}

pub(super) fn decode(bytes: &[u8], charset: Charset) -> Decoded {
    let mut text = match charset {
        Charset::UsAscii => {
            bytes.iter().map(|&byte| if byte.is_ascii() { char::from(byte) } else { REPLACEMENT }).collect()
        }
        Charset::Utf8 => String::from_utf8_lossy(bytes).into_owned(),
        Charset::Utf16 | Charset::Utf16Be => utf16(bytes, true),
        Charset::Utf16Le => utf16(bytes, false),
        Charset::Iso8859_1 => bytes.iter().map(|&byte| printable(char::from(byte))).collect(),
        Charset::Windows1252 => {
            encoding_rs::WINDOWS_1252.decode_without_bom_handling(bytes).0.chars().map(printable).collect()
        }
    };
    if text.starts_with('\u{feff}') {
        text.remove(0);
    }
    let bad = text.chars().filter(|&char| char == REPLACEMENT).count();
    Decoded { text, bad: u32::try_from(bad).unwrap_or(u32::MAX) }
}

const REPLACEMENT: char = char::REPLACEMENT_CHARACTER;

/// C1 controls are what unassigned bytes decode to.
fn printable(char: char) -> char {
    if ('\u{80}'..='\u{9f}').contains(&char) { REPLACEMENT } else { char }
}

fn utf16(bytes: &[u8], big_endian: bool) -> String {
    let big_endian = match bytes {
        [0xfe, 0xff, ..] => true,
        [0xff, 0xfe, ..] => false,
        _ => big_endian,
    };
    let (pairs, rest) = bytes.as_chunks::<2>();
    let units = pairs.iter().map(|&pair| if big_endian { u16::from_be_bytes(pair) } else { u16::from_le_bytes(pair) });
    let mut text: String = char::decode_utf16(units).map(|char| char.unwrap_or(REPLACEMENT)).collect();
    if !rest.is_empty() {
        text.push(REPLACEMENT);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(bytes: &[u8], charset: Charset) -> (String, u32) {
        let Decoded { text, bad } = decode(bytes, charset);
        (text, bad)
    }

    #[test]
    fn each_encoding_gives_its_characters() {
        assert_eq!(decoded(b"a\xe4", Charset::UsAscii), ("a\u{fffd}".into(), 1));
        assert_eq!(decoded("\u{feff}Größe Ω".as_bytes(), Charset::Utf8), ("Größe Ω".into(), 0));
        assert_eq!(decoded(b"a\xff\xfeb", Charset::Utf8), ("a\u{fffd}\u{fffd}b".into(), 2));
        assert_eq!(decoded(b"\xe4\x80", Charset::Iso8859_1), ("ä\u{fffd}".into(), 1));
        assert_eq!(decoded(b"\xe4\x80\x81", Charset::Windows1252), ("ä€\u{fffd}".into(), 1));
    }

    #[test]
    fn utf16_heeds_its_mark_and_is_big_endian_without() {
        assert_eq!(decoded(b"\0a\x03\xa9", Charset::Utf16), ("aΩ".into(), 0));
        assert_eq!(decoded(b"\xfe\xff\0a", Charset::Utf16), ("a".into(), 0));
        assert_eq!(decoded(b"\xff\xfea\0", Charset::Utf16), ("a".into(), 0));
        assert_eq!(decoded(b"\0a", Charset::Utf16Be), ("a".into(), 0));
        assert_eq!(decoded(b"a\0", Charset::Utf16Le), ("a".into(), 0));
        assert_eq!(decoded(b"\xff\xfea\0", Charset::Utf16Be), ("a".into(), 0));
    }

    #[test]
    fn half_a_utf16_character_is_counted() {
        assert_eq!(decoded(b"\0ab", Charset::Utf16Be), ("a\u{fffd}".into(), 1));
        assert_eq!(decoded(b"\xd8\x3d\0a", Charset::Utf16Be), ("\u{fffd}a".into(), 1));
        assert_eq!(decoded(b"\xd8\x3d\xde\0", Charset::Utf16Be), ("\u{1f600}".into(), 0));
    }
}
