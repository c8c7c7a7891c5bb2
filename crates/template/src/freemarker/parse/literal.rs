//! Text literals: their escapes, the interpolations in them. Manual: "Specify values directly".

use super::expr::Reader;
use super::lex::end_of_literal;
use crate::freemarker::error::{Reason, Result, fault};
use crate::freemarker::tree::{Expr, Kind};

impl Reader<'_> {
    pub(super) fn literal(&mut self, at: u32, raw: bool) -> Result<Expr> {
        let end = end_of_literal(self.source.as_bytes(), self.at, raw).filter(|end| *end < self.to);
        let Some(end) = end else {
            return fault(Reason::Syntax, at, "the text is not closed");
        };
        let inside = self.source.get(self.at + 1..end).unwrap_or_default();
        self.at = end + 1;
        if raw {
            return self.node(at, Kind::Text(inside.into()), 0);
        }
        let (text, plain) = unescape(inside, at)?;
        let find = |from: usize| {
            let mut from = from;
            loop {
                let found = text.get(from..)?.find("${")? + from;
                if !plain.contains(&(found + 1)) {
                    return Some(found);
                }
                from = found + 2;
            }
        };
        if find(0).is_none() {
            return self.node(at, Kind::Text(text.into()), 0);
        }
        let (mut pieces, mut from, mut below) = (Vec::new(), 0, 0);
        while let Some(found) = find(from) {
            if found > from {
                pieces.push(self.node(at, Kind::Text(text[from..found].into()), 0)?);
            }
            let mut reader = Reader {
                source: &text,
                at: found + 2,
                to: text.len(),
                fixed: Some(at),
                depth: self.depth,
                loops: self.loops,
                strict: self.strict,
            };
            let piece = reader.expression()?;
            reader.expect("}")?;
            below = below.max(piece.height);
            from = reader.at;
            pieces.push(piece);
        }
        if from < text.len() {
            pieces.push(self.node(at, Kind::Text(text[from..].into()), 0)?);
        }
        self.node(at, Kind::Pieces(pieces), below)
    }
}

/// A literal's inside without its escapes, and where a `{` stood escaped: it begins no interpolation.
fn unescape(inside: &str, at: u32) -> Result<(String, Vec<usize>)> {
    let mut text = String::with_capacity(inside.len());
    let mut plain = Vec::new();
    let mut chars = inside.chars().peekable();
    while let Some(c) = chars.next() {
        if c != '\\' {
            text.push(c);
            continue;
        }
        match chars.next() {
            Some('n') => text.push('\n'),
            Some('r') => text.push('\r'),
            Some('t') => text.push('\t'),
            Some('f') => text.push('\u{c}'),
            Some('b') => text.push('\u{8}'),
            Some('g') => text.push('>'),
            Some('l') => text.push('<'),
            Some('a') => text.push('&'),
            Some(same @ ('"' | '\'' | '\\' | '$' | '=')) => text.push(same),
            Some('{') => {
                plain.push(text.len());
                text.push('{');
            }
            Some('x') => {
                let mut code = 0u32;
                let mut digits = 0;
                while let Some(digit) = chars.peek().and_then(|c| c.to_digit(16))
                    && digits < 4
                {
                    code = code * 16 + digit;
                    digits += 1;
                    chars.next();
                }
                match char::from_u32(code) {
                    Some(c) if digits > 0 => text.push(c),
                    _ => return fault(Reason::Syntax, at, "\\x needs the number of a character"),
                }
            }
            _ => return fault(Reason::Syntax, at, "the text has an escape that means nothing"),
        }
    }
    Ok((text, plain))
}
