use super::*;
use jiff::Timestamp;

#[test]
fn months_and_days_have_the_language_s_names() {
    for (language, month, month_short, day) in [
        ("en", "November", "Nov", "Monday"),
        ("de_DE", "November", "Nov.", "Montag"),
        ("fr-FR", "novembre", "nov.", "lundi"),
        ("PL", "listopada", "lis", "poniedziałek"),
        ("ja", "11月", "11月", "月曜日"),
        ("tr_TR", "Kasım", "Kas", "Pazartesi"),
    ] {
        let locale = Locale::parse(language).expect(language);
        assert_eq!(locale.month_name(11, Width::Full), month);
        assert_eq!(locale.month_name(11, Width::Short), month_short);
        assert_eq!(locale.day_name(1, Width::Full), day);
    }
    assert_eq!(Locale::parse("pl").unwrap().month_name_alone(11, Width::Full), "listopad");
    assert_eq!(Locale::default().half_of_day(12), "PM");
    assert_eq!(Locale::default().month_name(13, Width::Full), "");
}

#[test]
fn an_unknown_language_is_none() {
    for name in ["", "xx", "nonsense", "de_", "..", "d", "klingon-DE"] {
        assert_eq!(Locale::parse(name), None, "{name}");
    }
}

#[test]
fn numbers_and_dates_are_written_as_the_language_does() {
    let german = Locale::parse("de").unwrap();
    assert_eq!(german.numbers(), &NumberSigns { decimal: ",".into(), group: ".".into(), minus: "-".into() });
    assert_eq!(german.date_pattern(Style::Short), "dd.MM.yy");
    assert_eq!(german.date_pattern(Style::Full), "EEEE, d. MMMM y");
    assert_eq!(german.time_pattern(Style::Short), "HH:mm");
    let english = Locale::parse("en_US").unwrap();
    assert_eq!(english.date_pattern(Style::Short), "M/d/yy");
    assert_eq!(english.date_pattern(Style::Medium), "MMM d, y");
    assert_eq!(english.time_pattern(Style::Long), "h:mm:ss a z");
    assert_eq!(Locale::parse("de_CH").unwrap().numbers().group, "'");
}

#[test]
fn zones_are_known_by_region_abbreviation_and_offset() {
    let winter: Timestamp = "2026-01-15T12:00:00Z".parse().unwrap();
    let summer: Timestamp = "2026-07-15T12:00:00Z".parse().unwrap();
    for (name, in_winter, in_summer) in [
        ("Europe/Berlin", "CET", "CEST"),
        ("europe/berlin", "CET", "CEST"),
        ("CET", "CET", "CEST"),
        ("CEST", "CET", "CEST"),
        ("MEST", "CET", "CEST"),
        ("EDT", "EST", "EDT"),
        ("pst", "PST", "PDT"),
        ("UTC", "UTC", "UTC"),
        ("GMT+1", "GMT+01:00", "GMT+01:00"),
        ("UTC-03:30", "GMT-03:30", "GMT-03:30"),
        ("+0530", "GMT+05:30", "GMT+05:30"),
        ("Asia/Tokyo", "JST", "JST"),
    ] {
        let zone = zone(name).expect(name);
        assert_eq!(zone_abbreviation(&zone, winter), in_winter, "{name}");
        assert_eq!(zone_abbreviation(&zone, summer), in_summer, "{name}");
    }
    for name in ["", "Mars/Olympus", "GMT+25", "GMT+1:5", "../etc/passwd", "GMT+é1"] {
        assert!(zone(name).is_none(), "{name}");
    }
}
