//! Templates and data are a stranger's: whatever they are, the answer is a text or an error, soon.

use ferrofax_template::freemarker::{Budget, DEPTH_MAX, Reason, Settings, Value};
use proptest::prelude::*;

use crate::{data, plain, set, settings};

fn over_budget(template: &str) -> String {
    let error = plain(template).expect_err("the budget");
    assert_eq!(error.reason, Reason::OverBudget, "{error}");
    error.to_string()
}

#[test]
fn nesting_is_bounded_where_a_template_is_read() {
    for template in [
        format!("{}{}", "<#if yes>".repeat(5_000), "</#if>".repeat(5_000)),
        "<#if yes>".repeat(5_000),
        format!("${{{}1{}}}", "(".repeat(20_000), ")".repeat(20_000)),
        format!("${{{}1{}}}", "[".repeat(20_000), "]".repeat(20_000)),
        format!("${{{}1}}", "-".repeat(20_000)),
        format!("${{{}yes}}", "!".repeat(20_000)),
        format!("${{1{}}}", " + 1".repeat(20_000)),
        format!("${{a{}}}", ".a".repeat(20_000)),
        format!("${{a{}}}", "?trim".repeat(20_000)),
        format!("${{a{}}}", "!a".repeat(20_000)),
        format!("${{f{}}}", "(1)".repeat(20_000)),
        format!("<@a{}/>", ".a".repeat(20_000)),
        format!("{}${{x}}{}", "<#escape x as x + x>".repeat(200), "</#escape>".repeat(200)),
        format!("{}x{}", "<@m>".repeat(5_000), "</@m>".repeat(5_000)),
    ] {
        let said = over_budget(&template);
        assert!(said.contains("150 levels"), "{said}");
    }
    assert_eq!(plain(&format!("{}x{}", "<#if yes>".repeat(140), "</#if>".repeat(140))).unwrap(), "x");
    assert_eq!(plain(&format!("${{1{}}}", " + 1".repeat(140))).unwrap(), "141");
}

/// The deepest templates of all kinds, on a stack of which the crate's documentation says that it is enough.
#[test]
fn depth_is_bounded_where_it_is_filled() {
    let small = std::thread::Builder::new().stack_size(STACK_BYTES);
    small.spawn(deepest).unwrap().join().unwrap();
}

const STACK_BYTES: usize = 512 << 10;

fn deepest() {
    let sums = format!("<#macro m><@m a=1{}/></#macro><@m/>", " + 1".repeat(140));
    let blocks =
        "<#macro m>".to_owned() + &"<#if yes>".repeat(140) + "<@m/>" + &"</#if>".repeat(140) + "</#macro><@m/>";
    let lists = "<#macro m>".to_owned()
        + &"<#list [1] as x>".repeat(140)
        + "<@m/>"
        + &"</#list>".repeat(140)
        + "</#macro><@m/>";
    assert!(plain(&sums).is_err());
    for template in [
        blocks.as_str(),
        lists.as_str(),
        "<#macro m><#attempt><@m/><#recover></#attempt></#macro><@m/>",
        "<#macro m><#compress><#assign x><@m/></#assign></#compress></#macro><@m/>",
        "<#function f x><#return \"${f(x)?switch(1, f(x)?then(1, 2))}\"></#function>${f(1)}",
        "<#macro m><@m/></#macro><@m/>",
        "<#macro m><@m><#nested></@m></#macro><@m>x</@m>",
        "<#function f x><#return 1 + f(x + 1)></#function>${f(1)}",
        "<#include 't.ftl'>",
        "<#import 't.ftl' as t><#include 't.ftl'>",
        "<#macro m><#list [1] as x><#if yes><#switch 1><#case 1><@m/></#switch></#if></#list></#macro><@m/>",
        "<#function f x><#return [1]?map(y -> f(y))></#function>${f(1)?size}",
    ] {
        let said = over_budget(template);
        assert!(said.contains(&format!("deeper than {DEPTH_MAX} levels")), "{said}");
    }
}

#[test]
fn steps_and_output_are_bounded() {
    for template in [
        "<#list 1.. as x></#list>",
        "<#list 1..1000000000 as x><#list 1..1000000000 as y></#list></#list>",
        "<#list 1..100 as x><#list 1..100 as y><#list 1..100 as z>${x}</#list></#list></#list>",
        "${(1..999999999)?size}${(1..999999999)?join('')}",
        "<#assign s = (1..999999)?map(x -> (1..999)?join(''))>",
        "<#function f x><#if x == 0><#return 0></#if><#return f(x - 1) + f(x - 1)></#function>${f(60)}",
    ] {
        let said = over_budget(template);
        assert!(said.contains("more than 1000000 steps"), "{said}");
    }
    for template in [
        "<#assign s = 'x'><#list 1..40 as i><#assign s = s + s></#list>",
        "<#assign s = 'x'><#list 1..40 as i><#assign s = \"${s}${s}\"></#list>",
        "<#assign s = 'xx'><#list 1..40 as i><#assign s = s?replace('x', s)></#list>",
        "<#assign s = ['x']><#list 1..18 as i><#assign s = s + s></#list>${s?join('yyyyyyyyyyyyyyyyyyyyyyyy')}",
        "${''?left_pad(999999999)}",
        "${'x'?right_pad(2000000, 'äö')}",
        "<#list 1..900000 as i>0123456789</#list>",
        "<#assign s = 'x'><#list 1..25 as i><#assign s><#list 1..2 as j>${s}</#list></#assign></#list>",
    ] {
        over_budget(template);
    }
}

#[test]
fn a_smaller_budget_holds_and_an_attempt_does_not_catch_it() {
    let set = set(&[("t.ftl", "<#attempt><#list 1..100 as x>${x}</#list><#recover>caught</#attempt>")]).unwrap();
    for budget in [
        Budget { steps: 50, ..Budget::default() },
        Budget { output_bytes: 50, ..Budget::default() },
        Budget { depth: 3, ..Budget::default() },
    ] {
        let error = set.fill("t.ftl", &data(), &Settings { budget, ..settings() }).unwrap_err();
        assert_eq!(error.reason, Reason::OverBudget, "{error}");
    }
    assert_eq!(set.fill("t.ftl", &data(), &settings()).unwrap().text.len(), 192);
}

#[test]
fn numbers_too_large_are_errors() {
    for template in [
        "<#assign x = 10><#list 1..200 as i><#assign x = x * x></#list>",
        "${1..99999999999999999999999999}",
        "${(9223372036854775807..*5)?join(' ')}${9223372036854775807 * 9223372036854775807 * 9223372036854775807}",
        "${'1e999999999'?number}",
        "${99999999999999999999999999999999999999?string('#%')}",
        "${words[9223372036854775807..]?size}",
        "${9223372036854775807?number_to_date}",
    ] {
        assert_eq!(plain(template).unwrap_err().reason, Reason::Failed, "{template}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    /// Pieces of templates in any order: read, and filled if that went well.
    #[test]
    fn nothing_panics(pieces in proptest::collection::vec(piece(), 0..24)) {
        let source = pieces.concat();
        let budget = Budget { steps: 20_000, output_bytes: 1 << 16, ..Budget::default() };
        if let Ok(set) = set(&[("t.ftl.html", &source)]) {
            let _ = set.fill("t.ftl.html", &data(), &Settings { budget, ..settings() });
        }
    }

    /// Any signs at all.
    #[test]
    fn no_text_panics(source in ".{0,60}", inside in "[-a-z0-9?!.(){}\\[\\]'\"+*/%<>=&|,: \\\\$#ä]{0,40}") {
        let _ = plain(&source);
        let _ = plain(&format!("${{{inside}}}"));
        let _ = plain(&format!("<#assign x = {inside}>${{x}}<@x {inside}/>"));
    }
}

fn piece() -> impl Strategy<Value = String> {
    let fixed = [
        "<#if ",
        "<#elseif ",
        "<#else>",
        "</#if>",
        "<#list ",
        " as x>",
        " as k, v>",
        "</#list>",
        "<#sep>",
        "<#items as y>",
        "</#items>",
        "<#macro m a b=1 c...>",
        "</#macro>",
        "<@m ",
        "<@m>",
        "</@m>",
        "/>",
        ">",
        "<#nested x>",
        "<#assign x = ",
        "<#assign x>",
        "</#assign>",
        "<#function f a>",
        "</#function>",
        "<#return ",
        "<#switch ",
        "<#case ",
        "<#on ",
        "<#default>",
        "</#switch>",
        "<#escape x as x?html>",
        "</#escape>",
        "<#noescape>",
        "</#noescape>",
        "<#attempt>",
        "<#recover>",
        "</#attempt>",
        "<#compress>",
        "</#compress>",
        "<#include 't.ftl.html'>",
        "<#t>",
        "<#lt>",
        "<#nt>",
        "${",
        "}",
        "}",
        "\n",
        "  ",
        "text <b>",
        "<#ftl>",
        "<#noautoesc>",
        "</#noautoesc>",
        "<#local x = ",
        "<#global y = ",
        "<#break>",
        "<#continue>",
        "<#setting locale='de'>",
        "<#stop>",
        "<#-- c -->",
    ];
    let expressions = [
        "name",
        "n",
        "words",
        "user",
        "people",
        "when",
        "yes",
        "none",
        "nothing",
        "html",
        "1",
        "-2.5",
        "'a<b'",
        "\"${n}\"",
        "x",
        "f(1)",
        "(",
        ")",
        "[",
        "]",
        "{",
        "..",
        "..<",
        "..*",
        "+",
        "-",
        "*",
        "/",
        "%",
        "==",
        "!=",
        " gt ",
        " lt ",
        "&&",
        "||",
        "!",
        "??",
        ".name",
        "[0]",
        "[1..]",
        "?size",
        "?html",
        "?upper_case",
        "?string('0.0')",
        "?string('EEE d MMM')",
        "?join(', ')",
        "?index",
        "?has_next",
        "?sort",
        "?sort_by('name')",
        "?keys",
        "?first",
        "?reverse",
        "?left_pad(9, 'ab')",
        "?replace('a', '<')",
        "?split('')",
        "?map(z -> z)",
        "?filter(z -> z?has_content)",
        "?then(1, 2)",
        "?c",
        "?number",
        "?date('yyyy')",
        "?iso_utc",
        "?length",
        "?substring(1)",
        "?chunk(2)",
        "?cap_first",
        "?no_esc",
        "?min",
        "?round",
        "?lower_abc",
        "?keep_after('l')",
        "?url",
        "?js_string",
        "?last_index_of('e', 2)",
        "?word_list",
        ".vars",
        ".now",
        ".locals",
        ".data_model",
        ",",
        ":",
        " ",
        "->",
    ];
    prop_oneof![
        proptest::sample::select(fixed.to_vec()).prop_map(String::from),
        proptest::sample::select(expressions.to_vec()).prop_map(String::from),
        proptest::collection::vec(proptest::sample::select(expressions.to_vec()), 1..5)
            .prop_map(|all| format!("${{{}}}", all.concat())),
    ]
}

#[test]
fn data_that_is_no_hash_is_empty() {
    let set = set(&[("t.ftl", "[${x}]")]).unwrap();
    assert_eq!(set.fill("t.ftl", &Value::from("x"), &settings()).unwrap().text, "[]");
}
