//! FreeMarker, the part that cover pages and mails need: templates of one customer are read and checked together, then filled with
//! a fax's data.
//!
//! `parse/` makes a tree of a source (`tree.rs`) and finds at once what is not understood; `run/` walks it; `format/` writes
//! numbers and dates, and escapes. After the manual of FreeMarker 2.3, from its words and not from its sources.
//!
//! Where we differ, `docs/templates.md` says so: what is missing prints as nothing, text from outside is escaped in HTML, nothing
//! reaches out of the set, and everything has a budget: levels are counted where a template is read, and steps, depth and output
//! where it is filled.

mod decimal;
mod error;
mod format;
mod parse;
mod run;
mod tree;
mod value;

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::tz::TimeZone;

pub use decimal::Decimal;
pub use error::{Reason, TemplateError};
pub use value::{DateKind, Map, Text, Value};

use crate::locale::Locale;
use error::{Fault, place};
use tree::Template;

/// Bytes of one template.
pub const SOURCE_BYTES_MAX: usize = 1 << 20;
/// Templates of one set.
pub const TEMPLATES_MAX: usize = 1000;

/// The templates of one customer, read and checked.
#[derive(Debug)]
pub struct Set {
    templates: Vec<Template>,
}

/// How a template is filled.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Names of months and days, signs of numbers, until the template sets another.
    pub locale: Locale,
    /// The clock that dates are shown by, until the template sets another.
    pub zone: TimeZone,
    /// What `.now` says.
    pub now: Timestamp,
    /// What a template may cost.
    pub budget: Budget,
}

/// What filling a template may cost at most.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Budget {
    /// Directives and operations; every 64 bytes of a text that is made count as one too, so this bounds memory as well.
    pub steps: u64,
    /// How deep macros, blocks and expressions may be in one another; at most [`DEPTH_MAX`] counts.
    pub depth: u32,
    /// Bytes of the result.
    pub output_bytes: usize,
}

/// No budget is deeper: 500 levels take less than half a megabyte of stack.
pub const DEPTH_MAX: u32 = 500;

impl Default for Budget {
    fn default() -> Self {
        Budget { steps: 1_000_000, depth: DEPTH_MAX, output_bytes: 4 << 20 }
    }
}

impl Default for Settings {
    /// English, UTC, the beginning of 1970: what depends on them should set them.
    fn default() -> Self {
        Settings {
            locale: Locale::default(),
            zone: TimeZone::UTC,
            now: Timestamp::UNIX_EPOCH,
            budget: Budget::default(),
        }
    }
}

/// A filled template.
#[derive(Clone, PartialEq, Eq)]
pub struct Filled {
    /// The result.
    pub text: String,
    /// Different variables that were asked for without a default and aren't there.
    pub missing_keys: u32,
}

/// The text is what a fax says.
impl std::fmt::Debug for Filled {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Filled({} bytes, {} keys missing)", self.text.len(), self.missing_keys)
    }
}

impl Set {
    /// Reads templates by name and checks them together: each must be understood, and what one includes must be there.
    pub fn parse(sources: &BTreeMap<String, String>) -> Result<Set, TemplateError> {
        let error = |name: &str, source: &str, fault: Fault| {
            let (line, column) = place(source, fault.at);
            TemplateError { template: name.to_owned(), line, column, what: fault.what, reason: fault.reason }
        };
        let mut templates = Vec::new();
        for (name, source) in sources {
            let too_much = |what: String| Fault { template: None, at: 0, reason: Reason::OverBudget, what };
            if source.len() > SOURCE_BYTES_MAX {
                return Err(error(name, "", too_much(format!("the template is larger than {SOURCE_BYTES_MAX} bytes"))));
            }
            if templates.len() == TEMPLATES_MAX {
                return Err(error(name, "", too_much(format!("there are more than {TEMPLATES_MAX} templates"))));
            }
            templates.push(parse::template(name, source).map_err(|fault| error(name, source, *fault))?);
        }
        let set = Set { templates };
        for template in &set.templates {
            for (needed, at) in &template.needs {
                if let Err(what) = set.find(needed) {
                    let fault = Fault { template: None, at: *at, reason: Reason::Syntax, what };
                    return Err(error(&template.name, &template.source, fault));
                }
            }
        }
        Ok(set)
    }

    /// The templates' names, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.templates.iter().map(|template| template.name.as_str())
    }

    /// Fills a template. `data` is a hash; its entries are the template's variables.
    pub fn fill(&self, name: &str, data: &Value, settings: &Settings) -> Result<Filled, TemplateError> {
        let Some(index) = self.templates.iter().position(|template| template.name == name) else {
            let what = "there is no template of this name".to_owned();
            return Err(TemplateError { template: name.to_owned(), line: 1, column: 1, what, reason: Reason::Failed });
        };
        run::fill(self, index, data, settings).map_err(|fault| {
            let template = fault.template.and_then(|index| self.templates.get(index)).unwrap_or(&self.templates[index]);
            let (line, column) = place(&template.source, fault.at);
            TemplateError { template: template.name.clone(), line, column, what: fault.what, reason: fault.reason }
        })
    }

    /// A template that another one names. A leading slash is FreeMarker's way to say "from the top".
    fn find(&self, name: &str) -> Result<usize, String> {
        let plain = name.strip_prefix('/').unwrap_or(name);
        if plain.split('/').any(|part| part == ".." || part == "*") || plain.contains("://") {
            return Err("templates are named plainly here: no .., no *, no scheme".into());
        }
        let plain = plain.strip_prefix("./").unwrap_or(plain);
        self.templates
            .iter()
            .position(|template| template.name == plain)
            .ok_or_else(|| "the template that is named here is not in the set".into())
    }
}
