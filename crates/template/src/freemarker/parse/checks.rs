//! What can be known of a built-in's use before there is any data.

use super::expr::Reader;
use crate::freemarker::error::{Reason, Result, fault};
use crate::freemarker::format::{date, number};
use crate::freemarker::tree::{Expr, Kind};

impl Reader<'_> {
    pub(super) fn check_builtin(&self, of: &Expr, name: &str, written: &str, args: &[Expr], at: u32) -> Result<()> {
        let literal = |index: usize| match args.get(index).map(|arg| &arg.kind) {
            Some(Kind::Text(text)) => Some(&**text),
            _ => None,
        };
        match name {
            "index" | "counter" | "has_next" | "is_first" | "is_last" | "is_even_item" | "is_odd_item"
            | "item_parity" | "item_parity_cap" | "item_cycle" => match &of.kind {
                Kind::Name(variable) if self.loops.contains(variable) => {}
                _ => {
                    return fault(
                        Reason::Syntax,
                        at,
                        format!("?{written} is for the variable of a surrounding <#list>"),
                    );
                }
            },
            "html" | "xhtml" | "xml" if self.strict => {
                return fault(Reason::Syntax, at, format!("?{written} where auto-escaping is on would escape twice"));
            }
            "replace" | "split" => {
                let flags = literal(if name == "replace" { 2 } else { 1 });
                if flags.is_some_and(|flags| flags.contains('r')) {
                    return fault(
                        Reason::Unsupported,
                        at,
                        "regular expressions are left out: the flag \"r\" is not supported",
                    );
                }
            }
            "string" if args.len() == 1 => {
                if let Some(format) = literal(0)
                    && let Some(why) = wrong_format(format)
                {
                    return fault(Reason::Unsupported, at, why);
                }
            }
            _ => {}
        }
        for arg in args {
            if matches!(arg.kind, Kind::Lambda(..)) && !matches!(name, "map" | "filter" | "take_while" | "drop_while") {
                return fault(Reason::Syntax, arg.at, format!("?{written} takes no x -> …"));
            }
        }
        Ok(())
    }
}

/// What is wrong with the format of `?string`, if it is neither a number's nor a date's.
fn wrong_format(format: &str) -> Option<String> {
    if matches!(format, "c" | "cn" | "computer") {
        return None;
    }
    let number = number::Pattern::parse(format).err()?;
    // `0.0E0` would also do as a date, with a weekday between zeros; nobody means that.
    let scientific = format.contains(['0', '#']) && format.chars().all(|c| !c.is_alphabetic() || c == 'E');
    if scientific {
        return Some(number);
    }
    let date = date::check(format).err()?;
    Some(if format == "currency" || format.contains(['#', '0', '¤']) { number } else { date })
}
