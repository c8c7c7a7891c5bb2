//! Macros, functions, nested content, included and imported templates.

use std::collections::HashMap;
use std::sync::Arc;

use super::{Body, Flow, Frame, Loop, Run};
use crate::freemarker::error::Result;
use crate::freemarker::tree::{Args, Expr, Kind, Macro, Node};
use crate::freemarker::value::{Inner, Map, Value};

/// Arguments after they were evaluated.
pub(super) enum Given {
    Named(Vec<(Arc<str>, Value)>),
    Placed(Vec<Value>),
}

impl<'a> Run<'a> {
    pub(super) fn call(
        &mut self,
        callee: &'a Expr,
        args: &'a Args,
        body: Option<&'a [Node]>,
        params: &'a [Arc<str>],
    ) -> Result<()> {
        let value = self.eval(callee)?;
        let Value::Inner(Inner::Macro { template, index, space }) = value else {
            let name = if let Kind::Name(name) = &callee.kind { &**name } else { "this" };
            return self.fail(callee.at, format!("{name} is no macro"));
        };
        if self.set.templates[template].macros[index].function {
            return self.fail(callee.at, "this is a function, not a macro: write ${name(…)}");
        }
        let given = match args {
            Args::Named(named) => {
                let mut given = Vec::with_capacity(named.len());
                for (name, value) in named {
                    given.push((name.clone(), self.eval(value)?));
                }
                Given::Named(given)
            }
            Args::Placed(placed) => Given::Placed(self.eval_all(placed)?),
        };
        let body =
            body.map(|nodes| Body { nodes, params, frame: self.frame, space: self.space, template: self.template });
        self.run_macro((template, index, space), given, body, callee.at).map(drop)
    }

    pub(super) fn eval_all(&mut self, expressions: &'a [Expr]) -> Result<Vec<Value>> {
        let mut values = Vec::with_capacity(expressions.len());
        for expression in expressions {
            values.push(self.eval(expression)?);
        }
        Ok(values)
    }

    /// A function's value. What it writes is lost, as in FreeMarker.
    pub(super) fn call_function(&mut self, callee: &Value, args: Vec<Value>, at: u32) -> Result<Value> {
        let Value::Inner(Inner::Macro { template, index, space }) = *callee else {
            return self.fail(at, format!("a function is expected here, this is {}", callee.kind()));
        };
        if !self.set.templates[template].macros[index].function {
            return self.fail(at, "this is a macro, not a function: write <@name …/>");
        }
        let before = std::mem::take(&mut self.out);
        let returned = self.run_macro((template, index, space), Given::Placed(args), None, at);
        self.out = before;
        Ok(returned?.unwrap_or_else(|| Value::Missing("the function's value".into())))
    }

    fn run_macro(
        &mut self,
        (template, index, space): (usize, usize, usize),
        given: Given,
        body: Option<Body<'a>>,
        at: u32,
    ) -> Result<Option<Value>> {
        let set = self.set;
        let called: &'a Macro = &set.templates[template].macros[index];
        self.enter(at)?;
        let rest = self.rest_of(called, &given, at)?;
        let frame = Frame { locals: HashMap::new(), loops: Vec::new(), in_macro: true, body };
        let caller = (self.template, self.space);
        let caller_frame = self.push_frame(frame);
        (self.template, self.space) = (template, space);
        self.bind(called, given, caller.0, at)?;
        if let (Some(name), Some(rest)) = (&called.rest, rest) {
            let frame = self.frame;
            self.frames[frame].locals.insert(name.clone(), rest);
        }
        self.returned = None;
        self.block(&called.body)?;
        self.frames.pop();
        self.frame = caller_frame;
        (self.template, self.space) = caller;
        self.leave();
        Ok(self.returned.take())
    }

    /// What no parameter takes, for the one with dots; an error where there is none.
    fn rest_of(&self, called: &Macro, given: &Given, at: u32) -> Result<Option<Value>> {
        let name = &called.name;
        match given {
            Given::Named(named) => {
                let mut rest = Map::default();
                for (param, value) in named {
                    if called.params.iter().any(|(known, _)| known == param) {
                        continue;
                    }
                    if called.rest.is_none() {
                        return self.fail(at, format!("{name} has no parameter {param}"));
                    }
                    rest.insert(param.clone(), value.clone());
                }
                Ok(called.rest.as_ref().map(|_| Value::Map(Arc::new(rest))))
            }
            Given::Placed(placed) => {
                let rest = placed.get(called.params.len()..).unwrap_or_default();
                if called.rest.is_none() && !rest.is_empty() {
                    return self.fail(at, format!("{name} takes {} arguments", called.params.len()));
                }
                Ok(called.rest.as_ref().map(|_| Value::list(rest.iter().cloned())))
            }
        }
    }

    /// Parameters become locals; defaults see the parameters before them.
    fn bind(&mut self, called: &'a Macro, given: Given, caller: usize, at: u32) -> Result<()> {
        let mut named = HashMap::new();
        let mut placed = Vec::new();
        match given {
            Given::Named(values) => named = values.into_iter().collect(),
            Given::Placed(values) => placed = values,
        }
        let mut placed = placed.into_iter();
        for (param, default) in &called.params {
            let given = placed.next().or_else(|| named.remove(param));
            let value = match (given, default) {
                (Some(Value::Missing(_)) | None, Some(default)) => self.eval(default)?,
                (Some(value), _) => value,
                (None, None) => {
                    let name = &called.name;
                    self.template = caller;
                    return self.fail(at, format!("{name} needs the parameter {param}"));
                }
            };
            let frame = self.frame;
            self.frames[frame].locals.insert(param.clone(), value);
        }
        Ok(())
    }

    /// `<#nested …>`: what stands between the caller's tags, with the caller's variables.
    pub(super) fn nested(&mut self, args: &'a [Expr], at: u32) -> Result<Flow> {
        let Some(body) = self.frames[self.frame].body else { return Ok(Flow::On) };
        let values = self.eval_all(args)?;
        let vars: Vec<_> = body.params.iter().cloned().zip(values).collect();
        if vars.len() < body.params.len() {
            return self.fail(at, "the call names more loop variables than <#nested> gives");
        }
        let here = (self.frame, self.space, self.template);
        (self.frame, self.space, self.template) = (body.frame, body.space, body.template);
        self.frames[body.frame].loops.push(Loop { vars, index: 0, has_next: false, is_list: false, pending: None });
        let flow = self.block(body.nodes)?;
        self.frames[body.frame].loops.pop();
        (self.frame, self.space, self.template) = here;
        // A `<#break>` in the content ends the loop around `<#nested>`, a `<#return>` has no macro to end there.
        Ok(if flow == Flow::Break { flow } else { Flow::On })
    }

    pub(super) fn include(&mut self, name: &'a Expr, may_miss: bool) -> Result<Flow> {
        let text = self.text(name)?.text;
        let index = match self.set.find(&text) {
            Ok(index) => index,
            Err(_) if may_miss => return Ok(Flow::On),
            Err(what) => return self.fail(name.at, what),
        };
        self.enter(name.at)?;
        let before = std::mem::replace(&mut self.template, index);
        self.begin(index);
        let flow = self.block(&self.set.templates[index].body)?;
        self.template = before;
        self.leave();
        Ok(if flow == Flow::Return { flow } else { Flow::On })
    }

    /// A template's macros and variables under a name; what it writes is lost. Each is run once.
    pub(super) fn import(&mut self, name: &'a Expr, as_name: &Arc<str>) -> Result<()> {
        let text = self.text(name)?.text;
        let index = match self.set.find(&text) {
            Ok(index) => index,
            Err(what) => return self.fail(name.at, what),
        };
        let space = match self.libraries.get(&index) {
            Some(&space) => space,
            None => {
                self.enter(name.at)?;
                let space = self.spaces.len();
                self.spaces.push(HashMap::new());
                self.libraries.insert(index, space);
                let before = (self.space, self.template);
                let out = std::mem::take(&mut self.out);
                (self.space, self.template) = (space, index);
                let caller = self.push_frame(Frame::default());
                self.begin(index);
                let done = self.block(&self.set.templates[index].body);
                self.out = out;
                done?;
                self.frames.pop();
                self.frame = caller;
                (self.space, self.template) = before;
                self.leave();
                space
            }
        };
        let here = self.space;
        self.spaces[here].insert(as_name.clone(), Value::Inner(Inner::Space(space)));
        Ok(())
    }
}
