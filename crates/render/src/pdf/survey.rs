//! A look at a page before it is drawn: where its pictures are, and what its fonts can't show.

use std::collections::HashMap;

use ferrofax_fax::page::WIDTH_PELS;
use hayro::hayro_interpret::font::{Glyph, GlyphId, GlyphIdentifier, GlyphRun};
use hayro::hayro_interpret::hayro_cmap::BfString;
use hayro::hayro_interpret::hayro_syntax::page::Page;
use hayro::hayro_interpret::{
    BlendMode, ClipPath, Context, Device, DrawMode, DrawProps, Image, ImageDrawProps, InterpreterCache,
    InterpreterSettings, SoftMask, interpret_page,
};
use hayro::kurbo::{Affine, BezPath, Rect};

use crate::two_tone::Area;

/// Pictures noted of a page; beyond, the whole page counts as one. So it does when they lie on each other ever so often.
const PICTURES_MAX: usize = 1024;
/// Rows of all pictures together, for the same reason.
const PICTURE_ROWS_MAX: usize = 20_000;

#[derive(Default)]
pub(super) struct Survey {
    pub(super) pictures: Vec<Area>,
    pub(super) missing_glyphs: u32,
}

pub(super) fn survey(page: &Page<'_>, transform: Affine, settings: &InterpreterSettings, rows: u32) -> Survey {
    let target = Rect::new(0.0, 0.0, f64::from(WIDTH_PELS), f64::from(rows));
    let cache = InterpreterCache::new();
    let mut context = Context::new(transform, target, &cache, page.xref(), settings.clone());
    let mut surveyor = Surveyor { target, survey: Survey::default(), empty: HashMap::new() };
    interpret_page(page, &mut context, &mut surveyor);
    let mut survey = surveyor.survey;
    let picture_rows: usize = survey.pictures.iter().map(|area| area.rows.1 - area.rows.0).sum();
    if survey.pictures.len() > PICTURES_MAX || picture_rows > PICTURE_ROWS_MAX {
        survey.pictures = vec![Area { columns: (0, usize::from(WIDTH_PELS)), rows: (0, rows as usize) }];
    }
    survey
}

struct Surveyor {
    target: Rect,
    survey: Survey,
    /// Whether a glyph has no outline.
    empty: HashMap<GlyphIdentifier, bool>,
}

impl<'a> Device<'a> for Surveyor {
    fn draw_image(&mut self, image: Image<'a, '_>, props: ImageDrawProps<'a>) {
        // A stencil is one colour.
        if matches!(image, Image::Stencil(_)) || self.survey.pictures.len() > PICTURES_MAX {
            return;
        }
        let pels = Rect::new(0.0, 0.0, f64::from(image.width()), f64::from(image.height()));
        let seen = props.transform.transform_rect_bbox(pels).intersect(self.target);
        if seen.width() >= 1.0 && seen.height() >= 1.0 {
            // Within the target, so small and not negative.
            self.survey.pictures.push(Area {
                columns: (seen.x0 as usize, seen.x1.ceil() as usize),
                rows: (seen.y0 as usize, seen.y1.ceil() as usize),
            });
        }
    }

    fn draw_glyph_run(&mut self, run: &GlyphRun<'_, 'a>, _: DrawProps<'a>, mode: &DrawMode) {
        if matches!(mode, DrawMode::Invisible) {
            return;
        }
        for glyph in run.glyphs() {
            // A Type 3 glyph is drawn by the document itself.
            let Glyph::Outline(outline) = &**glyph else { continue };
            let visible = match outline.as_unicode() {
                Some(BfString::Char(char)) => is_visible(char),
                Some(BfString::String(text)) => text.chars().any(is_visible),
                None => false,
            };
            if !visible {
                continue;
            }
            let empty = outline.glyph_id() == GlyphId::NOTDEF
                || *self.empty.entry(outline.identifier()).or_insert_with(|| outline.outline().is_empty());
            self.survey.missing_glyphs = self.survey.missing_glyphs.saturating_add(u32::from(empty));
        }
    }

    fn draw_path(&mut self, _: &BezPath, _: DrawProps<'a>, _: &DrawMode) {}
    fn push_clip_path(&mut self, _: &ClipPath) {}
    fn push_transparency_group(&mut self, _: f32, _: Option<SoftMask<'a>>, _: BlendMode) {}
    fn pop_clip(&mut self) {}
    fn pop_transparency_group(&mut self) {}
}

fn is_visible(char: char) -> bool {
    // Soft hyphens and joiners have no shape of their own.
    !char.is_whitespace() && !char.is_control() && !matches!(char, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{feff}')
}
