//! Scans that were laid askew, laid straight.
//!
//! The picture is brought onto the grid of fine pels as it lies, by area, which takes out grain; there it is turned, each pel lying
//! between four others. Points of the picture itself would bring the grain back as specks.

use ferrofax_fax::page::{Bitmap, Resolution};

use super::resample::{self, OnGrid};
use super::{Raster, ink, is_two_tone, joined, skew};
use crate::geometry::{PELS_PER_MM, lines_per_mm};

/// Columns and rows of a page that a picture covers; ends are not included.
#[derive(Clone, Copy)]
pub(crate) struct Frame {
    pub(crate) columns: (u32, u32),
    pub(crate) rows: (u32, u32),
}

/// The picture anew, turned so that its lines of print lie straight; `None` if they do, or there are none, or turned it would not fit
/// into its frame. `page` shows the picture alone, as `transform` puts it there.
pub(crate) fn straightened(
    raster: &Raster,
    transform: [f64; 6],
    resolution: Resolution,
    frame: Frame,
    page: &Bitmap,
) -> Option<Bitmap> {
    // What was made black and white before gains nothing: its edges are ragged either way.
    if is_two_tone(raster) {
        return None;
    }
    let degrees = skew::find(page, resolution)?;
    let finer = lines_per_mm(Resolution::Fine) / lines_per_mm(resolution);
    let to_fine = [1.0, 0.0, 0.0, finer, 0.0, 0.0];
    // A page has a few thousand rows.
    let fine_rows = (f64::from(page.rows()) * finer).ceil() as u32;
    let fine = resample::resample(raster, joined(to_fine, transform), page.width(), fine_rows)?;
    let room = Room::new(degrees, resolution, page);
    let onto_room =
        joined([1.0, 0.0, 0.0, 1.0, room.columns as f64, room.rows as f64], turn(-degrees, resolution, page));
    let size = (usize::from(page.width()) + 2 * room.columns, page.rows() as usize + 2 * room.rows);
    let turned = turned(&fine, joined(to_fine, inverse(onto_room)?), size, finer.ceil().max(1.0) as u32);
    // A page's size and some more.
    let mut canvas = Bitmap::new(size.0 as u16, size.1 as u32);
    let placed = ink::paint(&turned, resolution, &mut canvas, None);
    if placed.tone { None } else { room.fitted(&canvas, frame, page) }
}

/// Turns the page about its middle, clockwise.
fn turn(degrees: f64, resolution: Resolution, page: &Bitmap) -> [f64; 6] {
    let (sin, cos) = degrees.to_radians().sin_cos();
    // Pels are no squares.
    let rows_per_pel = lines_per_mm(resolution) / PELS_PER_MM;
    let (x, y) = (f64::from(page.width()) / 2.0, f64::from(page.rows()) / 2.0);
    let about = [cos, sin * rows_per_pel, -sin / rows_per_pel, cos, x, y];
    joined(about, [1.0, 0.0, 0.0, 1.0, -x, -y])
}

fn inverse([a, b, c, d, e, f]: [f64; 6]) -> Option<[f64; 6]> {
    let determinant = a * d - b * c;
    let [a, b, c, d] = [d, -b, -c, a].map(|value| value / determinant);
    (determinant.abs() > 1e-12).then_some([a, b, c, d, -(a * e + c * f), -(b * e + d * f)])
}

/// What is added to each side of a page, so that turned all of it is there to be seen: pels, a multiple of eight, and rows.
struct Room {
    columns: usize,
    rows: usize,
}

/// Rows of a block that is content if it has so many black pels among its eight columns: less is a speck.
const BLOCK_ROWS: usize = 4;
const BLOCK_INK: u32 = 4;

impl Room {
    fn new(degrees: f64, resolution: Resolution, page: &Bitmap) -> Room {
        let rows_per_pel = lines_per_mm(resolution) / PELS_PER_MM;
        let tan = degrees.to_radians().tan().abs();
        // A few degrees of a page's size.
        let columns = (f64::from(page.rows()) / 2.0 / rows_per_pel * tan) as usize;
        let rows = (f64::from(page.width()) / 2.0 * rows_per_pel * tan) as usize;
        Room { columns: columns.next_multiple_of(8), rows: rows + 1 }
    }

    /// The page, moved so that all content is within the frame.
    fn fitted(&self, canvas: &Bitmap, frame: Frame, page: &Bitmap) -> Option<Bitmap> {
        let (columns, rows) = content(canvas)?;
        let frame_at = |(first, end): (u32, u32), room: usize| (first as usize + room, end as usize + room);
        let across = shift(columns, frame_at(frame.columns, self.columns), 8)?;
        let down = shift(rows, frame_at(frame.rows, self.rows), 1)?;
        let first_byte = self.columns.checked_add_signed(-across)? / 8;
        let mut straight = Bitmap::new(page.width(), page.rows());
        for y in 0..page.rows() {
            // A page has a few thousand rows.
            let from = canvas.row((y as usize + self.rows).checked_add_signed(-down)? as u32)?;
            let to = straight.row_mut(y)?;
            to.copy_from_slice(from.get(first_byte..first_byte + to.len())?);
        }
        Some(straight)
    }
}

/// The columns and rows between which a page has content; ends are not included.
fn content(page: &Bitmap) -> Option<((usize, usize), (usize, usize))> {
    let stride = page.stride();
    let (mut columns, mut rows) = ((usize::MAX, 0), (usize::MAX, 0));
    for (block, lines) in page.as_bytes().chunks(stride * BLOCK_ROWS).enumerate() {
        let is_content = |byte: &usize| {
            lines.iter().skip(*byte).step_by(stride).map(|byte| byte.count_ones()).sum::<u32>() >= BLOCK_INK
        };
        let (Some(left), Some(right)) = ((0..stride).find(is_content), (0..stride).rfind(is_content)) else { continue };
        columns = (columns.0.min(left * 8), columns.1.max((right + 1) * 8));
        rows = (rows.0.min(block * BLOCK_ROWS), rows.1.max((block + 1) * BLOCK_ROWS));
    }
    (columns.0 < columns.1).then_some((columns, rows))
}

/// By how much content must move to be within bounds, in steps.
fn shift((low, high): (usize, usize), (first, end): (usize, usize), step: usize) -> Option<isize> {
    let right = first.saturating_sub(low).next_multiple_of(step);
    let left = high.saturating_sub(end).next_multiple_of(step);
    let fits = high + right <= end + left && low + right >= first + left;
    // Less than a page.
    (fits && (right == 0 || left == 0)).then_some(right as isize - left as isize)
}

/// A picture on paper of so many columns and rows; `back` says from which place of it each point comes. Each pel is the mean of so many
/// points, one below the other.
fn turned(fine: &OnGrid, back: [f64; 6], (width, height): (usize, usize), points: u32) -> OnGrid {
    let [a, b, c, d, e, f] = back;
    let plane = |pels: &[u8]| {
        let source = Source { pels, width: fine.width, height: fine.height, beyond: middle(pels) };
        let mut turned = Vec::with_capacity(width * height);
        let mut sums = vec![0u32; width];
        for y in 0..height {
            sums.fill(0);
            for point in 0..points {
                let y = y as f64 + (f64::from(point) + 0.5) / f64::from(points);
                let from =
                    |x: f64, y_share: f64, start: f64, at: usize| x * 0.5 + y_share * y + start - at as f64 - 0.5;
                source.add((from(a, c, e, fine.left), from(b, d, f, fine.top)), (a, b), &mut sums);
            }
            // The mean of bytes.
            turned.extend(sums.iter().map(|sum| (sum / points) as u8));
        }
        turned
    };
    let (luma, least) = (plane(&fine.luma), fine.least.as_deref().map(plane));
    OnGrid { left: 0, top: 0, width, height, luma, least, cover: None }
}

/// The tone that as many are darker than as lighter: of print, the paper's.
fn middle(pels: &[u8]) -> u8 {
    let mut some: Vec<u8> = pels.iter().copied().step_by(97).collect();
    let at = some.len() / 2;
    if some.is_empty() { 255 } else { *some.select_nth_unstable(at).1 }
}

/// A plane that is looked up between its pels.
struct Source<'a> {
    pels: &'a [u8],
    width: usize,
    height: usize,
    beyond: u8,
}

impl Source<'_> {
    /// Adds what lies along a line that begins at a place and goes on by a step.
    fn add(&self, (x, y): (f64, f64), (step_x, step_y): (f64, f64), sums: &mut [u32]) {
        // In 65536ths; casts saturate, and a page has not so many pels that they would.
        let fixed = |value: f64| (value * 65536.0).round() as i64;
        let (mut x, mut y) = (fixed(x), fixed(y));
        let (step_x, step_y) = (fixed(step_x), fixed(step_y));
        for sum in sums {
            *sum += self.at(x, y);
            x += step_x;
            y += step_y;
        }
    }

    /// The tone between four pels.
    fn at(&self, x: i64, y: i64) -> u32 {
        // Beyond the plane on the low side, these are too large.
        let (column, row) = ((x >> 16) as usize, (y >> 16) as usize);
        let pair = |row: usize| {
            let from = row.wrapping_mul(self.width).wrapping_add(column);
            self.pels.get(from..).and_then(<[u8]>::first_chunk::<2>)
        };
        let within = column.wrapping_add(1) < self.width && row.wrapping_add(1) < self.height;
        let (true, Some(above), Some(below)) = (within, pair(row), pair(row.wrapping_add(1))) else {
            return self.beyond.into();
        };
        // Eight bits of each.
        let (across, down) = ((x >> 8 & 255) as u32, (y >> 8 & 255) as u32);
        let between = |[a, b]: [u8; 2]| u32::from(a) * (256 - across) + u32::from(b) * across;
        (between(*above) * (256 - down) + between(*below) * down + 0x8000) >> 16
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_moves_into_its_bounds_or_does_not_fit() {
        assert_eq!(shift((30, 90), (20, 100), 8), Some(0));
        assert_eq!(shift((10, 80), (20, 100), 8), Some(16));
        assert_eq!(shift((30, 105), (20, 100), 1), Some(-5));
        assert_eq!(shift((30, 105), (20, 100), 8), Some(-8));
        assert_eq!(shift((10, 95), (20, 100), 1), None, "too wide");
        assert_eq!(shift((15, 95), (20, 100), 8), None, "no room for a whole step");
    }

    #[test]
    fn specks_are_no_content_and_hairlines_are() {
        let mut page = Bitmap::new(80, 40);
        page.set_black(1, 1);
        page.set_black(78, 38);
        assert_eq!(content(&page), None);
        (16..24).for_each(|y| page.set_black(33, y));
        assert_eq!(content(&page), Some(((32, 40), (16, 24))));
    }
}
