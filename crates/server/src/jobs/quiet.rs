//! Quiet hours: when no fax machine is to ring at night.
//!
//! `22:00-07:00` is quiet every night; `Sat-Sun 00:00-24:00` on two days; several are separated by `,` or `;`. A span begins on its
//! days and may end on the next one. A day is `Mon` to `Sun`, in any letter case; a range of them may go over the weekend
//! (`Fri-Mon`). Hours are those of the clock on the wall, so a night in which the clock is set may be longer or shorter.

use std::fmt;
use std::str::FromStr;

use jiff::civil::Weekday;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

const DAY: u16 = 24 * 60;
const WEEK: u16 = 7 * DAY;

/// More than anybody needs.
const SPANS_MAX: usize = 32;

/// Zones that are not awake together within a week never are. A week more, as a clock set forward may skip its only hour, and a day.
const HORIZON: SignedDuration = SignedDuration::from_hours(15 * 24);

/// When it is quiet, by the clock on the wall. There is a time in every week when it is not.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct QuietHours {
    spans: Vec<Span>,
    /// The same, as stretches of the week that neither meet nor overlap.
    stretches: Vec<Stretch>,
}

/// As written. Times are minutes of the day.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Span {
    days: Option<(Weekday, Weekday)>,
    from: u16,
    to: u16,
}

/// Minutes of the week, which begins on Monday; one may go over its end.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Stretch {
    from: u16,
    length: u16,
}

/// What is wrong with quiet hours.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum NotQuietHours {
    #[error("{0:?} is no span of time such as 22:00-07:00 or Sat-Sun 00:00-24:00")]
    Span(String),
    #[error("{0:?} is no time of day such as 07:00")]
    Time(String),
    #[error("{0:?} is no day of the week; they are Mon Tue Wed Thu Fri Sat Sun")]
    Day(String),
    #[error("{0:?} ends when it begins; the whole day is 00:00-24:00")]
    Empty(String),
    #[error("there are more than {SPANS_MAX} spans")]
    Many,
    #[error("it would always be quiet, and nothing ever sent")]
    Always,
}

impl QuietHours {
    /// The first moment, at or after this one, at which it is quiet in none of the zones; a number whose zone is not known is taken to
    /// be in the account's `own`. Zones so far apart that it is always quiet somewhere can't all be spared; then `own` counts alone.
    pub fn allowed_from(&self, at: Timestamp, zones: &[TimeZone], own: &TimeZone) -> Timestamp {
        let own = std::slice::from_ref(own);
        let everywhere = if zones.is_empty() { own } else { zones };
        let found = self.awake_in(at, everywhere).or_else(|| self.awake_in(at, own));
        found.unwrap_or(at)
    }

    /// The first moment within the horizon at which it is quiet in none of the zones.
    fn awake_in(&self, at: Timestamp, zones: &[TimeZone]) -> Option<Timestamp> {
        let horizon = at.checked_add(HORIZON).unwrap_or(Timestamp::MAX);
        let mut moment = at;
        while moment < horizon {
            match zones.iter().find_map(|zone| self.quiet_until(moment, zone)) {
                Some(later) => moment = later,
                None => return Some(moment),
            }
        }
        None
    }

    /// If it is quiet in the zone, when that ends or has to be looked at again, as the clock is set. Always later.
    fn quiet_until(&self, at: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        let local = zone.to_datetime(at);
        let day = u16::from(local.weekday().to_monday_zero_offset().unsigned_abs());
        let minute_of_day = u16::from(local.hour().unsigned_abs()) * 60 + u16::from(local.minute().unsigned_abs());
        let left = self.stretches.iter().find_map(|stretch| stretch.left(day * DAY + minute_of_day))?;
        let gone = SignedDuration::new(local.second().into(), local.subsec_nanosecond());
        let end = at.checked_add(SignedDuration::from_mins(left.into()) - gone).unwrap_or(Timestamp::MAX);
        let set = zone.following(at).next().map(|transition| transition.timestamp());
        Some(set.map_or(end, |set| set.min(end)))
    }
}

impl Span {
    fn parse(text: &str) -> Result<Span, NotQuietHours> {
        let not_a_span = || NotQuietHours::Span(text.to_owned());
        let (days, times) = match text.rsplit_once(char::is_whitespace) {
            Some((days, times)) => (Some(parse_days(days.trim_end())?), times),
            None => (None, text),
        };
        let (from, to) = times.split_once('-').ok_or_else(not_a_span)?;
        let (from, to) = (parse_time(from)?, parse_time(to)?);
        match from {
            _ if from == to => Err(NotQuietHours::Empty(text.to_owned())),
            DAY => Err(not_a_span()),
            _ => Ok(Span { days, from, to }),
        }
    }

    /// One for each of its days.
    fn stretches(self) -> impl Iterator<Item = Stretch> {
        let (first, last) = self.days.unwrap_or((Weekday::Monday, Weekday::Sunday));
        let count = usize::from(first.until(last).unsigned_abs()) + 1;
        let length = if self.to > self.from { self.to - self.from } else { self.to + DAY - self.from };
        let days = first.cycle_forward().take(count);
        days.map(move |day| Stretch {
            from: u16::from(day.to_monday_zero_offset().unsigned_abs()) * DAY + self.from,
            length,
        })
    }
}

impl Stretch {
    /// How much of it is left at this minute of the week, if it lies in it.
    fn left(self, minute: u16) -> Option<u16> {
        let gone = (minute + WEEK - self.from) % WEEK;
        (gone < self.length).then(|| self.length - gone)
    }

    /// The same time of the week in as few stretches as can be; none where nothing of the week is left.
    fn joined(stretches: &[Stretch]) -> Option<Vec<Stretch>> {
        let left = |minute| stretches.iter().filter_map(|stretch| stretch.left(minute)).max();
        let awake = (0..WEEK).find(|&minute| left(minute).is_none())?;
        let mut joined = Vec::new();
        let mut passed = 0;
        // Once around the week, from a minute that lies in none.
        while passed < WEEK {
            let from = (awake + passed) % WEEK;
            let mut length = 0;
            while let Some(more) = left((from + length) % WEEK) {
                length += more;
            }
            if length > 0 {
                joined.push(Stretch { from, length });
            }
            passed += length + 1;
        }
        Some(joined)
    }
}

fn parse_time(text: &str) -> Result<u16, NotQuietHours> {
    let number = |digits: &str| digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse::<u16>().ok())?;
    let time = text.split_once(':').filter(|(hour, minute)| matches!(hour.len(), 1 | 2) && minute.len() == 2);
    let time = time.and_then(|(hour, minute)| Some((number(hour)?, number(minute)?)));
    let time = time.filter(|(_, minute)| *minute < 60).map(|(hour, minute)| hour * 60 + minute);
    time.filter(|time| *time <= DAY).ok_or_else(|| NotQuietHours::Time(text.to_owned()))
}

const DAYS: [(&str, Weekday); 7] = [
    ("Mon", Weekday::Monday),
    ("Tue", Weekday::Tuesday),
    ("Wed", Weekday::Wednesday),
    ("Thu", Weekday::Thursday),
    ("Fri", Weekday::Friday),
    ("Sat", Weekday::Saturday),
    ("Sun", Weekday::Sunday),
];

fn parse_days(text: &str) -> Result<(Weekday, Weekday), NotQuietHours> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let day = |name: &str| {
        let found = DAYS.iter().find(|(short, _)| short.eq_ignore_ascii_case(name));
        found.map(|(_, day)| *day).ok_or_else(|| NotQuietHours::Day(name.to_owned()))
    };
    Ok((day(first)?, day(last)?))
}

fn short(day: Weekday) -> &'static str {
    DAYS.iter().find(|(_, other)| *other == day).map_or("", |(short, _)| short)
}

impl FromStr for QuietHours {
    type Err = NotQuietHours;

    fn from_str(text: &str) -> Result<QuietHours, NotQuietHours> {
        let spans = text.split([',', ';']).map(|span| Span::parse(span.trim()));
        let spans: Vec<Span> = spans.take(SPANS_MAX + 1).collect::<Result<_, _>>()?;
        if spans.len() > SPANS_MAX {
            return Err(NotQuietHours::Many);
        }
        let stretches: Vec<Stretch> = spans.iter().flat_map(|span| span.stretches()).collect();
        let stretches = Stretch::joined(&stretches).ok_or(NotQuietHours::Always)?;
        Ok(QuietHours { spans, stretches })
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.days {
            Some((first, last)) if first == last => write!(f, "{} ", short(first))?,
            Some((first, last)) => write!(f, "{}-{} ", short(first), short(last))?,
            None => {}
        }
        let Span { from, to, .. } = self;
        write!(f, "{:02}:{:02}-{:02}:{:02}", from / 60, from % 60, to / 60, to % 60)
    }
}

impl fmt::Display for QuietHours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, span) in self.spans.iter().enumerate() {
            let comma = if index == 0 { "" } else { ", " };
            write!(f, "{comma}{span}")?;
        }
        Ok(())
    }
}

impl TryFrom<String> for QuietHours {
    type Error = NotQuietHours;

    fn try_from(text: String) -> Result<QuietHours, NotQuietHours> {
        text.parse()
    }
}

impl From<QuietHours> for String {
    fn from(hours: QuietHours) -> String {
        hours.to_string()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn hours(text: &str) -> QuietHours {
        text.parse().expect("quiet hours")
    }

    fn zone(name: &str) -> TimeZone {
        TimeZone::get(name).expect("a zone")
    }

    fn moment(text: &str) -> Timestamp {
        text.parse().expect("a time")
    }

    #[test]
    fn what_was_parsed_is_printed_and_read_again() {
        for (text, printed) in [
            ("22:00-07:00", "22:00-07:00"),
            (" 22:00-7:00 ", "22:00-07:00"),
            ("sat-SUN 00:00-24:00;22:00-07:00", "Sat-Sun 00:00-24:00, 22:00-07:00"),
            ("Fri 18:00-24:00, Fri-Mon  00:00-06:30", "Fri 18:00-24:00, Fri-Mon 00:00-06:30"),
        ] {
            assert_eq!(hours(text).to_string(), printed);
            let json = serde_json::to_string(&hours(text)).expect("JSON");
            assert_eq!(json, format!("\"{printed}\""));
            assert_eq!(serde_json::from_str::<QuietHours>(&json).expect("quiet hours"), hours(text));
        }
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (text, wrong) in [
            ("", r#""" is no span of time such as 22:00-07:00 or Sat-Sun 00:00-24:00"#),
            ("22:00", r#""22:00" is no span of time such as 22:00-07:00 or Sat-Sun 00:00-24:00"#),
            ("24:00-07:00", r#""24:00-07:00" is no span of time such as 22:00-07:00 or Sat-Sun 00:00-24:00"#),
            ("22:00-07:00,", r#""" is no span of time such as 22:00-07:00 or Sat-Sun 00:00-24:00"#),
            ("22-7", r#""22" is no time of day such as 07:00"#),
            ("22:00-07:60", r#""07:60" is no time of day such as 07:00"#),
            ("22:00-24:01", r#""24:01" is no time of day such as 07:00"#),
            ("22:00-+7:00", r#""+7:00" is no time of day such as 07:00"#),
            ("Caturday 22:00-07:00", r#""Caturday" is no day of the week; they are Mon Tue Wed Thu Fri Sat Sun"#),
            ("07:00-07:00", r#""07:00-07:00" ends when it begins; the whole day is 00:00-24:00"#),
            ("00:00-24:00", "it would always be quiet, and nothing ever sent"),
            ("07:00-22:00, Mon-Sun 22:00-07:00", "it would always be quiet, and nothing ever sent"),
        ] {
            assert_eq!(text.parse::<QuietHours>().expect_err("must be refused").to_string(), wrong, "{text}");
        }
        assert_eq!(["22:00-07:00"; 33].join(",").parse::<QuietHours>(), Err(NotQuietHours::Many));
        // A minute is left.
        assert!("00:01-24:00".parse::<QuietHours>().is_ok());
    }

    #[test]
    fn a_fax_waits_until_its_destination_is_awake() {
        let (berlin, new_york) = (zone("Europe/Berlin"), zone("America/New_York"));
        let night = "22:00-07:00";
        for (text, at, zones, expected) in [
            (night, "2026-06-15T12:00:00.5Z", vec![&berlin], "2026-06-15T12:00:00.5Z"),
            (night, "2026-06-15T20:00:00Z", vec![&berlin], "2026-06-16T05:00:00Z"),
            (night, "2026-06-16T04:59:59.5Z", vec![&berlin], "2026-06-16T05:00:00Z"),
            (night, "2026-06-16T05:00:00Z", vec![&berlin], "2026-06-16T05:00:00Z"),
            // The account's own zone counts where the destination's is not known.
            (night, "2026-06-16T05:00:00Z", vec![], "2026-06-16T11:00:00Z"),
            // Awake in both.
            (night, "2026-06-16T05:00:00Z", vec![&berlin, &new_york], "2026-06-16T11:00:00Z"),
            // They never are: the account's own counts alone.
            ("12:00-08:00", "2026-06-16T17:00:00Z", vec![&berlin, &new_york], "2026-06-17T12:00:00Z"),
            // From Saturday's night on into Monday's morning.
            ("Sat-Sun 00:00-24:00, 22:00-07:00", "2026-06-19T20:30:00Z", vec![&berlin], "2026-06-22T05:00:00Z"),
            // 2026-03-29, 02:00 to 03:00 did not happen in Berlin: a shorter night, and none at all.
            (night, "2026-03-28T22:00:00Z", vec![&berlin], "2026-03-29T05:00:00Z"),
            ("22:00-02:30", "2026-03-29T00:30:00Z", vec![&berlin], "2026-03-29T01:00:00Z"),
            ("02:00-03:00", "2026-03-29T01:00:00Z", vec![&berlin], "2026-03-29T01:00:00Z"),
            // 2026-10-25, 02:00 to 03:00 happened twice: twice quiet until half past.
            ("22:00-02:30", "2026-10-25T00:00:00Z", vec![&berlin], "2026-10-25T00:30:00Z"),
            ("22:00-02:30", "2026-10-25T01:00:00Z", vec![&berlin], "2026-10-25T01:30:00Z"),
            ("22:00-03:00", "2026-10-25T00:00:00Z", vec![&berlin], "2026-10-25T02:00:00Z"),
            // The week's only hour awake was skipped.
            (
                "Sun 03:00-24:00, Mon-Sat 00:00-24:00, Sun 00:00-02:00",
                "2026-03-28T12:00:00Z",
                vec![&berlin],
                "2026-04-05T00:00:00Z",
            ),
        ] {
            let zones: Vec<TimeZone> = zones.into_iter().cloned().collect();
            assert_eq!(hours(text).allowed_from(moment(at), &zones, &new_york), moment(expected), "{text} at {at}");
        }
        assert_eq!(hours(night).allowed_from(Timestamp::MAX, &[], &berlin), Timestamp::MAX);
    }

    const ZONES: [&str; 7] = [
        "Europe/Berlin",
        "America/New_York",
        "America/St_Johns",
        "Australia/Lord_Howe",
        "Pacific/Kiritimati",
        "Asia/Kathmandu",
        "Africa/Casablanca",
    ];

    /// First and last day, if named; first and last minute.
    type Written = (Option<(usize, usize)>, u16, u16);

    fn written() -> impl Strategy<Value = Written> {
        let minute = |last: u16| (0..=last / 30).prop_map(|half_hours| half_hours * 30);
        let days = prop::option::of((0..7_usize, 0..7_usize));
        (days, minute(DAY - 30), minute(DAY)).prop_filter("empty", |(_, from, to)| from != to)
    }

    fn text(spans: &[Written]) -> String {
        let span = |(days, from, to): &Written| {
            let days = days.map(|(first, last)| format!("{}-{} ", DAYS[first].0, DAYS[last].0)).unwrap_or_default();
            format!("{days}{:02}:{:02}-{:02}:{:02}", from / 60, from % 60, to / 60, to % 60)
        };
        spans.iter().map(span).collect::<Vec<_>>().join(", ")
    }

    /// By the meaning of the words, for one minute.
    fn quiet(spans: &[Written], day: usize, minute: u16) -> bool {
        let on = |days: Option<(usize, usize)>, day: usize| match days {
            None => true,
            Some((first, last)) if first <= last => (first..=last).contains(&day),
            Some((first, last)) => day >= first || day <= last,
        };
        spans.iter().any(|&(days, from, to)| match from < to {
            true => on(days, day) && (from..to).contains(&minute),
            false => on(days, day) && minute >= from || on(days, (day + 6) % 7) && minute < to,
        })
    }

    fn walk(spans: &[Written], at: Timestamp, zones: &[TimeZone]) -> Option<Timestamp> {
        let awake = |at: &Timestamp| {
            !zones.iter().any(|zone| {
                let local = zone.to_datetime(*at);
                let day = usize::try_from(local.weekday().to_monday_zero_offset()).unwrap();
                quiet(spans, day, u16::try_from(i16::from(local.hour()) * 60 + i16::from(local.minute())).unwrap())
            })
        };
        let whole = at.as_second() - at.as_second().rem_euclid(60);
        let minutes = (1..15 * 24 * 60).map(|minute| Timestamp::from_second(whole + minute * 60).unwrap());
        std::iter::once(at).chain(minutes).find(awake)
    }

    proptest! {
        #[test]
        fn a_walk_by_the_minute_finds_the_same(
            spans in prop::collection::vec(written(), 1..4),
            zones in prop::collection::vec(0..ZONES.len(), 0..3),
            own in 0..ZONES.len(),
            // About the days on which clocks are set.
            day in prop::sample::select(vec!["2026-02-15", "2026-03-07", "2026-03-28", "2026-04-04", "2026-10-03", "2026-10-24", "2026-10-31"]),
            seconds in 0..2 * 86_400_i64,
        ) {
            match text(&spans).parse::<QuietHours>() {
                Err(wrong) => {
                    prop_assert_eq!(wrong, NotQuietHours::Always);
                    prop_assert!((0..7).all(|day| (0..DAY).all(|minute| quiet(&spans, day, minute))));
                }
                Ok(hours) => {
                    let at = moment(&format!("{day}T00:00:00Z")) + SignedDuration::from_secs(seconds);
                    let zones: Vec<TimeZone> = zones.iter().map(|index| zone(ZONES[*index])).collect();
                    let own = zone(ZONES[own]);
                    let owns = [own.clone()];
                    let everywhere = if zones.is_empty() { &owns[..] } else { &zones[..] };
                    let expected = walk(&spans, at, everywhere).or_else(|| walk(&spans, at, &owns)).unwrap();
                    prop_assert_eq!(hours.allowed_from(at, &zones, &own), expected);
                }
            }
        }
    }
}
