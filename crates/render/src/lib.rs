//! Documents to black-and-white fax pages.
//!
//! [`render`] takes a document of a stranger (PDF, plain text, HTML, TIFF, pictures) and hands out pages of the fax line's own
//! geometry, one at a time; [`cover`] makes a recipient's cover page of a template, [`band`] the header lines. They are meant to
//! run in a child process with limits (see the command line tool's `render-worker`): this crate bounds pages and pixels, the
//! process bounds memory and time.
//!
//! The way of a page: `pdf` and `html` know their letters, fills, lines and pictures, and make each black or white by what it
//! is and what lies behind it; `picture` scales pictures onto the fax grid, where pels are not square (`tiff` reads more kinds of
//! them), and judges them by what they show; `ink` is the pen for outlines and letters, which knows black and white only;
//! [`geometry`] says where on the sheet; T.6 code is what comes out.
//!
//! Not here: putting cover page, header lines, overlay and documents together (pages are joined as code, see `ferrofax-fax`),
//! office formats (another program makes PDFs of them).

#![warn(missing_docs)]

pub mod band;
pub mod cover;
mod error;
pub mod fonts;
pub mod geometry;
mod html;
mod ink;
mod pdf;
mod picture;
mod text;
mod tiff;

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};

use ferrofax_fax::page::{PageSource, Resolution, StoredPage};
use ferrofax_fax::t6;

pub use error::RenderError;
pub use geometry::Paper;
pub use html::ADDRESSES_MAX;
pub use text::charset::Charset;

/// What a document is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Kind {
    /// Portable Document Format.
    Pdf,
    /// Plain text.
    Txt,
    /// HyperText Markup Language.
    Html,
    /// TIFF, fax codings and others.
    Tiff,
    /// PNG, JPEG, GIF, BMP or WebP; its first bytes say which.
    Picture,
}

/// Gets what lies at these http and https addresses, in their order; none for what can't be had. It may be called from any thread.
pub type Fetch = fn(&[String]) -> Vec<Option<Vec<u8>>>;

/// How to render.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// The encoding of plain text; other kinds don't look at it.
    pub charset: Charset,
    /// The sheet.
    pub paper: Paper,
    /// Lines per length.
    pub resolution: Resolution,
    /// What is too much.
    pub limits: Limits,
    /// For what HTML refers to; without it nothing is fetched. One document has [`ADDRESSES_MAX`] addresses fetched at most.
    pub fetch: Option<Fetch>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            charset: Charset::Utf8,
            paper: Paper::A4,
            resolution: Resolution::Fine,
            limits: Limits { pages: 1000, image_bytes: 256 << 20 },
            fetch: None,
        }
    }
}

/// What is too much.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// Pages of one document.
    pub pages: u32,
    /// Bytes of one decoded picture of a TIFF document.
    pub image_bytes: usize,
}

/// What came of a document.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Summary {
    /// Pages handed out.
    pub pages: u32,
    /// Characters that no font at hand could show, or that were not characters of the stated encoding. A lower bound for PDF.
    pub missing_glyphs: u32,
    /// Things a document refers to that were not had.
    pub left_out: u32,
    /// Of a cover page: keys without a value.
    pub empty_keys: u32,
    /// What is to be said of single pages, in their order.
    pub notes: Vec<(u32, Note)>,
}

/// Something about a page that its sender may want to know.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Note {
    /// Much of it is black.
    TooDark,
    /// Some of its text is too small to be read at this resolution.
    SmallText,
    /// It was larger than the sheet, and shrunk to so many per cent.
    Shrunk(u32),
    /// There is something within the margin that far machines may not print.
    NearEdge,
    /// A picture was made coarser to keep the page short.
    Coarsened,
}

/// Takes the pages in order; an error stops the rendering.
pub type Sink<'a> = &'a mut dyn FnMut(StoredPage) -> io::Result<()>;

/// Renders a document, handing each page to `sink` as soon as it is done.
///
/// Pages already handed out are void when an error follows: nobody wants the first half of a document.
pub fn render(document: Vec<u8>, kind: Kind, options: &Options, sink: Sink<'_>) -> Result<Summary, RenderError> {
    if document.is_empty() {
        return Err(RenderError::Empty);
    }
    let mut out = Output { sink, options: *options, summary: Summary::default() };
    match kind {
        Kind::Pdf => pdf::render(document, &mut out)?,
        Kind::Txt => text::render(&document, &mut out)?,
        Kind::Html => html::render(&document, &mut out)?,
        Kind::Tiff => tiff::render(&document, &mut out)?,
        Kind::Picture => picture::render(&document, &mut out)?,
    }
    if out.summary.pages == 0 { Err(RenderError::Empty) } else { Ok(out.summary) }
}

/// A panic of a library that reads foreign bytes means a damaged document. What it worked on is not used again.
fn guarded<T>(page: Option<u32>, run: impl FnOnce() -> T) -> Result<T, RenderError> {
    catch_unwind(AssertUnwindSafe(run)).map_err(|_| RenderError::Damaged { page, what: "its reader gave up on it" })
}

/// Where the kinds put their pages.
struct Output<'a> {
    sink: Sink<'a>,
    options: Options,
    summary: Summary,
}

impl Output<'_> {
    fn push(&mut self, page: &mut dyn PageSource) -> Result<(), RenderError> {
        if self.summary.pages >= self.options.limits.pages {
            return Err(self.too_many_pages());
        }
        (self.sink)(t6::store(page))?;
        self.summary.pages += 1;
        Ok(())
    }

    fn too_many_pages(&self) -> RenderError {
        RenderError::TooManyPages { limit: self.options.limits.pages }
    }

    fn missing(&mut self, glyphs: u32) {
        self.summary.missing_glyphs = self.summary.missing_glyphs.saturating_add(glyphs);
    }

    /// The number of the page being made, from 1.
    fn page(&self) -> u32 {
        self.summary.pages + 1
    }
}
