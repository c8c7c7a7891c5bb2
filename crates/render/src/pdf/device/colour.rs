//! Colours as they are seen: through opacity and blending, and as one for a shading.

use ferrofax_fax::page::WIDTH_PELS;
use hayro::hayro_interpret::encode::EncodedShadingPattern;
use hayro::hayro_interpret::pattern::{Pattern, ShadingPattern};
use hayro::hayro_interpret::{BlendMode, CacheKey, Paint};
use hayro::kurbo::{Point, Rect};

use super::super::ground::{Colour, WHITE};
use super::Recorder;

impl Recorder<'_> {
    /// The colour that is seen at a place, and whether what is below shows through.
    pub(super) fn seen_colour(&self, colour: Colour, alpha: f32, blend: BlendMode, at: (i32, i32)) -> (Colour, bool) {
        let group = self.group();
        let alpha = (alpha * group.alpha).clamp(0.0, 1.0);
        let darkens = group.darkens || is_darkening(blend);
        if alpha > 0.98 && !darkens && blend == BlendMode::Normal {
            return (colour, true);
        }
        let under = self.sheet.colour_of(self.sheet.behind(at.0, at.1));
        let mut seen = under;
        for ((seen, over), under) in seen.iter_mut().zip(colour).zip(under) {
            let (over, under) = (f32::from(over) / 255.0, f32::from(under) / 255.0);
            let mixed = match blend {
                _ if darkens => over * under,
                BlendMode::Screen | BlendMode::Lighten | BlendMode::ColorDodge => over + under - over * under,
                BlendMode::Difference | BlendMode::Exclusion => (over - under).abs(),
                _ => over,
            };
            // Between 0 and 255.
            *seen = ((under + (mixed - under) * alpha) * 255.0).round() as u8;
        }
        (seen, alpha > 0.9 && !darkens)
    }

    /// Colour and opacity of a paint that has one colour, or nearly.
    pub(super) fn colour<'a>(&mut self, paint: &Paint<'a>, extent: Rect) -> (Colour, f32, bool) {
        match paint {
            Paint::Color(colour) => {
                let [red, green, blue, alpha] = colour.to_rgba().to_rgba8();
                ([red, green, blue], f32::from(alpha) / 255.0, false)
            }
            Paint::Pattern(pattern) => match &**pattern {
                Pattern::Shading(shading) => {
                    let (colour, alpha) = self.shading(shading, extent);
                    (colour, alpha, true)
                }
                Pattern::Tiling(tiling) => ([96; 3], tiling.opacity, true),
            },
        }
    }

    /// The mean colour of a shading.
    pub(super) fn shading(&mut self, shading: &ShadingPattern, extent: Rect) -> (Colour, f32) {
        let page = Rect::new(0.0, 0.0, f64::from(WIDTH_PELS), f64::from(self.sheet.rows()));
        let extent = extent.intersect(page);
        let key = shading.cache_key();
        if let Some(known) = self.shadings.get(&key) {
            return *known;
        }
        let encoded = shading.encode();
        let (mut sums, mut count) = ([0.0f32; 4], 0.0f32);
        const POINTS: u32 = 9;
        for row in 0..POINTS {
            for column in 0..POINTS {
                let part = |at: u32| (f64::from(at) + 0.5) / f64::from(POINTS);
                let at = Point::new(extent.x0 + extent.width() * part(column), extent.y0 + extent.height() * part(row));
                let [red, green, blue, alpha] = encoded.sample(encoded_point(&encoded, at));
                for (sum, value) in sums.iter_mut().zip([red * alpha, green * alpha, blue * alpha, alpha]) {
                    *sum += value;
                }
                count += 1.0;
            }
        }
        let [red, green, blue, alpha] = sums;
        // Casts saturate.
        let byte = |value: f32| (value / alpha.max(1e-3) * 255.0).round() as u8;
        let mean = if alpha > 0.0 { ([byte(red), byte(green), byte(blue)], alpha / count) } else { (WHITE, 0.0) };
        self.shadings.insert(key, mean);
        mean
    }
}

pub(super) fn is_darkening(blend: BlendMode) -> bool {
    matches!(blend, BlendMode::Multiply | BlendMode::Darken | BlendMode::ColorBurn)
}

/// A shading is asked in its own space.
fn encoded_point(encoded: &EncodedShadingPattern, at: Point) -> Point {
    encoded.base_transform * at
}
