use proptest::prelude::*;

use super::*;
use crate::page::{Bitmap, Resolution, StoredPage};

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

/// `page` with its first rows as in `top`, without the splice.
fn with_top(page: &Rows, top: &Rows) -> Rows {
    let mut expected = Rows::new(page.width());
    for row in 0..page.len() {
        expected.push(top.row(row).or_else(|| page.row(row)).unwrap());
    }
    expected
}

/// As `rows`, at another width.
fn of_width(rows: &Rows, width: u16) -> Rows {
    let mut fitted = Rows::new(width);
    rows.iter().for_each(|row| fitted.push(row));
    fitted
}

proptest! {
    #[test]
    fn a_spliced_page_is_the_page_coded_anew(page in any_rows(), top in any_rows(), rows_below in 0u32..200) {
        // Longer than a stride of the index.
        let mut page = page;
        (0..rows_below).for_each(|row| page.push(&[(row * 7 % u32::from(page.width())) as u16]));
        let top = of_width(&top, page.width());
        let stored = store(&mut page.source(Resolution::Fine));
        let spliced = replace_top(&stored, &top).unwrap();
        prop_assert_eq!(spliced.check(), Ok(()));
        prop_assert_eq!(spliced, store(&mut with_top(&page, &top).source(Resolution::Fine)));
    }

    #[test]
    fn a_top_that_ends_as_the_old_one_did_is_spliced_as_well(page in any_rows(), top in any_rows(), white in 1u32..140) {
        let mut below = Rows::new(page.width());
        (0..white).for_each(|_| below.push(&[]));
        page.iter().for_each(|row| below.push(row));
        let mut top = of_width(&top, page.width());
        top.push(&[]);
        let stored = store(&mut below.source(Resolution::Standard));
        let spliced = replace_top(&stored, &top).unwrap();
        prop_assert_eq!(spliced, store(&mut with_top(&below, &top).source(Resolution::Standard)));
    }

    #[test]
    fn a_page_with_another_beneath_is_black_where_either_is(page in any_rows(), under in any_rows()) {
        let under = of_width(&under, page.width());
        let (a, b) = (page.source(Resolution::Fine), under.source(Resolution::Fine));
        let merged = merge(&store(&mut a.clone()), &store(&mut b.clone())).unwrap();
        prop_assert_eq!(merged.check(), Ok(()));
        let pels = |mut source| Bitmap::from_source(&mut source);
        let (merged, a, b) = (Bitmap::from_source(&mut merged.source()), pels(a), pels(b));
        prop_assert_eq!((merged.width(), merged.rows()), (a.width(), a.rows()));
        for y in 0..a.rows() {
            for x in 0..a.width() {
                prop_assert_eq!(merged.is_black(x, y), a.is_black(x, y) || b.is_black(x, y));
            }
        }
    }

    #[test]
    fn room_is_white_and_costs_no_ink(page in any_rows(), above in 0u32..12, below in 0u32..12, room in 0u32..20) {
        let mut sheet = Rows::new(page.width());
        (0..above).for_each(|_| sheet.push(&[]));
        page.iter().for_each(|row| sheet.push(row));
        (0..below).for_each(|_| sheet.push(&[]));
        let stored = store(&mut sheet.source(Resolution::Fine));
        let Ok(roomy) = make_room(&stored, room) else {
            prop_assert!(room >= sheet.len() && !stored.is_blank());
            return Ok(());
        };
        prop_assert_eq!(roomy.check(), Ok(()));
        prop_assert_eq!((roomy.width, roomy.rows, roomy.resolution), (stored.width, stored.rows, stored.resolution));
        let laid = Rows::from_source(&mut roomy.source());
        prop_assert!(laid.iter().take(room as usize).all(<[u16]>::is_empty));
        // Whichever column has ink keeps some, and none gets any.
        let ink = |rows: &Rows| {
            let all = Bitmap::from_source(&mut rows.source(Resolution::Fine));
            (0..all.width()).map(|x| (0..all.rows()).any(|y| all.is_black(x, y))).collect::<Vec<bool>>()
        };
        prop_assert_eq!(ink(&laid), ink(&sheet));
    }
}

#[test]
fn pages_that_do_not_fit_each_other_are_refused() {
    let page = store(&mut rows_of(100, &[&[5], &[]]).source(Resolution::Fine));
    let wide = store(&mut rows_of(101, &[&[5], &[]]).source(Resolution::Fine));
    let coarse = store(&mut rows_of(100, &[&[5], &[]]).source(Resolution::Standard));
    assert_eq!(merge(&page, &wide), Err(StoredPageError::Unlike));
    assert_eq!(merge(&page, &coarse), Err(StoredPageError::Unlike));
    assert_eq!(replace_top(&page, &rows_of(101, &[&[]])), Err(StoredPageError::Unlike));
    assert_eq!(make_room(&page, 2), Err(StoredPageError::NoRoom { rows: 2 }));
}

#[test]
fn a_damaged_page_is_not_made_into_a_shorter_one() {
    let mut rows = Rows::new(100);
    (0..200).for_each(|row| rows.push(&[row % 100]));
    let good = store(&mut rows.source(Resolution::Fine));
    let broken = StoredPage { code: good.code[..20].to_vec(), ..good.clone() };
    assert!(matches!(merge(&broken, &good), Err(StoredPageError::Damaged { .. })));
    assert!(matches!(make_room(&broken, 10), Err(StoredPageError::Damaged { .. })));
    assert!(matches!(replace_top(&broken, &rows), Err(StoredPageError::Damaged { .. })));
    assert!(!broken.is_blank());
}

#[test]
fn a_page_is_blank_when_no_pel_is_black() {
    let mut rows = Rows::new(1728);
    (0..500).for_each(|_| rows.push(&[]));
    assert!(store(&mut rows.source(Resolution::Fine)).is_blank());
    rows.push(&[1727]);
    assert!(!store(&mut rows.source(Resolution::Fine)).is_blank());
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
