//! The words of our own API, `/api/v1/lists`: the customer's own do-not-fax list.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A part of the list, in the order of numbers.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct ListPage {
    pub entries: Vec<ListEntry>,
    /// Ask with `after` and this for the rest; absent when there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(examples("004989123456"))]
    pub next: Option<String>,
}

/// An entry. Its number never appears in `Debug`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ListEntry {
    /// As it is dialled; one that ends in `*` stands for all that begin so.
    #[schema(examples("004989123456"))]
    pub number: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// yyyy-mm-dd
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(examples("2026-03-31"))]
    pub date: Option<String>,
    pub added_ts: String,
}

impl std::fmt::Debug for ListEntry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ListEntry").field("added_ts", &self.added_ts).finish_non_exhaustive()
    }
}

/// An entry to be added. Its number never appears in `Debug`.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewListEntry {
    /// With a country code, or at home in the account's country.
    #[schema(examples("+49 89 123456"))]
    pub number: String,
    #[serde(default)]
    #[schema(max_length = 200)]
    pub comment: Option<String>,
    /// yyyy-mm-dd
    #[serde(default)]
    #[schema(examples("2026-03-31"))]
    pub date: Option<String>,
}

impl std::fmt::Debug for NewListEntry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("NewListEntry")
    }
}

/// The entry is in force.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct ListAdded {
    /// As it is dialled.
    pub number: String,
    /// There was none with this number.
    pub new: bool,
}

/// Whether a number is on the list.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct ListCheck {
    /// As it is dialled.
    pub number: String,
    pub listed: bool,
    /// Why: its own entry, or the longest that stands for many.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entry: Option<ListEntry>,
}

/// The entry is not in force any more.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct ListRemoved {
    /// As it was dialled.
    pub number: String,
    /// Always true.
    pub removed: bool,
}

/// The whole import is in force.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ListImported {
    /// Entries of the import, each number once.
    pub imported: u64,
    /// Lines that are no entry and were left out, as asked for.
    pub skipped: u64,
    /// Entries of the list now.
    pub entries: u64,
}
