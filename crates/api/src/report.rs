//! The status report, in the one shape that all the vendor's client SDKs can parse.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::job::Property;

/// A job's report, pending or final.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({
    "jobId": "FJJ66GHGX105ZZBIELVCN1",
    "recipientStatus": [{
        "number": "+49 89 1234567-8900",
        "properties": null,
        "status": "OK",
        "reason": "OK",
        "sentTs": "2017-08-10T13:05:09Z",
        "durationInSecs": 19,
        "sentToNumber": "00498912345678900",
        "remoteCsid": "+49/89/1234567-8900",
        "pagesConfirmed": 1
    }],
    "pages": 1,
    "reference": {
        "customerDefinedId": "2017-08-10T13:05:09Z_customerDefinedId",
        "billingCode": "2017-08-10T13:05:09Z_billingCode",
        "billingInfo": "2017-08-10T13:05:09Z_billingInfo"
    }
}))]
pub struct FaxReport {
    pub job_id: String,
    /// In the order of the request.
    pub recipient_status: Vec<RecipientStatus>,
    /// Pages of the fax with its cover; 0 while pending.
    pub pages: u32,
    pub reference: ReportReference,
}

impl FaxReport {
    /// Every recipient has every page.
    pub fn succeeded(&self) -> bool {
        self.recipient_status.iter().all(|recipient| recipient.status == "OK")
    }
}

/// What became of one recipient.
#[derive(Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RecipientStatus {
    /// As submitted.
    pub number: String,
    /// `null` where there were none, never an empty list.
    pub properties: Option<Vec<Property>>,
    pub status: String,
    pub reason: String,
    /// RFC 3339, UTC, whole seconds; absent while pending and where no call was answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sent_ts: Option<String>,
    pub duration_in_secs: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sent_to_number: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remote_csid: Option<String>,
    /// Pages the far end confirmed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pages_confirmed: Option<u32>,
    /// Pages of which a call broke off between their end and the confirmation: they may have arrived unconfirmed, and twice where
    /// another call sent them again. Absent where there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pages_in_doubt: Option<u32>,
}

/// Without numbers and names.
impl std::fmt::Debug for RecipientStatus {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "RecipientStatus({}, {})", self.status, self.reason)
    }
}

/// Exactly these three keys; `customerDefinedId` is never null.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReportReference {
    pub customer_defined_id: String,
    pub billing_code: Option<String>,
    pub billing_info: Option<String>,
}
