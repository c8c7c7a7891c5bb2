//! One directive each, with its block. Manual: "Directives".

use std::sync::Arc;

use super::expr::Reader;
use super::lex::Tag;
use super::{Inside, Parser, output_format};
use crate::freemarker::error::{Reason, Result, fault};
use crate::freemarker::format::escape::Format;
use crate::freemarker::format::{date, number};
use crate::freemarker::tree::{
    Args, Assigned, Case, CaseKind, Expr, Kind, LoopNames, Macro, Node, Op, Scope, Setting, What,
};
use crate::locale::{Locale, zone};

/// FreeMarker's directives that are left out, and why.
const REFUSED: &[(&str, &str)] = &[
    ("call", "write <@name/>"),
    ("fallback", "there are no XML documents here"),
    ("foreach", "write <#list … as …>"),
    ("recurse", "there are no XML documents here"),
    ("transform", "transforms are left out"),
    ("visit", "there are no XML documents here"),
];

impl Parser<'_> {
    pub(super) fn directive(&mut self, tag: &Tag, at: u32) -> Result<Option<What>> {
        let takes_nothing = matches!(
            &*tag.name,
            "else"
                | "sep"
                | "break"
                | "continue"
                | "default"
                | "noescape"
                | "autoesc"
                | "noautoesc"
                | "compress"
                | "attempt"
                | "recover"
                | "t"
                | "lt"
                | "rt"
                | "nt"
                | "flush"
                | "noparse"
        );
        if takes_nothing && !self.reader(tag).done() {
            return fault(Reason::Syntax, at, format!("<#{}> takes no arguments", tag.name));
        }
        Ok(Some(match &*tag.name {
            "ftl" | "flush" | "t" | "lt" | "rt" | "nt" => return Ok(None),
            "if" => self.if_(tag, at)?,
            "list" => self.list(tag, at)?,
            "items" => self.items(tag, at)?,
            "sep" => self.sep(at)?,
            "break" if self.inside.list || self.inside.items || self.inside.switch => What::Break,
            "continue" if self.inside.list || self.inside.items => What::Continue,
            "break" => return fault(Reason::Syntax, at, "<#break> stands outside of <#list> and <#switch>"),
            "continue" => return fault(Reason::Syntax, at, "<#continue> stands outside of <#list>"),
            "switch" => self.switch(tag, at)?,
            "assign" => self.assign(tag, at, Scope::Space)?,
            "global" => self.assign(tag, at, Scope::Global)?,
            "local" if self.inside.a_macro => self.assign(tag, at, Scope::Local)?,
            "local" => return fault(Reason::Syntax, at, "<#local> stands outside of a macro or function"),
            "macro" | "function" => {
                self.macro_(tag, at)?;
                return Ok(None);
            }
            "nested" if self.inside.a_macro && !self.inside.function => What::Nested(self.several(tag)?),
            "nested" => return fault(Reason::Syntax, at, "<#nested> stands outside of a macro"),
            "return" if self.inside.a_macro => {
                let value = self.optional(tag)?;
                if let (Some(value), false) = (&value, self.inside.function) {
                    return fault(Reason::Syntax, value.at, "<#return> in a macro takes no value");
                }
                What::Return(value)
            }
            "return" => return fault(Reason::Syntax, at, "<#return> stands outside of a macro or function"),
            "include" => self.include(tag)?,
            "import" => {
                let mut reader = self.reader(tag);
                let name = reader.expression()?;
                if !reader.take_word("as") {
                    return fault(Reason::Syntax, at, "<#import> needs \"as\" and a name");
                }
                let space = reader.name()?;
                reader.end()?;
                self.needs(&name);
                What::Import(name, space)
            }
            "setting" => self.setting(tag, at)?,
            "escape" => return self.escape(tag, at).map(Some),
            "noescape" => {
                self.rewrites.push(None);
                let body = self.body("/noescape", at);
                self.rewrites.pop();
                What::Guard(false, body?)
            }
            "noparse" => {
                // Its inside came as one text.
                let mut body = self.body("/noparse", at)?;
                match body.pop() {
                    Some(Node { what, .. }) => what,
                    None => return Ok(None),
                }
            }
            "outputformat" => {
                let mut reader = self.reader(tag);
                let name = reader.expression()?;
                reader.end()?;
                let Kind::Text(name_text) = &name.kind else {
                    return fault(Reason::Unsupported, name.at, "<#outputformat> needs a text in quotes");
                };
                let (format, escapes) = output_format(name_text, name.at)?;
                self.formatted(format, escapes, "/outputformat", at)?
            }
            "autoesc" => self.formatted(self.format, true, "/autoesc", at)?,
            "noautoesc" => self.formatted(self.format, false, "/noautoesc", at)?,
            "compress" => What::Compress(self.body("/compress", at)?),
            "attempt" => {
                let (body, ended) = self.block(&["recover", "/attempt"], at)?;
                if ended.is_none_or(|(tag, _)| tag.name != "recover") {
                    return fault(Reason::Syntax, at, "<#attempt> needs a <#recover>");
                }
                What::Attempt(body, self.block(&["/attempt", "/recover"], at)?.0)
            }
            "stop" => What::Stop(self.optional(tag)?),
            "else" | "elseif" | "case" | "default" | "on" | "recover" => {
                return fault(Reason::Syntax, at, format!("<#{}> stands outside of what it belongs to", tag.name));
            }
            name => {
                return match REFUSED.iter().find(|(known, _)| *known == name) {
                    Some((_, why)) => fault(Reason::Unsupported, at, format!("<#{name}> is not supported: {why}")),
                    None => fault(Reason::Unsupported, at, format!("there is no directive <#{name}>")),
                };
            }
        }))
    }

    fn one(&self, tag: &Tag) -> Result<Expr> {
        let mut reader = self.reader(tag);
        let expression = reader.expression()?;
        reader.end()?;
        Ok(expression)
    }

    fn optional(&self, tag: &Tag) -> Result<Option<Expr>> {
        if self.reader(tag).done() { Ok(None) } else { self.one(tag).map(Some) }
    }

    /// Values with or without commas between them.
    fn several(&self, tag: &Tag) -> Result<Vec<Expr>> {
        let mut reader = self.reader(tag);
        values(&mut reader)
    }

    fn if_(&mut self, tag: &Tag, at: u32) -> Result<What> {
        let mut branches = Vec::new();
        let mut condition = Some(self.one(tag)?);
        loop {
            let last = condition.is_none();
            let until: &[&str] = if last { &["/if"] } else { &["elseif", "else", "/if"] };
            let (body, ended) = self.block(until, at)?;
            branches.push((condition, body));
            match ended {
                Some((tag, _)) if tag.name == "elseif" => condition = Some(self.one(&tag)?),
                Some((tag, _)) if tag.name == "else" => condition = None,
                _ => return Ok(What::If(branches)),
            }
        }
    }

    fn list(&mut self, tag: &Tag, at: u32) -> Result<What> {
        let mut reader = self.reader(tag);
        let over = reader.expression()?;
        let names = if reader.take_word("as") { Some(loop_names(&mut reader)?) } else { None };
        reader.end()?;
        let outside = self.inside;
        self.inside.list = names.is_some();
        self.inside.list_without_names = names.is_none();
        self.inside.items = false;
        let known = self.loops.len();
        self.loops.extend(names.iter().map(|names| names.first.clone()));
        self.inside.list |= outside.list || outside.items;
        let (body, ended) = self.block(&["else", "/list"], at)?;
        self.loops.truncate(known);
        if names.is_none() && self.inside.list_without_names {
            return fault(Reason::Syntax, at, "<#list> needs \"as\" and a name, or an <#items> in it");
        }
        self.inside = outside;
        let otherwise = match ended {
            Some((tag, _)) if tag.name == "else" && !tag.close => Some(self.body("/list", at)?),
            _ => None,
        };
        Ok(What::List { over, names, body, otherwise })
    }

    fn items(&mut self, tag: &Tag, at: u32) -> Result<What> {
        if !self.inside.list_without_names {
            return fault(Reason::Syntax, at, "<#items> stands outside of a <#list> that has no \"as\"");
        }
        let mut reader = self.reader(tag);
        if !reader.take_word("as") {
            return fault(Reason::Syntax, at, "<#items> needs \"as\" and a name");
        }
        let names = loop_names(&mut reader)?;
        reader.end()?;
        let outside = self.inside;
        self.inside.items = true;
        self.inside.list_without_names = false;
        self.loops.push(names.first.clone());
        let body = self.body("/items", at);
        self.loops.pop();
        self.inside = Inside { list_without_names: false, ..outside };
        Ok(What::Items(names, body?))
    }

    /// `<#sep>`: up to its own end, or to the end of the block it stands in.
    fn sep(&mut self, at: u32) -> Result<What> {
        if !self.inside.list && !self.inside.items {
            return fault(Reason::Syntax, at, "<#sep> stands outside of <#list> and <#items>");
        }
        let until = [
            "/sep",
            "else",
            "elseif",
            "recover",
            "case",
            "on",
            "default",
            "/list",
            "/items",
            "/if",
            "/attempt",
            "/switch",
            "/compress",
            "/escape",
            "/noescape",
            "/autoesc",
            "/noautoesc",
            "/outputformat",
            "/@",
        ];
        let (body, ended) = self.block(&until, at)?;
        if ended.is_some_and(|(tag, _)| tag.name != "sep") {
            // That tag is the surrounding block's.
            self.next -= 1;
        }
        Ok(What::Sep(body))
    }

    fn switch(&mut self, tag: &Tag, at: u32) -> Result<What> {
        let on = self.one(tag)?;
        let outside = self.inside;
        self.inside.switch = true;
        let until: &[&str] = &["case", "on", "default", "/switch"];
        let (before, mut ended) = self.block(until, at)?;
        if before.iter().any(|node| !matches!(&node.what, What::Text(text) if text.trim().is_empty())) {
            return fault(Reason::Syntax, at, "<#switch> has something before its first <#case>");
        }
        let mut cases: Vec<Case> = Vec::new();
        while let Some((tag, at)) = ended.filter(|(tag, _)| !tag.close) {
            let (kind, values) = match &*tag.name {
                "case" => (CaseKind::Case, vec![self.one(&tag)?]),
                "on" => (CaseKind::On, self.several(&tag)?),
                _ => (CaseKind::Default, Vec::new()),
            };
            if cases.iter().any(|case| {
                matches!((case.kind, kind), (CaseKind::Case, CaseKind::On) | (CaseKind::On, CaseKind::Case))
            }) {
                return fault(Reason::Syntax, at, "<#case> and <#on> stand in one <#switch>");
            }
            if kind == CaseKind::Default && cases.iter().any(|case| case.kind == kind) {
                return fault(Reason::Syntax, at, "<#switch> has two <#default>");
            }
            let (body, next) = self.block(until, at)?;
            cases.push(Case { kind, values, body });
            ended = next;
        }
        self.inside = outside;
        Ok(What::Switch { on, cases })
    }

    fn assign(&mut self, tag: &Tag, at: u32, scope: Scope) -> Result<What> {
        let mut reader = self.reader(tag);
        let mut to = Vec::new();
        let mut space = None;
        while !reader.done() {
            if reader.take_word("in") {
                space = Some(reader.expression()?);
                break;
            }
            let place = reader.place();
            let name = reader.name_or_text()?;
            let changes = [
                ("+=", Op::Add),
                ("-=", Op::Subtract),
                ("*=", Op::Multiply),
                ("/=", Op::Divide),
                ("%=", Op::Remainder),
            ];
            let assigned = if let Some((_, op)) = changes.iter().find(|(signs, _)| reader.take(signs)) {
                Assigned::Changed(*op, reader.expression()?)
            } else if reader.take("++") {
                Assigned::Counted(1)
            } else if reader.take("--") {
                Assigned::Counted(-1)
            } else if reader.take("=") {
                Assigned::Value(reader.expression()?)
            } else {
                // `<#assign x>…</#assign>`
                if reader.take_word("in") {
                    space = Some(reader.expression()?);
                }
                reader.end()?;
                if !to.is_empty() || tag.empty {
                    return fault(Reason::Syntax, place, "\"=\" and a value are expected behind this name");
                }
                let format = self.strict();
                let body = self.body(&format!("/{}", tag.name), at)?;
                return Ok(What::Capture { scope, space, name, body, format });
            };
            to.push((name, assigned));
            reader.take(",");
        }
        reader.end()?;
        if to.is_empty() {
            return fault(Reason::Syntax, at, format!("<#{}> assigns nothing", tag.name));
        }
        if space.is_some() && scope != Scope::Space {
            return fault(Reason::Syntax, at, format!("<#{}> takes no \"in\"", tag.name));
        }
        Ok(What::Assign { scope, space, to })
    }

    fn macro_(&mut self, tag: &Tag, at: u32) -> Result<()> {
        let function = tag.name == "function";
        if self.inside.a_macro {
            return fault(Reason::Syntax, at, format!("<#{}> stands inside of another", tag.name));
        }
        let mut reader = self.reader(tag);
        let name = reader.name_or_text()?;
        let brackets = reader.take("(");
        let (mut params, mut rest) = (Vec::new(), None);
        while !(reader.done() || brackets && reader.take(")")) {
            let place = reader.place();
            if rest.is_some() {
                return fault(Reason::Syntax, place, "the parameter with … must be the last one");
            }
            let param = reader.name()?;
            if reader.take("...") {
                rest = Some(param);
            } else if reader.take("=") {
                params.push((param, Some(reader.expression()?)));
            } else {
                params.push((param, None));
            }
            reader.take(",");
        }
        reader.end()?;
        if self.macros.iter().any(|known| known.name == name) {
            return fault(Reason::Unsupported, at, "a macro or function of this name was made before");
        }
        // Loops and switches around it are not around its body.
        let outside = std::mem::replace(&mut self.inside, Inside { a_macro: true, function, ..Inside::default() });
        let loops = std::mem::take(&mut self.loops);
        let body = self.body(&format!("/{}", tag.name), at)?;
        self.inside = outside;
        self.loops = loops;
        self.macros.push(Macro { name, params, rest, function, body });
        Ok(())
    }

    /// `<@name …>`
    pub(super) fn call(&mut self, tag: &Tag, at: u32) -> Result<Option<What>> {
        let mut parts = tag.name.split('.');
        let mut callee = Expr { kind: Kind::Name(parts.next().unwrap_or_default().into()), at, height: 1 };
        for part in parts {
            let height = callee.height + 1;
            if height > super::NESTING_MAX {
                let what = format!("the name has more than {} levels", super::NESTING_MAX);
                return fault(Reason::OverBudget, at, what);
            }
            callee = Expr { kind: Kind::Dot(Box::new(callee), part.into()), at, height };
        }
        let mut reader = self.reader(tag);
        let args = if reader.at_assignment() {
            let mut named = Vec::new();
            while !reader.done() && !reader.take(";") {
                let place = reader.place();
                let name = reader.name()?;
                reader.expect("=")?;
                let value = reader.expression()?;
                if named.iter().any(|(known, _)| *known == name) {
                    return fault(Reason::Syntax, place, "this argument is given twice");
                }
                named.push((name, value));
                reader.take(",");
            }
            Args::Named(named)
        } else {
            let mut placed = Vec::new();
            while !reader.done() && !reader.take(";") {
                placed.push(reader.expression()?);
                reader.take(",");
            }
            Args::Placed(placed)
        };
        let mut params = Vec::new();
        while !reader.done() {
            params.push(reader.name()?);
            reader.take(",");
        }
        let body = if tag.empty {
            None
        } else {
            let (body, ended) = self.block(&["/@"], at)?;
            if let Some((close, at)) = ended
                && !close.name.is_empty()
                && close.name != tag.name
            {
                return fault(Reason::Syntax, at, format!("</@{}> closes <@{}>", close.name, tag.name));
            }
            Some(body)
        };
        Ok(Some(What::Call { callee, args, body, params }))
    }

    fn include(&mut self, tag: &Tag) -> Result<What> {
        let mut reader = Reader::new(self.source, tag.from, tag.to, self.depth, &[]);
        let name = reader.expression()?;
        let mut may_miss = false;
        while !reader.done() {
            let at = reader.place();
            let option = reader.name()?;
            reader.expect("=")?;
            let value = reader.expression()?;
            match (&*option, &value.kind) {
                ("ignore_missing" | "ignoreMissing", Kind::Bool(on)) => may_miss = *on,
                ("encoding", Kind::Text(_)) | ("parse", Kind::Bool(true)) => {}
                _ => return fault(Reason::Unsupported, at, format!("<#include {option}=…> is not supported this way")),
            }
        }
        if !may_miss {
            self.needs(&name);
        }
        Ok(What::Include { name, may_miss })
    }

    fn setting(&self, tag: &Tag, at: u32) -> Result<What> {
        let mut reader = self.reader(tag);
        let place = reader.place();
        let name = reader.name()?;
        reader.expect("=")?;
        let value = reader.expression()?;
        reader.end()?;
        let setting = match &*name {
            "locale" => Setting::Locale,
            "time_zone" | "timeZone" => Setting::TimeZone,
            "number_format" | "numberFormat" => Setting::NumberFormat,
            "boolean_format" | "booleanFormat" => Setting::BooleanFormat,
            "date_format" | "dateFormat" => Setting::DateFormat,
            "time_format" | "timeFormat" => Setting::TimeFormat,
            "datetime_format" | "datetimeFormat" => Setting::DateTimeFormat,
            "url_escaping_charset"
            | "urlEscapingCharset"
            | "output_encoding"
            | "outputEncoding"
            | "c_format"
            | "cFormat" => Setting::Ignored,
            _ => return fault(Reason::Unsupported, place, format!("the setting {name} is not supported")),
        };
        if let Kind::Text(text) = &value.kind
            && let Err(what) = check_setting(setting, text)
        {
            return fault(Reason::Unsupported, value.at, what);
        }
        if value.height == 1 && matches!(value.kind, Kind::Bool(_) | Kind::Number(_)) {
            return fault(Reason::Syntax, at, format!("the setting {name} needs a text"));
        }
        Ok(What::Setting(setting, value))
    }

    fn escape(&mut self, tag: &Tag, at: u32) -> Result<What> {
        if self.strict().is_some() {
            return fault(Reason::Syntax, at, "<#escape> where auto-escaping is on would escape twice");
        }
        let mut reader = self.reader(tag);
        let name = reader.name()?;
        if !reader.take_word("as") {
            return fault(Reason::Syntax, at, "<#escape> needs \"as\" and an expression");
        }
        let expression = reader.expression()?;
        reader.end()?;
        self.rewrites.push(Some((name, Arc::new(expression))));
        let body = self.body("/escape", at);
        self.rewrites.pop();
        // What `<#escape>` made is the author's: `x?html` is known as escaped anyway, and other rewrites are still guarded.
        Ok(What::Guard(true, body?))
    }

    fn formatted(&mut self, format: Option<Format>, escapes: bool, close: &str, at: u32) -> Result<What> {
        let outside = (self.format, self.escapes);
        (self.format, self.escapes) = (format, escapes);
        let body = self.body(close, at);
        (self.format, self.escapes) = outside;
        Ok(What::Guard(escapes, body?))
    }
}

/// Whether a setting's value makes sense; the error says why not.
pub fn check_setting(setting: Setting, text: &str) -> std::result::Result<(), String> {
    match setting {
        Setting::Locale if Locale::parse(text).is_none() => Err("this locale is not known".into()),
        Setting::TimeZone if zone(text).is_none() && text != "JVM default" => Err("this time zone is not known".into()),
        Setting::NumberFormat if !matches!(text, "c" | "computer") => number::Pattern::parse(text).map(drop),
        Setting::DateFormat | Setting::TimeFormat | Setting::DateTimeFormat => date::check(text),
        Setting::BooleanFormat if text != "c" && text.split(',').count() != 2 => {
            Err("a boolean format is two texts with a comma between them".into())
        }
        _ => Ok(()),
    }
}

fn loop_names(reader: &mut Reader<'_>) -> Result<LoopNames> {
    let first = reader.name()?;
    let second = if reader.take(",") { Some(reader.name()?) } else { None };
    Ok(LoopNames { first, second })
}

fn values(reader: &mut Reader<'_>) -> Result<Vec<Expr>> {
    let mut values = Vec::new();
    while !reader.done() {
        values.push(reader.expression()?);
        reader.take(",");
    }
    Ok(values)
}
