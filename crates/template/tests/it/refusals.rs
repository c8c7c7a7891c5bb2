//! What is not understood is said when a template is installed, with its place; what can't be known then, when it is filled.

use ferrofax_template::freemarker::{Reason, TemplateError};

use crate::{plain, set};

/// Template; line and column; whose turn; the words.
type Row = (&'static str, (u32, u32), Reason, &'static str);

#[rustfmt::skip]
const INSTALLING: &[Row] = &[
    ("a\n  <#foo>", (2, 3), Reason::Unsupported, "there is no directive <#foo>"),
    ("<#foreach x in y></#foreach>", (1, 1), Reason::Unsupported, "<#foreach> is not supported: write <#list … as …>"),
    ("<#visit x>", (1, 1), Reason::Unsupported, "<#visit> is not supported: there are no XML documents here"),
    ("<#transform x></#transform>", (1, 1), Reason::Unsupported, "<#transform> is not supported: transforms are left out"),
    ("<#comment>x</#comment>", (1, 1), Reason::Unsupported, "<#comment> is not supported: write <#-- … -->"),
    ("x ${a?foo}", (1, 6), Reason::Unsupported, "there is no built-in ?foo"),
    ("${'x'?eval}", (1, 6), Reason::Unsupported, "?eval is not supported: text is never run as a template"),
    ("${'x'?interpret}", (1, 6), Reason::Unsupported, "?interpret is not supported: text is never run as a template"),
    ("${'freemarker.template.utility.Execute'?new()('id')}", (1, 40), Reason::Unsupported, "?new is not supported: there are no Java objects here"),
    ("${a?api.getClass()}", (1, 4), Reason::Unsupported, "?api is not supported: there are no Java objects here"),
    ("<#if a?matches('x')></#if>", (1, 7), Reason::Unsupported, "?matches is not supported: regular expressions are left out; ?contains, ?starts_with, ?replace and ?split take plain text"),
    ("${a?replace('x', 'y', 'r')}", (1, 4), Reason::Unsupported, "regular expressions are left out: the flag \"r\" is not supported"),
    ("${a?truncate(5)}", (1, 4), Reason::Unsupported, "?truncate is not supported: cut with text[0..*20]"),
    ("${.foo}", (1, 3), Reason::Unsupported, "there is no special variable .foo"),
    ("${a.*}", (1, 4), Reason::Unsupported, "there are no XML documents here: .* and .** are left out"),
    ("a #{x}", (1, 3), Reason::Unsupported, "#{…} is FreeMarker's old way to print a number and not supported: write ${…?string(\"0.00\")}, or ${\"#\"}{ for the characters themselves"),
    ("${n?string('0.0E0')}", (1, 4), Reason::Unsupported, "scientific number formats are not supported"),
    ("${n?string.currency}", (1, 4), Reason::Unsupported, "the number format \"currency\" is not supported: write the sign into a pattern"),
    ("${d?string('yyyy-bb')}", (1, 4), Reason::Unsupported, "a date format has the letter b, which means nothing"),
    ("<#setting locale='xx'>", (1, 18), Reason::Unsupported, "this locale is not known"),
    ("<#setting time_zone='Mars'>", (1, 21), Reason::Unsupported, "this time zone is not known"),
    ("<#setting sql_date_and_time_time_zone='UTC'>", (1, 10), Reason::Unsupported, "the setting sql_date_and_time_time_zone is not supported"),
    ("<#setting boolean_format='ja'>", (1, 26), Reason::Unsupported, "a boolean format is two texts with a comma between them"),
    ("<#outputformat 'RTF'></#outputformat>", (1, 16), Reason::Unsupported, "this output format is not supported"),
    ("<#ftl ns_prefixes={}>", (1, 7), Reason::Unsupported, "<#ftl ns_prefixes=…> is not supported"),
    ("<#include 'x' parse=false>", (1, 15), Reason::Unsupported, "<#include parse=…> is not supported this way"),
    ("<#macro m></#macro><#macro m></#macro>", (1, 20), Reason::Unsupported, "a macro or function of this name was made before"),

    ("x\n<#if yes>\ny", (2, 1), Reason::Syntax, "this tag is not closed"),
    ("<#if yes></#list>", (1, 10), Reason::Syntax, "</#list> closes nothing that is open here"),
    ("</@m>", (1, 1), Reason::Syntax, "</@m> closes nothing that is open here"),
    ("<@m></@n>", (1, 5), Reason::Syntax, "</@n> closes <@m>"),
    ("<#else>", (1, 1), Reason::Syntax, "<#else> stands outside of what it belongs to"),
    ("${a", (1, 1), Reason::Syntax, "the interpolation is not closed"),
    ("${'a}", (1, 1), Reason::Syntax, "the interpolation is not closed"),
    ("<#if (a>", (1, 1), Reason::Syntax, "the tag is not closed"),
    ("<#-- a", (1, 1), Reason::Syntax, "the comment is not closed"),
    ("<#noparse>a", (1, 1), Reason::Syntax, "<#noparse> is not closed"),
    ("${}", (1, 3), Reason::Syntax, "something is missing here"),
    ("${a b}", (1, 5), Reason::Syntax, "this name or number is not expected here"),
    ("${a + }", (1, 7), Reason::Syntax, "something is missing here"),
    ("${a)}", (1, 4), Reason::Syntax, "this ) closes nothing"),
    ("${a ~ b}", (1, 5), Reason::Syntax, "'~' is not expected here"),
    ("ä${'\\q'}", (1, 4), Reason::Syntax, "the text has an escape that means nothing"),
    ("<#list a></#list>", (1, 1), Reason::Syntax, "<#list> needs \"as\" and a name, or an <#items> in it"),
    ("<#items as x></#items>", (1, 1), Reason::Syntax, "<#items> stands outside of a <#list> that has no \"as\""),
    ("<#sep>", (1, 1), Reason::Syntax, "<#sep> stands outside of <#list> and <#items>"),
    ("<#break>", (1, 1), Reason::Syntax, "<#break> stands outside of <#list> and <#switch>"),
    ("<#list a as x><#macro m><#break></#macro></#list>", (1, 25), Reason::Syntax, "<#break> stands outside of <#list> and <#switch>"),
    ("<#nested>", (1, 1), Reason::Syntax, "<#nested> stands outside of a macro"),
    ("<#return 1>", (1, 1), Reason::Syntax, "<#return> stands outside of a macro or function"),
    ("<#local x = 1>", (1, 1), Reason::Syntax, "<#local> stands outside of a macro or function"),
    ("<#attempt>x</#attempt>", (1, 1), Reason::Syntax, "<#attempt> needs a <#recover>"),
    ("<#assign x>", (1, 1), Reason::Syntax, "this tag is not closed"),
    ("<#assign>", (1, 1), Reason::Syntax, "<#assign> assigns nothing"),
    ("${a?index}", (1, 4), Reason::Syntax, "?index is for the variable of a surrounding <#list>"),
    ("${a?left_pad}", (1, 4), Reason::Syntax, "?left_pad takes 1 to 2 arguments"),
    ("${a?then(1)}", (1, 4), Reason::Syntax, "?then takes 2 arguments"),
    ("x<#ftl>", (1, 2), Reason::Syntax, "<#ftl> must be the first thing in a template"),
    ("<#ftl output_format='HTML'>${a?html}", (1, 31), Reason::Syntax, "?html where auto-escaping is on would escape twice"),
    ("<#ftl output_format='HTML'><#escape x as x></#escape>", (1, 28), Reason::Syntax, "<#escape> where auto-escaping is on would escape twice"),
    ("<#include 'nowhere.ftl'>", (1, 11), Reason::Syntax, "the template that is named here is not in the set"),
    ("<#include '../x.ftl'>", (1, 11), Reason::Syntax, "templates are named plainly here: no .., no *, no scheme"),
    ("<#import 'nowhere.ftl' as l>", (1, 10), Reason::Syntax, "the template that is named here is not in the set"),
];

#[rustfmt::skip]
const FILLING: &[Row] = &[
    ("a\n ${1 / 0}", (2, 6), Reason::Failed, "a division by zero"),
    ("${1 % 0}", (1, 5), Reason::Failed, "a division by zero"),
    ("${user}", (1, 3), Reason::Failed, "a text is expected here, this is a hash"),
    ("${words}", (1, 3), Reason::Failed, "a text is expected here, this is a sequence"),
    ("${yes}", (1, 3), Reason::Failed, "a boolean can't be printed: write ?string(\"yes\", \"no\") or ?c"),
    ("<#if n></#if>", (1, 6), Reason::Failed, "a boolean is expected here, this is a number"),
    ("<#if name == 1></#if>", (1, 11), Reason::Failed, "a text and a number can't be compared"),
    ("<#if name lt 'x'></#if>", (1, 11), Reason::Failed, "texts are compared with == and != only"),
    ("<#if nothing gt 1></#if>", (1, 14), Reason::Failed, "nothing is missing and can't be compared"),
    ("${name * 2}", (1, 8), Reason::Failed, "a number is expected here, this is a text"),
    ("${nothing * 2}", (1, 11), Reason::Failed, "a number is expected here, nothing is missing"),
    ("<#list n as x></#list>", (1, 8), Reason::Failed, "a sequence is expected here, this is a number"),
    ("<#list user as x></#list>", (1, 8), Reason::Failed, "a hash is listed with two names: key and value"),
    ("${n.x}", (1, 4), Reason::Failed, "a number has no member x"),
    ("<@nothing/>", (1, 1), Reason::Failed, "nothing is no macro"),
    ("<#macro m a></#macro>\n<@m/>", (2, 1), Reason::Failed, "m needs the parameter a"),
    ("<#macro m></#macro><@m a=1/>", (1, 20), Reason::Failed, "m has no parameter a"),
    ("<#macro m></#macro><@m 1/>", (1, 20), Reason::Failed, "m takes 0 arguments"),
    ("${name?number}", (1, 7), Reason::Failed, "the text is no number"),
    ("${name?date('yyyy')}", (1, 7), Reason::Failed, "the text is no date of this format"),
    ("${text[0..99]}", (1, 7), Reason::Failed, "the range goes beyond what it is taken of"),
    ("<#stop 'no sender'>", (1, 1), Reason::Failed, "the template stopped: no sender"),
    ("<#attempt><#stop 'x'><#recover></#attempt>", (1, 11), Reason::Failed, "the template stopped: x"),
    ("<#stop name>", (1, 1), Reason::Failed, "the template stopped"),
    ("<#include 'x' + n + '.ftl'>", (1, 19), Reason::Failed, "the template that is named here is not in the set"),
];

fn as_row(error: &TemplateError) -> ((u32, u32), Reason, &str) {
    assert_eq!(error.template, "t.ftl");
    ((error.line, error.column), error.reason, &error.what)
}

#[test]
fn what_is_not_understood_is_refused_when_it_is_installed() {
    let mut wrong = Vec::new();
    for &(template, place, reason, what) in INSTALLING {
        match set(&[("t.ftl", template)]) {
            Ok(_) => wrong.push(format!("{template:?} was taken")),
            Err(error) if as_row(&error) != (place, reason, what) => {
                wrong.push(format!("{template:?}: {error} ({:?})", error.reason))
            }
            Err(_) => {}
        }
    }
    assert!(wrong.is_empty(), "{} rows are wrong\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn what_goes_wrong_with_the_data_says_where_and_never_what_the_data_is() {
    let mut wrong = Vec::new();
    for &(template, place, reason, what) in FILLING {
        match plain(template) {
            Ok(text) => wrong.push(format!("{template:?} gave {text:?}")),
            Err(error) if as_row(&error) != (place, reason, what) => {
                wrong.push(format!("{template:?}: {error} ({:?})", error.reason))
            }
            Err(error) => assert!(!error.to_string().contains("Müller")),
        }
    }
    assert!(wrong.is_empty(), "{} rows are wrong\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn an_error_in_an_included_template_names_that_one() {
    let set = set(&[("a.ftl", "x<#include 'b.ftl'>"), ("b.ftl", "\n ${1 / 0}")]).unwrap();
    let error = set.fill("a.ftl", &crate::data(), &crate::settings()).unwrap_err();
    assert_eq!(error.to_string(), "b.ftl:2:6: a division by zero");
    let error = set.fill("c.ftl", &crate::data(), &crate::settings()).unwrap_err();
    assert_eq!(error.to_string(), "c.ftl:1:1: there is no template of this name");
}
