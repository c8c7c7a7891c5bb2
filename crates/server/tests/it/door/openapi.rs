//! The document at `/openapi.json` is complete, and true.

use std::collections::{BTreeMap, BTreeSet};

use ferrofax_api::job::limits::*;
use ferrofax_api::report::FaxReport;
use ferrofax_server::accept::allow::AllowList;
use ferrofax_server::http::Settings;
use serde_json::{Value, json};

use super::world::{Mood, PASSWORD, Reply, World, credentials, job};

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
    let mut seen: BTreeMap<&str, BTreeSet<u16>> = BTreeMap::new();
    let mut saw = |operation, reply: Reply| {
        seen.entry(operation).or_default().insert(reply.status);
    };
    let (submit, report) = ("post /rest/v1/{custNr}/fax", "get /rest/v1/{custNr}/fax/reports/{jobId}");
    let (live, ready) = ("get /health/live", "get /health/ready");
    let login = credentials("te", PASSWORD);
    let post = |headers: String, body: Vec<u8>| {
        let world = &world;
        async move { world.ask("POST /rest/v1/99999TE/fax", &headers, &body).await }
    };
    let get = |headers: String, id: String| {
        let world = &world;
        async move { world.ask(&format!("GET /rest/v1/99999TE/fax/reports/{id}"), &headers, b"").await }
    };
    let good = job().to_string().into_bytes();

    world.register("abroad", "99999TE", AllowList::parse(["192.0.2.1"]).expect("a list"));
    let abroad = credentials("abroad", PASSWORD);
    saw(submit, post(abroad.clone(), good.clone()).await);
    saw(report, get(abroad, "x".into()).await);
    saw(submit, post(String::new(), good.clone()).await);
    saw(report, get(String::new(), "x".into()).await);
    let accepted = post(login.clone(), good.clone()).await;
    let id = accepted.job_id();
    saw(submit, accepted);
    saw(submit, post(login.clone(), b"{}".to_vec()).await);
    saw(submit, post(login.clone(), vec![b' '; 2000]).await);
    saw(submit, post(format!("{login}Content-Type: text/xml\r\n"), good.clone()).await);
    saw(report, get(login.clone(), id.clone()).await);
    saw(report, get(login.clone(), "x".into()).await);
    saw(live, world.get("/health/live").await);
    saw(ready, world.get("/health/ready").await);
    // Later the proof of readiness is no longer believed, and the login may ask again.
    world.pass(jiff::SignedDuration::from_secs(60));
    for mood in [Mood::Full, Mood::Broken] {
        world.feel(mood);
        saw(submit, post(login.clone(), good.clone()).await);
        saw(report, get(login.clone(), id.clone()).await);
        saw(ready, world.get("/health/ready").await);
    }
    world.feel(Mood::Well);
    for _ in 0..3 {
        get(login.clone(), id.clone()).await;
    }
    saw(submit, post(login.clone(), good).await);
    saw(report, get(login, id).await);
    // It takes a setting of its own; see `a_body_that_stops_arriving_is_408`.
    seen.entry(submit).or_default().insert(408);

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
    let seen: BTreeMap<String, BTreeSet<u16>> =
        seen.into_iter().map(|(name, statuses)| (name.to_owned(), statuses)).collect();
    assert_eq!(seen, documented);
}
