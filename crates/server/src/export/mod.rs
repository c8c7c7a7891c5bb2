//! Deliveries as CSV ([`csv`]); pages as files: PNG to look at, PDF and TIFF to keep. Nothing is drawn anew: every file has the
//! very pels of the pages.

pub mod csv;
pub mod font;
pub(crate) mod pdf;
mod png;

use std::io::{self, Cursor};

use ferrofax_fax::page::StoredPage;
use ferrofax_fax::tiff::{Compression, Writer};

pub use pdf::Word;

/// Pels per metre along the line: 1728 on 215 mm, T.4 clause 2.
const PELS_PER_METRE: u32 = 8037;

/// What the file shall be.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Format {
    /// One page, one bit a pel.
    Png,
    /// All pages in T.6, TIFF class F.
    Tiff,
    /// All pages in T.6, at their true size.
    Pdf,
}

impl Format {
    /// By its media type, or by a file name's extension.
    pub fn of(word: &str) -> Option<Format> {
        match word.to_ascii_lowercase().as_str() {
            "image/png" | "png" => Some(Self::Png),
            "image/tiff" | "tif" | "tiff" => Some(Self::Tiff),
            "application/pdf" | "pdf" => Some(Self::Pdf),
            _ => None,
        }
    }

    /// Its media type.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Png => "image/png",
            Self::Tiff => "image/tiff",
            Self::Pdf => "application/pdf",
        }
    }
}

/// The file. Of several pages, [`Format::Png`] shows the first.
pub fn encode(format: Format, pages: &[StoredPage]) -> io::Result<Vec<u8>> {
    match format {
        Format::Png => {
            let page = pages.first().ok_or(io::ErrorKind::InvalidInput)?;
            png::encode(&mut page.source()).map_err(io::Error::other)
        }
        Format::Tiff => {
            let mut writer = Writer::new(Cursor::new(Vec::new()), Compression::Mmr)?;
            for page in pages {
                writer.append_stored(page)?;
            }
            Ok(writer.finish()?.into_inner())
        }
        Format::Pdf => Ok(pdf::encode(pages, &[])),
    }
}

/// A PDF whose pages can be searched: the words of each page, from the first on.
pub fn searchable(pages: &[StoredPage], words: &[Vec<Word>]) -> Vec<u8> {
    pdf::encode(pages, words)
}
