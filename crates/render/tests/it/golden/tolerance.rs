//! How far pages may be from what was looked at (`tests/golden/README.md` says why so).

use ferrofax_fax::page::Bitmap;

/// How far a page may be from its picture.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Tolerance {
    /// Copies: no pel.
    None,
    /// Outlines: an edge may lie one pel further at a few pels in a thousand, and nothing else differs.
    Edges,
    /// Dots of a photograph: each square of 24 pels is about as dark.
    Dots,
    /// The work of another version of a program: what is black is black within 3 mm, and there is about as much of it.
    Spots,
}

/// Of the black pels, how many per thousand may differ at all.
const EDGES_PER_THOUSAND: usize = 5;
/// The side of a square, and how many of its pels may be black that were not.
const SQUARE: u32 = 24;
const SQUARE_PELS: u32 = SQUARE * SQUARE / 20;
/// The side of a square of a spot, how far about it the spot is looked for, and how many of its pels need not be found: that many,
/// and one of five.
const SPOT: u32 = 48;
const ABOUT: u32 = 24;
const ASTRAY: usize = 32;
/// Of all black pels of a page, how many per hundred there may be more or less.
const INK_PER_HUNDRED: usize = 20;

/// What is wrong with a page, if anything is.
pub fn compare(got: &Bitmap, expected: &Bitmap, tolerance: Tolerance) -> Result<(), String> {
    let size = |page: &Bitmap| (page.width(), page.rows());
    if size(got) != size(expected) {
        return Err(format!("{:?} pels and rows instead of {:?}", size(got), size(expected)));
    }
    if got == expected {
        return Ok(());
    }
    let black = ink(expected);
    let differing = ink(&differences(got, expected));
    match tolerance {
        Tolerance::None => Err(format!("{differing} pels differ")),
        Tolerance::Edges => {
            let astray = astray(got, expected) + astray(expected, got);
            if astray > 0 || differing * 1000 > black * EDGES_PER_THOUSAND {
                return Err(format!(
                    "{differing} pels differ, with {black} black; {astray} of them by more than a pel"
                ));
            }
            Ok(())
        }
        Tolerance::Dots => {
            let worst = squares(got).zip(squares(expected)).map(|(got, expected)| got.abs_diff(expected)).max();
            match worst {
                Some(worst) if worst > SQUARE_PELS => {
                    Err(format!("{worst} pels more or less are black in a square of {SQUARE}"))
                }
                _ => Ok(()),
            }
        }
        Tolerance::Spots => {
            if let Some((x, y)) = lost_spot(got, expected) {
                return Err(format!("what is black about column {x}, row {y} was not"));
            }
            if let Some((x, y)) = lost_spot(expected, got) {
                return Err(format!("what was black about column {x}, row {y} is not"));
            }
            if ink(got).abs_diff(black) * 100 > black * INK_PER_HUNDRED {
                return Err(format!("{} pels are black instead of {black}", ink(got)));
            }
            Ok(())
        }
    }
}

/// Where a page has something that the other has neither there nor near.
fn lost_spot(page: &Bitmap, other: &Bitmap) -> Option<(u32, u32)> {
    let width = u32::from(page.width());
    let within = |page: &Bitmap, (x0, x1): (u32, u32), (y0, y1): (u32, u32)| {
        let row = |y: u32| (x0..x1.min(width)).filter(|&x| page.is_black(x as u16, y)).count();
        (y0..y1.min(page.rows())).map(row).sum::<usize>()
    };
    let about = |from: u32| (from.saturating_sub(ABOUT), from + SPOT + ABOUT);
    let all = (0..page.rows()).step_by(SPOT as usize);
    all.flat_map(|y| (0..width).step_by(SPOT as usize).map(move |x| (x, y))).find(|&(x, y)| {
        let own = within(page, (x, x + SPOT), (y, y + SPOT));
        own > ASTRAY && own > ASTRAY + within(other, about(x), about(y)) * 5 / 4
    })
}

fn ink(page: &Bitmap) -> usize {
    page.as_bytes().iter().map(|byte| byte.count_ones() as usize).sum()
}

/// Black where the pages differ.
pub fn differences(one: &Bitmap, other: &Bitmap) -> Bitmap {
    let width = one.width().max(other.width());
    let mut differences = Bitmap::new(width, one.rows().max(other.rows()));
    for y in 0..differences.rows() {
        (0..width).filter(|&x| one.is_black(x, y) != other.is_black(x, y)).for_each(|x| differences.set_black(x, y));
    }
    differences
}

/// Black pels of a page that have no black pel of the other at their place or about it.
fn astray(page: &Bitmap, other: &Bitmap) -> usize {
    let near = |x: u16, y: u32| {
        (y.saturating_sub(1)..=y + 1).any(|y| (x.saturating_sub(1)..=x + 1).any(|x| other.is_black(x, y)))
    };
    let row = |y: u32| (0..page.width()).filter(|&x| page.is_black(x, y) && !near(x, y)).count();
    (0..page.rows()).map(row).sum()
}

/// How many pels are black, square by square.
fn squares(page: &Bitmap) -> impl Iterator<Item = u32> {
    let side = SQUARE as usize;
    (0..page.rows()).step_by(side).flat_map(move |top| {
        (0..page.width()).step_by(side).map(move |left| {
            let row = |y: u32| (left..left + SQUARE as u16).filter(|&x| page.is_black(x, y)).count() as u32;
            (top..top + SQUARE).map(row).sum()
        })
    })
}

/// A page of 100 by 100 with a box, and one of its pels elsewhere.
fn boxed(left: u16, stray: Option<(u16, u32)>) -> Bitmap {
    let mut page = Bitmap::new(100, 100);
    for y in 20..60 {
        (left..left + 40).for_each(|x| page.set_black(x, y));
    }
    if let Some((x, y)) = stray {
        page.set_black(x, y);
    }
    page
}

#[test]
fn a_comparison_finds_what_it_is_there_to_find() {
    use Tolerance::{Dots, Edges, None, Spots};
    let sound = boxed(20, Option::None);
    let fails = |page: &Bitmap, tolerance| compare(page, &sound, tolerance).is_err();
    // A pel at an edge, a pel elsewhere, all moved by one pel, all moved by ten, by more, another
    // size, nothing there.
    for (page, expected) in [
        (boxed(20, Option::None), [false, false, false, false]),
        (boxed(20, Some((60, 30))), [true, false, false, false]),
        (boxed(20, Some((80, 80))), [true, true, false, false]),
        (boxed(21, Option::None), [true, true, false, false]),
        (boxed(30, Option::None), [true, true, true, false]),
        (boxed(58, Option::None), [true; 4]),
        (Bitmap::new(100, 99), [true; 4]),
        (Bitmap::new(100, 100), [true; 4]),
    ] {
        assert_eq!([None, Edges, Dots, Spots].map(|tolerance| fails(&page, tolerance)), expected);
    }
    // As much ink in the same places, but for a letter's weight.
    let mut bold = sound.clone();
    (20..60).for_each(|y| (60..70).for_each(|x| bold.set_black(x, y)));
    assert!(fails(&bold, Spots));
}
