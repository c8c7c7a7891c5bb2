#![no_main]
//! A template: refused with a place in it, or filled within its budget. The first byte says what kind of name it has.

use std::collections::BTreeMap;

use ferrofax_template::freemarker::{Budget, Set, Settings, Value};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Some((kind, source)) = bytes.split_first() else { return };
    let Ok(source) = std::str::from_utf8(source) else { return };
    let name = ["t.ftl.html", "t.ftl", "t.ftlh"][usize::from(kind % 3)];
    let set = match Set::parse(&BTreeMap::from([(name.to_owned(), source.to_owned())])) {
        Ok(set) => set,
        Err(error) => {
            assert!(error.line >= 1 && error.column >= 1 && !error.what.is_empty());
            assert!(error.line as usize <= source.matches('\n').count() + 1);
            return;
        }
    };
    let person = Value::map([("name", Value::from("A <b> & c")), ("age", Value::from(42))]);
    let data = Value::map([
        ("name", Value::from("M\u{fc}ller & S\u{f6}hne")),
        ("n", Value::from(1234)),
        ("yes", Value::from(true)),
        ("user", person.clone()),
        ("people", Value::list([person])),
        ("words", Value::list(["pear", "apple"].map(Value::from))),
        ("when", Value::from(jiff::Timestamp::UNIX_EPOCH)),
    ]);
    let budget = Budget { steps: 20_000, output_bytes: 1 << 16, ..Budget::default() };
    if let Ok(filled) = set.fill(name, &data, &Settings { budget, ..Settings::default() }) {
        assert!(filled.text.len() <= budget.output_bytes);
    }
});
