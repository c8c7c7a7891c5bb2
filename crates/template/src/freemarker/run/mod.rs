//! Filling: walks a template's tree, directive by directive. Expressions are in `eval.rs`, calls of macros in `calls.rs`, built-ins
//! in `builtins/`.
//!
//! Every node costs a step and every level of recursion is counted, so a template can neither run for ever nor run out of stack.
//! Memory is bounded by the steps: whatever makes a text or a sequence pays for its length.

mod builtins;
mod calls;
mod eval;
mod texts;
mod variables;

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::error::{Fault, Reason, Result};
use super::format::escape::Format;
use super::parse::check_setting;
use super::tree::{Case, CaseKind, Escaping, Expr, LoopNames, Node, Setting, What};
use super::value::{Inner, Map, Range, Text, Value};
use super::{DEPTH_MAX, Filled, Set, Settings};
use crate::locale::{Locale, zone};

/// Names of missing variables that are told apart.
const MISSING_MAX: usize = 1000;

pub fn fill(set: &Set, index: usize, data: &Value, settings: &Settings) -> Result<Filled> {
    let mut run = Run {
        set,
        data: if let Value::Map(map) = data { map.clone() } else { Arc::default() },
        main: index,
        template: index,
        spaces: vec![HashMap::new()],
        space: 0,
        globals: HashMap::new(),
        libraries: HashMap::new(),
        frames: vec![Frame::default()],
        frame: 0,
        locale: settings.locale.clone(),
        zone: settings.zone.clone(),
        now: settings.now,
        number_format: "number".into(),
        boolean_format: "true,false".into(),
        date_format: "".into(),
        time_format: "".into(),
        datetime_format: "".into(),
        out: String::new(),
        steps: settings.budget.steps,
        steps_max: settings.budget.steps,
        depth: 0,
        depth_max: settings.budget.depth.min(DEPTH_MAX),
        output_bytes_max: settings.budget.output_bytes,
        missing: BTreeSet::new(),
        guard: true,
        guarded: set.templates[index].guarded,
        returned: None,
        error: None,
        stopped: false,
    };
    run.begin(index);
    run.block(&set.templates[index].body)?;
    Ok(Filled { text: run.out, missing_keys: u32::try_from(run.missing.len()).unwrap_or(u32::MAX) })
}

type Variables = HashMap<Arc<str>, Value>;

struct Run<'a> {
    set: &'a Set,
    data: Arc<Map>,
    main: usize,
    /// The template we are in, for places and macros.
    template: usize,
    /// Variables by namespace; the first is the main one.
    spaces: Vec<Variables>,
    space: usize,
    globals: Variables,
    /// Imported templates and their namespaces.
    libraries: HashMap<usize, usize>,
    frames: Vec<Frame<'a>>,
    frame: usize,
    locale: Locale,
    zone: TimeZone,
    now: Timestamp,
    number_format: Arc<str>,
    boolean_format: Arc<str>,
    date_format: Arc<str>,
    time_format: Arc<str>,
    datetime_format: Arc<str>,
    out: String,
    steps: u64,
    steps_max: u64,
    depth: u32,
    depth_max: u32,
    output_bytes_max: usize,
    missing: BTreeSet<Arc<str>>,
    /// The template is HTML by its name, so text from outside is escaped …
    guarded: bool,
    /// … unless it says otherwise here.
    guard: bool,
    returned: Option<Value>,
    /// What `<#recover>` recovers from.
    error: Option<String>,
    stopped: bool,
}

/// The variables of a macro's call; the first frame is outside of all macros.
#[derive(Default)]
struct Frame<'a> {
    locals: Variables,
    loops: Vec<Loop>,
    in_macro: bool,
    /// What stands between `<@name>` and `</@name>`.
    body: Option<Body<'a>>,
}

#[derive(Clone, Copy)]
struct Body<'a> {
    nodes: &'a [Node],
    params: &'a [Arc<str>],
    frame: usize,
    space: usize,
    template: usize,
}

/// A running `<#list>`, or other short-lived variables.
struct Loop {
    vars: Vec<(Arc<str>, Value)>,
    index: u64,
    has_next: bool,
    /// False for what is no `<#list>`: parameters of nested content, of `x -> …`, of `<#escape>`.
    is_list: bool,
    /// For the `<#items>` to come.
    pending: Option<Items>,
}

/// What is listed.
#[derive(Clone)]
enum Items {
    List(Arc<Vec<Value>>),
    Range(Range),
    Map(Arc<Map>),
}

impl Items {
    fn get(&self, index: u64) -> Option<(Value, Option<Value>)> {
        let place = usize::try_from(index).ok()?;
        match self {
            Items::List(list) => Some((list.get(place)?.clone(), None)),
            Items::Range(range) => Some((Value::from(range.get(index)?), None)),
            Items::Map(map) => {
                let (key, value) = map.entry(place)?;
                Some((Value::text(key.clone()), Some(value.clone())))
            }
        }
    }

    fn has(&self, index: u64) -> bool {
        match self {
            Items::List(list) => index < list.len() as u64,
            Items::Range(range) => range.get(index).is_some(),
            Items::Map(map) => index < map.len() as u64,
        }
    }
}

/// How a block ended.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Flow {
    On,
    Break,
    Continue,
    Return,
}

impl<'a> Run<'a> {
    fn fail<T>(&self, at: u32, what: impl Into<String>) -> Result<T> {
        self.stop(Reason::Failed, at, what.into())
    }

    fn stop<T>(&self, reason: Reason, at: u32, what: String) -> Result<T> {
        Err(Box::new(Fault { template: Some(self.template), at, reason, what }))
    }

    /// Pays for work.
    fn pay(&mut self, steps: u64, at: u32) -> Result<()> {
        match self.steps.checked_sub(steps) {
            Some(left) => {
                self.steps = left;
                Ok(())
            }
            None => {
                self.steps = 0;
                self.stop(Reason::OverBudget, at, format!("the template takes more than {} steps", self.steps_max))
            }
        }
    }

    /// Pays for a text of so many bytes, before or just after it is made.
    fn pay_text(&mut self, bytes: usize, at: u32) -> Result<()> {
        if bytes > self.output_bytes_max {
            return self.too_long(at);
        }
        self.pay(bytes as u64 / 64, at)
    }

    fn too_long<T>(&self, at: u32) -> Result<T> {
        self.stop(Reason::OverBudget, at, format!("the template makes more than {} bytes", self.output_bytes_max))
    }

    /// Goes a level deeper; [`Run::leave`] comes back up. An error doesn't need to.
    fn enter(&mut self, at: u32) -> Result<()> {
        self.depth += 1;
        if self.depth > self.depth_max {
            return self.stop(
                Reason::OverBudget,
                at,
                format!("the template goes deeper than {} levels", self.depth_max),
            );
        }
        self.pay(1, at)
    }

    fn leave(&mut self) {
        self.depth -= 1;
    }

    fn write(&mut self, text: &str, at: u32) -> Result<()> {
        if self.out.len() + text.len() > self.output_bytes_max {
            return self.too_long(at);
        }
        self.out.push_str(text);
        Ok(())
    }

    /// Makes a template's macros known in the current namespace.
    fn begin(&mut self, template: usize) {
        let space = self.space;
        for (index, known) in self.set.templates[template].macros.iter().enumerate() {
            self.spaces[space].insert(known.name.clone(), Value::Inner(Inner::Macro { template, index, space }));
        }
    }

    fn block(&mut self, nodes: &'a [Node]) -> Result<Flow> {
        let at = nodes.first().map_or(0, |node| node.at);
        self.enter(at)?;
        for node in nodes {
            self.pay(1, node.at)?;
            let flow = self.node(node)?;
            if flow != Flow::On {
                self.leave();
                return Ok(flow);
            }
        }
        self.leave();
        Ok(Flow::On)
    }

    fn node(&mut self, node: &'a Node) -> Result<Flow> {
        match &node.what {
            What::Text(text) => self.write(text, node.at)?,
            What::Print(expression, escaping) => self.print(expression, *escaping)?,
            What::If(branches) => return self.branches(branches),
            What::List { over, names, body, otherwise } => {
                return self.list(over, names.as_ref(), body, otherwise.as_deref());
            }
            What::Items(names, body) => {
                let pending = self.frames[self.frame].loops.iter_mut().rev().find_map(|looping| looping.pending.take());
                if let Some(items) = pending {
                    return self.iterate(items, names, body, node.at);
                }
                return self.fail(node.at, "<#items> comes a second time");
            }
            What::Sep(body) => {
                let last = self.frames[self.frame].loops.iter().rev().find(|looping| looping.is_list);
                if last.is_some_and(|looping| looping.has_next) {
                    return self.block(body);
                }
            }
            What::Break => return Ok(Flow::Break),
            What::Continue => return Ok(Flow::Continue),
            What::Switch { on, cases } => return self.switch(on, cases),
            What::Assign { scope, space, to } => self.assign(*scope, space.as_ref(), to, node.at)?,
            What::Capture { scope, space, name, body, format } => {
                let (text, flow) = self.captured(body)?;
                self.pay_text(text.len(), node.at)?;
                let value = match format {
                    Some(format) => Value::Inner(Inner::Markup(*format, text.into())),
                    None => Value::own(text),
                };
                let space = self.space_of(space.as_ref())?;
                self.set_variable(*scope, space, name, value);
                return Ok(flow);
            }
            What::Call { callee, args, body, params } => self.call(callee, args, body.as_deref(), params)?,
            What::Nested(args) => return self.nested(args, node.at),
            What::Return(value) => {
                self.returned = match value {
                    Some(value) => Some(self.eval(value)?),
                    None => None,
                };
                return Ok(Flow::Return);
            }
            What::Include { name, may_miss } => return self.include(name, *may_miss),
            What::Import(name, space) => self.import(name, space)?,
            What::Setting(setting, value) => self.setting(*setting, value)?,
            What::Guard(on, body) => {
                let before = std::mem::replace(&mut self.guard, *on);
                let flow = self.block(body);
                self.guard = before;
                return flow;
            }
            What::Compress(body) => {
                let (text, flow) = self.captured(body)?;
                self.pay_text(text.len(), node.at)?;
                self.write(&compressed(&text), node.at)?;
                return Ok(flow);
            }
            What::Attempt(body, recover) => return self.attempt(body, recover),
            What::Stop(message) => {
                self.stopped = true;
                let what = match message {
                    Some(message) => {
                        // The author's own words; values in them would be content.
                        let plain = matches!(message.kind, super::tree::Kind::Text(_));
                        let text = self.text(message)?.text;
                        if plain { format!("the template stopped: {text}") } else { "the template stopped".into() }
                    }
                    None => "the template stopped".into(),
                };
                return self.fail(node.at, what);
            }
        }
        Ok(Flow::On)
    }

    fn print(&mut self, expression: &'a Expr, escaping: Escaping) -> Result<()> {
        let value = self.eval(expression)?;
        let at = expression.at;
        if let Value::Inner(Inner::Markup(_, text)) = &value {
            return self.write(text, at);
        }
        let text = self.text_of(value, at)?;
        let format = match escaping {
            Escaping::Raw => None,
            Escaping::Strict(format) => Some(format),
            Escaping::Guarded => (self.guards() && !text.own).then_some(Format::Html),
        };
        match format {
            Some(format) => {
                let escaped = format.escape(&text.text);
                self.pay_text(escaped.len(), at)?;
                self.write(&escaped, at)
            }
            None => self.write(&text.text, at),
        }
    }

    /// Whether text from outside is escaped here.
    fn guards(&self) -> bool {
        self.guarded && self.guard
    }

    fn branches(&mut self, branches: &'a [(Option<Expr>, Vec<Node>)]) -> Result<Flow> {
        for (condition, body) in branches {
            let holds = match condition {
                Some(condition) => self.holds(condition)?,
                None => true,
            };
            if holds {
                return self.block(body);
            }
        }
        Ok(Flow::On)
    }

    fn list(
        &mut self,
        over: &'a Expr,
        names: Option<&'a LoopNames>,
        body: &'a [Node],
        otherwise: Option<&'a [Node]>,
    ) -> Result<Flow> {
        let value = self.eval(over)?;
        let hash = match &value {
            Value::Map(map) => Some(map.clone()),
            Value::Inner(Inner::Space(_) | Inner::Variables(_)) => Some(self.as_map(&value)),
            _ => None,
        };
        let items = match (value, hash) {
            (_, Some(map)) => Items::Map(map),
            (Value::List(list), _) => Items::List(list),
            (Value::Inner(Inner::Nothing), _) => Items::List(Arc::default()),
            (Value::Inner(Inner::Range(range)), _) => Items::Range(range),
            (Value::Missing(name), _) => {
                self.note_missing(&name);
                Items::List(Arc::default())
            }
            (other, _) => return self.fail(over.at, format!("a sequence is expected here, this is {}", other.kind())),
        };
        if !items.has(0) {
            return otherwise.map_or(Ok(Flow::On), |otherwise| self.block(otherwise));
        }
        match names {
            Some(names) => self.iterate(items, names, body, over.at),
            None => {
                let frame = self.frame;
                let looping =
                    Loop { vars: Vec::new(), index: 0, has_next: false, is_list: false, pending: Some(items) };
                self.frames[frame].loops.push(looping);
                let flow = self.block(body)?;
                self.frames[frame].loops.pop();
                Ok(if flow == Flow::Return { flow } else { Flow::On })
            }
        }
    }

    fn iterate(&mut self, items: Items, names: &'a LoopNames, body: &'a [Node], at: u32) -> Result<Flow> {
        match (&items, &names.second) {
            (Items::Map(_), None) => {
                return self.fail(at, "a hash is listed with two names: key and value");
            }
            (Items::List(_) | Items::Range(_), Some(_)) => {
                return self.fail(at, "with two names a hash is expected here, this is a sequence");
            }
            _ => {}
        }
        let frame = self.frame;
        let looping = Loop { vars: Vec::new(), index: 0, has_next: false, is_list: true, pending: None };
        self.frames[frame].loops.push(looping);
        let depth = self.frames[frame].loops.len();
        let mut index = 0;
        let mut ended = Flow::On;
        while let Some((first, second)) = items.get(index) {
            self.pay(1, at)?;
            if let Some(looping) = self.frames[frame].loops.last_mut() {
                looping.index = index;
                looping.has_next = items.has(index + 1);
                looping.vars.clear();
                looping.vars.push((names.first.clone(), first));
                looping.vars.extend(names.second.clone().zip(second));
            }
            match self.block(body)? {
                Flow::On | Flow::Continue => {}
                Flow::Break => break,
                Flow::Return => {
                    ended = Flow::Return;
                    break;
                }
            }
            index += 1;
        }
        self.frames[frame].loops.truncate(depth - 1);
        Ok(ended)
    }

    fn switch(&mut self, on: &'a Expr, cases: &'a [Case]) -> Result<Flow> {
        let value = self.eval(on)?;
        let mut chosen = None;
        'cases: for (index, case) in cases.iter().enumerate() {
            for candidate in &case.values {
                let other = self.eval(candidate)?;
                if self.equal(&value, &other, candidate.at)? {
                    chosen = Some(index);
                    break 'cases;
                }
            }
        }
        let default = cases.iter().position(|case| case.kind == CaseKind::Default);
        let Some(first) = chosen.or(default) else { return Ok(Flow::On) };
        for case in cases.iter().skip(first) {
            match self.block(&case.body)? {
                Flow::On if case.kind == CaseKind::On => break,
                // A `<#default>` among `<#on>`s doesn't fall either.
                Flow::On if cases.iter().any(|case| case.kind == CaseKind::On) => break,
                Flow::On => {}
                Flow::Break => break,
                other => return Ok(other),
            }
        }
        Ok(Flow::On)
    }

    /// What a block writes, kept from the output.
    fn captured(&mut self, body: &'a [Node]) -> Result<(String, Flow)> {
        let before = std::mem::take(&mut self.out);
        let flow = self.block(body);
        let text = std::mem::replace(&mut self.out, before);
        Ok((text, flow?))
    }

    fn attempt(&mut self, body: &'a [Node], recover: &'a [Node]) -> Result<Flow> {
        let (frame, frames, space, template) = (self.frame, self.frames.len(), self.space, self.template);
        let (depth, guard) = (self.depth, self.guard);
        let loops = self.frames[frame].loops.len();
        match self.captured(body) {
            Ok((text, flow)) => {
                self.pay_text(text.len(), 0)?;
                self.write(&text, 0)?;
                Ok(flow)
            }
            Err(fault) if fault.reason == Reason::Failed && !self.stopped => {
                self.frames.truncate(frames);
                (self.frame, self.space, self.template) = (frame, space, template);
                (self.depth, self.guard) = (depth, guard);
                self.frames[frame].loops.truncate(loops);
                let before = self.error.replace(fault.what);
                let flow = self.block(recover);
                self.error = before;
                flow
            }
            Err(fault) => Err(fault),
        }
    }

    fn setting(&mut self, setting: Setting, value: &'a Expr) -> Result<()> {
        let text = self.text(value)?.text;
        if let Err(what) = check_setting(setting, &text) {
            return self.fail(value.at, what);
        }
        match setting {
            Setting::Locale => self.locale = Locale::parse(&text).unwrap_or_default(),
            Setting::TimeZone => {
                if let Some(zone) = zone(&text) {
                    self.zone = zone;
                }
            }
            Setting::NumberFormat => self.number_format = text,
            Setting::BooleanFormat => self.boolean_format = text,
            Setting::DateFormat => self.date_format = text,
            Setting::TimeFormat => self.time_format = text,
            Setting::DateTimeFormat => self.datetime_format = text,
            Setting::Ignored => {}
        }
        Ok(())
    }

    /// Two texts in a row. Where one may hold the template's own markup and the other comes from outside, that one is escaped
    /// first, so that the whole is markup.
    fn joined(&mut self, mut left: Text, mut right: Text, at: u32) -> Result<Text> {
        if left.own != right.own && self.guards() {
            self.settle(&mut left, &mut right);
        }
        self.pay_text(left.text.len() + right.text.len(), at)?;
        let own = left.own && right.own;
        Ok(Text { text: format!("{}{}", left.text, right.text).into(), own })
    }

    /// Makes two texts of one kind, where only one of them is the template's own.
    fn settle(&self, left: &mut Text, right: &mut Text) {
        let (own, foreign) = if left.own { (left, right) } else { (right, left) };
        if own.text.contains(['<', '>', '&', '"', '\'']) {
            *foreign = Text { text: Format::Html.escape(&foreign.text).into(), own: true };
        } else {
            own.own = foreign.text.is_empty() && own.own;
            foreign.own = own.own;
        }
    }
}

/// `<#compress>`: white space becomes one blank, or one line break where it held one; none at the ends.
fn compressed(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut gap = None;
    for c in text.chars() {
        if c.is_whitespace() {
            gap = Some(gap.unwrap_or(false) || c == '\n' || c == '\r');
        } else {
            if let Some(broken) = gap.take()
                && !out.is_empty()
            {
                out.push(if broken { '\n' } else { ' ' });
            }
            out.push(c);
        }
    }
    out
}
