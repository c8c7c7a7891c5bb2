//! Cover pages: the constructs of published templates, what comes from outside, what is missing, several templates together.

use ferrofax_template::freemarker::{Settings, Value};

use crate::{fill, set, settings};

const DEFAULT: &str = include_str!("../../templates/coverpage-default.ftl.html");

fn sender() -> Value {
    Value::map([
        ("FromName", Value::from("Ann <Müller>")),
        ("FromCompanyName", Value::from("Bits & Pieces")),
        ("SubjectTitle", Value::from("Offer \"A\"")),
    ])
}

#[test]
fn the_default_cover_has_the_published_layout_and_shows_what_it_is_given() {
    let filled = set(&[("coverpage-default.ftl.html", DEFAULT)]).unwrap();
    let filled = filled.fill("coverpage-default.ftl.html", &sender(), &settings()).unwrap();
    assert_eq!(filled.missing_keys, 0, "every key of the default cover has a default");
    let text = filled.text;
    assert!(text.starts_with("<!DOCTYPE html>"), "{text}");
    let mut rest = text.as_str();
    for part in [
        "<h1>Telefax</h1>",
        "From:",
        "Ann &lt;Müller&gt;",
        "Company:",
        "Bits &amp; Pieces",
        "Telephone:",
        "<hr/>",
        "To:",
        "Company:",
        "Fax Number:",
        "<hr/>",
        "Subject:",
        "Offer &quot;A&quot;",
        "</html>",
    ] {
        let at = rest.find(part).unwrap_or_else(|| panic!("{part} is missing or stands in the wrong place"));
        rest = &rest[at + part.len()..];
    }
    assert!(!text.contains("${") && !text.contains("<#"));
}

#[test]
fn a_missing_variable_prints_as_nothing_and_is_counted_once() {
    let set =
        set(&[("c.ftl.html", "[${A}${A}${B?upper_case}${C.d.e}${D!}${E!'e'}<#if F == 'x'>f</#if>${G?html}]")]).unwrap();
    let filled = set.fill("c.ftl.html", &Value::map([("X", Value::from(1))]), &settings()).unwrap();
    assert_eq!(filled.text, "[e]");
    assert_eq!(filled.missing_keys, 5, "A, B, C, F and G; D and E have defaults");
}

#[test]
fn text_from_outside_is_escaped_once_in_html_whatever_the_template_does() {
    let data = Value::map([("v", Value::from("a<b&\"c\"\nd"))]);
    for (template, expected) in [
        // Not escaped by its author.
        ("${v}", "a&lt;b&amp;&quot;c&quot;\nd"),
        // Escaped by its author.
        ("${v?html}", "a&lt;b&amp;&quot;c&quot;\nd"),
        ("<#escape x as x?html>${v}</#escape>", "a&lt;b&amp;&quot;c&quot;\nd"),
        ("<#escape x as x?html>${v?html}</#escape>", "a&amp;lt;b&amp;amp;&amp;quot;c&amp;quot;\nd"),
        // The author's own markup stays markup.
        ("${none!'&nbsp;'}${'<br>'}", "&nbsp;<br>"),
        ("${'<b>' + v + '</b>'}", "<b>a&lt;b&amp;&quot;c&quot;\nd</b>"),
        ("${\"<b>${v}</b>\"}", "<b>a&lt;b&amp;&quot;c&quot;\nd</b>"),
        ("${v?replace('\\n', '<br>')}", "a&lt;b&amp;&quot;c&quot;<br>d"),
        ("${v?html?replace('\\n', '<br>')}", "a&lt;b&amp;&quot;c&quot;<br>d"),
        ("${v?replace('<', '<i>')}", "a<i>b&amp;&quot;c&quot;\nd"),
        ("${v?split('\\n')?join('<br>')}", "a&lt;b&amp;&quot;c&quot;<br>d"),
        ("${('-' + v)?upper_case}", "-A&lt;B&amp;&quot;C&quot;\nD"),
        ("<#assign x>${v}<br></#assign>${x}", "a&lt;b&amp;&quot;c&quot;\nd<br>"),
        ("<#macro m t>${t}</#macro><@m t=v/>", "a&lt;b&amp;&quot;c&quot;\nd"),
        ("<#list v?word_list as w>${w};</#list>", "a&lt;b&amp;&quot;c&quot;;d;"),
        // It still compares and counts as itself.
        ("<#if v == 'a<b&\"c\"\\nd'>same</#if>${v?length}", "same9"),
        // Said so, it comes as it is.
        ("${v?no_esc}<#noautoesc>${v}</#noautoesc>", "a<b&\"c\"\nda<b&\"c\"\nd"),
        ("<#escape x as x?html><#noescape>${v}</#noescape></#escape>", "a<b&\"c\"\nd"),
        ("<#ftl auto_esc=false>${v}", "a<b&\"c\"\nd"),
        ("<#ftl output_format='plainText'>${v}", "a<b&\"c\"\nd"),
    ] {
        assert_eq!(fill("c.ftl.html", template, &data).unwrap(), expected, "{template}");
    }
    assert_eq!(fill("c.ftlh", "${v}${'<'}", &data).unwrap(), "a&lt;b&amp;&quot;c&quot;\nd&lt;");
    assert_eq!(fill("c.ftl", "${v}", &data).unwrap(), "a<b&\"c\"\nd");
}

#[test]
fn an_included_template_is_guarded_as_the_one_that_includes_it() {
    let data = Value::map([("v", Value::from("<"))]);
    let set = set(&[("c.ftl.html", "<#include '/part.ftl'>"), ("part.ftl", "${v}")]).unwrap();
    assert_eq!(set.fill("c.ftl.html", &data, &settings()).unwrap().text, "&lt;");
    assert_eq!(set.fill("part.ftl", &data, &settings()).unwrap().text, "<");
}

#[test]
fn templates_of_a_set_include_and_import_each_other() {
    let set = set(&[
        ("main.ftl", "<#import 'lib.ftl' as l><#include 'head.ftl'>${title} <@l.row 'a'>${title}</@l.row> ${l.twice(4)} ${l.unit}"),
        ("head.ftl", "<#assign title = 'T'><#macro late>x</#macro>"),
        ("lib.ftl", "lost<#assign unit = 'mm'><#macro row c>[${c}${unit}:<#nested>]</#macro><#function twice n><#return n * 2></#function>"),
        ("maybe.ftl", "a<#include 'nowhere.ftl' ignore_missing=true>b<#include name ignore_missing=true>"),
    ])
    .unwrap();
    assert_eq!(set.names().collect::<Vec<_>>(), ["head.ftl", "lib.ftl", "main.ftl", "maybe.ftl"]);
    assert_eq!(set.fill("main.ftl", &Value::map::<&str>([]), &settings()).unwrap().text, "T [amm:T] 8 mm");
    let data = Value::map([("name", Value::from("../../etc/passwd"))]);
    assert_eq!(set.fill("maybe.ftl", &data, &settings()).unwrap().text, "ab");
}

#[test]
fn variables_of_ours_and_keys_with_blanks_are_reachable() {
    let at: jiff::Timestamp = crate::NOW.parse().unwrap();
    let fax = Value::map([("pages", Value::from(3)), ("date", Value::from(at)), ("job", Value::from("FJ1"))]);
    let data = Value::map([("fax", fax), ("a b", Value::from("x")), ("c.d", Value::from("y"))]);
    let template = "<#setting time_zone='Europe/Berlin'><#setting locale='de'>${fax.pages} ${fax.job} \
                    ${fax.date?string('d. MMMM yyyy, HH:mm')} ${.data_model['a b']}${.data_model[\"c.d\"]}${fax.other}";
    assert_eq!(fill("c.ftl.html", template, &data).unwrap(), "3 FJ1 23. November 2026, 15:05 xy");
}

#[test]
fn a_filled_template_keeps_its_text_out_of_logs() {
    let set = set(&[("c.ftl", "${v}")]).unwrap();
    let data = Value::map([("v", Value::from("secret"))]);
    let filled = set.fill("c.ftl", &data, &Settings::default()).unwrap();
    assert_eq!(format!("{filled:?} {data:?}"), "Filled(6 bytes, 0 keys missing) a hash");
}

#[test]
fn a_set_can_be_kept_and_shared_by_threads() {
    fn shared<T: Send + Sync>(value: T) -> T {
        value
    }
    let set = shared(set(&[("coverpage-default.ftl.html", DEFAULT)]).unwrap());
    let fill = || set.fill("coverpage-default.ftl.html", &sender(), &settings()).unwrap().text;
    let (one, two) = std::thread::scope(|scope| {
        let (one, two) = (scope.spawn(fill), scope.spawn(fill));
        (one.join().unwrap(), two.join().unwrap())
    });
    assert_eq!(one, two);
}
