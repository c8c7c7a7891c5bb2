//! What is wrong with a template, and where.

/// A template that can't be taken, or could not be filled. Its words name constructs and variables, never a value.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{template}:{line}:{column}: {what}")]
pub struct TemplateError {
    /// The template's name.
    pub template: String,
    /// Line, from 1.
    pub line: u32,
    /// Character of the line, from 1.
    pub column: u32,
    /// What is wrong there.
    pub what: String,
    /// Whose turn it is.
    pub reason: Reason,
}

/// Why a template failed, by what its author can do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reason {
    /// It is not FreeMarker: correct it.
    Syntax,
    /// It is FreeMarker, but not the part understood here: write it another way.
    Unsupported,
    /// It could not be filled with this data: a wrong type, a division by zero, a `<#stop>`.
    Failed,
    /// It would take too many steps, too much depth or too much output.
    OverBudget,
}

/// An error on its way out: a byte offset instead of line and column. Boxed, as nearly everything returns it.
pub(super) type Result<T> = std::result::Result<T, Box<Fault>>;

#[derive(Debug)]
pub(super) struct Fault {
    /// The template's place in its set; `None` while it is being parsed, when there is only one.
    pub template: Option<usize>,
    pub at: u32,
    pub reason: Reason,
    pub what: String,
}

/// An error of a template that is being read.
pub(super) fn fault<T>(reason: Reason, at: u32, what: impl Into<String>) -> Result<T> {
    Err(Box::new(Fault { template: None, at, reason, what: what.into() }))
}

/// Line and column, both from 1, of a byte offset.
pub(super) fn place(source: &str, at: u32) -> (u32, u32) {
    let before = source.get(..at as usize).unwrap_or(source);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    (u32::try_from(line).unwrap_or(u32::MAX), u32::try_from(column).unwrap_or(u32::MAX))
}
