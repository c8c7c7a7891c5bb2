//! The table of constructs: section of the manual, template, result, and how the crate `freemarker` is known to differ (nothing:
//! it agrees).

type Row = (&'static str, &'static str, &'static str, &'static str);

#[rustfmt::skip]
pub const ROWS: &[Row] = &[
    // -- Template language / Overall structure, Interpolations --
    ("Interpolations", "Hello ${user.name}!", "Hello Ann!", ""),
    ("Interpolations", "${1 + 2} ${\"a\" + 'b'}", "3 ab", ""),
    ("Interpolations", "$ {x} $x {x} $", "$ {x} $x {x} $", ""),
    ("Comments", "a<#-- <#if> ${ -->b", "ab", ""),
    ("Comments", "<#if <#-- why --> yes>a</#if>", "a", ""),

    // -- Handling missing values --
    ("Handling missing values", "${nothing!\"d\"} ${nothing!}|", "d |", ""),
    ("Handling missing values", "${(nothing.at.all)!\"d\"}", "d", ""),
    ("Handling missing values", "${user.nothing!\"d\"} ${user.name!\"d\"}", "d Ann", ""),
    ("Handling missing values", "${nothing!1 + 2}", "3", ""),
    ("Handling missing values", "${(nothing!1) + 2}", "3", ""),
    ("Handling missing values", "${a!b!'c'}", "c", ""),
    ("Handling missing values", "${nothing???string('y','n')} ${user???c} ${(user.x.y)???c}", "n true false", ""),
    ("Handling missing values", "<#if !nothing?? && user.name??>x</#if>", "x", ""),
    ("Handling missing values", "<#list nothing! as x>a<#else>none</#list>", "none", "an omitted default is an empty sequence too, says the manual"),
    ("Handling missing values", "${nothing?has_content?c} ${blank?has_content?c} ${empty?has_content?c} ${none?has_content?c}", "false true false false", ""),
    ("Handling missing values", "${nothing?default('a', 'b')} ${nothing?if_exists}|", "a |", ""),

    // -- Expressions: specify values directly --
    ("Strings", r#"${"It's \"quoted\""} ${'\x41\x20\n'}|"#, "It's \"quoted\" A \n|", ""),
    ("Strings", r#"${r"${foo} C:\foo"}"#, r"${foo} C:\foo", ""),
    ("Strings", r#"${"\l\g\a\{"}"#, "<>&{", ""),
    ("Strings", r#"${"Hello ${user.name}, ${1 + 1}!"}"#, "Hello Ann, 2!", ""),
    ("Strings", r#"${"a$\{b}"}"#, "a${b}", "takes the escapes out before it looks for interpolations"),
    ("Numbers", "${0.08} ${-5.013} ${8} ${008} ${11}", "0.08 -5.013 8 8 11", ""),
    ("Booleans", "${true?string} ${false?c}", "true false", ""),
    ("Sequences", "<#list ['a', 'b', 1 + 2] as x>${x} </#list>", "a b 3 ", ""),
    ("Sequences", "<#list [] as x>${x}</#list>", "", ""),
    ("Ranges", "<#list 1..3 as x>${x}</#list> <#list 1..<3 as x>${x}</#list> <#list 1..!3 as x>${x}</#list> <#list 5..*3 as x>${x}</#list>", "123 12 12 567", ""),
    ("Ranges", "<#list 3..1 as x>${x}</#list> <#list 3..<1 as x>${x}</#list> <#list 1..<1 as x>${x}</#list>|", "321 32 |", ""),
    ("Ranges", "<#list 10..*-3 as x>${x} </#list>", "10 9 8 ", ""),
    ("Ranges", "<#list 2.. as x>${x}<#if x == 5><#break></#if></#list>", "2345", ""),
    ("Hashes", "<#assign h = {\"a\": 1, \"b c\": 2}>${h.a} ${h['b c']} ${h['a']}", "1 2 1", ""),
    ("Hashes", "<#list {'x': 1, 'y': 2} as k, v>${k}=${v};</#list>", "x=1;y=2;", ""),

    // -- Expressions: retrieving variables --
    ("Top-level variables", "${.data_model.user.name} ${.vars['user'].name}", "Ann Ann", ""),
    ("Retrieving data from a hash", "${user.name} ${user['name']} ${user['na' + 'me']}", "Ann Ann Ann", ""),
    ("Retrieving data from a sequence", "${people[0].name} ${words[1]} ${people[1]['city']}", "Zoe apple Köln", ""),
    ("Special variables", "${.now?string('yyyy')} ${.locale} ${.lang}", "2026 en en", "it reads the real clock"),
    ("Special variables", "${.template_name} ${.current_template_name}", "t.ftl t.ftl", ""),

    // -- Expressions: string operations --
    ("Interpolation and concatenation", "${'a' + 1 + 'b' + user.name}", "a1bAnn", ""),
    ("Getting a character", "${text[4]} ${text[0]}", "q T", ""),
    ("String slicing", "${text[0..2]} ${text[4..]} ${text[4..*5]} ${text[4..<6]} ${text[4..*100]}|", "The quick brown fox quick qu quick brown fox|", ""),

    // -- Sequence and hash operations --
    ("Sequence concatenation", "<#list words + ['x'] as w>${w} </#list>", "pear apple fig x ", ""),
    ("Sequence slicing", "<#list words[1..] as w>${w} </#list><#list words[2..0] as w>${w} </#list><#list words[0..*2] as w>${w} </#list>", "apple fig fig apple pear pear apple ", ""),
    ("Hash concatenation", "<#assign h = {'a': 1, 'b': 2} + {'b': 3, 'c': 4}>${h.a}${h.b}${h.c} ${h?size}", "134 3", ""),

    // -- Arithmetic, comparison, logic --
    ("Arithmetical calculations", "${100 - n * 2} ${n / 2} ${12 % 10} ${-7 % 5}", "-2,368 617 2 -2", ""),
    ("Arithmetical calculations", "${0.1 + 0.2} ${1 / 3} ${2 / 3}", "0.3 0.333 0.667", ""),
    ("Arithmetical calculations", "${(5 / 2)?int} ${-2.5?int} ${2 * (3 + 4)} ${-(3)} ${+3}", "2 -2 14 -3 3", ""),
    ("Comparison", "<#if n == 1234 && n != 1 && user.name == 'Ann' && user.name != 'ann'>x</#if>", "x", ""),
    ("Comparison", "<#if n = 1234>x</#if><#if n gt 1 && n lt 9999 && n gte 1234 && n lte 1234>y</#if>", "xy", ""),
    ("Comparison", "<#if (n > 1)>x</#if><#if (n >= 1234 && n <= 1234 && n < 2000)>y</#if><#if n &gt; 1>z</#if><#if n &lt;= 1>w</#if>", "xyz", ""),
    ("Logical operations", "<#if yes && !no || no>x</#if><#if !(yes && no)>y</#if>", "xy", ""),
    ("Operator precedence", "${1 + 2 * 3 - 4 / 2} ${(1 + 2) * 3} ${-1 - -1} ${(!no && yes)?c}", "5 9 0 true", ""),
    ("Operator precedence", "<#list 1..1 + 2 as x>${x}</#list>", "123", ""),

    // -- Directives: if, list, switch --
    ("if, else, elseif", "<#if no>a<#elseif n == 1>b<#elseif n == 1234>c<#else>d</#if>", "c", ""),
    ("if, else, elseif", "<#if no>a<#elseIf yes>b</#if><#if no>c<#else/>d</#if>", "bd", ""),
    ("list, else, items, sep, break, continue", "<#list people as p>${p.name}<#sep>, </#list>", "Zoe, adam, Ben", ""),
    ("list, else, items, sep, break, continue", "<#list words as w>${w}<#sep>; </#sep>!</#list>", "pear; !apple; !fig!", ""),
    ("list, else, items, sep, break, continue", "<#list words as w>${w}<#if yes><#sep>, </#if></#list>", "pear, apple, fig", ""),
    ("list, else, items, sep, break, continue", "<#list none as x>${x}<#else>nobody</#list>", "nobody", ""),
    ("list, else, items, sep, break, continue", "<#list words>[<#items as w>${w}<#sep>|</#items>]<#else>none</#list>", "[pear|apple|fig]", ""),
    ("list, else, items, sep, break, continue", "<#list none>[<#items as w>${w}</#items>]<#else>none</#list>", "none", ""),
    ("list, else, items, sep, break, continue", "<#list 1..9 as x><#if x == 3><#continue></#if><#if x == 5><#break></#if>${x}</#list>", "124", ""),
    ("list, else, items, sep, break, continue", "<#list words as w>${w?index}${w?counter}${w?has_next?c}${w?is_first?c}${w?is_last?c} </#list>", "01truetruefalse 12truefalsefalse 23falsefalsetrue ", ""),
    ("list, else, items, sep, break, continue", "<#list words as w>${w_index}<#if w_has_next>,</#if></#list>", "0,1,2", ""),
    ("list, else, items, sep, break, continue", "<#list 1..2 as x><#list 1..2 as y>${x}${y}${x?index}${y?index} </#list></#list>", "1100 1201 2110 2211 ", ""),
    ("Loop variable built-ins", "<#list words as w>${w?item_parity} ${w?item_parity_cap} ${w?item_cycle('r','g')} ${w?is_odd_item?c}${w?is_even_item?c};</#list>", "odd Odd r truefalse;even Even g falsetrue;odd Odd r truefalse;", ""),
    ("switch, case, default, break", "<#switch n><#case 1>a<#break><#case 1234>b<#break><#default>c</#switch>", "b", ""),
    ("switch, case, default, break", "<#switch n><#case 1234>a<#case 2>b<#default>c</#switch>", "abc", ""),
    ("switch, case, default, break", "<#switch user.city>\n<#case 'Ulm'>a<#break>\n<#default>c\n</#switch>", "c\n", ""),
    ("switch, on", "<#switch n><#on 1, 2>a<#on 3, 1234>b<#default>c</#switch><#switch 9><#on 1>a<#default>c</#switch>", "bc", ""),

    // -- Directives: assign, global, local --
    ("assign", "<#assign x = 1>${x}<#assign x += 2>${x}<#assign x++>${x}<#assign x-->${x}<#assign x *= 4 x -= 2 x /= 5>${x}", "13432", ""),
    ("assign", "<#assign a = 1 b = 'x' + 'y', c = [1]>${a}${b}${c?size}", "1xy1", ""),
    ("assign", "<#assign s>Hello ${user.name}</#assign>${s?upper_case}", "HELLO ANN", ""),
    ("assign", "<#assign \"foo-bar\" = 3>${.vars['foo-bar']} ${foo\\-bar}", "3 3", ""),
    ("assign", "<#assign s = 'a'><#assign s += 'b'>${s}", "ab", ""),
    ("assign", "<#assign name = 'own'>${name} ${.data_model.name}", "own Müller & Söhne", ""),
    ("global, local", "<#global g = 1><#macro m><#local g = 2>${g}${.globals.g}</#macro><@m/>${g}", "211", ""),
    ("local", "<#macro m><#local x>in</#local>${x}</#macro><#assign x = 'out'><@m/>${x}", "inout", ""),

    // -- Directives: macro, function, nested, return --
    ("macro, nested, return", "<#macro greet who how='Hello'>${how} ${who}!</#macro><@greet who='Ann'/> <@greet who='Bob' how='Hi'/> <@greet 'Eve' 'Bye'/>", "Hello Ann! Hi Bob! Bye Eve!", ""),
    ("macro, nested, return", "<@later/><#macro later>x</#macro>", "x", ""),
    ("macro, nested, return", "<#macro b><b><#nested></b></#macro><@b>${n}</@b><@b/>", "<b>1,234</b><b></b>", ""),
    ("macro, nested, return", "<#macro rep n><#list 1..n as i><#nested i, i == n></#list></#macro><@rep n=3; c, last>${c}<#if last>.</#if></@rep>", "123.", ""),
    ("macro, nested, return", "<#macro m a b=a + 1>${a}${b}</#macro><@m 1/><@m a=1 b=5/>", "1215", ""),
    ("macro, nested, return", "<#macro m a rest...>${a}:<#list rest as k, v>${k}=${v} </#list></#macro><@m a=1 x=2 y=3/>", "1:x=2 y=3 ", ""),
    ("macro, nested, return", "<#macro m rest...>${rest?size}${rest[1]}</#macro><@m 1 2 3/>", "32", ""),
    ("macro, nested, return", "<#macro m>a<#return>b</#macro><@m/>c", "ac", ""),
    ("macro, nested, return", "<#macro m x><#if x gt 0>${x}<@m x - 1/></#if></#macro><@m 3/>", "321", ""),
    ("macro, nested, return", "<#macro o><#nested></#macro><#macro i>[<@o><#nested></@o>]</#macro><@i>x</@i>", "[x]", ""),
    ("macro, nested, return", "<#assign x = 'out'><#macro m><#local x = 'in'><#nested></#macro><@m>${x}</@m>", "out", ""),
    ("function, return", "<#function avg x y><#return (x + y) / 2></#function>${avg(10, 20)}", "15", ""),
    ("function, return", "<#function f(a, b = 2)><#return a * b></#function>${f(3)} ${f(3, 3)}", "6 9", ""),
    ("function, return", "<#function sum rest...><#local s = 0><#list rest as x><#local s += x></#list><#return s></#function>${sum(1, 2, 3)}", "6", ""),
    ("function, return", "<#function fact n><#if n lte 1><#return 1></#if><#return n * fact(n - 1)></#function>${fact(6)}", "720", ""),
    ("function, return", "<#function f>text is lost<#return 'v'></#function>[${f()}]", "[v]", ""),

    // -- Directives: escape, noparse, compress, t, attempt, setting --
    ("escape, noescape", "<#escape x as x?html>${name} <#noescape>${name}</#noescape></#escape>", "Müller &amp; Söhne Müller & Söhne", ""),
    ("escape, noescape", "<#escape x as x?upper_case><#escape y as y + 'b'>${'a'}</#escape></#escape>", "AB", ""),
    ("escape, noescape", "<#escape x as x?html>${nothing!'<'} ${1 + 2}</#escape>", "&lt; 3", ""),
    ("noparse", "<#noparse><#if ${x} <@y></#noparse>", "<#if ${x} <@y>", ""),
    ("compress", "<#compress>\n  a   b\n\n  c\t d  \n</#compress>", "a b\nc d", ""),
    ("attempt, recover", "<#attempt>a${1 / 0}<#recover>b</#attempt>c", "bc", ""),
    ("attempt, recover", "<#attempt>a<#recover>b</#attempt>c", "ac", ""),
    ("setting", "<#setting number_format='0.00'>${n} <#setting number_format='computer'>${n}", "1234.00 1234", ""),
    ("setting", "<#setting locale='de_DE'>${n + 0.5} ${.locale}", "1.234,5 de_DE", ""),
    ("setting", "<#setting boolean_format='ja,nein'>${yes} ${no?string}", "ja nein", ""),
    ("setting", "<#setting time_zone='Europe/Berlin'>${when?string('HH:mm')} <#setting time_zone='UTC'>${when?string('HH:mm')}", "09:09 08:09", ""),
    ("setting", "<#setting datetime_format='yyyy-MM-dd'>${when} <#setting date_format='dd.MM.yy'>${when?date} <#setting time_format='HH.mm'>${when?time}", "2026-03-05 05.03.26 08.09", ""),
    ("outputformat, autoesc", "<#outputformat 'HTML'>${html} ${html?no_esc} ${'<'}</#outputformat>", "&lt;b&gt;&quot;a&quot; &amp; &#39;b&#39;&lt;/b&gt; <b>\"a\" & 'b'</b> &lt;", "escapes only inside of <#autoesc>, though the manual says that the format decides"),
    ("outputformat, autoesc", "<#outputformat 'HTML'><#noautoesc>${'<'}<#autoesc>${'<'}</#autoesc></#noautoesc></#outputformat>${'<'}", "<&lt;<", ""),
    ("outputformat, autoesc", "<#outputformat 'XML'>${html}</#outputformat>", "&lt;b&gt;&quot;a&quot; &amp; &apos;b&apos;&lt;/b&gt;", "escapes only inside of <#autoesc>, though the manual says that the format decides"),
    ("Auto-escaping", "<#ftl output_format='HTML'>${'<x>'} ${'a'?esc} ${'<'?no_esc + '<'}<#assign s><b>${'<'}</b></#assign>${s}", "&lt;x&gt; a <&lt;<b>&lt;</b>", "does not escape by the header, as its own manual says it must"),
    ("ftl", "<#ftl strip_whitespace=false>\n<#if yes>\nx\n</#if>", "\nx\n", ""),
    ("ftl", "[#ftl][#if yes]a[#else]b[/#if][#-- c --][#list [1, 2] as x]${x}[/#list] <#if>", "a12 <#if>", ""),
    ("ftl", "[#ftl][#macro m x]${x}[#nested][/#macro][@m x=[1,2][0]]y[/@m]", "1y", ""),

    // -- Whitespace handling --
    ("White-space stripping", "a\n<#if yes>\n  b\n</#if>\nc", "a\n  b\nc", ""),
    ("White-space stripping", "a\n  <#assign x = 1>  \n<#-- c -->\nb ${x}\n", "a\nb 1\n", "leaves the indentation of a line of tags alone"),
    ("White-space stripping", "<#list words as w>\n- ${w}\n</#list>\n", "- pear\n- apple\n- fig\n", ""),
    ("White-space stripping", "<#if yes>x</#if>\ny", "x\ny", ""),
    ("White-space stripping", "<#macro m>\nx\n</#macro>\n  <@m/>\ny", "x\ny", ""),
    ("White-space stripping", "a\n  ${n}  \n", "a\n  1,234  \n", ""),
    ("t, lt, rt", "--\n  1 <#t>\n  2<#t>\n  3<#lt>\n  4\n  5<#rt>\n  6\n--\n", "--\n1 23\n  4\n  5  6\n--\n", ""),
    ("nt", "a\n  <#nt><#if yes>\nb</#if>", "a\n  \nb", "strips the line in spite of <#nt>"),

    // -- Built-ins for strings --
    ("Built-ins for strings", "${'hello world'?cap_first} ${'Hello'?uncap_first} ${'gREEN mouse'?capitalize}", "Hello world hello Green Mouse", ""),
    ("Built-ins for strings", "${'Abc'?upper_case} ${'ABC'?lower_case} ${'äö'?upperCase}", "ABC abc ÄÖ", ""),
    ("Built-ins for strings", "[${'  a b '?trim}] ${'abc'?length} ${'äöü'?length}", "[a b] 3 3", ""),
    ("Built-ins for strings", "${'piceous'?contains('ice')?c} ${'redirect'?starts_with('red')?c} ${'ahead'?ends_with('head')?c}", "true true true", ""),
    ("Built-ins for strings", "${'abcabc'?index_of('bc')} ${'abcabc'?index_of('bc', 2)} ${'abcabc'?last_index_of('ab')} ${'abcabc'?last_index_of('ab', 2)} ${'abc'?index_of('x')}", "1 4 3 0 -1", ""),
    ("Built-ins for strings", "${'this is a car acarus'?replace('car', 'bulldozer')}", "this is a bulldozer abulldozerus", ""),
    ("Built-ins for strings", "${'aAa'?replace('a', 'b', 'i')} ${'aaa'?replace('a', 'b', 'f')}", "bbb baa", ""),
    ("Built-ins for strings", "<#list 'someMOOtestMOOtext'?split('MOO') as x>[${x}]</#list><#list 'a,b,'?split(',') as x>[${x}]</#list>", "[some][test][text][a][b][]", ""),
    ("Built-ins for strings", "<#list ' a  b\tc '?word_list as x>[${x}]</#list>", "[a][b][c]", ""),
    ("Built-ins for strings", "[${''?left_pad(5)}] [${'ab'?left_pad(5)}] [${'abcdef'?left_pad(5)}] [${'a'?left_pad(8, '.oO')}]", "[     ] [   ab] [abcdef] [.oO.oO.a]", ""),
    ("Built-ins for strings", "[${'ab'?right_pad(5)}] [${'a'?right_pad(8, '.oO')}] [${''?right_pad(8, '.oO')}]", "[ab   ] [aoO.oO.o] [.oO.oO.o]", ""),
    ("Built-ins for strings", "${'foobar'?remove_beginning('foo')} ${'foobar'?remove_ending('bar')} ${'foo'?ensure_starts_with('/')} ${'foo'?ensure_ends_with('/')}", "bar foo /foo foo/", ""),
    ("Built-ins for strings", "${'a.b.c'?keep_before('.')} ${'a.b.c'?keep_before_last('.')} ${'a.b.c'?keep_after('.')} ${'a.b.c'?keep_after_last('.')}", "a a.b b.c c", ""),
    ("Built-ins for strings", "${'a\\n'?chop_linebreak}| ${'abc'?substring(1)} ${'abc'?substring(1, 2)}", "a| bc b", ""),
    ("Built-ins for strings", "${html?html} ${html?xhtml} ${html?xml}", "&lt;b&gt;&quot;a&quot; &amp; &#39;b&#39;&lt;/b&gt; &lt;b&gt;&quot;a&quot; &amp; &#39;b&#39;&lt;/b&gt; &lt;b&gt;&quot;a&quot; &amp; &apos;b&apos;&lt;/b&gt;", ""),
    ("Built-ins for strings", "${'a/b c&ö'?url} ${'a/b c'?url_path}", "a%2Fb%20c%26%C3%B6 a/b%20c", ""),
    ("Built-ins for strings", "${'It\\'s \"x\"\\n</script>'?js_string}", "It\\'s \\\"x\\\"\\n<\\/script>", ""),
    ("Built-ins for strings", "${'It\\'s \"x\"\\n'?json_string} ${'{a\\\\}'?rtf}", "It's \\\"x\\\"\\n \\{a\\\\\\}", ""),
    ("Built-ins for strings", "${'12.5'?number + 1} ${'true'?boolean?string('y', 'n')} ${'abc'?string}", "13.5 y abc", ""),
    ("Built-ins for strings", "${'  '?blank_to_null!'b'} ${''?empty_to_null!'e'} ${' a '?trim_to_null!'t'}|", "b e a|", ""),

    // -- Built-ins for numbers --
    ("Built-ins for numbers", "${-5?abs} ${1.999?floor} ${1.001?ceiling} ${2.5?round} ${-2.5?round} ${-1.9?int}", "-5 1 2 3 -3 -1", ""),
    ("Built-ins for numbers", "${(-5)?abs} ${(-1.2)?floor} ${(-1.2)?ceiling}", "5 -2 -1", ""),
    ("Built-ins for numbers", "${n?c} ${1.5?c} ${1000000?c} ${0.00001?c}", "1234 1.5 1000000 0.00001", ""),
    ("Built-ins for numbers", "${n?string} ${n?string.number} ${n?string('0.00')} ${n?string('#,##0.00')} ${0.5?string.percent} ${n?string.computer}", "1,234 1,234 1234.00 1,234.00 50% 1234", ""),
    ("Built-ins for numbers", "${1.5?string('0')} ${2.5?string('0')} ${0.005?string('0.00')} ${1.005?string('0.##')} ${5?string('000')} ${0?string('#')} ${0.5?string('#.##')}", "2 2 0.00 1 005 0 0.5", ""),
    ("Built-ins for numbers", "${(-1.5)?string('0.0;(0.0)')} ${12?string(\"0 'EUR'\")} ${0.256?string('0.0%')}", "(1.5) 12 EUR 25.6%", "ignores the negative half and the percent sign"),
    ("Built-ins for numbers", "${1?lower_abc} ${27?upper_abc} ${702?lower_abc} ${703?lower_abc}", "a AA zz aaa", ""),

    // -- Built-ins for date/time --
    ("Built-ins for date/time", "${when?string('dd.MM.yyyy HH:mm:ss')} ${when?string('yy-M-d h a')} ${when?date?string('EEE, EEEE MMM MMMM')}", "05.03.2026 08:09:10 26-3-5 8 AM Thu, Thursday Mar March", ""),
    ("Built-ins for date/time", "${when?string(\"yyyy 'at' HH 'o''clock' D w u k K S\")}", "2026 at 08 o'clock 64 10 4 8 8 0", "does not know D, w, u, F"),
    ("Built-ins for date/time", "${when?string('Z X XX XXX z')}", "+0000 Z Z Z UTC", "calls its default zone GMT"),
    ("Built-ins for date/time", "${when?date?string.short} ${when?date?string.medium} ${when?date?string.long} ${when?date?string.full}", "3/5/26 Mar 5, 2026 March 5, 2026 Thursday, March 5, 2026", ""),
    ("Built-ins for date/time", "${when?time?string.short} ${when?time?string.medium} ${when?string.short} ${when?string.medium_short}", "8:09 AM 8:09:10 AM 3/5/26, 8:09 AM Mar 5, 2026, 8:09 AM", "has no comma between date and time: Java did so before version 9"),
    ("Built-ins for date/time", "${when} ${when?date} ${when?time}", "Mar 5, 2026, 8:09:10 AM Mar 5, 2026 8:09:10 AM", "has no comma between date and time: Java did so before version 9"),
    ("Built-ins for date/time", "<#setting locale='de_DE'>${when?string('EEEE, d. MMMM yyyy')} ${when?date?string.short} ${when?date?string.full}", "Donnerstag, 5. März 2026 05.03.26 Donnerstag, 5. März 2026", "month and day names stay English in every locale"),
    ("Built-ins for date/time", "<#setting locale='fr'>${when?string('d MMMM')}<#setting locale='pl'> ${when?string('d MMMM')}", "5 mars 5 marca", "month and day names stay English in every locale"),
    ("Built-ins for date/time", "${when?string.iso} ${when?date?string.iso} ${when?time?string.iso} ${when?string.xs}", "2026-03-05T08:09:10Z 2026-03-05 08:09:10Z 2026-03-05T08:09:10Z", ""),
    ("Built-ins for date/time", "${when?string.iso_m_nz} ${when?string('iso h nz')} ${when?iso_utc} ${when?iso_utc_nz} ${when?iso_utc_m} ${when?iso('GMT+2')} ${when?isoUtc}", "2026-03-05T08:09 2026-03-05T08 2026-03-05T08:09:10Z 2026-03-05T08:09:10 2026-03-05T08:09Z 2026-03-05T10:09:10+02:00 2026-03-05T08:09:10Z", ""),
    ("Built-ins for date/time", "<#setting time_zone='GMT+01:00'>${when?iso_local} ${when?string('HH:mm z')}", "2026-03-05T09:09:10+01:00 09:09 GMT+01:00", ""),
    ("Built-ins for date/time", "${'2026-03-05'?date('yyyy-MM-dd')?string('d/M/yy')} ${'5. Mar 26'?date('d. MMM yy')?string.iso} ${'2026-03-05T08:09:10Z'?datetime.iso?string('HH:mm')}", "5/3/26 2026-03-05 08:09", ""),
    ("Built-ins for date/time", "${'8:05 PM'?time('h:mm a')?string('HH:mm')} ${'23:59'?time('HH:mm')?string('HH.mm')}", "20:05 23.59", ""),
    ("Built-ins for date/time", "<#if when?date lt '2026-03-06'?date('yyyy-MM-dd')>before</#if> ${when?long?c} ${0?number_to_datetime?string.iso}", "before 1772698150000 1970-01-01T00:00:00Z", ""),
    ("Built-ins for date/time", "${when?is_date?c} ${when?is_datetime?c} ${when?time?is_time?c} ${when?date?is_date_only?c}", "true true true true", ""),

    // -- Built-ins for booleans --
    ("Built-ins for booleans", "${yes?c} ${yes?string('ja', 'nein')} ${no?then('a', 'b')} ${yes?string}", "true ja b true", ""),

    // -- Built-ins for sequences --
    ("Built-ins for sequences", "${words?size} ${words?first} ${words?last} ${words?join(', ')} ${none?join(', ', 'none')} ${words?join('-', '', '.')}", "3 pear fig pear, apple, fig none pear-apple-fig.", ""),
    ("Built-ins for sequences", "${words?sort?join(' ')} ${words?reverse?join(' ')} ${[3, 1, 2]?sort?join('')} ${['b', 'A', 'a', 'B']?sort?join('')}", "apple fig pear fig apple pear 123 aAbB", ""),
    ("Built-ins for sequences", "<#list people?sort_by('name') as p>${p.name} </#list><#list people?sort_by('age') as p>${p.age} </#list>", "adam Ben Zoe 7 31 54 ", ""),
    ("Built-ins for sequences", "<#list [{'a': {'b': 2}}, {'a': {'b': 1}}]?sort_by(['a', 'b']) as x>${x.a.b}</#list>", "12", ""),
    ("Built-ins for sequences", "${words?seq_contains('fig')?c} ${[1, 2]?seq_contains('1')?c} ${words?seq_index_of('fig')} ${[1, 2, 1]?seq_last_index_of(1)} ${[1, 2, 1]?seq_index_of(1, 1)}", "true false 2 2 2", ""),
    ("Built-ins for sequences", "<#list (1..5)?chunk(2) as r><#list r as c>${c}</#list>;</#list><#list (1..3)?chunk(2, '-') as r><#list r as c>${c}</#list>;</#list>", "12;34;5;12;3-;", ""),
    ("Built-ins for sequences", "${[3, 9, 1]?min} ${[3, 9, 1]?max} ${(1..4)?size} ${(1..4)?reverse?join('')}", "1 9 4 4321", ""),
    ("Built-ins for sequences", "${people?map(p -> p.name)?join(',')} ${people?filter(p -> p.age gt 10)?map(p -> p.age)?join(',')}", "Zoe,adam,Ben 31,54", ""),
    ("Built-ins for sequences", "${[1, 2, 9, 1]?take_while(x -> x < 5)?join('')} ${[1, 2, 9, 1]?drop_while(x -> x < 5)?join('')} ${(1..3)?map((x) -> x * x)?join(' ')}", "12 91 1 4 9", ""),
    ("Built-ins for sequences", "<#function f x><#return x + 1></#function>${[1, 2]?map(f)?join(',')}", "2,3", "takes only x -> …, though the manual allows functions"),

    // -- Built-ins for hashes --
    ("Built-ins for hashes", "${{'a': 1, 'b': 2}?keys?join(',')} ${{'a': 1, 'b': 2}?values?join(',')} ${user?size} ${user?keys?first}", "a,b 1,2 3 name", ""),

    // -- Type independent and seldom used built-ins --
    ("Type independent built-ins", "${2?switch(1, 'one', 2, 'two', 'more')} ${9?switch(1, 'one', 'more')} ${true?then(1, nothing)}", "two more 1", ""),
    ("Seldom used built-ins", "${'a'?is_string?c} ${1?is_number?c} ${yes?is_boolean?c} ${words?is_sequence?c} ${user?is_hash?c} ${1?is_string?c}", "true true true true true false", ""),
    ("Seldom used built-ins", "<#macro m></#macro>${m?is_macro?c} ${m?is_directive?c} ${words?is_enumerable?c} ${words?is_indexable?c}", "true true true true", ""),
];
