//! What a push says.

use ferrofax_server::report::push::layout;
use ferrofax_server::report::{Tell as _, Verdict};
use ferrofax_server::store::{FinishedJob, PushLayout};
use serde_json::{Value, json};

use super::target::Target;
use super::{job, push, rich, to};

/// One element a line.
fn xml(job: &FinishedJob) -> String {
    let xml = String::from_utf8(layout::xml(job).unwrap()).unwrap();
    xml.replace("><", ">\n<")
}

/// One member a line, in the order they come.
fn json(job: &FinishedJob) -> String {
    let json = String::from_utf8(layout::json(job).unwrap()).unwrap();
    let (mut lines, mut depth, mut quoted, mut escaped) = (String::new(), 0, false, false);
    for c in json.chars() {
        (quoted, escaped) = (quoted != (c == '"' && !escaped), quoted && c == '\\' && !escaped);
        let line = |depth: usize| format!("\n{}", "  ".repeat(depth));
        match c {
            _ if quoted => lines.push(c),
            '{' | '[' => {
                depth += 1;
                lines.push(c);
                lines.push_str(&line(depth));
            }
            '}' | ']' => {
                depth -= 1;
                lines.push_str(&line(depth));
                lines.push(c);
            }
            ',' => lines.push_str(&format!(",{}", line(depth))),
            ':' => lines.push_str(": "),
            _ => lines.push(c),
        }
    }
    lines
}

#[test]
fn both_layouts_are_as_documented() {
    let target = || to("https://customer.example/status?a=1&b=2");
    insta::assert_snapshot!("plain_xml", xml(&job(target())));
    insta::assert_snapshot!("plain_json", json(&job(target())));
    insta::assert_snapshot!("rich_xml", xml(&rich(target())));
    insta::assert_snapshot!("rich_json", json(&rich(target())));
    let docs = super::documentation();
    assert!(docs.contains(&xml(&job(target()))), "the XML of docs/push.md");
    assert!(docs.contains(&json(&job(target()))), "the JSON of docs/push.md");
}

#[tokio::test]
async fn anothers_parser_reads_what_was_meant() {
    let (target, push) = (Target::start(), push());
    let mut job = rich(to(&target.url("/take?a=1&b=2")));
    assert_eq!(push.tell(job.clone()).await.verdict, Verdict::Told);
    let request = target.next();
    assert_eq!(request["headers"]["content-type"], "text/xml; charset=utf-8");
    let leaves = request["xml"].as_array().unwrap();
    let leaf = |leaf: &Value| -> Option<(String, String)> {
        let path = leaf[0].as_str()?.replace("{http://retarus.com/fax4ba/faxws/3/0}", "");
        Some((path.strip_prefix("/faxJobReport/")?.to_owned(), leaf[1].as_str()?.to_owned()))
    };
    let leaves: Vec<(String, String)> = leaves.iter().map(|it| leaf(it).expect("in the namespace")).collect();
    let values = |path: &str| -> Vec<&str> {
        leaves.iter().filter(|(at, _)| at == path).map(|(_, value)| value.as_str()).collect()
    };
    assert_eq!(values("jobId"), ["FJIJPNJYN906EDIJNFGI5S"]);
    assert_eq!(values("reportMail/successAddress"), [""]);
    assert_eq!(values("httpStatusPush/url"), [target.url("/take?a=1&b=2")]);
    assert_eq!(values("faxRecipient/number"), ["+498912504001710", "+49 89 <2>"]);
    assert_eq!(values("faxRecipient/alternativeNumber"), ["+49893", "+49894"]);
    assert_eq!(
        values("faxRecipient/properties/value"),
        [
            "A & B \"C\" 'D' ]]> é 日本 😀",
            "one\r\ntwo\tthree\rfour\n",
            "\u{fffd}\u{fffd}\u{fffd}\u{fffd}\u{fffd}\u{fffd}\u{85}"
        ]
    );
    assert_eq!(values("options/overlay/mode"), ["ALL_BUT_FIRST_PAGE"]);
    assert_eq!(values("options/scheduleTS"), ["2018-11-08T15:37:30Z"]);
    assert_eq!(values("pages"), ["3"]);

    job.account.push.layout = PushLayout::Json;
    assert_eq!(push.tell(job).await.verdict, Verdict::Told);
    let request = target.next();
    assert_eq!(request["headers"]["content-type"], "application/json");
    let report = &request["json"]["faxJobReport"];
    assert_eq!(
        report["faxRecipient"][1]["properties"][2]["value"],
        json!("\u{0}\u{8}\u{b}\u{1f}\u{fffe}\u{ffff}\u{85}")
    );
    assert_eq!(report["faxRecipient"][0]["durationInSecs"], 26);
    assert_eq!(report["document"][1], json!({"name": "notes.txt", "isText": true}));
    assert_eq!(report["pages"], 3);
}
