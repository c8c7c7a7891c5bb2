//! The document at `/openapi.json` is complete, and true.

use std::collections::{BTreeMap, BTreeSet};

use ferrofax_api::job::limits::*;
use ferrofax_api::report::FaxReport;
use ferrofax_server::accept::allow::AllowList;
use ferrofax_server::http::Settings;
use serde_json::{Value, json};

use super::world::{Mood, PASSWORD, World, credentials, job};

async fn document() -> Value {
    World::new().await.get("/openapi.json").await.json()
}

#[tokio::test]
async fn the_document_is_as_reviewed() {
    let mut document = document().await;
    document["info"]["version"] = json!("(this version)");
    insta::assert_json_snapshot!("openapi", document);
}

#[tokio::test]
async fn the_documented_examples_and_limits_are_true() {
    let document = document().await;
    let request = &document["paths"]["/rest/v1/{custNr}/fax"]["post"]["requestBody"];
    World::new().await.submit(&request["content"]["application/json"]["example"]).await.job_id();
    let schemas = &document["components"]["schemas"];
    let report: FaxReport = serde_json::from_value(schemas["FaxReport"]["example"].clone()).expect("a report");
    assert_eq!(serde_json::to_value(report).expect("JSON"), schemas["FaxReport"]["example"]);
    for (schema, member, word, limit) in [
        ("FaxJobRequest", "recipients", "maxItems", RECIPIENTS_MAX),
        ("FaxJobRequest", "documents", "maxItems", DOCUMENTS_MAX),
        ("Reference", "customerDefinedId", "maxLength", CUSTOMER_DEFINED_ID_CHARS_MAX),
        ("Reference", "billingCode", "maxLength", BILLING_CHARS_MAX),
        ("Reference", "billingInfo", "maxLength", BILLING_CHARS_MAX),
        ("Recipient", "number", "maxLength", NUMBER_CHARS_MAX),
        ("Recipient", "alternativeNumbers", "maxItems", ALTERNATIVE_NUMBERS_MAX),
        ("Recipient", "properties", "maxItems", PROPERTIES_MAX),
        ("TransportOptions", "csid", "maxLength", CSID_CHARS_MAX),
        ("ReportMail", "successAddress", "maxLength", MAIL_ADDRESS_CHARS_MAX),
        ("ReportMail", "failureAddress", "maxLength", MAIL_ADDRESS_CHARS_MAX),
        ("HttpStatusPush", "targetUrl", "maxLength", URL_CHARS_MAX),
        ("HttpStatusPush", "principal", "maxLength", CREDENTIALS_CHARS_MAX),
        ("HttpStatusPush", "credentials", "maxLength", CREDENTIALS_CHARS_MAX),
        ("Meta", "customerReference", "maxLength", CUSTOMER_REFERENCE_CHARS_MAX),
    ] {
        assert_eq!(schemas[schema]["properties"][member][word], limit, "{schema}.{member}");
    }
}

/// Every `$ref` in the document points at something.
#[tokio::test]
async fn every_reference_in_the_document_leads_somewhere() {
    fn references(value: &Value, found: &mut Vec<String>) {
        match value {
            Value::Object(members) => members.iter().for_each(|(name, value)| match (name.as_str(), value) {
                ("$ref", Value::String(target)) => found.push(target.clone()),
                _ => references(value, found),
            }),
            Value::Array(entries) => entries.iter().for_each(|value| references(value, found)),
            _ => {}
        }
    }
    let document = document().await;
    let mut found = Vec::new();
    references(&document, &mut found);
    assert!(found.len() > 20, "{found:?}");
    for target in found {
        let pointer = target.strip_prefix('#').expect("a local reference");
        assert!(document.pointer(pointer).is_some(), "{target}");
    }
}

/// Brings about every answer of every operation, and compares with those in the document.
#[tokio::test]
async fn the_documented_answers_are_the_ones_that_are_given() {
    let tight = Settings { body_bytes_max: 1000, requests_per_second: 1, requests_burst: 7, ..Settings::default() };
    let world = World::with(tight).await;
    world.register("abroad", "99999TE", AllowList::parse(["192.0.2.1"]).expect("a list"));
    let (login, abroad) = (credentials("te", PASSWORD), credentials("abroad", PASSWORD));
    let later = || world.pass(jiff::SignedDuration::from_secs(60));
    let mut seen: BTreeMap<String, BTreeSet<u16>> = BTreeMap::new();
    let order = job().to_string();
    let bulk = r#"{"action": "GET", "jobIds": ["x"]}"#;
    for (method, path, body) in [
        ("POST", "/rest/v1/{custNr}/fax", &*order),
        ("GET", "/rest/v1/{custNr}/fax/reports", ""),
        ("POST", "/rest/v1/{custNr}/fax/reports", bulk),
        ("DELETE", "/rest/v1/{custNr}/fax/reports", ""),
        ("GET", "/rest/v1/{custNr}/fax/reports/{jobId}", ""),
        ("DELETE", "/rest/v1/{custNr}/fax/reports/{jobId}", ""),
    ] {
        later();
        let id = world.submit(&job()).await.job_id();
        let ask = async |id: &str, headers: &str, body: &[u8]| {
            let path = path.replace("{custNr}", "99999TE").replace("{jobId}", id);
            world.ask(&format!("{method} {path}"), headers, body).await.status
        };
        let statuses = seen.entry(format!("{} {path}", method.to_lowercase())).or_default();
        for headers in [&abroad, "", &login] {
            statuses.insert(ask(&id, headers, body.as_bytes()).await);
        }
        if path.contains("{jobId}") {
            statuses.insert(ask("x", &login, b"").await);
        }
        if !body.is_empty() {
            statuses.insert(ask(&id, &login, b"{}").await);
            statuses.insert(ask(&id, &login, &[b' '; 2000]).await);
            statuses.insert(ask(&id, &format!("{login}Content-Type: text/xml\r\n"), body.as_bytes()).await);
            // It takes a setting of its own; see `a_body_that_stops_arriving_is_408`.
            statuses.insert(408);
        }
        later();
        for mood in [Mood::Full, Mood::Broken] {
            world.feel(mood);
            statuses.insert(ask(&id, &login, body.as_bytes()).await);
        }
        world.feel(Mood::Well);
        for _ in 0..5 {
            ask(&id, &login, b"").await;
        }
        statuses.insert(ask(&id, &login, body.as_bytes()).await);
    }
    for path in ["/health/live", "/health/ready"] {
        for mood in [Mood::Well, Mood::Full, Mood::Broken] {
            // The proof of readiness is no longer believed.
            later();
            world.feel(mood);
            seen.entry(format!("get {path}")).or_default().insert(world.get(path).await.status);
        }
    }

    let document = document().await;
    let mut documented: BTreeMap<String, BTreeSet<u16>> = BTreeMap::new();
    // Behind `/api/v1` are children that render; they are asked where the executable is (`ferrofax-cli`).
    let paths = document["paths"].as_object().expect("paths").iter().filter(|(path, _)| !path.starts_with("/api/v1"));
    for (path, operations) in paths {
        for (method, operation) in operations.as_object().expect("operations") {
            let statuses = operation["responses"].as_object().expect("responses").keys();
            let statuses = statuses.map(|status| status.parse().expect("a status")).collect();
            documented.insert(format!("{method} {path}"), statuses);
        }
    }
    assert_eq!(seen, documented);
}
