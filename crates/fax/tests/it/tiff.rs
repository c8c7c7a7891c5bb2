//! Our TIFF files before libtiff's programs, and others' files before our reader.

use std::io::Cursor;

use ferrofax_fax::page::Bitmap;
use ferrofax_fax::tiff::{Compression, Tiff, TiffError, Writer};

use crate::codec_libtiff::{Bench, test_data, uncompressed};
use crate::codec_pages::{self, Drawn};

#[test]
fn libtiff_reads_the_files_we_write() {
    let mut pages = codec_pages::all();
    // libtiff 4.5 has no room for so many runs in a row.
    pages.retain(|page| !page.name.starts_with("checks"));
    let bench = Bench::new();
    let pels = bench.write("pels.tif", &uncompressed(&pages));
    for (compression, name) in
        [(Compression::Mh, "CCITT Group 3"), (Compression::Mr, "CCITT Group 3"), (Compression::Mmr, "CCITT Group 4")]
    {
        let mut writer = Writer::new(Cursor::new(Vec::new()), compression).unwrap();
        for page in &pages {
            writer.append(&mut page.bitmap.source(page.resolution)).unwrap();
        }
        let ours = bench.write("ours.tif", &writer.finish().unwrap().into_inner());
        bench.tiffcmp(&pels, &ours);
        let info = bench.tiffinfo(&ours);
        assert_eq!(info.matches(&format!("Compression Scheme: {name}")).count(), pages.len());
        assert_eq!(info.matches("Subfile Type: multi-page document").count(), pages.len());
        assert_eq!(info.matches("2-d encoding").count(), if compression == Compression::Mr { pages.len() } else { 0 });
        assert!(info.contains("Resolution: 204, 98 pixels/inch") && info.contains("Resolution: 204, 196 pixels/inch"));
        assert!(info.contains(&format!("Page Number: {}-{}", pages.len() - 1, pages.len())));
    }
}

#[test]
fn we_read_the_files_libtiff_writes() {
    let pages = codec_pages::all();
    let bench = Bench::new();
    let pels = bench.write("pels.tif", &uncompressed(&pages));
    for options in [
        &["-c", "none"][..],
        &["-c", "packbits"],
        &["-c", "packbits", "-B", "-f", "lsb2msb"],
        &["-c", "g3:1d", "-f", "lsb2msb"],
        &["-c", "g3:1d:fill", "-B"],
        &["-c", "g3:2d:fill"],
        &["-c", "g4", "-f", "lsb2msb", "-L"],
    ] {
        let mut strips_differ = options.to_vec();
        // Strips of seven rows too; the last `-r` counts.
        strips_differ.extend(["-r", "7"]);
        for options in [options, &strips_differ] {
            let file = bench.tiffcp(options, &pels);
            let tiff = Tiff::parse(&file).unwrap();
            assert_eq!(tiff.pages() as usize, pages.len());
            for (Drawn { name, bitmap, resolution }, number) in pages.iter().zip(0..) {
                let page = tiff.page(number).unwrap();
                assert_eq!(page.bad_rows, 0, "{name} by {options:?}");
                assert!(Bitmap::from_source(&mut page.rows.source(*resolution)) == *bitmap, "{name} by {options:?}");
                assert_eq!((page.x_dpi, page.y_dpi), (Some(204.0), Some(resolution.y_dpi().into())));
            }
        }
    }
}

#[test]
fn files_of_others_are_read_as_libtiff_reads_them() {
    let Some(folder) = test_data("corpus") else { return };
    let bench = Bench::new();
    let mut read = 0;
    let files =
        ["tiff-libtiff", "tiff-image"].into_iter().flat_map(|part| std::fs::read_dir(folder.join(part)).unwrap());
    for path in files.map(|entry| entry.unwrap().path()) {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let bytes = std::fs::read(&path).unwrap();
        let tiff = match Tiff::parse(&bytes) {
            Ok(tiff) => tiff,
            Err(TiffError::Unsupported { .. }) => continue,
            Err(other) => panic!("{name}: {other}"),
        };
        // Where libtiff keeps the pels it wants, those count: its older releases fail on some of the files.
        let wanted = path.with_file_name(name.replace("test__images__", "test__refs__o-")).with_extension("tiff");
        let wanted = if wanted.exists() { wanted } else { path };
        for number in 0..tiff.pages() {
            match tiff.page(number) {
                Ok(page) => {
                    assert_eq!(page.bad_rows, 0, "{name}, page {number}");
                    let theirs = bench.tiffcp_page(&wanted, number);
                    let theirs = Tiff::parse(&theirs).unwrap().page(0).unwrap();
                    assert!(page.rows == theirs.rows, "{name}, page {number}: other pels");
                    read += 1;
                }
                Err(TiffError::Unsupported { .. }) => {}
                Err(other) => panic!("{name}, page {number}: {other}"),
            }
        }
    }
    assert!(read >= 8, "only {read} pages of the folder were read");
}
