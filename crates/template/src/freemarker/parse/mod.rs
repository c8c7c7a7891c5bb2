//! From a template's source to its tree. Manual: "Template language reference", "Directives".
//!
//! Everything that can be known without data is found here: unknown directives and built-ins, settings that make no sense, a
//! `<#break>` outside of a loop. `docs/templates.md` lists what is left out.

mod builtins;
mod directives;
mod expr;
mod lex;

use std::sync::Arc;

pub use directives::check_setting;
pub use expr::NESTING_MAX;

use super::error::{Reason, Result, fault};
use super::format::escape::Format;
use super::tree::{Escaping, Expr, Kind, Macro, Node, Template, What};
use expr::Reader;
use lex::{Item, Piece, Tag};

/// Reads one template.
pub fn template(name: &str, source: &str) -> Result<Template> {
    let items = lex::items(source)?;
    let mut parser = Parser {
        source,
        items: Vec::new(),
        next: 0,
        depth: 0,
        macros: Vec::new(),
        format: by_name(name),
        escapes: true,
        rewrites: Vec::new(),
        loops: Vec::new(),
        inside: Inside::default(),
        strip_text: false,
        needs: Vec::new(),
    };
    let header = parser.header(&items)?;
    parser.items = lex::strip(items, header.strip_lines);
    let mut body = parser.block(&[], 0)?.0;
    if !parser.escapes {
        body = vec![Node { what: What::Guard(false, body), at: 0 }];
    }
    let guarded = [".html", ".htm", ".html.ftl", ".htm.ftl"].iter().any(|end| name.to_lowercase().ends_with(end));
    Ok(Template {
        name: name.to_owned(),
        source: source.into(),
        body,
        macros: parser.macros,
        needs: parser.needs,
        guarded,
    })
}

/// The output format that a template's name asks for, as FreeMarker has it.
fn by_name(name: &str) -> Option<Format> {
    let name = name.to_lowercase();
    if name.ends_with(".ftlh") {
        Some(Format::Html)
    } else if name.ends_with(".ftlx") {
        Some(Format::Xml)
    } else {
        None
    }
}

struct Parser<'a> {
    source: &'a str,
    items: Vec<Item>,
    next: usize,
    depth: u16,
    macros: Vec<Macro>,
    /// The output format of where we are, where one is set: then FreeMarker's own auto-escaping is in force.
    format: Option<Format>,
    escapes: bool,
    /// The surrounding `<#escape>`s, outermost first.
    rewrites: Vec<Option<(Arc<str>, Arc<Expr>)>>,
    loops: Vec<Arc<str>>,
    inside: Inside,
    strip_text: bool,
    needs: Vec<(Arc<str>, u32)>,
}

/// What surrounds the place we are at.
#[derive(Clone, Copy, Default)]
struct Inside {
    list: bool,
    /// A `<#list>` without `as`, which has had no `<#items>` yet.
    list_without_names: bool,
    items: bool,
    switch: bool,
    a_macro: bool,
    function: bool,
}

struct Header {
    strip_lines: bool,
}

/// How a block ended: at a tag, or at the end of the template.
type Ended = Option<(Tag, u32)>;

impl Parser<'_> {
    fn reader(&self, tag: &Tag) -> Reader<'_> {
        let mut reader = Reader::new(self.source, tag.from, tag.to, self.depth, &self.loops);
        reader.strict = self.strict().is_some();
        reader
    }

    /// A template that another names in plain words must be there when they are installed.
    fn needs(&mut self, name: &Expr) {
        if let Kind::Text(text) = &name.kind {
            self.needs.push((text.clone(), name.at));
        }
    }

    /// `<#ftl …>`, which must be the first thing.
    fn header(&mut self, items: &[Item]) -> Result<Header> {
        let mut header = Header { strip_lines: true };
        let mut tags = items.iter().enumerate().filter_map(|(index, item)| match &item.what {
            Piece::Tag(tag) if tag.name == "ftl" && !tag.user => Some((index, item.at, tag)),
            _ => None,
        });
        let Some((index, at, tag)) = tags.next() else { return Ok(header) };
        let first =
            items.iter().take(index).all(|item| matches!(&item.what, Piece::Text(text) if text.trim().is_empty()));
        if !first {
            return fault(Reason::Syntax, at, "<#ftl> must be the first thing in a template");
        }
        if let Some((_, at, _)) = tags.next() {
            return fault(Reason::Syntax, at, "<#ftl> must be the first thing in a template");
        }
        let source = self.source;
        let mut reader = Reader::new(source, tag.from, tag.to, 0, &[]);
        while !reader.done() {
            let at = reader.place();
            let name = reader.name()?;
            reader.expect("=")?;
            let value = reader.expression()?;
            match (&*name, &value.kind) {
                ("strip_whitespace" | "stripWhitespace", Kind::Bool(on)) => header.strip_lines = *on,
                ("strip_text" | "stripText", Kind::Bool(on)) => self.strip_text = *on,
                ("auto_esc" | "autoEsc", Kind::Bool(on)) => self.escapes = *on,
                ("output_format" | "outputFormat", Kind::Text(format)) => {
                    (self.format, self.escapes) = output_format(format, value.at)?;
                }
                ("encoding", Kind::Text(_)) => {}
                ("attributes" | "ns_prefixes" | "nsPrefixes", _) => {
                    return fault(Reason::Unsupported, at, format!("<#ftl {name}=…> is not supported"));
                }
                ("strip_whitespace" | "strip_text" | "auto_esc" | "output_format" | "encoding", _) => {
                    return fault(Reason::Syntax, value.at, format!("{name} in <#ftl> has the wrong kind of value"));
                }
                _ => return fault(Reason::Syntax, at, format!("<#ftl> has no {name}")),
            }
        }
        Ok(header)
    }

    /// Nodes up to one of these tags: `else`, or `/if` for a closing one. `opened` is where the block's own tag stands.
    fn block(&mut self, until: &[&str], opened: u32) -> Result<(Vec<Node>, Ended)> {
        self.depth += 1;
        if self.depth > NESTING_MAX {
            return fault(Reason::OverBudget, opened, format!("more than {NESTING_MAX} levels are nested"));
        }
        let mut nodes = Vec::new();
        while let Some(item) = self.items.get(self.next) {
            let at = item.at;
            match &item.what {
                Piece::Comment => self.next += 1,
                Piece::Text(text) => {
                    let text: Arc<str> = text.as_str().into();
                    self.next += 1;
                    if !(self.strip_text && self.depth == 1) {
                        nodes.push(Node { what: What::Text(text), at });
                    }
                }
                Piece::Print { from, to } => {
                    let mut reader = Reader::new(self.source, *from, *to, self.depth, &self.loops);
                    reader.strict = self.strict().is_some();
                    let expression = reader.expression()?;
                    reader.end()?;
                    self.next += 1;
                    nodes.push(Node { what: What::Print(self.rewritten(expression)?, self.escaping()), at });
                }
                Piece::Tag(tag) => {
                    let tag = tag.clone();
                    self.next += 1;
                    let ends = until.iter().any(|end| match end.strip_prefix('/') {
                        Some("@") => tag.close && tag.user,
                        Some(end) => tag.close && !tag.user && tag.name == end,
                        None => !tag.close && !tag.user && tag.name == *end,
                    });
                    if ends {
                        self.depth -= 1;
                        return Ok((nodes, Some((tag, at))));
                    }
                    if tag.close {
                        let name = if tag.user { format!("</@{}>", tag.name) } else { format!("</#{}>", tag.name) };
                        return fault(Reason::Syntax, at, format!("{name} closes nothing that is open here"));
                    }
                    let what = if tag.user { self.call(&tag, at)? } else { self.directive(&tag, at)? };
                    nodes.extend(what.map(|what| Node { what, at }));
                }
            }
        }
        self.depth -= 1;
        if until.iter().any(|end| end.starts_with('/')) {
            return fault(Reason::Syntax, opened, "this tag is not closed");
        }
        Ok((nodes, None))
    }

    /// A block that only its own closing tag ends.
    fn body(&mut self, close: &str, opened: u32) -> Result<Vec<Node>> {
        Ok(self.block(&[close], opened)?.0)
    }

    /// An interpolation as the surrounding `<#escape>`s want it, the innermost first.
    fn rewritten(&self, mut expression: Expr) -> Result<Expr> {
        let start = self.rewrites.iter().rposition(Option::is_none).map_or(0, |barrier| barrier + 1);
        for (name, rewrite) in self.rewrites.iter().skip(start).rev().flatten() {
            let height = expression.height.max(rewrite.height) + 1;
            let at = expression.at;
            if height > NESTING_MAX {
                return fault(Reason::OverBudget, at, format!("the expression has more than {NESTING_MAX} levels"));
            }
            expression = Expr { kind: Kind::Let(name.clone(), Box::new(expression), rewrite.clone()), at, height };
        }
        Ok(expression)
    }

    fn escaping(&self) -> Escaping {
        match (self.format, self.escapes) {
            (_, false) => Escaping::Raw,
            (Some(format), true) => Escaping::Strict(format),
            (None, true) => Escaping::Guarded,
        }
    }

    /// Whether FreeMarker's own auto-escaping is in force.
    fn strict(&self) -> Option<Format> {
        self.format.filter(|_| self.escapes)
    }
}

/// An output format's name: its markup, if it has one, and whether it is escaped.
fn output_format(name: &str, at: u32) -> Result<(Option<Format>, bool)> {
    Ok(match name {
        "HTML" => (Some(Format::Html), true),
        "XHTML" => (Some(Format::Xhtml), true),
        "XML" => (Some(Format::Xml), true),
        "undefined" => (None, true),
        "plainText" | "CSS" | "JavaScript" | "JSON" => (None, false),
        _ => return fault(Reason::Unsupported, at, "this output format is not supported"),
    })
}
