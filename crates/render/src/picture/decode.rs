//! Files of pictures: PNG, JPEG, GIF, BMP and WebP, told apart by their first bytes and decoded by the crate `image`, which nothing
//! else in this crate knows. Of a file with several frames the first is taken.
//!
//! Size is checked before anything is decoded, and a file that is cut off is refused, also where its decoder would fill it up
//! with grey. The resolution is read by us: JFIF (ITU-T T.871) and EXIF in a JPEG, `pHYs` in a PNG, the header of a BMP.

use std::io::Cursor;

use image::{DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader, Limits as Bounds};

use super::{Dpi, MM_PER_INCH, Raster};
use crate::{Limits, RenderError};

/// A picture and what its file says of it.
pub(crate) struct Decoded {
    pub(crate) raster: Raster,
    pub(crate) dpi: Dpi,
    /// 1 to 8, as in TIFF 6.0 and EXIF.
    pub(crate) orientation: u8,
}

/// Decodes a file of one of the kinds above.
pub(crate) fn decode(document: &[u8], limits: &Limits) -> Result<Decoded, RenderError> {
    let format = match image::guess_format(document) {
        Ok(
            format @ (ImageFormat::Png | ImageFormat::Jpeg | ImageFormat::Gif | ImageFormat::Bmp | ImageFormat::WebP),
        ) => format,
        _ => return Err(RenderError::Unsupported { what: "this kind of picture" }),
    };
    if format == ImageFormat::Jpeg && !jpeg_is_whole(document) {
        return Err(RenderError::Damaged { page: None, what: "a picture that is cut off" });
    }
    let mut decoder =
        ImageReader::with_format(Cursor::new(document), format).into_decoder().map_err(|error| refusal(&error))?;
    if decoder.total_bytes() > limits.image_bytes as u64 {
        return Err(RenderError::TooBig { what: "a picture" });
    }
    let mut bounds = Bounds::no_limits();
    bounds.max_alloc = Some(limits.image_bytes as u64 * 2);
    decoder.set_limits(bounds).map_err(|error| refusal(&error))?;
    let orientation = decoder.orientation().map_or(1, image::metadata::Orientation::to_exif);
    let image = DynamicImage::from_decoder(decoder).map_err(|error| refusal(&error))?;
    let dpi = match format {
        ImageFormat::Jpeg => jpeg_dpi(document),
        ImageFormat::Png => png_dpi(document),
        ImageFormat::Bmp => bmp_dpi(document),
        _ => None,
    };
    let dpi = dpi.map_or((None, None), |(x, y)| (Some(x), Some(y)));
    Ok(Decoded { raster: raster(image), dpi, orientation })
}

fn refusal(error: &ImageError) -> RenderError {
    match error {
        ImageError::Unsupported(_) => RenderError::Unsupported { what: "this kind of picture" },
        ImageError::Limits(_) => RenderError::TooBig { what: "a picture" },
        _ => RenderError::Damaged { page: None, what: "not a readable picture" },
    }
}

fn raster(image: DynamicImage) -> Raster {
    let (width, height) = (image.width(), image.height());
    let has_alpha = image.color().has_alpha();
    let is_grey = !image.color().has_color();
    if is_grey && !has_alpha {
        return Raster::grey(width, height, image.into_luma8().into_raw());
    }
    if is_grey {
        let (pixels, alpha) =
            image.into_luma_alpha8().into_raw().as_chunks::<2>().0.iter().map(|&[l, a]| (l, a)).unzip();
        return Raster { alpha: Some(alpha), ..Raster::grey(width, height, pixels) };
    }
    if !has_alpha {
        return Raster::rgb(width, height, &image.into_rgb8());
    }
    let rgba = image.into_rgba8().into_raw();
    let (pixels, _) = rgba.as_chunks::<4>();
    let rgb: Vec<u8> = pixels.iter().flat_map(|&[red, green, blue, _]| [red, green, blue]).collect();
    let alpha = pixels.iter().map(|&[.., alpha]| alpha).collect();
    Raster { alpha: Some(alpha), ..Raster::rgb(width, height, &rgb) }
}

/// The segments of a JPEG before its first scan, as marker and content; the last is the scan's, with all that follows it.
fn segments(document: &[u8]) -> impl Iterator<Item = (u8, &[u8])> {
    let mut rest = document.get(2..).unwrap_or_default();
    std::iter::from_fn(move || {
        // ITU-T T.81 B.1.1.2: any number of fill bytes may stand before a marker.
        while let [0xff, 0xff, ..] = rest {
            rest = rest.get(1..)?;
        }
        let &[0xff, marker, high, low, ref after @ ..] = rest else { return None };
        let length = usize::from(u16::from_be_bytes([high, low])).checked_sub(2)?;
        let content = after.get(..length)?;
        if marker == START_OF_SCAN {
            rest = &[];
            return Some((marker, after));
        }
        rest = after.get(length..)?;
        Some((marker, content))
    })
}

/// ITU-T T.81 table B.1.
const START_OF_SCAN: u8 = 0xda;
const END_OF_IMAGE: [u8; 2] = [0xff, 0xd9];
const APP0: u8 = 0xe0;
const APP1: u8 = 0xe1;

/// After the first scan, the end of the image is marked. What a decoder does not find there, it makes up.
fn jpeg_is_whole(document: &[u8]) -> bool {
    let scan = segments(document).find(|&(marker, _)| marker == START_OF_SCAN);
    scan.is_some_and(|(_, rest)| rest.windows(2).rev().any(|pair| pair == END_OF_IMAGE))
}

/// ITU-T T.871 10.1: the unit is 1 for inches and 2 for centimetres. EXIF's fields go before, they are what cameras and
/// scanners set.
fn jpeg_dpi(document: &[u8]) -> Option<(f64, f64)> {
    let mut jfif = None;
    for (marker, content) in segments(document) {
        match (marker, content) {
            (APP0, [b'J', b'F', b'I', b'F', 0, _, _, unit @ 1..=2, x1, x0, y1, y0, ..]) => {
                let per_inch = if *unit == 2 { MM_PER_INCH / 10.0 } else { 1.0 };
                let density = |high: &u8, low: &u8| f64::from(u16::from_be_bytes([*high, *low])) * per_inch;
                jfif = Some((density(x1, x0), density(y1, y0)));
            }
            (APP1, [b'E', b'x', b'i', b'f', 0, 0, tiff @ ..]) if jfif.is_none() => jfif = exif_dpi(tiff),
            _ => {}
        }
    }
    jfif
}

/// The fields 282, 283 and 296 of the first directory; see TIFF 6.0.
fn exif_dpi(tiff: &[u8]) -> Option<(f64, f64)> {
    let little = tiff.starts_with(b"II");
    let short = |at: usize| {
        let bytes = *tiff.get(at..)?.first_chunk()?;
        Some(if little { u16::from_le_bytes(bytes) } else { u16::from_be_bytes(bytes) })
    };
    let long = |at: usize| {
        let bytes = *tiff.get(at..)?.first_chunk()?;
        Some(if little { u32::from_le_bytes(bytes) } else { u32::from_be_bytes(bytes) })
    };
    let directory = long(4)? as usize;
    let entries = usize::from(short(directory)?);
    let field = |tag: u16| (0..entries).map(|at| directory + 2 + at * 12).find(|&at| short(at) == Some(tag));
    let rational = |tag: u16| {
        let at = long(field(tag)? + 8)? as usize;
        Some(f64::from(long(at)?) / f64::from(long(at.checked_add(4)?)?))
    };
    let per_inch = match field(296).and_then(|at| short(at + 8)) {
        Some(3) => MM_PER_INCH / 10.0,
        _ => 1.0,
    };
    Some((rational(282)? * per_inch, rational(283)? * per_inch))
}

/// PNG 11.3.4.3: pixels per metre if the unit is 1.
fn png_dpi(document: &[u8]) -> Option<(f64, f64)> {
    let mut rest = document.get(8..)?;
    loop {
        let length = u32::from_be_bytes(*rest.first_chunk()?) as usize;
        match rest.get(4..8)? {
            b"pHYs" => {
                let content = rest.get(8..17)?;
                let per_metre = |at: usize| Some(f64::from(u32::from_be_bytes(*content.get(at..)?.first_chunk()?)));
                let inches = MM_PER_INCH / 1000.0;
                return (content.last() == Some(&1)).then_some((per_metre(0)? * inches, per_metre(4)? * inches));
            }
            b"IDAT" => return None,
            _ => rest = rest.get(length.checked_add(12)?..)?,
        }
    }
}

/// `biXPelsPerMeter` of the header that Windows 3 introduced.
fn bmp_dpi(document: &[u8]) -> Option<(f64, f64)> {
    let long = |at: usize| Some(u32::from_le_bytes(*document.get(at..)?.first_chunk()?));
    if long(14)? < 40 {
        return None;
    }
    let inches = MM_PER_INCH / 1000.0;
    let (x, y) = (f64::from(long(38)?) * inches, f64::from(long(42)?) * inches);
    (x > 0.0 && y > 0.0).then_some((x, y))
}
