//! Renders a document to PNG files beside it or in a folder: `to_png FILE FOLDER [LOW] [LETTER]`.

use std::io;
use std::path::PathBuf;

use ferrofax_fax::page::Resolution;
use ferrofax_render::{Kind, Options, Paper, png, render};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut words = std::env::args().skip(1);
    let (Some(file), Some(folder)) = (words.next().map(PathBuf::from), words.next().map(PathBuf::from)) else {
        return Err("to_png FILE FOLDER [LOW] [LETTER]".into());
    };
    let mut options = Options::default();
    for word in words {
        match word.as_str() {
            "LOW" => options.resolution = Resolution::Standard,
            "LETTER" => options.paper = Paper::Letter,
            _ => return Err("LOW or LETTER".into()),
        }
    }
    let kind = match file.extension().and_then(|extension| extension.to_str()).map(str::to_ascii_lowercase).as_deref() {
        Some("pdf") => Kind::Pdf,
        Some("tif" | "tiff") => Kind::Tiff,
        Some("html" | "htm") => Kind::Html,
        Some("png" | "jpg" | "jpeg" | "gif" | "bmp" | "webp") => Kind::Picture,
        _ => Kind::Txt,
    };
    let stem = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let mut number = 0;
    let summary = render(std::fs::read(&file)?, kind, &options, &mut |page| {
        number += 1;
        println!("{stem} {number}: {page:?}");
        let bytes = png::encode(&mut page.source()).map_err(io::Error::other)?;
        std::fs::write(folder.join(format!("{stem}-{number}.png")), bytes)
    })?;
    println!("{summary:?}");
    Ok(())
}
