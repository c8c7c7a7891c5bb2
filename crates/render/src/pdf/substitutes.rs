//! Fonts for documents that bring none: Liberation for Helvetica, Times, Courier and their like (as wide, letter by letter), fonts
//! of the machine for East Asian ones. Symbols and dingbats are the library's own.

use std::sync::Arc;

use hayro::hayro_interpret::font::{FallbackFontQuery, FontData, StandardFont};
use hayro::hayro_interpret::hayro_cmap::CidFamily;

use crate::fonts::library;

type Face = (FontData, u32);

/// One of the fonts every reader of PDF has.
pub(super) fn standard(font: StandardFont) -> Option<Face> {
    use StandardFont as F;
    let (family, bold, italic) = match font {
        F::Helvetica => ("Helvetica", false, false),
        F::HelveticaBold => ("Helvetica", true, false),
        F::HelveticaOblique => ("Helvetica", false, true),
        F::HelveticaBoldOblique => ("Helvetica", true, true),
        F::TimesRoman => ("Times", false, false),
        F::TimesBold => ("Times", true, false),
        F::TimesItalic => ("Times", false, true),
        F::TimesBoldItalic => ("Times", true, true),
        F::Courier => ("Courier", false, false),
        F::CourierBold => ("Courier", true, false),
        // Typewriter type is built in upright only.
        _ => return Some(font.get_font_data()),
    };
    face(family, bold, italic).or_else(|| Some(font.get_font_data()))
}

/// A font by what is said of it. `None` for an East Asian one if the machine has none.
pub(super) fn named(wanted: &FallbackFontQuery) -> Option<Face> {
    let bold = wanted.is_bold || wanted.font_weight >= 600;
    if let Some(collection) = &wanted.character_collection {
        let country = match collection.family {
            CidFamily::AdobeJapan1 => Some(" JP"),
            CidFamily::AdobeKorea1 => Some(" KR"),
            CidFamily::AdobeGB1 => Some(" SC"),
            CidFamily::AdobeCNS1 => Some(" TC"),
            _ => None,
        };
        if let Some(country) = country {
            let (blob, index) = library().added_face(country, bold)?;
            return Some((Arc::new(blob), index));
        }
    }
    let name = wanted.post_script_name.as_deref().or(wanted.font_name.as_deref()).unwrap_or_default();
    let plain: String = name.split(['-', ',']).next().unwrap_or_default().trim_end_matches("PSMT").to_owned();
    let named = [Some(plain.as_str()), wanted.font_family.as_deref()]
        .into_iter()
        .flatten()
        .find_map(|family| face(family, bold, wanted.is_italic));
    named.or_else(|| standard(wanted.pick_standard_font()))
}

fn face(family: &str, bold: bool, italic: bool) -> Option<Face> {
    let (blob, index) = library().face(family, bold, italic)?;
    Some((Arc::new(blob), index))
}
