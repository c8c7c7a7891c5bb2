//! TIFF beyond the fax codings: grey, colour, palettes, tiles, LZW, deflate, JPEG, BigTIFF. Decoded by the crate `tiff`, which
//! nothing else in this crate knows.

use std::io::Cursor;

use ferrofax_fax::page::{Bitmap, Rows};
use ferrofax_fax::tiff::TiffPage;
use tiff::decoder::ifd::Value;
use tiff::decoder::{BufferLayoutPreference, Decoder, DecodingResult};
use tiff::tags::Tag;
use tiff::{ColorType, TiffError};

use crate::picture::{Dpi, Pels, Raster, Sheet};
use crate::{Limits, RenderError};

/// A picture as this module hands it out.
pub(super) enum Picture {
    /// One bit a pel, like those that our own reader reads.
    Bits(TiffPage),
    Grey(Sheet<'static>),
    /// A thumbnail or a mask.
    Auxiliary,
}

pub(super) struct Foreign<'a> {
    document: &'a [u8],
    limits: tiff::decoder::Limits,
    decoder: Decoder<Cursor<&'a [u8]>>,
}

impl<'a> Foreign<'a> {
    pub(super) fn open(document: &'a [u8], limits: &Limits) -> Result<Foreign<'a>, RenderError> {
        let mut bounds = tiff::decoder::Limits::default();
        bounds.decoding_buffer_size = limits.image_bytes;
        bounds.intermediate_buffer_size = limits.image_bytes;
        let decoder = Decoder::new(Cursor::new(document)).map_err(|error| refusal(&error, None))?;
        Ok(Foreign { document, limits: bounds.clone(), decoder: decoder.with_limits(bounds) })
    }

    /// Decodes a picture of the file, counted from 0; none beyond the last. `page` is for the error.
    pub(super) fn page(&mut self, number: u32, page: u32) -> Result<Option<Picture>, RenderError> {
        self.decode(number).map_err(|error| match error {
            Refused::Tiff(error) => refusal(&error, Some(page)),
            Refused::Kind(what) => RenderError::Unsupported { what },
        })
    }

    fn decode(&mut self, number: u32) -> Result<Option<Picture>, Refused> {
        let decoder = &mut self.decoder;
        match decoder.seek_to_image(number as usize) {
            Ok(()) => {}
            Err(TiffError::FormatError(tiff::TiffFormatError::ImageFileDirectoryNotFound)) => return Ok(None),
            Err(error) => return Err(error.into()),
        }
        let subfile: u32 = decoder.find_tag_unsigned(Tag::NewSubfileType)?.unwrap_or(0);
        if subfile & 0b101 != 0 {
            return Ok(Some(Picture::Auxiliary));
        }
        let orientation = decoder.find_tag_unsigned(Tag::Orientation)?.unwrap_or(1);
        let dpi = resolution(decoder);
        let photometric: u16 = decoder.find_tag_unsigned(Tag::PhotometricInterpretation)?.unwrap_or(1);
        let palette = if photometric == PALETTE { Some(palette(decoder)?) } else { None };
        let pels = if palette.is_some() {
            // The library refuses palettes, but reads the same bytes as grey.
            let pointer = decoder.ifd_pointer().map_or(0, |pointer| pointer.0);
            let little_endian = decoder.byte_order() == tiff::tags::ByteOrder::LittleEndian;
            let Some(relabelled) = as_grey(self.document, pointer, little_endian) else {
                return Err(Refused::Kind("a palette in a BigTIFF"));
            };
            let mut decoder = Decoder::new(Cursor::new(&relabelled[..]))?.with_limits(self.limits.clone());
            decoder.seek_to_image(number as usize)?;
            read(&mut decoder, palette.as_deref())?
        } else {
            read(decoder, None)?
        };
        Ok(Some(match pels {
            Read::Bits(rows) => {
                let (x_dpi, y_dpi) = dpi;
                Picture::Bits(TiffPage { rows, bad_rows: 0, x_dpi, y_dpi, orientation, auxiliary: false })
            }
            Read::Grey(raster) => Picture::Grey(Sheet { pels: Pels::Grey(raster), dpi, orientation }),
        }))
    }
}

/// TIFF 6.0, field PhotometricInterpretation.
const PALETTE: u16 = 3;
const BLACK_IS_ZERO: u16 = 1;

enum Refused {
    Tiff(TiffError),
    Kind(&'static str),
}

impl From<TiffError> for Refused {
    fn from(error: TiffError) -> Self {
        Self::Tiff(error)
    }
}

fn refusal(error: &TiffError, page: Option<u32>) -> RenderError {
    match error {
        TiffError::UnsupportedError(_) => RenderError::Unsupported { what: "this kind of TIFF" },
        TiffError::LimitsExceeded | TiffError::IntSizeError => RenderError::TooBig { what: "a picture" },
        _ => RenderError::Damaged { page, what: "not a readable TIFF" },
    }
}

fn resolution(decoder: &mut Decoder<Cursor<&[u8]>>) -> Dpi {
    // TIFF 6.0, field ResolutionUnit: 3 is the centimetre. 1 says that there is no unit; what stands there is mostly inches all
    // the same.
    let unit = decoder.find_tag_unsigned::<u16>(Tag::ResolutionUnit).ok().flatten().unwrap_or(2);
    let per_inch = if unit == 3 { 2.54 } else { 1.0 };
    let mut value = |tag| {
        let value = match decoder.get_tag(tag).ok()? {
            Value::Rational(over, under) => f64::from(over) / f64::from(under),
            Value::Float(value) => value.into(),
            Value::Double(value) => value,
            _ => return None,
        };
        Some(value * per_inch)
    };
    (value(Tag::XResolution), value(Tag::YResolution))
}

/// Red, green and blue of each entry of a palette.
fn palette(decoder: &mut Decoder<Cursor<&[u8]>>) -> Result<Vec<[u8; 3]>, TiffError> {
    let map = decoder.get_tag_u16_vec(Tag::ColorMap)?;
    let entries = map.len() / 3;
    let colour = |plane: usize, entry: usize| (map.get(plane * entries + entry).copied().unwrap_or(0) >> 8) as u8;
    Ok((0..entries).map(|entry| [0, 1, 2].map(|plane| colour(plane, entry))).collect())
}

/// The file with the directory at `pointer` saying grey instead of palette. Classic TIFF only.
fn as_grey(document: &[u8], pointer: u64, little_endian: bool) -> Option<Vec<u8>> {
    let mut file = document.to_vec();
    let short = |bytes: [u8; 2]| if little_endian { u16::from_le_bytes(bytes) } else { u16::from_be_bytes(bytes) };
    if short(*document.get(2..)?.first_chunk()?) != 42 {
        return None;
    }
    let at = usize::try_from(pointer).ok()?;
    let entries = usize::from(short(*document.get(at..)?.first_chunk()?));
    let directory = file.get_mut(at + 2..)?;
    let (entries, _) = directory.get_mut(..entries * 12)?.as_chunks_mut::<12>();
    let [_, _, _, _, _, _, _, _, high, low, _, _] =
        entries.iter_mut().find(|[a, b, ..]| short([*a, *b]) == Tag::PhotometricInterpretation.to_u16())?;
    [*high, *low] = if little_endian { BLACK_IS_ZERO.to_le_bytes() } else { BLACK_IS_ZERO.to_be_bytes() };
    Some(file)
}

/// The pels of a picture.
enum Read {
    Bits(Rows),
    Grey(Raster),
}

/// Decodes the current picture, on white where it is transparent.
fn read(decoder: &mut Decoder<Cursor<&[u8]>>, palette: Option<&[[u8; 3]]>) -> Result<Read, Refused> {
    let (width, height) = decoder.dimensions()?;
    let color = decoder.colortype()?;
    let depth = color.bit_depth();
    let mut buffer = DecodingResult::U8(Vec::new());
    let layout = decoder.read_image_to_buffer(&mut buffer)?;
    let samples = Samples::new(buffer, depth, &layout, usize::from(color.num_samples()))?;
    if let (None, ColorType::Gray(1), Ok(width)) = (palette, color, u16::try_from(width)) {
        // Here a set bit is white.
        let black = samples.bytes.iter().map(|byte| !byte).collect();
        if let Some(bits) = Bitmap::from_bytes(width, black) {
            return Ok(Read::Bits(bits.to_rows()));
        }
    }
    // As many bits as there are, to all eight.
    let grey = |value: u8| match depth {
        1 => value * 255,
        2 => value * 85,
        4 => value * 17,
        _ => value,
    };
    let on_white = |value: u8, alpha: u8| 255 - ((255 - u32::from(value)) * u32::from(alpha) / 255) as u8;
    let places = || (0..height as usize).flat_map(|y| (0..width as usize).map(move |x| (x, y)));
    let is_coloured =
        matches!(color, ColorType::RGB(_) | ColorType::RGBA(_) | ColorType::CMYK(_) | ColorType::CMYKA(_));
    if palette.is_none() && !is_coloured {
        // The first sample of all is the light.
        let luma = match color {
            ColorType::GrayA(_) => places().map(|(x, y)| on_white(samples.at(x, y, 0), samples.at(x, y, 1))).collect(),
            _ => places().map(|(x, y)| grey(samples.at(x, y, 0))).collect(),
        };
        return Ok(Read::Grey(Raster::grey(width, height, luma)));
    }
    let pixel = |(x, y)| {
        let at = |sample| samples.at(x, y, sample);
        match (palette, color) {
            (Some(palette), _) => palette.get(usize::from(at(0))).copied().unwrap_or([255; 3]),
            (_, ColorType::RGBA(_)) => [0, 1, 2].map(|sample| on_white(at(sample), at(3))),
            (_, ColorType::CMYK(_) | ColorType::CMYKA(_)) => {
                [0, 1, 2].map(|ink| ((255 - u32::from(at(ink))) * (255 - u32::from(at(3))) / 255) as u8)
            }
            _ => [0, 1, 2].map(at),
        }
    };
    let rgb: Vec<u8> = places().flat_map(pixel).collect();
    Ok(Read::Grey(Raster::rgb(width, height, &rgb)))
}

/// Decoded samples: eight bits each, or several to a byte.
struct Samples {
    bytes: Vec<u8>,
    depth: u8,
    /// Samples of a pel that stand side by side; one where each has its own plane.
    together: usize,
    /// Bytes from row to row, and from plane to plane.
    row: usize,
    plane: usize,
}

impl Samples {
    fn new(
        buffer: DecodingResult,
        depth: u8,
        layout: &BufferLayoutPreference,
        samples: usize,
    ) -> Result<Samples, Refused> {
        let wide = |of: usize| layout.row_stride.map_or(0, |stride| stride.get() / of);
        let (bytes, width) = match buffer {
            DecodingResult::U8(bytes) => (bytes, 1),
            DecodingResult::U16(words) => (words.into_iter().map(|word| (word >> 8) as u8).collect(), 2),
            DecodingResult::U32(words) => (words.into_iter().map(|word| (word >> 24) as u8).collect(), 4),
            // Light from 0 to 1; the cast saturates.
            DecodingResult::F32(lights) => (lights.into_iter().map(|light| (light * 255.0) as u8).collect(), 4),
            _ => return Err(Refused::Kind("these samples in a TIFF")),
        };
        if !matches!(depth, 1 | 2 | 4 | 8 | 16 | 32) {
            return Err(Refused::Kind("this depth of samples in a TIFF"));
        }
        Ok(Samples {
            bytes,
            depth: depth.min(8),
            together: if layout.planes > 1 { 1 } else { samples.max(1) },
            row: wide(width),
            plane: layout.plane_stride.map_or(0, |stride| stride.get() / width),
        })
    }

    fn at(&self, x: usize, y: usize, sample: usize) -> u8 {
        let (plane, sample) = if self.together == 1 { (sample, 0) } else { (0, sample) };
        let bit = (x * self.together + sample) * usize::from(self.depth);
        let byte = self.bytes.get(plane * self.plane + y * self.row + bit / 8).copied().unwrap_or(255);
        if self.depth == 8 {
            return byte;
        }
        byte >> (8 - usize::from(self.depth) - bit % 8) & ((1 << self.depth) - 1)
    }
}
