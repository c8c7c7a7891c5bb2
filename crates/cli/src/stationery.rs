//! `ferrofax template`, `ferrofax overlay`: a customer's stationery, straight in the store of a data folder. A running service
//! uses it from the next job on.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use ferrofax_api::job::{Paper, Property, Resolution};
use ferrofax_server::config::Config;
use ferrofax_server::service::{self, Surroundings};
use ferrofax_server::store::{Store, VersionView};
use ferrofax_server::studio::{Installed, Studio};
use jiff::Timestamp;

use crate::settings::Place;
use crate::{files, serve};

/// Whose stationery.
#[derive(Debug, clap::Args)]
pub struct Owner {
    /// Customer number.
    #[arg(long, default_value = serve::FIRST_CUSTOMER)]
    customer: String,
    #[command(flatten)]
    place: Place,
}

impl Owner {
    async fn studio(&self) -> Result<Studio> {
        let config = self.place.load()?;
        let store = Store::open_with_key(&config.data_dir, &config.key_file())
            .with_context(|| format!("the store in {} can't be opened", config.data_dir.display()))?;
        if store.customer(&self.customer).await?.is_none() {
            bail!("there is no customer {}", self.customer);
        }
        studio(store, &config)
    }
}

/// A studio with children of its own. What composes is started if it is needed.
pub fn studio(store: Store, config: &Config) -> Result<Studio> {
    let mut config = config.clone();
    (config.render.children, config.render.composers) = (1, 0);
    let surroundings = Surroundings { renderer: serve::renderer()?, keeper: serve::keeper()?, tray: None };
    let renderer = Arc::new(service::renderer(&config, &surroundings)?);
    let composer = Arc::new(service::composer(&config, &surroundings)?);
    Ok(Studio { store, renderer, composer, fetcher: service::fetcher(&config)? })
}

/// The sheet to show something on.
#[derive(Debug, clap::Args)]
pub struct Sheet {
    /// Paper is LETTER, not A4.
    #[arg(long)]
    pub letter: bool,
    /// Resolution is LOW, not HIGH.
    #[arg(long)]
    pub low: bool,
}

impl Sheet {
    pub fn words(&self) -> (Paper, Resolution) {
        let paper = if self.letter { Paper::Letter } else { Paper::A4 };
        (paper, if self.low { Resolution::Low } else { Resolution::High })
    }
}

#[derive(Debug, clap::Subcommand)]
pub enum Template {
    /// Check a template and install it under its file's name; errors are told with line and column.
    Add {
        /// The template: `*.ftl.html` for cover pages, `*.ftl.txt` for the text of mails, `*.ftl` or `*.ftlh` to be included.
        file: PathBuf,
        /// Another name than the file's.
        #[arg(long)]
        name: Option<String>,
        #[command(flatten)]
        owner: Owner,
    },
    /// The customer's templates.
    List {
        #[command(flatten)]
        owner: Owner,
    },
    /// A template's source.
    Show {
        name: String,
        /// An earlier version.
        #[arg(long)]
        version: Option<i64>,
        #[command(flatten)]
        owner: Owner,
    },
    /// A template's cover page, filled.
    Preview {
        name: String,
        /// KEY=VALUE; may be given several times.
        #[arg(long = "property", value_parser = property)]
        properties: Vec<Property>,
        /// Try this file as if it were installed under the name.
        #[arg(long)]
        file: Option<PathBuf>,
        /// An earlier version.
        #[arg(long, conflicts_with = "file")]
        version: Option<i64>,
        /// A `.png`, `.tif` or `.pdf`.
        #[arg(short, long)]
        output: PathBuf,
        #[command(flatten)]
        sheet: Sheet,
        #[command(flatten)]
        owner: Owner,
    },
    /// The versions of a template that are kept, the newest first.
    Versions {
        name: String,
        #[command(flatten)]
        owner: Owner,
    },
    /// Bring back an earlier version as the newest one.
    Restore {
        name: String,
        version: i64,
        #[command(flatten)]
        owner: Owner,
    },
    /// Remove a template; jobs accepted so far keep it.
    Remove {
        name: String,
        #[command(flatten)]
        owner: Owner,
    },
}

impl Template {
    pub async fn run(self) -> Result<()> {
        match self {
            Self::Add { file, name, owner } => {
                let (source, name) = (read(&file)?, name.map_or_else(|| file_name(&file), Ok)?);
                let studio = owner.studio().await?;
                say(&studio.install_template(&owner.customer, &name, &source, Timestamp::now()).await?);
            }
            Self::List { owner } => {
                for view in owner.studio().await?.store.templates(&owner.customer).await? {
                    println!("{}  version {}  {} bytes  {:.0}", view.name, view.version, view.bytes, view.created_at);
                }
            }
            Self::Show { name, version, owner } => {
                let (studio, customer) = (owner.studio().await?, &owner.customer);
                let source = match version {
                    None => studio.template_source(customer, &name).await?,
                    Some(version) => studio.template_version(customer, &name, version).await?,
                };
                print!("{source}");
            }
            Self::Preview { name, properties, file, version, output, sheet, owner } => {
                let (studio, customer) = (owner.studio().await?, &owner.customer);
                let source = match version {
                    None => file.as_deref().map(read).transpose()?,
                    Some(version) => Some(studio.template_version(customer, &name, version).await?.into_bytes()),
                };
                let template = (name.as_str(), source.as_deref());
                let preview =
                    studio.try_template(customer, template, properties, sheet.words(), Timestamp::now()).await?;
                files::tell(&preview, &output)?;
            }
            Self::Versions { name, owner } => {
                list(&name, owner.studio().await?.template_versions(&owner.customer, &name).await?);
            }
            Self::Restore { name, version, owner } => {
                let studio = owner.studio().await?;
                say(&studio.restore_template(&owner.customer, &name, version, Timestamp::now()).await?);
            }
            Self::Remove { name, owner } => owner.studio().await?.remove_template(&owner.customer, &name).await?,
        }
        Ok(())
    }
}

#[derive(Debug, clap::Subcommand)]
pub enum Overlay {
    /// Install a page of PDF, PNG or TIFF as an overlay, under its file's name without extension.
    Add {
        file: PathBuf,
        /// Another name than the file's.
        #[arg(long)]
        name: Option<String>,
        #[command(flatten)]
        owner: Owner,
    },
    /// The customer's overlays.
    List {
        #[command(flatten)]
        owner: Owner,
    },
    /// An overlay as it lies under pages.
    Preview {
        name: String,
        /// An earlier version.
        #[arg(long)]
        version: Option<i64>,
        /// A `.png`, `.tif` or `.pdf`.
        #[arg(short, long)]
        output: PathBuf,
        #[command(flatten)]
        sheet: Sheet,
        #[command(flatten)]
        owner: Owner,
    },
    /// The versions of an overlay that are kept, the newest first.
    Versions {
        name: String,
        #[command(flatten)]
        owner: Owner,
    },
    /// Bring back an earlier version as the newest one.
    Restore {
        name: String,
        version: i64,
        #[command(flatten)]
        owner: Owner,
    },
    /// Remove an overlay; jobs accepted so far keep it.
    Remove {
        name: String,
        #[command(flatten)]
        owner: Owner,
    },
}

impl Overlay {
    pub async fn run(self) -> Result<()> {
        match self {
            Self::Add { file, name, owner } => {
                let stem = || file.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default().to_owned();
                let (original, name) = (read(&file)?, name.unwrap_or_else(stem));
                let studio = owner.studio().await?;
                say(&studio.install_overlay(&owner.customer, &name, original, Timestamp::now()).await?);
            }
            Self::List { owner } => {
                for view in owner.studio().await?.store.overlays(&owner.customer).await? {
                    let (name, version, kind) = (view.name, view.version, view.kind);
                    println!("{name}  version {version}  {kind:?}  {} bytes  {:.0}", view.bytes, view.created_at);
                }
            }
            Self::Preview { name, version, output, sheet, owner } => {
                let (studio, wanted) = (owner.studio().await?, (name.as_str(), version));
                let page = studio.overlay_page(&owner.customer, wanted, sheet.words()).await?;
                for path in files::write(&output, &[page])? {
                    println!("{}", path.display());
                }
            }
            Self::Versions { name, owner } => {
                list(&name, owner.studio().await?.overlay_versions(&owner.customer, &name).await?);
            }
            Self::Restore { name, version, owner } => {
                let studio = owner.studio().await?;
                say(&studio.restore_overlay(&owner.customer, &name, version, Timestamp::now()).await?);
            }
            Self::Remove { name, owner } => owner.studio().await?.remove_overlay(&owner.customer, &name).await?,
        }
        Ok(())
    }
}

fn list(name: &str, versions: Vec<VersionView>) {
    for VersionView { version, bytes, sha256, created_at, current, .. } in versions {
        let current = if current { "  current" } else { "" };
        println!("{name}  version {version}  {bytes} bytes  sha256 {sha256}  {created_at:.0}{current}");
    }
}

fn say(installed: &Installed) {
    println!("{}  version {}", installed.name, installed.version);
    for warning in &installed.warnings {
        eprintln!("ferrofax: {warning}");
    }
}

/// KEY=VALUE.
pub fn property(text: &str) -> Result<Property, String> {
    let (key, value) = text.split_once('=').ok_or("KEY=VALUE")?;
    Ok(Property { key: key.to_owned(), value: value.to_owned() })
}

pub fn read(file: &Path) -> Result<Vec<u8>> {
    std::fs::read(file).with_context(|| format!("can't read {}", file.display()))
}

pub fn file_name(file: &Path) -> Result<String> {
    let name = file.file_name().and_then(|name| name.to_str());
    Ok(name.with_context(|| format!("{} has no name", file.display()))?.to_owned())
}
