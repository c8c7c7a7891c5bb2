//! Fills and strokes: grounds, or ink where they are thin.

use hayro::hayro_interpret::pattern::Pattern;
use hayro::hayro_interpret::{DrawProps, FillRule, Paint, StrokeProps};
use hayro::kurbo::{BezPath, Rect, Shape};

use super::super::ground::{Colour, Ground, Out, difference};
use super::super::lines;
use super::super::region::{Region, Run};
use super::Recorder;
use super::colour::is_darkening;

/// Thinner shapes are ink, in millimetres; rectangles only if they are thinner than the second.
const INK_MM: f64 = 1.3;
const RULE_MM: f64 = 0.5;

impl Recorder<'_> {
    /// Fills a region, whatever it turns out to be.
    pub(super) fn fill<'a>(&mut self, region: Region, props: &DrawProps<'a>, extent: Rect, rectangle: Option<Rect>) {
        let region = self.seen(region, props.soft_mask.as_ref());
        if region.is_empty() {
            self.last_fill = None;
            return;
        }
        if let Paint::Pattern(pattern) = &props.paint
            && let Pattern::Tiling(tiling) = &**pattern
            && self.tile(tiling, &region, false)
        {
            return;
        }
        let (colour, alpha, mixed) = self.colour(&props.paint, extent);
        let rows = region.rows();
        let columns = region.columns();
        let at = (i32::from(columns.0) + i32::from(columns.1 - columns.0) / 2, (rows.start + rows.end) as i32 / 2);
        let (seen, opaque) = self.seen_colour(colour, alpha, props.blend_mode, at);
        if alpha * self.group().alpha < 0.02 {
            return;
        }
        if self.in_letter {
            self.sheet.ink(region, seen, false);
            return;
        }
        if let Some(rectangle) = rectangle
            && opaque
            && self.joins_last(rectangle, seen, &region)
        {
            return;
        }
        self.last_fill = None;
        let mm = self.thickness_mm(&region);
        if rectangle.is_some() && mm < RULE_MM || rectangle.is_none() && mm < INK_MM && !mixed {
            if rectangle.is_some() {
                self.last_fill = rectangle.map(|rectangle| (rectangle, seen));
            }
            self.sheet.ink(region, seen, rectangle.is_some());
            return;
        }
        let over_text = !opaque && self.sheet.has_text(&region);
        self.last_fill = rectangle.filter(|_| opaque).map(|rectangle| (rectangle, seen));
        self.sheet.ground(Ground {
            region,
            colour: seen,
            opaque,
            veil: alpha * self.group().alpha >= 0.5 && !(self.group().darkens || is_darkening(props.blend_mode)),
            is_picture: false,
            mixed,
            behind: None,
            over_text,
            lighter: 0,
            darker: 0,
            out: Out::White,
        });
    }

    /// A rectangle that continues the last one, in about its colour: a gradient in strips, a ground in cells.
    pub(super) fn joins_last(&mut self, rectangle: Rect, colour: Colour, region: &Region) -> bool {
        const NEAR: f64 = 0.6;
        let Some((last, last_colour)) = self.last_fill else { return false };
        let close = |a: f64, b: f64| (a - b).abs() < NEAR;
        let beside = close(last.y0, rectangle.y0)
            && close(last.y1, rectangle.y1)
            && (close(last.x1, rectangle.x0) || close(rectangle.x1, last.x0));
        let below = close(last.x0, rectangle.x0)
            && close(last.x1, rectangle.x1)
            && (close(last.y1, rectangle.y0) || close(rectangle.y1, last.y0));
        if !(beside || below) || difference(colour, last_colour) > 12 || !region.is_rectangle() {
            return false;
        }
        let Some(ground) = self.sheet.last_ground() else { return false };
        if ground.is_picture || !ground.region.is_rectangle() {
            return false;
        }
        let (columns, rows) = (ground.region.columns(), ground.region.rows());
        let (more_columns, more_rows) = (region.columns(), region.rows());
        ground.region = Region::rectangle(
            (columns.0.min(more_columns.0), columns.1.max(more_columns.1)),
            (rows.start.min(more_rows.start), rows.end.max(more_rows.end)),
        );
        ground.mixed |= colour != ground.colour;
        self.last_fill = Some((last.union(rectangle), colour));
        self.sheet.cover_again();
        true
    }

    /// How thick the parts of a shape are, on the whole.
    pub(super) fn thickness_mm(&self, region: &Region) -> f64 {
        let area = region.area() as f64;
        let columns = region.columns();
        let across = area / (region.len().max(1) as f64);
        let down = area / f64::from((columns.1 - columns.0).max(1));
        let lines_per_mm = f64::from(self.sheet.resolution().lines_per_metre()) / 1000.0;
        (across / crate::geometry::PELS_PER_MM).min(down / lines_per_mm)
    }

    pub(super) fn fill_path<'a>(&mut self, path: &BezPath, props: &DrawProps<'a>, rule: FillRule) {
        let extent = props.transform.transform_rect_bbox(path.control_box());
        let transform = props.transform;
        let within = self.bounds();
        let region = self.tools.raster.fill(path.iter().map(|element| transform * element), rule, within);
        self.fill(region, props, extent, None);
    }

    pub(super) fn stroke_path<'a>(&mut self, path: &BezPath, props: &DrawProps<'a>, stroke: &StrokeProps) {
        let extent = props.transform.transform_rect_bbox(path.control_box());
        let within = self.bounds();
        let region = lines::stroke(path, props.transform, stroke, within, &mut self.tools.raster);
        let region = self.seen(region, props.soft_mask.as_ref());
        self.last_fill = None;
        if region.is_empty() {
            return;
        }
        let (colour, alpha, _) = self.colour(&props.paint, extent);
        if alpha * self.group().alpha < 0.02 {
            return;
        }
        let (columns, rows) = (region.columns(), region.rows());
        let at = (i32::from(columns.0) + i32::from(columns.1 - columns.0) / 2, (rows.start + rows.end) as i32 / 2);
        let (seen, _) = self.seen_colour(colour, alpha, props.blend_mode, at);
        self.sheet.ink(region, seen, true);
    }

    pub(super) fn fill_rect<'a>(&mut self, rect: &Rect, props: &DrawProps<'a>) {
        let [a, b, c, d, _, _] = props.transform.as_coeffs();
        if !(b == 0.0 && c == 0.0 || a == 0.0 && d == 0.0) {
            return self.fill_path(&rect.to_path(0.1), props, FillRule::NonZero);
        }
        let on_page = props.transform.transform_rect_bbox(*rect);
        let bounds = self.bounds();
        let region = Region::rectangle(snapped(on_page.x0, on_page.x1, bounds.columns), {
            let (from, to) = snapped(on_page.y0, on_page.y1, bounds.rows);
            (from.into(), to.into())
        });
        self.fill(region, props, on_page, Some(on_page));
    }
}

/// An edge of a rectangle on the grid; at least one pel wide.
fn snapped(from: f64, to: f64, (low, high): (i32, i32)) -> Run {
    // What touches the next one still does when both are rounded: no white line between the modules of a code.
    const TOUCH: f64 = 0.02;
    let middle = ((from + to) / 2.0).floor();
    let (begin, end) = ((from - TOUCH).round(), (to + TOUCH).round());
    let (begin, end) = if begin < end { (begin, end) } else { (middle, middle + 1.0) };
    let clamp = |at: f64| at.clamp(low.into(), high.into()) as u16;
    (clamp(begin), clamp(end))
}
