//! The codes of T.4 and T.6 against libtiff's: the same bytes from the same pels, and the same pels from its bytes.

use ferrofax_fax::page::{Bitmap, PageSource, Resolution, Rows};
use ferrofax_fax::tiff::Tiff;
use ferrofax_fax::{t4, t6};

use crate::codec_libtiff::{Bench, strips, test_data, uncompressed};
use crate::codec_pages::{self, Drawn};

fn options(k: Option<u32>) -> t4::Options {
    t4::Options { k, row_bits_min: 0, return_to_control: false }
}

/// K as libtiff chooses it.
fn k(resolution: Resolution) -> Option<u32> {
    Some(if resolution == Resolution::Standard { t4::K_STANDARD } else { t4::K_FINE })
}

/// A coding: what tiffcp calls it, and how we code. Its strips have no RTC.
type Coding = (&'static str, fn(&mut dyn PageSource) -> Vec<u8>);

const CODINGS: [Coding; 3] = [
    ("g3:1d", |page| t4::encode(page, &options(None))),
    ("g3:2d", |page| {
        let k = k(page.resolution());
        t4::encode(page, &options(k))
    }),
    ("g4", |page| t6::encode(page)),
];

fn decode(coding: &str, code: &[u8], width: u16) -> Rows {
    match coding {
        "g4" => {
            let decoded = t6::decode(code, width, None);
            assert_eq!(decoded.end, t6::End::Eofb);
            decoded.rows
        }
        _ => {
            let decoded = t4::decode(code, width, coding == "g3:2d");
            assert_eq!((decoded.bad_rows, decoded.rtc), (0, false));
            decoded.rows
        }
    }
}

#[test]
fn drawn_pages_have_libtiffs_bytes() {
    let pages = codec_pages::all();
    let bench = Bench::new();
    let pels = bench.write("pels.tif", &uncompressed(&pages));
    for (coding, encode) in CODINGS {
        let recoded = bench.tiffcp(&["-c", coding], &pels);
        let strips = strips(&recoded);
        assert_eq!(strips.len(), pages.len());
        for (Drawn { name, resolution, bitmap }, theirs) in pages.iter().zip(strips) {
            let ours = encode(&mut bitmap.source(*resolution));
            assert!(ours == theirs, "{coding} of {name}: {} bytes, libtiff has {}", ours.len(), theirs.len());
            let decoded = decode(coding, theirs, bitmap.width());
            assert!(Bitmap::from_source(&mut decoded.source(*resolution)) == *bitmap, "{coding} of {name}: other pels");
        }
    }
}

#[test]
fn a_page_with_another_top_has_libtiffs_bytes() {
    let mut pages = codec_pages::all();
    pages.retain(|page| page.bitmap.rows() > 100 && page.bitmap.width() == 1728);
    let top = pages.iter().find(|page| page.name.starts_with("text")).unwrap().bitmap.to_rows();
    let mut spliced = Vec::new();
    for Drawn { resolution, bitmap, .. } in &mut pages {
        // A line of the text and the white below it.
        let mut band = Rows::new(1728);
        top.iter().skip(100).take(45).for_each(|row| band.push(row));
        spliced.push(t6::replace_top(&t6::store(&mut bitmap.source(*resolution)), &band).unwrap());
        for (y, row) in (0..).zip(Bitmap::from_source(&mut band.source(*resolution)).as_bytes().chunks(216)) {
            bitmap.row_mut(y).unwrap().copy_from_slice(row);
        }
    }
    let bench = Bench::new();
    let pels = bench.write("pels.tif", &uncompressed(&pages));
    let recoded = bench.tiffcp(&["-c", "g4"], &pels);
    for ((Drawn { name, .. }, ours), theirs) in pages.iter().zip(&spliced).zip(strips(&recoded)) {
        assert_eq!(ours.check(), Ok(()), "{name}");
        assert!(ours.code == theirs, "{name}: {} bytes, libtiff has {}", ours.code.len(), theirs.len());
    }
    assert!(spliced.len() > 3);
}

#[test]
fn the_itu_charts_have_libtiffs_bytes_and_known_sizes() {
    let Some(folder) = test_data("itu") else { return };
    let bench = Bench::new();
    let mut sums = [0; 3];
    for chart in 1..=8 {
        let file = std::fs::read(folder.join(format!("itu{chart}.tif"))).unwrap();
        let page = Tiff::parse(&file).unwrap().page(0).unwrap();
        assert_eq!((page.rows.width(), page.rows.len(), page.bad_rows), (1728, 2376, 0));
        let pels = bench.write("pels.tif", &bench.tiffcp(&["-c", "none"], &folder.join(format!("itu{chart}.tif"))));
        for ((coding, encode), sum) in CODINGS.into_iter().zip(&mut sums) {
            let recoded = bench.tiffcp(&["-c", coding], &pels);
            let theirs = strips(&recoded)[0];
            let ours = encode(&mut page.rows.source(Resolution::Fine));
            *sum += ours.len();
            assert!(ours == theirs, "{coding} of chart {chart}");
            assert!(decode(coding, theirs, 1728) == page.rows, "{coding} of chart {chart}: other pels");
        }
    }
    assert_eq!(sums, [533_536, 355_039, 264_141]);
}
