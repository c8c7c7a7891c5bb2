//! Templates of cover pages that would never end, or make more than anybody can print.

use std::borrow::Cow;
use std::collections::BTreeMap;

use ferrofax_api::job::Paper;
use ferrofax_fax::page::Resolution;
use ferrofax_server::prepare::protocol::{CoverOrder, Task};

use super::made::Hostile;

pub fn all() -> Vec<Hostile> {
    let doubled = "<#assign s = 'xxxxxxxx'><#list 1..60 as i><#assign s += s></#list>";
    [
        ("a list without end", "<#list 1.. as x>${x}</#list>".to_owned()),
        (
            "lists in lists",
            "<#list 1..9999 as a><#list 1..9999 as b><#list 1..9999 as c></#list></#list></#list>".into(),
        ),
        ("a text doubled sixty times", format!("{doubled}${{s}}")),
        ("a text doubled and never printed", doubled.into()),
        (
            "a sequence doubled sixty times",
            "<#assign s = [1]><#list 1..60 as i><#assign s = s + s></#list>${s?size}".into(),
        ),
        (
            "a hash of itself",
            "<#assign h = {}><#list 1..60 as i><#assign h = {'a': h, 'b': h}></#list>${h?size}".into(),
        ),
        ("a text padded to two billion", "${'x'?left_pad(2000000000)}".into()),
        (
            "every letter replaced by all",
            "<#assign s = 'x'?right_pad(4000)>${s?replace(' ', s)?replace('x', s)}".into(),
        ),
        ("a number squared sixty times", "<#assign n = 9><#list 1..60 as i><#assign n = n * n></#list>${n}".into()),
        ("a macro that calls itself", "<#macro m><@m/></#macro><@m/>".into()),
        (
            "a macro that calls itself twice",
            "<#macro m n><#if n gt 0><@m n - 1/><@m n - 1/></#if></#macro><@m 60/>".into(),
        ),
        ("a function that calls itself", "<#function f x><#return f(f(x))></#function>${f(1)}".into()),
        ("a template that includes itself", "<#include 'cover.ftl.html'>".into()),
        (
            "failures that are caught without end",
            "<#list 1.. as x><#attempt>${1 / 0}<#recover></#attempt></#list>".into(),
        ),
        ("brackets in brackets", format!("${{{}1{}}}", "(".repeat(100_000), ")".repeat(100_000))),
        ("conditions in conditions", format!("{}{}", "<#if true>".repeat(100_000), "</#if>".repeat(100_000))),
        ("texts in texts", format!("${{{}x{}}}", "\"${".repeat(5000), "}\"".repeat(5000))),
        ("a million interpolations", "${1}".repeat(250_000)),
        ("boxes in boxes", "<#list 1..100000 as i><div></#list>".into()),
        ("lines of text without measure", "<#list 1..90000 as i><p>line</#list>".into()),
        ("a word without measure", "<#list 1..90000 as i>wordwordwordwordword</#list>".into()),
    ]
    .map(|(name, source)| hostile(name, source))
    .into()
}

fn hostile(name: &str, source: String) -> Hostile {
    let order = CoverOrder {
        template: "cover.ftl.html".into(),
        sources: Cow::Owned(BTreeMap::from([("cover.ftl.html".into(), source)])),
        properties: Cow::Owned(Vec::new()),
        facts: BTreeMap::new(),
        now: 0,
        zone: "UTC".into(),
    };
    Hostile {
        name: format!("template: {name}"),
        task: Task::Cover { paper: Paper::A4, resolution: Resolution::Standard },
        extension: "json",
        bytes: serde_json::to_vec(&order).unwrap(),
    }
}
