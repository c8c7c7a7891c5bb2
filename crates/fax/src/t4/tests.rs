use proptest::prelude::*;

use super::*;
use crate::page::Resolution;
use crate::t6::tests::any_rows;

const MH: Options = Options { k: None, row_bits_min: 0, return_to_control: true };
const MR: Options = Options { k: Some(K_FINE), ..MH };

fn page(width: u16, rows: &[&[u16]]) -> Rows {
    let mut all = Rows::new(width);
    rows.iter().for_each(|row| all.push(row));
    all
}

fn coded(rows: &Rows, options: &Options) -> Vec<u8> {
    encode(&mut rows.source(Resolution::Fine), options)
}

/// Bits as they are written.
fn bytes(bits: &str) -> Vec<u8> {
    let bits: Vec<u8> = bits.bytes().filter(|bit| !bit.is_ascii_whitespace()).map(|bit| bit - b'0').collect();
    bits.chunks(8).map(|byte| byte.iter().enumerate().fold(0, |sum, (at, bit)| sum | bit << (7 - at))).collect()
}

const E: &str = "000000000001";

#[test]
fn a_row_by_hand() {
    let rows = page(1728, &[&[3, 5]]);
    // White 3, black 2, white 1723 = 1664 + 59.
    let expected = format!("{E} 1000 11 011000 01001010 {E}{E}{E}{E}{E}{E}");
    assert_eq!(coded(&rows, &MH), bytes(&expected));
}

#[test]
fn a_row_is_filled_before_the_next_eol() {
    let rows = page(1728, &[&[], &[]]);
    let options = Options { row_bits_min: 96, return_to_control: false, ..MH };
    let row = format!("{E} 010011011 00110101 {}", "0".repeat(96 - 12 - 17));
    assert_eq!(coded(&rows, &options), bytes(&format!("{row}{row}")));
    let decoded = decode(&coded(&rows, &options), 1728, false);
    assert_eq!(decoded, Decoded { rows, bad_rows: 0, rtc: false });
}

#[test]
fn mr_tags_each_row() {
    let rows = page(16, &[&[4], &[4], &[5]]);
    let options = Options { k: Some(2), ..MH };
    let rtc = format!("{E}1").repeat(6);
    // White 4, black 12; the same by two V0; white 5, black 11.
    let expected = format!("{E}1 1011 0000111 {E}0 1 1 {E}1 1100 0000101 {rtc}");
    assert_eq!(coded(&rows, &options), bytes(&expected));
}

#[test]
fn fill_and_a_broken_eol_at_the_beginning_lose_no_row() {
    let rows = page(1728, &[&[10, 20], &[30, 40, 1000]]);
    for options in [MH, MR] {
        let code = coded(&rows, &options);
        let two_dimensional = options.k.is_some();
        let whole = Decoded { rows: rows.clone(), bad_rows: 0, rtc: true };
        let filled = [&[0; 50], code.as_slice()].concat();
        assert_eq!(decode(&filled, 1728, two_dimensional), whole);
        // Only "0001" is left of the EOL: a byte is gone.
        assert_eq!(decode(&code[1..], 1728, two_dimensional), whole);
        let noise = [&[0x3a, 0x55, 0xff], code.as_slice()].concat();
        assert_eq!(decode(&noise, 1728, two_dimensional), whole);
    }
}

#[test]
fn a_first_row_without_eol_is_taken() {
    let decoded = decode(&bytes(&format!("1011 0000111 {E} 1100 0000101 {E}{E}{E}")), 16, false);
    assert_eq!(decoded, Decoded { rows: page(16, &[&[4], &[5]]), bad_rows: 0, rtc: true });
}

#[test]
fn a_damaged_row_is_the_one_above_and_counted() {
    // The second row is one pel short, the third one too long, the fourth is no code.
    let good = "1011 0000111";
    let code = format!("{E} {good} {E} 1011 0000101 {E} 1011 00000111 {E} 0000000011 {E} 1100 0000101 {E}{E}{E}");
    let decoded = decode(&bytes(&code), 16, false);
    assert_eq!(decoded, Decoded { rows: page(16, &[&[4], &[4], &[4], &[4], &[5]]), bad_rows: 3, rtc: true });
}

#[test]
fn after_damage_mr_waits_for_a_row_by_itself() {
    let code = format!("{E}1 1011 0000111 {E}0 00000001 {E}0 1 1 {E}1 1100 0000101 {E}0 11 {E}1{E}1{E}1");
    let decoded = decode(&bytes(&code), 16, true);
    assert_eq!(decoded, Decoded { rows: page(16, &[&[4], &[4], &[4], &[5], &[5]]), bad_rows: 2, rtc: true });
}

#[test]
fn a_page_that_breaks_off_ends_in_a_damaged_row() {
    let rows = page(1728, &[&[10, 20], &[30, 40, 1000]]);
    let code = coded(&rows, &Options { return_to_control: false, ..MH });
    let decoded = decode(&code[..code.len() - 2], 1728, false);
    assert_eq!(decoded, Decoded { rows: page(1728, &[&[10, 20], &[10, 20]]), bad_rows: 1, rtc: false });
}

#[test]
fn a_short_rtc_at_the_end_is_one() {
    let decoded = decode(&bytes(&format!("{E} 1011 0000111 {E}{E}")), 16, false);
    assert_eq!(decoded, Decoded { rows: page(16, &[&[4]]), bad_rows: 0, rtc: true });
}

#[test]
fn runs_of_no_length_join_their_neighbours() {
    // White 4, black 0, white 4, black 8.
    let decoded = decode(&bytes(&format!("{E} 1011 0000110111 1011 000101 {E}{E}{E}")), 16, false);
    assert_eq!(decoded.rows, page(16, &[&[8]]));
}

#[test]
fn runs_over_2623_pels_repeat_their_make_up() {
    let rows = page(u16::MAX, &[&[], &[0], &[2623], &[2624, 10_000]]);
    for options in [MH, MR] {
        assert_eq!(decode(&coded(&rows, &options), u16::MAX, options.k.is_some()).rows, rows);
    }
}

#[test]
fn rows_have_a_limit() {
    let row = format!("{E} 1011 0000111 ");
    let decoded = decode(&bytes(&row.repeat(ROWS_MAX as usize + 10)), 16, false);
    assert_eq!(decoded.rows.len(), ROWS_MAX);
}

proptest! {
    #[test]
    fn what_was_coded_is_decoded(rows in any_rows(), k in 0u32..5, row_bits_min in 0u32..500, rtc: bool) {
        let options = Options { k: k.checked_sub(1), row_bits_min, return_to_control: rtc };
        let decoded = decode(&coded(&rows, &options), rows.width(), options.k.is_some());
        prop_assert_eq!(decoded, Decoded { rows, bad_rows: 0, rtc });
    }

    #[test]
    fn any_bytes_end_somehow(bytes in proptest::collection::vec(any::<u8>(), 0..400), width in 0u16..3000, two: bool) {
        let decoded = decode(&bytes, width, two);
        for row in decoded.rows.iter() {
            prop_assert!(row.is_sorted_by(|a, b| a < b));
            prop_assert!(row.iter().all(|&change| change < width));
        }
    }

    #[test]
    fn a_wrong_bit_costs_a_row_or_a_few(rows in any_rows(), at in any::<prop::sample::Index>(), two: bool) {
        let mut code = coded(&rows, if two { &MR } else { &MH });
        let bit = at.index(code.len() * 8);
        code[bit / 8] ^= 0x80 >> (bit % 8);
        let decoded = decode(&code, rows.width(), two);
        // A broken EOL makes two rows one, a false one makes one row two.
        prop_assert!(decoded.rows.len() + 1 >= rows.len());
        prop_assert!(decoded.rows.len() <= rows.len() + 2);
        let bad_rows_max = if two { K_FINE + 1 } else { 3 };
        prop_assert!(decoded.bad_rows <= bad_rows_max);
    }
}
