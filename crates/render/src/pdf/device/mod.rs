//! What the interpreter tells becomes things on a [`Sheet`].
//!
//! Letters are stamps ([`letters`]), thin things lines, fills grounds ([`fill`], [`tiles`]); pictures go to `picture` ([`images`]). Transparency
//! is taken for what it does to a fax: a translucent fill has the colour that is seen ([`colour`]), and letters below it stay; a soft
//! mask cuts where it is half open ([`clip`]); groups pass their opacity on to what is in them.

mod clip;
mod colour;
mod fill;
mod images;
mod letters;
mod tiles;

use std::collections::HashMap;
use std::rc::Rc;

use ferrofax_fax::page::{Bitmap, Resolution, WIDTH_PELS};
use hayro::hayro_interpret::font::GlyphRun;
use hayro::hayro_interpret::{BlendMode, ClipPath, Device, DrawMode, DrawProps, Image, ImageDrawProps, SoftMask};
use hayro::kurbo::{BezPath, Rect, Shape};

use super::glyphs::Stamps;
use super::ground::Colour;
use super::pictures::Scan;
use super::raster::Raster;
use super::region::Region;
use super::sheet::Sheet;
use colour::is_darkening;

/// Patterns and masks within each other.
const DEPTH_MAX: u32 = 6;

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
    /// The last picture, if it may be the scan of a page.
    scan: Option<Scan>,
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
            scan: None,
        }
    }

    /// The page. A scan is laid straight if nothing else is there, that would be no more where it belongs.
    pub(super) fn finish(mut self) -> Bitmap {
        if let Some(scan) = self.scan.take().filter(|_| self.sheet.is_one_picture()) {
            let resolution = self.sheet.resolution();
            let pictures = self.sheet.pictures();
            if let Some(straight) = scan.straightened(resolution, pictures) {
                *pictures = straight;
            }
        }
        self.sheet.finish()
    }

    fn group(&self) -> Group {
        self.groups.last().copied().unwrap_or(Group { alpha: 1.0, darkens: false, clipped: false })
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
        // The frame of a pattern's tile comes as a path: as such it would cut off the row it shares with the next tile.
        if let Some(rect) = clip::upright(&clip_path.path) {
            return self.push_clip_rect(&rect);
        }
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
        match image {
            Image::Stencil(stencil) => self.stencil(&stencil, props),
            Image::Raster(raster) => self.raster(&raster, &props),
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
