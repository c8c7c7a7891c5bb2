//! A template's source cut into text, interpolations and tags, with the white space taken out that belongs to lines of tags alone.
//!
//! Manual: "Whitespace handling", "Overall structure". Expressions are not read here, only their end is found: quotes and brackets
//! are followed, and outside of brackets `>` ends a tag.

use crate::freemarker::error::{Reason, Result, fault};

/// A piece of a template.
#[derive(Clone, Debug)]
pub struct Item {
    pub what: Piece,
    /// Where it begins, in bytes.
    pub at: u32,
}

#[derive(Clone, Debug)]
pub enum Piece {
    Text(String),
    /// `${…}`: where its expression lies.
    Print {
        from: usize,
        to: usize,
    },
    Tag(Tag),
    Comment,
}

#[derive(Clone, Debug)]
pub struct Tag {
    /// `</#…>`
    pub close: bool,
    /// `<@…>`
    pub user: bool,
    /// `/>`
    pub empty: bool,
    pub name: String,
    /// Where its arguments lie.
    pub from: usize,
    pub to: usize,
}

pub fn items(source: &str) -> Result<Vec<Item>> {
    if u32::try_from(source.len()).is_err() {
        return fault(Reason::OverBudget, 0, "the template is too large");
    }
    let square = source.trim_start_matches(['\u{feff}', ' ', '\t', '\r', '\n']).starts_with("[#ftl");
    let mut lexer = Lexer { source, at: 0, items: Vec::new(), text: String::new(), text_at: 0, square };
    if source.starts_with('\u{feff}') {
        lexer.at = 3;
        lexer.text_at = 3;
    }
    lexer.run()?;
    Ok(lexer.items)
}

struct Lexer<'a> {
    source: &'a str,
    at: usize,
    items: Vec<Item>,
    text: String,
    text_at: usize,
    /// `[#if x]` instead of `<#if x>`.
    square: bool,
}

/// Names of directives in the two spellings FreeMarker has.
fn spelling(name: &str) -> String {
    match name {
        "elseIf" => "elseif".into(),
        "outputFormat" => "outputformat".into(),
        "autoEsc" => "autoesc".into(),
        "noAutoEsc" => "noautoesc".into(),
        "noEscape" => "noescape".into(),
        "noParse" => "noparse".into(),
        _ => name.into(),
    }
}

fn place(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

impl Lexer<'_> {
    fn rest(&self) -> &str {
        self.source.get(self.at..).unwrap_or_default()
    }

    fn push(&mut self, at: usize, what: Piece) {
        if !self.text.is_empty() {
            let text = std::mem::take(&mut self.text);
            self.items.push(Item { what: Piece::Text(text), at: place(self.text_at) });
        }
        self.items.push(Item { what, at: place(at) });
        self.text_at = self.at;
    }

    fn run(&mut self) -> Result<()> {
        let (open, close_open) = if self.square { ("[#", "[/#") } else { ("<#", "</#") };
        let (user, close_user) = if self.square { ("[@", "[/@") } else { ("<@", "</@") };
        let comment = if self.square { "[#--" } else { "<#--" };
        loop {
            let rest = self.rest();
            let Some(c) = rest.chars().next() else { break };
            let at = self.at;
            if rest.starts_with(comment) {
                let end = if self.square { "--]" } else { "-->" };
                let Some(found) = rest.find(end) else {
                    return fault(Reason::Syntax, place(at), "the comment is not closed");
                };
                self.at += found + 3;
                self.push(at, Piece::Comment);
            } else if rest.starts_with(close_open) || rest.starts_with(close_user) {
                let user = rest.starts_with(close_user);
                self.at += 3;
                self.tag(at, true, user)?;
            } else if rest.starts_with(open) || rest.starts_with(user) {
                let user = rest.starts_with(user);
                self.at += 2;
                self.tag(at, false, user)?;
            } else if rest.starts_with("${") {
                let from = at + 2;
                let to = self.end_of_expression(at, from, Until::Brace)?;
                self.at = to + 1;
                self.push(at, Piece::Print { from, to });
            } else if rest.starts_with("#{") {
                return fault(
                    Reason::Unsupported,
                    place(at),
                    "#{…} is FreeMarker's old way to print a number and not supported: write ${…?string(\"0.00\")}, or \
                     ${\"#\"}{ for the characters themselves",
                );
            } else {
                if self.text.is_empty() {
                    self.text_at = at;
                }
                self.text.push(c);
                self.at += c.len_utf8();
            }
        }
        if !self.text.is_empty() {
            let text = std::mem::take(&mut self.text);
            self.items.push(Item { what: Piece::Text(text), at: place(self.text_at) });
        }
        Ok(())
    }

    /// The rest of a tag whose opening signs were read.
    fn tag(&mut self, at: usize, close: bool, user: bool) -> Result<()> {
        let named =
            |c: char| c.is_alphanumeric() || c == '_' || (user && matches!(c, '.' | '$' | '@' | '-' | ':' | '\\'));
        let length = self.rest().find(|c| !named(c)).unwrap_or(self.rest().len());
        let name = self.rest().get(..length).unwrap_or_default();
        let name = if user { name.replace('\\', "") } else { spelling(name) };
        self.at += length;
        if name.is_empty() && !(user && close) {
            return fault(Reason::Syntax, place(at), "a tag has no name");
        }
        let from = self.at;
        let mut to = self.end_of_expression(at, from, Until::Tag)?;
        self.at = to + 1;
        let empty = !close && self.source.get(from..to).is_some_and(|args| args.ends_with('/'));
        if empty {
            to -= 1;
        }
        let raw = (name == "noparse" || name == "comment") && !user && !close && !empty;
        if raw && name == "comment" {
            return fault(Reason::Unsupported, place(at), "<#comment> is not supported: write <#-- … -->");
        }
        self.push(at, Piece::Tag(Tag { close, user, empty, name, from, to }));
        if raw {
            let (end, end_camel) =
                if self.square { ("[/#noparse]", "[/#noParse]") } else { ("</#noparse>", "</#noParse>") };
            let Some(found) = self.rest().find(end).or_else(|| self.rest().find(end_camel)) else {
                return fault(Reason::Syntax, place(at), "<#noparse> is not closed");
            };
            self.text = self.rest().get(..found).unwrap_or_default().to_owned();
            self.text_at = self.at;
            self.at += found;
        }
        Ok(())
    }

    /// Where an expression ends: at the brace or tag end that belongs to nothing inside.
    fn end_of_expression(&self, begin: usize, from: usize, until: Until) -> Result<usize> {
        let bytes = self.source.as_bytes();
        let mut open = Vec::new();
        let mut at = from;
        let unclosed = || {
            let what = match until {
                Until::Brace => "the interpolation is not closed",
                Until::Tag => "the tag is not closed",
            };
            fault(Reason::Syntax, place(begin), what)
        };
        while let Some(&byte) = bytes.get(at) {
            match byte {
                b'"' | b'\'' => {
                    let raw = at > from
                        && bytes[at - 1] == b'r'
                        && !(at > from + 1 && (bytes[at - 2].is_ascii_alphanumeric() || bytes[at - 2] == b'_'));
                    let Some(end) = end_of_literal(bytes, at, raw) else { return unclosed() };
                    at = end;
                }
                b'<' if bytes[at..].starts_with(b"<#--") => {
                    match self.source.get(at..).and_then(|rest| rest.find("-->")) {
                        Some(end) => at += end + 2,
                        None => return unclosed(),
                    }
                }
                b'}' if open.is_empty() && until == Until::Brace => return Ok(at),
                b'>' if open.is_empty() && until == Until::Tag && !self.square => return Ok(at),
                b']' if open.is_empty() && until == Until::Tag && self.square => return Ok(at),
                b'(' => open.push(b')'),
                b'[' => open.push(b']'),
                b'{' => open.push(b'}'),
                b')' | b']' | b'}' if open.pop() != Some(byte) => {
                    return fault(Reason::Syntax, place(at), format!("this {} closes nothing", char::from(byte)));
                }
                _ => {}
            }
            at += 1;
        }
        unclosed()
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Until {
    Brace,
    Tag,
}

/// The closing quote of a literal that begins here.
pub fn end_of_literal(bytes: &[u8], at: usize, raw: bool) -> Option<usize> {
    let quote = *bytes.get(at)?;
    let mut end = at + 1;
    loop {
        match *bytes.get(end)? {
            b'\\' if !raw => end += 2,
            byte if byte == quote => return Some(end),
            _ => end += 1,
        }
    }
}

/// Takes out the white space that FreeMarker takes out: of lines that hold only tags and comments (where `lines` says so), and
/// what `<#t>`, `<#lt>` and `<#rt>` ask for. `<#nt>` protects its line.
pub fn strip(mut items: Vec<Item>, lines: bool) -> Vec<Item> {
    // The header's own line is never part of the output.
    let header = items.iter().position(|item| matches!(&item.what, Piece::Tag(tag) if tag.name == "ftl" && !tag.user));
    if let Some(header) = header {
        items.drain(..header);
        if let Some(Item { what: Piece::Text(text), .. }) = items.get_mut(1)
            && let Some(end) = text.find('\n').filter(|end| text[..*end].trim().is_empty())
        {
            text.drain(..=end);
        }
    }
    let mut done = Vec::with_capacity(items.len());
    let mut line: Vec<Item> = Vec::new();
    for item in items {
        let Piece::Text(text) = &item.what else {
            line.push(item);
            continue;
        };
        let mut at = item.at;
        for part in text.split_inclusive('\n') {
            line.push(Item { what: Piece::Text(part.to_owned()), at });
            at += place(part.len());
            if part.ends_with('\n') {
                strip_line(&mut line, lines);
                done.append(&mut line);
            }
        }
    }
    strip_line(&mut line, lines);
    done.append(&mut line);

    // Neighbouring texts become one again.
    let mut joined: Vec<Item> = Vec::with_capacity(done.len());
    for item in done {
        match (joined.last_mut().map(|last| &mut last.what), &item.what) {
            (Some(Piece::Text(before)), Piece::Text(text)) => before.push_str(text),
            _ => joined.push(item),
        }
    }
    joined
}

fn strip_line(line: &mut Vec<Item>, lines: bool) {
    let has =
        |name: &str| line.iter().any(|item| matches!(&item.what, Piece::Tag(tag) if !tag.user && tag.name == name));
    if has("nt") {
        return;
    }
    let (both, left, right) = (has("t"), has("lt"), has("rt"));
    let blank = |item: &Item| matches!(&item.what, Piece::Text(text) if text.trim().is_empty());
    let only_tags = line.iter().any(|item| matches!(item.what, Piece::Tag(_) | Piece::Comment))
        && line.iter().all(|item| match &item.what {
            Piece::Text(_) => blank(item),
            Piece::Print { .. } => false,
            Piece::Tag(_) | Piece::Comment => true,
        });
    if only_tags && lines && !both && !left && !right {
        line.retain(|item| !matches!(item.what, Piece::Text(_)));
        return;
    }
    // Tags end the white space of their line as letters do.
    if (both || left)
        && let Some(Item { what: Piece::Text(text), .. }) = line.first_mut()
    {
        *text = text.trim_start().to_owned();
    }
    if (both || right)
        && let Some(Item { what: Piece::Text(text), .. }) = line.last_mut()
    {
        *text = text.trim_end().to_owned();
    }
    line.retain(|item| !matches!(&item.what, Piece::Text(text) if text.is_empty()));
}
