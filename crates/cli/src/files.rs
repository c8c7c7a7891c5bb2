//! Pages in files: `ferrofax render`, and the writing of TIFF and PNG.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use ferrofax_api::job::DocumentKind;
use ferrofax_fax::page::{Resolution, StoredPage};
use ferrofax_render as render;
use ferrofax_server::export::{self, Format};
use indicatif::{ProgressBar, ProgressStyle};

use crate::worker;

#[derive(Debug, clap::Args)]
pub struct Render {
    /// Document: PDF, plain text, TIFF.
    file: PathBuf,
    /// Where to: a `.tif` or `.pdf` for all pages, or a `.png` (several pages become `-1.png`, `-2.png`, …).
    #[arg(short, long)]
    output: PathBuf,
    /// Paper is LETTER, not A4.
    #[arg(long)]
    letter: bool,
    /// Resolution is LOW, not HIGH.
    #[arg(long)]
    low: bool,
}

impl Render {
    pub fn run(self) -> Result<()> {
        let name = self.file.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let kind = name.rsplit_once('.').and_then(|(_, extension)| DocumentKind::of_extension(extension));
        let Some(kind) = kind.and_then(worker::kind) else {
            bail!("{name}: this kind of document can't be rendered here");
        };
        let document = std::fs::read(&self.file).with_context(|| format!("can't read {}", self.file.display()))?;
        let options = render::Options {
            paper: if self.letter { render::Paper::Letter } else { render::Paper::A4 },
            resolution: if self.low { Resolution::Standard } else { Resolution::Fine },
            ..render::Options::default()
        };
        let bar = ProgressBar::new_spinner().with_style(ProgressStyle::with_template("{spinner} {pos} pages")?);
        let mut pages = Vec::new();
        let summary = render::render(document, kind, &options, &mut |page| {
            bar.inc(1);
            pages.push(page);
            Ok(())
        })?;
        bar.finish_and_clear();
        for path in write(&self.output, &pages)? {
            println!("{}", path.display());
        }
        for warning in worker::warnings(&summary) {
            eprintln!("ferrofax: {warning}");
        }
        Ok(())
    }
}

/// Writes pages by the name's extension; the files written.
pub fn write(path: &Path, pages: &[StoredPage]) -> Result<Vec<PathBuf>> {
    let format = path.extension().and_then(|extension| extension.to_str()).and_then(Format::of);
    let Some(format) = format else { bail!("{}: the output's name ends in .tif, .pdf or .png", path.display()) };
    let put = |path: PathBuf, pages: &[StoredPage]| {
        std::fs::write(&path, export::encode(format, pages)?)
            .with_context(|| format!("can't write {}", path.display()))?;
        Ok(path)
    };
    if format != Format::Png || pages.len() == 1 {
        return Ok(vec![put(path.to_owned(), pages)?]);
    }
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let numbered = |number: usize| path.with_file_name(format!("{stem}-{number}.png"));
    pages.chunks(1).zip(1..).map(|(page, number)| put(numbered(number), page)).collect()
}
