//! After a call: what next? Pure rules over the table of [`Retry`] (architecture, decision 12).
//!
//! Each number of a recipient is called until it is given up: because its last call ended in a way that another one can't mend,
//! or because it was called as often as the table allows. As long as no page has arrived the next call goes to the next number
//! in order, at once if that one was never called; once a page has, the same machine gets the rest. A recipient is final when
//! all numbers are given up, or the next call would come after the job's validity.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::time::Duration;

use ferrofax_fax::carrier::Modem;
use ferrofax_fax::outcome::Outcome;
use jiff::Timestamp;

use super::retry::{Changes, End, LineChoice, NamedRate, Plan, Rate, Retry};
use super::routes::Routes;
use super::status::{ApiStatus, status};

/// What is known of a delivery when a call has ended. That call is not in it but for its pages.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct History {
    /// Pages of the fax.
    pub pages: u32,
    /// Pages confirmed so far; also the index of the first unconfirmed one.
    pub confirmed: u32,
    /// Calls to this number in which the first unconfirmed page was ended by us and not confirmed.
    pub doubts: u32,
    /// Of the recipient's numbers the one that was called, from 0, and how many there are.
    pub number: usize,
    pub numbers: usize,
    /// Earlier calls, in order.
    pub calls: Vec<PastCall>,
    /// Of these, those cut off since a page was confirmed.
    pub cut_off: u32,
    pub valid_until: Timestamp,
    /// The line that was called on.
    pub line: String,
    /// What the customer wants otherwise.
    pub changes: Option<Changes>,
    /// Spreads pauses; differs from one delivery to the next.
    pub seed: u64,
}

/// An earlier call.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PastCall {
    /// Of the recipient's numbers, from 0.
    pub number: usize,
    pub end: End,
    pub ended_at: Timestamp,
}

/// What the operator wants: which way calls go, when there is another one, and the limits of the rules.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Policy {
    pub routes: Routes,
    pub retry: Retry,
    /// By line, what differs there.
    pub line_retry: BTreeMap<String, Changes>,
    /// Doubts of the last page after which it is not sent again.
    pub doubts_max: u32,
    /// Interrupted calls without a confirmed page between them, after which we give up: a delivery that takes the service down must
    /// not do so for ever.
    pub interruptions_max: u32,
    /// Tries to compose a recipient's pages that may fail through a fault of ours, and how long to wait after each.
    pub compositions_max: u32,
    pub composition_pause: Duration,
}

impl Policy {
    /// Everything usual.
    pub fn new(routes: Routes, retry: Retry) -> Policy {
        Policy {
            routes,
            retry,
            line_retry: BTreeMap::new(),
            doubts_max: 2,
            interruptions_max: 5,
            compositions_max: 5,
            composition_pause: Duration::from_secs(30),
        }
    }

    /// The rules that hold for this customer's call on this line.
    fn rules(&self, history: &History) -> Cow<'_, Retry> {
        let line = self.line_retry.get(&history.line);
        [line, history.changes.as_ref()]
            .into_iter()
            .flatten()
            .fold(Cow::Borrowed(&self.retry), |retry, changes| Cow::Owned(retry.with(changes)))
    }
}

/// What becomes of a delivery after a call.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Next {
    /// It is finished.
    Final { status: ApiStatus, reason: String },
    /// It waits for another call, from the first unconfirmed page.
    Again(Again),
}

/// Another call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Again {
    pub not_before: Timestamp,
    /// Another of the recipient's numbers, from 0: its machine gets the fax from the first page.
    pub number: Option<usize>,
    /// How fast it may send at most from now on.
    pub bit_rate_max: Option<u32>,
    /// By another line, if one leads there.
    pub other_line: bool,
}

impl Again {
    /// The same call once more.
    pub fn at(not_before: Timestamp) -> Again {
        Again { not_before, number: None, bit_rate_max: None, other_line: false }
    }
}

impl Next {
    fn end((status, reason): (ApiStatus, &str)) -> Next {
        Next::Final { status, reason: reason.to_owned() }
    }
}

/// The rule.
///
/// `OK` means one thing: the far end's confirmation of every page is on our disk. So a call that was cut off after the last
/// confirmation was recorded is a sent fax, and one that claims success without the confirmations is a fault of ours.
pub fn decide(end: &End, history: &History, policy: &Policy, now: Timestamp) -> Next {
    if history.pages > 0 && history.confirmed >= history.pages {
        return Next::end(status(&Outcome::Sent));
    }
    let at_last_page = history.confirmed + 1 == history.pages;
    if at_last_page && history.doubts >= policy.doubts_max {
        return Next::end(status(&Outcome::EndNotConfirmed));
    }
    match end.outcome {
        Outcome::Sent | Outcome::Received => Next::end(status(&Outcome::Internal)),
        Outcome::Cancelled => Next::end(status(&Outcome::Cancelled)),
        Outcome::Interrupted => {
            if history.cut_off.saturating_add(1) >= policy.interruptions_max {
                Next::end(status(&Outcome::Interrupted))
            } else {
                Next::Again(Again::at(now))
            }
        }
        _ => call_again(end, history, &policy.rules(history), now),
    }
}

/// The rule where a recipient's own pages could not be composed, so that there was no call: final with these words where the cause
/// is the customer's to mend, else tried again. `before` is how often it failed before.
pub fn uncomposed(refusal: Option<&str>, before: u32, policy: &Policy, now: Timestamp) -> Next {
    match refusal {
        Some(reason) => Next::end((ApiStatus::RenderingError, reason)),
        None if before + 1 >= policy.compositions_max => Next::end(status(&Outcome::Internal)),
        None => Next::Again(Again::at(now.checked_add(policy.composition_pause).unwrap_or(now))),
    }
}

/// The rule where the number whose turn it is must not be called: the next one that may be, if there is one. `barred` has a word on
/// each of the recipient's numbers.
pub fn instead(history: &History, barred: &[bool], policy: &Policy, now: Timestamp) -> Option<Again> {
    let rules = policy.rules(history);
    let others = (1..history.numbers).map(|step| (history.number + step) % history.numbers);
    let allowed = others.filter(|number| barred.get(*number) == Some(&false));
    let due = allowed.filter_map(|number| Some((number, callable(number, None, history, &rules, now)?)));
    let (number, at) = due.min_by_key(|(_, at)| (*at).max(now))?;
    (at < history.valid_until).then(|| Again { number: Some(number), ..Again::at(at.max(now)) })
}

/// After a call that failed.
fn call_again(end: &End, history: &History, retry: &Retry, now: Timestamp) -> Next {
    let due: Vec<Option<Timestamp>> =
        (0..history.numbers.max(1)).map(|number| callable(number, Some(end), history, retry, now)).collect();
    let same = (history.number, due.get(history.number).copied().flatten());
    let others = (1..due.len()).map(|step| (history.number + step) % due.len());
    let others = others.filter_map(|number| Some((number, due.get(number).copied()??)));
    let next = match same {
        // The rest of the fax is for this machine alone.
        (_, Some(at)) if history.confirmed > 0 => Some((history.number, at)),
        // In order, but nobody waits for a number that is not due while another one is.
        (number, Some(at)) => others.chain([(number, at)]).min_by_key(|(_, at)| (*at).max(now)),
        (_, None) => others.min_by_key(|(_, at)| (*at).max(now)),
    };
    match next.filter(|(_, at)| *at < history.valid_until) {
        None => Next::end(status(&end.outcome)),
        Some((number, not_before)) => {
            let plan = retry.plan(end);
            Next::Again(Again {
                not_before: not_before.max(now),
                number: (number != history.number).then_some(number),
                bit_rate_max: rate(plan.rate, end.bit_rate),
                other_line: plan.line == LineChoice::Other && number == history.number,
            })
        }
    }
}

/// When a number may be called again; `None`: it is given up. `end`: of the call that has just ended, if one has.
fn callable(number: usize, end: Option<&End>, history: &History, retry: &Retry, now: Timestamp) -> Option<Timestamp> {
    let earlier = history.calls.iter().filter(|call| call.number == number).map(|call| (&call.end, call.ended_at));
    let this = end.filter(|_| number == history.number).map(|end| (end, now));
    let calls: Vec<(&End, Timestamp)> = earlier.chain(this).collect();
    let Some((last, ended_at)) = calls.last().copied() else { return Some(Timestamp::MIN) };
    let plan = retry.plan(last);
    let again = plan.again || last.outcome == Outcome::Interrupted;
    if !again || is_worn_out(&calls, last, plan, retry) {
        return None;
    }
    let alike = count(&calls, |end| end.outcome.code() == last.outcome.code());
    let index = usize::try_from(alike.saturating_sub(1)).unwrap_or(usize::MAX).min(plan.pause_seconds.len() - 1);
    let chance = history.seed.wrapping_add(u64::from(count(&calls, |_| true)).wrapping_mul(0x9E37_79B9_7F4A_7C15));
    let pause = retry.spread(plan.pause_seconds.get(index).copied().unwrap_or(0), chance.rotate_left(32));
    Some(ended_at.checked_add(pause).unwrap_or(Timestamp::MAX))
}

/// Whether a number was called as often as it may be.
fn is_worn_out(calls: &[(&End, Timestamp)], last: &End, plan: Plan<'_>, retry: &Retry) -> bool {
    let counted = |end: &End| end.outcome != Outcome::Interrupted && retry.plan(end).counts;
    count(calls, counted) >= retry.attempts_max
        || count(calls, |end| counted(end) && !end.answered) >= retry.dials_max.max(1)
        || count(calls, |end| counted(end) && end.answered) >= retry.tries_max.max(1)
        || count(calls, |end| end.outcome.code() == last.outcome.code()) >= plan.times
}

fn count(calls: &[(&End, Timestamp)], which: impl Fn(&End) -> bool) -> u32 {
    u32::try_from(calls.iter().filter(|(end, _)| which(end)).count()).unwrap_or(u32::MAX)
}

/// What a rule makes of the rate that was agreed last.
fn rate(rule: Rate, agreed: Option<u32>) -> Option<u32> {
    match rule {
        Rate::Bits(bits) => Some(bits),
        Rate::Named(NamedRate::Same) => None,
        Rate::Named(NamedRate::Slower) => {
            let rates = Modem::ALL.iter().map(|modem| modem.rate_bps());
            rates.filter(|rate| agreed.is_some_and(|agreed| *rate < agreed)).max()
        }
    }
}

#[cfg(test)]
mod tests {
    use ferrofax_fax::outcome::Phase;

    use super::super::status::every_outcome;
    use super::*;

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    /// The rules everybody has, without chance.
    fn policy() -> Policy {
        Policy::new(Routes::default(), Retry { jitter_percent: 0, ..Retry::default() })
    }

    fn history(pages: u32, confirmed: u32, doubts: u32) -> History {
        History {
            pages,
            confirmed,
            doubts,
            number: 0,
            numbers: 1,
            calls: Vec::new(),
            cut_off: 0,
            valid_until: at(86_400 * 30),
            line: "world".to_owned(),
            changes: None,
            seed: 0,
        }
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(seconds).unwrap()
    }

    fn answered(outcome: Outcome) -> End {
        End { answered: true, ..End::of(outcome) }
    }

    /// This history with so many calls more, ten minutes apart, the last one now.
    fn after(mut history: History, number: usize, times: u32, end: &End) -> History {
        for n in (1..=times).rev() {
            let ended_at = at(-600 * i64::from(n));
            history.calls.push(PastCall { number, end: end.clone(), ended_at });
        }
        history
    }

    fn word(end: &End, history: &History) -> &'static str {
        match decide(end, history, &policy(), NOW) {
            Next::Final { status, .. } => status.word(),
            Next::Again(_) => "again",
        }
    }

    fn again(end: &End, history: &History, policy: &Policy) -> Again {
        match decide(end, history, policy, NOW) {
            Next::Again(again) => again,
            Next::Final { status, .. } => panic!("{status}"),
        }
    }

    #[test]
    fn what_another_call_can_mend_is_called_ten_times() {
        for outcome in every_outcome() {
            let end = answered(outcome);
            let first = word(&end, &history(3, 1, 0));
            let ninth = word(&end, &after(history(3, 1, 0), 0, 8, &end));
            let tenth = word(&end, &after(history(3, 1, 0), 0, 9, &end));
            let plan = policy().retry;
            let plan = plan.plan(&end);
            let own =
                matches!(end.outcome, Outcome::Interrupted | Outcome::Cancelled | Outcome::Sent | Outcome::Received);
            if own {
                continue;
            }
            assert_eq!(first == "again", plan.again, "{:?}", end.outcome);
            if plan.again && plan.times > 10 && plan.counts {
                assert_eq!(ninth, "again", "{:?}", end.outcome);
                assert_ne!(tenth, "again", "{:?}", end.outcome);
            }
        }
    }

    #[test]
    fn a_dead_number_is_called_once() {
        for (outcome, status) in [
            (Outcome::NumberNotAssigned, "WRONG_NO"),
            (Outcome::NumberInvalid, "DIAL_NC"),
            (Outcome::NumberChanged, "CHANGED_NO"),
        ] {
            assert_eq!(word(&End::of(outcome), &history(1, 0, 0)), status);
        }
    }

    #[test]
    fn calls_our_own_line_could_not_make_cost_nothing() {
        let down = End::of(Outcome::LineFailed);
        assert_eq!(word(&down, &after(history(1, 0, 0), 0, 200, &down)), "again");
        let busy = End::of(Outcome::Busy);
        let mut mixed = after(history(1, 0, 0), 0, 200, &down);
        mixed = after(mixed, 0, 8, &busy);
        assert_eq!(word(&busy, &mixed), "again");
        assert_eq!(word(&busy, &after(mixed, 0, 1, &busy)), "BUSY");
    }

    #[test]
    fn a_fax_is_ok_when_every_page_is_confirmed_and_only_then() {
        for outcome in every_outcome() {
            let end = answered(outcome);
            assert_eq!(word(&end, &history(3, 3, 0)), "OK", "{end:?}");
            assert_ne!(word(&end, &history(3, 2, 0)), "OK", "{end:?}");
        }
    }

    #[test]
    fn the_last_page_is_not_sent_again_after_two_doubts() {
        for outcome in [Outcome::Interrupted, Outcome::EndNotConfirmed, Outcome::RemoteHungUp { phase: Phase::D }] {
            let end = answered(outcome);
            assert_eq!(word(&end, &history(3, 2, 1)), "again");
            assert_eq!(word(&end, &history(3, 2, 2)), "EOD_FAILED");
            assert_eq!(word(&end, &history(1, 0, 2)), "EOD_FAILED", "the only page is the last");
        }
        assert_eq!(word(&answered(Outcome::Interrupted), &history(3, 1, 2)), "again", "not the last page");
    }

    #[test]
    fn a_delivery_is_not_interrupted_for_ever() {
        let cut = End::of(Outcome::Interrupted);
        assert_eq!(word(&cut, &History { cut_off: 3, ..history(3, 0, 0) }), "again");
        assert_eq!(word(&cut, &History { cut_off: 4, ..history(3, 0, 0) }), "COMERROR");
        let with_pages_between = after(history(30, 8, 0), 0, 8, &cut);
        assert_eq!(word(&cut, &with_pages_between), "again");
        // They are not the recipient's fault.
        let busy = End::of(Outcome::Busy);
        let mixed = after(after(history(3, 0, 0), 0, 4, &cut), 0, 8, &busy);
        assert_eq!(word(&busy, &mixed), "again");
    }

    #[test]
    fn pauses_grow_and_are_spread() {
        let busy = End::of(Outcome::Busy);
        let rules = policy();
        let pauses: Vec<i64> = (0..9)
            .map(|times| again(&busy, &after(history(1, 0, 0), 0, times, &busy), &rules).not_before.as_second())
            .collect();
        assert!(pauses.is_sorted() && pauses[0] < pauses[8], "{pauses:?}");
        let rules = Policy::new(Routes::default(), Retry { jitter_percent: 20, ..rules.retry });
        let spread: Vec<i64> = (0..100)
            .map(|seed| {
                again(&busy, &History { seed: seed * 7919, ..history(1, 0, 0) }, &rules).not_before.as_millisecond()
            })
            .collect();
        let pause = pauses[0] * 1000;
        assert!(spread.iter().all(|at| (pause * 8 / 10..=pause * 12 / 10).contains(at)), "{spread:?}");
        let distinct: std::collections::BTreeSet<_> = spread.iter().collect();
        assert!(distinct.len() > 80, "{}", distinct.len());
    }

    #[test]
    fn a_call_that_would_come_too_late_is_not_waited_for() {
        let busy = End::of(Outcome::Busy);
        let pause = again(&busy, &history(1, 0, 0), &policy()).not_before;
        assert_eq!(word(&busy, &History { valid_until: pause, ..history(1, 0, 0) }), "BUSY");
        let later = pause.checked_add(Duration::from_secs(1)).unwrap();
        assert_eq!(word(&busy, &History { valid_until: later, ..history(1, 0, 0) }), "again");
    }

    #[test]
    fn other_numbers_are_tried_in_order_until_all_are_given_up() {
        let (busy, dead) = (End::of(Outcome::Busy), End::of(Outcome::NumberNotAssigned));
        let three = |number| History { number, numbers: 3, ..history(2, 0, 0) };
        let next = again(&busy, &three(0), &policy());
        assert_eq!((next.number, next.not_before), (Some(1), NOW), "one that was never called is called at once");
        let next = again(&dead, &after(three(1), 0, 1, &busy), &policy());
        assert_eq!((next.number, next.not_before), (Some(2), NOW));
        // The first one's pause is over, ten minutes after its call; the second is dead.
        let next = again(&busy, &after(after(three(2), 0, 1, &busy), 1, 1, &dead), &policy());
        assert_eq!((next.number, next.not_before), (Some(0), NOW));
        let next = after(after(three(2), 0, 1, &dead), 1, 1, &dead);
        assert_eq!(again(&busy, &next, &policy()).number, None, "the only one left");
        assert_eq!(word(&dead, &next), "WRONG_NO");
    }

    #[test]
    fn instead_of_a_number_that_must_not_be_called_the_next_one_is() {
        let (busy, dead) = (End::of(Outcome::Busy), End::of(Outcome::NumberNotAssigned));
        let four = |number| History { number, numbers: 4, ..history(2, 0, 0) };
        let next = |history: &History, barred: &[bool]| instead(history, barred, &policy(), NOW).map(|it| it.number);
        assert_eq!(next(&four(0), &[true, false, false, false]), Some(Some(1)));
        assert_eq!(next(&four(1), &[false, true, true, false]), Some(Some(3)));
        assert_eq!(next(&after(four(1), 0, 1, &dead), &[false, true, true, true]), None, "the first is given up");
        let later = instead(&after(four(1), 0, 9, &busy), &[false, true, true, true], &policy(), at(-599));
        assert_eq!(later.map(|it| (it.number, it.not_before)), Some((Some(0), at(0))), "its pause is not over");
        assert_eq!(next(&history(1, 0, 0), &[true]), None);
    }

    #[test]
    fn a_machine_that_has_pages_gets_the_rest() {
        let hung_up = answered(Outcome::RemoteHungUp { phase: Phase::C });
        let two = |confirmed| History { numbers: 2, ..history(3, confirmed, 0) };
        assert_eq!(again(&hung_up, &two(1), &policy()).number, None);
        assert_eq!(again(&hung_up, &two(0), &policy()).number, Some(1));
        let worn = after(two(1), 0, 9, &hung_up);
        assert_eq!(again(&hung_up, &worn, &policy()).number, Some(1), "no other way is left");
    }

    #[test]
    fn the_most_exact_rule_goes_first_and_leaves_the_rest_to_others() {
        let table = "[on.busy]\npause_seconds = [7]\ntimes = 3\n[on.sip-486]\nagain = true\n\
            [on.q850-17]\npause_seconds = [9]\n[on.no_reply-D]\nrate = 'slower'\n[on.no_reply]\nline = 'other'\nrate = 2400";
        let changes: Changes = toml::from_str(table).unwrap();
        let mut rules = policy();
        rules.line_retry.insert("world".to_owned(), changes);
        let busy = End { sip_status: Some(486), ..End::of(Outcome::Busy) };
        assert_eq!(again(&busy, &history(1, 0, 0), &rules).not_before, at(7));
        let isdn = End { q850: Some(17), ..busy.clone() };
        assert_eq!(again(&isdn, &history(1, 0, 0), &rules).not_before, at(9));
        assert!(matches!(decide(&busy, &after(history(1, 0, 0), 0, 2, &busy), &rules, NOW), Next::Final { .. }));
        let lost = |phase| End { bit_rate: Some(9600), ..answered(Outcome::NoReply { phase, to: "PPS".into() }) };
        let next = again(&lost(Phase::D), &history(2, 0, 0), &rules);
        assert_eq!((next.bit_rate_max, next.other_line), (Some(7200), true));
        assert_eq!(again(&lost(Phase::A), &history(2, 0, 0), &rules).bit_rate_max, Some(2400));
        // The customer's own go before the line's.
        let own: Changes = toml::from_str("[on.busy]\npause_seconds = [5]").unwrap();
        let own = History { changes: Some(own), ..history(1, 0, 0) };
        assert_eq!(again(&busy, &own, &rules).not_before, at(5));
    }

    #[test]
    fn pages_that_can_not_be_composed_are_tried_again_only_where_that_can_help() {
        let policy = policy();
        let refused = uncomposed(Some("cover page: a.ftl:1:2: what"), 0, &policy, NOW);
        let reason = "cover page: a.ftl:1:2: what".to_owned();
        assert_eq!(refused, Next::Final { status: ApiStatus::RenderingError, reason });
        let later = Next::Again(Again::at(NOW + policy.composition_pause));
        assert_eq!(uncomposed(None, 0, &policy, NOW), later);
        assert_eq!(uncomposed(None, policy.compositions_max - 2, &policy, NOW), later);
        let given_up = uncomposed(None, policy.compositions_max - 1, &policy, NOW);
        assert!(matches!(given_up, Next::Final { status: ApiStatus::Comerror, .. }));
    }
}
