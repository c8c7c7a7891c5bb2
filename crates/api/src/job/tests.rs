use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

fn now() -> Timestamp {
    "2022-10-11T12:00:00Z".parse().expect("a time")
}

/// Every example value of the vendor's documentation, but for what this version does not do: overlay, header, cover page
/// and document URL. Times are moved to the tests' clock.
fn example() -> Value {
    json!({
        "reference": {
            "customerDefinedId": "2022-04-7T11:04:37.057Z_customerDefinedId",
            "billingCode": "2022-04-7T11:04:37.057Z_billingCode",
            "billingInfo": "2022-04-7T11:04:37.057Z_billingInfo"
        },
        "recipients": [{"number": "0012012051598", "properties": [{"key": "key123", "value": "value123"}]}],
        "documents": [{
            "name": "test-document-inline-byte-array.txt",
            "charset": "UTF-8",
            "reference": null,
            "data": "SGVsbG8sIHRoaXMgaXMgYSB0ZXN0aW5nIGRvY3VtZW50IGJvZHkgY3JlYXRlZCBmb3IgOTk5OTlURQ=="
        }],
        "transportOptions": {"csid": "test-csid", "isExpress": false, "isBlacklistEnabled": true},
        "renderingOptions": {"paperFormat": "A4", "resolution": "HIGH", "coverpageTemplate": "", "overlay": null, "header": ""},
        "statusReportOptions": {
            "reportPurgeTs": "2022-11-03T20:14:37.098+02:00",
            "reportMail": {
                "successAddress": "john.doe@retarus.com",
                "failureAddress": "jane.doe@retarus.com",
                "attachedFaxImageMode": "SUCCESS_ONLY",
                "attachedFaxImageFormat": "PDF"
            },
            "httpStatusPush": {
                "targetUrl": "https://retarus.com/test-path/test-target",
                "principal": "none", "credentials": "none", "authMethod": "HTTP_BASIC"
            }
        },
        "meta": {"jobValid": {"start": "2022-10-11T12:30:00Z", "end": "2022-10-11T15:50:21.372Z"}}
    })
}

/// The example with the member at `pointer` (RFC 6901) set; the parent must be there.
fn with(pointer: &str, value: Value) -> Value {
    let mut request = example();
    let (parent, member) = pointer.rsplit_once('/').expect("a pointer");
    match request.pointer_mut(parent) {
        Some(Value::Object(members)) => drop(members.insert(member.to_owned(), value)),
        Some(Value::Array(entries)) => entries[member.parse::<usize>().expect("an index")] = value,
        other => panic!("{parent} is {other:?}"),
    }
    request
}

fn parse_value(request: &Value) -> Result<FaxJob, Violation> {
    parse(&serde_json::to_vec(request).expect("JSON"), now())
}

fn accepted(request: &Value) -> FaxJob {
    parse_value(request).unwrap_or_else(|wrong| panic!("{wrong}\n{request:#}"))
}

fn refused(request: &Value) -> String {
    parse_value(request).expect_err("must be refused").to_string()
}

#[test]
fn the_documented_example_is_understood_in_full() {
    let job = accepted(&example());
    assert_eq!(job.reference.customer_defined_id.as_deref(), Some("2022-04-7T11:04:37.057Z_customerDefinedId"));
    assert_eq!(job.reference.billing_code.as_deref(), Some("2022-04-7T11:04:37.057Z_billingCode"));
    assert_eq!(job.reference.billing_info.as_deref(), Some("2022-04-7T11:04:37.057Z_billingInfo"));
    assert_eq!(
        job.recipients,
        [Recipient {
            number: "0012012051598".into(),
            alternative_numbers: vec![],
            properties: vec![Property { key: "key123".into(), value: "value123".into() }],
        }]
    );
    let [document] = &job.documents[..] else { panic!("{:?}", job.documents) };
    assert_eq!(document.name, "test-document-inline-byte-array.txt");
    assert_eq!((document.kind, document.charset), (DocumentKind::Txt, Charset::Utf8));
    assert_eq!(document.data(), b"Hello, this is a testing document body created for 99999TE");
    assert_eq!(job.transport, TransportOptions { csid: Some("test-csid".into()), express: false, blacklist: true });
    assert_eq!(
        job.rendering,
        RenderingOptions { paper: Some(Paper::A4), resolution: Some(Resolution::High), ..Default::default() }
    );
    assert_eq!(
        job.report.mail,
        Some(ReportMail {
            success_address: Some("john.doe@retarus.com".into()),
            failure_address: Some("jane.doe@retarus.com".into()),
            image_mode: ImageMode::SuccessOnly,
            image_format: ImageFormat::Pdf,
        })
    );
    let push = job.report.push.expect("a push");
    assert_eq!(push.target_url, "https://retarus.com/test-path/test-target");
    assert_eq!(push.auth_method, AuthMethod::HttpBasic);
    assert_eq!((push.principal.as_deref(), push.credentials.as_deref()), (Some("none"), Some("none")));
    assert_eq!(job.valid.start, Some("2022-10-11T12:30:00Z".parse().expect("a time")));
    assert_eq!(job.valid.end, Some(WindowEnd::At("2022-10-11T15:50:21.372Z".parse().expect("a time"))));
}

#[test]
fn the_least_request_is_a_number_and_a_document() {
    let job =
        accepted(&json!({"recipients": [{"number": "+4989123"}], "documents": [{"name": "a.pdf", "data": "JVBERg"}]}));
    assert_eq!(job.reference, Reference::default());
    assert_eq!(job.transport, TransportOptions::default());
    assert_eq!(job.rendering, RenderingOptions::default());
    assert_eq!(job.report, ReportOptions::default());
    assert_eq!(job.valid, Window::default());
    assert_eq!(job.documents[0].kind, DocumentKind::Pdf);
}

/// Every rule of the contract, broken once: where, with what, and the whole message.
fn broken_rules() -> Vec<(&'static str, Value, &'static str)> {
    let text = |length: usize| Value::String("ä".repeat(length));
    let recipients = |count: usize| Value::Array(vec![json!({"number": "00123"}); count]);
    let documents = |count: usize| Value::Array(vec![json!({"name": "a.txt", "data": "QQ=="}); count]);
    vec![
        ("/reference/customerDefinedId", text(257), "reference.customerDefinedId: is longer than 256 characters"),
        ("/reference/billingCode", text(81), "reference.billingCode: is longer than 80 characters"),
        ("/reference/billingInfo", text(81), "reference.billingInfo: is longer than 80 characters"),
        ("/reference/billingInfo", json!("a\0b"), "reference.billingInfo: contains a NUL character"),
        ("/reference/billingInfo", json!(5), "reference.billingInfo: must be a string"),
        ("/reference", json!("secret"), "reference: must be an object"),
        ("/reference", json!(["a", "b", "c"]), "reference: must be an object"),
        ("/recipients", json!(null), "recipients: at least one recipient is required"),
        ("/recipients", json!([]), "recipients: at least one recipient is required"),
        ("/recipients", json!({}), "recipients: must be an array"),
        ("/recipients", json!(["00123"]), "recipients[0]: must be an object"),
        ("/recipients", json!([{"number": "00123"}, null]), "recipients[1]: must be an object"),
        ("/recipients", recipients(10_001), "recipients: has more than 10000 entries"),
        ("/recipients/0/number", json!(null), "recipients[0].number: is missing"),
        ("/recipients/0/number", json!(""), "recipients[0].number: is missing"),
        ("/recipients/0/number", json!("+4 9"), "recipients[0].number: has fewer than 3 digits"),
        ("/recipients/0/number", json!("0049 FAX"), "recipients[0].number: contains a letter"),
        ("/recipients/0/number", json!("+49 89 123 ext. 4"), "recipients[0].number: contains a letter"),
        ("/recipients/0/number", json!("+49 89 123x4"), "recipients[0].number: contains a letter"),
        ("/recipients/0/number", json!("089 123 доб 4"), "recipients[0].number: contains a letter"),
        (
            "/recipients/0/number",
            json!("+49 89 １２３"),
            "recipients[0].number: contains a character that no telephone number has",
        ),
        (
            "/recipients/0/number",
            json!("٠٨٩ ١٢٣"),
            "recipients[0].number: contains a character that no telephone number has",
        ),
        (
            "/recipients/0/number",
            json!("0049 ٣٤٥"),
            "recipients[0].number: contains a character that no telephone number has",
        ),
        ("/recipients/0/number", json!("sip:0049@x"), "recipients[0].number: contains a letter"),
        (
            "/recipients/0/number",
            json!("00491\r\n23"),
            "recipients[0].number: contains a character that no telephone number has",
        ),
        (
            "/recipients/0/number",
            json!("00+49123"),
            "recipients[0].number: has a + that does not stand at the beginning",
        ),
        ("/recipients/0/number", json!("1".repeat(65)), "recipients[0].number: is longer than 64 characters"),
        ("/recipients/0/number", json!(4912345), "recipients[0].number: must be a string"),
        (
            "/recipients/0/alternativeNumbers",
            json!(["00123", "x"]),
            "recipients[0].alternativeNumbers[1]: contains a letter",
        ),
        ("/recipients/0/alternativeNumbers", json!([null]), "recipients[0].alternativeNumbers[0]: must be a string"),
        (
            "/recipients/0/alternativeNumbers",
            json!(vec!["00123"; 21]),
            "recipients[0].alternativeNumbers: has more than 20 entries",
        ),
        (
            "/recipients/0/properties",
            json!(vec![json!({"key": "k", "value": "v"}); 201]),
            "recipients[0].properties: has more than 200 entries",
        ),
        ("/recipients/0/properties/0/key", json!(null), "recipients[0].properties[0].key: is missing"),
        ("/recipients/0/properties/0/key", text(257), "recipients[0].properties[0].key: is longer than 256 characters"),
        ("/recipients/0/properties/0/value", json!(null), "recipients[0].properties[0].value: is missing"),
        ("/recipients/0/properties/0/value", json!(true), "recipients[0].properties[0].value: must be a string"),
        (
            "/recipients/0/properties/0/value",
            text(10_001),
            "recipients[0].properties[0].value: is longer than 10000 characters",
        ),
        ("/documents", documents(101), "documents: has more than 100 entries"),
        ("/documents/0/name", json!(null), "documents[0].name: is missing"),
        ("/documents/0/name", json!("no-extension"), "documents[0].name: has no extension"),
        ("/documents/0/name", json!("a b.pdf"), "documents[0].name: contains other characters than a-z A-Z 0-9 - _ ."),
        ("/documents/0/name", json!("../a.pdf"), "documents[0].name: contains other characters than a-z A-Z 0-9 - _ ."),
        ("/documents/0/name", json!("ä.pdf"), "documents[0].name: contains other characters than a-z A-Z 0-9 - _ ."),
        (
            "/documents/0/name",
            json!(format!("{}.pdf", "a".repeat(33))),
            "documents[0].name: is longer than 32 characters, its extension not counted",
        ),
        ("/documents/0/name", json!("a.exe"), "documents[0].name: this kind of document is not supported"),
        ("/documents/0/name", json!("a."), "documents[0].name: this kind of document is not supported"),
        (
            "/documents/0/charset",
            json!("latin-9"),
            "documents[0].charset: must be one of US-ASCII, UTF-8, UTF-16, UTF-16BE, UTF-16LE, ISO-8859-1, Windows-1252",
        ),
        ("/documents/0/reference", json!("http://"), "documents[0].reference: is not an http or https URL"),
        ("/documents/0/reference", json!("https://a b/c"), "documents[0].reference: is not an http or https URL"),
        (
            "/documents/0/reference",
            json!(format!("https://host/{}", "a".repeat(2048))),
            "documents[0].reference: is longer than 2048 characters",
        ),
        ("/documents/0/data", json!(null), "documents[0].data: is missing"),
        ("/documents/0/data", json!(""), "documents[0].data: is empty"),
        ("/documents/0/data", json!(" \r\n"), "documents[0].data: is empty"),
        ("/documents/0/data", json!("A"), "documents[0].data: is not base64"),
        ("/documents/0/data", json!("§§§§"), "documents[0].data: is not base64"),
        ("/documents/0/data", json!({"secret": 1}), "documents[0].data: must be a string"),
        ("/transportOptions/csid", text(21), "transportOptions.csid: is longer than 20 characters"),
        (
            "/transportOptions/isExpress",
            json!("yes, please, expected a secret"),
            "transportOptions.isExpress: must be a boolean",
        ),
        ("/transportOptions/isBlacklistEnabled", json!(0), "transportOptions.isBlacklistEnabled: must be a boolean"),
        ("/renderingOptions/paperFormat", json!("A3"), "renderingOptions.paperFormat: must be one of A4, LETTER"),
        ("/renderingOptions/paper_format", json!("A3"), "renderingOptions.paperFormat: must be one of A4, LETTER"),
        ("/renderingOptions/resolution", json!("FINE"), "renderingOptions.resolution: must be one of LOW, HIGH"),
        (
            "/renderingOptions/coverpageTemplate",
            text(129),
            "renderingOptions.coverpageTemplate: is longer than 128 characters",
        ),
        (
            "/renderingOptions/coverpage_template",
            text(129),
            "renderingOptions.coverpageTemplate: is longer than 128 characters",
        ),
        ("/renderingOptions/coverpageTemplate", json!(7), "renderingOptions.coverpageTemplate: must be a string"),
        ("/renderingOptions/header", text(1001), "renderingOptions.header: is longer than 1000 characters"),
        ("/renderingOptions/header", json!(["%P"]), "renderingOptions.header: must be a string"),
        ("/renderingOptions/overlay", json!({"mode": "FIRST_FILE"}), "renderingOptions.overlay.name: is missing"),
        (
            "/renderingOptions/overlay",
            json!({"name": "a".repeat(129), "mode": "FIRST_FILE"}),
            "renderingOptions.overlay.name: is longer than 128 characters",
        ),
        ("/renderingOptions/overlay", json!({"name": "LetterHead"}), "renderingOptions.overlay.mode: is missing"),
        (
            "/renderingOptions/overlay",
            json!({"name": "LetterHead", "mode": "SOME"}),
            "renderingOptions.overlay.mode: must be one of ALL_PAGES, NO_OVERLAY, FIRST_PAGE, LAST_PAGE, ALL_BUT_FIRST_PAGE, ALL_BUT_LAST_PAGE, ALL_BUT_FIRST_AND_LAST_PAGE, FIRST_FILE",
        ),
        (
            "/statusReportOptions/reportMail/successAddress",
            json!("john.doe"),
            "statusReportOptions.reportMail.successAddress: is not a mail address",
        ),
        (
            "/statusReportOptions/reportMail/failureAddress",
            json!("a@b\r\nBcc: c@d"),
            "statusReportOptions.reportMail.failureAddress: is not a mail address",
        ),
        (
            "/statusReportOptions/reportMail/failureAddress",
            text(321),
            "statusReportOptions.reportMail.failureAddress: is longer than 320 characters",
        ),
        (
            "/statusReportOptions/reportMail/attachedFaxImageMode",
            json!("SOMETIMES"),
            "statusReportOptions.reportMail.attachedFaxImageMode: must be one of NEVER, SUCCESS_ONLY, FAILURE_ONLY, ALWAYS",
        ),
        (
            "/statusReportOptions/reportMail/attachedFaxImageFormat",
            json!("JPEG"),
            "statusReportOptions.reportMail.attachedFaxImageFormat: must be one of TIFF, PDF, PDF_WITH_OCR",
        ),
        (
            "/statusReportOptions/httpStatusPush/targetUrl",
            json!(null),
            "statusReportOptions.httpStatusPush.targetUrl: is missing",
        ),
        (
            "/statusReportOptions/httpStatusPush/targetUrl",
            json!("ftp://host/"),
            "statusReportOptions.httpStatusPush.targetUrl: is not an http or https URL",
        ),
        (
            "/statusReportOptions/httpStatusPush/targetUrl",
            json!("http:///path"),
            "statusReportOptions.httpStatusPush.targetUrl: is not an http or https URL",
        ),
        (
            "/statusReportOptions/httpStatusPush/targetUrl",
            json!("http://a b/"),
            "statusReportOptions.httpStatusPush.targetUrl: is not an http or https URL",
        ),
        (
            "/statusReportOptions/httpStatusPush/targetUrl",
            text(2049),
            "statusReportOptions.httpStatusPush.targetUrl: is longer than 2048 characters",
        ),
        (
            "/statusReportOptions/httpStatusPush/credentials",
            json!(["secret"]),
            "statusReportOptions.httpStatusPush.credentials: must be a string",
        ),
        (
            "/statusReportOptions/httpStatusPush/principal",
            text(2049),
            "statusReportOptions.httpStatusPush.principal: is longer than 2048 characters",
        ),
        (
            "/statusReportOptions/httpStatusPush/authMethod",
            json!("KERBEROS"),
            "statusReportOptions.httpStatusPush.authMethod: must be one of NONE, HTTP_BASIC, HTTP_DIGEST, OAUTH2, OAUTH",
        ),
        ("/meta/customerReference", text(257), "meta.customerReference: is longer than 256 characters"),
        ("/meta/jobValid", json!("PT80M"), "meta.jobValid: must be an object"),
        (
            "/meta/jobValid/start",
            json!("2022-10-11T12:30:00"),
            "meta.jobValid.start: Job Expiration error, the time has no zone or offset",
        ),
        ("/meta/jobValid/start", json!("tomorrow"), "meta.jobValid.start: Job Expiration error, not an ISO 8601 time"),
        ("/meta/jobValid/start", json!("PT80M"), "meta.jobValid.start: Job Expiration error, not an ISO 8601 time"),
        (
            "/meta/jobValid/end",
            json!("2022-10-11T15:50:21.372"),
            "meta.jobValid.end: Job Expiration error, the time has no zone or offset",
        ),
        (
            "/meta/jobValid/end",
            json!("2022-10-12"),
            "meta.jobValid.end: Job Expiration error, the time has no zone or offset",
        ),
        (
            "/meta/jobValid/end",
            json!("80 minutes"),
            "meta.jobValid.end: Job Expiration error, not an ISO 8601 time or duration",
        ),
        (
            "/meta/jobValid/end",
            json!("P80"),
            "meta.jobValid.end: Job Expiration error, not an ISO 8601 time or duration",
        ),
        (
            "/meta/jobValid/end",
            json!("2022-10-11T12:00:00Z"),
            "meta.jobValid.end: Job Expiration error, the end has passed",
        ),
        ("/meta/jobValid/end", json!("-PT5M"), "meta.jobValid.end: Job Expiration error, the end has passed"),
        ("/meta/jobValid/end", json!("PT0S"), "meta.jobValid.end: Job Expiration error, the end has passed"),
        (
            "/meta/jobValid/end",
            json!("2022-10-11T12:30:00Z"),
            "meta.jobValid.end: Job Expiration error, the end is not after the start",
        ),
        (
            "/meta/jobValid/end",
            json!("PT30M"),
            "meta.jobValid.end: Job Expiration error, the end is not after the start",
        ),
        ("/meta/jobValid/end", json!("P9000Y"), "meta.jobValid.end: Job Expiration error, too far in the future"),
    ]
}

#[test]
fn each_broken_rule_is_refused_by_member_and_reason() {
    for (pointer, value, message) in broken_rules() {
        assert_eq!(refused(&with(pointer, value)), message, "{pointer}");
    }
}

#[test]
fn limits_count_characters_and_are_reached_exactly() {
    let text = |length: usize| Value::String("ä".repeat(length));
    for (pointer, value) in [
        ("/reference/customerDefinedId", text(256)),
        ("/reference/billingCode", text(80)),
        ("/reference/billingInfo", text(80)),
        ("/transportOptions/csid", text(20)),
        ("/documents/0/name", json!(format!("{}.tiff", "a".repeat(32)))),
        ("/recipients", Value::Array(vec![json!({"number": "112"}); 10_000])),
        ("/documents", Value::Array(vec![json!({"name": "a.TIF", "data": "QQ=="}); 100])),
        ("/recipients/0/properties", json!(vec![json!({"key": "k", "value": ""}); 200])),
    ] {
        accepted(&with(pointer, value));
    }
}

#[test]
fn a_violation_names_the_entry_of_its_list() {
    let mut request = example();
    request["recipients"] = json!([{"number": "00123"}, {"number": "00123"}, {"number": "00123"}, {"number": "n"}]);
    assert_eq!(refused(&request), "recipients[3].number: contains a letter");
}

#[test]
fn broken_json_is_refused_without_being_repeated() {
    for (body, message) in [
        (&b""[..], "body: not readable as JSON: EOF while parsing a value at line 1 column 0"),
        (b"{", "body: not readable as JSON: EOF while parsing an object at line 1 column 1"),
        (b"{\"recipients\": secret}", "body: not readable as JSON: expected value at line 1 column 16"),
        (b"{} secret", "body: not readable as JSON: trailing characters at line 1 column 4"),
        (b"[]", "body: must be an object"),
        (b"\"secret\"", "body: must be an object"),
        (b"null", "body: must be an object"),
        (
            b"{\"meta\":{\"customerReference\":\"\xFF\"}}",
            "body: not readable as JSON: invalid unicode code point at line 1 column 31",
        ),
    ] {
        assert_eq!(parse(body, now()).expect_err("must be refused").to_string(), message);
    }
    let deep = format!("{{\"unknown\":{}", "[".repeat(100_000));
    assert!(parse(deep.as_bytes(), now()).is_err());
    let deep = format!("{{\"recipients\":{}", "[".repeat(100_000));
    assert!(parse(deep.as_bytes(), now()).is_err());
}

#[test]
fn a_member_given_twice_is_refused() {
    for (body, message) in [
        (r#"{"recipients":[],"recipients":[]}"#, "recipients: is given twice"),
        (r#"{"recipients":[{"number":"1","number":"2"}]}"#, "recipients[0].number: is given twice"),
    ] {
        assert_eq!(parse(body.as_bytes(), now()).expect_err("must be refused").to_string(), message);
    }
}

/// Every optional member of an object, at any depth, as `null`; with the name of the member.
fn nulled(value: &Value, pointer: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(members) => members.iter().for_each(|(name, value)| {
            found.push(format!("{pointer}/{name}"));
            nulled(value, &format!("{pointer}/{name}"), found);
        }),
        Value::Array(entries) => {
            entries.iter().enumerate().for_each(|(index, value)| nulled(value, &format!("{pointer}/{index}"), found));
        }
        _ => {}
    }
}

#[test]
fn null_is_taken_for_every_optional_member() {
    let required = ["/number", "/key", "/value", "/recipients", "/documents", "/name", "/data", "/targetUrl"];
    let mut pointers = Vec::new();
    nulled(&example(), "", &mut pointers);
    pointers.retain(|pointer| !required.iter().any(|member| pointer.ends_with(member)));
    assert_eq!(pointers.len(), 32, "{pointers:?}");
    for pointer in &pointers {
        accepted(&with(pointer, Value::Null));
    }
    // All at once, as the vendor's Java client does.
    accepted(&json!({
        "reference": null,
        "recipients": [{"number": "00123", "alternativeNumbers": null, "properties": null}],
        "documents": [{"name": "a.txt", "charset": null, "reference": null, "data": "QQ=="}],
        "transportOptions": null, "renderingOptions": null, "rendering_options": null, "statusReportOptions": null, "meta": null
    }));
}

#[test]
fn empty_text_counts_as_missing() {
    for pointer in [
        "/reference/customerDefinedId",
        "/reference/billingCode",
        "/reference/billingInfo",
        "/documents/0/charset",
        "/documents/0/reference",
        "/transportOptions/csid",
        "/renderingOptions/paperFormat",
        "/renderingOptions/resolution",
        "/statusReportOptions/reportMail/successAddress",
        "/statusReportOptions/reportMail/failureAddress",
        "/statusReportOptions/reportMail/attachedFaxImageMode",
        "/statusReportOptions/reportMail/attachedFaxImageFormat",
        "/statusReportOptions/httpStatusPush/principal",
        "/statusReportOptions/httpStatusPush/credentials",
        "/statusReportOptions/httpStatusPush/authMethod",
        "/meta/customerReference",
        "/meta/jobValid/start",
        "/meta/jobValid/end",
    ] {
        accepted(&with(pointer, json!("")));
    }
    let job = accepted(&with("/meta/customerReference", json!("")));
    assert_eq!(job.customer_reference, None);
    let job = accepted(&with("/statusReportOptions/httpStatusPush", json!({"targetUrl": "", "authMethod": "NONE"})));
    assert_eq!(job.report.push, None);
}

#[test]
fn enumerations_are_read_in_any_letter_case() {
    let job = accepted(&with("/renderingOptions/paperFormat", json!("Letter")));
    assert_eq!(job.rendering.paper, Some(Paper::Letter));
    let job = accepted(&with("/renderingOptions/resolution", json!("low")));
    assert_eq!(job.rendering.resolution, Some(Resolution::Low));
    for (name, charset) in
        [("utf-8", Charset::Utf8), ("WINDOWS-1252", Charset::Windows1252), ("us-ascii", Charset::UsAscii)]
    {
        let job = accepted(&with("/documents/0/charset", json!(name)));
        assert_eq!(job.documents[0].charset, charset);
    }
    accepted(&with("/renderingOptions/overlay", json!({"name": null, "mode": "no_overlay"})));
    accepted(&with("/renderingOptions/overlay", json!({"name": "LetterHead", "mode": "NO_OVERLAY"})));
    accepted(&with("/renderingOptions/overlay", json!({"name": null, "mode": null})));
    let job = accepted(&with("/documents/0/name", json!("Invoice.PDF")));
    assert_eq!(job.documents[0].kind, DocumentKind::Pdf);
}

#[test]
fn oauth_is_oauth2() {
    let job = accepted(&with("/statusReportOptions/httpStatusPush/authMethod", json!("OAUTH")));
    assert_eq!(job.report.push.map(|push| push.auth_method), Some(AuthMethod::Oauth2));
}

#[test]
fn the_documented_names_of_enumerations_are_the_ones_we_write() {
    fn check<T: serde::Serialize + Copy>(known: &[(&str, T)]) {
        for &(name, value) in known {
            assert_eq!(serde_json::to_value(value).expect("JSON"), json!(name));
        }
    }
    check(&parse::CHARSETS);
    check(&parse::PAPERS);
    check(&parse::RESOLUTIONS);
    check(&parse::OVERLAY_MODES);
    check(&parse::IMAGE_MODES);
    check(&parse::IMAGE_FORMATS);
    check(&parse::AUTH_METHODS[..4]);
}

#[test]
fn rendering_options_may_be_spelled_in_snake_case() {
    let mut request = example();
    let members = request.as_object_mut().expect("an object");
    members.remove("renderingOptions");
    members.insert(
        "rendering_options".into(),
        json!({"paper_format": "LETTER", "resolution": "LOW", "coverpage_template": "", "header": ""}),
    );
    let asked =
        RenderingOptions { paper: Some(Paper::Letter), resolution: Some(Resolution::Low), ..Default::default() };
    assert_eq!(accepted(&request).rendering, asked);
    // Beside the documented name: that one first, member by member.
    request["renderingOptions"] = json!({"paperFormat": "A4"});
    assert_eq!(accepted(&request).rendering, RenderingOptions { paper: Some(Paper::A4), ..asked });
    request["rendering_options"] = Value::Null;
    assert_eq!(accepted(&request).rendering, RenderingOptions { paper: Some(Paper::A4), ..Default::default() });
    request["rendering_options"] = json!({"coverpage_template": "mine"});
    assert_eq!(accepted(&request).rendering.cover.as_deref(), Some("mine"));
}

#[test]
fn unknown_members_are_ignored() {
    for parent in ["", "/reference", "/recipients/0", "/documents/0", "/renderingOptions", "/meta", "/meta/jobValid"] {
        accepted(&with(&format!("{parent}/unknown"), json!({"deep": [1, null, {"recipients": 5}]})));
    }
}

#[test]
fn a_purge_time_is_never_looked_at() {
    for junk in [
        json!("2026-11-23T04:05:48.448+0000"),
        json!("0001-01-01T00:00:00+0000"),
        json!("x"),
        json!(7),
        json!({"a": []}),
    ] {
        accepted(&with("/statusReportOptions/reportPurgeTs", junk));
    }
}

#[test]
fn a_reference_that_is_no_url_leaves_the_data_in_force() {
    let job = accepted(&with("/documents/0/reference", json!("my reference")));
    assert!(job.documents[0].data().starts_with(b"Hello"));
    let mut request = with("/documents/0/reference", json!("my reference"));
    request["documents"][0]["data"] = Value::Null;
    assert_eq!(refused(&request), "documents[0].reference: is not an http or https URL");
    // A URL goes before the data, be it readable or not.
    request["documents"][0] = json!({"name": "a.txt", "reference": "HTTPS://host/a", "data": "§"});
    let job = accepted(&request);
    assert_eq!((job.documents[0].url(), job.documents[0].data()), (Some("HTTPS://host/a"), &[][..]));
}

#[test]
fn rendering_options_are_taken_in_both_spellings() {
    let options = json!({
        "coverpageTemplate": "coverpage-default.ftl.html", "header": "%d.%m.%Y %P of %T",
        "overlay": {"name": "LetterHead", "mode": "first_file"}
    });
    let snake = json!({"coverpage_template": "coverpage-default.ftl.html", "header": "%d.%m.%Y %P of %T",
        "overlay": {"name": "LetterHead", "mode": "FIRST_FILE"}});
    for (member, options) in [("renderingOptions", options), ("rendering_options", snake)] {
        let mut request = with("/renderingOptions", Value::Null);
        request[member] = options;
        let rendering = accepted(&request).rendering;
        assert_eq!(rendering.cover.as_deref(), Some("coverpage-default.ftl.html"), "{member}");
        assert_eq!(rendering.header.as_deref(), Some("%d.%m.%Y %P of %T"));
        assert_eq!(rendering.overlay, Some(Overlay { name: "LetterHead".into(), mode: OverlayMode::FirstFile }));
        assert_eq!((rendering.paper, rendering.resolution), (None, None));
    }
}

#[test]
fn every_overlay_mode_is_taken_and_no_overlay_is_none() {
    for (name, mode) in super::parse::OVERLAY_MODES {
        let request = with("/renderingOptions/overlay", json!({"name": "a", "mode": name}));
        let expected = Some(Overlay { name: "a".into(), mode }).filter(|_| mode != OverlayMode::NoOverlay);
        assert_eq!(accepted(&request).rendering.overlay, expected, "{name}");
    }
    for nothing in [json!({"mode": "NO_OVERLAY"}), json!({"name": "", "mode": null}), json!({}), json!(null)] {
        assert_eq!(accepted(&with("/renderingOptions/overlay", nothing)).rendering.overlay, None);
    }
}

#[test]
fn a_fax_may_be_a_cover_page_alone() {
    for nothing in [json!(null), json!([])] {
        let mut request = with("/documents", nothing);
        request["renderingOptions"]["coverpageTemplate"] = json!("coverpage-default.ftl.html");
        assert_eq!(accepted(&request).documents, []);
    }
}

#[test]
fn each_kind_of_document_is_known_by_its_extension() {
    use DocumentKind::*;
    for (extension, kind) in [
        ("pdf", Pdf),
        ("PDF", Pdf),
        ("txt", Txt),
        ("text", Txt),
        ("html", Html),
        ("htm", Html),
        ("xhtml", Html),
        ("tif", Tiff),
        ("tiff", Tiff),
        ("png", Png),
        ("jpg", Jpeg),
        ("jpeg", Jpeg),
        ("gif", Gif),
        ("bmp", Bmp),
        ("webp", Webp),
        ("doc", Doc),
        ("docx", Docx),
        ("xls", Xls),
        ("xlsx", Xlsx),
        ("ppt", Ppt),
        ("pptx", Pptx),
        ("odt", Odt),
        ("ods", Ods),
        ("odp", Odp),
        ("rtf", Rtf),
        ("ps", Ps),
        ("pcl", Pcl),
    ] {
        let job = accepted(&with("/documents/0/name", json!(format!("a.{extension}"))));
        assert_eq!(job.documents[0].kind, kind, "{extension}");
    }
}

#[test]
fn base64_may_be_wrapped_url_safe_and_unpadded() {
    for data in ["Pz8/\r\nPz4", "Pz8_Pz4", "Pz8_ Pz4="] {
        assert_eq!(accepted(&with("/documents/0/data", json!(data))).documents[0].data(), b"????>");
    }
    // Escapes in the string itself, as PHP writes them.
    let body = br#"{"recipients":[{"number":"00123"}],"documents":[{"name":"a.txt","data":"Pz8\/Pz4="}]}"#;
    assert_eq!(parse(body, now()).expect("a job").documents[0].data(), b"????>");
}

#[test]
fn a_byte_order_mark_is_skipped() {
    let body = [b"\xEF\xBB\xBF".to_vec(), serde_json::to_vec(&example()).expect("JSON")].concat();
    assert!(parse(&body, now()).is_ok());
}

#[test]
fn numbers_are_kept_as_written() {
    for number in [
        "+49 89 1234567-8900",
        "0049/89/5528-2525",
        "(+1) 201.555.1000",
        "4900000000000",
        "+49\u{a0}89\u{2013}123",
        "110",
    ] {
        let job = accepted(&with("/recipients/0/number", json!(number)));
        assert_eq!(job.recipients[0].number, number);
    }
    let job =
        accepted(&with("/recipients/0/alternativeNumbers", json!(["+49 1", "00 49 2"].map(|n| format!("{n}23")))));
    assert_eq!(job.recipients[0].alternative_numbers, ["+49 123", "00 49 223"]);
}

#[test]
fn times_are_read_as_clients_write_them() {
    for text in [
        "2022-10-11T14:30:00+02:00",
        "2022-10-11T14:30:00+0200",
        "2022-10-11T12:30:00.000Z",
        "2022-10-11T12:30Z",
        "2022-10-11T14:30:00+02:00[Europe/Berlin]",
    ] {
        let job = accepted(&with("/meta/jobValid/start", json!(text)));
        assert_eq!(job.valid.start, Some("2022-10-11T12:30:00Z".parse().expect("a time")), "{text}");
    }
    // Long past: the job is valid at once.
    accepted(&with("/meta/jobValid/start", json!("2001-01-01T00:00:00Z")));
}

#[test]
fn a_duration_counts_from_now() {
    for (text, hours) in
        [("PT80M", 80.0 / 60.0), ("P1DT2H", 26.0), ("P2W", 336.0), ("P1M", 31.0 * 24.0), ("PT1.5H", 1.5)]
    {
        let job = accepted(&with("/meta/jobValid/end", json!(text)));
        assert_eq!(job.valid.end, Some(WindowEnd::After(SignedDuration::from_secs((hours * 3600.0) as i64))), "{text}");
    }
}

#[test]
fn what_is_secret_is_not_in_debug() {
    let mut request = example();
    request["statusReportOptions"]["httpStatusPush"]["credentials"] = json!("hunter2");
    let job = format!("{:?}", accepted(&request));
    assert!(!job.contains("hunter2") && !job.contains("Hello"), "{job}");
}

/// Members with every kind of value in every place.
fn any_json() -> impl Strategy<Value = Value> {
    let names = prop::sample::select(vec![
        "reference",
        "recipients",
        "documents",
        "number",
        "properties",
        "key",
        "value",
        "name",
        "charset",
        "data",
        "meta",
        "jobValid",
        "start",
        "end",
        "renderingOptions",
        "rendering_options",
        "overlay",
        "mode",
        "paperFormat",
        "x",
        "statusReportOptions",
        "httpStatusPush",
        "targetUrl",
        "alternativeNumbers",
    ]);
    let texts = prop_oneof![
        "\\PC{0,12}",
        "[+0-9 ().-]{0,12}",
        "[a-z.]{0,6}\\.(pdf|txt)",
        "[-+]?P[0-9YMWDTHS.]{0,9}",
        "[0-9]{4}-[01][0-9]-[0-3][0-9]T[0-9:.]{0,9}(Z|[+-][0-9:]{0,5})?",
        "(http|https)://[a-z/]{0,5}",
        "[A-Za-z0-9+/=_-]{0,9}",
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        texts.prop_map(Value::from)
    ];
    leaf.prop_recursive(5, 60, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((names.clone(), inner), 0..6).prop_map(|members| Value::Object(
                members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
            )),
        ]
    })
}

#[test]
fn what_people_wrote_about_people_never_appears_in_debug() {
    let with_mail = with("/statusReportOptions", json!({"reportMail": {"successAddress": "who@example.com"}}));
    let job = parse_value(&with_mail).expect("the example is good");
    let shown = format!("{job:?}");
    for secret in ["12012051598", "value123", "who@example", "Hello"] {
        assert!(!shown.contains(secret), "{secret} in {shown}");
    }
    assert!(shown.contains("Recipient(1 numbers, 1 properties)"), "{shown}");
    let status = crate::report::RecipientStatus {
        number: "+49 89 1234567".to_owned(),
        properties: Some(job.recipients[0].properties.clone()),
        status: "OK".to_owned(),
        reason: "OK".to_owned(),
        sent_ts: None,
        duration_in_secs: 1,
        sent_to_number: Some("0049891234567".to_owned()),
        remote_csid: Some("+49 89 1234567".to_owned()),
        pages_confirmed: None,
        pages_in_doubt: None,
    };
    assert_eq!(format!("{status:?}"), "RecipientStatus(OK, OK)");
}

proptest! {
    #[test]
    fn any_bytes_are_answered_without_a_panic(body: Vec<u8>) {
        let _ = parse(&body, now());
    }

    #[test]
    fn any_json_in_the_place_of_any_member_is_answered_without_a_panic(value in any_json(), seed: prop::sample::Index) {
        let mut pointers = Vec::new();
        nulled(&example(), "", &mut pointers);
        if let Err(wrong) = parse_value(&with(&pointers[seed.index(pointers.len())], value)) {
            prop_assert!(!wrong.path.is_empty() && !wrong.message.is_empty());
        }
    }

    #[test]
    fn a_damaged_request_is_answered_without_a_panic(at: prop::sample::Index, byte: u8) {
        let mut body = serde_json::to_vec(&example()).expect("JSON");
        let at = at.index(body.len());
        body[at] = byte;
        let _ = parse(&body, now());
    }
}
