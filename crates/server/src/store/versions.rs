//! Versions of stationery: listed and read by number, and forgotten when there are enough younger ones.

use ferrofax_api::job::DocumentKind;
use jiff::Timestamp;
use rusqlite::{OptionalExtension as _, Row, params};
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::rows::{At, Word};
use super::stationery::{OVERLAYS, TEMPLATES};
use super::{NewOverlay, Store, StoreError};
use crate::stationery::{OverlayName, RETIRED_MAX, RETIRED_OF_NAME_MAX, TemplateName};

/// A version of a template or overlay, but for its bytes.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct VersionView {
    pub version: i64,
    /// What an overlay was given as; none for a template.
    pub kind: Option<DocumentKind>,
    /// Of what was given.
    pub bytes: u64,
    /// Of the same, in hexadecimal.
    pub sha256: String,
    pub created_at: Timestamp,
    /// It is in force.
    pub current: bool,
}

impl Store {
    /// The versions of a template that are kept, the newest first.
    pub async fn template_versions(&self, customer: &str, name: &TemplateName) -> Result<Vec<VersionView>, StoreError> {
        self.versions(
            "SELECT version, NULL AS kind, CAST(source AS BLOB) AS given, created_at, removed IS NULL AS current
             FROM templates WHERE customer = ?1 AND name = ?2 ORDER BY version DESC",
            customer,
            name.as_str(),
        )
        .await
    }

    /// The versions of an overlay that are kept, the newest first.
    pub async fn overlay_versions(&self, customer: &str, name: &OverlayName) -> Result<Vec<VersionView>, StoreError> {
        self.versions(
            "SELECT version, kind, original AS given, created_at, removed IS NULL AS current
             FROM overlays WHERE customer = ?1 AND name = ?2 ORDER BY version DESC",
            customer,
            name.as_str(),
        )
        .await
    }

    async fn versions(&self, sql: &'static str, customer: &str, name: &str) -> Result<Vec<VersionView>, StoreError> {
        let (customer, name) = (customer.to_owned(), name.to_owned());
        self.readers
            .run(move |connection| {
                let mut statement = connection.prepare_cached(sql)?;
                let views = statement.query_map([customer, name], view)?;
                Ok(views.collect::<Result<_, _>>()?)
            })
            .await
    }

    /// The source of a version of a template.
    pub async fn template_version(
        &self,
        customer: &str,
        name: &TemplateName,
        version: i64,
    ) -> Result<Option<String>, StoreError> {
        let (customer, name) = (customer.to_owned(), name.to_string());
        self.readers
            .run(move |connection| {
                let found = connection
                    .prepare_cached("SELECT source FROM templates WHERE customer = ?1 AND name = ?2 AND version = ?3")?
                    .query_row(params![customer, name, version], |row| row.get(0));
                Ok(found.optional()?)
            })
            .await
    }

    /// A version of an overlay, with the pages that were made of it then.
    pub async fn overlay_version(
        &self,
        customer: &str,
        name: &OverlayName,
        version: i64,
    ) -> Result<Option<NewOverlay>, StoreError> {
        let (customer, name) = (customer.to_owned(), name.clone());
        self.readers
            .run(move |connection| {
                let found = connection
                    .prepare_cached(
                        "SELECT id, kind, original FROM overlays WHERE customer = ?1 AND name = ?2 AND version = ?3",
                    )?
                    .query_row(params![customer, name.as_str(), version], |row| {
                        let Word(kind) = row.get(1)?;
                        Ok((row.get::<_, i64>(0)?, kind, row.get(2)?))
                    });
                let Some((id, kind, original)) = found.optional()? else { return Ok(None) };
                let mut statement = connection.prepare_cached(
                    "SELECT paper, width, rows, resolution, row_index, code FROM overlay_pages WHERE overlay = ?1
                     ORDER BY paper, rows",
                )?;
                let pages = statement.query_map([id], |row| {
                    let Word(paper) = row.get("paper")?;
                    Ok((paper, super::stationery::page(row)?))
                })?;
                Ok(Some(NewOverlay { name, kind, original, pages: pages.collect::<Result<_, _>>()? }))
            })
            .await
    }

    /// Forgets versions that were replaced or removed and that no unfinished job needs, but for the last
    /// [`RETIRED_OF_NAME_MAX`] of a name and the last [`RETIRED_MAX`] of a customer. Returns how many.
    pub async fn sweep_stationery(&self) -> Result<usize, StoreError> {
        self.writer
            .run(|tx| {
                let mut swept = 0;
                for table in [TEMPLATES, OVERLAYS] {
                    swept += tx
                        .connection
                        .prepare_cached(&format!(
                            "DELETE FROM {table} AS s WHERE s.rowid IN (
                                 SELECT id FROM (
                                     SELECT rowid AS id,
                                         row_number() OVER (PARTITION BY customer, name ORDER BY version DESC) AS of_name,
                                         row_number() OVER (PARTITION BY customer ORDER BY removed DESC, version DESC)
                                             AS of_all
                                     FROM {table} WHERE removed IS NOT NULL)
                                 WHERE of_name > ?1 OR of_all > ?2)
                             AND NOT EXISTS (
                                 SELECT 1 FROM jobs j
                                 WHERE j.customer = s.customer AND j.stationery IS NOT NULL AND j.state <> 'finished'
                                     AND j.stationery >= s.version AND j.stationery < s.removed)"
                        ))?
                        .execute([RETIRED_OF_NAME_MAX, RETIRED_MAX])?;
                }
                Ok(swept)
            })
            .await
    }
}

fn view(row: &Row<'_>) -> rusqlite::Result<VersionView> {
    let given = row.get_ref("given")?.as_blob()?;
    let sha256 = Sha256::digest(given).iter().map(|byte| format!("{byte:02x}")).collect();
    let (At(created_at), kind) = (row.get("created_at")?, row.get::<_, Option<Word<DocumentKind>>>("kind")?);
    Ok(VersionView {
        version: row.get("version")?,
        kind: kind.map(|Word(kind)| kind),
        bytes: given.len() as u64,
        sha256,
        created_at,
        current: row.get("current")?,
    })
}
