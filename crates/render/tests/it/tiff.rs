use std::io::Cursor;

use ferrofax_fax::page::{Bitmap, Resolution, halve};
use ferrofax_fax::tiff::{Compression, Writer};
use ferrofax_render::{Kind, Options, Paper, RenderError};
use tiff::encoder::{Compression as Foreign, Rational, TiffEncoder, colortype};
use tiff::tags::{ResolutionUnit, Tag};

use crate::make::{extent, ink, one_page, pages};

fn at(resolution: Resolution) -> Options {
    Options { resolution, ..Options::default() }
}

/// A fax page with strokes one pel wide in every direction, some within one row.
fn drawn(rows: u32) -> Bitmap {
    let mut page = Bitmap::new(1728, rows);
    for step in 0..rows {
        page.set_black((step * 7 % 1728) as u16, step);
        page.set_black(300, step);
    }
    for column in 0..1728 {
        page.set_black(column, 101);
        page.set_black(column, rows - 1);
    }
    page
}

fn fax_file(pages: &[(&Bitmap, Resolution)], compression: Compression) -> Vec<u8> {
    let mut file = Cursor::new(Vec::new());
    let mut writer = Writer::new(&mut file, compression).unwrap();
    for (page, resolution) in pages {
        writer.append(&mut page.source(*resolution)).unwrap();
    }
    writer.finish().unwrap();
    file.into_inner()
}

/// A fine page of so many rows as a file.
pub fn fax_file_of(rows: u32) -> Vec<u8> {
    fax_file(&[(&drawn(rows), Resolution::Fine)], Compression::Mr)
}

/// A grey ramp, compressed.
pub fn grey_lzw() -> Vec<u8> {
    let grey: Vec<u8> = (0..400 * 400).map(|i| (i % 400 * 255 / 399) as u8).collect();
    foreign::<colortype::Gray8>(&grey, Foreign::Lzw)
}

#[test]
fn ready_made_pages_pass_bit_by_bit() {
    let fine = drawn(2287);
    for compression in [Compression::Mh, Compression::Mr, Compression::Mmr] {
        let file = fax_file(&[(&fine, Resolution::Fine)], compression);
        assert!(one_page(file, Kind::Tiff, &at(Resolution::Fine)) == fine, "{compression:?}");
    }
    // Letter pages, and lengths as scanners make them, stay as they are too.
    let short = drawn(2151);
    let file = fax_file(&[(&short, Resolution::Fine)], Compression::Mmr);
    assert!(one_page(file, Kind::Tiff, &at(Resolution::Fine)) == short);
    let long = drawn(2376);
    let file = fax_file(&[(&long, Resolution::Fine)], Compression::Mmr);
    assert!(one_page(file, Kind::Tiff, &Options { paper: Paper::Letter, ..at(Resolution::Fine) }) == long);
}

#[test]
fn a_fine_page_for_a_standard_job_is_halved_and_a_standard_one_for_a_fine_job_doubled() {
    let fine = drawn(2287);
    let file = fax_file(&[(&fine, Resolution::Fine)], Compression::Mmr);
    let halved = Bitmap::from_source(&mut halve(fine.source(Resolution::Fine)));
    assert!(one_page(file, Kind::Tiff, &at(Resolution::Standard)) == halved);

    let standard = drawn(1143);
    let file = fax_file(&[(&standard, Resolution::Standard)], Compression::Mmr);
    let doubled = one_page(file, Kind::Tiff, &at(Resolution::Fine));
    assert_eq!(doubled.rows(), 2286);
    assert!((0..2286).all(|row| doubled.row(row) == standard.row(row / 2)));

    let superfine = drawn(4574);
    let file = fax_file(&[(&superfine, Resolution::Superfine)], Compression::Mmr);
    assert_eq!(one_page(file, Kind::Tiff, &at(Resolution::Standard)).rows(), 1144);
}

#[test]
fn all_pages_of_a_file_come_in_order() {
    let (first, second) = (drawn(2287), drawn(2000));
    let file = fax_file(&[(&first, Resolution::Fine), (&second, Resolution::Fine)], Compression::Mr);
    let (pages, summary) = pages(file, Kind::Tiff, &Options::default()).unwrap();
    assert_eq!(summary.pages, 2);
    assert!(pages == [first, second]);
}

#[test]
fn a_page_longer_than_any_sheet_is_fitted() {
    let endless = drawn(4000);
    let file = fax_file(&[(&endless, Resolution::Fine)], Compression::Mmr);
    let page = one_page(file, Kind::Tiff, &at(Resolution::Fine));
    assert_eq!(page.rows(), 2287);
    let (left, right, top, bottom) = extent(&page).unwrap();
    let width = f64::from(right - left + 1);
    // 204 by 196 are the rounded names of a slightly different grid.
    assert!((width / 1728.0 - 2287.0 / 4000.0).abs() < 0.005, "{width}");
    assert_eq!((top, bottom), (0, 2286));
}

#[test]
fn line_art_of_other_resolutions_keeps_size_and_thin_strokes() {
    // A sheet of A4 at 300, 400 and 600 dpi with a frame and a rule one pel wide, 100 mm apart from the frame's top.
    for dpi in [300.0, 400.0, 600.0] {
        let pels = |mm: f64| (mm / 25.4 * dpi) as u32;
        let (width, rows) = (pels(210.0), pels(297.0));
        let mut sheet = Bitmap::new(width as u16, rows);
        for x in pels(20.0)..=pels(190.0) {
            sheet.set_black(x as u16, pels(50.0));
            sheet.set_black(x as u16, pels(150.0));
        }
        for y in pels(50.0)..=pels(150.0) {
            sheet.set_black(pels(20.0) as u16, y);
            sheet.set_black(pels(190.0) as u16, y);
        }
        let file = bits(&sheet, Some((dpi, dpi)), 1);
        for (resolution, lines) in [(Resolution::Standard, 3.85), (Resolution::Fine, 7.7)] {
            let page = one_page(&*file, Kind::Tiff, &at(resolution));
            let (left, right, top, bottom) = extent(&page).unwrap();
            let across = f64::from(right - left) / 1728.0 * 215.0;
            let down = f64::from(bottom - top) / lines;
            assert!(
                (across - 170.0).abs() < 0.3 && (down - 100.0).abs() < 0.6,
                "{dpi} {resolution:?}: {across} × {down}"
            );
            assert!((f64::from(top) / lines - 50.0).abs() < 0.6, "{dpi} {resolution:?}: top at {top}");
            for y in [top, bottom] {
                // But for the corners, where a stroke may begin a pel later.
                let unbroken = (left + 1..right).all(|x| (y.saturating_sub(1)..=y + 1).any(|y| page.is_black(x, y)));
                assert!(unbroken, "{dpi} {resolution:?}: a gap in the rule at {y}");
            }
            for x in [left, right] {
                let unbroken = (top + 1..bottom).all(|y| (x - 1..=x + 1).any(|x| page.is_black(x, y)));
                assert!(unbroken, "{dpi} {resolution:?}: a gap in the rule at {x}");
            }
        }
    }
}

#[test]
fn a_sheet_without_a_stated_resolution_fills_the_page() {
    let mut sheet = Bitmap::new(2480, 3508);
    for x in 0..2480 {
        sheet.set_black(x, 0);
        sheet.set_black(x, 3507);
    }
    let page = one_page(bits(&sheet, None, 1), Kind::Tiff, &Options::default());
    let (left, right, top, bottom) = extent(&page).unwrap();
    assert!(
        (1680..=1688).contains(&(right - left + 1)) && top == 0 && (2280..2287).contains(&bottom),
        "{left} {right} {bottom}"
    );
    // A fax page that lost its fields is still one.
    let fax = drawn(2200);
    assert!(one_page(bits(&fax, None, 1), Kind::Tiff, &Options::default()) == fax);
    let fax = drawn(1100);
    assert!(one_page(bits(&fax, None, 1), Kind::Tiff, &at(Resolution::Standard)) == fax);
}

#[test]
fn the_stated_orientation_is_heeded() {
    // An L in the top left corner, as seen: a bar down the left side, a shorter one to the right along the top.
    let (width, height) = (1000u16, 1400u32);
    let seen = |x: u32, y: u32| x < 40 || (y < 40 && x < 400);
    let corner = |page: &Bitmap| {
        let (left, right, top, bottom) = extent(page).unwrap();
        assert!(top == 0 && bottom > 900, "{left} {right} {top} {bottom}");
        let middle = (bottom - top) / 2;
        let foot = ink(page, left..right + 1, middle..middle + 1);
        assert!((38..44).contains(&foot), "{foot} pels at half height");
        assert!(page.is_black(left, middle), "the long bar is at the left");
        let rows: Vec<u32> = (top..=bottom).filter(|&y| page.is_black(right, y)).collect();
        assert!(!rows.is_empty() && rows.iter().all(|&row| row < 45), "the short bar is at the top, not at {rows:?}");
    };
    for orientation in 1..=8u16 {
        let swapped = orientation >= 5;
        let (w, h) = if swapped { (height as u16, u32::from(width)) } else { (width, height) };
        let mut stored = Bitmap::new(w, h);
        for y in 0..h {
            for x in 0..w {
                // TIFF 6.0, Orientation: where the stored row 0 and column 0 are seen.
                let (row, column) = (y, u32::from(x));
                let (last_row, last_column) = (h - 1, u32::from(w) - 1);
                let (sx, sy) = match orientation {
                    1 => (column, row),
                    2 => (last_column - column, row),
                    3 => (last_column - column, last_row - row),
                    4 => (column, last_row - row),
                    5 => (row, column),
                    6 => (last_row - row, column),
                    7 => (last_row - row, last_column - column),
                    _ => (row, last_column - column),
                };
                if seen(sx, sy) {
                    stored.set_black(x, y);
                }
            }
        }
        corner(&one_page(bits(&stored, Some((200.0, 200.0)), orientation), Kind::Tiff, &Options::default()));
    }
}

#[test]
fn grey_and_colour_pictures_of_every_kind_are_shown() {
    // A ramp from black to white, 400 × 400 at 100 dpi.
    let grey: Vec<u8> = (0..400 * 400).map(|i| (i % 400 * 255 / 399) as u8).collect();
    let colour: Vec<u8> = grey.iter().flat_map(|&pel| [pel; 3]).collect();
    let deep: Vec<u16> = grey.iter().map(|&pel| u16::from(pel) * 257).collect();
    let clear: Vec<u8> = grey.iter().flat_map(|&pel| [0, 0, 0, 255 - pel]).collect();
    for (name, compression) in [("none", Foreign::Uncompressed), ("LZW", Foreign::Lzw), ("PackBits", Foreign::Packbits)]
    {
        let files = [
            foreign::<colortype::Gray8>(&grey, compression),
            foreign::<colortype::Gray16>(&deep, compression),
            foreign::<colortype::RGB8>(&colour, compression),
            foreign::<colortype::RGBA8>(&clear, compression),
        ];
        for (number, file) in files.into_iter().enumerate() {
            let page = one_page(file, Kind::Tiff, &Options::default());
            // 101.6 mm in the middle of the sheet.
            let (left, width) = ((1728.0 - 101.6 * 1728.0 / 215.0) / 2.0, 101.6 * 1728.0 / 215.0);
            let fifth = |part: f64| (left + width * part / 5.0) as u16;
            let all = (fifth(1.0) - fifth(0.0)) as f64 * 700.0;
            let shares: Vec<f64> = (0..5)
                .map(|part| ink(&page, fifth(part.into())..fifth(f64::from(part) + 1.0), 20..720) as f64 / all)
                .collect();
            assert!(shares.is_sorted_by(|a, b| a > b), "{name} {number}: {shares:?}");
            assert!(shares[0] > 0.8 && shares[4] < 0.15, "{name} {number}: {shares:?}");
        }
    }
}

#[test]
fn a_damaged_file_is_an_error() {
    for bytes in [&b"II\x2a\0"[..], b"II\x2a\0\x08\0\0\0", b"no TIFF at all", b"MM\0\x2a\0\0\0\x08\xff\xff"] {
        let error = pages(bytes, Kind::Tiff, &Options::default()).unwrap_err();
        assert!(matches!(error, RenderError::Damaged { .. }), "{error}");
    }
    // The code of half the page is noise.
    let mut file = fax_file(&[(&drawn(2287), Resolution::Fine)], Compression::Mmr);
    let code = file.len() / 2;
    for (at, byte) in file.iter_mut().enumerate().take(code).skip(1000) {
        *byte = ((at * 7919) >> 3) as u8;
    }
    let error = pages(file, Kind::Tiff, &Options::default()).unwrap_err();
    assert!(matches!(error, RenderError::Damaged { page: Some(1), .. }), "{error}");
}

/// A picture as the crate `tiff` writes it, 400 × 400 at 100 dpi.
fn foreign<C: colortype::ColorType>(pels: &[C::Inner], compression: Foreign) -> Vec<u8>
where
    [C::Inner]: tiff::encoder::TiffValue,
{
    let mut file = Cursor::new(Vec::new());
    let mut encoder = TiffEncoder::new(&mut file).unwrap().with_compression(compression);
    let mut image = encoder.new_image::<C>(400, 400).unwrap();
    image.resolution(ResolutionUnit::Inch, Rational { n: 100, d: 1 });
    image.write_data(pels).unwrap();
    file.into_inner()
}

/// A page as an uncompressed TIFF of one strip, little-endian, written field by field.
fn bits(page: &Bitmap, dpi: Option<(f64, f64)>, orientation: u16) -> Vec<u8> {
    let mut file = b"II\x2a\0\x08\0\0\0".to_vec();
    let mut fields = vec![
        (Tag::ImageWidth, 3u16, u32::from(page.width())),
        (Tag::ImageLength, 4, page.rows()),
        (Tag::BitsPerSample, 3, 1),
        (Tag::Compression, 3, 1),
        (Tag::PhotometricInterpretation, 3, 0),
        (Tag::StripOffsets, 4, 0),
        (Tag::Orientation, 3, orientation.into()),
        (Tag::RowsPerStrip, 4, page.rows()),
        (Tag::StripByteCounts, 4, page.as_bytes().len() as u32),
    ];
    if dpi.is_some() {
        fields.extend([(Tag::XResolution, 5, 0), (Tag::YResolution, 5, 8)]);
    }
    let after = 8 + 2 + fields.len() as u32 * 12 + 4;
    file.extend((fields.len() as u16).to_le_bytes());
    for (tag, kind, mut value) in fields {
        match tag {
            Tag::StripOffsets => value = after + 16,
            Tag::XResolution | Tag::YResolution => value += after,
            _ => {}
        }
        file.extend(tag.to_u16().to_le_bytes());
        file.extend(kind.to_le_bytes());
        file.extend(1u32.to_le_bytes());
        file.extend(value.to_le_bytes());
    }
    file.extend([0; 4]);
    let (x, y) = dpi.unwrap_or_default();
    for part in [x as u32, 1, y as u32, 1] {
        file.extend(part.to_le_bytes());
    }
    file.extend(page.as_bytes());
    file
}
