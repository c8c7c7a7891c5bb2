//! Built-ins for texts. Places and lengths count characters.

use std::sync::Arc;

use super::Given;
use crate::freemarker::error::{Reason, Result};
use crate::freemarker::format::escape::{Format, Language, literal, rtf, url};
use crate::freemarker::run::Run;
use crate::freemarker::value::{Inner, Text, Value};

impl Run<'_> {
    pub(super) fn of_text(&mut self, value: Value, given: Given) -> Result<Value> {
        let Given { name, args, at } = given;
        if let ("esc" | "no_esc", Value::Inner(Inner::Markup(..))) = (name, &value) {
            return Ok(value);
        }
        let subject = self.text_of(value, at)?;
        self.pay_text(subject.text.len(), at)?;
        let Text { text, own } = subject.clone();
        let made = |text: String| Value::Text(Text { text: text.into(), own });
        let mut args = args.into_iter();
        Ok(match name {
            "html" => self.escaped(Format::Html, &text, at)?,
            "xhtml" => self.escaped(Format::Xhtml, &text, at)?,
            "xml" => self.escaped(Format::Xml, &text, at)?,
            "esc" => Value::Inner(Inner::Markup(Format::Html, Format::Html.escape(&text).into())),
            "no_esc" => Value::Inner(Inner::Markup(Format::Html, text)),
            "markup_string" => Value::own(text),
            "rtf" => made(rtf(&text)),
            "url" => made(url(&text, false)),
            "url_path" => made(url(&text, true)),
            "js_string" => made(literal(&text, Language::JavaScript)),
            "json_string" => made(literal(&text, Language::Json)),
            "j_string" => made(literal(&text, Language::Java)),
            "trim" => made(text.trim().into()),
            "upper_case" => made(text.to_uppercase()),
            "lower_case" => made(text.to_lowercase()),
            "cap_first" => made(first_changed(&text, |c| c.to_uppercase().collect())),
            "uncap_first" => made(first_changed(&text, |c| c.to_lowercase().collect())),
            "capitalize" => made(capitalized(&text)),
            "chop_linebreak" => {
                let chopped = text.strip_suffix("\r\n").or_else(|| text.strip_suffix(['\n', '\r']));
                made(chopped.unwrap_or(&text).into())
            }
            "length" => Value::from(text.chars().count() as i64),
            "number" => self.parsed_number(&text, at)?,
            "boolean" => match &*text {
                "true" => Value::Bool(true),
                "false" => Value::Bool(false),
                _ => return self.fail(at, "the text is neither true nor false"),
            },
            "blank_to_null" if text.trim().is_empty() => Value::Missing("a blank text".into()),
            "empty_to_null" if text.is_empty() => Value::Missing("an empty text".into()),
            "trim_to_null" if text.trim().is_empty() => Value::Missing("a blank text".into()),
            "trim_to_null" => made(text.trim().into()),
            "blank_to_null" | "empty_to_null" => Value::Text(subject),
            "word_list" => {
                self.pay(text.len() as u64 / 2, at)?;
                Value::list(text.split_whitespace().map(|word| made(word.into())))
            }
            "contains" => Value::Bool(text.contains(&*self.argument(args.next(), at)?.text)),
            "starts_with" => Value::Bool(text.starts_with(&*self.argument(args.next(), at)?.text)),
            "ends_with" => Value::Bool(text.ends_with(&*self.argument(args.next(), at)?.text)),
            "index_of" | "last_index_of" => {
                let wanted = self.argument(args.next(), at)?.text;
                let from = match args.next() {
                    Some(from) => Some(usize::try_from(self.whole_of(from, at)?).unwrap_or(0)),
                    None => None,
                };
                Value::from(place_of(&text, &wanted, from, name == "last_index_of"))
            }
            "substring" => {
                let from = self.position(args.next(), at)?.unwrap_or(0);
                let count = text.chars().count();
                let to = self.position(args.next(), at)?.unwrap_or(count);
                if from > to || to > count {
                    return self.fail(at, "?substring goes beyond the text");
                }
                made(text.chars().skip(from).take(to - from).collect())
            }
            "remove_beginning" => {
                let part = self.argument(args.next(), at)?.text;
                made(text.strip_prefix(&*part).unwrap_or(&text).into())
            }
            "remove_ending" => {
                let part = self.argument(args.next(), at)?.text;
                made(text.strip_suffix(&*part).unwrap_or(&text).into())
            }
            "ensure_starts_with" => {
                let part = self.argument(args.next(), at)?;
                if text.starts_with(&*part.text) {
                    made((*text).into())
                } else {
                    Value::Text(self.joined(part, subject, at)?)
                }
            }
            "ensure_ends_with" => {
                let part = self.argument(args.next(), at)?;
                if text.ends_with(&*part.text) {
                    made((*text).into())
                } else {
                    Value::Text(self.joined(subject, part, at)?)
                }
            }
            "keep_before" | "keep_before_last" | "keep_after" | "keep_after_last" => {
                let part = self.argument(args.next(), at)?.text;
                self.flags(args.next(), at)?;
                let found = if name.ends_with("_last") { text.rfind(&*part) } else { text.find(&*part) };
                let kept = match (found, name.starts_with("keep_before")) {
                    (Some(place), true) => &text[..place],
                    (Some(place), false) => &text[place + part.len()..],
                    (None, true) => &text,
                    (None, false) => "",
                };
                made(kept.into())
            }
            "left_pad" | "right_pad" => {
                let width = self.position(args.next(), at)?.unwrap_or(0);
                let padding = match args.next() {
                    Some(padding) => self.text_of(padding, at)?,
                    None => Text { text: " ".into(), own: true },
                };
                self.padded(subject, width, padding, name == "left_pad", at)?
            }
            "replace" => {
                let (from, to) = (self.argument(args.next(), at)?, self.argument(args.next(), at)?);
                let flags = self.flags(args.next(), at)?;
                self.replaced(subject, from, to, &flags, at)?
            }
            "split" => {
                let separator = self.argument(args.next(), at)?.text;
                let flags = self.flags(args.next(), at)?;
                self.pay(text.len() as u64 / 2, at)?;
                if separator.is_empty() {
                    Value::list(text.chars().map(|c| made(c.into())))
                } else {
                    let mut parts = Vec::new();
                    let mut rest = &*text;
                    while let Some((from, to)) = find(rest, &separator, flags.contains('i')) {
                        parts.push(made(rest[..from].into()));
                        rest = &rest[to..];
                    }
                    parts.push(made(rest.into()));
                    Value::list(parts)
                }
            }
            _ => return self.fail(at, format!("?{name} does not fit here")),
        })
    }

    fn escaped(&mut self, format: Format, text: &str, at: u32) -> Result<Value> {
        let escaped = format.escape(text);
        self.pay_text(escaped.len(), at)?;
        Ok(Value::own(escaped))
    }

    fn position(&mut self, value: Option<Value>, at: u32) -> Result<Option<usize>> {
        let Some(value) = value else { return Ok(None) };
        match usize::try_from(self.whole_of(value, at)?) {
            Ok(position) => Ok(Some(position)),
            Err(_) => self.fail(at, "a number from 0 on is expected here"),
        }
    }

    fn flags(&mut self, value: Option<Value>, at: u32) -> Result<Arc<str>> {
        let Some(value) = value else { return Ok("".into()) };
        let flags = self.text_of(value, at)?.text;
        if flags.contains('r') {
            return self.stop(
                Reason::Unsupported,
                at,
                "regular expressions are left out: the flag \"r\" is not supported".into(),
            );
        }
        Ok(flags)
    }

    /// Texts that are to become one: where one may hold the template's own markup, those from outside are escaped.
    pub(super) fn alike<'t>(&self, texts: impl Iterator<Item = &'t mut Text>) {
        let texts: Vec<&mut Text> = texts.collect();
        let markup = |text: &Text| text.own && text.text.contains(['<', '>', '&', '"', '\'']);
        if !self.guards() || texts.iter().all(|text| text.own) || !texts.iter().any(|text| markup(text)) {
            return;
        }
        for text in texts {
            if !text.own {
                *text = Text { text: Format::Html.escape(&text.text).into(), own: true };
            }
        }
    }

    fn padded(&mut self, subject: Text, width: usize, mut padding: Text, left: bool, at: u32) -> Result<Value> {
        let count = subject.text.chars().count();
        if padding.text.is_empty() {
            return self.fail(at, "the padding is empty");
        }
        let lacking = width.saturating_sub(count);
        let signs: Vec<char> = padding.text.chars().collect();
        self.pay_text(lacking.saturating_mul(4), at)?;
        // On the right the pattern goes on as if it had begun where the text does.
        let shift = if left { 0 } else { count };
        let filled: String = (0..lacking).filter_map(|place| signs.get((place + shift) % signs.len())).collect();
        padding.text = filled.into();
        let (first, second) = if left { (padding, subject) } else { (subject, padding) };
        Ok(Value::Text(self.joined(first, second, at)?))
    }

    fn replaced(&mut self, mut subject: Text, mut from: Text, mut to: Text, flags: &str, at: u32) -> Result<Value> {
        // What is looked for makes no markup, but must look like the text it is looked for in.
        from.own = subject.own;
        self.alike([&mut subject, &mut to].into_iter());
        if subject.own != from.own {
            from.text = Format::Html.escape(&from.text).into();
        }
        if from.text.is_empty() {
            return Ok(Value::Text(subject));
        }
        let mut out = String::new();
        let mut rest = &*subject.text;
        while let Some((start, end)) = find(rest, &from.text, flags.contains('i')) {
            self.pay_text(start + to.text.len() + 64, at)?;
            out.push_str(&rest[..start]);
            out.push_str(&to.text);
            rest = &rest[end..];
            if out.len() > self.output_bytes_max {
                return self.too_long(at);
            }
            if flags.contains('f') {
                break;
            }
        }
        out.push_str(rest);
        Ok(Value::Text(Text { text: out.into(), own: subject.own && to.own }))
    }
}

/// Where a text stands in another, in bytes.
fn find(text: &str, wanted: &str, any_case: bool) -> Option<(usize, usize)> {
    if !any_case {
        return text.find(wanted).map(|from| (from, from + wanted.len()));
    }
    // Letters are compared one by one, so that places stay places of the text.
    let fold = |c: char| c.to_lowercase().next().unwrap_or(c);
    let wanted: Vec<char> = wanted.chars().map(fold).collect();
    text.char_indices().find_map(|(from, _)| {
        let mut end = from;
        let mut rest = text[from..].chars();
        for wanted in &wanted {
            let c = rest.next()?;
            if fold(c) != *wanted {
                return None;
            }
            end += c.len_utf8();
        }
        Some((from, end))
    })
}

fn place_of(text: &str, wanted: &str, from: Option<usize>, last: bool) -> i64 {
    let byte = |place: usize| text.char_indices().nth(place).map_or(text.len(), |(byte, _)| byte);
    let found = if last {
        // The start of what is found may be at that place, but not behind it.
        let end = from.map_or(text.len(), |from| (byte(from) + wanted.len()).min(text.len()));
        text.get(..end).unwrap_or(text).rfind(wanted)
    } else {
        let start = byte(from.unwrap_or(0));
        text[start..].find(wanted).map(|found| found + start)
    };
    found.map_or(-1, |found| text[..found].chars().count() as i64)
}

fn first_changed(text: &str, change: impl Fn(char) -> String) -> String {
    let start = text.len() - text.trim_start().len();
    match text[start..].chars().next() {
        Some(c) => format!("{}{}{}", &text[..start], change(c), &text[start + c.len_utf8()..]),
        None => text.to_owned(),
    }
}

fn capitalized(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut begins = true;
    for c in text.chars() {
        if begins {
            out.extend(c.to_uppercase());
        } else {
            out.extend(c.to_lowercase());
        }
        begins = c.is_whitespace();
    }
    out
}
