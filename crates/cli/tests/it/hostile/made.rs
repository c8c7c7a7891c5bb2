//! What hostile documents are made with.

use ferrofax_api::job::{Charset, DocumentKind, Paper};
use ferrofax_fax::page::Resolution;
use ferrofax_server::prepare::protocol::Task;

/// A document or a template, and what is wrong with it.
#[derive(Clone)]
pub struct Hostile {
    pub name: String,
    pub task: Task,
    pub extension: &'static str,
    pub bytes: Vec<u8>,
}

pub fn hostile(name: impl Into<String>, kind: DocumentKind, bytes: impl Into<Vec<u8>>) -> Hostile {
    in_charset(Charset::Utf8, name, kind, bytes)
}

pub fn in_charset(charset: Charset, name: impl Into<String>, kind: DocumentKind, bytes: impl Into<Vec<u8>>) -> Hostile {
    let task = Task::Document { kind, charset, paper: Paper::A4, resolution: Resolution::Standard };
    Hostile { name: name.into(), task, extension: extension(kind), bytes: bytes.into() }
}

fn extension(kind: DocumentKind) -> &'static str {
    match kind {
        DocumentKind::Pdf => "pdf",
        DocumentKind::Txt => "txt",
        DocumentKind::Html => "html",
        DocumentKind::Tiff => "tif",
        DocumentKind::Png => "png",
        DocumentKind::Jpeg => "jpg",
        DocumentKind::Gif => "gif",
        DocumentKind::Bmp => "bmp",
        DocumentKind::Webp => "webp",
        DocumentKind::Docx => "docx",
        DocumentKind::Xlsx => "xlsx",
        DocumentKind::Odt => "odt",
        DocumentKind::Rtf => "rtf",
        DocumentKind::Doc => "doc",
        _ => "bin",
    }
}

/// A small generator of numbers (xorshift), so that a failure can be repeated.
pub fn numbers(mut seed: u64) -> impl Iterator<Item = u64> {
    std::iter::from_fn(move || {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        Some(seed)
    })
}

/// Deflated zeros, about so many bytes of them: a literal, then "258 times the byte before" in the fixed code (RFC 1951 clause
/// 3.2.6), over and over, and the end of the block.
pub fn swelling(bytes: usize) -> Vec<u8> {
    const START: [u8; 11] = [1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0];
    const AGAIN: [u8; 13] = [1, 1, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0];
    const END: [u8; 7] = [0; 7];
    let bits: Vec<u8> = START.into_iter().chain(std::iter::repeat_n(AGAIN, bytes / 258).flatten()).chain(END).collect();
    bits.chunks(8).map(|byte| byte.iter().rev().fold(0, |byte, bit| byte << 1 | bit)).collect()
}

/// The same as a zlib stream, without a true check sum at its end.
pub fn swelling_zlib(bytes: usize) -> Vec<u8> {
    [&[0x78, 0x9c][..], &swelling(bytes), &[0; 4]].concat()
}

/// CRC-32 as PNG and ZIP have it.
pub fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0xEDB8_8320 } else { crc >> 1 })
    })
}
