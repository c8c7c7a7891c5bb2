//! `ferrofax list`: do-not-fax lists, straight in the store of a data folder. A running service looks numbers up just before it calls,
//! so what is done here holds from the next call on.

use std::io::Read as _;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use ferrofax_server::lists::{self, Entry, FILE_BYTES_MAX, List, number_key};
use ferrofax_server::store::{EntryView, Import, Store};
use jiff::Timestamp;
use jiff::civil::Date;

use crate::customer;
use crate::settings::Place;

/// Entries asked for at a time.
const PAGE: u32 = 1000;

/// Which list, and where its numbers are at home.
#[derive(Debug, clap::Args)]
pub struct Which {
    /// operator, robinson (the German public list) or ecofax (the French one).
    #[arg(long, default_value = "operator", value_parser = public, conflicts_with = "customer")]
    list: List,
    /// This customer's own list.
    #[arg(long)]
    customer: Option<String>,
    /// Country of numbers without a country code: DE, FR, …. Not needed for public lists, and for customers that have one.
    #[arg(long)]
    country: Option<String>,
    #[command(flatten)]
    place: Place,
}

fn public(name: &str) -> Result<List, String> {
    List::of(name, "").filter(|list| List::PUBLIC.contains(list)).ok_or("operator, robinson or ecofax".to_owned())
}

impl Which {
    async fn open(&self) -> Result<(Store, List, Option<String>)> {
        let store = customer::open(&self.place)?;
        let Some(number) = &self.customer else {
            let country = self.country.clone().or(self.list.country().map(str::to_owned));
            return Ok((store, self.list.clone(), country));
        };
        let customer = store.customer(number).await?.with_context(|| format!("there is no customer {number}"))?;
        let country = self.country.clone().or(customer.account.country);
        Ok((store, List::Customer(customer.number), country))
    }
}

#[derive(Debug, clap::Subcommand)]
pub enum Lists {
    /// Import a file: a number a line, or number and comment, or number, comment and date (dd/mm/yyyy), separated by commas or tabs.
    Import {
        file: PathBuf,
        /// Add to the list; else the file replaces it.
        #[arg(long)]
        add: bool,
        /// Leave out bad lines; else nothing is imported if there is one.
        #[arg(long)]
        skip_bad: bool,
        #[command(flatten)]
        which: Which,
    },
    /// A list's entries.
    Show {
        /// All lists, without their entries.
        #[arg(long)]
        all: bool,
        #[command(flatten)]
        which: Which,
    },
    /// Add a number. One that ends in * stands for all that begin so.
    Add {
        number: String,
        #[arg(long, default_value = "")]
        comment: String,
        /// yyyy-mm-dd
        #[arg(long)]
        date: Option<Date>,
        #[command(flatten)]
        which: Which,
    },
    /// Remove a number.
    Remove {
        number: String,
        #[command(flatten)]
        which: Which,
    },
    /// Whether a number is on a list; without a customer, on any of the house.
    Check {
        number: String,
        #[command(flatten)]
        which: Which,
    },
    /// Remove all entries.
    Clear {
        #[command(flatten)]
        which: Which,
    },
}

impl Lists {
    pub async fn run(self) -> Result<()> {
        match self {
            Self::Import { file, add, skip_bad, which } => {
                let (store, list, country) = which.open().await?;
                let file = read(&file, country.as_deref(), list.entries_max())?;
                told_bad(&file, skip_bad)?;
                let (count, import) = (file.entries.len(), if add { Import::Add } else { Import::Replace });
                let entries = store.import_list(&list, file.entries, import, Timestamp::now()).await?;
                println!("{count} imported, {} left out, {entries} on the list", file.bad_lines);
            }
            Self::Show { all: true, which } => {
                for view in which.open().await?.0.lists().await? {
                    println!("{}  {} entries", name(&view.list), view.entries);
                }
            }
            Self::Show { all: false, which } => {
                let (store, list, _) = which.open().await?;
                show(&store, &list).await?;
            }
            Self::Add { number, comment, date, which } => {
                let (store, list, country) = which.open().await?;
                let entry = Entry::new(&number, &comment, date, country.as_deref())?;
                let new = store.add_to_list(&list, entry, Timestamp::now()).await?;
                println!("{}", if new { "added" } else { "replaced" });
            }
            Self::Remove { number, which } => {
                let (store, list, country) = which.open().await?;
                if !store.remove_from_list(&list, &key(&number, country.as_deref())?).await? {
                    bail!("it is not on the list");
                }
            }
            Self::Check { number, which } => check(&number, &which).await?,
            Self::Clear { which } => {
                let (store, list, _) = which.open().await?;
                store.import_list(&list, Vec::new(), Import::Replace, Timestamp::now()).await?;
            }
        }
        Ok(())
    }
}

fn read(path: &PathBuf, country: Option<&str>, entries_max: usize) -> Result<lists::File> {
    let file = std::fs::File::open(path).with_context(|| format!("can't read {}", path.display()))?;
    let mut bytes = Vec::new();
    file.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes).with_context(|| format!("can't read {}", path.display()))?;
    if bytes.len() as u64 > FILE_BYTES_MAX {
        bail!("{} has more than {} MiB", path.display(), FILE_BYTES_MAX >> 20);
    }
    lists::read(&bytes, country, entries_max).with_context(|| path.display().to_string())
}

fn told_bad(file: &lists::File, skip_bad: bool) -> Result<()> {
    for bad in &file.bad {
        eprintln!("ferrofax: {bad}");
    }
    let more = file.bad_lines - file.bad.len();
    if more > 0 {
        eprintln!("ferrofax: {more} more bad lines");
    }
    if file.bad_lines > 0 && !skip_bad {
        bail!("nothing was imported; --skip-bad leaves out bad lines");
    }
    Ok(())
}

async fn show(store: &Store, list: &List) -> Result<()> {
    let mut after = String::new();
    loop {
        let page = store.list_page(list, &after, PAGE).await?;
        for entry in &page {
            println!("{}", line(entry));
        }
        match page.last() {
            Some(last) => after.clone_from(&last.number),
            None => return Ok(()),
        }
    }
}

async fn check(number: &str, which: &Which) -> Result<()> {
    let (store, list, country) = which.open().await?;
    let number = key(number, country.as_deref())?;
    let asked = if which.customer.is_some() { vec![list] } else { List::PUBLIC.to_vec() };
    let mut listed = false;
    for list in asked {
        if let Some(entry) = store.find_in_list(&list, &number).await? {
            println!("{}: {}", name(&list), line(&entry));
            listed = true;
        }
    }
    if !listed {
        println!("not listed");
    }
    Ok(())
}

fn key(number: &str, country: Option<&str>) -> Result<String> {
    number_key(number, country).map_err(|what| anyhow::anyhow!("number: {what}"))
}

fn name(list: &List) -> String {
    match list {
        List::Customer(customer) => format!("customer {customer}"),
        list => list.name().to_owned(),
    }
}

fn line(entry: &EntryView) -> String {
    let date = entry.date.map(|date| date.to_string()).unwrap_or_default();
    [entry.number.as_str(), entry.comment.as_deref().unwrap_or_default(), &date].join("  ").trim_end().to_owned()
}
