//! What a server demands in `WWW-Authenticate`, RFC 9110 clause 11.6.1: challenges of several schemes, each with parameters, in one
//! header or in many. Read tolerantly: what can't be understood is passed over.

use std::iter::Peekable;
use std::str::Chars;

/// Of a header's value; what is beyond is not read.
const BYTES_MAX: usize = 8192;
const CHALLENGES_MAX: usize = 16;

/// One scheme and its parameters.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Challenge {
    scheme: String,
    parameters: Vec<(String, String)>,
}

impl Challenge {
    pub fn is_of(&self, scheme: &str) -> bool {
        self.scheme.eq_ignore_ascii_case(scheme)
    }

    /// The parameter of this name, whose case does not matter.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

/// The challenges of a header's value.
pub fn challenges(value: &[u8]) -> Vec<Challenge> {
    let text = String::from_utf8_lossy(value.get(..BYTES_MAX).unwrap_or(value));
    let mut rest = text.chars().peekable();
    let mut found: Vec<Challenge> = Vec::new();
    loop {
        skip(&mut rest, |c| c == ',' || is_blank(c));
        let word = token(&mut rest);
        if word.is_empty() {
            return found;
        }
        skip(&mut rest, is_blank);
        if rest.next_if_eq(&'=').is_none() {
            if found.len() == CHALLENGES_MAX {
                return found;
            }
            found.push(Challenge { scheme: word, parameters: Vec::new() });
            continue;
        }
        // The padding of a token68, which stands where parameters do.
        skip(&mut rest, |c| c == '=');
        skip(&mut rest, is_blank);
        let value = if rest.next_if_eq(&'"').is_some() { quoted(&mut rest) } else { token(&mut rest) };
        if let Some(challenge) = found.last_mut() {
            challenge.parameters.push((word, value));
        }
    }
}

fn is_blank(c: char) -> bool {
    c == ' ' || c == '\t'
}

fn skip(rest: &mut Peekable<Chars<'_>>, what: impl Fn(char) -> bool) {
    while rest.next_if(|&c| what(c)).is_some() {}
}

/// RFC 9110 clause 5.6.2, and `/` of a token68.
fn token(rest: &mut Peekable<Chars<'_>>) -> String {
    let mut token = String::new();
    while let Some(c) = rest.next_if(|&c| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~/".contains(c)) {
        token.push(c);
    }
    token
}

/// RFC 9110 clause 5.6.4, behind the first quote.
fn quoted(rest: &mut Peekable<Chars<'_>>) -> String {
    let mut text = String::new();
    while let Some(c) = rest.next() {
        match c {
            '"' => break,
            '\\' => text.extend(rest.next()),
            c => text.push(c),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(value: &str) -> String {
        challenges(value.as_bytes()).iter().map(|it| format!("{} {:?}\n", it.scheme, it.parameters)).collect()
    }

    #[test]
    fn challenges_are_told_apart() {
        let value = r#"Newauth realm="apps", type=1, title="Login to \"apps\"", Basic realm="simple""#;
        let found = challenges(value.as_bytes());
        assert_eq!(found.len(), 2);
        assert!(found[0].is_of("newauth") && found[1].is_of("BASIC"));
        assert_eq!(found[0].get("Title"), Some("Login to \"apps\""));
        assert_eq!(found[1].get("realm"), Some("simple"));
        let found = challenges(br#"Negotiate, NTLM TlRMTVNTUAAC==, Digest realm = "a, b=c" ,nonce=n1"#);
        assert_eq!(found.iter().map(|it| it.scheme.as_str()).collect::<Vec<_>>(), ["Negotiate", "NTLM", "Digest"]);
        assert_eq!((found[2].get("realm"), found[2].get("nonce")), (Some("a, b=c"), Some("n1")));
    }

    #[test]
    fn nonsense_ends_and_makes_nothing_up() {
        for value in ["", ",,,", "=", "\"", "realm=\"x\"", "\u{0}Digest", "\u{e4}\u{e4}"] {
            assert_eq!(read(value), "", "{value:?}");
        }
        assert_eq!(read("Digest realm=\"open"), "Digest [(\"realm\", \"open\")]\n");
        assert_eq!(read("Digest realm=\"open\\"), "Digest [(\"realm\", \"open\")]\n");
        assert_eq!(challenges(" a,".repeat(9000).as_bytes()).len(), CHALLENGES_MAX);
        assert_eq!(challenges(b"Digest realm=\"\xff\"")[0].get("realm"), Some("\u{fffd}"));
    }
}
