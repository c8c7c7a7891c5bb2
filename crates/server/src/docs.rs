//! The pages of `docs/` that are printed: what becomes of calls, and the numbers of the loopback that show it.

use std::fmt::Write as _;

use ferrofax_fax::outcome::{Fault, Outcome, Phase};

use crate::jobs::{ApiStatus, again_can_help, every_outcome, status};
use crate::line::loopback::{Behaviour, End, behaviours};

/// `docs/outcomes.md`. Made by `cargo run --release -p ferrofax-server --example outcomes > docs/outcomes.md`.
pub fn outcomes_page() -> String {
    let mut page = String::from(HEAD);
    for word in ApiStatus::ALL {
        push_row(&mut page, &status_row(word));
    }
    page.push_str(BETWEEN);
    for row in outcome_rows() {
        let phases: Vec<_> = row.phases.iter().map(|phase| format!("{phase:?}")).collect();
        let shown = endings(|end| row.is_end(end));
        let (code, status) = (format!("`{}`", row.code), format!("`{}`", row.status));
        let cells = [code, phases.join(" "), status, row.reason.into(), row.fault.into(), yes(row.again).into(), shown];
        push_row(&mut page, &cells);
    }
    page
}

/// The table of numbers for `docs/loopback.md`. Made by `cargo run --release -p ferrofax-server --example loopback`.
pub fn loopback_table() -> String {
    let mut table = String::from(
        "| number ends in | the machine | pages | outcome | status in the report | about, at speed 1 |\n|---|---|---|---|---|---|\n",
    );
    for &Behaviour { ending, machine, pages, calls, seconds, .. } in behaviours() {
        let outcomes: Vec<_> = calls.iter().map(|end| describe(*end)).collect();
        let statuses: Vec<_> = calls.iter().map(|end| format!("`{}`", status_of(*end))).collect();
        let time = if seconds == 0 { "at once".to_owned() } else { format!("{seconds} s") };
        let cells = [
            format!("`{ending}`"),
            machine.to_owned(),
            pages.to_string(),
            outcomes.join(", then "),
            statuses.join(", then "),
            time,
        ];
        push_row(&mut table, &cells);
    }
    table
}

/// The word for a call that ends so.
pub fn status_of(end: End) -> ApiStatus {
    let outcome = every_outcome().find(|outcome| (outcome.code(), outcome.phase()) == end);
    outcome.map_or(ApiStatus::Comerror, |outcome| status(&outcome).0)
}

const HEAD: &str = "\
# Outcomes

How a call can end, and what the customer is told. Codes and statuses are stable: they are never renamed and never reused.
*Fault* is whose it is: the way to the far end (line), the far end (peer), the document, or this system or its operator (us).
*Again* says whether the same call later can help; whether there is one is for the policy to decide. *Shown by* names the
endings of the [loopback numbers](loopback.md) that end so.

This page is printed by `crates/server/src/docs.rs`.

## Statuses

What stands in a report. *Now* and *later* say whether this version ever says it.

| status | when | reached | fault | again | shown by |
|---|---|---|---|---|---|
";

const BETWEEN: &str = "
`PAGE_SEND_ERR` is another spelling that clients may know of `PAGE_SEND_ERROR`; it is never said here.

## Outcomes of calls

*Phase* is how far the call had come (T.30: A answered, B agreeing, C in a page, D after a page, E hanging up); empty where it
does not matter. `received`, `no_command` and, beyond phase B, `protocol_error` end calls that come in (`ferrofax receive`).

| outcome | phase | status | reason | fault | again | shown by |
|---|---|---|---|---|---|---|
";

/// How a status comes about without a call, or why it does not yet.
struct Beside {
    when: &'static str,
    later: bool,
    fault: &'static str,
    again: &'static str,
}

fn beside(status: ApiStatus) -> Option<Beside> {
    use ApiStatus as S;
    let now = |when, fault, again| Some(Beside { when, later: false, fault, again });
    let later = |when, fault, again| Some(Beside { when, later: true, fault, again });
    match status {
        S::Pending => now("not finished yet", "", ""),
        S::RenderingError => now(
            "a document or the recipient's cover page can't be made into pages, or trying to ended the service more than once",
            "document",
            "no",
        ),
        S::MissingFaxFile => now("a document can't be had from its URL", "document", "no"),
        S::UnknownFaxFile => now("a document had from its URL is not what its name says", "document", "no"),
        S::TiffPageErr => now("a ready-made fax page is damaged", "document", "no"),
        S::DialNc => now("no line leads to the number, or it is parked (see `WRONG_NO`)", "us", "no"),
        S::WrongNo | S::ChangedNo => {
            now("the number is parked: several faxes found it dead, see lists.md", "line", "no")
        }
        S::Cancelled => now(
            "the job expired before its first call (`job expired`); after a call, that call's status stands",
            "us",
            "no",
        ),
        S::EodFailed => {
            now("the last page was in doubt twice: it may have arrived, and is not sent a third time", "peer", "no")
        }
        S::Nofax => later(
            "a person or a machine that is no fax answered; comes with the modems, only they can hear it; till then `NOFAX_TO` or \
             `COMERROR`",
            "peer",
            "yes",
        ),
        S::Blacklist => now(
            "the job asks for it (`isBlacklistEnabled`), and the number is on the operator's list or a public one",
            "line",
            "no",
        ),
        S::Pblacklist => now("the number is on the customer's own do-not-fax list", "line", "no"),
        _ => None,
    }
}

fn status_row(word: ApiStatus) -> [String; 6] {
    let beside = beside(word);
    let ends: Vec<Row> = outcome_rows().into_iter().filter(|row| row.status == word).collect();
    let when = ends.iter().map(|row| row.reason).chain(beside.iter().map(|beside| beside.when));
    let fault = ends.iter().map(|row| row.fault).chain(beside.iter().map(|beside| beside.fault));
    let again = ends.iter().map(|row| yes(row.again)).chain(beside.iter().map(|beside| beside.again));
    let reached = if beside.as_ref().is_some_and(|beside| beside.later) { "later" } else { "now" };
    [
        format!("`{word}`"),
        distinct(when).join("; "),
        reached.to_owned(),
        distinct(fault).join(" or "),
        match distinct(again)[..] {
            [] => String::new(),
            [again] => again.to_owned(),
            _ => "by outcome".to_owned(),
        },
        endings(|end| status_of(end) == word),
    ]
}

/// A line of the table of outcomes: those that differ in nothing but the phase share one.
struct Row {
    code: &'static str,
    phases: Vec<Phase>,
    status: ApiStatus,
    reason: &'static str,
    fault: &'static str,
    again: bool,
}

impl Row {
    fn of(outcome: &Outcome) -> Row {
        let (status, reason) = status(outcome);
        let fault = match outcome.fault() {
            Fault::None => "",
            Fault::Line => "line",
            Fault::Peer => "peer",
            Fault::Document => "document",
            Fault::Us => "us",
        };
        let phases = Vec::from_iter(outcome.phase());
        Row { code: outcome.code(), phases, status, reason, fault, again: again_can_help(outcome) }
    }

    fn is_like(&self, other: &Row) -> bool {
        (self.code, self.status, self.reason) == (other.code, other.status, other.reason)
    }

    fn is_end(&self, (code, phase): End) -> bool {
        self.code == code && phase.is_none_or(|phase| self.phases.contains(&phase))
    }
}

fn outcome_rows() -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    for outcome in every_outcome() {
        let new = Row::of(&outcome);
        match rows.iter_mut().find(|row| row.is_like(&new)) {
            Some(row) => row.phases.extend(new.phases),
            None => rows.push(new),
        }
    }
    rows
}

/// The endings of numbers of which some call ends so. All that just arrive would be half the list.
fn endings(wanted: impl Fn(End) -> bool) -> String {
    if wanted(("sent", None)) {
        return "any other".to_owned();
    }
    let shows = |behaviour: &&Behaviour| behaviour.calls.iter().any(|end| wanted(*end));
    let endings: Vec<_> = behaviours().filter(shows).map(|behaviour| format!("`{}`", behaviour.ending)).collect();
    endings.join(" ")
}

/// `no_reply`, phase D.
fn describe((code, phase): End) -> String {
    phase.map_or_else(|| format!("`{code}`"), |phase| format!("`{code}`, phase {phase:?}"))
}

fn yes(again: bool) -> &'static str {
    if again { "yes" } else { "no" }
}

fn distinct<'a>(words: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut distinct: Vec<&str> = Vec::new();
    for word in words.filter(|word| !word.is_empty()) {
        if !distinct.contains(&word) {
            distinct.push(word);
        }
    }
    distinct
}

fn push_row(page: &mut String, cells: &[String]) {
    let _ = writeln!(page, "| {} |", cells.join(" | "));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn docs(name: &str) -> String {
        std::fs::read_to_string(format!("{}/../../docs/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
    }

    #[test]
    fn docs_outcomes_md_is_what_the_code_says() {
        if std::env::var_os("FERROFAX_DOCS").is_some_and(|what| what == "write") {
            std::fs::write(format!("{}/../../docs/outcomes.md", env!("CARGO_MANIFEST_DIR")), outcomes_page()).unwrap();
        }
        assert_eq!(docs("outcomes.md"), outcomes_page(), "print it anew: FERROFAX_DOCS=write");
    }

    #[test]
    fn docs_loopback_md_has_the_table_of_the_code() {
        assert!(docs("loopback.md").contains(&loopback_table()), "print it anew, see `loopback_table`");
    }

    #[test]
    fn every_number_ends_in_an_outcome_there_is() {
        for Behaviour { ending, calls, .. } in behaviours() {
            for end in *calls {
                assert!(every_outcome().any(|outcome| (outcome.code(), outcome.phase()) == *end), "{ending}: {end:?}");
            }
        }
    }

    #[test]
    fn every_status_is_reached_or_said_why_not() {
        for word in ApiStatus::ALL {
            let [_, when, reached, ..] = status_row(word);
            assert!(!when.is_empty(), "{word}");
            let by_call = outcome_rows().iter().any(|row| row.status == word);
            assert!(!(by_call && reached == "later"), "{word}");
        }
    }
}
