//! A part of a line from text to glyphs with places, by `parley`.

use std::borrow::Cow;
use std::cell::RefCell;

use ferrofax_fax::page::Bitmap;
use parley::style::{FontFamily, FontFamilyName, StyleProperty};
use parley::{FontContext, FontData, Layout, LayoutContext, PositionedLayoutItem};

use super::glyph::{Glyphs, Grid};
use crate::fonts;

/// Asked in this order; what they lack comes from the others of the library.
const FAMILIES: [&str; 2] = ["DejaVu Sans", "Liberation Sans"];
/// Between tab stops: 20 mm.
const TAB_PELS: f32 = 160.0;
/// A longer part is cut before it is set: no line shows as many.
const PART_CHARS_MAX: usize = 500;

/// A part of a line, set at its full width.
#[derive(Default)]
pub(super) struct Part {
    /// In pels.
    pub(super) width: f32,
    glyphs: Vec<Placed>,
}

/// A glyph and where it stands: pels right of the part's beginning, and above the base line.
struct Placed {
    font: FontData,
    glyph: u32,
    x: f32,
    y: f32,
}

/// Sets text and draws it; keeps what it has drawn.
pub(super) struct Setter {
    fonts: FontContext,
    layouts: LayoutContext<()>,
    layout: Layout<()>,
    glyphs: Glyphs,
    missing: u32,
}

/// Lends the setter of this thread, which knows the glyphs of former bands.
pub(super) fn with_setter<T>(run: impl FnOnce(&mut Setter) -> T) -> T {
    thread_local! {
        static SETTER: RefCell<Option<Setter>> = const { RefCell::new(None) };
    }
    SETTER.with_borrow_mut(|kept| {
        run(kept.get_or_insert_with(|| Setter {
            fonts: fonts::library().context(),
            layouts: LayoutContext::new(),
            layout: Layout::new(),
            glyphs: Glyphs::default(),
            missing: 0,
        }))
    })
}

impl Setter {
    /// Characters since the last call that no font has.
    pub(super) fn take_missing_glyphs(&mut self) -> u32 {
        std::mem::take(&mut self.missing)
    }

    /// Sets a part in letters of `em` pels.
    pub(super) fn set(&mut self, text: &str, em: f32) -> Part {
        match text.char_indices().nth(PART_CHARS_MAX) {
            Some((end, _)) => self.set_whole(&format!("{}…", &text[..end]), em),
            None => self.set_whole(text, em),
        }
    }

    /// As [`Setter::set`], with as much of the end left out, for "…", that it is no wider than so many pels.
    pub(super) fn cut(&mut self, text: &str, em: f32, width: f32) -> Part {
        let ends: Vec<usize> = text.char_indices().map(|(at, _)| at).take(PART_CHARS_MAX).collect();
        let mut shorten = |kept: usize| {
            let end = ends.get(kept).copied().unwrap_or(0);
            self.set_whole(&format!("{}…", text[..end].trim_end()), em)
        };
        let (mut fits, mut too_many) = (0, ends.len());
        while fits + 1 < too_many {
            let middle = fits.midpoint(too_many);
            if shorten(middle).width <= width { fits = middle } else { too_many = middle }
        }
        shorten(fits)
    }

    fn set_whole(&mut self, text: &str, em: f32) -> Part {
        let mut part = Part::default();
        for (column, piece) in text.split('\t').enumerate() {
            if column > 0 {
                part.width = ((part.width / TAB_PELS).floor() + 1.0) * TAB_PELS;
            }
            if !piece.is_empty() {
                self.append(piece, em, &mut part);
            }
        }
        part
    }

    fn append(&mut self, piece: &str, em: f32, part: &mut Part) {
        let families = FAMILIES.map(FontFamilyName::named);
        let mut builder = self.layouts.ranged_builder(&mut self.fonts, piece, 1.0, false);
        builder.push_default(StyleProperty::FontFamily(FontFamily::List(Cow::Borrowed(&families))));
        builder.push_default(StyleProperty::FontSize(em));
        builder.build_into(&mut self.layout, piece);
        self.layout.break_all_lines(None);
        let begin = part.width;
        for line in self.layout.lines() {
            for item in line.items() {
                let PositionedLayoutItem::GlyphRun(run) = item else { continue };
                let font = run.run().font();
                part.glyphs.extend(run.positioned_glyphs().map(|glyph| Placed {
                    font: font.clone(),
                    glyph: glyph.id,
                    x: begin + glyph.x,
                    y: run.baseline() - glyph.y,
                }));
            }
        }
        part.width += self.layout.full_width();
    }

    /// Draws a part: its beginning, the row of its base line, and how much of its width it is to have.
    pub(super) fn draw(&mut self, part: &Part, to: &mut Bitmap, begin: f32, base: u32, narrowed: f32, grid: Grid) {
        let rows_per_pel = f32::from(grid.em_rows) / (f32::from(grid.em_pels_16) / 16.0 / narrowed);
        for placed in &part.glyphs {
            self.missing = self.missing.saturating_add(u32::from(placed.glyph == 0));
            let pels = self.glyphs.get(&placed.font, placed.glyph, grid);
            let x = (begin + placed.x * narrowed).round() as i32;
            let y = base as i32 - (placed.y * rows_per_pel).round() as i32;
            for &(right, down) in pels.iter() {
                let (x, y) = (x + i32::from(right), y + i32::from(down));
                if let (Ok(x), Ok(y)) = (u16::try_from(x), u32::try_from(y)) {
                    to.set_black(x, y);
                }
            }
        }
    }
}
