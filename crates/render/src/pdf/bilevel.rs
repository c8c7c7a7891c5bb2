//! Pictures of one bit a sample that are nothing but black and white: read as runs, never as grey.
//!
//! Anything else about them (a mask, colours, a transfer function, rows that are missing) is left to the library.

use ferrofax_fax::page::{Bitmap, Rows};
use hayro::hayro_interpret::LumaData;
use hayro::hayro_syntax::object::stream::ImageDecodeParams;
use hayro::hayro_syntax::object::{Array, Dict, Name, Object, Stream};

use super::pictures::filters;

/// More changes of colour, on average one in so many pixels, are no strokes, and runs would take more room than grey.
const PIXELS_PER_CHANGE: usize = 6;

/// The black runs of a picture.
pub(super) fn runs(stream: &Stream<'_>, width: u32, height: u32) -> Option<Rows> {
    let dict = stream.dict();
    if ["SMask", "Mask", "SMaskInData"].iter().any(|key| dict.contains_key(*key)) || !is_grey(dict) {
        return None;
    }
    let inverted = match dict.get::<Array<'_>>(either(dict, "Decode", "D")) {
        None => false,
        Some(range) => match range.iter::<f32>().collect::<Vec<_>>()[..] {
            [0.0, 1.0] => false,
            [1.0, 0.0] => true,
            _ => return None,
        },
    };
    let bits = match filters(stream).last().map(Vec::as_slice) {
        Some(b"CCITTFaxDecode" | b"CCF" | b"JBIG2Decode") => 1,
        Some(b"DCTDecode" | b"DCT" | b"JPXDecode") => return None,
        _ => dict.get::<u8>(either(dict, "BitsPerComponent", "BPC")).unwrap_or(8),
    };
    if bits != 1 {
        return None;
    }
    // As for indexes: these are left packed.
    let wanted = ImageDecodeParams {
        is_indexed: true,
        bpc: Some(1),
        num_components: Some(1),
        width,
        height,
        ..ImageDecodeParams::default()
    };
    let decoded = stream.decoded_image(&wanted).ok()?;
    if decoded
        .image_data
        .is_some_and(|found| (found.width, found.height, found.bits_per_component) != (width, height, 1))
    {
        return None;
    }
    let (columns, rows) = (u16::try_from(width).ok()?, height as usize);
    let mut packed = decoded.data.into_owned();
    let length = usize::from(columns).div_ceil(8).checked_mul(rows)?;
    if packed.len() < length {
        return None;
    }
    packed.truncate(length);
    if !inverted {
        // A sample of 0 is black, and here a bit of 1.
        packed.iter_mut().for_each(|byte| *byte = !*byte);
    }
    strokes(Bitmap::from_bytes(columns, packed)?)
}

/// The runs of a mask that is open or closed everywhere; black is open.
pub(super) fn runs_of_mask(mask: &LumaData) -> Option<Rows> {
    let columns = u16::try_from(mask.width).ok()?;
    let mut packed = Vec::with_capacity(usize::from(columns).div_ceil(8) * mask.height as usize);
    for row in mask.data.chunks_exact(mask.width.max(1) as usize) {
        let (groups, rest) = row.as_chunks::<8>();
        let mut last = [0; 8];
        last.iter_mut().zip(rest).for_each(|(to, &from)| *to = from);
        let last = [last];
        for group in groups.iter().chain(if rest.is_empty() { &[] } else { &last[..] }) {
            let values = u64::from_be_bytes(*group);
            let ones = values & 0x0101_0101_0101_0101;
            if values != ones.wrapping_mul(255) {
                return None;
            }
            // Each byte leaves its bit in the highest.
            packed.push((ones.wrapping_mul(0x0102_0408_1020_4080) >> 56) as u8);
        }
    }
    strokes(Bitmap::from_bytes(columns, packed)?)
}

/// Unless they can't be strokes.
fn strokes(picture: Bitmap) -> Option<Rows> {
    let pixels = usize::from(picture.width()) * picture.rows() as usize;
    (changes(picture.as_bytes()) <= pixels / PIXELS_PER_CHANGE).then(|| picture.to_rows())
}

/// Changes of colour, those between rows included.
fn changes(packed: &[u8]) -> usize {
    let mut last = 0;
    let (words, rest) = packed.as_chunks::<8>();
    let mut count = |word: u64| {
        let edges = word ^ (word >> 1 | last << 63);
        last = word & 1;
        if edges == 0 { 0 } else { edges.count_ones() as usize }
    };
    words.iter().map(|word| count(u64::from_be_bytes(*word))).sum::<usize>() + rest.len() * 8
}

/// The colour space has black at 0 and white at 1.
fn is_grey(dict: &Dict<'_>) -> bool {
    let named = |name: &Name<'_>| matches!(&**name, b"DeviceGray" | b"G" | b"CalGray");
    match dict.get::<Object<'_>>(either(dict, "ColorSpace", "CS")) {
        None => true,
        Some(Object::Name(name)) => named(&name),
        Some(Object::Array(space)) => {
            let mut parts = space.flex_iter();
            match parts.next::<Name<'_>>() {
                Some(name) if &*name == b"ICCBased" => {
                    parts.next::<Stream<'_>>().is_some_and(|profile| profile.dict().get::<u8>("N") == Some(1))
                }
                Some(name) => named(&name),
                None => false,
            }
        }
        Some(_) => false,
    }
}

/// A key, or what inline pictures call it.
fn either(dict: &Dict<'_>, name: &'static str, short: &'static str) -> &'static str {
    if dict.contains_key(short) { short } else { name }
}

/// Forms and patterns that are looked into, and how deep they may lie in each other.
const LOOKS_MAX: u32 = 200;
const DEPTH_MAX: u32 = 5;

/// Samples may be changed by a transfer function before they are shown.
pub(super) fn has_transfer_functions(resources: [&Dict<'_>; 3]) -> bool {
    let mut looks = LOOKS_MAX;
    transfers(resources, DEPTH_MAX, &mut looks)
}

fn transfers([states, forms, patterns]: [&Dict<'_>; 3], depth: u32, looks: &mut u32) -> bool {
    let function = |state: Dict<'_>| {
        ["TR", "TR2"].iter().any(|key| state.get::<Object<'_>>(*key).is_some_and(|it| !matches!(it, Object::Name(_))))
    };
    if states.keys().any(|key| states.get::<Dict<'_>>(&*key).is_some_and(function)) {
        return true;
    }
    for within in [forms, patterns] {
        for key in within.keys() {
            if *looks == 0 || depth == 0 {
                return true;
            }
            *looks -= 1;
            let Some(resources) =
                within.get::<Stream<'_>>(&*key).and_then(|stream| stream.dict().get::<Dict<'_>>("Resources"))
            else {
                continue;
            };
            let [states, forms, patterns] =
                ["ExtGState", "XObject", "Pattern"].map(|key| resources.get::<Dict<'_>>(key).unwrap_or_default());
            if transfers([&states, &forms, &patterns], depth - 1, looks) {
                return true;
            }
        }
    }
    false
}
