//! Sound documents of every kind, harmed by chance: bytes changed, the end cut off, parts moved, numbers made large.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use ferrofax_api::job::DocumentKind;
use ferrofax_fax::page::{Bitmap, Resolution};
use ferrofax_fax::tiff::{Compression, Writer};

use super::made::{Hostile, hostile, numbers};

/// Of each document.
const MUTATIONS: u64 = 14;

const JPEG: &str = "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDABALDA4MChAODQ4SERATGCgaGBYWGDEjJR0oOjM9PDkzODdASFxOQERXRTc4UG1RV19iZ2hnPk1xeXBkeFxl\
    Z2P/wgALCAAYACABAREA/8QAGQAAAwADAAAAAAAAAAAAAAAAAQMEAAIF/9oACAEBAAAAAYOnOjNy4BlP/8QAHBAAAgIDAQEAAAAAAAAAAAAAAQIAAwQR\
    EyEV/9oACAEBAAEFAsbH7P8APl2NxgWLtYLrIXJC+kLBVOPipo//xAAjEAABAgQGAwAAAAAAAAAAAAAAAREQIkFhAhIhMVGhMjNx/9oACAEBAAY/Asrt\
    o57OhJne0JVVPh5YqVJnVnqLaG/Bvz2Lc//EAB8QAAICAQUBAQAAAAAAAAAAAAERADFRECFBocFx8P/aAAgBAQABPyFlT3E4BH79n2VhoPMjklCADeCv\
    zH4kj3wMBFWXWgsAcAFYM3kOQGso85PoDyf/2gAIAQEAAAAQVN//xAAhEAACAQQCAgMAAAAAAAAAAAABEQAhMUFRYaEQcZHB8P/aAAgBAQABPxABevZJ\
    EBJjfhEA1+GEuTucME80hEglqk7iRVdQ8UlcUoG+5bEt90H7nDC7YXtbzGpeq4VHfHcq21qrWH5mf//Z";
const GIF: &str = "R0lGODdhIAAYAIIAAPf0umDXALybADCbAL9UALcTACtDABECACwAAAAAIAAYAEAIywAPCBxIcGCBgwgTKkxooGFDABAjSpxIoKLFixUHaNyo8UDHAQEO\
    BBBwQABJkyVPmkQp8OHElxEXLuTI0eMAmylzokSJkabGAECDCgW6sqhRkgUHOmwosynCpQZgSsVIlQDUq0uras3o8+bHmztV6iza1WtIoCJDhh27kuPQ\
    t2+PGk2a1IDTu3Wx3m0KVSpMhVX7+qW4tSLWw4UDY+2amGpZnB3XSibbFTJYsZPbVu6IFu3klJp9ph3dGbPK0BvhwpVr9Kfq10RZCwgIADs=";
const WEBP: &str = "UklGRuoAAABXRUJQVlA4IN4AAAAQCACdASogABgAPtFapk4oJSOiKAqpABoJbACdMoR1B6Nxqu7rYZwIOJLAG8cf8c6dT+AtwAgS6dVF1Woy6TT7rNiC\
    6vSNR/JAAP76cjZiGT/2g7oD8e2uYM199Ix3t8oQarZ/tebF3Wn1ytoAJGuWoLEoFFrPvIbJLERqQwpmHNqJEpRwtEj/vvssu17RF8ua6bU63wIlYPYi\
    9DiNodHNLEgGGLvzo9onXhoE0Eu1QY86Ua1idd4q233p7GyGy7fUBG/vJRCqWvqNvF9yqm4GtzzVWo9/kDUs8WGMgAA=";
const PNG: &str = "iVBORw0KGgoAAAANSUhEUgAAACAAAAAYCAIAAAAUMWhjAAAAcElEQVR4nGNkYGDgoCViYeBioCkYfhZcv/6feM0LNRlJtoA0QITeUQtItkAzmpGEfERz\
    HxABaG4BEwMXA1Z0YBKUsQLGmABjVMAYCTCGB4xhMAndHLw+4KKMwcDAQCCIRi0YtYAoCxgZTozWyQNsAQCNexK0jYn93AAAAABJRU5ErkJggg==";

const HTML: &str = "<!DOCTYPE html><html><head><meta charset=utf-8><style>td { padding: 3px } .a::before { content: 'x' }</style></head>\
    <body bgcolor=#eee><h1>Offer</h1><p style='color:#888;width:50%'>Two <b>pumps</b>, &euro; 1272.00</p><table border=1 width=80%>\
    <tr><td colspan=2>a<td rowspan=3>b<tr><td>c<td>d</table><ul><li>one<li>two</ul><svg width=40 height=40><path d='M0 0 L40 40'/></svg>\
    <img src='data:image/png;base64,iVBORw0KGgo='><hr></body></html>";

pub fn picture(base64: &str) -> Vec<u8> {
    BASE64_STANDARD.decode(base64).unwrap()
}

pub fn png() -> Vec<u8> {
    picture(PNG)
}

/// A fax page with something on it.
pub fn fax(compression: Compression) -> Vec<u8> {
    let mut page = Bitmap::new(1728, 300);
    for step in 0..300 {
        page.set_black((step * 7 % 1728) as u16, step);
        page.set_black(300, step);
    }
    let mut file = std::io::Cursor::new(Vec::new());
    let mut writer = Writer::new(&mut file, compression).unwrap();
    writer.append(&mut page.source(Resolution::Fine)).unwrap();
    writer.finish().unwrap();
    file.into_inner()
}

/// A BMP of 24 bits a pel.
pub fn bmp() -> Vec<u8> {
    let mut file = b"BM".to_vec();
    for field in [54 + 32 * 24 * 3, 0, 54, 40, 32, 24, 1 | 24 << 16, 0, 0, 2835, 2835, 0, 0] {
        file.extend(u32::to_le_bytes(field));
    }
    file.extend((0..32 * 24 * 3).map(|at| (at * 7 % 251) as u8));
    file
}

pub fn all() -> Vec<Hostile> {
    let mut documents = Vec::new();
    for (name, kind, sound) in [
        ("letter", DocumentKind::Pdf, include_bytes!("../../../samples/letter.pdf").to_vec()),
        ("drawing", DocumentKind::Pdf, super::pdf::drawing()),
        ("fax page in MMR", DocumentKind::Tiff, fax(Compression::Mmr)),
        ("fax page in MH", DocumentKind::Tiff, fax(Compression::Mh)),
        ("picture", DocumentKind::Png, png()),
        ("picture", DocumentKind::Jpeg, picture(JPEG)),
        ("picture", DocumentKind::Gif, picture(GIF)),
        ("picture", DocumentKind::Webp, picture(WEBP)),
        ("picture", DocumentKind::Bmp, bmp()),
        ("page", DocumentKind::Html, HTML.into()),
    ] {
        for seed in 1..=MUTATIONS {
            let how = format!("{name} of kind {kind:?} harmed by seed {seed}");
            documents.push(hostile(how, kind, harmed(&sound, seed)));
        }
    }
    documents
}

fn harmed(sound: &[u8], seed: u64) -> Vec<u8> {
    let mut harmed = sound.to_vec();
    // The first numbers of near seeds are alike.
    let mut numbers = numbers(seed * 0x9E37_79B9).skip(8);
    let mut below = |limit: usize| (numbers.next().unwrap() % limit.max(1) as u64) as usize;
    for _ in 0..1 + seed % 6 {
        let at = below(harmed.len());
        match below(6) {
            0 | 1 => harmed[at] = below(256) as u8,
            2 => harmed[at] ^= 1 << below(8),
            3 => harmed[at..].iter_mut().take(4).for_each(|byte| *byte = 0xFF),
            4 => {
                let part = harmed[at..].iter().copied().take(1 + below(64)).collect::<Vec<_>>();
                let to = below(harmed.len());
                harmed.splice(to..to, part);
            }
            // A number in text grows.
            _ => {
                if let Some(digit) = (at..harmed.len()).find(|&at| harmed[at].is_ascii_digit()) {
                    harmed.splice(digit..digit, *b"99999");
                }
            }
        }
    }
    if seed.is_multiple_of(4) {
        let end = below(harmed.len());
        harmed.truncate(end.max(1));
    }
    harmed
}
