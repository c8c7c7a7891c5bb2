use proptest::prelude::*;

use super::*;

/// A row of any width up to `width`, as pels.
fn pels_to_row(pels: &[bool]) -> Vec<u16> {
    let mut changes = Vec::new();
    let mut black = false;
    for (column, &pel) in pels.iter().enumerate() {
        if pel != black {
            changes.push(column as u16);
            black = pel;
        }
    }
    changes
}

fn rows_of(width: u16, rows: &[&[u16]]) -> Rows {
    let mut all = Rows::new(width);
    rows.iter().for_each(|row| all.push(row));
    all
}

#[test]
fn rows_leave_out_what_no_row_can_hold() {
    let rows = rows_of(10, &[&[3, 3, 2, 9, 10, 65535], &[]]);
    assert_eq!(rows.row(0), Some(&[3, 9][..]));
    assert_eq!(rows.row(1), Some(&[][..]));
    assert_eq!(rows.row(2), None);
}

#[test]
fn a_repeated_row_is_the_one_above_or_white() {
    let mut rows = Rows::new(10);
    rows.repeat_last();
    rows.push(&[0]);
    rows.repeat_last();
    assert_eq!(rows, rows_of(10, &[&[], &[0], &[0]]));
}

#[test]
fn halving_keeps_what_is_black_in_either_row() {
    let fine = rows_of(20, &[&[0, 4, 10, 12], &[2, 6, 12, 14], &[5], &[], &[1, 2]]);
    let mut halved = halve(fine.source(Resolution::Fine));
    assert_eq!(halved.resolution(), Resolution::Standard);
    assert_eq!(Rows::from_source(&mut halved), rows_of(20, &[&[0, 6, 10, 14], &[5], &[1, 2]]));
}

#[test]
fn padding_bits_are_not_part_of_the_page() {
    let bitmap = Bitmap::from_bytes(3, vec![0b1011_1111, 0b0001_1111]).unwrap();
    assert_eq!(bitmap.as_bytes(), [0b1010_0000, 0]);
    let mut drawn = Bitmap::new(3, 1);
    drawn.row_mut(0).unwrap()[0] = 0xff;
    assert_eq!(drawn.to_rows(), rows_of(3, &[&[0]]));
    assert!(Bitmap::from_bytes(17, vec![0; 4]).is_none());
}

#[test]
fn what_lies_beyond_the_page_is_not_merged() {
    let page = rows_of(10, &[&[2, 4], &[]]);
    let under = rows_of(20, &[&[3, 15], &[12], &[0]]);
    let merged = merge(page.source(Resolution::Fine), under.source(Resolution::Fine));
    assert_eq!(Rows::from_source(&mut { merged }), rows_of(10, &[&[2], &[]]));
}

#[test]
fn white_rows_at_the_top_are_room_enough() {
    assert_eq!(lay_below(&rows_of(10, &[&[], &[], &[1], &[2]]), 2), None);
}

#[test]
fn a_page_moves_down_into_white_rows_by_no_more_than_it_must() {
    let page = rows_of(10, &[&[], &[1], &[2], &[], &[]]);
    assert_eq!(lay_below(&page, 2), Some(rows_of(10, &[&[], &[], &[1], &[2], &[]])));
}

#[test]
fn rows_that_repeat_are_left_out_before_anything_is_scaled() {
    // The longest stretch gives first, down to the length of the others, and none more than half.
    let page = rows_of(10, &[&[1], &[], &[], &[], &[], &[], &[], &[2], &[3], &[3], &[4]]);
    let three_less = rows_of(10, &[&[], &[], &[], &[1], &[], &[], &[], &[2], &[3], &[3], &[4]]);
    assert_eq!(lay_below(&page, 3), Some(three_less));
    let four_less = rows_of(10, &[&[], &[], &[], &[], &[1], &[], &[], &[], &[2], &[3], &[4]]);
    assert_eq!(lay_below(&page, 4), Some(four_less));
}

#[test]
fn rows_that_fall_together_are_joined() {
    let page = rows_of(10, &[&[1, 2], &[3, 4], &[5, 6], &[7, 8]]);
    assert_eq!(lay_below(&page, 2), Some(rows_of(10, &[&[], &[], &[1, 2, 3, 4], &[5, 6, 7, 8]])));
}

proptest! {
    #[test]
    fn pels_and_runs_say_the_same(width in 1u16..400, seed in proptest::collection::vec(any::<u8>(), 0..300)) {
        let stride = usize::from(width).div_ceil(8);
        let bytes: Vec<u8> = seed.chunks_exact(stride).flatten().copied().collect();
        let bitmap = Bitmap::from_bytes(width, bytes).unwrap();
        let rows = bitmap.to_rows();
        for (y, row) in (0..).zip(rows.iter()) {
            let pels: Vec<bool> = (0..width).map(|x| bitmap.is_black(x, y)).collect();
            prop_assert_eq!(row, pels_to_row(&pels));
        }
        prop_assert_eq!(Bitmap::from_source(&mut rows.source(Resolution::Fine)), bitmap);
    }

    #[test]
    fn halving_is_or(pels in proptest::collection::vec((any::<bool>(), any::<bool>()), 1..200)) {
        let width = pels.len() as u16;
        let (upper, lower): (Vec<bool>, Vec<bool>) = pels.iter().copied().unzip();
        let either: Vec<bool> = pels.iter().map(|(a, b)| *a || *b).collect();
        let rows = rows_of(width, &[&pels_to_row(&upper), &pels_to_row(&lower)]);
        let halved = Rows::from_source(&mut halve(rows.source(Resolution::Superfine)));
        prop_assert_eq!(halved, rows_of(width, &[&pels_to_row(&either)]));
    }
}
