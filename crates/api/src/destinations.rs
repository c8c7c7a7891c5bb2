//! The words of our own API, `/api/v1/destinations`: what calls to numbers taught.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A part of the numbers the customer has called, in their order.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct DestinationPage {
    pub destinations: Vec<Destination>,
    /// Ask with `after` and this for the rest; absent when there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(examples("004989123456"))]
    pub next: Option<String>,
}

/// What is known of the machine at a number. The times are those of the customer's own calls. The number never appears in `Debug`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Destination {
    /// As it is dialled.
    #[schema(examples("004989123456"))]
    pub number: String,
    /// The last call ended.
    pub called_ts: String,
    /// The last one that went well.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ok_ts: Option<String>,
    /// The last one that failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failed_ts: Option<String>,
    /// How fast the next call sends at most, in bits a second; absent: as fast as both machines can.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(examples(9600))]
    pub bit_rate_max: Option<u32>,
    /// Whether the next call offers error correction.
    pub ecm: bool,
    /// It does not take T.38.
    pub t38_refused: bool,
    /// From dialling to the answer, about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answer_secs: Option<u32>,
    /// It is dead and not called until then; ask the operator to release it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parked_until_ts: Option<String>,
}

impl std::fmt::Debug for Destination {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Destination").field("called_ts", &self.called_ts).finish_non_exhaustive()
    }
}
