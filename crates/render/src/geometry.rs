//! Where a document's page lies on the fax sheet (architecture, decision 6).
//!
//! A fax line has 1728 pels over 215 mm, whatever the paper (T.4 clause 2), and 3.85, 7.7 or 15.4 lines per millimetre: pels are
//! not square. Content keeps its true millimetres, is centred across the line and begins at the top. What is larger than the
//! sheet shrinks in proportion; what fits better turned is turned. Nothing is stretched or cropped.

use ferrofax_fax::page::{Resolution, WIDTH_PELS};

/// Millimetres of a fax line, T.4 clause 2.
pub const LINE_MM: f64 = 215.0;
/// Pels per millimetre along the line, T.4 clause 2.
pub const PELS_PER_MM: f64 = WIDTH_PELS as f64 / LINE_MM;

/// The sheet a fax is laid out for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Paper {
    /// 210 × 297 mm.
    A4,
    /// 8.5 × 11 in; the line shows 215 of its 215.9 mm, so letter pages are scaled by that much.
    Letter,
}

impl Paper {
    /// The area content is fitted into: width and height in millimetres.
    pub const fn area_mm(self) -> (f64, f64) {
        match self {
            Self::A4 => (210.0, 297.0),
            Self::Letter => (LINE_MM, 279.4),
        }
    }

    /// Rows of a full page.
    pub fn rows(self, resolution: Resolution) -> u32 {
        // A few thousand at most.
        (self.area_mm().1 * lines_per_mm(resolution)).round() as u32
    }
}

/// Lines per millimetre, T.4 clause 2.
pub fn lines_per_mm(resolution: Resolution) -> f64 {
    f64::from(resolution.lines_per_metre()) / 1000.0
}

/// Where content of a given size goes, in pels and rows.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Placement {
    /// Content is turned a quarter counter-clockwise: its top is at the left edge of the sheet.
    pub turned: bool,
    /// Scale beside true millimetres; at most 1.
    pub scale: f64,
    /// Left edge of the (turned) content.
    pub left: f64,
    /// Width of the (turned) content in pels.
    pub width: f64,
    /// Height of the (turned) content in rows.
    pub height: f64,
    /// Rows of the page.
    pub rows: u32,
    lines_per_mm: f64,
}

impl Placement {
    /// Places content of `width_mm` × `height_mm`; both must be positive and finite.
    pub fn new(width_mm: f64, height_mm: f64, paper: Paper, resolution: Resolution) -> Placement {
        let (area_width, area_height) = paper.area_mm();
        let fit = |width: f64, height: f64| (area_width / width).min(area_height / height).min(1.0);
        let (upright, turned) = (fit(width_mm, height_mm), fit(height_mm, width_mm));
        let turn = turned > upright;
        let (scale, width_mm, height_mm) =
            if turn { (turned, height_mm, width_mm) } else { (upright, width_mm, height_mm) };
        let lines_per_mm = lines_per_mm(resolution);
        let width = width_mm * scale * PELS_PER_MM;
        Placement {
            turned: turn,
            scale,
            left: (f64::from(WIDTH_PELS) - width) / 2.0,
            width,
            height: height_mm * scale * lines_per_mm,
            rows: paper.rows(resolution),
            lines_per_mm,
        }
    }

    /// The affine map from content (millimetres, origin at the top left) to pels and rows, as `[a b c d e f]`:
    /// `x' = a·x + c·y + e`, `y' = b·x + d·y + f`.
    pub fn coefficients(&self) -> [f64; 6] {
        let across = self.scale * PELS_PER_MM;
        let down = self.scale * self.lines_per_mm;
        if self.turned {
            [0.0, -down, across, 0.0, self.left, self.height]
        } else {
            [across, 0.0, 0.0, down, self.left, 0.0]
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sheets_have_the_rows_of_the_interface() {
        assert_eq!(Paper::A4.rows(Resolution::Standard), 1143);
        assert_eq!(Paper::A4.rows(Resolution::Fine), 2287);
        assert_eq!(Paper::Letter.rows(Resolution::Standard), 1076);
        assert_eq!(Paper::Letter.rows(Resolution::Fine), 2151);
    }

    #[test]
    fn a4_is_1688_pels_centred_in_the_line() {
        let place = Placement::new(210.0, 297.0, Paper::A4, Resolution::Fine);
        assert_eq!((place.scale, place.turned), (1.0, false));
        assert_eq!((place.width.round(), place.left.round()), (1688.0, 20.0));
    }

    #[test]
    fn letter_is_scaled_to_the_line_both_ways() {
        let place = Placement::new(215.9, 279.4, Paper::Letter, Resolution::Fine);
        assert!((place.scale - 1728.0 / 1735.0).abs() < 2e-4, "{}", place.scale);
        assert_eq!((place.width.round(), place.left.round(), place.height.round()), (1728.0, 0.0, 2142.0));
    }

    #[test]
    fn landscape_is_turned_only_where_that_shows_more() {
        let place = Placement::new(297.0, 210.0, Paper::A4, Resolution::Fine);
        assert_eq!((place.turned, place.scale), (true, 1.0));
        // The content's top left corner is at the bottom left of the sheet, its top right corner at the top left.
        let [a, b, c, d, e, f] = place.coefficients();
        assert_eq!((a, d), (0.0, 0.0));
        assert!((b * 297.0 + f).abs() < 1e-9 && (f - 2286.9).abs() < 1e-9);
        assert!((c * 210.0 + e - (1728.0 - place.left)).abs() < 1e-9);
        assert!(!Placement::new(200.0, 140.0, Paper::A4, Resolution::Fine).turned);
    }

    #[test]
    fn larger_pages_shrink_in_proportion() {
        let place = Placement::new(297.0, 420.0, Paper::A4, Resolution::Standard);
        assert!((place.scale - 210.0 / 297.0).abs() < 1e-12);
        let [a, _, _, d, ..] = place.coefficients();
        assert!((a / PELS_PER_MM - d / 3.85).abs() < 1e-12);
    }

    #[test]
    fn smaller_pages_keep_their_millimetres() {
        let place = Placement::new(100.0, 100.0, Paper::A4, Resolution::Fine);
        assert_eq!((place.scale, place.width.round(), place.height.round()), (1.0, 804.0, 770.0));
        assert_eq!(place.left.round(), 462.0);
    }
}
