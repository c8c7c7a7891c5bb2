//! A template after it was read: blocks of nodes, expressions, macros. Places are byte offsets into the source.

use std::sync::Arc;

use super::decimal::Decimal;
use super::format::escape::Format;

#[derive(Debug)]
pub struct Template {
    pub name: String,
    pub source: Arc<str>,
    pub body: Vec<Node>,
    /// Macros and functions; they exist from the template's start on, wherever they stand.
    pub macros: Vec<Macro>,
    /// Templates it includes or imports by a name in plain words.
    pub needs: Vec<(Arc<str>, u32)>,
    /// Its name says that it is HTML: what comes from outside is escaped, see `docs/templates.md`.
    pub guarded: bool,
}

#[derive(Debug)]
pub struct Macro {
    pub name: Arc<str>,
    pub params: Vec<(Arc<str>, Option<Expr>)>,
    /// Takes what no other parameter takes.
    pub rest: Option<Arc<str>>,
    pub function: bool,
    pub body: Vec<Node>,
}

#[derive(Debug)]
pub struct Node {
    pub what: What,
    pub at: u32,
}

#[derive(Debug)]
pub enum What {
    Text(Arc<str>),
    Print(Expr, Escaping),
    If(Vec<(Option<Expr>, Vec<Node>)>),
    List {
        over: Expr,
        names: Option<LoopNames>,
        body: Vec<Node>,
        otherwise: Option<Vec<Node>>,
    },
    Items(LoopNames, Vec<Node>),
    Sep(Vec<Node>),
    Break,
    Continue,
    Switch {
        on: Expr,
        cases: Vec<Case>,
    },
    Assign {
        scope: Scope,
        space: Option<Expr>,
        to: Vec<(Arc<str>, Assigned)>,
    },
    Capture {
        scope: Scope,
        space: Option<Expr>,
        name: Arc<str>,
        body: Vec<Node>,
        format: Option<Format>,
    },
    Call {
        callee: Expr,
        args: Args,
        body: Option<Vec<Node>>,
        params: Vec<Arc<str>>,
    },
    Nested(Vec<Expr>),
    Return(Option<Expr>),
    Include {
        name: Expr,
        may_miss: bool,
    },
    Import(Expr, Arc<str>),
    Setting(Setting, Expr),
    /// Whether what comes from outside is escaped in the body of a guarded template.
    Guard(bool, Vec<Node>),
    Compress(Vec<Node>),
    Attempt(Vec<Node>, Vec<Node>),
    Stop(Option<Expr>),
}

/// What happens to a value that is printed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Escaping {
    /// As FreeMarker's auto-escaping: everything but markup.
    Strict(Format),
    /// Nothing.
    Raw,
    /// What comes from outside, where the template is guarded.
    Guarded,
}

#[derive(Debug)]
pub struct LoopNames {
    pub first: Arc<str>,
    /// With two names a hash is listed: key and value.
    pub second: Option<Arc<str>>,
}

#[derive(Debug)]
pub struct Case {
    pub kind: CaseKind,
    pub values: Vec<Expr>,
    pub body: Vec<Node>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CaseKind {
    /// Falls through into the next.
    Case,
    /// Does not.
    On,
    Default,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Scope {
    Space,
    Global,
    Local,
}

#[derive(Debug)]
pub enum Assigned {
    Value(Expr),
    /// `+=` and the others.
    Changed(Op, Expr),
    /// `++`, `--`
    Counted(i64),
}

#[derive(Debug)]
pub enum Args {
    Named(Vec<(Arc<str>, Expr)>),
    Placed(Vec<Expr>),
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Setting {
    Locale,
    TimeZone,
    NumberFormat,
    BooleanFormat,
    DateFormat,
    TimeFormat,
    DateTimeFormat,
    /// Known and without meaning here.
    Ignored,
}

#[derive(Debug, Clone)]
pub struct Expr {
    pub kind: Kind,
    pub at: u32,
    /// Levels of expressions in it; bounded, so that nothing that walks it can run out of stack.
    pub height: u16,
}

#[derive(Debug, Clone)]
pub enum Kind {
    Text(Arc<str>),
    /// A text with interpolations in it.
    Pieces(Vec<Expr>),
    Number(Decimal),
    Bool(bool),
    Name(Arc<str>),
    /// `.now`
    Special(&'static str),
    List(Vec<Expr>),
    Hash(Vec<(Expr, Expr)>),
    Range(RangeKind, Box<Expr>, Option<Box<Expr>>),
    Dot(Box<Expr>, Arc<str>),
    Index(Box<Expr>, Box<Expr>),
    Call(Box<Expr>, Vec<Expr>),
    /// A built-in; `None` where it has no brackets.
    Builtin(Box<Expr>, &'static str, Option<Vec<Expr>>),
    Default(Box<Expr>, Option<Box<Expr>>),
    Exists(Box<Expr>),
    Not(Box<Expr>),
    Minus(Box<Expr>),
    Plus(Box<Expr>),
    Binary(Op, Box<Expr>, Box<Expr>),
    Lambda(Arc<str>, Arc<Expr>),
    /// What `<#escape>` makes of an interpolation: the name stands for the value in the expression.
    Let(Arc<str>, Box<Expr>, Arc<Expr>),
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RangeKind {
    /// `1..3`, and `1..`
    Inclusive,
    /// `1..<3`
    Exclusive,
    /// `1..*3`: so many
    Length,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Op {
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
    Equal,
    Unequal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    And,
    Or,
}
