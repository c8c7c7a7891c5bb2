//! Header lines, read by tesseract: what the vendor's documentation shows must be legible at both resolutions.

use std::io::Write;
use std::process::{Command, Stdio};

use ferrofax_fax::page::{PageSource, Resolution, Row};
use ferrofax_render::band;
use ferrofax_template::header::{Facts, Header};
use jiff::tz::TimeZone;

const HEADERS: [&str; 4] = [
    "%tz=CEST Testfax: CSID: %C Recipient number: %# Date: %d.%m.%Y %H:%M %z",
    "%d.%m.%Y\t%H:%M:%S\t\tPage: %P of %T\t\tSender: Example Ltd",
    "Retarus Services %r%Y-%m-%dT%H:%m:%S Page %P/%T",
    "From: The quick brown fox jumps over the lazy dog %r%l=de;%A, %d. %B %Y",
];

/// What tesseract reads in a line of type that we draw for one page of twelve.
fn read(header: &str, resolution: Resolution) -> (String, String) {
    let now = "2026-11-23T17:03:17Z".parse().unwrap();
    let (number, csid) = ("00498912504001710", "+49 89 5528-0");
    let facts = Facts { now, zone: TimeZone::UTC, page: 1, pages: 12, number, csid };
    let lines = Header::parse(header).unwrap().fill(&facts);
    let line = &lines[0];
    let printed = format!("{} {} {}", line.left, line.centre, line.right);
    let mut picture = Vec::new();
    band::render(&[lines], resolution, &mut |page| {
        picture = picture_of(&mut page.source());
        Ok(())
    })
    .unwrap();
    // One line of text.
    let mut child = Command::new("tesseract")
        .args(["stdin", "stdout", "--psm", "7", "--dpi", "204", "-l", "eng"])
        .env("OMP_THREAD_LIMIT", "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap_or_else(|error| panic!("tesseract (Debian package tesseract-ocr) can't be run: {error}"));
    child.stdin.take().unwrap().write_all(&picture).unwrap();
    let read = String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap();
    (words(&printed), words(&read))
}

fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// As a square-pelled PGM with a white edge, rows repeated as often as the resolution asks.
fn picture_of(page: &mut dyn PageSource) -> Vec<u8> {
    let times = if page.resolution() == Resolution::Standard { 2 } else { 1 };
    let width = usize::from(page.width());
    let mut rows = vec![vec![255; width]; 20];
    let mut row = Row::default();
    while page.next_row(&mut row) {
        let mut pels = vec![255; width];
        for run in row.changes.chunks(2) {
            pels[usize::from(run[0])..run.get(1).map_or(width, |&end| usize::from(end))].fill(0);
        }
        rows.extend(std::iter::repeat_n(pels, times));
    }
    rows.extend(vec![vec![255; width]; 20]);
    let mut picture = format!("P5 {width} {} 255\n", rows.len()).into_bytes();
    rows.iter().for_each(|row| picture.extend(row));
    picture
}

/// Characters that must change to make one text the other (Levenshtein's distance).
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut costs: Vec<usize> = (0..=other.len()).collect();
    for (at, left) in one.chars().enumerate() {
        let mut corner = std::mem::replace(&mut costs[0], at + 1);
        for (column, &right) in other.iter().enumerate() {
            let cost = (corner + usize::from(left != right)).min(costs[column] + 1).min(costs[column + 1] + 1);
            corner = std::mem::replace(&mut costs[column + 1], cost);
        }
    }
    costs[other.len()]
}

#[test]
fn tesseract_reads_the_documented_examples_at_both_resolutions() {
    let mut table = String::new();
    for (resolution, most) in [(Resolution::Fine, 1), (Resolution::Standard, 4)] {
        let (mut wrong, mut all) = (0, 0);
        for header in HEADERS {
            let (printed, read) = read(header, resolution);
            wrong += distance(&printed, &read);
            all += printed.chars().count();
            table.push_str(&format!("{resolution:?}\n  {printed}\n  {read}\n"));
        }
        assert!(wrong * 100 <= all * most, "{wrong} of {all} characters wrong at {resolution:?}\n{table}");
    }
}
