//! What a header line costs: a band drawn, and a page composed with it.
//!
//! `cargo bench -p ferrofax-render --bench band`. Bands of many pages, as in a warm child: only the page number differs.

use std::hint::black_box;
use std::time::Instant;

use ferrofax_fax::page::{Resolution, Rows, StoredPage};
use ferrofax_fax::t6;
use ferrofax_render::band;
use ferrofax_template::header::{Facts, Header};
use jiff::Timestamp;
use jiff::tz::TimeZone;

#[path = "../../fax/tests/it/codec_pages.rs"]
#[expect(dead_code, reason = "not every drawing is timed")]
mod codec_pages;

const HEADER: &str = "%tz=CEST Testfax: CSID: %C Recipient number: %# Date: %d.%m.%Y %H:%M %z %r%P/%T";
const PAGES: u32 = 200;

fn main() {
    println!("{:>10} {:>10} {:>10} {:>10}  µs a page", "first", "band", "splice", "all");
    let letter = codec_pages::letter();
    for resolution in [Resolution::Standard, Resolution::Fine] {
        let page = t6::store(&mut letter.source(resolution));
        let start = Instant::now();
        let mut drawn = bands(resolution, 1);
        let first = start.elapsed();
        let start = Instant::now();
        drawn.extend(bands(resolution, PAGES));
        let band = start.elapsed() / PAGES;
        let roomy = t6::make_room(&page, drawn[0].rows).expect("there is room");
        let start = Instant::now();
        for band in &drawn {
            let rows = Rows::from_source(&mut band.source());
            black_box(t6::replace_top(&roomy, &rows).expect("it fits"));
        }
        let splice = start.elapsed() / (PAGES + 1);
        let all = band + splice;
        let columns = [first, band, splice, all].map(|time| time.as_secs_f64() * 1e6);
        columns.iter().for_each(|micros| print!("{micros:>10.0} "));
        println!(" {resolution:?}, {} bytes", roomy.code.len());
    }
}

fn bands(resolution: Resolution, pages: u32) -> Vec<StoredPage> {
    let header = Header::parse(HEADER).expect("it is right");
    let facts = |page| Facts {
        now: Timestamp::UNIX_EPOCH,
        zone: TimeZone::UTC,
        page,
        pages,
        number: "00498912345678",
        csid: "+49 89 5528-0",
    };
    let lines: Vec<_> = (1..=pages).map(|page| header.fill(&facts(page))).collect();
    let mut drawn = Vec::new();
    let sink = &mut |page| {
        drawn.push(page);
        Ok(())
    };
    band::render(&lines, resolution, sink).expect("bands are drawn");
    drawn
}
