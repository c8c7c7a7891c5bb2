//! Built-ins. Manual: "Built-in Reference". What takes part in control or needs its argument unevaluated is here; the rest by what
//! it works on.

mod dates;
mod numbers;
mod sequences;
mod texts;

use std::sync::Arc;

use super::Run;
use crate::freemarker::error::Result;
use crate::freemarker::tree::{Expr, Kind};
use crate::freemarker::value::{DateKind, Inner, Value};

/// A built-in's evaluated arguments, and where it stands.
struct Given {
    name: &'static str,
    args: Vec<Value>,
    at: u32,
}

impl<'a> Run<'a> {
    #[inline(never)]
    pub(super) fn builtin(
        &mut self,
        whole: &'a Expr,
        of: &'a Expr,
        name: &'static str,
        args: Option<&'a [Expr]>,
    ) -> Result<Value> {
        let at = whole.at;
        let args = args.unwrap_or_default();
        match name {
            "index" | "counter" | "has_next" | "is_first" | "is_last" | "is_even_item" | "is_odd_item"
            | "item_parity" | "item_parity_cap" | "item_cycle" => self.of_loop(of, name, args, at),
            "then" => {
                let chosen = if self.holds(of)? { args.first() } else { args.get(1) };
                match chosen {
                    Some(chosen) => self.eval(chosen),
                    None => self.fail(at, "?then takes 2 arguments"),
                }
            }
            "switch" => {
                let value = self.eval(of)?;
                let (pairs, rest) = args.as_chunks::<2>();
                for [case, result] in pairs {
                    let case = self.eval(case)?;
                    if self.equal(&value, &case, at)? {
                        return self.eval(result);
                    }
                }
                match rest.first() {
                    Some(default) => self.eval(default),
                    None => self.fail(at, "?switch has no case for this value and no default"),
                }
            }
            "default" => {
                let mut value = self.eval(of)?;
                for default in args {
                    if !matches!(value, Value::Missing(_)) {
                        break;
                    }
                    value = self.eval(default)?;
                }
                Ok(value)
            }
            "map" | "filter" | "take_while" | "drop_while" => {
                let value = self.eval(of)?;
                match args.first() {
                    Some(function) => self.by_function(name, value, function, at),
                    None => self.fail(at, "a function is expected here"),
                }
            }
            _ => {
                let value = self.eval(of)?;
                let args = self.eval_all(args)?;
                self.plain(value, Given { name, args, at })
            }
        }
    }

    fn of_loop(&mut self, of: &'a Expr, name: &str, args: &'a [Expr], at: u32) -> Result<Value> {
        let looping = if let Kind::Name(variable) = &of.kind { self.loop_of(variable) } else { None };
        let Some(looping) = looping else {
            return self.fail(at, format!("?{name} is for the variable of a surrounding <#list>"));
        };
        let (index, has_next) = (looping.index, looping.has_next);
        let even = index % 2 == 1;
        Ok(match name {
            "index" => Value::from(index.cast_signed()),
            "counter" => Value::from(index.cast_signed() + 1),
            "has_next" => Value::Bool(has_next),
            "is_first" => Value::Bool(index == 0),
            "is_last" => Value::Bool(!has_next),
            "is_even_item" => Value::Bool(even),
            "is_odd_item" => Value::Bool(!even),
            "item_parity" => Value::own(if even { "even" } else { "odd" }),
            "item_parity_cap" => Value::own(if even { "Even" } else { "Odd" }),
            _ => {
                let place = usize::try_from(index).unwrap_or(0) % args.len().max(1);
                match args.get(place) {
                    Some(chosen) => self.eval(chosen)?,
                    None => return self.fail(at, "?item_cycle takes arguments"),
                }
            }
        })
    }

    fn by_function(&mut self, name: &str, value: Value, function: &'a Expr, at: u32) -> Result<Value> {
        let list = self.list_of(value, at)?;
        let named = if matches!(function.kind, Kind::Lambda(..)) { None } else { Some(self.eval(function)?) };
        let mut kept = Vec::new();
        let mut dropping = name == "drop_while";
        for item in list.iter() {
            self.pay(1, at)?;
            if name == "drop_while" && !dropping {
                kept.push(item.clone());
                continue;
            }
            let result = match (&function.kind, &named) {
                (Kind::Lambda(param, body), _) => self.eval_with(param, item.clone(), body)?,
                (_, Some(named)) => self.call_function(named, vec![item.clone()], at)?,
                (_, None) => return self.fail(at, "a function is expected here"),
            };
            if name == "map" {
                kept.push(result);
                continue;
            }
            let holds = self.bool_of(result, at)?;
            match name {
                "filter" if holds => kept.push(item.clone()),
                "take_while" if holds => kept.push(item.clone()),
                "take_while" => break,
                "drop_while" if !holds => {
                    dropping = false;
                    kept.push(item.clone());
                }
                _ => {}
            }
        }
        Ok(Value::List(Arc::new(kept)))
    }

    fn plain(&mut self, value: Value, given: Given) -> Result<Value> {
        let at = given.at;
        if given.name.starts_with("is_") && !matches!(given.name, "is_nan" | "is_infinite") {
            return Ok(Value::Bool(is(&value, given.name)));
        }
        match given.name {
            "has_content" => return Ok(Value::Bool(self.has_content(&value))),
            "exists" => return Ok(Value::Bool(!matches!(value, Value::Missing(_)))),
            "if_exists" => {
                return Ok(if matches!(value, Value::Missing(_)) { Value::Inner(Inner::Nothing) } else { value });
            }
            "size" | "length" => {
                if let Value::Missing(name) = &value {
                    self.note_missing(name);
                    return Ok(Value::from(0));
                }
            }
            _ => {}
        }
        // What is missing stays missing: it prints as nothing, and a default behind it still counts.
        if matches!(value, Value::Missing(_)) {
            return Ok(value);
        }
        match given.name {
            "string" => self.string(value, given),
            "c" | "cn" => match value {
                Value::Number(number) => Ok(Value::own(self.number(number, "c", at)?)),
                Value::Bool(value) => Ok(Value::own(value.to_string())),
                other => {
                    self.fail(at, format!("?{} takes a number or a boolean, this is {}", given.name, other.kind()))
                }
            },
            "abs" | "int" | "round" | "floor" | "ceiling" | "byte" | "short" | "float" | "double" | "is_nan"
            | "is_infinite" | "lower_abc" | "upper_abc" | "number_to_date" | "number_to_time"
            | "number_to_datetime" => self.of_number(value, given),
            "long" if matches!(value, Value::Number(_)) => self.of_number(value, given),
            "date" | "time" | "datetime" | "date_if_unknown" | "time_if_unknown" | "datetime_if_unknown" | "long" => {
                self.of_date(value, given)
            }
            name if name.starts_with("iso") => self.of_date(value, given),
            "size" | "first" | "last" | "reverse" | "join" | "sort" | "sort_by" | "seq_contains" | "seq_index_of"
            | "seq_last_index_of" | "chunk" | "min" | "max" | "sequence" | "keys" | "values" => {
                self.of_sequence(value, given)
            }
            _ => self.of_text(value, given),
        }
    }

    fn has_content(&self, value: &Value) -> bool {
        match value {
            Value::Missing(_) | Value::Inner(Inner::Nothing) => false,
            Value::Text(text) => !text.text.is_empty(),
            Value::Inner(Inner::Markup(_, text)) => !text.is_empty(),
            Value::List(list) => !list.is_empty(),
            Value::Map(map) => !map.is_empty(),
            Value::Inner(Inner::Range(range)) => range.len != Some(0),
            _ => true,
        }
    }

    fn string(&mut self, value: Value, given: Given) -> Result<Value> {
        let at = given.at;
        let mut args = given.args.into_iter();
        let first = args.next();
        let second = args.next();
        match (value, first, second) {
            (Value::Bool(value), Some(yes), Some(no)) => Ok(if value { yes } else { no }),
            (Value::Bool(value), None, _) => Ok(match self.boolean_format.split_once(',') {
                Some((yes, no)) => Value::own(if value { yes } else { no }),
                None => Value::own(value.to_string()),
            }),
            (Value::Number(number), Some(format), None) => {
                let format = self.text_of(format, at)?.text;
                Ok(Value::own(self.number(number, &format, at)?))
            }
            (Value::Date(when, kind), Some(format), None) => {
                let format = self.text_of(format, at)?.text;
                Ok(Value::own(self.date(when, kind, Some(&format), at)?))
            }
            (Value::Text(text), None, _) => Ok(Value::Text(text)),
            (value, None, _) => Ok(Value::Text(self.text_of(value, at)?)),
            (value, ..) => self.fail(at, format!("?string does not take these arguments for {}", value.kind())),
        }
    }
}

fn is(value: &Value, name: &str) -> bool {
    let nothing = matches!(value, Value::Inner(Inner::Nothing));
    let list = matches!(value, Value::List(_) | Value::Inner(Inner::Range(_))) || nothing;
    let kind = if let Value::Date(_, kind) = value { Some(*kind) } else { None };
    match name {
        "is_string" => matches!(value, Value::Text(_)) || nothing,
        "is_number" => matches!(value, Value::Number(_)),
        "is_boolean" => matches!(value, Value::Bool(_)),
        "is_date" | "is_date_like" => kind.is_some(),
        "is_date_only" => kind == Some(DateKind::Date),
        "is_time" => kind == Some(DateKind::Time),
        "is_datetime" => kind == Some(DateKind::DateTime),
        "is_sequence" | "is_indexable" | "is_enumerable" => list,
        // Only what has no index is one: nothing here.
        "is_collection" => false,
        "is_hash" | "is_hash_ex" => {
            matches!(value, Value::Map(_) | Value::Inner(Inner::Space(_) | Inner::Variables(_))) || nothing
        }
        "is_macro" | "is_directive" => matches!(value, Value::Inner(Inner::Macro { .. })),
        "is_markup_output" => matches!(value, Value::Inner(Inner::Markup(..))),
        // Of other kinds there is nothing here.
        _ => false,
    }
}
