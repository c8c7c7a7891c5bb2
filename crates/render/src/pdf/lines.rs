//! Lines: at least one pel wide and unbroken, whatever their width, colour or direction.
//!
//! A line thinner than a few pels is walked pel by pel along its middle, always as many pels thick as it should be on the whole;
//! so parallel lines come out alike, wherever they fall on the grid. Thicker lines are outlines like others.

use hayro::hayro_interpret::{FillRule, StrokeProps};
use hayro::kurbo::{self, Affine, BezPath, PathEl, Point, Shape, Stroke, StrokeOpts, Vec2};

use super::raster::{Bounds, Raster, TOLERANCE};
use super::region::{Region, Run};

/// Lines this thick, in pels or rows, are outlines.
const THICK: f64 = 2.5;
/// Dashes shorter than this, in pels, are not told apart.
const DASH_MIN: f64 = 1.5;
/// Dashes of a path at most; more make it solid.
const DASHES_MAX: f64 = 20_000.0;

pub(super) fn stroke(
    path: &BezPath,
    transform: Affine,
    props: &StrokeProps,
    within: Bounds,
    raster: &mut Raster,
) -> Region {
    let [a, b, c, d, _, _] = transform.as_coeffs();
    let (across, down) = (a.hypot(b), c.hypot(d));
    let width = f64::from(props.line_width).max(0.0);
    let scale = across.max(down);
    let dashes = dashes(path, props, scale);
    if width * scale < THICK {
        let mut walk = Walk { runs: Vec::new(), within, transform, width };
        match dashes {
            Some(dashes) => walk.path(kurbo::dash(path.iter(), f64::from(props.dash_offset), &dashes)),
            None => walk.path(path.iter()),
        }
        return Region::of_runs(walk.runs);
    }
    let mut style = Stroke::new(width)
        .with_caps(props.line_cap)
        .with_join(props.line_join)
        .with_miter_limit(f64::from(props.miter_limit));
    if let Some(dashes) = dashes {
        style = style.with_dashes(f64::from(props.dash_offset), dashes);
    }
    let tolerance = TOLERANCE / scale.max(1e-6);
    // Outlines of straight parts are quick, and nobody sees the difference.
    let mut straight = BezPath::new();
    kurbo::flatten(path.iter(), tolerance, |element| straight.push(element));
    let outline = kurbo::stroke(straight.iter(), &style, &StrokeOpts::default(), tolerance);
    raster.fill(outline.iter().map(|element| transform * element), FillRule::NonZero, within)
}

/// The dashes, if they can be seen.
fn dashes(path: &BezPath, props: &StrokeProps, scale: f64) -> Option<Vec<f64>> {
    let dashes: Vec<f64> = props.dash_array.iter().map(|dash| f64::from(*dash)).collect();
    let period: f64 = dashes.iter().sum();
    if dashes.is_empty()
        || !period.is_finite()
        || dashes.iter().any(|dash| *dash < 0.0)
        || period * scale < 2.0 * DASH_MIN
    {
        return None;
    }
    (path.perimeter(0.5 / scale.max(1e-6)) / period * (dashes.len() as f64) < DASHES_MAX).then_some(dashes)
}

struct Walk {
    runs: Vec<(u32, Run)>,
    within: Bounds,
    transform: Affine,
    width: f64,
}

impl Walk {
    fn path(&mut self, path: impl Iterator<Item = PathEl>) {
        let transform = self.transform;
        let (mut start, mut last) = (Point::ZERO, Point::ZERO);
        let mut points: Vec<(Point, Point)> = Vec::new();
        kurbo::flatten(path.map(|element| transform * element), TOLERANCE, |element| match element {
            PathEl::MoveTo(to) => (start, last) = (to, to),
            PathEl::LineTo(to) => {
                points.push((last, to));
                last = to;
            }
            PathEl::ClosePath => {
                points.push((last, start));
                last = start;
            }
            PathEl::QuadTo(..) | PathEl::CurveTo(..) => {}
        });
        for (from, to) in points {
            self.line(from, to);
        }
    }

    /// Thickness across a direction: in rows for a line along the page's lines, in pels for one down the page.
    fn thickness(&self, along: Vec2) -> f64 {
        let [a, b, c, d, _, _] = self.transform.as_coeffs();
        // Back to user space, but for the determinant, which cancels out.
        let back = Affine::new([d, -b, -c, a, 0.0, 0.0]) * along.to_point();
        let length = along.hypot();
        if length > 0.0 { self.width * back.to_vec2().hypot() / length } else { 1.0 }
    }

    fn line(&mut self, from: Point, to: Point) {
        if !(from.is_finite() && to.is_finite()) {
            return;
        }
        let along = to - from;
        let thick = (self.thickness(along).round()).clamp(1.0, 8.0);
        if along.x.abs() >= along.y.abs() {
            let (from, to) = if from.x <= to.x { (from, to) } else { (to, from) };
            self.flat(from, to, thick);
        } else {
            let (from, to) = if from.y <= to.y { (from, to) } else { (to, from) };
            self.steep(from, to, thick);
        }
    }

    /// A line rather along the rows: each column gets `thick` rows.
    fn flat(&mut self, from: Point, to: Point, thick: f64) {
        let (low, high) = (f64::from(self.within.columns.0), f64::from(self.within.columns.1));
        let (first, end) = (from.x.floor().max(low), to.x.ceil().max(from.x.floor() + 1.0).min(high));
        let slope = if to.x > from.x { (to.y - from.y) / (to.x - from.x) } else { 0.0 };
        // Casts saturate; the columns are within the page.
        let (first, end) = (first as i32, end as i32);
        let row_at = |x: i32| {
            let middle = (f64::from(x) + 0.5).clamp(from.x, to.x.max(from.x));
            (from.y + (middle - from.x) * slope - thick / 2.0 + 0.5).floor() as i32
        };
        let mut x = first;
        while x < end {
            let row = row_at(x);
            let since = x;
            while x < end && row_at(x) == row {
                x += 1;
            }
            for y in row..row.saturating_add(thick as i32) {
                self.push(y, since, x);
            }
        }
    }

    /// A line rather down the page: each row gets `thick` columns.
    fn steep(&mut self, from: Point, to: Point, thick: f64) {
        let (low, high) = (f64::from(self.within.rows.0), f64::from(self.within.rows.1));
        let (first, end) = (from.y.floor().max(low), to.y.ceil().max(from.y.floor() + 1.0).min(high));
        let slope = (to.x - from.x) / (to.y - from.y);
        for y in first as i32..end as i32 {
            let middle = (f64::from(y) + 0.5).clamp(from.y, to.y);
            let x = (from.x + (middle - from.y) * slope - thick / 2.0 + 0.5).floor() as i32;
            self.push(y, x, x.saturating_add(thick as i32));
        }
    }

    fn push(&mut self, y: i32, from: i32, to: i32) {
        let (left, right) = self.within.columns;
        let (from, to) = (from.max(left), to.min(right));
        if from >= to || !(self.within.rows.0..self.within.rows.1).contains(&y) {
            return;
        }
        if let (Ok(y), Ok(from), Ok(to)) = (u32::try_from(y), u16::try_from(from), u16::try_from(to)) {
            self.runs.push((y, (from, to)));
        }
    }
}
