//! Customers, their settings, and the logins that act for them.

use std::fmt;

use ferrofax_api::job::{AuthMethod, Paper, Resolution};
use ipnet::IpNet;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use serde::{Deserialize, Serialize};

use super::rows::{At, Json, Word};
use super::seal::Sealer;
use super::{Store, StoreError};
use crate::jobs::Changes;
use crate::jobs::quiet::QuietHours;

/// Who is billed; the first segment of every path of the API.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Customer {
    /// As registered; compared without regard to case.
    pub number: String,
    pub account: Account,
}

/// What a customer's jobs get where they say nothing themselves.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Account {
    pub paper: Paper,
    pub resolution: Resolution,
    /// The sender's id. None: nothing is sent.
    pub csid: Option<String>,
    /// The header line, with its control characters.
    pub header: Option<String>,
    pub cost_centre: Option<String>,
    /// IANA name, for header lines and cover pages.
    pub zone: String,
    /// ISO 3166 code of the country that numbers without a prefix belong to.
    pub country: Option<String>,
    /// The cover page of jobs that name none.
    pub default_cover: Option<String>,
    pub push: AccountPush,
    /// Of mails.
    pub language: Language,
    /// Mails bring a proof of transmission for each recipient.
    pub mail_proof: bool,
    pub blank_pages: BlankPages,
    /// Nothing leaves the house.
    pub test_mode: bool,
    /// Calls at the same time; none: no limit but the lines'.
    pub channels: Option<u32>,
    /// When nobody is called, by the destination's clock.
    pub quiet_hours: Option<QuietHours>,
    /// A call that sends the rest of a fax begins with the cover page once more.
    pub repeat_cover: bool,
    /// Faxes that wait for one number go out in one call.
    pub share_calls: bool,
    /// What differs from the configured rules of calling again.
    pub retry: Changes,
    /// Days a finished job is kept.
    pub retention_days: u16,
}

impl Default for Account {
    fn default() -> Account {
        Account {
            paper: Paper::A4,
            resolution: Resolution::High,
            csid: None,
            header: None,
            cost_centre: None,
            zone: "UTC".to_owned(),
            country: None,
            default_cover: None,
            push: AccountPush::default(),
            language: Language::En,
            mail_proof: false,
            blank_pages: BlankPages::Keep,
            test_mode: false,
            channels: None,
            quiet_hours: None,
            repeat_cover: false,
            share_calls: false,
            retry: Changes::default(),
            retention_days: 30,
        }
    }
}

/// Where finished jobs are pushed that name no target.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct AccountPush {
    pub url: Option<String>,
    pub method: AuthMethod,
    pub principal: Option<String>,
    /// Sealed at rest.
    pub credentials: Option<String>,
    /// Where OAuth 2 tokens are got.
    pub token_url: Option<String>,
    pub layout: PushLayout,
    /// What the bodies of pushes are signed with. Sealed at rest.
    pub signing_key: Option<String>,
}

/// How a status push is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PushLayout {
    #[default]
    Xml,
    Json,
}

/// What mails are written in.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    #[default]
    En,
    De,
}

/// Credentials never appear.
impl fmt::Debug for AccountPush {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AccountPush({:?})", self.method)
    }
}

/// What happens to pages without a black pel.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BlankPages {
    #[default]
    Keep,
    Suppress,
}

/// A login as the door needs it.
#[derive(Clone, PartialEq, Eq)]
pub struct Login {
    pub name: String,
    /// PHC string.
    pub password_hash: String,
    /// Where it may come from; empty: from anywhere.
    pub allowed: Vec<IpNet>,
    pub customer: Customer,
}

/// The hash never appears.
impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Login")
            .field("name", &self.name)
            .field("customer", &self.customer.number)
            .finish_non_exhaustive()
    }
}

/// A login to be stored.
#[derive(Clone, PartialEq, Eq)]
pub struct NewLogin {
    pub name: String,
    pub customer: String,
    /// See [`crate::http::password::hash`].
    pub password_hash: String,
    pub allowed: Vec<IpNet>,
}

impl fmt::Debug for NewLogin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewLogin").field("name", &self.name).field("customer", &self.customer).finish_non_exhaustive()
    }
}

const CUSTOMER: &str = "c.number, c.paper, c.resolution, c.csid, c.header, c.cost_centre, c.zone, c.country, \
    c.default_cover, c.push_url, c.push_method, c.push_principal, c.push_credentials, c.push_token_url, c.blank_pages, c.push_layout, \
    c.push_signing_key, c.language, c.mail_proof, \
    c.test_mode, c.channels, c.quiet_hours, c.repeat_cover, c.share_calls, c.retry, c.retention_days";

impl Store {
    /// Stores a customer, new or changed.
    pub async fn put_customer(&self, customer: Customer, now: Timestamp) -> Result<(), StoreError> {
        let Customer { number, account } = customer;
        let seal = |place: String, secret: &Option<String>| {
            secret.as_deref().map(|secret| self.sealer.seal(&place, secret)).transpose()
        };
        let sealed = seal(place(&number), &account.push.credentials)?;
        let signing_key = seal(signing_place(&number), &account.push.signing_key)?;
        self.writer
            .run(move |tx| {
                tx.connection
                    .prepare_cached(
                        "INSERT INTO customers (number, paper, resolution, csid, header, cost_centre, zone, country,
                             default_cover, push_url, push_method, push_principal, push_credentials, push_token_url,
                             blank_pages, test_mode, retention_days, created_at, channels, quiet_hours, repeat_cover,
                             share_calls, retry, push_layout, push_signing_key, language, mail_proof)
                         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20,
                             ?21, ?22, ?23, ?24, ?25, ?26, ?27)
                         ON CONFLICT (number) DO UPDATE SET
                             paper = excluded.paper, resolution = excluded.resolution, csid = excluded.csid,
                             header = excluded.header, cost_centre = excluded.cost_centre, zone = excluded.zone,
                             country = excluded.country, default_cover = excluded.default_cover,
                             push_url = excluded.push_url, push_method = excluded.push_method,
                             push_principal = excluded.push_principal, push_credentials = excluded.push_credentials,
                             push_token_url = excluded.push_token_url, blank_pages = excluded.blank_pages,
                             test_mode = excluded.test_mode, retention_days = excluded.retention_days,
                             channels = excluded.channels, quiet_hours = excluded.quiet_hours,
                             repeat_cover = excluded.repeat_cover, share_calls = excluded.share_calls,
                             retry = excluded.retry, push_layout = excluded.push_layout,
                             push_signing_key = excluded.push_signing_key, language = excluded.language,
                             mail_proof = excluded.mail_proof",
                    )?
                    .execute(params![
                        number,
                        Word(account.paper),
                        Word(account.resolution),
                        account.csid,
                        account.header,
                        account.cost_centre,
                        account.zone,
                        account.country,
                        account.default_cover,
                        account.push.url,
                        Word(account.push.method),
                        account.push.principal,
                        sealed,
                        account.push.token_url,
                        Word(account.blank_pages),
                        account.test_mode,
                        account.retention_days,
                        At(now),
                        account.channels,
                        account.quiet_hours.map(Word),
                        account.repeat_cover,
                        account.share_calls,
                        (!account.retry.is_empty()).then_some(Json(account.retry)),
                        Word(account.push.layout),
                        signing_key,
                        Word(account.language),
                        account.mail_proof,
                    ])?;
                Ok(())
            })
            .await
    }

    /// A customer by number, in whatever letter case.
    pub async fn customer(&self, number: &str) -> Result<Option<Customer>, StoreError> {
        let (number, sealer) = (number.to_owned(), self.sealer.clone());
        self.readers.run(move |connection| find(connection, &sealer, &number)).await
    }

    /// All customers, by number.
    pub async fn customers(&self) -> Result<Vec<Customer>, StoreError> {
        let sealer = self.sealer.clone();
        self.readers
            .run(move |connection| {
                let sql = format!("SELECT {CUSTOMER} FROM customers c ORDER BY c.number");
                let mut statement = connection.prepare_cached(&sql)?;
                let found = statement.query_map([], |row| Ok(customer(row, &sealer)))?;
                found.map(|row| row?).collect()
            })
            .await
    }

    /// Stores a login, new or changed. Its customer must exist.
    pub async fn put_login(&self, login: NewLogin, now: Timestamp) -> Result<(), StoreError> {
        let NewLogin { name, customer, password_hash, allowed } = login;
        self.writer
            .run(move |tx| {
                let known: bool = tx
                    .connection
                    .prepare_cached("SELECT EXISTS (SELECT 1 FROM customers WHERE number = ?1)")?
                    .query_row([&customer], |row| row.get(0))?;
                if !known {
                    return Err(StoreError::UnknownCustomer);
                }
                tx.connection
                    .prepare_cached(
                        "INSERT INTO logins (name, customer, password_hash, allowed, created_at)
                         VALUES (?1, ?2, ?3, ?4, ?5)
                         ON CONFLICT (name) DO UPDATE SET customer = excluded.customer,
                             password_hash = excluded.password_hash, allowed = excluded.allowed",
                    )?
                    .execute(params![name, customer, password_hash, Json(allowed), At(now)])?;
                Ok(())
            })
            .await
    }

    /// A login by its exact name, with its customer.
    pub async fn login(&self, name: &str) -> Result<Option<Login>, StoreError> {
        let (name, sealer) = (name.to_owned(), self.sealer.clone());
        self.readers.run(move |connection| Ok(logins(connection, &sealer, "WHERE l.name = ?1", [name])?.pop())).await
    }

    /// A customer's logins, by name.
    pub async fn logins(&self, customer: &str) -> Result<Vec<Login>, StoreError> {
        let (customer, sealer) = (customer.to_owned(), self.sealer.clone());
        self.readers
            .run(move |connection| logins(connection, &sealer, "WHERE l.customer = ?1 ORDER BY l.name", [customer]))
            .await
    }

    /// Whether anybody can log in.
    pub async fn any_login(&self) -> Result<bool, StoreError> {
        self.readers
            .run(|connection| Ok(connection.query_row("SELECT EXISTS (SELECT 1 FROM logins)", [], |row| row.get(0))?))
            .await
    }
}

pub(super) fn find(connection: &Connection, sealer: &Sealer, number: &str) -> Result<Option<Customer>, StoreError> {
    let sql = format!("SELECT {CUSTOMER} FROM customers c WHERE c.number = ?1");
    let mut statement = connection.prepare_cached(&sql)?;
    statement.query_row([number], |row| Ok(customer(row, sealer))).optional()?.transpose()
}

fn logins(connection: &Connection, sealer: &Sealer, which: &str, name: [String; 1]) -> Result<Vec<Login>, StoreError> {
    let sql = format!(
        "SELECT {CUSTOMER}, l.name AS login, l.password_hash, l.allowed
         FROM logins l JOIN customers c ON c.number = l.customer {which}"
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let rows = statement.query_map(name, |row| {
        let (name, password_hash): (String, String) = (row.get("login")?, row.get("password_hash")?);
        let Json(allowed) = row.get("allowed")?;
        Ok(customer(row, sealer).map(|customer| Login { name, password_hash, allowed, customer }))
    })?;
    rows.map(|row| row?).collect()
}

fn customer(row: &Row<'_>, sealer: &Sealer) -> Result<Customer, StoreError> {
    let number: String = row.get("number")?;
    let open = |column: &str, place: String| -> Result<Option<String>, StoreError> {
        let sealed: Option<Vec<u8>> = row.get(column)?;
        sealed.map(|sealed| sealer.open_sealed(&place, &sealed)).transpose()
    };
    let Word(layout) = row.get("push_layout")?;
    let Word(language) = row.get("language")?;
    let Word(paper) = row.get("paper")?;
    let Word(resolution) = row.get("resolution")?;
    let Word(method) = row.get("push_method")?;
    let Word(blank_pages) = row.get("blank_pages")?;
    let push = AccountPush {
        url: row.get("push_url")?,
        method,
        principal: row.get("push_principal")?,
        credentials: open("push_credentials", place(&number))?,
        token_url: row.get("push_token_url")?,
        layout,
        signing_key: open("push_signing_key", signing_place(&number))?,
    };
    let account = Account {
        paper,
        resolution,
        csid: row.get("csid")?,
        header: row.get("header")?,
        cost_centre: row.get("cost_centre")?,
        zone: row.get("zone")?,
        country: row.get("country")?,
        default_cover: row.get("default_cover")?,
        push,
        language,
        mail_proof: row.get("mail_proof")?,
        blank_pages,
        test_mode: row.get("test_mode")?,
        channels: row.get("channels")?,
        quiet_hours: row.get::<_, Option<_>>("quiet_hours")?.map(|Word(hours)| hours),
        repeat_cover: row.get("repeat_cover")?,
        share_calls: row.get("share_calls")?,
        retry: row.get::<_, Option<_>>("retry")?.map(|Json(changes)| changes).unwrap_or_default(),
        retention_days: row.get("retention_days")?,
    };
    Ok(Customer { number, account })
}

/// Where a customer's secrets belong, whatever the letter case it is written in.
fn place(number: &str) -> String {
    format!("customer {}", number.to_ascii_uppercase())
}

fn signing_place(number: &str) -> String {
    format!("{} signing", place(number))
}
