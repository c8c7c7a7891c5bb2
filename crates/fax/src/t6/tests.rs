use proptest::prelude::*;

use super::*;
use crate::page::{Resolution, StoredPage};

fn rows_of(width: u16, rows: &[&[u16]]) -> Rows {
    let mut all = Rows::new(width);
    rows.iter().for_each(|row| all.push(row));
    all
}

/// Rows as a page has them: many alike, most changes near those above.
pub(crate) fn any_rows() -> impl Strategy<Value = Rows> {
    let row = proptest::collection::vec((any::<u16>(), -4i32..5, 0u8..4), 0..60);
    (1u16..3000, proptest::collection::vec(row, 0..80)).prop_map(|(width, plan)| {
        let mut rows = Rows::new(width);
        for moves in plan {
            let above = rows.len().checked_sub(1).and_then(|last| rows.row(last)).unwrap_or_default();
            let mut row: Vec<u16> = above.to_vec();
            for (place, by, what) in moves {
                let at = usize::from(place) % (row.len() + 1);
                match what {
                    0 => row.insert(at, place % width),
                    1 if at < row.len() => drop(row.remove(at)),
                    _ => {
                        if let Some(change) = row.get_mut(at) {
                            *change = (i32::from(*change) + by).clamp(0, i32::from(width) - 1) as u16;
                        }
                    }
                }
            }
            row.sort_unstable();
            row.dedup();
            rows.push(&row);
        }
        rows
    })
}

#[test]
fn a_blank_page_is_one_bit_a_row() {
    let mut page = Rows::new(1728);
    (0..16).for_each(|_| page.push(&[]));
    let code = encode(&mut page.source(Resolution::Fine));
    assert_eq!(code, [0xff, 0xff, 0x00, 0x10, 0x01]);
}

#[test]
fn the_example_of_a_row_by_hand() {
    // Above: black 4..8. Row: black 5..8 (VR1, V0), then black 20..22 (horizontal, white 12, black 2), then V0 to the end.
    let page = rows_of(32, &[&[4, 8], &[5, 8, 20, 22]]);
    let code = encode(&mut page.source(Resolution::Fine));
    // Row 1: 001 1011 011, 1. Row 2: 011 1 001 001000 11, 1. EOFB.
    let bits = "001101101110111001001000111000000000001000000000001";
    let expected: Vec<u8> = bits
        .as_bytes()
        .chunks(8)
        .map(|byte| byte.iter().enumerate().fold(0, |sum, (at, bit)| sum | (bit - b'0') << (7 - at)))
        .collect();
    assert_eq!(code, expected);
    assert_eq!(decode(&code, 32, None), Decoded { rows: page, end: End::Eofb });
}

#[test]
fn uncompressed_mode_is_damage() {
    // A white row (V0), then the extension 0000001111.
    let decoded = decode(&[0b1000_0001, 0b1110_0000], 8, None);
    assert!(decoded.is_damaged());
    assert_eq!(decoded.rows.len(), 1);
}

#[test]
fn code_that_breaks_off_is_damage_but_not_between_rows() {
    let page = rows_of(1728, &[&[1, 1000], &[]]);
    let code = encode(&mut page.source(Resolution::Fine));
    assert_eq!(decode(&code[..2], 1728, None).end, End::Damaged);
    assert_eq!(decode(&code, 1728, Some(1)).end, End::AllRows);
    assert_eq!(decode(&[0xff, 0xff, 0], 1728, None).end, End::DataEnd);
    assert_eq!(StoredPage::from_code(1728, Resolution::Fine, vec![0xff]), Err(StoredPageError::Damaged { row: 8 }));
}

#[test]
fn rows_without_end_are_damage() {
    let decoded = decode(&vec![0xff; 10_000], 1728, None);
    assert!(decoded.is_damaged());
    assert_eq!(decoded.rows.len(), ROWS_MAX);
}

#[test]
fn the_check_of_a_stored_page_finds_what_is_wrong() {
    let mut page = Rows::new(100);
    (0..200).for_each(|row| page.push(&[row % 100]));
    let good = store(&mut page.source(Resolution::Fine));
    assert_eq!(good.check(), Ok(()));
    assert_eq!(good.index.len(), 4);
    let fewer = StoredPage { rows: 199, ..good.clone() };
    assert_eq!(fewer.check(), Err(StoredPageError::RowCount { rows: 199 }));
    let mut moved = good.clone();
    moved.index[2] += 1;
    assert_eq!(moved.check(), Err(StoredPageError::Index));
    let mut broken = good;
    broken.code.truncate(broken.code.len() / 2);
    assert!(matches!(broken.check(), Err(StoredPageError::Damaged { .. })));
    assert!(Rows::from_source(&mut broken.source()).len() < 200);
}

proptest! {
    #[test]
    fn what_was_coded_is_decoded(rows in any_rows()) {
        let code = encode(&mut rows.source(Resolution::Fine));
        let counted = decode(&code, rows.width(), Some(rows.len()));
        prop_assert_eq!(&counted.rows, &rows);
        prop_assert_eq!(counted.end, End::AllRows);
        prop_assert_eq!(decode(&code, rows.width(), None), Decoded { rows, end: End::Eofb });
    }

    #[test]
    fn a_stored_page_gives_its_rows_back(rows in any_rows()) {
        let page = store(&mut rows.source(Resolution::Superfine));
        prop_assert_eq!(page.check(), Ok(()));
        prop_assert_eq!(page.resolution, Resolution::Superfine);
        prop_assert_eq!(Rows::from_source(&mut page.source()), rows);
        prop_assert_eq!(StoredPage::from_code(page.width, page.resolution, page.code.clone()), Ok(page));
    }

    #[test]
    fn any_bytes_end_somehow(bytes in proptest::collection::vec(any::<u8>(), 0..400), width in 0u16..3000) {
        let decoded = decode(&bytes, width, None);
        for row in decoded.rows.iter() {
            prop_assert!(row.is_sorted_by(|a, b| a < b));
            prop_assert!(row.iter().all(|&change| change < width));
        }
    }

    #[test]
    fn a_wrong_bit_is_no_disaster(rows in any_rows(), at in any::<prop::sample::Index>()) {
        let mut code = encode(&mut rows.source(Resolution::Fine));
        let bit = at.index(code.len() * 8);
        code[bit / 8] ^= 0x80 >> (bit % 8);
        let decoded = decode(&code, rows.width(), None);
        for row in decoded.rows.iter() {
            prop_assert!(row.is_sorted_by(|a, b| a < b));
        }
    }
}
#[test]
fn pairs_of_no_length_are_passed_over_when_asked() {
    // As one maker codes: horizontal with white 0 and black 0 at the beginning, then black 4..8; the next row passes over the
    // empty pair before it goes on by V0.
    let code = [0b0010_0110, 0b1010_0001, 0b1011_1001, 0b1011_0111, 0b0001_1110];
    assert!(decode(&code, 32, None).rows != rows_of(32, &[&[4, 8], &[4, 8]]));
    let (rows, end) = (rows_of(32, &[&[4, 8], &[4, 8]]), End::AllRows);
    assert_eq!(decode_empty_pairs(&code, 32, 2), Decoded { rows, end });
}
