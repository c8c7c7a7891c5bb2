use jiff::civil::date;
use proptest::prelude::*;

use super::*;

/// 1 February 2016, 18:03:17 in Berlin: the moment of the vendor's example.
fn facts() -> Facts<'static> {
    let zone = zone("Europe/Berlin").unwrap();
    let now = date(2016, 2, 1).at(18, 3, 17, 0).to_zoned(zone.clone()).unwrap().timestamp();
    Facts { now, zone, page: 1, pages: 12, number: "00498912345678", csid: "+49 89 5528-0" }
}

fn fill(source: &str) -> Vec<(String, String, String)> {
    let lines = Header::parse(source).unwrap().fill(&facts());
    lines.into_iter().map(|line| (line.left, line.centre, line.right)).collect()
}

/// What a header of one line prints at the left.
fn left(source: &str) -> String {
    let mut lines = fill(source);
    assert_eq!(lines.len(), 1);
    let (left, centre, right) = lines.remove(0);
    assert_eq!((centre, right), (String::new(), String::new()));
    left
}

fn error(source: &str) -> String {
    Header::parse(source).unwrap_err().to_string()
}

#[test]
fn each_control_prints_what_its_table_says() {
    let table = [
        ("%Y", "2016"),
        ("%y", "16"),
        ("%m", "02"),
        ("%d", "01"),
        ("%b", "Feb"),
        ("%B", "February"),
        ("%a", "Mon"),
        ("%A", "Monday"),
        ("%H", "18"),
        ("%I", "06"),
        ("%p", "PM"),
        ("%M", "03"),
        ("%S", "17"),
        ("%P", "1"),
        ("%R", "001"),
        ("%T", "12"),
        ("%K", ""),
        ("%#", "00498912345678"),
        ("%C", "+49 89 5528-0"),
        ("%z", "+0100"),
        ("%Z", "CET"),
        ("%%", "%"),
        ("%l=de %A, %d. %B", "Montag, 01. Februar"),
        ("%l=fr;%A %B", "lundi février"),
        ("%l=pl_PL;%d %B", "01 lutego"),
        ("%tz=UTC;%H:%M %z", "17:03 +0000"),
        ("%tz=America/New_York;%H:%M %Z", "12:03 EST"),
        ("%tz=Asia/Kolkata;%z", "+0530"),
        ("%tz=America/St_Johns;%z", "-0330"),
    ];
    for (source, printed) in table {
        assert_eq!(left(source), printed, "{source}");
    }
}

#[test]
fn the_documented_examples_print_what_is_documented() {
    assert_eq!(
        left("%tz=CEST Testfax: CSID: %C Recipient number: %# Date: %d.%m.%Y %H:%M %z"),
        "Testfax: CSID: +49 89 5528-0 Recipient number: 00498912345678 Date: 01.02.2016 18:03 +0100"
    );
    assert_eq!(
        left("%d.%m.%Y\t%H:%M:%S\t\tPage: %P of %T\t\tSender: %C"),
        "01.02.2016\t18:03:17\t\tPage: 1 of 12\t\tSender: +49 89 5528-0"
    );
    // It has the month where the minutes are meant.
    let [(left, centre, right)] = fill("Retarus Services %r%Y-%m-%dT%H:%m:%S Page %P/%T").try_into().unwrap();
    assert_eq!((&*left, &*centre, &*right), ("Retarus Services", "", "2016-02-01T18:02:17 Page 1/12"));
}

#[test]
fn hours_of_the_half_day_are_one_to_twelve() {
    let header = Header::parse("%I %p").unwrap();
    let printed = |hour| {
        let now = date(2026, 7, 1).at(hour, 0, 0, 0).to_zoned(TimeZone::UTC).unwrap().timestamp();
        header.fill(&Facts { now, zone: TimeZone::UTC, ..facts() })[0].left.clone()
    };
    assert_eq!([0, 1, 11, 12, 13, 23].map(printed), ["12 AM", "01 AM", "11 AM", "12 PM", "01 PM", "11 PM"]);
}

#[test]
fn a_zone_named_in_winter_has_its_summer_time_in_summer() {
    let now = date(2026, 7, 1).at(10, 0, 0, 0).to_zoned(TimeZone::UTC).unwrap().timestamp();
    for zone in ["CET", "CEST", "MET", "MEST", "Europe/Berlin", "europe/berlin"] {
        let header = Header::parse(&format!("%tz={zone};%H:%M %Z %z")).unwrap();
        assert_eq!(header.fill(&Facts { now, ..facts() })[0].left, "12:00 CEST +0200", "{zone}");
    }
}

#[test]
fn a_zone_or_language_holds_for_what_follows() {
    assert_eq!(left("%H:%M / %tz=UTC;%H:%M / %tz=Asia/Tokyo %H:%M"), "18:03 / 17:03 / 02:03");
    let lines = fill("%A%l=de;%A%n%A");
    assert_eq!(lines.iter().map(|line| &*line.0).collect::<Vec<_>>(), ["MondayMontag", "Montag"]);
}

#[test]
fn a_name_ends_at_a_semicolon_which_is_taken_or_at_a_blank_which_is_text() {
    assert_eq!(left("a%tz=CET;b"), "ab");
    assert_eq!(left("a%tz=CET b"), "a b");
    assert_eq!(left("a %tz=CET b"), "a b");
    assert_eq!(left("a%tz=CET\tb"), "a\tb");
    assert_eq!(left("%tz=CET%Hh"), "18h");
    assert_eq!(left("x%tz=CET"), "x");
}

#[test]
fn parts_stand_left_in_the_middle_and_right() {
    let part = |a: &str, b: &str, c: &str| (a.to_owned(), b.to_owned(), c.to_owned());
    assert_eq!(fill("A %cB %r C "), [part("A", "B", "C")]);
    assert_eq!(fill("%rC"), [part("", "", "C")]);
    assert_eq!(fill("%cB%cb%rC%rc"), [part("", "Bb", "Cc")]);
    assert_eq!(fill("A%rB%nC%cD"), [part("A", "", "B"), part("C", "D", "")]);
    assert_eq!(fill("1\n2\r\n3%n4").len(), 4);
    assert_eq!(fill(""), [part("", "", "")]);
}

#[test]
fn an_unknown_pair_is_printed_as_it_stands() {
    assert_eq!(left("%x %q %t %tZ %l %ü 100% sure"), "%x %q %t %tZ %l %ü 100% sure");
}

#[test]
fn controls_without_a_meaning_in_print_are_blanks() {
    assert_eq!(left("a\u{7}b\u{1b}c\td"), "a b c\td");
}

#[test]
fn what_can_not_be_meant_is_refused_with_its_place_and_no_more() {
    assert_eq!(error("Seite %P von %"), "ends in a lone %; a percent sign is written as %%");
    assert_eq!(error("%"), "ends in a lone %; a percent sign is written as %%");
    assert_eq!(error("a%%%"), "ends in a lone %; a percent sign is written as %%");
    assert_eq!(error("%rA %cB"), "has %c right of %r (at character 5)");
    assert_eq!(error("ä %tz=Berlin/Europe;%H"), "names an unknown time zone, Berlin/Europe (at character 3)");
    assert_eq!(error("%tz= %H"), "names an unknown time zone (at character 1)");
    assert_eq!(error("%tz=0049891234567;"), "names an unknown time zone (at character 1)");
    assert_eq!(error("%l=Klingon;"), "names an unknown language, Klingon (at character 1)");
    assert_eq!(error("1%n2%n3%n4%n5"), "has more than 4 lines (at character 11)");
    assert_eq!(Header::parse("1%n2%n3%n4").unwrap().lines(), 4);
}

#[test]
fn nothing_of_the_text_is_in_its_debug_form() {
    let header = Header::parse("Call 0891234567").unwrap();
    let debug = format!("{header:?} {:?} {:?}", facts(), header.fill(&facts()));
    assert!(!debug.contains("89"), "{debug}");
}

#[test]
fn a_band_is_as_high_as_its_lines_and_a_white_row() {
    assert_eq!([1, 2, 4].map(|lines| band_rows(lines, 3850)), [16, 31, 61]);
    assert_eq!([1, 2, 4].map(|lines| band_rows(lines, 7700)), [31, 61, 121]);
}

proptest! {
    #[test]
    fn any_text_is_parsed_or_refused(source in "(%[a-zA-Z%#=;]|%tz=|%l=|[a-z]{1,3}|[;/ \t\n]|\\PC){0,40}") {
        if let Ok(header) = Header::parse(&source) {
            let filled = header.fill(&facts());
            prop_assert_eq!(filled.len(), header.lines() as usize);
            prop_assert!(filled.len() <= LINES_MAX);
        }
    }

    #[test]
    fn text_without_percent_signs_is_printed_as_it_is(text in "[^%\\p{Cc} ]([^%\\p{Cc}]*[^%\\p{Cc} ])?") {
        prop_assert_eq!(left(&text), text);
    }
}
