//! What `blitz` paints, as a [`Display`].

use std::collections::HashMap;
use std::sync::Arc;

use anyrender::recording::RenderCommand;
use anyrender::{Paint, Scene};
use blitz_dom::BaseDocument;
use hayro::kurbo::{self, Affine, BezPath, PathEl, Point, Rect, Shape as _};
use parley::FontData;
use skrifa::instance::{LocationRef, Size};
use skrifa::{FontRef, MetadataProvider as _};

use super::cut::Span;
use super::display::{Clip, Colour, Display, Item, Text, What};
use crate::picture::Raster;

/// How far a curve of a stroke may be off, in CSS pixels.
const TOLERANCE: f64 = 0.1;
/// Layouts are not looked at below this, in CSS pixels: 1000 pages and more.
const HEIGHT_MAX: f64 = 2_000_000.0;

/// Paints a document that is laid out.
pub(super) fn record(document: &mut BaseDocument, width: f64) -> Display {
    let size = document.root_element().final_layout().size;
    let overflow = *document.root_element().scrollable_overflow();
    let height = f64::from(size.height).max(overflow.y1).clamp(1.0, HEIGHT_MAX);
    let right = overflow.x1.clamp(width, width * 8.0);
    let mut scene = Scene::new();
    // Clamped above.
    blitz_paint::paint_scene(&mut scene, document, 1.0, right.ceil() as u32, height.ceil() as u32, 0, 0);
    let mut recorder = Recorder { page: Rect::new(0.0, 0.0, right, height), ..Recorder::default() };
    recorder.layers.push(Layer { clip: None, alpha: 1.0 });
    for command in scene.commands {
        recorder.command(command);
    }
    let mut display = recorder.display;
    // What counts is what can be seen: backgrounds fill any height by themselves.
    let seen = |item: &&Item| !matches!(item.what, What::Ground { .. });
    let shown = display.items.iter().filter(seen).map(|item| item.bounds);
    display.width = shown.clone().map(|bounds| bounds.x1).fold(0.0, f64::max);
    // What shows nothing, such as a picture that is not to be had, is a blank page.
    let lowest = shown.map(|bounds| bounds.y1).fold(0.0, f64::max);
    display.height = f64::from(size.height).max(lowest).clamp(1.0, HEIGHT_MAX);
    display
}

#[derive(Clone, Copy)]
struct Layer {
    clip: Option<usize>,
    alpha: f32,
}

#[derive(Default)]
struct Recorder {
    display: Display,
    page: Rect,
    layers: Vec<Layer>,
    /// Ascent and descent of a font, in ems.
    metrics: HashMap<(u64, u32), (f64, f64)>,
    /// By the id of the picture's data.
    pictures: HashMap<u64, Arc<Raster>>,
}

impl Recorder {
    fn layer(&self) -> Layer {
        self.layers.last().copied().unwrap_or(Layer { clip: None, alpha: 1.0 })
    }

    fn push(&mut self, what: What, bounds: Rect) {
        let clip = self.layer().clip;
        let seen = clip.and_then(|clip| self.display.clips.get(clip)).map_or(self.page, |clip| clip.bounds);
        // Lines have no area, but are seen.
        let within = bounds.intersect(seen);
        if within.is_finite()
            && bounds.x0 <= seen.x1
            && bounds.x1 >= seen.x0
            && bounds.y0 <= seen.y1
            && bounds.y1 >= seen.y0
        {
            self.display.items.push(Item { what, bounds: within, clip });
        }
    }

    fn open(&mut self, mut path: BezPath, transform: Affine, alpha: f32) {
        path.apply_affine(transform);
        let above = self.layer();
        let parent = above.clip;
        let within = parent.and_then(|clip| self.display.clips.get(clip)).map_or(self.page, |clip| clip.bounds);
        let bounds = path.bounding_box().intersect(within);
        self.display.clips.push(Clip { path, bounds, parent });
        self.layers.push(Layer { clip: Some(self.display.clips.len() - 1), alpha: above.alpha * alpha });
    }

    fn command(&mut self, command: RenderCommand) {
        match command {
            RenderCommand::PushLayer(layer) => self.open(layer.clip, layer.transform, layer.alpha),
            RenderCommand::PushClipLayer(layer) => self.open(layer.clip, layer.transform, 1.0),
            RenderCommand::PopLayer => {
                self.layers.pop();
            }
            RenderCommand::Stroke(stroke) => {
                let path = kurbo::stroke(&stroke.shape, &stroke.style, &kurbo::StrokeOpts::default(), TOLERANCE);
                self.fill(path, stroke.transform, &stroke.brush, stroke.brush_transform);
            }
            RenderCommand::Fill(fill) => self.fill(fill.shape, fill.transform, &fill.brush, fill.brush_transform),
            RenderCommand::GlyphRun(run) => {
                let Some(colour) = self.colour(&run.brush, run.brush_alpha) else { return };
                let size = f64::from(run.font_size);
                let glyphs: Vec<(u32, Point)> =
                    run.glyphs.iter().map(|glyph| (glyph.id, Point::new(glyph.x.into(), glyph.y.into()))).collect();
                let em = run.glyph_transform.unwrap_or_default() * Affine::scale_non_uniform(size, -size);
                self.text(
                    Text {
                        font: run.font_data,
                        coordinates: run.normalized_coords,
                        colour,
                        em,
                        map: run.transform,
                        glyphs,
                    },
                    size,
                );
            }
            // Decoration that two tones can't show.
            RenderCommand::BoxShadow(_) => {}
        }
    }

    fn text(&mut self, text: Text, size: f64) {
        let (Some((_, first)), Some((_, last))) = (text.glyphs.first(), text.glyphs.last()) else { return };
        let missing = text.glyphs.iter().filter(|(glyph, _)| *glyph == 0).count();
        self.display.missing = self.display.missing.saturating_add(u32::try_from(missing).unwrap_or(u32::MAX));
        let (ascent, descent) = self.metrics(&text.font);
        let line = Rect::new(
            first.x.min(last.x),
            first.y - ascent * size,
            // The last letter's width is not known here; no matter.
            first.x.max(last.x) + size * 0.6,
            first.y + descent * size,
        );
        let bounds = text.map.transform_rect_bbox(line);
        self.display.spans.solid.push(Span { top: bounds.y0, bottom: bounds.y1 });
        self.push(What::Text(text), bounds);
    }

    fn metrics(&mut self, font: &FontData) -> (f64, f64) {
        *self.metrics.entry((font.data.id(), font.index)).or_insert_with(|| {
            let Ok(font) = FontRef::from_index(font.data.as_ref(), font.index) else { return (1.0, 0.25) };
            let metrics = font.metrics(Size::unscaled(), LocationRef::default());
            let units = f64::from(metrics.units_per_em.max(1));
            (f64::from(metrics.ascent) / units, f64::from(-metrics.descent) / units)
        })
    }

    fn fill(&mut self, mut path: BezPath, transform: Affine, brush: &Paint, brush_transform: Option<Affine>) {
        // A fill closes what is open, but area and winding don't.
        if path.elements().last().is_some_and(|last| !matches!(last, PathEl::ClosePath)) {
            path.close_path();
        }
        match brush {
            Paint::Image(image) => {
                let data = &image.image;
                let (width, height) = (data.width, data.height);
                let raster = Arc::clone(
                    self.pictures
                        .entry(data.data.id())
                        .or_insert_with(|| Arc::new(raster(width, height, data.data.as_ref()))),
                );
                path.apply_affine(transform);
                let map = transform * brush_transform.unwrap_or_default();
                let bounds = path.bounding_box();
                let whole = map.transform_rect_bbox(Rect::new(0.0, 0.0, width.into(), height.into()));
                if brush_transform.is_none() {
                    self.display.spans.solid.push(Span { top: bounds.y0, bottom: bounds.y1 });
                    self.push(What::Picture { raster, map }, bounds);
                } else {
                    self.open(path, Affine::IDENTITY, 1.0);
                    self.push(What::Ground { raster, map }, whole.intersect(bounds));
                    self.layers.pop();
                }
            }
            brush => {
                let Some(colour) = self.colour(brush, 1.0) else { return };
                path.apply_affine(transform);
                let bounds = path.bounding_box();
                self.push(What::Shape { path, colour }, bounds);
            }
        }
    }

    /// What a brush looks like on the whole; none if nothing is seen of it.
    fn colour(&self, brush: &Paint, alpha: f32) -> Option<Colour> {
        let [red, green, blue, opacity] = match brush {
            Paint::Solid(colour) => colour.components,
            Paint::Gradient(gradient) => {
                let mut mean = [0.0; 4];
                for stop in gradient.stops.iter() {
                    for (sum, part) in mean.iter_mut().zip(stop.color.components) {
                        *sum += part / gradient.stops.len() as f32;
                    }
                }
                mean
            }
            _ => return None,
        };
        let alpha = opacity * alpha * self.layer().alpha;
        let rgb = [red, green, blue].map(|part| part.clamp(0.0, 1.0) * 255.0);
        (alpha > 0.02).then_some(Colour { rgb, alpha: alpha.min(1.0) })
    }
}

/// Rows of red, green, blue and opacity as the picture module takes them.
fn raster(width: u32, height: u32, rgba: &[u8]) -> Raster {
    let (pixels, _) = rgba.as_chunks::<4>();
    let rgb: Vec<u8> = pixels.iter().flat_map(|&[red, green, blue, _]| [red, green, blue]).collect();
    let mut raster = Raster::rgb(width, height, &rgb);
    if pixels.iter().any(|&[.., alpha]| alpha < 255) {
        raster.alpha = Some(pixels.iter().map(|&[.., alpha]| alpha).collect());
    }
    raster
}
