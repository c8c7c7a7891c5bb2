//! Pages as PNG, to be looked at.

use ferrofax_fax::page::{Bitmap, PageSource, Resolution, Row};

use super::PELS_PER_METRE;

/// A page as a PNG of one bit a pel. Rows of standard pages are doubled, so that viewers which take pels for squares show nearly
/// the true shape; the exact one stands in `pHYs`.
pub fn encode(page: &mut dyn PageSource) -> Result<Vec<u8>, ::png::EncodingError> {
    let resolution = page.resolution();
    let repeats = if resolution == Resolution::Standard { 2 } else { 1 };
    let mut bitmap = Bitmap::new(page.width(), 0);
    let mut row = Row::default();
    while page.next_row(&mut row) {
        for _ in 0..repeats {
            bitmap.push_row(&row.changes);
        }
    }
    let mut bytes = Vec::new();
    let mut encoder = ::png::Encoder::new(&mut bytes, u32::from(bitmap.width()), bitmap.rows());
    encoder.set_color(::png::ColorType::Grayscale);
    encoder.set_depth(::png::BitDepth::One);
    encoder.set_pixel_dims(Some(::png::PixelDimensions {
        xppu: PELS_PER_METRE,
        yppu: resolution.lines_per_metre() * repeats,
        unit: ::png::Unit::Meter,
    }));
    let mut writer = encoder.write_header()?;
    // In PNG a set bit is white.
    let white: Vec<u8> = bitmap.as_bytes().iter().map(|byte| !byte).collect();
    writer.write_image_data(&white)?;
    writer.finish()?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_standard_page_keeps_its_shape() {
        let mut page = Bitmap::new(16, 3);
        page.set_black(1, 0);
        page.set_black(15, 2);
        let png = encode(&mut page.source(Resolution::Standard)).unwrap();
        let mut reader = ::png::Decoder::new(std::io::Cursor::new(png)).read_info().unwrap();
        let mut bytes = vec![0; reader.output_buffer_size().unwrap()];
        reader.next_frame(&mut bytes).unwrap();
        assert_eq!(bytes, [0xbf, 0xff, 0xbf, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe, 0xff, 0xfe]);
        let shape = reader.info().pixel_dims.unwrap();
        assert_eq!((shape.xppu, shape.yppu), (8037, 7700));
    }
}
