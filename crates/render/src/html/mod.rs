//! HTML to pages: 10 mm of margin, or what the document asks for, around what a browser would print, cut into pages between lines.
//!
//! The way of a document: its bytes become text (`charset`, `source`), its margins are found (`sheet`), it becomes a tree with a style
//! sheet for old-style attributes (`dom`, `old`), a list of what is to be seen (`record`, `display`); each thing of that becomes black
//! or white (`ground`), the list is cut (`cut`) and each part drawn onto the fax grid (`paint`). What it refers to is in `data:` URLs,
//! or fetched (`resources`). A CSS pixel is 1/96 in; what is wider than the sheet shrinks.
//!
//! Left out: scripts, shadows, the shades of gradients, repeated table feet.

mod charset;
mod cut;
mod display;
mod dom;
mod ground;
mod old;
mod paint;
mod record;
mod resources;
mod sheet;
mod source;
mod threads;

use std::sync::Arc;

use hayro::kurbo::Affine;

use crate::geometry::Placement;
use crate::{Fetch, Note, Output, RenderError};
use display::Display;
use paint::{Painter, Tools};
use resources::Resources;
use sheet::{Area, Sheet};
use source::Keep;
use threads::THREADS;

pub use resources::ADDRESSES_MAX;

const MM_PER_CSS_PIXEL: f64 = 25.4 / 96.0;
/// Characters of a document's source.
const BYTES_MAX: usize = 64 << 20;
/// Content that shrinks to less than this part of its size is worth a note.
const SHRUNK: f64 = 0.95;

pub(crate) fn render(document: &[u8], out: &mut Output<'_>) -> Result<(), RenderError> {
    let (text, bad) = charset::decode(document);
    out.missing(bad);
    render_text(text, out)
}

/// Renders a document that is text already.
pub(crate) fn render_text(html: String, out: &mut Output<'_>) -> Result<(), RenderError> {
    if html.len() > BYTES_MAX {
        return Err(RenderError::TooBig { what: "the source of an HTML document" });
    }
    let options = out.options;
    // Laid out at true size: the page is the sheet's own, not letter's 215.9 mm.
    let Area { sheet, corner, width, height } = Sheet::of(&html).area(options.paper.area_mm());
    let place = Placement::new(sheet.0, sheet.1, options.paper, options.resolution);
    let (width, height) = (width / MM_PER_CSS_PIXEL, height / MM_PER_CSS_PIXEL);
    let display = lay_out(html, options.fetch, (width, height))?;
    out.missing(display.missing);
    out.summary.left_out = out.summary.left_out.saturating_add(display.left_out);
    let scale = (width / display.width.max(1.0)).min(1.0);
    // A page in the document's own pixels.
    let page = height / scale;
    let inks = ground::inks(&display, width / scale * page)?;
    let mut display = display;
    let spans = std::mem::take(&mut display.spans);
    // A few thousand.
    let pages = spans.pages(display.height, page, options.limits.pages as usize);
    if pages.len() > options.limits.pages as usize {
        return Err(out.too_many_pages());
    }
    let mut painter = Painter {
        display: &display,
        inks: &inks,
        sheet: Affine::new(place.coefficients()) * Affine::translate(corner) * Affine::scale(MM_PER_CSS_PIXEL * scale),
        rows: place.rows,
        resolution: options.resolution,
        tools: Tools::default(),
    };
    let mut items = vec![Vec::new(); pages.len()];
    for (at, item) in display.items.iter().enumerate() {
        let first = pages.partition_point(|page| page.part.bottom <= item.bounds.y0);
        let end = pages.partition_point(|page| page.part.top < item.bounds.y1).max(first + 1);
        for items in items.get_mut(first..end.min(pages.len())).unwrap_or_default() {
            items.push(at);
        }
    }
    for (page, items) in pages.iter().zip(items) {
        if scale < SHRUNK {
            // A percentage.
            out.summary.notes.push((out.page(), Note::Shrunk((scale * 100.0).round() as u32)));
        }
        let (page, coarsened) = painter.page(page, &items);
        if coarsened {
            out.summary.notes.push((out.page(), Note::Coarsened));
        }
        out.push(&mut page.source(options.resolution))?;
    }
    Ok(())
}

/// Lays out; what the layout engine gives up on is tried again with less of it.
fn lay_out(html: String, fetch: Option<Fetch>, size: (f64, f64)) -> Result<Display, RenderError> {
    let html: Arc<str> = html.into();
    let resources = Arc::new(Resources::new(fetch));
    let attempt = |keep| {
        let (html, resources) = (Arc::clone(&html), Arc::clone(&resources));
        THREADS.run(move || dom::lay_out(&html, keep, &resources, size))
    };
    attempt(Keep::All).or_else(|_| attempt(Keep::NoAddresses)).or_else(|_| attempt(Keep::NoStyle))?
}
