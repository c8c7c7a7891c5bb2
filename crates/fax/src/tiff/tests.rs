use std::io::Cursor;

use proptest::prelude::*;

use super::*;
use crate::page::{Bitmap, PageSource, Resolution, Rows};
use crate::t4;
use crate::t6::tests::any_rows;

/// A file of one page, field by field, in either byte order.
struct Draft {
    big_endian: bool,
    fields: Vec<(u16, u16, Vec<u32>)>,
    strips: Vec<Vec<u8>>,
}

impl Draft {
    fn new(width: u32, rows: u32, compression: u32, strips: Vec<Vec<u8>>) -> Draft {
        let fields = vec![
            (tag::IMAGE_WIDTH, kind::LONG, vec![width]),
            (tag::IMAGE_LENGTH, kind::SHORT, vec![rows]),
            (tag::COMPRESSION, kind::SHORT, vec![compression]),
            (tag::ROWS_PER_STRIP, kind::LONG, vec![rows.div_ceil(strips.len() as u32)]),
        ];
        Draft { big_endian: false, fields, strips }
    }

    fn with(mut self, tag: u16, kind: u16, values: &[u32]) -> Draft {
        self.fields.retain(|field| field.0 != tag);
        self.fields.push((tag, kind, values.to_vec()));
        self
    }

    fn big_endian(self) -> Draft {
        Draft { big_endian: true, ..self }
    }

    fn u16(&self, value: u16) -> [u8; 2] {
        if self.big_endian { value.to_be_bytes() } else { value.to_le_bytes() }
    }

    fn u32(&self, value: u32) -> [u8; 4] {
        if self.big_endian { value.to_be_bytes() } else { value.to_le_bytes() }
    }

    fn bytes(mut self) -> Vec<u8> {
        let mut bytes = if self.big_endian { b"MM\0\x2a\0\0\0\0".to_vec() } else { b"II\x2a\0\0\0\0\0".to_vec() };
        let (mut offsets, mut lens) = (vec![], vec![]);
        for strip in &self.strips {
            offsets.push(bytes.len() as u32);
            lens.push(strip.len() as u32);
            bytes.extend(strip);
        }
        for (tag, values) in [(tag::STRIP_OFFSETS, offsets), (tag::STRIP_BYTE_COUNTS, lens)] {
            if !self.fields.iter().any(|field| field.0 == tag) {
                self.fields.push((tag, kind::LONG, values));
            }
        }
        self.fields.sort();
        let mut entries = self.u16(self.fields.len() as u16).to_vec();
        for (tag, kind, values) in &self.fields {
            let packed: Vec<u8> = match *kind {
                kind::SHORT => values.iter().flat_map(|&value| self.u16(value as u16)).collect(),
                _ => values.iter().flat_map(|&value| self.u32(value)).collect(),
            };
            let count = if *kind == kind::RATIONAL { values.len() / 2 } else { values.len() };
            entries.extend(self.u16(*tag));
            entries.extend(self.u16(*kind));
            entries.extend(self.u32(count as u32));
            if packed.len() <= 4 {
                entries.extend(&packed);
                entries.extend(&[0; 4][packed.len()..]);
            } else {
                entries.extend(self.u32(bytes.len() as u32));
                bytes.extend(packed);
            }
        }
        let directory = self.u32(bytes.len() as u32);
        bytes[4..8].copy_from_slice(&directory);
        bytes.extend(entries);
        bytes.extend([0; 4]);
        bytes
    }

    fn page(self) -> Result<TiffPage, TiffError> {
        Tiff::parse(&self.bytes())?.page(0)
    }
}

/// Something to tell left from right and up from down, 20 × 6.
fn drawing() -> Bitmap {
    let mut bitmap = Bitmap::new(20, 6);
    for (y, xs) in (0..).zip([&[0, 1, 2, 19][..], &[3, 4], &[], &[0, 5, 6, 7, 12], &[19], &[8, 9, 10]]) {
        xs.iter().for_each(|&x| bitmap.set_black(x, y));
    }
    bitmap
}

fn strips_of(bitmap: &Bitmap, rows: usize) -> Vec<Vec<u8>> {
    bitmap.as_bytes().chunks(bitmap.stride() * rows).map(<[u8]>::to_vec).collect()
}

#[test]
fn either_byte_order_and_any_strips() {
    let rows = drawing().to_rows();
    for per_strip in 1..=6 {
        let draft = || {
            Draft::new(20, 6, 1, strips_of(&drawing(), per_strip)).with(
                tag::ROWS_PER_STRIP,
                kind::SHORT,
                &[per_strip as u32],
            )
        };
        assert_eq!(draft().page().unwrap().rows, rows);
        assert_eq!(draft().big_endian().page().unwrap().rows, rows);
    }
}

#[test]
fn black_may_be_zero_and_bits_the_other_way_round() {
    let rows = drawing().to_rows();
    let pels = strips_of(&drawing(), 6);
    let inverted = pels.iter().map(|strip| strip.iter().map(|byte| !byte).collect()).collect();
    assert_eq!(Draft::new(20, 6, 1, inverted).with(tag::PHOTOMETRIC, kind::SHORT, &[1]).page().unwrap().rows, rows);
    let reversed = pels.iter().map(|strip| strip.iter().map(|byte| byte.reverse_bits()).collect()).collect();
    assert_eq!(Draft::new(20, 6, 1, reversed).with(tag::FILL_ORDER, kind::SHORT, &[2]).page().unwrap().rows, rows);
}

#[test]
fn resolutions_are_per_inch() {
    let draft = || Draft::new(20, 6, 1, strips_of(&drawing(), 6)).with(tag::X_RESOLUTION, kind::RATIONAL, &[204, 1]);
    let page = draft()
        .with(tag::Y_RESOLUTION, kind::RATIONAL, &[3850, 100])
        .with(tag::RESOLUTION_UNIT, kind::SHORT, &[3])
        .page()
        .unwrap();
    assert_eq!((page.x_dpi, page.y_dpi), (Some(204.0 * 2.54), Some(38.5 * 2.54)));
    let page = draft().with(tag::Y_RESOLUTION, kind::RATIONAL, &[98, 0]).page().unwrap();
    assert_eq!((page.x_dpi, page.y_dpi), (Some(204.0), None));
    let page = draft().with(tag::RESOLUTION_UNIT, kind::SHORT, &[1]).page().unwrap();
    assert_eq!(page.x_dpi, None);
}

#[test]
fn pack_bits_by_its_own_example() {
    // TIFF 6.0, section 9.
    let packed = vec![0xfe, 0xaa, 0x02, 0x80, 0x00, 0x2a, 0xfd, 0xaa, 0x03, 0x80, 0x00, 0x2a, 0x22, 0xf7, 0xaa];
    let unpacked = [
        0xaa, 0xaa, 0xaa, 0x80, 0x00, 0x2a, 0xaa, 0xaa, 0xaa, 0xaa, 0x80, 0x00, 0x2a, 0x22, 0xaa, 0xaa, 0xaa, 0xaa,
        0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa,
    ];
    let page = Draft::new(8 * 24, 1, 32_773, vec![packed]).page().unwrap();
    assert_eq!(Bitmap::from_source(&mut page.rows.source(Resolution::Fine)).as_bytes(), unpacked);
}

/// T.4 rows without EOLs: each row alone, at a byte or not.
fn without_eols(rows: &Rows, aligned: bool, tags: bool) -> Vec<u8> {
    let mut writer = t4::bits::Writer::new();
    for row in rows.iter() {
        if tags {
            writer.put(1, 1);
        }
        t4::one_d::encode(&mut writer, rows.width(), row);
        if aligned {
            writer.fill_to(writer.bit_len().next_multiple_of(8));
        }
    }
    writer.finish()
}

#[test]
fn t4_rows_may_lack_eols_and_begin_at_bytes() {
    let rows = drawing().to_rows();
    let page = |compression, options, strip| {
        Draft::new(20, 6, compression, vec![strip]).with(tag::T4_OPTIONS, kind::LONG, &[options]).page().unwrap()
    };
    for (compression, options, strip) in [
        (2, 0, without_eols(&rows, true, false)),
        (3, 0, without_eols(&rows, true, false)),
        (3, 0, without_eols(&rows, false, false)),
        (3, 1, without_eols(&rows, false, true)),
    ] {
        let page = page(compression, options, strip);
        assert_eq!(page.rows, rows);
        assert_eq!(page.bad_rows, 0);
    }
}

#[test]
fn damaged_rows_are_mended_and_counted() {
    let options = t4::Options { k: None, row_bits_min: 100, return_to_control: true };
    let mut code = t4::encode(&mut drawing().source(Resolution::Fine), &options);
    // 100 bits a row: into the third.
    code[27] ^= 0xff;
    let page = Draft::new(20, 6, 3, vec![code.clone()]).page().unwrap();
    assert_eq!(page.bad_rows, 1);
    assert_eq!(page.rows.row(2), page.rows.row(1));
    assert_eq!(page.rows.row(5), drawing().to_rows().row(5));
    // More rows promised than there are.
    let page = Draft::new(20, 8, 3, vec![code]).page().unwrap();
    assert_eq!((page.bad_rows, page.rows.len()), (3, 8));
    assert_eq!(
        Draft::new(20, 6, 4, vec![vec![0; 10]]).page(),
        Err(TiffError::Damaged { what: "no row could be decoded" })
    );
}

#[test]
fn what_is_not_read_is_told_apart() {
    let draft = || Draft::new(20, 6, 1, strips_of(&drawing(), 6));
    let error = |draft: Draft| draft.page().unwrap_err();
    for unsupported in [
        draft().with(tag::BITS_PER_SAMPLE, kind::SHORT, &[8]),
        draft().with(tag::SAMPLES_PER_PIXEL, kind::SHORT, &[3]),
        draft().with(tag::COMPRESSION, kind::SHORT, &[5]),
        draft().with(tag::PHOTOMETRIC, kind::SHORT, &[3]),
        draft().with(tag::TILE_WIDTH, kind::SHORT, &[16]),
    ] {
        assert!(matches!(error(unsupported), TiffError::Unsupported { .. }));
    }
    for too_big in [
        draft().with(tag::IMAGE_WIDTH, kind::LONG, &[70_000]),
        draft().with(tag::IMAGE_LENGTH, kind::LONG, &[100_001]),
        draft().with(tag::IMAGE_LENGTH, kind::LONG, &[60_000]).with(tag::IMAGE_WIDTH, kind::LONG, &[60_000]),
    ] {
        assert!(matches!(error(too_big), TiffError::TooBig { .. }));
    }
    for damaged in [
        draft().with(tag::IMAGE_LENGTH, kind::LONG, &[0]),
        draft().with(tag::IMAGE_WIDTH, kind::LONG, &[]),
        draft().with(tag::STRIP_OFFSETS, kind::LONG, &[5000]),
        draft().with(tag::STRIP_BYTE_COUNTS, kind::LONG, &[5000]),
        draft().with(tag::ROWS_PER_STRIP, kind::LONG, &[2]),
    ] {
        assert!(matches!(error(damaged), TiffError::Damaged { .. }));
    }
    assert!(matches!(Tiff::parse(b"II\x2b\0\x08\0\0\0"), Err(TiffError::Unsupported { .. })));
    assert!(matches!(Tiff::parse(b"II\x2a\0\0\0\0\0"), Err(TiffError::Damaged { .. })));
    assert!(matches!(Tiff::parse(b"%PDF-1.7"), Err(TiffError::Damaged { .. })));
}

#[test]
fn strips_that_lie_over_each_other_are_refused() {
    let draft = Draft::new(20, 6, 1, vec![vec![0; 100]])
        .with(tag::ROWS_PER_STRIP, kind::LONG, &[1])
        .with(tag::STRIP_OFFSETS, kind::LONG, &[8; 6])
        .with(tag::STRIP_BYTE_COUNTS, kind::LONG, &[100; 6]);
    assert!(matches!(draft.page(), Err(TiffError::Damaged { .. })));
}

#[test]
fn one_strip_needs_no_byte_count() {
    let strip = without_eols(&drawing().to_rows(), true, false);
    let draft = Draft::new(20, 6, 2, vec![strip]).with(tag::STRIP_BYTE_COUNTS, kind::LONG, &[0]);
    assert_eq!(draft.page().unwrap().rows, drawing().to_rows());
}

#[test]
fn a_chain_that_runs_into_itself_ends() {
    let mut bytes = Draft::new(20, 6, 1, strips_of(&drawing(), 6)).bytes();
    let first = bytes[4..8].to_vec();
    let end = bytes.len();
    bytes[end - 4..].copy_from_slice(&first);
    assert_eq!(Tiff::parse(&bytes).unwrap().pages(), 1);
}

fn written(pages: &mut [&mut dyn PageSource], compression: Compression) -> Vec<u8> {
    let mut writer = Writer::new(Cursor::new(Vec::new()), compression).unwrap();
    pages.iter_mut().for_each(|page| writer.append(*page).unwrap());
    writer.finish().unwrap().into_inner()
}

proptest! {
    #[test]
    fn what_was_written_is_read(first in any_rows(), second in any_rows()) {
        prop_assume!(!first.is_empty() && !second.is_empty());
        for compression in [Compression::Mh, Compression::Mr, Compression::Mmr] {
            let file = written(
                &mut [&mut first.source(Resolution::Standard), &mut second.source(Resolution::Superfine)],
                compression,
            );
            let tiff = Tiff::parse(&file).unwrap();
            prop_assert_eq!(tiff.pages(), 2);
            for (number, rows, y_dpi) in [(0, &first, 98.0), (1, &second, 391.0)] {
                let page = tiff.page(number).unwrap();
                prop_assert_eq!(&page.rows, rows);
                prop_assert_eq!(page.bad_rows, 0);
                prop_assert_eq!((page.x_dpi, page.y_dpi), (Some(204.0), Some(y_dpi)));
                prop_assert_eq!((page.orientation, page.auxiliary), (1, false));
            }
        }
    }

    #[test]
    fn a_page_at_rest_is_written_as_if_read(rows in any_rows()) {
        let page = crate::t6::store(&mut rows.source(Resolution::Fine));
        for compression in [Compression::Mh, Compression::Mr, Compression::Mmr] {
            let mut writer = Writer::new(Cursor::new(Vec::new()), compression).unwrap();
            writer.append_stored(&page).unwrap();
            let file = writer.finish().unwrap().into_inner();
            prop_assert_eq!(file, written(&mut [&mut page.source()], compression));
        }
    }

    #[test]
    fn any_changed_byte_ends_somehow(rows in any_rows(), at in any::<prop::sample::Index>(), to: u8) {
        for compression in [Compression::Mh, Compression::Mr, Compression::Mmr] {
            let mut file = written(&mut [&mut rows.source(Resolution::Fine)], compression);
            let at = at.index(file.len());
            file[at] = to;
            if let Ok(tiff) = Tiff::parse(&file) {
                for number in 0..tiff.pages() {
                    let _ = tiff.page(number);
                }
            }
        }
    }
}
