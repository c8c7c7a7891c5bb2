//! `ferrofax render`: a fax as its recipient would get it, without a call; and the writing of pages to files.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use ferrofax_api::job::{self, Charset, Content, Document, DocumentKind, Property};
use ferrofax_fax::page::StoredPage;
use ferrofax_server::accept::id::Ids;
use ferrofax_server::accept::{Accept, Account as Asking};
use ferrofax_server::export::{self, Format};
use ferrofax_server::store::{Account, Customer, Store};
use ferrofax_server::studio::Preview;
use jiff::Timestamp;
use serde_json::json;

use crate::serve;
use crate::settings::Place;
use crate::stationery::{self, Sheet, file_name, property, read};

#[derive(Debug, clap::Args)]
pub struct Render {
    /// Documents, joined in this order. Kinds as the service takes them.
    files: Vec<PathBuf>,
    /// Where to: a `.tif` or `.pdf` for all pages, or a `.png` (several pages become `-1.png`, `-2.png`, …).
    #[arg(short, long)]
    output: PathBuf,
    #[command(flatten)]
    sheet: Sheet,
    /// The header line, with its control characters.
    #[arg(long)]
    header: Option<String>,
    /// A cover page: the template's file.
    #[arg(long)]
    cover: Option<PathBuf>,
    /// KEY=VALUE for the cover page; may be given several times.
    #[arg(long = "property", value_parser = property)]
    properties: Vec<Property>,
    /// An overlay: a page of PDF, PNG or TIFF.
    #[arg(long)]
    overlay: Option<PathBuf>,
    /// Which pages get the overlay.
    #[arg(long, default_value = "ALL_PAGES")]
    mode: String,
    /// The recipient's number, as a header line shows it.
    #[arg(long, default_value = "+49 89 1234567-0")]
    to: String,
    /// The sender's id.
    #[arg(long, default_value = "")]
    csid: String,
    #[command(flatten)]
    place: Place,
}

impl Render {
    pub async fn run(self) -> Result<()> {
        let documents = self.files.iter().map(|file| document(file)).collect::<Result<Vec<_>>>()?;
        let mut config = self.place.load()?;
        let folder = tempfile::tempdir()?;
        config.data_dir = folder.path().to_owned();
        // A house of its own, so that everything goes the way of a real job.
        let customer = serve::FIRST_CUSTOMER;
        let store = Store::open(folder.path())?;
        let now = Timestamp::now();
        let account = Customer { number: customer.to_owned(), account: Account::default() };
        store.put_customer(account, now).await?;
        let studio = stationery::studio(store, &config)?;

        let (paper, resolution) = self.sheet.words();
        let mut rendering = json!({ "paperFormat": paper, "resolution": resolution, "header": self.header });
        if let Some(file) = &self.cover {
            let name = file_name(file)?;
            studio.install_template(customer, &name, &read(file)?, now).await?;
            rendering["coverpageTemplate"] = json!(name);
        }
        if let Some(file) = &self.overlay {
            studio.install_overlay(customer, "overlay", read(file)?, now).await?;
            rendering["overlay"] = json!({ "name": "overlay", "mode": self.mode });
        }
        let order = json!({
            "recipients": [{ "number": self.to, "properties": self.properties }],
            "renderingOptions": rendering,
            "transportOptions": { "csid": self.csid },
        });
        let mut order = job::parse(&serde_json::to_vec(&order)?, now)?;
        // Not by way of JSON: megabytes would go through base64 and back.
        order.documents = documents;
        let asking = Asking { customer: customer.to_owned(), ..Asking::default() };
        let accept = Accept::new(Ids::new(&Ids::random_node())?, studio.renderer.converters.kinds());
        let job = accept.job(order, &asking, now)?;
        tell(&studio.preview(job, 0).await?, &self.output)
    }
}

/// A file as a document of a job.
fn document(file: &Path) -> Result<Document> {
    let Some(kind) = file.extension().and_then(|it| it.to_str()).and_then(DocumentKind::of_extension) else {
        bail!("{}: the name of a document ends in what it is: .pdf, .txt, .html, .tif, .png, .docx, …", file.display());
    };
    Ok(Document { name: file_name(file)?, kind, charset: Charset::default(), content: Content::Data(read(file)?) })
}

/// Writes a preview, and says what is to be said of it.
pub fn tell(preview: &Preview, output: &Path) -> Result<()> {
    for path in write(output, &preview.pages)? {
        println!("{}", path.display());
    }
    for page in preview.told().pages {
        let (number, fast, slow) = (page.number, page.seconds_at_14400, page.seconds_at_9600);
        println!("page {number}: {} bytes, {fast:.1} s at 14400, {slow:.1} s at 9600", page.bytes);
    }
    for warning in &preview.warnings {
        eprintln!("ferrofax: {warning}");
    }
    Ok(())
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
