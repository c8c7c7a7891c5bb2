//! Every construct: a template, and what FreeMarker's manual says comes of it. Rows stand under the manual's section.
//!
//! The crate `freemarker` fills the same templates. Where it differs, the row says who is right and why; a difference that goes
//! away fails the test, so no excuse outlives its cause.

use std::rc::Rc;

use freemarker::parser::parse;
use freemarker::template::{Configuration, TModel};
use freemarker::value::{DateType, DateValue, TNumber};

use crate::{plain, rows::ROWS};

#[test]
fn each_construct_gives_what_the_manual_says() {
    let mut wrong = Vec::new();
    for (section, template, expected, _) in ROWS {
        let got = plain(template).unwrap_or_else(|error| format!("error: {error}"));
        if got != *expected {
            wrong.push(format!("{section}: {template:?}\n  expected {expected:?}\n  got      {got:?}"));
        }
    }
    assert!(wrong.is_empty(), "{} rows are wrong\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn the_other_implementation_agrees_but_where_a_row_says_why_not() {
    let mut wrong = Vec::new();
    for (section, template, expected, differs) in ROWS {
        let got =
            theirs(template).unwrap_or_else(|error| format!("error: {}", error.lines().next().unwrap_or_default()));
        if (got == *expected) != differs.is_empty() {
            wrong.push(format!("{section}: {template:?}\n  expected {expected:?}\n  got      {got:?}  {differs}"));
        }
    }
    assert!(wrong.is_empty(), "{} rows differ otherwise than they say\n{}", wrong.len(), wrong.join("\n"));
}

fn theirs(template: &str) -> Result<String, String> {
    let configuration = Rc::new(Configuration::default());
    let template = parse(&configuration, "t.ftl", template).map_err(|error| error.to_string())?;
    let mut out = Vec::new();
    template.process(their_data(), &mut out).map_err(|error| error.to_string())?;
    String::from_utf8(out).map_err(|error| error.to_string())
}

/// The same as [`crate::data`].
fn their_data() -> TModel {
    let text = |text: &str| TModel::from_scalar(text.to_owned());
    let number = |number: i64| TModel::from_number(TNumber::from_i64(number));
    let hash = |entries: Vec<(&str, TModel)>| {
        TModel::from_hash(entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
    };
    let person =
        |name: &str, age: i64, city: &str| hash(vec![("name", text(name)), ("age", number(age)), ("city", text(city))]);
    let people = vec![person("Zoe", 31, "Ulm"), person("adam", 7, "Köln"), person("Ben", 54, "Ulm")];
    let when = DateValue::new("2026-03-05T08:09:10Z".parse().expect("a moment"), DateType::DateTime);
    hash(vec![
        ("name", text("Müller & Söhne")),
        ("text", text("The quick brown fox")),
        ("blank", text("  ")),
        ("empty", text("")),
        ("html", text("<b>\"a\" & 'b'</b>")),
        ("lines", text("one\ntwo")),
        ("n", number(1234)),
        ("yes", TModel::from_boolean(true)),
        ("no", TModel::from_boolean(false)),
        ("people", TModel::from_sequence(people)),
        ("words", TModel::from_sequence(["pear", "apple", "fig"].map(text).into())),
        ("none", TModel::from_sequence(Vec::new())),
        ("user", person("Ann", 42, "Bonn")),
        ("when", TModel::from_date(when)),
    ])
}
