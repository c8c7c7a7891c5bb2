//! When those who did not hear of a finished job are told again. Pure rules.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// How somebody is told that a job is finished.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum NoticeKind {
    /// An HTTP status push.
    Push,
    /// A report mail.
    Mail,
}

impl NoticeKind {
    /// As stored and shown.
    pub fn word(self) -> &'static str {
        match self {
            NoticeKind::Push => "push",
            NoticeKind::Mail => "mail",
        }
    }
}

/// Pauses before that many further tries each; the last one goes on.
const PUSH: [(u32, i64); 3] = [(3, 20), (9, 60), (u32::MAX, 15 * 60)];
const MAIL: [(u32, i64); 4] = [(1, 60), (3, 5 * 60), (4, 15 * 60), (u32::MAX, 60 * 60)];
/// After this nobody is told any more.
pub const GIVEN_UP_AFTER: SignedDuration = SignedDuration::from_hours(48);

/// When a notice that failed `tries` times since `since` is tried again; `None`: not any more.
///
/// A push: three times within a minute, nine times more within ten, then each quarter of an hour, for two days.
pub fn again(kind: NoticeKind, tries: u32, since: Timestamp, now: Timestamp) -> Option<Timestamp> {
    let pauses: &[(u32, i64)] = match kind {
        NoticeKind::Push => &PUSH,
        NoticeKind::Mail => &MAIL,
    };
    let mut left = tries.max(1);
    let seconds = pauses.iter().find_map(|&(times, seconds)| {
        let here = left <= times;
        left = left.saturating_sub(times);
        here.then_some(seconds)
    });
    let next = now.checked_add(SignedDuration::from_secs(seconds?)).ok()?;
    (next.duration_since(since) <= GIVEN_UP_AFTER).then_some(next)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// When it is tried, in seconds after the job's end, if every try fails at once.
    fn tries(kind: NoticeKind) -> Vec<i64> {
        let since = Timestamp::UNIX_EPOCH;
        let mut times = vec![since];
        while let Some(next) = again(kind, u32::try_from(times.len()).unwrap(), since, *times.last().unwrap()) {
            times.push(next);
        }
        times.iter().map(|time| time.as_second()).collect()
    }

    #[test]
    fn a_push_is_tried_as_the_vendor_has_it_for_two_days() {
        let times = tries(NoticeKind::Push);
        assert_eq!(times[..6], [0, 20, 40, 60, 120, 180]);
        assert_eq!(times[12..14], [600, 1500]);
        let last = *times.last().unwrap();
        assert!((172_800 - 900..=172_800).contains(&last), "{last}");
    }

    #[test]
    fn a_mail_is_tried_for_two_days() {
        let times = tries(NoticeKind::Mail);
        assert_eq!(times[..4], [0, 60, 360, 660]);
        assert!(times.len() < 60 && *times.last().unwrap() > 165_000, "{times:?}");
    }
}
