//! What is answered to what.

use ferrofax_server::accept::allow::AllowList;
use ferrofax_server::http::{Settings, password};
use jiff::SignedDuration;
use serde_json::json;

use super::world::{Mood, PASSWORD, World, credentials, job};

const JSON: &str = "Content-Type: application/json\r\n";

#[tokio::test]
async fn a_job_is_accepted_and_its_report_is_pending() {
    let world = World::new().await;
    let id = world.submit(&job()).await.job_id();
    assert!(id.starts_with("FJ") && id.contains("TESTNODE") && id.len() == 22, "{id}");
    {
        let jobs = world.desk.jobs.lock().expect("a lock");
        let [stored] = &jobs[..] else { panic!("{} jobs", jobs.len()) };
        assert_eq!((stored.customer.as_str(), stored.login.as_str()), ("99999TE", "te"));
        assert_eq!(stored.deliveries[0].dial, "00498912345678900");
        assert_eq!(stored.order.transport.csid.as_deref(), Some("Account"));
        assert_eq!(stored.order.documents[0].data(), b"Hello");
    }
    let report = world.get(&format!("/rest/v1/99999TE/fax/reports/{id}")).await;
    assert_eq!(report.status, 200);
    assert_eq!(
        report.json(),
        json!({
            "jobId": id,
            "recipientStatus": [{
                "number": "+49 89 1234567-8900", "properties": null, "status": "PENDING", "reason": "PENDING", "durationInSecs": 0
            }],
            "pages": 0,
            "reference": {"customerDefinedId": "", "billingCode": null, "billingInfo": null}
        })
    );
}

#[tokio::test]
async fn a_broken_rule_is_400_with_the_member() {
    let world = World::new().await;
    let mut request = job();
    request["recipients"][0]["number"] = json!("FAX");
    world.submit(&request).await.refuses(400, "recipients[0].number: contains a letter");
    request["recipients"][0]["number"] = json!("000123");
    world
        .submit(&request)
        .await
        .refuses(400, "recipients[0].number: is no international number: no country code begins with 0");
    let headers = credentials("te", PASSWORD) + JSON;
    let empty = world.ask("POST /rest/v1/99999TE/fax", &headers, b"").await;
    empty.refuses(400, "body: not readable as JSON: EOF while parsing a value at line 1 column 0");
    assert!(world.desk.jobs.lock().expect("a lock").is_empty());
}

#[tokio::test]
async fn who_is_not_who_it_says_is_401() {
    let world = World::new().await;
    world.register("other", "11111", AllowList::default());
    let body = job().to_string();
    for (authorization, customer) in [
        (String::new(), "99999TE"),
        ("Authorization: Bearer abc\r\n".to_owned(), "99999TE"),
        ("Authorization: Basic §\r\n".to_owned(), "99999TE"),
        (credentials("te", "wrong"), "99999TE"),
        (credentials("te", ""), "99999TE"),
        (credentials("nobody", PASSWORD), "99999TE"),
        (credentials("other", PASSWORD), "99999TE"),
        (credentials("te", PASSWORD), "nobody"),
    ] {
        let submit = world
            .ask(&format!("POST /rest/v1/{customer}/fax"), &format!("{authorization}{JSON}"), body.as_bytes())
            .await;
        let report = world
            .ask(&format!("GET /rest/v1/{customer}/fax/reports/FJJ66GHGX105ZZBIELVCN1"), &authorization, b"")
            .await;
        for reply in [submit, report] {
            reply.refuses(401, "Authentication failed");
            assert_eq!(reply.headers["www-authenticate"], "Basic realm=\"Fax for Applications\", charset=\"UTF-8\"");
        }
    }
    assert!(world.desk.jobs.lock().expect("a lock").is_empty());
}

#[tokio::test]
async fn a_changed_password_counts_at_once() {
    let world = World::new().await;
    world.submit(&job()).await.job_id();
    let hash = password::hash("new").expect("a hash");
    world.desk.logins.lock().expect("a lock").get_mut("te").expect("the login").password_hash = hash;
    world.submit(&job()).await.refuses(401, "Authentication failed");
    let headers = credentials("te", "new") + JSON;
    world.ask("POST /rest/v1/99999TE/fax", &headers, job().to_string().as_bytes()).await.job_id();
    world.desk.logins.lock().expect("a lock").clear();
    world
        .ask("POST /rest/v1/99999TE/fax", &headers, job().to_string().as_bytes())
        .await
        .refuses(401, "Authentication failed");
}

#[tokio::test]
async fn a_login_from_elsewhere_is_403() {
    let world = World::new().await;
    world.register("te", "99999TE", AllowList::parse(["192.0.2.0/24"]).expect("a list"));
    world.submit(&job()).await.refuses(403, "This login may not be used from this address");
    world
        .get("/rest/v1/99999TE/fax/reports/FJJ66GHGX105ZZBIELVCN1")
        .await
        .refuses(403, "This login may not be used from this address");
    let wrong =
        world.ask("GET /rest/v1/99999TE/fax/reports/FJJ66GHGX105ZZBIELVCN1", &credentials("te", "x"), b"").await;
    wrong.refuses(401, "Authentication failed");
    world.register("te", "99999TE", AllowList::parse(["192.0.2.0/24", "127.0.0.1"]).expect("a list"));
    world.submit(&job()).await.job_id();
}

#[tokio::test]
async fn unknown_and_foreign_jobs_are_the_same_404() {
    let world = World::new().await;
    world.register("other", "99999TE", AllowList::default());
    let id = world.submit(&job()).await.job_id();
    let foreign = format!("GET /rest/v1/99999TE/fax/reports/{id}");
    let foreign = world.ask(&foreign, &credentials("other", PASSWORD), b"").await;
    foreign.refuses(404, "No such report");
    for unknown in ["FJJ66GHGX105ZZBIELVCN1", "x", "%00", "%FF", "FJJ66GHGX105ZZBIELVCN1%2F"] {
        let reply = world.get(&format!("/rest/v1/99999TE/fax/reports/{unknown}")).await;
        if unknown == "%FF" {
            reply.refuses(404, "No such path");
        } else {
            assert_eq!(reply, foreign, "{unknown}");
        }
    }
}

#[tokio::test]
async fn paths_and_methods_that_are_not_there_have_the_envelope() {
    let world = World::new().await;
    for path in ["/", "/rest/v1/99999TE", "/rest/v2/99999TE/fax", "/rest/v1/99999TE/fax/", "/favicon.ico"] {
        world.get(path).await.refuses(404, "No such path");
    }
    for (head, allow) in [
        ("GET /rest/v1/99999TE/fax", "POST"),
        ("PUT /rest/v1/99999TE/fax/reports/FJJ66GHGX105ZZBIELVCN1", "GET,HEAD,DELETE"),
        ("PATCH /rest/v1/99999TE/fax/reports", "GET,HEAD,POST,DELETE"),
        ("POST /openapi.json", "GET,HEAD"),
        ("PUT /health/live", "GET,HEAD"),
    ] {
        let reply = world.ask(head, "", b"").await;
        reply.refuses(405, "This path does not have this method");
        assert_eq!(reply.headers["allow"], allow, "{head}");
    }
}

#[tokio::test]
async fn a_body_that_is_too_large_is_413_and_the_client_hears_it() {
    let world = World::with(Settings { body_bytes_max: 1_000_000, ..Settings::default() }).await;
    let headers = credentials("te", PASSWORD) + JSON;
    let large = vec![b' '; 1_500_000];
    let announced = world.ask("POST /rest/v1/99999TE/fax", &headers, &large).await;
    announced.refuses(413, "The body has more than 1000000 bytes");
    let chunked = [format!("{:x}\r\n", large.len()).as_bytes(), &large, b"\r\n0\r\n\r\n"].concat();
    let headers = format!("{headers}Transfer-Encoding: chunked\r\n");
    let chunked = world.ask("POST /rest/v1/99999TE/fax", &headers, &chunked).await;
    chunked.refuses(413, "The body has more than 1000000 bytes");
    // Who is not let in may be sending just as much.
    let stranger = world.ask("POST /rest/v1/99999TE/fax", JSON, &large).await;
    stranger.refuses(401, "Authentication failed");
}

#[tokio::test]
async fn a_large_body_within_the_limit_is_taken_whole() {
    let world = World::new().await;
    let mut request = job();
    request["documents"][0]["data"] = json!("QUJD".repeat(1_000_000));
    world.submit(&request).await.job_id();
    let headers = credentials("te", PASSWORD) + JSON + "Transfer-Encoding: chunked\r\n";
    let chunks: Vec<u8> = request
        .to_string()
        .as_bytes()
        .chunks(70_000)
        .flat_map(|chunk| [format!("{:x}\r\n", chunk.len()).as_bytes(), chunk, b"\r\n"].concat())
        .chain(*b"0\r\n\r\n")
        .collect();
    world.ask("POST /rest/v1/99999TE/fax", &headers, &chunks).await.job_id();
    let jobs = world.desk.jobs.lock().expect("a lock");
    for job in &*jobs {
        assert_eq!(job.order.documents[0].data(), b"ABC".repeat(1_000_000));
    }
}

#[tokio::test]
async fn only_plain_json_is_taken() {
    let world = World::new().await;
    let body = job().to_string();
    let login = credentials("te", PASSWORD);
    for (kind, taken) in [
        ("", true),
        ("Content-Type: application/json\r\n", true),
        ("Content-Type: Application/JSON; charset=utf-8\r\n", true),
        ("Content-Type: application/json;charset=UTF-8\r\nContent-Encoding: identity\r\n", true),
        ("Content-Type: text/plain\r\n", false),
        ("Content-Type: application/json2\r\n", false),
        ("Content-Type: multipart/form-data; boundary=x\r\n", false),
    ] {
        let reply = world.ask("POST /rest/v1/99999TE/fax", &format!("{login}{kind}"), body.as_bytes()).await;
        if taken {
            reply.job_id();
        } else {
            reply.refuses(415, "The content type must be application/json");
        }
    }
    let zipped = format!("{login}{JSON}Content-Encoding: gzip\r\n");
    let zipped = world.ask("POST /rest/v1/99999TE/fax", &zipped, body.as_bytes()).await;
    zipped.refuses(415, "The body must not be compressed");
}

#[tokio::test]
async fn a_login_that_asks_too_often_is_429_for_a_while() {
    let world = World::with(Settings { requests_per_second: 1, requests_burst: 2, ..Settings::default() }).await;
    world.register("other", "99999TE", AllowList::default());
    world.submit(&job()).await.job_id();
    world.submit(&job()).await.job_id();
    for reply in [world.submit(&job()).await, world.get("/rest/v1/99999TE/fax/reports/FJJ66GHGX105ZZBIELVCN1").await] {
        reply.refuses(429, "Too many requests");
        assert_eq!(reply.headers["retry-after"], "1");
    }
    let other = credentials("other", PASSWORD) + JSON;
    world.ask("POST /rest/v1/99999TE/fax", &other, job().to_string().as_bytes()).await.job_id();
    world.pass(SignedDuration::from_secs(1));
    world.submit(&job()).await.job_id();
}

#[tokio::test]
async fn a_desk_that_is_full_is_503_and_one_that_fails_is_500() {
    let world = World::new().await;
    world.feel(Mood::Full);
    for reply in [world.submit(&job()).await, world.get("/health/ready").await] {
        reply.refuses(503, "Try again later: the disk is full");
        assert_eq!(reply.headers["retry-after"], "2");
    }
    for mood in [Mood::Broken, Mood::Panicking] {
        world.feel(mood);
        for reply in [world.submit(&job()).await, world.get("/health/ready").await] {
            reply.refuses(500, "A fault of this service");
        }
    }
    assert_eq!(world.get("/health/live").await.json(), json!({"status": "live"}));
    world.feel(Mood::Well);
    assert_eq!(world.get("/health/ready").await.json(), json!({"status": "ready"}));
    // Proof costs a commit and anybody may ask, so it holds for a while.
    world.feel(Mood::Full);
    assert_eq!(world.get("/health/ready").await.status, 200);
    world.pass(SignedDuration::from_secs(5));
    assert_eq!(world.get("/health/ready").await.status, 503);
}

#[tokio::test]
async fn bodies_beyond_the_memory_for_all_of_them_are_503() {
    let world = World::with(Settings { bodies_bytes_max: 1000, ..Settings::default() }).await;
    let mut request = job();
    request["documents"][0]["data"] = json!("QUJD".repeat(500));
    let reply = world.submit(&request).await;
    reply.refuses(503, "Try again later: too many large requests at the same time");
    assert_eq!(reply.headers["retry-after"], "5");
    // What was refused gave its part back.
    world.submit(&job()).await.job_id();
    world.submit(&job()).await.job_id();
}

#[tokio::test]
async fn a_draining_door_takes_no_jobs_but_answers_reports() {
    let world = World::new().await;
    let id = world.submit(&job()).await.job_id();
    world.door.drain();
    let message = "Try again later: the service is going down";
    world.submit(&job()).await.refuses(503, message);
    world.get("/health/ready").await.refuses(503, message);
    assert_eq!(world.get(&format!("/rest/v1/99999TE/fax/reports/{id}")).await.status, 200);
}

#[tokio::test]
async fn what_the_vendors_clients_do_is_understood() {
    let world = World::new().await;
    // Python: the URL-safe alphabet, and members in snake case.
    let token = base64::Engine::encode(&base64::engine::general_purpose::URL_SAFE, format!("te:{PASSWORD}"));
    assert!(token.contains(['-', '_']), "{token}");
    let python = format!("Authorization: Basic {token}\r\n{JSON}");
    let mut request = job();
    request["rendering_options"] =
        json!({"paper_format": "A4", "coverpage_template": "", "resolution": "LOW", "header": ""});
    let id = world.ask("POST /rest/v1/99999TE/fax", &python, request.to_string().as_bytes()).await.job_id();
    // Go: a doubled slash, a content type and no body.
    for headers in [JSON.to_owned(), format!("{JSON}Content-Length: 0\r\n")] {
        let headers = credentials("te", PASSWORD) + &headers;
        let reply = world.ask(&format!("GET /rest/v1//99999TE/fax/reports/{id}"), &headers, b"").await;
        assert_eq!(reply.status, 200, "{}", reply.body);
    }
    // The customer number in another letter case, and slashes anywhere.
    let headers = credentials("te", PASSWORD) + JSON;
    world.ask("POST //rest///v1/99999te//fax", &headers, job().to_string().as_bytes()).await.job_id();
    world.ask("POST /rest/v1/99999%74e/fax?x=//", &headers, job().to_string().as_bytes()).await.job_id();
}

#[tokio::test]
async fn reports_are_fetched_and_deleted_many_at_a_time() {
    let world = World::new().await;
    world.register("other", "99999TE", AllowList::default());
    let reports = "/rest/v1/99999TE/fax/reports";
    let listed = async || {
        let reply = world.get(reports).await;
        let body = reply.json()["reports"].as_array().expect("a list").clone();
        body.iter().map(|report| report["jobId"].as_str().expect("an id").to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(world.get(reports).await.body, r#"{"reports":[]}"#);
    let first = world.submit(&job()).await.job_id();
    let second = world.submit(&job()).await.job_id();
    assert_eq!(listed().await, [first.clone(), second.clone()]);
    let foreign = world.ask(&format!("GET {reports}"), &credentials("other", PASSWORD), b"").await;
    assert_eq!(foreign.body, r#"{"reports":[]}"#);

    let headers = credentials("te", PASSWORD) + "Content-Type: application/json\r\n";
    let bulk = async |body: &str| world.ask(&format!("POST {reports}"), &headers, body.as_bytes()).await;
    let fetched = bulk(&format!(r#"{{"action": "Get", "jobIds": ["{second}", "x", "FJJ66GHGX105ZZBIELVCN1"]}}"#)).await;
    assert_eq!(fetched.json()["reports"][0]["jobId"], second);
    assert_eq!(fetched.json()["reports"].as_array().map(Vec::len), Some(1));
    let deleted = bulk(&format!(r#"{{"action": "DELETE", "jobIds": ["x", "{second}"]}}"#)).await;
    let wanted = json!({"reports": [
        {"jobId": "x", "deleted": false, "reason": "NOT_FOUND"}, {"jobId": second, "deleted": true}]});
    assert_eq!(deleted.json(), wanted);
    assert_eq!(listed().await, [&*first]);
    bulk("{}").await.refuses(400, "action: is missing");

    // As some clients have it: with a content type and no body.
    let delete = format!("DELETE {reports}/{first}");
    let other = world.ask(&delete, &(credentials("other", PASSWORD)), b"").await;
    other.refuses(404, "No such report");
    let gone = world.ask(&delete, &(headers.clone() + "Content-Length: 0\r\n"), b"").await;
    assert_eq!(gone.json(), json!({"jobId": first, "deleted": true}));
    world.ask(&delete, &headers, b"").await.refuses(404, "No such report");
    let third = world.submit(&job()).await.job_id();
    let oldest = world.ask(&format!("DELETE {reports}"), &headers, b"").await;
    assert_eq!(oldest.json(), json!({"reports": [{"jobId": third, "deleted": true}]}));
    assert_eq!(world.ask(&format!("DELETE {reports}"), &headers, b"").await.body, r#"{"reports":[]}"#);
    world.ask("GET /rest/v1/12345/fax/reports", &headers, b"").await.refuses(401, "Authentication failed");
}
