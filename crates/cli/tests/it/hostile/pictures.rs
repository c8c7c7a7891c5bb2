//! TIFF directories that lead in circles, and pictures that claim more than they have or hold more than they seem.

use ferrofax_api::job::DocumentKind;
use ferrofax_fax::tiff::Compression;

use super::made::{Hostile, crc32, hostile, numbers, swelling_zlib};
use super::mutated::{bmp, fax, png};

pub fn all() -> Vec<Hostile> {
    [tiffs(), pngs(), others()].concat()
}

/// A TIFF whose one directory holds these numbers (tag, value), all of 32 bits; what follows the directory, and where the next is.
fn tiff(fields: &[(u16, u32)], data: &[u8], next: u32) -> Vec<u8> {
    let mut file = b"II*\0\x08\0\0\0".to_vec();
    file.extend((fields.len() as u16).to_le_bytes());
    for &(tag, value) in fields {
        file.extend(tag.to_le_bytes());
        file.extend([4, 0, 1, 0, 0, 0]);
        file.extend(value.to_le_bytes());
    }
    file.extend(next.to_le_bytes());
    file.extend(data);
    file
}

/// A grey picture of 8 bits in one strip, some fields other than usual.
fn grey(other: &[(u16, u32)], data: &[u8]) -> Vec<u8> {
    let usual = [
        (256, 40),
        (257, 40),
        (258, 8),
        (259, 1),
        (262, 1),
        (273, 8 + 2 + 12 * 9 + 4),
        (277, 1),
        (278, 40),
        (279, 1600),
    ];
    let mut fields: Vec<_> = usual
        .iter()
        .map(|&(tag, value)| (tag, other.iter().find(|(of, _)| *of == tag).map_or(value, |other| other.1)))
        .collect();
    let more: Vec<_> = other.iter().filter(|(tag, _)| usual.iter().all(|(of, _)| of != tag)).copied().collect();
    for field in &mut fields {
        if field.0 == 273 && field.1 == 122 {
            field.1 += 12 * more.len() as u32;
        }
    }
    fields.extend(more);
    fields.sort_by_key(|field| field.0);
    tiff(&fields, data, 0)
}

fn tiffs() -> Vec<Hostile> {
    let noise: Vec<u8> = numbers(8).flat_map(u64::to_le_bytes).take(1600).collect();
    let most = u32::MAX;
    let mut documents = Vec::new();
    let mut add = |name: &str, bytes: Vec<u8>| documents.push(hostile(name, DocumentKind::Tiff, bytes));
    add("a directory that follows itself", tiff(&[(256, 40), (257, 40)], &noise, 8));
    add("a sound page whose directory follows itself", {
        let mut file = fax(Compression::Mmr);
        let at = u32::from_le_bytes(file[4..8].try_into().unwrap()) as usize;
        let count = usize::from(u16::from_le_bytes([file[at], file[at + 1]]));
        let next = at + 2 + 12 * count;
        let back = (at as u32).to_le_bytes();
        file[next..next + 4].copy_from_slice(&back);
        file
    });
    add("two directories that follow each other", {
        let mut file = tiff(&[(256, 40)], &[], 26);
        file.extend([1, 0, 0, 1, 4, 0, 1, 0, 0, 0, 40, 0, 0, 0, 8, 0, 0, 0]);
        file
    });
    add("ten thousand directories of the same picture", {
        let mut file = b"II*\0\x08\0\0\0".to_vec();
        for at in 0..10_000u32 {
            file.extend([
                3, 0, 0, 1, 4, 0, 1, 0, 0, 0, 9, 0, 0, 0, 1, 1, 4, 0, 1, 0, 0, 0, 9, 0, 0, 0, 17, 1, 4, 0, 1, 0, 0, 0,
                8, 0, 0, 0,
            ]);
            file.extend((8 + 42 * (at + 1)).to_le_bytes());
        }
        file
    });
    add("a directory beyond the end", b"II*\0\xFF\xFF\xFF\xFF".to_vec());
    add("a directory within the header", b"II*\0\x02\0\0\0".to_vec());
    add("a directory of 65535 fields and no more", b"II*\0\x08\0\0\0\xFF\xFF".to_vec());
    add("a large file's header", b"II+\0\x08\0\0\0\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x7F".to_vec());
    add("a field of four billion numbers", {
        let mut file = grey(&[], &noise);
        file[14..18].copy_from_slice(&most.to_le_bytes());
        file
    });
    for (name, fields) in [
        ("no width", &[(256, 0)][..]),
        ("no height", &[(257, 0)]),
        ("four billion pels across", &[(256, most), (257, most)]),
        ("60000 by 60000 pels of nothing", &[(256, 60_000), (257, 60_000)]),
        ("no rows in a strip", &[(278, 0)]),
        ("four billion rows in a strip", &[(278, most)]),
        ("a strip beyond the end", &[(273, most)]),
        ("a strip of four billion bytes", &[(279, most)]),
        ("no bits", &[(258, 0)]),
        ("65 bits", &[(258, 65)]),
        ("no samples", &[(277, 0)]),
        ("65535 samples", &[(277, 65_535)]),
        ("an unknown photometric", &[(262, 99)]),
        ("an unknown coding", &[(259, 4711)]),
        ("an odd orientation", &[(274, 99)]),
        ("a resolution of nothing", &[(282, 0), (283, 0)]),
        ("tiles of no size", &[(322, 0), (323, 0), (324, 8), (325, 9)]),
        ("tiles of four billion pels", &[(322, most), (323, most), (324, 8), (325, 9)]),
        ("a predictor nobody knows", &[(259, 5), (317, 77)]),
        ("planes apart", &[(284, 2), (277, 4)]),
    ] {
        add(&format!("a picture of {name}"), grey(fields, &noise));
    }
    for coding in [2, 3, 4, 5, 6, 7, 8, 32_771, 32_773, 32_946, 34_712, 50_000, 50_001] {
        let bits = if matches!(coding, 2..=4 | 32_771) { 1 } else { 8 };
        add(&format!("noise in the coding {coding}"), grey(&[(259, coding), (258, bits)], &noise));
    }
    let swollen = swelling_zlib(500_000_000);
    add(
        "a picture that swells to 500 megabytes",
        grey(&[(256, 25_000), (257, 20_000), (278, 20_000), (259, 8), (279, swollen.len() as u32)], &swollen),
    );
    add(
        "a fax page of white without end",
        grey(&[(256, 1728), (257, 4_000_000), (278, 4_000_000), (258, 1), (259, 4), (279, 500_000)], &[0xFF; 500_000]),
    );
    add(
        "a fax page of width 65000 and white without end",
        grey(&[(256, 65_000), (257, 65_000), (278, 65_000), (258, 1), (259, 4), (279, 9000)], &[0xFF; 9000]),
    );
    documents
}

fn chunk(kind: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let body = [kind, data].concat();
    [&(data.len() as u32).to_be_bytes(), &body[..], &crc32(&body).to_be_bytes()].concat()
}

/// A PNG: width, height, depth, colour type, interlace; and its data.
fn png_of(width: u32, height: u32, rest: [u8; 3], data: &[u8]) -> Vec<u8> {
    let head = [&width.to_be_bytes()[..], &height.to_be_bytes(), &[rest[0], rest[1], 0, 0, rest[2]]].concat();
    [b"\x89PNG\r\n\x1a\n".to_vec(), chunk(b"IHDR", &head), chunk(b"IDAT", data), chunk(b"IEND", &[])].concat()
}

fn pngs() -> Vec<Hostile> {
    let sound = png();
    let after_head = 33;
    let with = |extra: Vec<u8>| [&sound[..after_head], &extra, &sound[after_head..]].concat();
    let mut documents = Vec::new();
    let mut add = |name: &str, bytes: Vec<u8>| documents.push(hostile(name, DocumentKind::Png, bytes));
    add("a PNG of 60000 by 60000 pels of nothing", png_of(60_000, 60_000, [8, 6, 0], &swelling_zlib(100)));
    add("a PNG of 2 to the 31 pels", png_of(0x7FFF_FFFF, 0x7FFF_FFFF, [16, 6, 0], &swelling_zlib(100)));
    add("a PNG of no pels", png_of(0, 0, [8, 0, 0], &swelling_zlib(100)));
    add("a PNG of 20000 by 20000 pels, all there", png_of(20_000, 20_000, [8, 0, 0], &swelling_zlib(401_000_000)));
    add("a PNG of one bit, 60000 by 60000, all there", png_of(60_000, 60_000, [1, 0, 0], &swelling_zlib(451_000_000)));
    add("a PNG of 20000 by 20000 pels, interlaced", png_of(20_000, 20_000, [8, 2, 1], &swelling_zlib(1000)));
    add("a PNG one pel wide and a million high", png_of(1, 1_000_000, [8, 0, 0], &swelling_zlib(2_000_000)));
    add("a PNG a million wide and one pel high", png_of(1_000_000, 1, [8, 0, 0], &swelling_zlib(1_000_001)));
    add("a small PNG in a large stream", png_of(2, 2, [8, 0, 0], &swelling_zlib(300 << 20)));
    add("a PNG of a depth nobody knows", png_of(9, 9, [7, 9, 0], &swelling_zlib(1000)));
    add("a PNG with a text that swells", with(chunk(b"zTXt", &[&b"a\0\0"[..], &swelling_zlib(300 << 20)].concat())));
    add("a PNG with a profile that swells", with(chunk(b"iCCP", &[&b"a\0\0"[..], &swelling_zlib(300 << 20)].concat())));
    add("a PNG with a hundred thousand texts", with(chunk(b"tEXt", b"a\0b").repeat(100_000)));
    add("a PNG of four billion frames", with(chunk(b"acTL", &[0xFF; 8])));
    add("a PNG whose pels are of no size", with(chunk(b"pHYs", &[0, 0, 0, 0, 0, 0, 0, 0, 1])));
    add(
        "a PNG whose pels are of a tenth of a micrometre",
        with(chunk(b"pHYs", &[0x7F, 0xFF, 0xFF, 0xFF, 0, 0, 0, 1, 1])),
    );
    add("a chunk longer than the file", [&b"\x89PNG\r\n\x1a\n"[..], &[0xFF; 4], b"IHDR"].concat());
    add("a PNG that is a PDF", super::pdf::drawing());
    documents
}

/// A baseline JPEG's header and the start of its data, without the data.
pub fn jpeg_header(width: u16, height: u16) -> Vec<u8> {
    let (w, h) = (width.to_be_bytes(), height.to_be_bytes());
    let mut file = vec![0xFF, 0xD8, 0xFF, 0xDB, 0, 67, 0];
    file.extend([1; 64]);
    file.extend([0xFF, 0xC0, 0, 11, 8, h[0], h[1], w[0], w[1], 1, 1, 0x11, 0]);
    for class in [0x00, 0x10] {
        // One code of one bit, for the value 0.
        file.extend([0xFF, 0xC4, 0, 20, class, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    }
    file.extend([0xFF, 0xDA, 0, 8, 1, 1, 0, 0, 63, 0]);
    file
}

/// A progressive JPEG that says the same empty scan over and over.
fn scans(times: usize) -> Vec<u8> {
    let mut file = jpeg_header(4000, 4000);
    let at = file.windows(2).position(|pair| pair == [0xFF, 0xC0]).unwrap();
    file[at + 1] = 0xC2;
    file.truncate(file.len() - 10);
    let scan = [0xFF, 0xDA, 0, 8, 1, 1, 0, 1, 63, 0, 0, 0, 0, 0];
    file.extend(scan.repeat(times));
    file.extend([0xFF, 0xD9]);
    file
}

/// A GIF: its screen, and frames of one pel.
fn gif(width: u16, height: u16, frames: usize) -> Vec<u8> {
    let mut file = b"GIF89a".to_vec();
    file.extend(width.to_le_bytes());
    file.extend(height.to_le_bytes());
    file.extend([0x80, 0, 0, 0, 0, 0, 255, 255, 255]);
    let frame = [&[0x2C, 0, 0, 0, 0][..], &width.to_le_bytes(), &height.to_le_bytes(), &[0, 2, 2, 0x44, 1, 0]].concat();
    file.extend(frame.repeat(frames));
    file.push(0x3B);
    file
}

/// A BMP whose header says this.
fn bmp_of(width: i32, height: i32, bits: u16, coding: u32) -> Vec<u8> {
    let mut file = bmp();
    file[18..22].copy_from_slice(&width.to_le_bytes());
    file[22..26].copy_from_slice(&height.to_le_bytes());
    file[28..30].copy_from_slice(&bits.to_le_bytes());
    file[30..34].copy_from_slice(&coding.to_le_bytes());
    file
}

fn others() -> Vec<Hostile> {
    use DocumentKind::{Bmp, Gif, Jpeg, Webp};
    // A lossless WebP's header: 14 bits each for width and height less one.
    let webp = |bits: u32| [&b"RIFF\x20\0\0\0WEBPVP8L\x0C\0\0\0\x2F"[..], &bits.to_le_bytes(), &[0x99; 9]].concat();
    // A JPEG's directory of camera facts, whose next directory is itself.
    let exif = [
        &b"\xFF\xD8\xFF\xE1\0\x22Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x63\0\0\0\x08\0\0\0"[..],
        &jpeg_header(16, 16)[2..],
        &[0xFF, 0xD9],
    ]
    .concat();
    let two_frames = {
        let header = jpeg_header(100, 100);
        [&header[..], &header[2..], &[0; 200]].concat()
    };
    vec![
        hostile("a JPEG of 65500 by 65500 pels of nothing", Jpeg, jpeg_header(65_500, 65_500)),
        hostile(
            "a JPEG of 20000 by 20000 pels, a few there",
            Jpeg,
            [jpeg_header(20_000, 20_000), vec![0; 1000]].concat(),
        ),
        hostile(
            "a JPEG of 12000 by 12000 pels, all there",
            Jpeg,
            [jpeg_header(12_000, 12_000), vec![0; 1500 * 1500 / 4], vec![0xFF, 0xD9]].concat(),
        ),
        hostile("a JPEG of no height", Jpeg, jpeg_header(100, 0)),
        hostile("a JPEG of ten thousand scans", Jpeg, scans(10_000)),
        hostile("a JPEG of two frames", Jpeg, two_frames),
        hostile("a JPEG with camera facts in a circle", Jpeg, exif),
        hostile("a JPEG of markers alone", Jpeg, [&[0xFF, 0xD8][..], &[0xFF, 0xE0, 0, 2].repeat(500_000)].concat()),
        hostile("a JPEG of its first bytes", Jpeg, [0xFF, 0xD8, 0xFF]),
        hostile("a GIF of 65535 by 65535 pels", Gif, gif(65_535, 65_535, 1)),
        hostile("a GIF of a hundred thousand frames", Gif, gif(1, 1, 100_000)),
        hostile("a GIF of a thousand large frames", Gif, gif(10_000, 10_000, 1000)),
        hostile("a GIF of no pels", Gif, gif(0, 0, 1)),
        hostile("a GIF without frames", Gif, gif(9, 9, 0)),
        hostile("a BMP of 2 to the 31 pels", Bmp, bmp_of(i32::MAX, i32::MAX, 24, 0)),
        hostile("a BMP of less than no height", Bmp, bmp_of(32, i32::MIN, 24, 0)),
        hostile("a BMP of less than no width", Bmp, bmp_of(-32, 24, 24, 0)),
        hostile("a BMP of runs, 30000 by 30000", Bmp, bmp_of(30_000, 30_000, 8, 1)),
        hostile("a BMP of 60000 by 60000 pels of nothing", Bmp, bmp_of(60_000, 60_000, 32, 0)),
        hostile("a BMP of 77 bits", Bmp, bmp_of(32, 24, 77, 0)),
        hostile("a WebP of 16384 by 16384 pels of nothing", Webp, webp(0x0FFF_FFFF)),
        hostile("a WebP of one pel and noise", Webp, webp(0)),
        hostile("a WebP longer than itself", Webp, b"RIFF\xFF\xFF\xFF\xFFWEBPVP8 \xFF\xFF\xFF\xFF".as_slice()),
        hostile(
            "a WebP of layers within layers",
            Webp,
            [
                &b"RIFF\0\0\x10\0WEBPVP8X\x0A\0\0\0\x02\0\0\0\xFF\x3F\0\xFF\x3F\0"[..],
                &b"ANMF\x10\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0".repeat(1000),
            ]
            .concat(),
        ),
        hostile("a WebP that is a PNG", Webp, png()),
    ]
}
