//! A forgiving base64 decoder (RFC 4648 clauses 4 and 5), for documents and for Basic credentials.
//!
//! Clients differ: some wrap lines, some use the URL-safe alphabet, some leave out the padding. All of that is taken, mixed
//! as it may be; unused bits at the end are not looked at. What is not taken: any other character, a single left-over
//! character, and anything after the padding. One pass, straight into the final buffer.

/// The text is not base64.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("not base64")]
pub struct NotBase64;

const SPACE: u8 = 0x80;
const PAD: u8 = 0x81;
const BAD: u8 = 0xFF;

/// The value of each byte, or why it has none.
const VALUES: [u8; 256] = {
    let mut values = [BAD; 256];
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut value = 0;
    while value < alphabet.len() {
        values[alphabet[value] as usize] = value as u8;
        value += 1;
    }
    values[b'-' as usize] = 62;
    values[b'_' as usize] = 63;
    values[b'=' as usize] = PAD;
    let spaces = b" \t\r\n";
    let mut space = 0;
    while space < spaces.len() {
        values[spaces[space] as usize] = SPACE;
        space += 1;
    }
    values
};

/// The bytes that `text` stands for.
pub fn decode(text: &[u8]) -> Result<Vec<u8>, NotBase64> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3 + 3);
    // Up to three characters that do not make whole bytes yet.
    let (mut held, mut count) = (0u32, 0u32);
    let mut padding = 0u32;
    let mut rest = text;
    loop {
        if count == 0
            && padding == 0
            && let Some((&[a, b, c, d], after)) = rest.split_first_chunk()
        {
            let [a, b, c, d] = [a, b, c, d].map(|byte| VALUES[usize::from(byte)]);
            if (a | b | c | d) < 64 {
                bytes.extend_from_slice(&[(a << 2) | (b >> 4), (b << 4) | (c >> 2), (c << 6) | d]);
                rest = after;
                continue;
            }
        }
        let Some((&byte, after)) = rest.split_first() else { break };
        rest = after;
        match VALUES[usize::from(byte)] {
            SPACE => {}
            PAD if padding < 2 && count >= 2 => padding += 1,
            value if value < 64 && padding == 0 => {
                held = (held << 6) | u32::from(value);
                count += 1;
                if count == 4 {
                    bytes.extend_from_slice(&held.to_be_bytes()[1..]);
                    (held, count) = (0, 0);
                }
            }
            _ => return Err(NotBase64),
        }
    }
    match count {
        0 => {}
        2 => bytes.push((held >> 4) as u8),
        3 => bytes.extend_from_slice(&((held >> 2) as u16).to_be_bytes()),
        _ => return Err(NotBase64),
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use ::base64::Engine as _;
    use ::base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE};
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_clients_write_is_understood() {
        for text in ["YWJj ZA==", "YWJjZA", "YWJj\r\nZA==\r\n", "Y\tWJjZ A = =", "YWJjZB=="] {
            assert_eq!(decode(text.as_bytes()), Ok(b"abcd".to_vec()), "{text:?}");
        }
        assert_eq!(decode(b"-_+/"), Ok(vec![0xFB, 0xFF, 0xBF]));
        assert_eq!(decode(b""), Ok(vec![]));
    }

    #[test]
    fn what_is_not_base64_is_refused() {
        for text in ["A", "ABCDE", "=", "AB===", "ABCD=", "AB==CD", "AB*D", "data:;base64,AAAA", "AB\u{a0}CD"] {
            assert_eq!(decode(text.as_bytes()), Err(NotBase64), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn agrees_with_another_encoder(bytes: Vec<u8>, cut in 1usize..90) {
            let standard = STANDARD.encode(&bytes);
            let wrapped: Vec<u8> = standard.as_bytes().chunks(cut).flat_map(|line| [line, b"\r\n"].concat()).collect();
            prop_assert_eq!(decode(&wrapped), Ok(bytes.clone()));
            prop_assert_eq!(decode(STANDARD_NO_PAD.encode(&bytes).as_bytes()), Ok(bytes.clone()));
            prop_assert_eq!(decode(URL_SAFE.encode(&bytes).as_bytes()), Ok(bytes));
        }
    }
}
