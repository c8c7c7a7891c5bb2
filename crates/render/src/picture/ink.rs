//! Grey to black and white, by what a picture shows.

use ferrofax_fax::page::{Bitmap, Resolution};

use super::Placed;
use super::resample::OnGrid;
use crate::two_tone::{Area, Grey, two_tone};

/// Paints a picture onto the page.
pub(super) fn paint(picture: &OnGrid, resolution: Resolution, target: &mut Bitmap, clip: Option<&Bitmap>) -> Placed {
    let mut grey = Grey::new(target.rows(), resolution);
    let width = usize::from(target.width());
    for (y, from) in picture.luma.chunks_exact(picture.width).enumerate() {
        let start = (picture.top + y) * width + picture.left;
        if let Some(to) = grey.pels_mut().get_mut(start..start + picture.width) {
            to.copy_from_slice(from);
        }
    }
    let area = Area {
        columns: (picture.left, picture.left + picture.width),
        rows: (picture.top, picture.top + picture.height),
    };
    let page = two_tone(&grey, &[area]);
    let black: Vec<bool> = (0..picture.height)
        .flat_map(|y| (0..picture.width).map(move |x| (x, y)))
        .map(|(x, y)| page.is_black((picture.left + x) as u16, (picture.top + y) as u32))
        .collect();
    for (y, row) in black.chunks_exact(picture.width).enumerate() {
        write_row(picture, y, row, target, clip);
    }
    Placed::default()
}

/// Writes a row of the picture where it covers the page.
fn write_row(picture: &OnGrid, y: usize, black: &[bool], target: &mut Bitmap, clip: Option<&Bitmap>) {
    // Within the page, so the casts are exact.
    let row = (picture.top + y) as u32;
    let clip = clip.map(|clip| clip.row(row).unwrap_or_default());
    let cover = picture.cover.as_ref().map(|cover| cover.get(y * picture.width..).unwrap_or_default());
    let Some(to) = target.row_mut(row) else { return };
    for (x, &black) in black.iter().enumerate() {
        let column = picture.left + x;
        let bit = 0x80 >> (column % 8);
        if clip.is_some_and(|clip| clip.get(column / 8).is_none_or(|byte| byte & bit == 0)) {
            continue;
        }
        let covered = cover.is_none_or(|cover| cover.get(x).is_some_and(|&cover| cover >= 128));
        match to.get_mut(column / 8) {
            Some(byte) if black => *byte |= bit,
            Some(byte) if covered => *byte &= !bit,
            _ => {}
        }
    }
}
