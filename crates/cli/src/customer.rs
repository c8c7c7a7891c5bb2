//! `ferrofax customer`: customers, logins and account settings, straight in the store of a data folder. A running service sees
//! them at once.

use anyhow::{Context, Result, bail};
use ferrofax_api::job::{Paper, Resolution};
use ferrofax_server::accept::allow::subnet;
use ferrofax_server::http::password;
use ferrofax_server::store::{Account, Customer as Stored, Language, NewLogin, Store};
use ipnet::IpNet;
use jiff::Timestamp;
use rand::Rng as _;

use crate::settings::Place;

#[derive(Debug, clap::Subcommand)]
pub enum Customer {
    /// Add a customer, or a login to one.
    Add {
        /// Customer number.
        number: String,
        /// Login to add; its password is printed, or taken from FERROFAX_NEW_PASSWORD.
        #[arg(long)]
        login: Option<String>,
        /// Address or subnet the login may come from; may be given several times. From anywhere if not given.
        #[arg(long = "allow", value_parser = subnet)]
        allowed: Vec<IpNet>,
        #[command(flatten)]
        settings: Settings,
        #[command(flatten)]
        place: Place,
    },
    /// Change a customer's settings.
    Set {
        /// Customer number.
        number: String,
        #[command(flatten)]
        settings: Settings,
        #[command(flatten)]
        place: Place,
    },
    /// Customers, their logins and settings.
    List {
        #[command(flatten)]
        place: Place,
    },
}

/// Account settings; those left out stay as they are. An empty text means none.
#[derive(Debug, clap::Args)]
pub struct Settings {
    /// A4 or LETTER.
    #[arg(long, value_parser = word::<Paper>)]
    paper: Option<Paper>,
    /// LOW or HIGH.
    #[arg(long, value_parser = word::<Resolution>)]
    resolution: Option<Resolution>,
    /// Sender's id on the line, 20 characters.
    #[arg(long)]
    csid: Option<String>,
    /// Country of numbers without a country code: DE, US, ….
    #[arg(long)]
    country: Option<String>,
    /// Time zone: Europe/Berlin.
    #[arg(long)]
    zone: Option<String>,
    /// Cost centre of jobs that name none.
    #[arg(long)]
    cost_centre: Option<String>,
    /// Language of mails: en or de.
    #[arg(long, value_parser = language)]
    language: Option<Language>,
    /// Whether mails bring a proof of transmission for each recipient.
    #[arg(long)]
    mail_proof: Option<bool>,
    /// Days a finished job is kept.
    #[arg(long)]
    retention_days: Option<u16>,
    /// true: nothing leaves the house, every call goes to the built-in fax machines.
    #[arg(long)]
    test_mode: Option<bool>,
    /// Calls at the same time; 0: no limit but the lines'.
    #[arg(long)]
    channels: Option<u32>,
    /// When nobody is called, by the clock of the number's place: "22:00-07:00".
    #[arg(long)]
    quiet_hours: Option<String>,
    /// Whether a call that sends the rest of a fax begins with the cover page once more.
    #[arg(long)]
    repeat_cover: Option<bool>,
    /// Whether several faxes that wait for one number go out in one call.
    #[arg(long)]
    share_calls: Option<bool>,
}

/// One of the API's words, in any case.
fn word<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, String> {
    serde_json::from_value(text.to_ascii_uppercase().into()).map_err(|error| error.to_string())
}

fn language(text: &str) -> Result<Language, String> {
    serde_json::from_value(text.to_ascii_lowercase().into()).map_err(|error| error.to_string())
}

impl Settings {
    fn apply(self, account: &mut Account) -> Result<()> {
        let text = |text: String| if text.is_empty() { None } else { Some(text) };
        if let Some(paper) = self.paper {
            account.paper = paper;
        }
        if let Some(resolution) = self.resolution {
            account.resolution = resolution;
        }
        if let Some(csid) = self.csid {
            if csid.chars().count() > 20 {
                bail!("--csid: more than 20 characters");
            }
            account.csid = text(csid);
        }
        if let Some(country) = self.country {
            let country = country.to_ascii_uppercase();
            let two_letters = country.len() == 2 && country.bytes().all(|b| b.is_ascii_uppercase());
            if !(country.is_empty() || two_letters) {
                bail!("--country: two letters, such as DE");
            }
            account.country = text(country);
        }
        if let Some(zone) = self.zone {
            jiff::tz::TimeZone::get(&zone).with_context(|| format!("--zone: {zone} is no time zone"))?;
            account.zone = zone;
        }
        if let Some(cost_centre) = self.cost_centre {
            account.cost_centre = text(cost_centre);
        }
        if let Some(days) = self.retention_days {
            account.retention_days = days;
        }
        account.language = self.language.unwrap_or(account.language);
        account.mail_proof = self.mail_proof.unwrap_or(account.mail_proof);
        account.test_mode = self.test_mode.unwrap_or(account.test_mode);
        if let Some(channels) = self.channels {
            account.channels = Some(channels).filter(|channels| *channels > 0);
        }
        if let Some(quiet_hours) = self.quiet_hours {
            account.quiet_hours = text(quiet_hours).map(|hours| hours.parse()).transpose().context("--quiet-hours")?;
        }
        account.repeat_cover = self.repeat_cover.unwrap_or(account.repeat_cover);
        account.share_calls = self.share_calls.unwrap_or(account.share_calls);
        Ok(())
    }
}

impl Customer {
    pub async fn run(self) -> Result<()> {
        match self {
            Self::Add { number, login, allowed, settings, place } => {
                if number.is_empty() || !number.bytes().all(|b| b.is_ascii_alphanumeric()) {
                    bail!("{number:?}: a customer number is letters and digits");
                }
                let store = open(&place)?;
                let stored = store.customer(&number).await?;
                if stored.is_some() && login.is_none() {
                    bail!("there is a customer {number} already; name a --login to add, or use `customer set`");
                }
                let Stored { number, mut account } =
                    stored.unwrap_or_else(|| Stored { number, account: Account::default() });
                settings.apply(&mut account)?;
                store.put_customer(Stored { number: number.clone(), account }, Timestamp::now()).await?;
                println!("customer {number}");
                if let Some(login) = login {
                    if store.login(&login).await?.is_some() {
                        bail!("there is a login {login} already");
                    }
                    let given = std::env::var("FERROFAX_NEW_PASSWORD").ok().filter(|given| !given.is_empty());
                    let password = given.clone().unwrap_or_else(new_password);
                    add_login(&store, &number, &login, &password, allowed).await?;
                    println!(
                        "login {login}{}",
                        if given.is_some() { String::new() } else { format!(", password {password}") }
                    );
                }
                Ok(())
            }
            Self::Set { number, settings, place } => {
                let store = open(&place)?;
                let stored = store.customer(&number).await?;
                let Stored { number, mut account } =
                    stored.with_context(|| format!("there is no customer {number}"))?;
                settings.apply(&mut account)?;
                Ok(store.put_customer(Stored { number, account }, Timestamp::now()).await?)
            }
            Self::List { place } => {
                let store = open(&place)?;
                for Stored { number, account } in store.customers().await? {
                    let none = || "-".to_owned();
                    println!(
                        "{number}  {:?} {:?}  csid {}  country {}  zone {}  kept {} days",
                        account.paper,
                        account.resolution,
                        account.csid.unwrap_or_else(none),
                        account.country.unwrap_or_else(none),
                        account.zone,
                        account.retention_days,
                    );
                    for login in store.logins(&number).await? {
                        let from: Vec<String> = login.allowed.iter().map(ToString::to_string).collect();
                        let from = if from.is_empty() { "anywhere".to_owned() } else { from.join(", ") };
                        println!("  login {}  from {from}", login.name);
                    }
                }
                Ok(())
            }
        }
    }
}

/// The store of the configured data folder.
pub fn open(place: &Place) -> Result<Store> {
    let config = place.load()?;
    Store::open_with_key(&config.data_dir, &config.key_file())
        .with_context(|| format!("the store in {} can't be opened", config.data_dir.display()))
}

/// A login with this password.
pub async fn add_login(store: &Store, customer: &str, name: &str, password: &str, allowed: Vec<IpNet>) -> Result<()> {
    let password_hash = password::hash(password)?;
    let login = NewLogin { name: name.to_owned(), customer: customer.to_owned(), password_hash, allowed };
    Ok(store.put_login(login, Timestamp::now()).await?)
}

/// Letters and digits, about 119 bits.
pub fn new_password() -> String {
    rand::rng().sample_iter(rand::distr::Alphanumeric).take(20).map(char::from).collect()
}
