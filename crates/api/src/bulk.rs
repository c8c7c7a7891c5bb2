//! Many reports with one request: what it asks, and what it answers.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::job::{List, Object, Text, Violation, read};
use crate::report::FaxReport;

/// Jobs of one request.
pub const JOBS_MAX: usize = 1000;

/// What shall be done with the reports of which jobs. Everything else in it is ignored.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct BulkJobReportsRequestBody<'a> {
    /// In any letter case.
    #[serde(borrow)]
    #[schema(value_type = BulkAction, required)]
    action: Option<Text<'a>>,
    #[serde(borrow)]
    #[schema(value_type = Vec<String>, required, min_items = 1, max_items = 1000, example = json!(["FJJ66GHGX105ZZBIELVCN1"]))]
    job_ids: Option<List<Text<'a>, JOBS_MAX>>,
}

impl std::fmt::Debug for BulkJobReportsRequestBody<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BulkJobReportsRequestBody").field("action", &self.action).finish_non_exhaustive()
    }
}

/// What to do with them.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum BulkAction {
    /// Answer them.
    Get,
    /// Delete them.
    Delete,
}

/// A request that keeps the rules.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Bulk {
    pub action: BulkAction,
    /// As asked for, in order; not all need to be ids.
    pub jobs: Vec<String>,
}

/// Reads a request's body.
pub fn parse(body: &[u8]) -> Result<Bulk, Violation> {
    let Object(BulkJobReportsRequestBody { action, job_ids }) = read(body)?;
    let action = action.ok_or_else(|| Violation::new("action", "is missing"))?;
    let action = match action.0.to_ascii_uppercase().as_str() {
        "GET" => BulkAction::Get,
        "DELETE" => BulkAction::Delete,
        _ => return Err(Violation::new("action", "must be GET or DELETE")),
    };
    let jobs = job_ids.ok_or_else(|| Violation::new("jobIds", "is missing"))?;
    // One of the vendor's clients fails on an empty answer.
    if jobs.entries.is_empty() || jobs.too_many {
        return Err(Violation::new("jobIds", format!("must have 1 to {JOBS_MAX} entries")));
    }
    Ok(Bulk { action, jobs: jobs.entries.into_iter().map(|Text(job)| job.into_owned()).collect() })
}

/// Reports, the oldest first.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct Reports {
    pub reports: Vec<FaxReport>,
}

/// What became of reports that were to be deleted.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct DeleteReports {
    pub reports: Vec<JobDeleteReport>,
}

impl DeleteReports {
    /// In the order of the request, which of them were there said by `deleted`. What is named twice can be deleted once.
    pub fn of(jobs: Vec<String>, mut deleted: HashSet<String>) -> DeleteReports {
        let report = |job: String| {
            if deleted.remove(&job) { JobDeleteReport::deleted(job) } else { JobDeleteReport::not_found(job) }
        };
        DeleteReports { reports: jobs.into_iter().map(report).collect() }
    }
}

/// Exactly these keys, `reason` only where nothing was deleted.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"jobId": "FJJ66GHGX105ZZBIELVCN1", "deleted": true}))]
pub struct JobDeleteReport {
    pub job_id: String,
    pub deleted: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<DeleteReason>,
}

impl JobDeleteReport {
    pub fn deleted(job_id: String) -> JobDeleteReport {
        JobDeleteReport { job_id, deleted: true, reason: None }
    }

    fn not_found(job_id: String) -> JobDeleteReport {
        JobDeleteReport { job_id, deleted: false, reason: Some(DeleteReason::NotFound) }
    }
}

/// Why a report was not deleted.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum DeleteReason {
    /// The login has no report of this job.
    NotFound,
    /// A fault of the service.
    InternalError,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(body: &str) -> String {
        parse(body.as_bytes()).expect_err("it breaks a rule").to_string()
    }

    #[test]
    fn actions_are_read_in_any_case() {
        for (word, action) in [("GET", BulkAction::Get), ("delete", BulkAction::Delete), ("Delete", BulkAction::Delete)]
        {
            let body = format!(r#"{{"action": "{word}", "jobIds": ["FJ1", "x y"], "more": null}}"#);
            let jobs = vec!["FJ1".to_owned(), "x y".to_owned()];
            assert_eq!(parse(body.as_bytes()), Ok(Bulk { action, jobs }));
        }
    }

    #[test]
    fn a_broken_rule_names_the_member() {
        assert_eq!(refusal("{}"), "action: is missing");
        assert_eq!(refusal(r#"{"action": null, "jobIds": ["FJ1"]}"#), "action: is missing");
        assert_eq!(refusal(r#"{"action": "PUT", "jobIds": ["FJ1"]}"#), "action: must be GET or DELETE");
        assert_eq!(refusal(r#"{"action": "GET"}"#), "jobIds: is missing");
        assert_eq!(refusal(r#"{"action": "GET", "jobIds": []}"#), "jobIds: must have 1 to 1000 entries");
        let many = vec!["\"FJ1\""; 1001].join(",");
        assert_eq!(
            refusal(&format!(r#"{{"action": "GET", "jobIds": [{many}]}}"#)),
            "jobIds: must have 1 to 1000 entries"
        );
        assert_eq!(refusal(r#"{"action": "GET", "jobIds": ["FJ1", 2]}"#), "jobIds[1]: must be a string");
        assert_eq!(refusal(r#"{"action": "GET", "jobIds": "FJ1"}"#), "jobIds: must be an array");
        assert_eq!(refusal("[]"), "body: must be an object");
        assert!(refusal("{").starts_with("body: not readable as JSON"));
    }

    #[test]
    fn what_is_named_twice_is_deleted_once() {
        let jobs = ["FJ1", "FJ2", "FJ1"].map(str::to_owned).to_vec();
        let answer = DeleteReports::of(jobs, HashSet::from(["FJ1".to_owned()]));
        let json = serde_json::to_string(&answer).unwrap();
        assert_eq!(
            json,
            r#"{"reports":[{"jobId":"FJ1","deleted":true},{"jobId":"FJ2","deleted":false,"reason":"NOT_FOUND"},{"jobId":"FJ1","deleted":false,"reason":"NOT_FOUND"}]}"#
        );
    }
}
