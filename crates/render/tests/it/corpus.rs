//! Documents nobody would want, and documents nobody here wrote: the latter are the folder `corpus` in `FERROFAX_TEST_DATA`. Each must become pages or a typed error, within a
//! bounded time and without a panic that escapes.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use ferrofax_fax::page::Resolution;
use ferrofax_render::{Charset, Kind, Options, render};

use crate::make::{pages, pdf, rectangle, sized};
use crate::tiff::{fax_file_of, grey_lzw};

/// For one document, on a slow and busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

fn documents(extensions: &[&str]) -> Option<Vec<PathBuf>> {
    let data = std::env::var_os("FERROFAX_TEST_DATA")?;
    let corpus = Path::new(&data).join("corpus");
    let mut found = Vec::new();
    for folder in fs::read_dir(&corpus).expect("FERROFAX_TEST_DATA names a folder with a folder `corpus`") {
        let Ok(files) = fs::read_dir(folder.unwrap().path()) else { continue };
        for file in files {
            let file = file.unwrap().path();
            let extension = file.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
            if extensions.iter().any(|wanted| extension.eq_ignore_ascii_case(wanted)) {
                found.push(file);
            }
        }
    }
    assert!(found.len() > 20, "only {} documents in the corpus", found.len());
    Some(found)
}

/// Renders all; how many gave pages, and the names of those that did not.
fn render_all(files: &[PathBuf], kind: Kind) -> (usize, Vec<String>) {
    let mut refused = Vec::new();
    for file in files {
        let options = Options { resolution: Resolution::Standard, ..Options::default() };
        let begun = Instant::now();
        let mut pages = 0;
        let result = render(fs::read(file).unwrap(), kind, &options, &mut |page| {
            page.check().map_err(std::io::Error::other)?;
            pages += 1;
            Ok(())
        });
        assert!(begun.elapsed() < PATIENCE, "{} took {:?}", file.display(), begun.elapsed());
        match result {
            Ok(summary) => assert!(summary.pages == pages && pages > 0, "{}", file.display()),
            Err(error) => refused.push(format!("{}: {error}", file.file_name().unwrap_or_default().to_string_lossy())),
        }
    }
    (files.len() - refused.len(), refused)
}

#[test]
fn every_pdf_of_the_corpus_gives_pages_or_a_reason() {
    let Some(files) = documents(&["pdf"]) else { return };
    let (rendered, refused) = render_all(&files, Kind::Pdf);
    assert!(rendered * 100 >= files.len() * 95, "{rendered} of {}; refused: {refused:#?}", files.len());
}

#[test]
fn every_tiff_of_the_corpus_gives_pages_or_a_reason() {
    let Some(files) = documents(&["tif", "tiff"]) else { return };
    let (rendered, refused) = render_all(&files, Kind::Tiff);
    // Many are there to be odd: floats of 64 bits, old JPEG, WebP, loops.
    assert!(rendered * 100 >= files.len() * 55, "{rendered} of {}; refused: {refused:#?}", files.len());
}

#[test]
fn every_html_of_the_corpus_gives_pages() {
    let Some(files) = documents(&["html", "htm"]) else { return };
    let (_, refused) = render_all(&files, Kind::Html);
    assert!(refused.is_empty(), "refused: {refused:#?}");
}

/// A small generator of numbers (xorshift), so that a failure can be repeated.
pub fn numbers(mut seed: u64) -> impl Iterator<Item = u64> {
    std::iter::from_fn(move || {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        Some(seed)
    })
}

#[test]
fn mutated_documents_give_pages_or_a_reason() {
    let page = rectangle(297.0, [50.0, 60.0, 100.0, 100.0]) + "BT /F 20 Tf 100 200 Td (Text) Tj ET";
    let documents =
        [(pdf(&[(&sized(210.0, 297.0), &page)]), Kind::Pdf), (fax_file_of(300), Kind::Tiff), (grey_lzw(), Kind::Tiff)];
    let options = Options { resolution: Resolution::Standard, ..Options::default() };
    let mut good = 0;
    for (document, kind) in documents {
        for seed in 1..=40 {
            let mut mutated = document.clone();
            let mut numbers = numbers(seed);
            for _ in 0..1 + seed % 8 {
                let at = (numbers.next().unwrap() % mutated.len() as u64) as usize;
                mutated[at] = numbers.next().unwrap() as u8;
            }
            if seed % 5 == 0 {
                mutated.truncate((numbers.next().unwrap() % document.len() as u64) as usize);
            }
            good += usize::from(pages(mutated, kind, &options).is_ok());
        }
    }
    assert!(good > 20, "only {good} of 120 gave pages: the mutations do not reach beyond the header");
}

#[test]
fn any_bytes_are_text_in_any_charset() {
    use Charset::{Iso8859_1, UsAscii, Utf8, Utf16, Utf16Be, Utf16Le, Windows1252};
    let bytes: Vec<u8> = numbers(7).take(3000).map(|number| number as u8).collect();
    for charset in [UsAscii, Utf8, Utf16, Utf16Be, Utf16Le, Iso8859_1, Windows1252] {
        let options = Options { charset, resolution: Resolution::Standard, ..Options::default() };
        let (_, summary) = pages(&*bytes, Kind::Txt, &options).unwrap();
        assert!(summary.missing_glyphs > 0, "{charset:?}");
    }
}
