//! Expressions. Manual: "Expressions", its quick overview and the table of precedences.
//!
//! Binary operators by climbing precedences; `!` as a default takes everything to its right, as in FreeMarker.

use std::sync::Arc;

use super::builtins::{self, Found};
use crate::freemarker::decimal::Decimal;
use crate::freemarker::error::{Reason, Result, fault};
use crate::freemarker::tree::{Expr, Kind, Op, RangeKind};

/// Levels of brackets and operators in one expression, and of tags in one template. Real ones have fewer than twenty.
pub const NESTING_MAX: u16 = 150;

/// Reads expressions from a part of a source.
pub struct Reader<'a> {
    pub(super) source: &'a str,
    pub(super) at: usize,
    pub(super) to: usize,
    /// Text inside a string literal has no places of its own: all of it stands where the literal does.
    pub(super) fixed: Option<u32>,
    pub(super) depth: u16,
    /// Loop variables one may ask `?index` of.
    pub loops: &'a [Arc<str>],
    /// FreeMarker's own auto-escaping is in force.
    pub strict: bool,
}

impl<'a> Reader<'a> {
    pub fn new(source: &'a str, from: usize, to: usize, depth: u16, loops: &'a [Arc<str>]) -> Reader<'a> {
        Reader { source, at: from, to, fixed: None, depth, loops, strict: false }
    }

    pub fn place(&self) -> u32 {
        self.fixed.unwrap_or(u32::try_from(self.at).unwrap_or(u32::MAX))
    }

    fn rest(&self) -> &'a str {
        self.source.get(self.at..self.to).unwrap_or_default()
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    /// White space and comments are passed over.
    pub fn skip(&mut self) {
        loop {
            let rest = self.rest();
            let trimmed = rest.trim_start();
            self.at += rest.len() - trimmed.len();
            if trimmed.starts_with("<#--")
                && let Some(end) = trimmed.find("-->")
            {
                self.at += end + 3;
                continue;
            }
            return;
        }
    }

    pub fn done(&mut self) -> bool {
        self.skip();
        self.rest().is_empty()
    }

    /// Everything must have been read.
    pub fn end(&mut self) -> Result<()> {
        if self.done() {
            return Ok(());
        }
        self.unexpected()
    }

    pub fn unexpected<T>(&mut self) -> Result<T> {
        self.skip();
        match self.peek() {
            None => fault(Reason::Syntax, self.place(), "something is missing here"),
            Some(c) if c.is_alphanumeric() || c == '_' => {
                fault(Reason::Syntax, self.place(), "this name or number is not expected here")
            }
            Some(c) => fault(Reason::Syntax, self.place(), format!("{c:?} is not expected here")),
        }
    }

    /// Takes these signs, if they are next.
    pub fn take(&mut self, signs: &str) -> bool {
        self.skip();
        let found = self.rest().starts_with(signs);
        if found {
            self.at += signs.len();
        }
        found
    }

    pub fn expect(&mut self, signs: &str) -> Result<()> {
        if self.take(signs) {
            return Ok(());
        }
        self.skip();
        fault(Reason::Syntax, self.place(), format!("{signs:?} is expected here"))
    }

    /// Takes a word, if it is next and ends there.
    pub fn take_word(&mut self, word: &str) -> bool {
        let begin = self.at;
        if self.take(word) && !self.peek().is_some_and(is_name) {
            return true;
        }
        self.at = begin;
        false
    }

    /// A name; `\-`, `\.` and `\:` stand for their signs.
    pub fn name(&mut self) -> Result<Arc<str>> {
        self.skip();
        if self.peek().is_none_or(|c| c.is_ascii_digit()) {
            return fault(Reason::Syntax, self.place(), "a name is expected here");
        }
        self.name_or_number()
    }

    fn name_or_number(&mut self) -> Result<Arc<str>> {
        let mut name = String::new();
        while let Some(c) = self.peek() {
            let after = self.rest().get(1..).and_then(|rest| rest.chars().next());
            if is_name(c) {
                name.push(c);
                self.at += c.len_utf8();
            } else if c == '\\' && matches!(after, Some('-' | '.' | ':' | '#')) {
                name.extend(after);
                self.at += 2;
            } else {
                break;
            }
        }
        if name.is_empty() {
            return fault(Reason::Syntax, self.place(), "a name is expected here");
        }
        Ok(name.into())
    }

    /// A name, or a text that stands for one.
    pub fn name_or_text(&mut self) -> Result<Arc<str>> {
        self.skip();
        if matches!(self.peek(), Some('"' | '\'')) {
            let at = self.place();
            return match self.primary()?.kind {
                Kind::Text(text) => Ok(text),
                _ => fault(Reason::Syntax, at, "a name can't have an interpolation in it"),
            };
        }
        self.name()
    }

    /// Whether a name and a single `=` come next: an argument or an assignment begins.
    pub fn at_assignment(&mut self) -> bool {
        let begin = self.at;
        let found = self.name().is_ok() && {
            self.skip();
            self.rest().starts_with('=') && !self.rest().starts_with("==")
        };
        self.at = begin;
        found
    }

    pub(super) fn node(&self, at: u32, kind: Kind, below: u16) -> Result<Expr> {
        let height = below + 1;
        if height > NESTING_MAX {
            return fault(Reason::OverBudget, at, format!("the expression has more than {NESTING_MAX} levels"));
        }
        Ok(Expr { kind, at, height })
    }

    pub fn expression(&mut self) -> Result<Expr> {
        self.depth += 1;
        if self.depth > NESTING_MAX {
            return fault(Reason::OverBudget, self.place(), format!("more than {NESTING_MAX} levels are nested"));
        }
        let expression = self.binary(0);
        self.depth -= 1;
        expression
    }

    /// Operators of at least a precedence; the higher, the closer they bind.
    fn binary(&mut self, least: u8) -> Result<Expr> {
        let mut left = self.prefixed()?;
        loop {
            self.skip();
            let begin = self.at;
            let at = self.place();
            if least <= RANGE
                && let Some(kind) = self.range_sign()
            {
                let to = if self.begins_operand() { Some(Box::new(self.binary(RANGE + 1)?)) } else { None };
                if to.is_none() && kind != RangeKind::Inclusive {
                    return fault(Reason::Syntax, at, "this range needs an end");
                }
                let below = left.height.max(to.as_ref().map_or(0, |to| to.height));
                left = self.node(at, Kind::Range(kind, Box::new(left), to), below)?;
                continue;
            }
            let Some((op, precedence)) = self.operator() else { return Ok(left) };
            if precedence < least {
                self.at = begin;
                return Ok(left);
            }
            let right = self.binary(precedence + 1)?;
            let below = left.height.max(right.height);
            left = self.node(at, Kind::Binary(op, Box::new(left), Box::new(right)), below)?;
        }
    }

    fn range_sign(&mut self) -> Option<RangeKind> {
        for (sign, kind) in [
            ("..<", RangeKind::Exclusive),
            ("..!", RangeKind::Exclusive),
            ("..*", RangeKind::Length),
            ("..", RangeKind::Inclusive),
        ] {
            if self.take(sign) {
                return Some(kind);
            }
        }
        None
    }

    fn begins_operand(&mut self) -> bool {
        self.skip();
        let word = self.rest().split(|c| !is_name(c)).next().unwrap_or_default();
        if matches!(word, "as" | "in" | "gt" | "gte" | "lt" | "lte" | "using") {
            return false;
        }
        self.peek().is_some_and(|c| is_name(c) || matches!(c, '"' | '\'' | '(' | '[' | '{' | '-' | '+' | '!' | '.'))
    }

    fn operator(&mut self) -> Option<(Op, u8)> {
        self.skip();
        let rest = self.rest();
        let found = OPERATORS.iter().find(|(signs, ..)| rest.starts_with(signs))?;
        let &(signs, op, precedence) = found;
        let after = rest.get(signs.len()..).unwrap_or_default();
        let word = signs.ends_with(|c: char| c.is_ascii_alphabetic());
        if word && after.starts_with(is_name) {
            return None;
        }
        // `a += 1`, `a++ b` and a tag's `/>` are not for us.
        let assigns = matches!(op, Op::Add | Op::Subtract | Op::Multiply | Op::Divide | Op::Remainder);
        if assigns && (after.starts_with('=') || after.starts_with("+,") || rest.starts_with("/>")) {
            return None;
        }
        self.at += signs.len();
        Some((op, precedence))
    }

    fn prefixed(&mut self) -> Result<Expr> {
        self.skip();
        let at = self.place();
        let wrap: fn(Box<Expr>) -> Kind = match self.peek() {
            Some('!') => Kind::Not,
            Some('-') => Kind::Minus,
            Some('+') => Kind::Plus,
            _ => return self.postfixed(),
        };
        self.at += 1;
        self.depth += 1;
        if self.depth > NESTING_MAX {
            return fault(Reason::OverBudget, at, format!("more than {NESTING_MAX} levels are nested"));
        }
        let inner = self.prefixed()?;
        self.depth -= 1;
        let below = inner.height;
        self.node(at, wrap(Box::new(inner)), below)
    }

    fn postfixed(&mut self) -> Result<Expr> {
        let mut left = self.primary()?;
        loop {
            self.skip();
            let at = self.place();
            let rest = self.rest();
            let below = left.height;
            if rest.starts_with("??") {
                self.at += 2;
                left = self.node(at, Kind::Exists(Box::new(left)), below)?;
            } else if rest.starts_with('?') {
                self.at += 1;
                left = self.builtin(left, at)?;
            } else if rest.starts_with('!') && !rest.starts_with("!=") {
                self.at += 1;
                let default = if self.begins_default() { Some(Box::new(self.expression()?)) } else { None };
                let below = below.max(default.as_ref().map_or(0, |default| default.height));
                left = self.node(at, Kind::Default(Box::new(left), default), below)?;
            } else if rest.starts_with('.') && !rest.starts_with("..") {
                self.at += 1;
                self.skip();
                if rest[1..].trim_start().starts_with('*') {
                    return fault(Reason::Unsupported, at, "there are no XML documents here: .* and .** are left out");
                }
                let name = self.name_or_number()?;
                left = self.node(at, Kind::Dot(Box::new(left), name), below)?;
            } else if rest.starts_with('[') {
                self.at += 1;
                let index = self.expression()?;
                self.expect("]")?;
                let below = below.max(index.height);
                left = self.node(at, Kind::Index(Box::new(left), Box::new(index)), below)?;
            } else if rest.starts_with('(') {
                let args = self.arguments()?;
                let below = args.iter().map(|arg| arg.height).fold(below, u16::max);
                left = self.node(at, Kind::Call(Box::new(left), args), below)?;
            } else {
                return Ok(left);
            }
        }
    }

    /// After `!`: whether a default stands there. `x! + 1` and, in a macro's call, `x! b=2` have none.
    fn begins_default(&mut self) -> bool {
        let blank = self.peek().is_some_and(char::is_whitespace);
        let begin = self.at;
        let operand = self.begins_operand();
        let goes_on = ["..", "!="].iter().any(|signs| self.rest().starts_with(signs))
            || (blank && matches!(self.peek(), Some('+' | '-')));
        let begins = operand && !goes_on && !self.at_assignment();
        if !begins {
            self.at = begin;
        }
        begins
    }

    /// `(a, b)`
    fn arguments(&mut self) -> Result<Vec<Expr>> {
        self.expect("(")?;
        let mut args = Vec::new();
        if self.take(")") {
            return Ok(args);
        }
        // FreeMarker's grammar does without commas as well.
        loop {
            args.push(self.argument()?);
            if self.take(")") {
                return Ok(args);
            }
            self.take(",");
        }
    }

    /// An expression, or a function without a name: `x -> x + 1`, `(x) -> x + 1`.
    fn argument(&mut self) -> Result<Expr> {
        self.skip();
        let begin = self.at;
        let at = self.place();
        let bracket = self.take("(");
        if let Ok(name) = self.name()
            && (!bracket || self.take(")"))
            && self.take("->")
        {
            let body = self.expression()?;
            let below = body.height;
            return self.node(at, Kind::Lambda(name, Arc::new(body)), below);
        }
        self.at = begin;
        self.expression()
    }

    fn builtin(&mut self, of: Expr, at: u32) -> Result<Expr> {
        self.skip();
        let written = self.name()?;
        let (name, least, most) = match builtins::find(&written) {
            Found::Builtin { name, least, most } => (name, least, most),
            Found::Refused(why) => {
                return fault(Reason::Unsupported, at, format!("?{written} is not supported: {why}"));
            }
            Found::Unknown => return fault(Reason::Unsupported, at, format!("there is no built-in ?{written}")),
        };
        let mut args = None;
        if most > 0 && self.take("(") {
            self.at -= 1;
            args = Some(self.arguments()?);
        } else if matches!(name, "string" | "date" | "time" | "datetime") && self.plain_dot() {
            // `?string.short`, `?date.iso`: the word is the format.
            self.expect(".")?;
            let place = self.place();
            let word = self.name()?;
            args = Some(vec![self.node(place, Kind::Text(word), 0)?]);
        } else if matches!(name, "string" | "date" | "time" | "datetime") && self.rest().starts_with('[') {
            self.at += 1;
            args = Some(vec![self.expression()?]);
            self.expect("]")?;
        }
        let given = args.as_ref().map_or(0, Vec::len);
        if given < least || given > most {
            let many = if least == most { format!("{least}") } else { format!("{least} to {most}") };
            return fault(Reason::Syntax, at, format!("?{written} takes {many} arguments"));
        }
        self.check_builtin(&of, name, &written, args.as_deref().unwrap_or_default(), at)?;
        let below = args.iter().flatten().map(|arg| arg.height).fold(of.height, u16::max);
        self.node(at, Kind::Builtin(Box::new(of), name, args), below)
    }

    fn plain_dot(&mut self) -> bool {
        self.rest().starts_with('.') && self.rest().get(1..).is_some_and(|rest| rest.starts_with(is_name))
    }

    fn primary(&mut self) -> Result<Expr> {
        self.skip();
        let at = self.place();
        let Some(c) = self.peek() else { return self.unexpected() };
        match c {
            '(' => {
                self.at += 1;
                let inner = self.expression()?;
                self.expect(")")?;
                let below = inner.height;
                // Brackets are levels too: they are where recursion goes.
                self.node(at, inner.kind, below.saturating_sub(1))
            }
            '[' => {
                self.at += 1;
                let mut items = Vec::new();
                while !self.take("]") {
                    if !items.is_empty() && !self.take(",") {
                        return self.unexpected();
                    }
                    items.push(self.expression()?);
                }
                let below = items.iter().map(|item| item.height).fold(0, u16::max);
                self.node(at, Kind::List(items), below)
            }
            '{' => {
                self.at += 1;
                let mut entries = Vec::new();
                while !self.take("}") {
                    if !entries.is_empty() && !self.take(",") {
                        return self.unexpected();
                    }
                    let key = self.expression()?;
                    if !self.take(":") {
                        self.expect(",")?;
                    }
                    entries.push((key, self.expression()?));
                }
                let below = entries.iter().map(|(key, value)| key.height.max(value.height)).fold(0, u16::max);
                self.node(at, Kind::Hash(entries), below)
            }
            '"' | '\'' => self.literal(at, false),
            'r' if self.rest().starts_with("r\"") || self.rest().starts_with("r'") => {
                self.at += 1;
                self.literal(at, true)
            }
            '.' => {
                self.at += 1;
                let name = self.name()?;
                let snake = match &*name {
                    "dataModel" => "data_model",
                    "templateName" => "template_name",
                    "mainTemplateName" => "main_template_name",
                    "currentTemplateName" => "current_template_name",
                    "timeZone" => "time_zone",
                    "outputFormat" => "output_format",
                    "autoEsc" => "auto_esc",
                    other => other,
                };
                match builtins::SPECIALS.iter().find(|known| **known == snake) {
                    Some(known) => self.node(at, Kind::Special(known), 0),
                    None => fault(Reason::Unsupported, at, format!("there is no special variable .{name}")),
                }
            }
            '0'..='9' => {
                let rest = self.rest();
                let whole = rest.bytes().take_while(u8::is_ascii_digit).count();
                let fraction = match rest.get(whole..) {
                    Some(after) if after.starts_with('.') => {
                        after.bytes().skip(1).take_while(u8::is_ascii_digit).count()
                    }
                    _ => 0,
                };
                let length = if fraction > 0 { whole + 1 + fraction } else { whole };
                let number = rest.get(..length).and_then(Decimal::parse);
                self.at += length;
                match number {
                    Some(number) => self.node(at, Kind::Number(number), 0),
                    None => fault(Reason::OverBudget, at, "the number is too long"),
                }
            }
            _ if is_name(c) || c == '\\' => {
                let name = self.name()?;
                match &*name {
                    "true" => self.node(at, Kind::Bool(true), 0),
                    "false" => self.node(at, Kind::Bool(false), 0),
                    "gt" | "gte" | "lt" | "lte" | "as" | "in" | "using" => {
                        fault(Reason::Syntax, at, format!("{name} is not expected here"))
                    }
                    _ => self.node(at, Kind::Name(name), 0),
                }
            }
            _ => self.unexpected(),
        }
    }
}

/// Signs, longest first where one begins another; what they mean, how close they bind.
const OPERATORS: &[(&str, Op, u8)] = &[
    ("&amp;&amp;", Op::And, 1),
    ("&&", Op::And, 1),
    ("||", Op::Or, 0),
    ("\\and", Op::And, 1),
    ("==", Op::Equal, 2),
    ("!=", Op::Unequal, 2),
    ("=", Op::Equal, 2),
    ("&lt;=", Op::LessOrEqual, 3),
    ("&gt;=", Op::GreaterOrEqual, 3),
    ("&lt;", Op::Less, 3),
    ("&gt;", Op::Greater, 3),
    ("<=", Op::LessOrEqual, 3),
    (">=", Op::GreaterOrEqual, 3),
    ("<", Op::Less, 3),
    (">", Op::Greater, 3),
    ("lte", Op::LessOrEqual, 3),
    ("lt", Op::Less, 3),
    ("gte", Op::GreaterOrEqual, 3),
    ("gt", Op::Greater, 3),
    ("+", Op::Add, 5),
    ("-", Op::Subtract, 5),
    ("*", Op::Multiply, 6),
    ("/", Op::Divide, 6),
    ("%", Op::Remainder, 6),
];
/// Between comparisons and sums.
const RANGE: u8 = 4;

fn is_name(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '$' | '@')
}
