//! What it costs to make a stored page of a stored page.
//!
//! `cargo bench -p ferrofax-fax --bench compose` times drawn pages; given TIFF files, their pages too. A header line's band is 31 rows
//! of the fine page's own text.

use std::hint::black_box;
use std::time::Instant;

use ferrofax_fax::page::{Bitmap, Resolution, Rows, StoredPage};
use ferrofax_fax::t6;
use ferrofax_fax::tiff::Tiff;

#[path = "../tests/it/codec_pages.rs"]
#[expect(dead_code, reason = "not every drawing is timed")]
mod codec_pages;

const BAND_ROWS: u32 = 31;

fn main() {
    let files: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let letter = codec_pages::letter();
    let mut band = Rows::new(1728);
    letter.to_rows().iter().skip(103).take(BAND_ROWS as usize - 1).for_each(|row| band.push(row));
    band.push(&[]);

    let mut pages = vec![
        ("letter".to_owned(), letter),
        ("blank".to_owned(), Bitmap::new(1728, 2287)),
        ("dither".to_owned(), codec_pages::dither(1728, 2287)),
    ];
    for file in files {
        let bytes = std::fs::read(&file).unwrap_or_else(|error| panic!("{file}: {error}"));
        let tiff = Tiff::parse(&bytes).unwrap_or_else(|error| panic!("{file}: {error}"));
        for number in 0..tiff.pages() {
            let page = tiff.page(number).unwrap_or_else(|error| panic!("{file}: {error}"));
            pages.push((file.clone(), Bitmap::from_source(&mut page.rows.source(Resolution::Fine))));
        }
    }
    println!("{:>12} {:>12} {:>12} {:>12}  µs a page", "another top", "merge", "make room", "code anew");
    for (name, bitmap) in pages {
        let page = t6::store(&mut bitmap.source(Resolution::Fine));
        // As after `make_room`: white where the band comes.
        let mut white = Rows::new(1728);
        (0..BAND_ROWS).for_each(|_| white.push(&[]));
        let roomy = t6::replace_top(&page, &white).expect("it fits");
        let full = t6::replace_top(&page, &band).expect("it fits");
        let anew = |page: &StoredPage| t6::store(&mut page.source());
        let columns = [
            micros(|| t6::replace_top(&roomy, &band)),
            micros(|| t6::merge(&page, &roomy)),
            micros(|| t6::make_room(&full, BAND_ROWS)),
            micros(|| anew(&page)),
        ];
        columns.iter().for_each(|micros| print!("{micros:>12.1} "));
        println!(" {name}, {} bytes", page.code.len());
    }
}

/// The fastest of some runs, in microseconds.
#[expect(clippy::disallowed_methods, reason = "a benchmark reads the clock")]
fn micros<T>(mut run: impl FnMut() -> T) -> f64 {
    let one = |_| {
        let start = Instant::now();
        black_box(run());
        start.elapsed()
    };
    (0..51).map(one).min().unwrap_or_default().as_secs_f64() * 1e6
}
