//! What the interpreter tells becomes things on a [`Sheet`].
//!
//! Letters are stamps, thin things lines, fills grounds; pictures go to `picture`. Transparency is taken for what it does to a
//! fax: a translucent fill has the colour that is seen, and letters below it stay; a soft mask cuts where it is half open; groups
//! pass their opacity on to what is in them.

use std::collections::HashMap;
use std::rc::Rc;

use ferrofax_fax::page::{Resolution, WIDTH_PELS};
use hayro::hayro_interpret::font::{Glyph, GlyphRun, OutlineGlyph};
use hayro::hayro_interpret::hayro_cmap::{BfString, WritingMode};
use hayro::hayro_interpret::pattern::{Pattern, ShadingPattern, TilingPattern};
use hayro::hayro_interpret::{
    BlendMode, CacheKey, ClipPath, Device, DrawMode, DrawProps, FillRule, Image, ImageDrawProps, MaskType, Paint,
    SoftMask, StrokeProps,
};
use hayro::kurbo::{Affine, BezPath, Point, Rect, Shape};

use super::glyphs::Stamps;
use super::ground::{Colour, Ground, Out, WHITE, difference, luma};
use super::lines;
use super::pictures;
use super::raster::{Bounds, Raster};
use super::region::{Region, Run};
use super::sheet::{Letter, Sheet};

/// Patterns and masks within each other.
const DEPTH_MAX: u32 = 6;
/// Tiles of a pattern that are drawn one by one.
const TILES_MAX: f64 = 4_000.0;
/// Thinner shapes are ink, in millimetres; rectangles only if they are thinner than the second.
const INK_MM: f64 = 1.3;
const RULE_MM: f64 = 0.5;

/// What is kept over the pages of a document.
#[derive(Default)]
pub(super) struct Tools {
    pub(super) stamps: Stamps,
    pub(super) raster: Raster,
    /// The page at work may have some, which change what pictures look like.
    pub(super) transfer_functions: bool,
}

/// What a page has that its sender may want to know, and what is wrong with it.
#[derive(Clone, Copy, Default, Debug)]
pub(super) struct Findings {
    pub(super) missing_glyphs: u32,
    pub(super) letters: u32,
    pub(super) small_letters: u32,
    pub(super) short_picture: bool,
    pub(super) huge_picture: bool,
    pub(super) coarsened: bool,
}

/// Opacity and more of a transparency group and those around it.
#[derive(Clone, Copy)]
struct Group {
    alpha: f32,
    darkens: bool,
    /// It pushed a clip, for its mask.
    clipped: bool,
}

pub(super) struct Recorder<'t> {
    pub(super) sheet: Sheet,
    tools: &'t mut Tools,
    pub(super) findings: Findings,
    clips: Vec<Rc<Region>>,
    groups: Vec<Group>,
    masks: HashMap<u128, Rc<Region>>,
    shadings: HashMap<u128, (Colour, f32)>,
    depth: u32,
    /// The letters of a Type 3 font are ink.
    in_letter: bool,
    /// The last fill, if it was an upright rectangle: where the next may join it.
    last_fill: Option<(Rect, Colour)>,
}

impl<'t> Recorder<'t> {
    pub(super) fn new(rows: u32, resolution: Resolution, tools: &'t mut Tools) -> Recorder<'t> {
        Recorder {
            sheet: Sheet::new(rows, resolution),
            tools,
            findings: Findings::default(),
            clips: vec![Rc::new(Region::rectangle((0, WIDTH_PELS), (0, rows)))],
            groups: vec![Group { alpha: 1.0, darkens: false, clipped: false }],
            masks: HashMap::new(),
            shadings: HashMap::new(),
            depth: 0,
            in_letter: false,
            last_fill: None,
        }
    }

    fn clip(&self) -> Rc<Region> {
        self.clips.last().map_or_else(|| Rc::new(Region::rectangle((0, 0), (0, 0))), Rc::clone)
    }

    fn group(&self) -> Group {
        self.groups.last().copied().unwrap_or(Group { alpha: 1.0, darkens: false, clipped: false })
    }

    /// Columns and rows that can be seen.
    fn bounds(&self) -> Bounds {
        let clip = self.clip();
        let (columns, rows) = (clip.columns(), clip.rows());
        // Rows of a page, a few thousand.
        Bounds { columns: (columns.0.into(), columns.1.into()), rows: (rows.start as i32, rows.end as i32) }
    }

    /// As seen through clip and mask.
    fn seen<'a>(&mut self, region: Region, mask: Option<&SoftMask<'a>>) -> Region {
        let mut region = self.clip().intersect(&region);
        if let Some(mask) = mask {
            region = self.mask(mask).intersect(&region);
        }
        region
    }

    /// Where a soft mask is open.
    fn mask<'a>(&mut self, mask: &SoftMask<'a>) -> Rc<Region> {
        let key = mask.cache_key();
        if let Some(region) = self.masks.get(&key) {
            return Rc::clone(region);
        }
        let (rows, resolution) = (self.sheet.rows(), self.sheet.resolution());
        if self.depth >= DEPTH_MAX {
            return Rc::new(Region::rectangle((0, WIDTH_PELS), (0, rows)));
        }
        let mut inner = Recorder::new(rows, resolution, self.tools);
        inner.depth = self.depth + 1;
        mask.interpret(&mut inner);
        let by_light = mask.mask_type() == MaskType::Luminosity;
        let [red, green, blue, _] = mask.background_color().to_rgba().to_rgba8();
        let starts_light = by_light && luma([red, green, blue]) >= 96;
        let region = Rc::new(inner.sheet.mask(by_light, starts_light));
        self.masks.insert(key, Rc::clone(&region));
        region
    }

    /// The colour that is seen at a place, and whether what is below shows through.
    fn seen_colour(&self, colour: Colour, alpha: f32, blend: BlendMode, at: (i32, i32)) -> (Colour, bool) {
        let group = self.group();
        let alpha = (alpha * group.alpha).clamp(0.0, 1.0);
        let darkens = group.darkens || is_darkening(blend);
        if alpha > 0.98 && !darkens && blend == BlendMode::Normal {
            return (colour, true);
        }
        let under = self.sheet.colour_of(self.sheet.behind(at.0, at.1));
        let mut seen = under;
        for ((seen, over), under) in seen.iter_mut().zip(colour).zip(under) {
            let (over, under) = (f32::from(over) / 255.0, f32::from(under) / 255.0);
            let mixed = match blend {
                _ if darkens => over * under,
                BlendMode::Screen | BlendMode::Lighten | BlendMode::ColorDodge => over + under - over * under,
                BlendMode::Difference | BlendMode::Exclusion => (over - under).abs(),
                _ => over,
            };
            // Between 0 and 255.
            *seen = ((under + (mixed - under) * alpha) * 255.0).round() as u8;
        }
        (seen, alpha > 0.9 && !darkens)
    }

    /// Colour and opacity of a paint that has one colour, or nearly.
    fn colour<'a>(&mut self, paint: &Paint<'a>, extent: Rect) -> (Colour, f32, bool) {
        match paint {
            Paint::Color(colour) => {
                let [red, green, blue, alpha] = colour.to_rgba().to_rgba8();
                ([red, green, blue], f32::from(alpha) / 255.0, false)
            }
            Paint::Pattern(pattern) => match &**pattern {
                Pattern::Shading(shading) => {
                    let (colour, alpha) = self.shading(shading, extent);
                    (colour, alpha, true)
                }
                Pattern::Tiling(tiling) => ([96; 3], tiling.opacity, true),
            },
        }
    }

    /// The mean colour of a shading.
    fn shading(&mut self, shading: &ShadingPattern, extent: Rect) -> (Colour, f32) {
        let page = Rect::new(0.0, 0.0, f64::from(WIDTH_PELS), f64::from(self.sheet.rows()));
        let extent = extent.intersect(page);
        let key = shading.cache_key();
        if let Some(known) = self.shadings.get(&key) {
            return *known;
        }
        let encoded = shading.encode();
        let (mut sums, mut count) = ([0.0f32; 4], 0.0f32);
        const POINTS: u32 = 9;
        for row in 0..POINTS {
            for column in 0..POINTS {
                let part = |at: u32| (f64::from(at) + 0.5) / f64::from(POINTS);
                let at = Point::new(extent.x0 + extent.width() * part(column), extent.y0 + extent.height() * part(row));
                let [red, green, blue, alpha] = encoded.sample(encoded_point(&encoded, at));
                for (sum, value) in sums.iter_mut().zip([red * alpha, green * alpha, blue * alpha, alpha]) {
                    *sum += value;
                }
                count += 1.0;
            }
        }
        let [red, green, blue, alpha] = sums;
        // Casts saturate.
        let byte = |value: f32| (value / alpha.max(1e-3) * 255.0).round() as u8;
        let mean = if alpha > 0.0 { ([byte(red), byte(green), byte(blue)], alpha / count) } else { (WHITE, 0.0) };
        self.shadings.insert(key, mean);
        mean
    }

    /// Fills a region, whatever it turns out to be.
    fn fill<'a>(&mut self, region: Region, props: &DrawProps<'a>, extent: Rect, rectangle: Option<Rect>) {
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
    fn joins_last(&mut self, rectangle: Rect, colour: Colour, region: &Region) -> bool {
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
    fn thickness_mm(&self, region: &Region) -> f64 {
        let area = region.area() as f64;
        let columns = region.columns();
        let across = area / (region.len().max(1) as f64);
        let down = area / f64::from((columns.1 - columns.0).max(1));
        let lines_per_mm = f64::from(self.sheet.resolution().lines_per_metre()) / 1000.0;
        (across / crate::geometry::PELS_PER_MM).min(down / lines_per_mm)
    }

    /// Draws the tiles of a pattern within a region, unless there are too many.
    fn tile(&mut self, tiling: &TilingPattern<'_>, region: &Region, is_stroke: bool) -> bool {
        if self.depth >= DEPTH_MAX {
            return false;
        }
        let (columns, rows) = (region.columns(), region.rows());
        let extent = Rect::new(columns.0.into(), rows.start.into(), columns.1.into(), rows.end.into());
        let area = tiling.matrix.inverse().transform_rect_bbox(extent);
        let (step_x, step_y) = (f64::from(tiling.x_step).abs(), f64::from(tiling.y_step).abs());
        let first = |low: f64, tile_end: f64, step: f64| ((low - tile_end) / step).floor();
        let last = |high: f64, tile_begin: f64, step: f64| ((high - tile_begin) / step).ceil();
        let (x0, x1) = (first(area.x0, tiling.bbox.x1, step_x), last(area.x1, tiling.bbox.x0, step_x));
        let (y0, y1) = (first(area.y0, tiling.bbox.y1, step_y), last(area.y1, tiling.bbox.y0, step_y));
        let tiles = (x1 - x0 + 1.0) * (y1 - y0 + 1.0);
        if !tiles.is_finite() || tiles > TILES_MAX {
            return false;
        }
        self.clips.push(Rc::new(region.clone()));
        self.depth += 1;
        let group = self.group();
        self.groups.push(Group { alpha: group.alpha * tiling.opacity, ..group });
        // Bounded by the number of tiles.
        for row in y0 as i64..=y1 as i64 {
            for column in x0 as i64..=x1 as i64 {
                let offset = Affine::translate((column as f64 * step_x, row as f64 * step_y));
                tiling.interpret(self, tiling.matrix * offset, is_stroke);
            }
        }
        self.groups.pop();
        self.depth -= 1;
        self.clips.pop();
        true
    }

    fn fill_path<'a>(&mut self, path: &BezPath, props: &DrawProps<'a>, rule: FillRule) {
        let extent = props.transform.transform_rect_bbox(path.control_box());
        let transform = props.transform;
        let within = self.bounds();
        let region = self.tools.raster.fill(path.iter().map(|element| transform * element), rule, within);
        self.fill(region, props, extent, None);
    }

    fn stroke_path<'a>(&mut self, path: &BezPath, props: &DrawProps<'a>, stroke: &StrokeProps) {
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

    fn fill_rect<'a>(&mut self, rect: &Rect, props: &DrawProps<'a>) {
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

    fn letters<'a>(&mut self, run: &GlyphRun<'_, 'a>, props: &DrawProps<'a>) {
        let hint = run.writing_mode() == WritingMode::Horizontal;
        let mut letters = Vec::with_capacity(run.glyphs().len());
        let mut shapes = Vec::new();
        let mut extent = Rect::ZERO;
        for glyph in run.glyphs() {
            match &**glyph {
                Glyph::Type3(letter) => {
                    let was = std::mem::replace(&mut self.in_letter, true);
                    self.depth += 1;
                    if self.depth < DEPTH_MAX {
                        letter.interpret(self, props.transform, glyph.transform(), &props.paint);
                    }
                    self.depth -= 1;
                    self.in_letter = was;
                }
                Glyph::Outline(outline) => {
                    let transform = props.transform * glyph.transform();
                    let tools = &mut *self.tools;
                    match tools.stamps.stamp(outline, transform, hint, &mut tools.raster) {
                        Some((stamp, x, y)) => {
                            if stamp.missing {
                                self.findings.missing_glyphs += u32::from(is_visible(outline));
                            }
                            if stamp.ink == 0 {
                                continue;
                            }
                            let ((left, right), (top, bottom)) = stamp.extent(x, y);
                            let here = Rect::new(left.into(), top.into(), right.into(), bottom.into());
                            extent = if letters.is_empty() { here } else { extent.union(here) };
                            letters.push(Letter { stamp, x, y });
                        }
                        None => shapes.push(transform * outline.outline()),
                    }
                }
            }
        }
        self.count_letters(run, props, letters.len());
        for shape in shapes {
            let props = DrawProps { transform: Affine::IDENTITY, ..props.clone() };
            self.fill_path(&shape, &props, FillRule::NonZero);
        }
        if letters.is_empty() {
            return;
        }
        self.last_fill = None;
        let (colour, alpha, _) = self.colour(&props.paint, extent);
        if alpha * self.group().alpha < 0.02 {
            return;
        }
        let middle = extent.center();
        // Casts saturate.
        let (seen, _) = self.seen_colour(colour, alpha, props.blend_mode, (middle.x as i32, middle.y as i32));
        let clip = self.clip();
        let clamp = |x: f64, high: f64| x.clamp(0.0, high);
        let page_rows = f64::from(self.sheet.rows());
        let columns = (clamp(extent.x0, WIDTH_PELS.into()) as u16, clamp(extent.x1, WIDTH_PELS.into()) as u16);
        let rows = (clamp(extent.y0, page_rows) as u32, clamp(extent.y1, page_rows) as u32);
        if props.soft_mask.is_none() && clip.contains_rectangle(columns, rows) {
            self.sheet.write(letters.into_iter(), seen);
            return;
        }
        let page = Region::rectangle((0, WIDTH_PELS), (0, self.sheet.rows()));
        for letter in letters {
            let region = letter.stamp.region(letter.x, letter.y).intersect(&page);
            let region = self.seen(region, props.soft_mask.as_ref());
            self.sheet.ink(region, seen, false);
        }
    }

    /// Notes how large letters are.
    fn count_letters<'a>(&mut self, run: &GlyphRun<'_, 'a>, props: &DrawProps<'a>, count: usize) {
        let Some(first) = run.glyphs().first() else { return };
        let [_, b, _, d, _, _] = (props.transform * first.transform()).as_coeffs();
        let lines_per_mm = f64::from(self.sheet.resolution().lines_per_metre()) / 1000.0;
        let mm = if d.abs() >= b.abs() { d.abs() * 1000.0 / lines_per_mm } else { b.abs() * 1000.0 / lines_per_mm };
        let count = u32::try_from(count).unwrap_or(u32::MAX);
        self.findings.letters = self.findings.letters.saturating_add(count);
        let smallest = match self.sheet.resolution() {
            Resolution::Standard => 2.4,
            Resolution::Fine | Resolution::Superfine => 1.7,
        };
        if mm < smallest {
            self.findings.small_letters = self.findings.small_letters.saturating_add(count);
        }
    }

    fn outline_letters<'a>(&mut self, run: &GlyphRun<'_, 'a>, props: &DrawProps<'a>, stroke: &StrokeProps) {
        for glyph in run.glyphs() {
            match &**glyph {
                Glyph::Outline(outline) => {
                    let path = glyph.transform() * outline.outline();
                    self.stroke_path(&path, props, stroke);
                }
                Glyph::Type3(letter) => letter.interpret(self, props.transform, glyph.transform(), &props.paint),
            }
        }
    }
}

/// A shading is asked in its own space.
fn encoded_point(encoded: &hayro::hayro_interpret::encode::EncodedShadingPattern, at: Point) -> Point {
    encoded.base_transform * at
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

fn is_darkening(blend: BlendMode) -> bool {
    matches!(blend, BlendMode::Multiply | BlendMode::Darken | BlendMode::ColorBurn)
}

/// A character that has a shape.
fn is_visible(glyph: &OutlineGlyph) -> bool {
    // Soft hyphens and joiners have no shape of their own.
    let shows = |char: char| {
        !char.is_whitespace() && !char.is_control() && !matches!(char, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{feff}')
    };
    match glyph.as_unicode() {
        Some(BfString::Char(char)) => shows(char),
        Some(BfString::String(text)) => text.chars().any(shows),
        None => false,
    }
}

impl<'a> Device<'a> for Recorder<'_> {
    fn draw_path(&mut self, path: &BezPath, props: DrawProps<'a>, draw_mode: &DrawMode) {
        match draw_mode {
            DrawMode::Fill(rule) => self.fill_path(path, &props, *rule),
            DrawMode::Stroke(stroke) => self.stroke_path(path, &props, stroke),
            DrawMode::FillAndStroke(rule, stroke) => {
                self.fill_path(path, &props, *rule);
                self.stroke_path(path, &props, stroke);
            }
            DrawMode::Invisible => {}
        }
    }

    fn draw_rect(&mut self, rect: &Rect, props: DrawProps<'a>, draw_mode: &DrawMode) {
        match draw_mode {
            DrawMode::Fill(_) => self.fill_rect(rect, &props),
            DrawMode::Stroke(stroke) => self.stroke_path(&rect.to_path(0.1), &props, stroke),
            DrawMode::FillAndStroke(_, stroke) => {
                self.fill_rect(rect, &props);
                self.stroke_path(&rect.to_path(0.1), &props, stroke);
            }
            DrawMode::Invisible => {}
        }
    }

    fn push_clip_path(&mut self, clip_path: &ClipPath) {
        let within = self.bounds();
        let region = self.tools.raster.fill(clip_path.path.iter(), clip_path.fill, within);
        let region = self.clip().intersect(&region);
        self.clips.push(Rc::new(region));
    }

    fn push_clip_rect(&mut self, rect: &Rect) {
        let bounds = self.bounds();
        // A pel that is cut through still shows what is in it: edges of fills are where they are without the clip.
        let outer = |from: f64, to: f64, (low, high): (i32, i32)| {
            let clamp = |at: f64| at.clamp(low.into(), high.into()) as u16;
            (clamp((from + 0.25).floor()), clamp((to - 0.25).ceil()))
        };
        let columns = outer(rect.x0, rect.x1, bounds.columns);
        let rows = outer(rect.y0, rect.y1, bounds.rows);
        let region = Region::rectangle(columns, (rows.0.into(), rows.1.into()));
        let region = self.clip().intersect(&region);
        self.clips.push(Rc::new(region));
    }

    fn push_transparency_group(&mut self, opacity: f32, mask: Option<SoftMask<'a>>, blend_mode: BlendMode) {
        let group = self.group();
        if let Some(mask) = &mask {
            let region = self.mask(mask).intersect(&self.clip());
            self.clips.push(Rc::new(region));
        }
        self.groups.push(Group {
            alpha: group.alpha * opacity,
            darkens: group.darkens || is_darkening(blend_mode),
            clipped: mask.is_some(),
        });
    }

    fn draw_glyph_run(&mut self, run: &GlyphRun<'_, 'a>, props: DrawProps<'a>, draw_mode: &DrawMode) {
        match draw_mode {
            DrawMode::Fill(_) => self.letters(run, &props),
            DrawMode::Stroke(stroke) => self.outline_letters(run, &props, stroke),
            DrawMode::FillAndStroke(_, stroke) => {
                self.letters(run, &props);
                self.outline_letters(run, &props, stroke);
            }
            DrawMode::Invisible => {}
        }
    }

    fn draw_image(&mut self, image: Image<'a, '_>, props: ImageDrawProps<'a>) {
        self.last_fill = None;
        if self.group().alpha < 0.02 {
            return;
        }
        let (rows, resolution) = (self.sheet.rows(), self.sheet.resolution());
        match image {
            Image::Stencil(stencil) => {
                let drawn = pictures::stencil(&stencil, props.transform, (rows, resolution), &mut self.findings);
                let Some((region, paint)) = drawn else { return };
                let extent = Rect::new(0.0, 0.0, f64::from(WIDTH_PELS), f64::from(rows));
                let was = self.in_letter;
                // One colour all over is a fill; else it is a drawing.
                self.in_letter |= !region.is_rectangle();
                let props = DrawProps {
                    transform: Affine::IDENTITY,
                    paint,
                    soft_mask: props.soft_mask,
                    blend_mode: props.blend_mode,
                };
                self.fill(region, &props, extent, None);
                self.in_letter = was;
            }
            Image::Raster(raster) => {
                let target = self.sheet.pictures();
                let (tools, findings) = (&*self.tools, &mut self.findings);
                let drawn = pictures::raster(&raster, props.transform, resolution, tools, target, findings);
                let Some(picture) = drawn else { return };
                let region = self.seen(picture.region, props.soft_mask.as_ref());
                self.sheet.ground(Ground {
                    region,
                    colour: [picture.luma; 3],
                    opaque: true,
                    veil: true,
                    is_picture: !picture.plain,
                    mixed: !picture.plain,
                    behind: None,
                    over_text: false,
                    lighter: 0,
                    darker: 0,
                    out: Out::White,
                });
            }
        }
    }

    fn pop_clip(&mut self) {
        if self.clips.len() > 1 {
            self.clips.pop();
        }
    }

    fn pop_transparency_group(&mut self) {
        if self.groups.len() > 1
            && let Some(group) = self.groups.pop()
            && group.clipped
        {
            self.clips.pop();
        }
    }
}
