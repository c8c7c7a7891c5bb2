//! Escapes: markup, URLs, string literals of other languages.

use std::fmt::Write;

/// An output format that has markup.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Format {
    Html,
    Xhtml,
    Xml,
}

impl Format {
    pub fn escape(self, text: &str) -> String {
        match self {
            Format::Html | Format::Xhtml => replaced(text, |c| match c {
                '<' => Some("&lt;"),
                '>' => Some("&gt;"),
                '&' => Some("&amp;"),
                '"' => Some("&quot;"),
                '\'' => Some("&#39;"),
                _ => None,
            }),
            Format::Xml => replaced(text, |c| match c {
                '<' => Some("&lt;"),
                '>' => Some("&gt;"),
                '&' => Some("&amp;"),
                '"' => Some("&quot;"),
                '\'' => Some("&apos;"),
                _ => None,
            }),
        }
    }
}

/// `?rtf`
pub fn rtf(text: &str) -> String {
    replaced(text, |c| match c {
        '{' => Some("\\{"),
        '}' => Some("\\}"),
        '\\' => Some("\\\\"),
        _ => None,
    })
}

fn replaced(text: &str, by: impl Fn(char) -> Option<&'static str>) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match by(c) {
            Some(other) => out.push_str(other),
            None => out.push(c),
        }
    }
    out
}

/// `?url`, and `?url_path`, which leaves slashes; UTF-8.
pub fn url(text: &str, path: bool) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        let plain = byte.is_ascii_alphanumeric() || b"-_.!~'()*".contains(&byte) || (path && byte == b'/');
        if plain {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

/// `?js_string`, `?json_string` and `?j_string`: the inside of a string literal that can't end a `<script>` either.
pub fn literal(text: &str, language: Language) -> String {
    let mut out = String::with_capacity(text.len());
    let mut before = ['\0'; 2];
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' => out.push_str("\\\""),
            '\'' if language == Language::JavaScript => out.push_str("\\'"),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{c}' => out.push_str("\\f"),
            '\u{8}' => out.push_str("\\b"),
            '/' if language != Language::Java && (before[1] == '<' || before[1] == '\0') => out.push_str("\\/"),
            '>' if language != Language::Java && matches!(before, [']', ']'] | ['-', '-'] | ['\0', _]) => {
                out.push_str(if language == Language::Json { "\\u003E" } else { "\\>" });
            }
            // Only before "!" or "?" it could begin something; at the end nobody knows.
            '<' if language != Language::Java && matches!(chars.peek(), None | Some('!' | '?')) => {
                out.push_str(if language == Language::Json { "\\u003C" } else { "\\x3C" });
            }
            '\u{2028}' | '\u{2029}' | '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' => {
                let _ = match language {
                    Language::JavaScript if u32::from(c) < 0x100 => write!(out, "\\x{:02X}", u32::from(c)),
                    _ => write!(out, "\\u{:04X}", u32::from(c)),
                };
            }
            _ => out.push(c),
        }
        before = [before[1], c];
    }
    out
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Language {
    JavaScript,
    Json,
    Java,
}
