//! A file's pages, as rows.

use crate::page::Rows;

use super::directory::{Directory, Field, File};
use super::strip::{self, Coding};
use super::{PELS_MAX, ROWS_MAX, TiffError, compression, tag};

/// A TIFF file.
pub struct Tiff<'a> {
    file: File<'a>,
    directories: Vec<Directory>,
}

/// A page of a file.
#[derive(Clone, PartialEq, Debug)]
pub struct TiffPage {
    /// The rows as they are stored. What could not be decoded was mended, see `bad_rows`.
    pub rows: Rows,
    /// Rows whose code was damaged: the row above again, or white where nothing followed. What to do with such a page is up to
    /// the caller.
    pub bad_rows: u32,
    /// Pels per inch, if the file tells.
    pub x_dpi: Option<f64>,
    /// Rows per inch, if the file tells.
    pub y_dpi: Option<f64>,
    /// How the rows are to be seen, TIFF 6.0 field Orientation: 1 (as they are) to 8.
    pub orientation: u8,
    /// A smaller picture of another page, or a mask: not to be sent (TIFF 6.0, field NewSubfileType).
    pub auxiliary: bool,
}

impl<'a> Tiff<'a> {
    /// Finds the pages of a file. None is decoded yet.
    pub fn parse(bytes: &'a [u8]) -> Result<Tiff<'a>, TiffError> {
        let (file, first) = File::open(bytes)?;
        let directories = file.directories(first)?;
        if directories.is_empty() {
            return Err(TiffError::Damaged { what: "no page" });
        }
        Ok(Tiff { file, directories })
    }

    /// How many pages there are; at least one.
    pub fn pages(&self) -> u32 {
        // At most `PAGES_MAX`.
        self.directories.len() as u32
    }

    /// Decodes a page, counted from 0. An error concerns this page alone.
    pub fn page(&self, number: u32) -> Result<TiffPage, TiffError> {
        let directory = usize::try_from(number).ok().and_then(|number| self.directories.get(number));
        let directory = directory.ok_or(TiffError::Damaged { what: "no such page" })?;
        Layout::parse(&self.file, directory)?.decode()
    }
}

/// Names sizes, never content.
impl std::fmt::Debug for Tiff<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Tiff({} pages, {} bytes)", self.directories.len(), self.file.bytes.len())
    }
}

/// What the fields of a page say, checked.
struct Layout<'f> {
    width: u16,
    rows: u32,
    rows_per_strip: u32,
    strips: Vec<&'f [u8]>,
    coding: Coding,
    /// The bits of each byte stand the other way round.
    reversed: bool,
    /// Black is 0.
    inverted: bool,
    x_dpi: Option<f64>,
    y_dpi: Option<f64>,
    orientation: u8,
    auxiliary: bool,
}

impl<'f> Layout<'f> {
    fn parse(file: &File<'f>, directory: &Directory) -> Result<Layout<'f>, TiffError> {
        let value = |tag| file.value(directory, tag);
        let unsupported = |what| Err(TiffError::Unsupported { what });

        if directory.field(tag::TILE_WIDTH).is_some() || directory.field(tag::TILE_OFFSETS).is_some() {
            return unsupported("tiles");
        }
        if value(tag::SAMPLES_PER_PIXEL)?.unwrap_or(1) != 1 || value(tag::BITS_PER_SAMPLE)?.unwrap_or(1) != 1 {
            return unsupported("more than one bit a pel");
        }
        let two_dimensional = value(tag::T4_OPTIONS)?.unwrap_or(0) & 1 != 0;
        let coding = match value(tag::COMPRESSION)?.unwrap_or(compression::NONE) {
            compression::NONE => Coding::Uncompressed,
            compression::PACK_BITS => Coding::PackBits,
            compression::RLE => Coding::Rle,
            compression::T4 => Coding::T4 { two_dimensional },
            compression::T6 => Coding::T6,
            _ => return unsupported("compression"),
        };
        let inverted = match value(tag::PHOTOMETRIC)?.unwrap_or(0) {
            0 => false,
            1 => true,
            _ => return unsupported("photometric interpretation"),
        };
        let reversed = match value(tag::FILL_ORDER)?.unwrap_or(1) {
            1 => false,
            2 => true,
            _ => return Err(TiffError::Damaged { what: "fill order" }),
        };
        let missing = TiffError::Damaged { what: "no size" };
        let (width, rows) = (value(tag::IMAGE_WIDTH)?.ok_or(missing)?, value(tag::IMAGE_LENGTH)?.ok_or(missing)?);
        if width == 0 || rows == 0 {
            return Err(missing);
        }
        let Ok(width) = u16::try_from(width) else {
            return Err(TiffError::TooBig { limit: u16::MAX.into(), of: "pels a row" });
        };
        if rows > ROWS_MAX {
            return Err(TiffError::TooBig { limit: ROWS_MAX.into(), of: "rows" });
        }
        if u64::from(width) * u64::from(rows) > PELS_MAX {
            return Err(TiffError::TooBig { limit: PELS_MAX, of: "pels" });
        }
        let rows_per_strip = value(tag::ROWS_PER_STRIP)?.unwrap_or(rows).clamp(1, rows);
        let strips = strips(file, directory, rows.div_ceil(rows_per_strip))?;
        // 1: no unit, only a ratio. 2: inch. 3: centimetre.
        let per_inch = match value(tag::RESOLUTION_UNIT)?.unwrap_or(2) {
            2 => Some(1.0),
            3 => Some(2.54),
            _ => None,
        };
        let dpi = |tag| Some(file.fraction(directory, tag)? * per_inch?);
        Ok(Layout {
            width,
            rows,
            rows_per_strip,
            strips,
            coding,
            reversed,
            inverted,
            x_dpi: dpi(tag::X_RESOLUTION),
            y_dpi: dpi(tag::Y_RESOLUTION),
            orientation: match value(tag::ORIENTATION)? {
                Some(turned @ 2..=8) => turned as u8,
                _ => 1,
            },
            auxiliary: value(tag::NEW_SUBFILE_TYPE)?.unwrap_or(0) & 0b101 != 0,
        })
    }

    fn decode(self) -> Result<TiffPage, TiffError> {
        let mut page = Rows::new(self.width);
        let mut bad_rows = 0;
        for bytes in self.strips {
            let rows = self.rows_per_strip.min(self.rows - page.len());
            let turned: Vec<u8>;
            let bytes = if self.reversed {
                turned = bytes.iter().map(|byte| byte.reverse_bits()).collect();
                &turned
            } else {
                bytes
            };
            let mut strip = strip::decode(bytes, self.width, rows, self.coding);
            bad_rows += strip.bad_rows;
            while strip.rows.len() < rows {
                strip.rows.push(&[]);
                bad_rows += 1;
            }
            page.append(strip.rows);
        }
        if bad_rows >= self.rows {
            return Err(TiffError::Damaged { what: "no row could be decoded" });
        }
        Ok(TiffPage {
            rows: if self.inverted { page.inverted() } else { page },
            bad_rows,
            x_dpi: self.x_dpi,
            y_dpi: self.y_dpi,
            orientation: self.orientation,
            auxiliary: self.auxiliary,
        })
    }
}

/// The bytes of each strip. Together they are no more than the file, or a small file could make us read it again and again.
fn strips<'f>(file: &File<'f>, directory: &Directory, count: u32) -> Result<Vec<&'f [u8]>, TiffError> {
    let damaged = TiffError::Damaged { what: "strips do not fit the file" };
    let values = |field: Field| file.values(field).take(count as usize);
    let offsets = directory.field(tag::STRIP_OFFSETS).ok_or(damaged)?;
    let mut strips = Vec::new();
    let mut left = file.bytes.len();
    let mut take = |offset: Option<u32>, len: Option<u32>| {
        let rest = file.bytes.get(usize::try_from(offset?).ok()?..)?;
        let strip = match len {
            // Some writers say nothing where there is only one strip.
            None | Some(0) if count == 1 => rest,
            len => rest.get(..usize::try_from(len?).ok()?)?,
        };
        left = left.checked_sub(strip.len())?;
        strips.push(strip);
        Some(())
    };
    match directory.field(tag::STRIP_BYTE_COUNTS) {
        None => take(values(offsets).next().flatten(), None).ok_or(damaged)?,
        Some(lens) => {
            for (offset, len) in values(offsets).zip(values(lens)) {
                take(offset, Some(len.ok_or(damaged)?)).ok_or(damaged)?;
            }
        }
    }
    if strips.len() == count as usize { Ok(strips) } else { Err(damaged) }
}
