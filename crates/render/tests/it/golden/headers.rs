//! Header lines: every control, and every way the parts of a line can stand.

use ferrofax_fax::page::{Bitmap, Resolution};
use ferrofax_render::band;
use ferrofax_template::header::{Facts, Header};
use jiff::tz::TimeZone;

use super::{Tolerance, golden};

/// The bands of a header line, for pages 1 and 25 of 132, below each other.
fn bands(header: &str, resolution: Resolution) -> Bitmap {
    let header = Header::parse(header).unwrap();
    let now = "2026-03-05T17:03:07Z".parse().unwrap();
    let zone = TimeZone::get("Europe/Berlin").unwrap();
    let page =
        |page| Facts { now, zone: zone.clone(), page, pages: 132, number: "00498912504001710", csid: "Example Ltd" };
    let lines = [header.fill(&page(1)), header.fill(&page(25))];
    let mut all = Bitmap::new(1728, 0);
    band::render(&lines, resolution, &mut |band| {
        let mut row = ferrofax_fax::page::Row::default();
        let mut source = band.source();
        while ferrofax_fax::page::PageSource::next_row(&mut source, &mut row) {
            all.push_row(&row.changes);
        }
        Ok(())
    })
    .unwrap();
    all
}

#[test]
fn every_control_of_a_header_line() {
    for (name, header) in [
        ("date", "Y %Y  y %y  m %m  d %d  b %b  B %B  a %a  A %A%nH %H  I %I  p %p  M %M  S %S  z %z  Z %Z"),
        ("page", "P %P  R %R  T %T  # %#  C %C  K [%K]  %%  %x"),
        ("zones", "%tz=Europe/London;%H:%M %Z %z  %tz=CET %H:%M %Z%n%tz=America/New_York;%H:%M %Z  %tz=GMT+1 %H:%M %z"),
        (
            "languages",
            "%A %B%n%l=de;%a %A %b %B  %l=fr_CH;%a %A %b %B%n%l=ru;%A %B  %l=el;%A %B%n%l=pl;%A %B  %l=cs %A %B",
        ),
        ("places", "left %cmiddle %rright%n%cmiddle alone%n%rright alone%na\ttab\tand\tanother"),
        (
            "narrowed",
            "A line with so much to say at its left %cand a middle that says so much as well, in so many words %rand a right end, too: %d.%m.%Y %P/%T",
        ),
        (
            "cut",
            "A line that is so long that even setting it narrower does not help, and which is therefore cut at its end, without regard to what it says there, be it ever so weighty, or however long it may yet become %r%d.%m.%Y %P/%T",
        ),
    ] {
        let page = bands(header, Resolution::Standard);
        golden(&format!("header-{name}"), &[page], Resolution::Standard, Tolerance::Edges);
    }
    let fine = bands("%tz=CET;%d.%m.%Y %H:%M %c%C %r%P/%T", Resolution::Fine);
    golden("header-high", &[fine], Resolution::Fine, Tolerance::Edges);
}
