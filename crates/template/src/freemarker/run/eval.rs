//! Expressions. Manual: "Expressions".

use std::cmp::Ordering;
use std::sync::Arc;

use super::Run;
use crate::freemarker::decimal::Decimal;
use crate::freemarker::error::{Reason, Result};
use crate::freemarker::tree::{Expr, Kind, Op, RangeKind};
use crate::freemarker::value::{DateKind, Inner, Map, Range, Text, Value, Variables};

impl<'a> Run<'a> {
    pub(super) fn eval(&mut self, expression: &'a Expr) -> Result<Value> {
        self.enter(expression.at)?;
        let value = match &expression.kind {
            Kind::Text(text) => Value::own(text.clone()),
            Kind::Number(number) => Value::Number(*number),
            Kind::Bool(value) => Value::Bool(*value),
            Kind::Name(name) => self.variable(name),
            Kind::Builtin(of, name, args) => self.builtin(expression, of, name, args.as_deref())?,
            _ => self.compound(expression)?,
        };
        self.leave();
        Ok(value)
    }

    /// What has parts; apart, so that the common case needs little stack.
    #[inline(never)]
    fn compound(&mut self, expression: &'a Expr) -> Result<Value> {
        let at = expression.at;
        match &expression.kind {
            Kind::Pieces(pieces) => self.pieces(pieces, at),
            Kind::Special(name) => self.special(name, at),
            Kind::List(items) => {
                self.pay(items.len() as u64, at)?;
                Ok(Value::List(Arc::new(self.eval_all(items)?)))
            }
            Kind::Hash(entries) => self.hash(entries, at),
            Kind::Range(kind, from, to) => self.range(*kind, from, to.as_deref(), at),
            Kind::Dot(of, name) => {
                let value = self.eval(of)?;
                self.dot(&value, name, at)
            }
            Kind::Index(of, index) => {
                let value = self.eval(of)?;
                let index = self.eval(index)?;
                self.index(value, index, at)
            }
            Kind::Call(callee, args) => {
                let function = self.eval(callee)?;
                let args = self.eval_all(args)?;
                self.call_function(&function, args, at)
            }
            Kind::Default(of, default) => match (self.eval(of)?, default) {
                (Value::Missing(_), Some(default)) => self.eval(default),
                (Value::Missing(_), None) => Ok(Value::Inner(Inner::Nothing)),
                (value, _) => Ok(value),
            },
            Kind::Exists(of) => Ok(Value::Bool(!matches!(self.eval(of)?, Value::Missing(_)))),
            Kind::Not(of) => Ok(Value::Bool(!self.holds(of)?)),
            Kind::Minus(of) => {
                let value = self.eval(of)?;
                Ok(Value::Number(self.number_of(value, at)?.negate()))
            }
            Kind::Plus(of) => {
                let value = self.eval(of)?;
                Ok(Value::Number(self.number_of(value, at)?))
            }
            Kind::Binary(Op::And, left, right) => Ok(Value::Bool(self.holds(left)? && self.holds(right)?)),
            Kind::Binary(Op::Or, left, right) => Ok(Value::Bool(self.holds(left)? || self.holds(right)?)),
            Kind::Binary(op, left, right) => {
                let (left, right) = (self.eval(left)?, self.eval(right)?);
                self.calculate(*op, left, right, at)
            }
            Kind::Let(name, value, body) => {
                let value = self.eval(value)?;
                self.eval_with(name, value, body)
            }
            Kind::Lambda(..) => self.fail(at, "x -> … stands only in ?map, ?filter and the like"),
            Kind::Text(_) | Kind::Number(_) | Kind::Bool(_) | Kind::Name(_) | Kind::Builtin(..) => {
                self.fail(at, "an expression without parts has none")
            }
        }
    }

    fn pieces(&mut self, pieces: &'a [Expr], at: u32) -> Result<Value> {
        let mut whole = Text { text: "".into(), own: true };
        for piece in pieces {
            let text = self.text(piece)?;
            whole = self.joined(whole, text, at)?;
        }
        Ok(Value::Text(whole))
    }

    fn hash(&mut self, entries: &'a [(Expr, Expr)], at: u32) -> Result<Value> {
        self.pay(entries.len() as u64, at)?;
        let mut map = Map::default();
        for (key, value) in entries {
            let key = self.text(key)?.text;
            map.insert(key, self.eval(value)?);
        }
        Ok(Value::Map(Arc::new(map)))
    }

    fn range(&mut self, kind: RangeKind, from: &'a Expr, to: Option<&'a Expr>, at: u32) -> Result<Value> {
        let first = self.eval(from)?;
        let first = self.whole_of(first, from.at)?;
        let Some(to) = to else {
            return Ok(Value::Inner(Inner::Range(Range { first, step: 1, len: None, at_most: false })));
        };
        let end = self.eval(to)?;
        let end = self.whole_of(end, to.at)?;
        let (Some(far), Some(_)) = (end.checked_sub(first), end.checked_add(first)) else {
            return self.fail(at, "the range is too large");
        };
        let (step, len) = match kind {
            RangeKind::Inclusive if far < 0 => (-1, far.unsigned_abs() + 1),
            RangeKind::Inclusive => (1, far.unsigned_abs() + 1),
            RangeKind::Exclusive => (if far < 0 { -1 } else { 1 }, far.unsigned_abs()),
            RangeKind::Length => (if end < 0 { -1 } else { 1 }, end.unsigned_abs()),
        };
        Ok(Value::Inner(Inner::Range(Range { first, step, len: Some(len), at_most: kind == RangeKind::Length })))
    }

    fn dot(&mut self, of: &Value, name: &str, at: u32) -> Result<Value> {
        match self.member(of, name) {
            Some(value) => Ok(value),
            None => self.fail(at, format!("{} has no member {name}", of.kind())),
        }
    }

    fn index(&mut self, of: Value, index: Value, at: u32) -> Result<Value> {
        match (&of, &index) {
            (Value::Missing(_) | Value::Inner(Inner::Nothing), _) => Ok(Value::Missing("an item".into())),
            (Value::List(_) | Value::Text(_), Value::Inner(Inner::Range(range))) => self.slice(of, *range, at),
            (Value::Inner(Inner::Range(_)), Value::Inner(Inner::Range(range))) => {
                let list = self.list_of(of, at)?;
                self.slice(Value::List(list), *range, at)
            }
            (Value::List(list), Value::Number(_)) => {
                let place = self.whole_of(index, at)?;
                let found = usize::try_from(place).ok().and_then(|place| list.get(place));
                Ok(found.cloned().unwrap_or_else(|| Value::Missing("an item of the sequence".into())))
            }
            (Value::Inner(Inner::Range(range)), Value::Number(_)) => {
                let place = self.whole_of(index, at)?;
                let found = u64::try_from(place).ok().and_then(|place| range.get(place));
                Ok(found.map_or_else(|| Value::Missing("an item of the range".into()), Value::from))
            }
            (Value::Text(text), Value::Number(_)) => {
                let place = self.whole_of(index, at)?;
                self.pay_text(text.text.len(), at)?;
                let found = usize::try_from(place).ok().and_then(|place| text.text.chars().nth(place));
                match found {
                    Some(c) => Ok(Value::Text(Text { text: c.to_string().into(), own: text.own })),
                    None => self.fail(at, "the text is not that long"),
                }
            }
            (Value::Map(_) | Value::Inner(Inner::Space(_) | Inner::Variables(_)), Value::Number(_)) => {
                self.fail(at, "a hash is asked for a number; its keys are texts")
            }
            _ => {
                let key = self.text_of(index, at)?.text;
                self.dot(&of, &key, at)
            }
        }
    }

    /// `[1..3]`, of a sequence or a text.
    fn slice(&mut self, of: Value, range: Range, at: u32) -> Result<Value> {
        let size = match &of {
            Value::List(list) => list.len(),
            Value::Text(text) => text.text.chars().count(),
            _ => 0,
        } as u64;
        let outside = |run: &Self| run.fail(at, "the range goes beyond what it is taken of");
        let Ok(first) = u64::try_from(range.first) else { return outside(self) };
        let len = match range.len {
            Some(len) if range.at_most && range.step > 0 && first <= size => len.min(size - first),
            Some(len) if range.at_most && range.step < 0 => len.min(first + 1),
            Some(len) => len,
            None if first <= size => size - first,
            None => return outside(self),
        };
        if len == 0 {
            return Ok(match of {
                Value::Text(text) => Value::Text(Text { text: "".into(), own: text.own }),
                _ => Value::List(Arc::default()),
            });
        }
        let backwards = range.step < 0;
        let last = if backwards { first.checked_sub(len - 1) } else { first.checked_add(len - 1) };
        if first >= size || last.is_none_or(|last| last >= size) {
            return outside(self);
        }
        self.pay(len, at)?;
        let place = |index: u64| range.get(index).and_then(|place| usize::try_from(place).ok()).unwrap_or(usize::MAX);
        Ok(match &of {
            Value::List(list) => Value::list((0..len).filter_map(|index| list.get(place(index)).cloned())),
            Value::Text(text) => {
                if backwards && len > 1 {
                    return self.fail(at, "a text can't be taken backwards");
                }
                self.pay_text(text.text.len(), at)?;
                let taken: String = text.text.chars().skip(place(0)).take(usize::try_from(len).unwrap_or(0)).collect();
                Value::Text(Text { text: taken.into(), own: text.own })
            }
            _ => of,
        })
    }

    fn special(&mut self, name: &str, at: u32) -> Result<Value> {
        let name_of = |index: usize| Value::own(self.set.templates[index].name.as_str());
        Ok(match name {
            "now" => Value::Date(self.now, DateKind::DateTime),
            "lang" => Value::own(self.locale.language()),
            "locale" | "locale_object" => Value::own(self.locale.name()),
            "time_zone" => Value::own(self.zone.iana_name().unwrap_or("UTC")),
            "template_name" | "main_template_name" => name_of(self.main),
            "current_template_name" => name_of(self.template),
            "vars" => Value::Inner(Inner::Variables(Variables::All)),
            "data_model" => Value::Inner(Inner::Variables(Variables::DataModel)),
            "globals" => Value::Inner(Inner::Variables(Variables::Globals)),
            "locals" => {
                if !self.frames[self.frame].in_macro {
                    return self.fail(at, ".locals stands outside of a macro or function");
                }
                Value::Inner(Inner::Variables(Variables::Locals))
            }
            "main" => Value::Inner(Inner::Space(0)),
            "namespace" => Value::Inner(Inner::Space(self.space)),
            "output_format" => Value::own(if self.guarded { "HTML" } else { "undefined" }),
            "auto_esc" => Value::Bool(self.guards()),
            "output_encoding" | "url_escaping_charset" => Value::own("UTF-8"),
            "error" => match &self.error {
                Some(error) => Value::text(error.as_str()),
                None => return self.fail(at, ".error stands outside of <#recover>"),
            },
            "version" | "incompatible_improvements" => Value::own("2.3.34"),
            _ => Value::own(""),
        })
    }

    /// Everything but `&&` and `||`, which don't need their right side.
    pub(super) fn calculate(&mut self, op: Op, left: Value, right: Value, at: u32) -> Result<Value> {
        match op {
            Op::Add => self.add(left, right, at),
            Op::Equal => Ok(Value::Bool(self.equal(&left, &right, at)?)),
            Op::Unequal => Ok(Value::Bool(!self.equal(&left, &right, at)?)),
            Op::Less => Ok(Value::Bool(self.compare(&left, &right, at)?.is_lt())),
            Op::LessOrEqual => Ok(Value::Bool(self.compare(&left, &right, at)?.is_le())),
            Op::Greater => Ok(Value::Bool(self.compare(&left, &right, at)?.is_gt())),
            Op::GreaterOrEqual => Ok(Value::Bool(self.compare(&left, &right, at)?.is_ge())),
            Op::And => Ok(Value::Bool(self.bool_of(left, at)? && self.bool_of(right, at)?)),
            Op::Or => Ok(Value::Bool(self.bool_of(left, at)? || self.bool_of(right, at)?)),
            Op::Subtract | Op::Multiply | Op::Divide | Op::Remainder => {
                let (left, right) = (self.number_of(left, at)?, self.number_of(right, at)?);
                self.arithmetic(op, left, right, at)
            }
        }
    }

    fn arithmetic(&mut self, op: Op, left: Decimal, right: Decimal, at: u32) -> Result<Value> {
        let result = match op {
            Op::Add => left.add(right),
            Op::Subtract => left.add(right.negate()),
            Op::Multiply => left.multiply(right),
            Op::Divide => {
                if right == Decimal::ZERO {
                    return self.fail(at, "a division by zero");
                }
                left.divide(right)
            }
            _ => {
                let result = left.remainder(right);
                if result.is_none() {
                    return self.fail(at, "a division by zero");
                }
                result
            }
        };
        match result {
            Some(result) => Ok(Value::Number(result)),
            None => self.stop(Reason::Failed, at, "the number gets too large".into()),
        }
    }

    fn add(&mut self, left: Value, right: Value, at: u32) -> Result<Value> {
        match (left, right) {
            (Value::Number(left), Value::Number(right)) => self.arithmetic(Op::Add, left, right, at),
            (
                left @ (Value::List(_) | Value::Inner(Inner::Range(_))),
                right @ (Value::List(_) | Value::Inner(Inner::Range(_))),
            ) => {
                let (left, right) = (self.list_of(left, at)?, self.list_of(right, at)?);
                self.pay((left.len() + right.len()) as u64, at)?;
                Ok(Value::list(left.iter().chain(right.iter()).cloned()))
            }
            (left @ (Value::Map(_) | Value::Inner(Inner::Space(_) | Inner::Variables(_))), right)
                if matches!(right, Value::Map(_) | Value::Inner(Inner::Space(_) | Inner::Variables(_))) =>
            {
                let (left, right) = (self.as_map(&left), self.as_map(&right));
                self.pay((left.len() + right.len()) as u64, at)?;
                let mut map = Map::default();
                for (key, value) in left.iter().chain(right.iter()) {
                    map.insert(key.clone(), value.clone());
                }
                Ok(Value::Map(Arc::new(map)))
            }
            (Value::Inner(Inner::Markup(format, left)), right) => {
                let right = match right {
                    Value::Inner(Inner::Markup(other, text)) if other == format => text,
                    right => format.escape(&self.text_of(right, at)?.text).into(),
                };
                self.pay_text(left.len() + right.len(), at)?;
                Ok(Value::Inner(Inner::Markup(format, format!("{left}{right}").into())))
            }
            (left, Value::Inner(Inner::Markup(format, right))) => {
                let left = format.escape(&self.text_of(left, at)?.text);
                self.pay_text(left.len() + right.len(), at)?;
                Ok(Value::Inner(Inner::Markup(format, format!("{left}{right}").into())))
            }
            (left, right) => {
                let (left, right) = (self.text_of(left, at)?, self.text_of(right, at)?);
                Ok(Value::Text(self.joined(left, right, at)?))
            }
        }
    }

    /// What is missing equals the empty text and nothing else.
    pub(super) fn equal(&mut self, left: &Value, right: &Value, at: u32) -> Result<bool> {
        for value in [left, right] {
            if let Value::Missing(name) = value {
                self.note_missing(name);
            }
        }
        Ok(match (left, right) {
            (Value::Missing(_) | Value::Inner(Inner::Nothing), Value::Missing(_) | Value::Inner(Inner::Nothing)) => {
                true
            }
            (Value::Inner(Inner::Nothing), Value::Text(text)) | (Value::Text(text), Value::Inner(Inner::Nothing)) => {
                text.text.is_empty()
            }
            (Value::Missing(_), Value::Text(text)) | (Value::Text(text), Value::Missing(_)) => text.text.is_empty(),
            (Value::Missing(_), _) | (_, Value::Missing(_)) => false,
            (Value::Text(left), Value::Text(right)) => left.text == right.text,
            (Value::Bool(left), Value::Bool(right)) => left == right,
            _ => self.compare(left, right, at)?.is_eq(),
        })
    }

    pub(super) fn compare(&mut self, left: &Value, right: &Value, at: u32) -> Result<Ordering> {
        match (left, right) {
            (Value::Number(left), Value::Number(right)) => Ok(left.cmp(right)),
            (Value::Date(left, kind), Value::Date(right, other)) if kind == other => {
                let (left, right) = (left.to_zoned(self.zone.clone()), right.to_zoned(self.zone.clone()));
                Ok(match kind {
                    DateKind::Date => left.date().cmp(&right.date()),
                    DateKind::Time => left.time().cmp(&right.time()),
                    DateKind::DateTime => left.timestamp().cmp(&right.timestamp()),
                })
            }
            (Value::Missing(name), _) | (_, Value::Missing(name)) => {
                self.fail(at, format!("{name} is missing and can't be compared"))
            }
            (Value::Text(_), Value::Text(_)) => self.fail(at, "texts are compared with == and != only"),
            _ => self.fail(at, format!("{} and {} can't be compared", left.kind(), right.kind())),
        }
    }
}
