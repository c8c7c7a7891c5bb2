//! What the door answers besides reports: the accepted job and the one envelope of every refusal.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The job is stored and will be sent.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct JobAccepted {
    /// To ask for the report with.
    #[schema(examples("FJKQQUVF1J0IADYARQEXKC"))]
    pub job_id: String,
}

/// The body of every answer that is not a success.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct ErrorBody {
    /// The HTTP status once more.
    pub code: u16,
    /// For an integrator: what is wrong; with 400 in the form `<member path>: <what is wrong>`.
    pub message: String,
}
