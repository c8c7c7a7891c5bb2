//! Where names are looked up and put: loops, macros' locals, namespaces, globals, the data.

use std::sync::Arc;

use super::{Frame, Loop, MISSING_MAX, Run};
use crate::freemarker::error::Result;
use crate::freemarker::tree::{Assigned, Expr, Op, Scope};
use crate::freemarker::value::{Inner, Map, Value, Variables};

impl<'a> Run<'a> {
    /// A variable, from the innermost place that has it.
    pub(super) fn variable(&self, name: &Arc<str>) -> Value {
        let frame = &self.frames[self.frame];
        for looping in frame.loops.iter().rev() {
            if let Some((_, value)) = looping.vars.iter().find(|(known, _)| known == name) {
                return value.clone();
            }
            // What `?index` and `?has_next` were called before there were built-ins for them.
            if looping.is_list {
                let is_of = |of: &str| looping.vars.iter().any(|(known, _)| &**known == of);
                if name.strip_suffix("_index").is_some_and(is_of) {
                    return Value::from(looping.index.cast_signed());
                }
                if name.strip_suffix("_has_next").is_some_and(is_of) {
                    return Value::Bool(looping.has_next);
                }
            }
        }
        frame
            .locals
            .get(name)
            .or_else(|| self.spaces[self.space].get(name))
            .or_else(|| self.globals.get(name))
            .or_else(|| self.data.get(name))
            .cloned()
            .unwrap_or_else(|| Value::Missing(name.clone()))
    }

    /// The loop whose variable this is.
    pub(super) fn loop_of(&self, name: &str) -> Option<&Loop> {
        let loops = &self.frames[self.frame].loops;
        loops
            .iter()
            .rev()
            .find(|looping| looping.is_list && looping.vars.first().is_some_and(|(known, _)| &**known == name))
    }

    pub(super) fn note_missing(&mut self, name: &Arc<str>) {
        if self.missing.len() < MISSING_MAX {
            self.missing.insert(name.clone());
        }
    }

    pub(super) fn set_variable(&mut self, scope: Scope, space: Option<usize>, name: &Arc<str>, value: Value) {
        let variables = match scope {
            Scope::Local => &mut self.frames[self.frame].locals,
            Scope::Global => &mut self.globals,
            Scope::Space => {
                let space = space.unwrap_or(self.space);
                &mut self.spaces[space]
            }
        };
        variables.insert(name.clone(), value);
    }

    /// The namespace an assignment names with `in`.
    pub(super) fn space_of(&mut self, space: Option<&'a Expr>) -> Result<Option<usize>> {
        let Some(expression) = space else { return Ok(None) };
        match self.eval(expression)? {
            Value::Inner(Inner::Space(space)) => Ok(Some(space)),
            other => self.fail(expression.at, format!("a namespace is expected here, this is {}", other.kind())),
        }
    }

    pub(super) fn assign(
        &mut self,
        scope: Scope,
        space: Option<&'a Expr>,
        to: &'a [(Arc<str>, Assigned)],
        at: u32,
    ) -> Result<()> {
        let space = self.space_of(space)?;
        for (name, assigned) in to {
            let before = |run: &Self| {
                let found = match scope {
                    Scope::Local => run.frames[run.frame].locals.get(name),
                    Scope::Global => run.globals.get(name),
                    Scope::Space => run.spaces[space.unwrap_or(run.space)].get(name),
                };
                found.cloned().unwrap_or_else(|| run.variable(name))
            };
            let value = match assigned {
                Assigned::Value(value) => self.eval(value)?,
                Assigned::Changed(op, by) => {
                    let (left, right) = (before(self), self.eval(by)?);
                    self.calculate(*op, left, right, by.at)?
                }
                Assigned::Counted(by) => {
                    let left = before(self);
                    self.calculate(Op::Add, left, Value::from(*by), at)?
                }
            };
            self.set_variable(scope, space, name, value);
        }
        Ok(())
    }

    /// A member of a hash; `None` where the value has none at all.
    pub(super) fn member(&self, of: &Value, key: &str) -> Option<Value> {
        let found = match of {
            Value::Map(map) => map.get(key).cloned(),
            Value::Missing(name) => return Some(Value::Missing(name.clone())),
            Value::Inner(Inner::Nothing) => None,
            Value::Inner(Inner::Space(space)) => self.spaces.get(*space)?.get(key).cloned(),
            Value::Inner(Inner::Variables(Variables::DataModel)) => self.data.get(key).cloned(),
            Value::Inner(Inner::Variables(Variables::Globals)) => {
                self.globals.get(key).or_else(|| self.data.get(key)).cloned()
            }
            Value::Inner(Inner::Variables(Variables::Locals)) => self.frames[self.frame].locals.get(key).cloned(),
            Value::Inner(Inner::Variables(Variables::All)) => match self.variable(&key.into()) {
                Value::Missing(_) => None,
                found => Some(found),
            },
            _ => return None,
        };
        Some(found.unwrap_or_else(|| Value::Missing(key.into())))
    }

    /// The entries of whatever is a hash, in the order of their names where nothing else orders them.
    pub(super) fn as_map(&self, value: &Value) -> Arc<Map> {
        let mut map = Map::default();
        let mut put = |variables: &super::Variables| {
            let mut sorted: Vec<_> = variables.iter().collect();
            sorted.sort_by(|a, b| a.0.cmp(b.0));
            for (name, value) in sorted {
                map.insert(name.clone(), value.clone());
            }
        };
        match value {
            Value::Map(map) => return map.clone(),
            Value::Inner(Inner::Variables(Variables::DataModel)) => return self.data.clone(),
            Value::Inner(Inner::Space(space)) => put(&self.spaces[*space]),
            Value::Inner(Inner::Variables(Variables::Locals)) => put(&self.frames[self.frame].locals),
            Value::Inner(Inner::Variables(_)) => {
                put(&self.globals);
                put(&self.spaces[self.space]);
            }
            _ => {}
        }
        Arc::new(map)
    }

    /// Evaluates with a variable more: a parameter of `x -> …`, the name in `<#escape x as …>`.
    pub(super) fn eval_with(&mut self, name: &Arc<str>, value: Value, body: &'a Expr) -> Result<Value> {
        let frame = self.frame;
        let vars = vec![(name.clone(), value)];
        self.frames[frame].loops.push(Loop { vars, index: 0, has_next: false, is_list: false, pending: None });
        let result = self.eval(body);
        self.frames[frame].loops.pop();
        result
    }

    pub(super) fn push_frame(&mut self, frame: Frame<'a>) -> usize {
        let before = self.frame;
        self.frames.push(frame);
        self.frame = self.frames.len() - 1;
        before
    }
}
