//! The template language as a customer meets it: a template, some data, the text that comes out.

mod budgets;
mod constructs;
mod covers;
mod manual;
mod refusals;
mod rows;

use std::collections::BTreeMap;

use ferrofax_template::freemarker::{Set, Settings, TemplateError, Value};
use ferrofax_template::locale::zone;

/// 23 November 2026, a Monday, five past two in the afternoon in London.
const NOW: &str = "2026-11-23T14:05:07Z";

fn settings() -> Settings {
    Settings { now: NOW.parse().expect("a moment"), zone: zone("UTC").expect("UTC"), ..Settings::default() }
}

fn set(sources: &[(&str, &str)]) -> Result<Set, TemplateError> {
    let sources: BTreeMap<String, String> =
        sources.iter().map(|(name, source)| ((*name).to_owned(), (*source).to_owned())).collect();
    Set::parse(&sources)
}

fn fill(name: &str, source: &str, data: &Value) -> Result<String, TemplateError> {
    Ok(set(&[(name, source)])?.fill(name, data, &settings())?.text)
}

/// A template that is plain text, so that nothing is escaped, over the data the tables use.
fn plain(source: &str) -> Result<String, TemplateError> {
    fill("t.ftl", source, &data())
}

/// What the tables' templates are filled with. [`constructs`] gives the other implementation the same.
fn data() -> Value {
    let person = |name: &str, age: i64, city: &str| {
        Value::map([("name", Value::from(name)), ("age", Value::from(age)), ("city", Value::from(city))])
    };
    Value::map([
        ("name", Value::from("Müller & Söhne")),
        ("text", Value::from("The quick brown fox")),
        ("blank", Value::from("  ")),
        ("empty", Value::from("")),
        ("html", Value::from("<b>\"a\" & 'b'</b>")),
        ("lines", Value::from("one\ntwo")),
        ("n", Value::from(1234)),
        ("yes", Value::from(true)),
        ("no", Value::from(false)),
        ("people", Value::list([person("Zoe", 31, "Ulm"), person("adam", 7, "Köln"), person("Ben", 54, "Ulm")])),
        ("words", Value::list(["pear", "apple", "fig"].map(Value::from))),
        ("none", Value::list([])),
        ("user", person("Ann", 42, "Bonn")),
        ("when", Value::from("2026-03-05T08:09:10Z".parse::<jiff::Timestamp>().expect("a moment"))),
    ])
}
