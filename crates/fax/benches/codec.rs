//! What coding and decoding a page costs.
//!
//! `cargo bench -p ferrofax-fax` times drawn pages. Given TIFF files, it times their pages too:
//! `cargo bench -p ferrofax-fax -- chart.tif`.
//!
//! Wall clocks differ from day to day, instructions do not. To count those of one function over all pages:
//! `valgrind --tool=callgrind --toggle-collect='codec::mmr_encode' target/release/deps/codec-… --once`.

use std::hint::black_box;
use std::time::{Duration, Instant};

use ferrofax_fax::page::{Bitmap, Resolution, Rows};
use ferrofax_fax::tiff::Tiff;
use ferrofax_fax::{t4, t6};

#[path = "../tests/it/codec_pages.rs"]
#[expect(dead_code, reason = "not every drawing is timed")]
mod codec_pages;

const MH: t4::Options = t4::Options { k: None, row_bits_min: 0, return_to_control: true };
const MR: t4::Options = t4::Options { k: Some(t4::K_FINE), ..MH };

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let once = arguments.iter().any(|argument| argument == "--once");
    let files: Vec<String> = arguments.into_iter().filter(|argument| argument != "--once").collect();

    // Only the files, where there are some.
    let mut pages = Vec::new();
    for file in &files {
        let bytes = std::fs::read(file).unwrap_or_else(|error| panic!("{file}: {error}"));
        let tiff = Tiff::parse(&bytes).unwrap_or_else(|error| panic!("{file}: {error}"));
        for number in 0..tiff.pages() {
            let page = tiff.page(number).unwrap_or_else(|error| panic!("{file}: {error}"));
            pages.push((file.clone(), Bitmap::from_source(&mut page.rows.source(Resolution::Fine))));
        }
    }
    if files.is_empty() {
        pages.push(("letter".into(), codec_pages::letter()));
        pages.push(("blank".into(), Bitmap::new(1728, 2376)));
        pages.push(("dither".into(), codec_pages::dither(1728, 2376)));
    }

    println!(
        "{:>10} {:>10} {:>10} {:>10} {:>10} {:>10}  µs a page",
        "MH", "MR", "MMR", "from MH", "from MR", "from MMR"
    );
    for (name, page) in pages {
        let codes = [mh_encode(&page), mr_encode(&page), mmr_encode(&page)];
        let [mh, mr, mmr] = &codes;
        let width = page.width();
        let times = [
            time(once, || mh_encode(&page)),
            time(once, || mr_encode(&page)),
            time(once, || mmr_encode(&page)),
            time(once, || mh_decode(mh, width)),
            time(once, || mr_decode(mr, width)),
            time(once, || mmr_decode(mmr, width)),
        ];
        times.iter().for_each(|time| print!("{:>10} ", time.as_micros()));
        println!(" {name}: {:?} bytes", codes.map(|code| code.len()));
    }
}

/// The fastest of some runs.
#[expect(clippy::disallowed_methods, reason = "a benchmark reads the clock")]
fn time<T>(once: bool, run: impl Fn() -> T) -> Duration {
    let runs = if once { 1 } else { 30 };
    let one = || {
        let start = Instant::now();
        black_box(run());
        start.elapsed()
    };
    (0..runs).map(|_| one()).min().unwrap_or_default()
}

#[inline(never)]
fn mh_encode(page: &Bitmap) -> Vec<u8> {
    t4::encode(&mut page.source(Resolution::Fine), &MH)
}

#[inline(never)]
fn mr_encode(page: &Bitmap) -> Vec<u8> {
    t4::encode(&mut page.source(Resolution::Fine), &MR)
}

#[inline(never)]
fn mmr_encode(page: &Bitmap) -> Vec<u8> {
    t6::encode(&mut page.source(Resolution::Fine))
}

#[inline(never)]
fn mh_decode(code: &[u8], width: u16) -> Rows {
    t4::decode(code, width, false).rows
}

#[inline(never)]
fn mr_decode(code: &[u8], width: u16) -> Rows {
    t4::decode(code, width, true).rows
}

#[inline(never)]
fn mmr_decode(code: &[u8], width: u16) -> Rows {
    t6::decode(code, width, None).rows
}
