//! Stationery: a customer's templates and overlays, in versions.
//!
//! Whatever is installed or removed makes the next revision of the customer's stationery. A version is in force from the
//! revision that brought it up to the one that replaced or removed it. A job is bound, in the transaction that accepts it, to the
//! revision of that moment; so what it uses, and what that includes, stays what it was. Old versions are the affair of
//! `versions.rs`.

use std::collections::BTreeMap;
use std::sync::Arc;

use ferrofax_api::job::{DocumentKind, Paper, RenderingOptions};
use ferrofax_fax::page::StoredPage;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use serde::Serialize;

use super::prepare::{row_index, row_index_from};
use super::rows::{At, Word};
use super::writer::Tx;
use super::{Store, StoreError};
use crate::stationery::{self, OVERLAYS_MAX, OverlayName, TEMPLATES_BYTES_MAX, TEMPLATES_MAX, TemplateName};

/// A customer's stationery as it was at one moment.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Stationery {
    pub(super) customer: String,
    pub(super) revision: i64,
}

/// A template in force, but for its source.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct TemplateView {
    pub name: String,
    /// Grows with every installation of a template or overlay; never given twice.
    pub version: i64,
    /// Of its source.
    pub bytes: u64,
    pub created_at: Timestamp,
}

/// An overlay in force, but for its bytes.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct OverlayView {
    pub name: String,
    /// As of a [`TemplateView`].
    pub version: i64,
    /// What it was given as.
    pub kind: DocumentKind,
    /// Of what was given.
    pub bytes: u64,
    pub created_at: Timestamp,
}

/// An overlay to be installed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewOverlay {
    pub name: OverlayName,
    /// What it was given as.
    pub kind: DocumentKind,
    /// As it was given.
    pub original: Vec<u8>,
    /// As it lies under pages: one for each paper and each of [`Standard`](ferrofax_fax::page::Resolution::Standard) and
    /// [`Fine`](ferrofax_fax::page::Resolution::Fine).
    pub pages: Vec<(Paper, StoredPage)>,
}

impl Store {
    /// Installs a template, which has been found right together with [`Store::template_sources`]; the version in force until
    /// now is replaced. Returns the new version.
    ///
    /// [`StoreError::UnknownCustomer`]; [`StoreError::TooMany`] above [`TEMPLATES_MAX`] and [`TEMPLATES_BYTES_MAX`].
    pub async fn install_template(
        &self,
        customer: &str,
        name: &TemplateName,
        source: &str,
        now: Timestamp,
    ) -> Result<i64, StoreError> {
        let (customer, name, source) = (customer.to_owned(), name.to_string(), source.to_owned());
        self.writer
            .run(move |tx| {
                let revision = next_revision(tx, &customer)?;
                retire(tx, TEMPLATES, &customer, &name, revision)?;
                room(tx, TEMPLATES, &customer, TEMPLATES_MAX)?;
                tx.connection
                    .prepare_cached(
                        "INSERT INTO templates (customer, name, version, source, created_at)
                         VALUES (?1, ?2, ?3, ?4, ?5)",
                    )?
                    .execute(params![customer, name, revision, source, At(now)])?;
                let bytes: i64 = tx
                    .connection
                    .prepare_cached(
                        "SELECT sum(length(CAST(source AS BLOB))) FROM templates
                         WHERE customer = ?1 AND removed IS NULL",
                    )?
                    .query_row([&customer], |row| row.get(0))?;
                if bytes > i64::from(TEMPLATES_BYTES_MAX) {
                    return Err(StoreError::TooMany);
                }
                Ok(revision)
            })
            .await
    }

    /// The templates in force that the customer installed, by name. Those built in are not among them.
    pub async fn templates(&self, customer: &str) -> Result<Vec<TemplateView>, StoreError> {
        let customer = customer.to_owned();
        self.readers
            .run(move |connection| {
                let mut statement = connection.prepare_cached(
                    "SELECT name, version, length(CAST(source AS BLOB)) AS bytes, created_at FROM templates
                     WHERE customer = ?1 AND removed IS NULL ORDER BY name",
                )?;
                let views = statement.query_map([customer], |row| {
                    let (bytes, At(created_at)) = (bytes(row)?, row.get("created_at")?);
                    Ok(TemplateView { name: row.get("name")?, version: row.get("version")?, bytes, created_at })
                })?;
                Ok(views.collect::<Result<_, _>>()?)
            })
            .await
    }

    /// The sources of all templates in force, by name, with those built in that the customer has not replaced.
    pub async fn template_sources(&self, customer: &str) -> Result<BTreeMap<String, String>, StoreError> {
        let customer = customer.to_owned();
        self.readers.run(move |connection| sources(connection, &current(connection, &customer)?)).await
    }

    /// The same as of another moment.
    pub async fn template_sources_at(&self, at: &Stationery) -> Result<Arc<BTreeMap<String, String>>, StoreError> {
        if let Some(sources) = self.recent_templates.get(at) {
            return Ok(sources);
        }
        let asked = at.clone();
        let sources = Arc::new(self.readers.run(move |connection| sources(connection, &asked)).await?);
        self.recent_templates.put(at.clone(), Arc::clone(&sources));
        Ok(sources)
    }

    /// Removes a template; jobs accepted so far keep it. False: there was none. What is built in under that name is in force
    /// again.
    pub async fn remove_template(&self, customer: &str, name: &TemplateName) -> Result<bool, StoreError> {
        self.remove(TEMPLATES, customer, name.as_str()).await
    }

    /// Installs an overlay, replacing the version in force until now. Returns the new version.
    ///
    /// [`StoreError::UnknownCustomer`]; [`StoreError::TooMany`] above [`OVERLAYS_MAX`].
    pub async fn install_overlay(&self, customer: &str, new: NewOverlay, now: Timestamp) -> Result<i64, StoreError> {
        let customer = customer.to_owned();
        self.writer
            .run(move |tx| {
                let revision = next_revision(tx, &customer)?;
                retire(tx, OVERLAYS, &customer, new.name.as_str(), revision)?;
                room(tx, OVERLAYS, &customer, OVERLAYS_MAX)?;
                let overlay: i64 = tx
                    .connection
                    .prepare_cached(
                        "INSERT INTO overlays (customer, name, version, kind, original, created_at)
                         VALUES (?1, ?2, ?3, ?4, ?5, ?6) RETURNING id",
                    )?
                    .query_row(
                        params![customer, new.name.as_str(), revision, Word(new.kind), new.original, At(now)],
                        |row| row.get(0),
                    )?;
                let mut insert = tx.connection.prepare_cached(
                    "INSERT INTO overlay_pages (overlay, paper, resolution, width, rows, row_index, code)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                )?;
                for (paper, page) in &new.pages {
                    let (paper, resolution, index) = (Word(paper), Word(page.resolution), row_index(&page.index));
                    insert.execute(params![overlay, paper, resolution, page.width, page.rows, index, page.code])?;
                }
                Ok(revision)
            })
            .await
    }

    /// The overlays in force, by name.
    pub async fn overlays(&self, customer: &str) -> Result<Vec<OverlayView>, StoreError> {
        let customer = customer.to_owned();
        self.readers
            .run(move |connection| {
                let mut statement = connection.prepare_cached(
                    "SELECT name, version, kind, length(original) AS bytes, created_at FROM overlays
                     WHERE customer = ?1 AND removed IS NULL ORDER BY name",
                )?;
                let views = statement.query_map([customer], |row| {
                    let (bytes, At(created_at), Word(kind)) = (bytes(row)?, row.get("created_at")?, row.get("kind")?);
                    Ok(OverlayView { name: row.get("name")?, version: row.get("version")?, kind, bytes, created_at })
                })?;
                Ok(views.collect::<Result<_, _>>()?)
            })
            .await
    }

    /// An overlay in force as it was given.
    pub async fn overlay_original(
        &self,
        customer: &str,
        name: &OverlayName,
    ) -> Result<Option<(DocumentKind, Vec<u8>)>, StoreError> {
        let (customer, name) = (customer.to_owned(), name.to_string());
        self.readers
            .run(move |connection| {
                let found = connection
                    .prepare_cached(
                        "SELECT kind, original FROM overlays WHERE customer = ?1 AND name = ?2 AND removed IS NULL",
                    )?
                    .query_row([customer, name], |row| {
                        let Word(kind) = row.get(0)?;
                        Ok((kind, row.get(1)?))
                    });
                Ok(found.optional()?)
            })
            .await
    }

    /// An overlay's pages for this paper, one for each resolution, the lowest first. Empty: there is no such overlay.
    pub async fn overlay_pages(
        &self,
        at: &Stationery,
        name: &str,
        paper: Paper,
    ) -> Result<Arc<[StoredPage]>, StoreError> {
        let asked = (at.clone(), name.to_owned(), paper);
        if let Some(pages) = self.recent_overlays.get(&asked) {
            return Ok(pages);
        }
        let (at, name, paper) = asked.clone();
        let pages: Arc<[StoredPage]> = self
            .readers
            .run(move |connection| {
                let mut statement = connection.prepare_cached(
                    "SELECT p.width, p.rows, p.resolution, p.row_index, p.code
                     FROM overlays o JOIN overlay_pages p ON p.overlay = o.id
                     WHERE o.customer = ?1 AND o.name = ?2 AND o.version <= ?3
                         AND (o.removed IS NULL OR o.removed > ?3) AND p.paper = ?4
                     ORDER BY p.rows",
                )?;
                let pages = statement.query_map(params![at.customer, name, at.revision, Word(paper)], page)?;
                Ok(pages.collect::<Result<_, _>>()?)
            })
            .await?;
        self.recent_overlays.put(asked, Arc::clone(&pages));
        Ok(pages)
    }

    /// Removes an overlay; jobs accepted so far keep it. False: there was none.
    pub async fn remove_overlay(&self, customer: &str, name: &OverlayName) -> Result<bool, StoreError> {
        self.remove(OVERLAYS, customer, name.as_str()).await
    }

    /// A customer's stationery as it is now.
    pub async fn stationery(&self, customer: &str) -> Result<Stationery, StoreError> {
        let customer = customer.to_owned();
        self.readers.run(move |connection| current(connection, &customer)).await
    }

    async fn remove(&self, table: &'static str, customer: &str, name: &str) -> Result<bool, StoreError> {
        let (customer, name) = (customer.to_owned(), name.to_owned());
        self.writer
            .run(move |tx| {
                let revision = next_revision(tx, &customer)?;
                retire(tx, table, &customer, &name, revision)
            })
            .await
    }
}

pub(super) const TEMPLATES: &str = "templates";
pub(super) const OVERLAYS: &str = "overlays";

/// The revision a job is bound to that is accepted now; none where it uses no stationery. Refuses what does not exist.
pub(super) fn bind(tx: &Tx<'_>, customer: &str, rendering: &RenderingOptions) -> Result<Option<i64>, StoreError> {
    let in_force = |table: &str, name: &str| {
        let sql = format!("SELECT 1 FROM {table} WHERE customer = ?1 AND name = ?2 AND removed IS NULL");
        tx.connection.prepare_cached(&sql)?.exists([customer, name])
    };
    if let Some(cover) = &rendering.cover
        && cover != stationery::DEFAULT_COVER
        && (stationery::is_of_mails(cover) || !in_force(TEMPLATES, cover)?)
    {
        return Err(StoreError::UnknownTemplate);
    }
    if let Some(overlay) = &rendering.overlay
        && !in_force(OVERLAYS, &overlay.name)?
    {
        return Err(StoreError::UnknownOverlay);
    }
    let uses = rendering.cover.is_some() || rendering.overlay.is_some();
    uses.then(|| current(tx.connection, customer).map(|stationery| stationery.revision)).transpose()
}

fn current(connection: &Connection, customer: &str) -> Result<Stationery, StoreError> {
    let revision = connection
        .prepare_cached("SELECT stationery FROM customers WHERE number = ?1")?
        .query_row([customer], |row| row.get(0))
        .optional()?;
    let revision = revision.ok_or(StoreError::UnknownCustomer)?;
    Ok(Stationery { customer: customer.to_owned(), revision })
}

fn sources(connection: &Connection, at: &Stationery) -> Result<BTreeMap<String, String>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT name, source FROM templates
         WHERE customer = ?1 AND version <= ?2 AND (removed IS NULL OR removed > ?2)",
    )?;
    let mut sources = stationery::built_in_sources();
    for row in statement.query_map(params![at.customer, at.revision], |row| Ok((row.get(0)?, row.get(1)?)))? {
        let (name, source) = row?;
        sources.insert(name, source);
    }
    Ok(sources)
}

fn next_revision(tx: &Tx<'_>, customer: &str) -> Result<i64, StoreError> {
    tx.connection
        .prepare_cached("UPDATE customers SET stationery = stationery + 1 WHERE number = ?1 RETURNING stationery")?
        .query_row([customer], |row| row.get(0))
        .optional()?
        .ok_or(StoreError::UnknownCustomer)
}

/// Ends the version in force, if there is one.
fn retire(tx: &Tx<'_>, table: &str, customer: &str, name: &str, revision: i64) -> Result<bool, StoreError> {
    let retired = tx
        .connection
        .prepare_cached(&format!(
            "UPDATE {table} SET removed = ?3 WHERE customer = ?1 AND name = ?2 AND removed IS NULL"
        ))?
        .execute(params![customer, name, revision])?;
    Ok(retired > 0)
}

fn room(tx: &Tx<'_>, table: &str, customer: &str, most: u32) -> Result<(), StoreError> {
    let count: u32 = tx
        .connection
        .prepare_cached(&format!("SELECT count(*) FROM {table} WHERE customer = ?1 AND removed IS NULL"))?
        .query_row([customer], |row| row.get(0))?;
    if count < most { Ok(()) } else { Err(StoreError::TooMany) }
}

/// A page of an overlay.
pub(super) fn page(row: &Row<'_>) -> rusqlite::Result<StoredPage> {
    let (Word(resolution), index) = (row.get("resolution")?, row.get::<_, Vec<u8>>("row_index")?);
    let (width, rows, code) = (row.get("width")?, row.get("rows")?, row.get("code")?);
    Ok(StoredPage { width, rows, resolution, code, index: row_index_from(&index) })
}

fn bytes(row: &Row<'_>) -> rusqlite::Result<u64> {
    Ok(row.get::<_, i64>("bytes")?.unsigned_abs())
}
