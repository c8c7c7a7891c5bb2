//! Built-ins for sequences and hashes.

use std::cmp::Ordering;
use std::sync::Arc;

use super::Given;
use crate::freemarker::error::{Fault, Result};
use crate::freemarker::run::Run;
use crate::freemarker::value::{Inner, Range, Text, Value, Variables};

impl Run<'_> {
    pub(super) fn of_sequence(&mut self, value: Value, given: Given) -> Result<Value> {
        let Given { name, args, at } = given;
        let hash = matches!(value, Value::Map(_) | Value::Inner(Inner::Space(_) | Inner::Variables(_)));
        match name {
            "size" if hash => return Ok(Value::from(self.as_map(&value).len() as i64)),
            "size" => {
                if let Value::Inner(Inner::Range(Range { len: Some(len), .. })) = value {
                    return Ok(Value::from(i64::try_from(len).unwrap_or(i64::MAX)));
                }
            }
            "keys" | "values" => {
                if matches!(value, Value::Inner(Inner::Nothing)) {
                    return Ok(Value::List(Arc::default()));
                }
                if !hash || matches!(value, Value::Inner(Inner::Variables(Variables::All))) {
                    return self.fail(at, format!("?{name} takes a hash, this is {}", value.kind()));
                }
                let map = self.as_map(&value);
                self.pay(map.len() as u64, at)?;
                return Ok(if name == "keys" {
                    Value::list(map.iter().map(|(key, _)| Value::text(key.clone())))
                } else {
                    Value::list(map.iter().map(|(_, value)| value.clone()))
                });
            }
            _ => {}
        }
        if matches!(value, Value::Text(_)) {
            return self.fail(at, format!("?{name} takes a sequence, this is a text"));
        }
        let list = self.list_of(value, at)?;
        self.pay(list.len() as u64, at)?;
        let missing = || Value::Missing("an item of an empty sequence".into());
        let mut args = args.into_iter();
        Ok(match name {
            "size" => Value::from(list.len() as i64),
            "first" => list.first().cloned().unwrap_or_else(missing),
            "last" => list.last().cloned().unwrap_or_else(missing),
            "reverse" => Value::list(list.iter().rev().cloned()),
            "sequence" => Value::List(list),
            "join" => {
                let separator = self.argument(args.next(), at)?;
                let empty = args.next();
                let end = args.next();
                self.join(&list, &separator, empty, end, at)?
            }
            "sort" => self.sorted(list.iter().map(|item| (item.clone(), item.clone())).collect(), at)?,
            "sort_by" => {
                let path = match args.next() {
                    Some(path @ Value::List(_)) => self.list_of(path, at)?,
                    Some(one) => Arc::new(vec![one]),
                    None => return self.fail(at, "?sort_by takes a name"),
                };
                let mut keyed = Vec::with_capacity(list.len());
                for item in list.iter() {
                    let mut key = item.clone();
                    for part in path.iter() {
                        let part = self.text_of(part.clone(), at)?.text;
                        key = match self.member(&key, &part) {
                            Some(found) => found,
                            None => return self.fail(at, format!("?sort_by looks for {part} in {}", key.kind())),
                        };
                    }
                    keyed.push((key, item.clone()));
                }
                self.sorted(keyed, at)?
            }
            "seq_contains" => {
                let wanted = args.next().unwrap_or_else(missing);
                Value::Bool(self.find(list.iter().enumerate(), &wanted, at)?.is_some())
            }
            "seq_index_of" | "seq_last_index_of" => {
                let wanted = args.next().unwrap_or_else(missing);
                let from = match args.next() {
                    Some(from) => Some(self.whole_of(from, at)?),
                    None => None,
                };
                let found = if name == "seq_index_of" {
                    let from = usize::try_from(from.unwrap_or(0)).unwrap_or(0);
                    self.find(list.iter().enumerate().skip(from), &wanted, at)?
                } else {
                    let to = from.map_or(list.len(), |from| usize::try_from(from + 1).unwrap_or(0).min(list.len()));
                    self.find(list.iter().enumerate().take(to).rev(), &wanted, at)?
                };
                Value::from(found.map_or(-1, |place| i64::try_from(place).unwrap_or(i64::MAX)))
            }
            "chunk" => {
                let size = match args.next() {
                    Some(size) => usize::try_from(self.whole_of(size, at)?).unwrap_or(0),
                    None => 0,
                };
                if size == 0 {
                    return self.fail(at, "?chunk takes a number from 1 on");
                }
                let fill = args.next();
                let mut rows: Vec<Vec<Value>> = list.chunks(size).map(<[Value]>::to_vec).collect();
                if let (Some(fill), Some(last)) = (fill, rows.last_mut()) {
                    self.pay((size - last.len()) as u64, at)?;
                    last.resize(size, fill);
                }
                Value::list(rows.into_iter().map(Value::list))
            }
            _ => {
                let wanted = if name == "max" { Ordering::Greater } else { Ordering::Less };
                let mut best: Option<Value> = None;
                for item in list.iter() {
                    let better = match &best {
                        Some(best) => self.compare(item, best, at)? == wanted,
                        None => true,
                    };
                    if better {
                        best = Some(item.clone());
                    }
                }
                best.unwrap_or_else(missing)
            }
        })
    }

    /// An argument as text.
    pub(super) fn argument(&mut self, value: Option<Value>, at: u32) -> Result<Text> {
        match value {
            Some(value) => self.text_of(value, at),
            None => self.fail(at, "an argument is missing"),
        }
    }

    fn join(
        &mut self,
        list: &[Value],
        separator: &Text,
        empty: Option<Value>,
        end: Option<Value>,
        at: u32,
    ) -> Result<Value> {
        if list.is_empty() {
            return Ok(empty.unwrap_or_else(|| Value::own("")));
        }
        let mut items = Vec::with_capacity(list.len());
        for item in list.iter().filter(|item| !matches!(item, Value::Missing(_))) {
            items.push(self.text_of(item.clone(), at)?);
        }
        let mut separator = separator.clone();
        self.alike(items.iter_mut().chain([&mut separator]));
        let bytes = items.iter().map(|item| item.text.len() + separator.text.len()).sum();
        self.pay_text(bytes, at)?;
        let own = separator.own && items.iter().all(|item| item.own);
        let texts: Vec<&str> = items.iter().map(|item| &*item.text).collect();
        let joined = Text { text: texts.join(&separator.text).into(), own };
        match end {
            Some(end) => {
                let end = self.text_of(end, at)?;
                Ok(Value::Text(self.joined(joined, end, at)?))
            }
            None => Ok(Value::Text(joined)),
        }
    }

    fn find<'v>(
        &mut self,
        mut items: impl Iterator<Item = (usize, &'v Value)>,
        wanted: &Value,
        at: u32,
    ) -> Result<Option<usize>> {
        // Another kind of value is simply not the one.
        let same = |item: &Value| std::mem::discriminant(item) == std::mem::discriminant(wanted);
        loop {
            match items.next() {
                None => return Ok(None),
                Some((place, item)) if same(item) && self.equal(item, wanted, at)? => return Ok(Some(place)),
                Some(_) => {}
            }
        }
    }

    /// By keys of one kind; texts without regard to case first, as a dictionary does.
    fn sorted(&mut self, keyed: Vec<(Value, Value)>, at: u32) -> Result<Value> {
        let count = keyed.len() as u64;
        self.pay(count.saturating_mul(u64::from(count.max(1).ilog2()) + 1), at)?;
        let mut entries = Vec::with_capacity(keyed.len());
        for (key, item) in keyed {
            let folded = match &key {
                Value::Text(text) => {
                    self.pay_text(text.text.len(), at)?;
                    text.text.to_lowercase()
                }
                _ => String::new(),
            };
            entries.push((key, folded, item));
        }
        let mut trouble: Option<Box<Fault>> = None;
        entries.sort_by(|(left, left_folded, _), (right, right_folded, _)| match (left, right) {
            (Value::Text(a), Value::Text(b)) => left_folded.cmp(right_folded).then_with(|| b.text.cmp(&a.text)),
            (Value::Bool(a), Value::Bool(b)) => a.cmp(b),
            (left, right) => self.compare(left, right, at).unwrap_or_else(|fault| {
                trouble.get_or_insert(fault);
                Ordering::Equal
            }),
        });
        match trouble {
            Some(fault) => Err(fault),
            None => Ok(Value::list(entries.into_iter().map(|(.., item)| item))),
        }
    }
}
