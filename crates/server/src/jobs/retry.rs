//! The rules of calling again: data, one rule for each way a call can end.
//!
//! The table is part of the configuration (`[retry]` in `config.default.toml` is what holds where nobody says otherwise). A line
//! and a customer may each have [`Changes`] to it; the customer's go before the line's.
//!
//! A rule is found under the most exact name there is: `q850-34` (the telephone network's cause), `sip-503` (the far end's
//! answer), `no_reply-D` (an outcome and its phase), `no_reply`. What one rule leaves open, the next less exact one says.

use std::collections::BTreeMap;
use std::time::Duration;

use ferrofax_fax::outcome::Outcome;
use serde::{Deserialize, Serialize};

use super::memory::DEAD_MAX;
use super::status::{again_can_help, every_outcome};

/// The whole table.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Retry {
    /// Calls to one number of a recipient. Those that we cut off ourselves don't count.
    pub attempts_max: u32,
    /// Of these, calls that were not answered.
    pub dials_max: u32,
    /// Of these, calls that were answered.
    pub tries_max: u32,
    /// Pauses are longer or shorter by up to this.
    pub jitter_percent: u8,
    /// Where a rule names none.
    pub pause_seconds: Vec<u32>,
    /// Faxes to a number of which the network says that it does not exist, after which it is not called; 0: always called.
    pub park_after: u32,
    /// For so long.
    pub park_days: u32,
    pub on: BTreeMap<String, Rule>,
}

/// One rule. What is not given is for a less exact rule to say, and in the end for the outcome itself.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Rule {
    /// Whether there is another call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub again: Option<bool>,
    /// How long to wait after the first call that ended so, the second, and so on; the last one holds for all others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pause_seconds: Option<Vec<u32>>,
    /// Calls to a number that may end so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub times: Option<u32>,
    /// Whether such a call is one of `attempts_max`. Not where it never got as far as the network.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub counts: Option<bool>,
    /// How fast the next call may send.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate: Option<Rate>,
    /// Which line the next call takes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<LineChoice>,
}

/// How fast the next call may send.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Rate {
    Named(NamedRate),
    /// Bits a second at most.
    Bits(u32),
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum NamedRate {
    Same,
    /// One step below what was agreed last.
    Slower,
}

/// Which line the next call takes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LineChoice {
    Same,
    /// Another one that leads to the number, if there is one.
    Other,
}

/// What a line or a customer wants otherwise.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Changes {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attempts_max: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dials_max: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tries_max: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jitter_percent: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pause_seconds: Option<Vec<u32>>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub on: BTreeMap<String, Rule>,
}

/// What a rule says for one end of a call, with nothing left open.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Plan<'a> {
    pub again: bool,
    pub pause_seconds: &'a [u32],
    pub times: u32,
    pub counts: bool,
    pub rate: Rate,
    pub line: LineChoice,
}

/// How a call ended, as far as rules ask.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct End {
    pub outcome: Outcome,
    pub sip_status: Option<u16>,
    /// The telephone network's cause (ITU-T Q.850).
    pub q850: Option<u16>,
    /// The last one agreed on.
    pub bit_rate: Option<u32>,
    pub answered: bool,
}

impl End {
    /// Of a call of which nothing else is known.
    pub fn of(outcome: Outcome) -> End {
        End { outcome, sip_status: None, q850: None, bit_rate: None, answered: false }
    }

    /// The names of the rules that hold for it, the most exact first.
    fn names(&self) -> impl Iterator<Item = String> {
        let code = self.outcome.code();
        // An answered call's status is 200, whatever became of it.
        let sip = self.sip_status.filter(|_| !self.answered);
        let names = [
            self.q850.map(|cause| format!("q850-{cause}")),
            sip.map(|status| format!("sip-{status}")),
            self.outcome.phase().map(|phase| format!("{code}-{phase:?}")),
            Some(code.to_owned()),
        ];
        names.into_iter().flatten()
    }
}

/// The table everybody has, from the configuration that is compiled in.
impl Default for Retry {
    fn default() -> Retry {
        #[derive(Deserialize)]
        struct Section {
            retry: Retry,
        }
        let Section { retry } = toml::from_str(crate::config::DEFAULT).unwrap_or_else(|error| {
            // A test reads it.
            panic!("config.default.toml: {error}")
        });
        retry
    }
}

impl Retry {
    /// With these changes.
    pub fn with(&self, changes: &Changes) -> Retry {
        let mut retry = self.clone();
        let Changes { attempts_max, dials_max, tries_max, jitter_percent, pause_seconds, on } = changes;
        retry.attempts_max = attempts_max.unwrap_or(retry.attempts_max);
        retry.dials_max = dials_max.unwrap_or(retry.dials_max);
        retry.tries_max = tries_max.unwrap_or(retry.tries_max);
        retry.jitter_percent = jitter_percent.unwrap_or(retry.jitter_percent);
        if let Some(pauses) = pause_seconds {
            retry.pause_seconds.clone_from(pauses);
        }
        for (name, rule) in on {
            let merged = rule.clone().over(retry.on.get(name));
            retry.on.insert(name.clone(), merged);
        }
        retry
    }

    /// Why it can't be used, with the name of the member.
    pub fn wrong(&self) -> Option<String> {
        if self.attempts_max == 0 {
            return Some("attempts_max: is 0, so nobody would ever be called".to_owned());
        }
        if self.jitter_percent > 100 {
            return Some("jitter_percent: is above 100".to_owned());
        }
        if self.pause_seconds.is_empty() {
            return Some("pause_seconds: is empty".to_owned());
        }
        if usize::try_from(self.park_after).is_ok_and(|faxes| faxes > DEAD_MAX) {
            return Some(format!("park_after: is above {DEAD_MAX}"));
        }
        if !(1..=3650).contains(&self.park_days) {
            return Some("park_days: must be 1 to 3650".to_owned());
        }
        self.on.iter().find_map(|(name, rule)| rule.wrong(name).map(|wrong| format!("on.{name}: {wrong}")))
    }

    /// What holds for a call that ended so.
    pub(super) fn plan(&self, end: &End) -> Plan<'_> {
        let rules: Vec<&Rule> = end.names().filter_map(|name| self.on.get(&name)).collect();
        let said = |again: fn(&Rule) -> Option<bool>| rules.iter().find_map(|rule| again(rule));
        let pauses = rules.iter().find_map(|rule| rule.pause_seconds.as_deref()).filter(|pauses| !pauses.is_empty());
        Plan {
            again: said(|rule| rule.again).unwrap_or_else(|| again_can_help(&end.outcome)),
            pause_seconds: pauses.unwrap_or(&self.pause_seconds),
            times: rules.iter().find_map(|rule| rule.times).unwrap_or(u32::MAX),
            counts: said(|rule| rule.counts).unwrap_or(true),
            rate: rules.iter().find_map(|rule| rule.rate).unwrap_or(Rate::Named(NamedRate::Same)),
            line: rules.iter().find_map(|rule| rule.line).unwrap_or(LineChoice::Same),
        }
    }

    /// A pause, longer or shorter as `chance` (any number, the same for the same call) has it, so that faxes that failed together
    /// don't come back together.
    pub(super) fn spread(&self, seconds: u32, chance: u64) -> Duration {
        let span = u64::from(seconds) * 1000 * u64::from(self.jitter_percent.min(100)) / 100;
        let shift = if span == 0 { 0 } else { chance % (2 * span + 1) };
        Duration::from_millis(u64::from(seconds) * 1000 - span + shift)
    }
}

impl Changes {
    /// Whether nothing is changed.
    pub fn is_empty(&self) -> bool {
        *self == Changes::default()
    }
}

impl Rule {
    fn over(self, below: Option<&Rule>) -> Rule {
        let Some(below) = below.cloned() else { return self };
        Rule {
            again: self.again.or(below.again),
            pause_seconds: self.pause_seconds.or(below.pause_seconds),
            times: self.times.or(below.times),
            counts: self.counts.or(below.counts),
            rate: self.rate.or(below.rate),
            line: self.line.or(below.line),
        }
    }

    fn wrong(&self, name: &str) -> Option<&'static str> {
        if !is_known(name) {
            return Some("is no outcome, no outcome with a phase (no_reply-D), no sip-… and no q850-…");
        }
        match self.pause_seconds.as_deref() {
            Some([]) => Some("pause_seconds is empty"),
            _ => None,
        }
    }
}

/// Whether a call can end under that name.
fn is_known(name: &str) -> bool {
    let number = |text: &str, from: u16, to: u16| text.parse().is_ok_and(|n: u16| (from..=to).contains(&n));
    if let Some(status) = name.strip_prefix("sip-") {
        return number(status, 300, 699);
    }
    if let Some(cause) = name.strip_prefix("q850-") {
        return number(cause, 1, 127);
    }
    every_outcome().map(End::of).any(|end| end.names().any(|known| known == name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_everybody_has_is_right() {
        assert_eq!(Retry::default().wrong(), None);
        assert_eq!(Retry::default().attempts_max, 10);
    }

    #[test]
    fn a_wrong_rule_is_named() {
        let wrong = |name: &str| {
            let on = BTreeMap::from([(name.to_owned(), Rule::default())]);
            Retry::default().with(&Changes { on, ..Changes::default() }).wrong()
        };
        for name in ["busy", "no_reply-D", "sip-503", "q850-34", "interrupted"] {
            assert_eq!(wrong(name), None, "{name}");
        }
        for name in ["bussy", "busy-D", "no_reply-F", "sip-200", "sip-x", "q850-0", "q850-128", ""] {
            assert!(wrong(name).is_some_and(|wrong| wrong.starts_with(&format!("on.{name}: "))), "{name}");
        }
    }
}
