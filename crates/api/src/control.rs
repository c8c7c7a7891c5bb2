//! The words of our own API, `/api/v1/jobs`: cancel, hold, release.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// For how many recipients it came true.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Controlled {
    /// Done at once.
    pub done: u32,
    /// Being called: a cancelled call ends as soon as it can, a held one goes on and is followed by no other.
    pub in_call: u32,
    /// Final already, or already so.
    pub unchanged: u32,
}
