//! The words of our own API, `/api/v1/jobs/{jobId}/notices`: how telling others of a job's end went.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// All that is told of a job to others by itself; none before its end, and where nobody asked for it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Notices {
    pub notices: Vec<Notice>,
}

/// A push or a mail.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Notice {
    pub kind: NoticeKind,
    pub state: NoticeState,
    /// While it waits.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(examples("2026-03-01T12:00:20Z"))]
    pub next_try_ts: Option<String>,
    /// All of them, the first one first.
    pub tries: Vec<NoticeTry>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum NoticeKind {
    /// An HTTP status push.
    Push,
    /// A report mail.
    Mail,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum NoticeState {
    /// For its first try, or another one.
    Waiting,
    /// Being tried at this moment.
    Telling,
    Told,
    /// Given up; a replay tries it again.
    Failed,
}

/// One try.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NoticeTry {
    /// From 1.
    pub number: u32,
    #[schema(examples("2026-03-01T12:00:00Z"))]
    pub started_ts: String,
    /// Absent while it runs, and where a restart of the service cut it off.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_ts: Option<String>,
    /// What HTTP or SMTP answered; absent where nobody did.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(examples(503))]
    pub code: Option<u16>,
    /// For people.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(examples("the target answered with status 503"))]
    pub result: Option<String>,
}
