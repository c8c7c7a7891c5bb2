//! What who watches a job is told, as server-sent events.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The data of an event `job`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"stage": "prepared", "pages": 3}))]
pub struct JobEvent {
    pub stage: JobStage,
    /// Of its documents; 0 until prepared.
    pub pages: u32,
}

/// How far a job is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum JobStage {
    Accepted,
    /// Its documents are being rendered.
    Preparing,
    /// It has pages; recipients wait or are called.
    Prepared,
    /// Every recipient's end is known. The last event.
    Finished,
}

/// The data of an event `recipient`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"recipient": 0, "stage": "page", "attempt": 1, "pagesConfirmed": 2, "pages": 3}))]
pub struct RecipientEvent {
    /// Its place in the request, from 0.
    pub recipient: u32,
    pub stage: RecipientStage,
    /// The call this is about, from 1; 0 before the first.
    pub attempt: u32,
    pub pages_confirmed: u32,
    /// With its own cover page.
    pub pages: u32,
    /// Of an end: as in the report.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// How far a recipient is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum RecipientStage {
    /// Its job is not prepared yet.
    Accepted,
    /// For its time, or another call.
    Waiting,
    /// Kept back.
    Held,
    /// A call began.
    Calling,
    /// It was answered.
    Answered,
    /// Another page was confirmed.
    Page,
    Ended,
}
