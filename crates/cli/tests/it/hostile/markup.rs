//! HTML without end or measure, text without lines, and office documents that swell.

use std::fmt::Write as _;

use ferrofax_api::job::{Charset, DocumentKind};

use super::made::{Hostile, crc32, hostile, in_charset, numbers, swelling};

pub fn all() -> Vec<Hostile> {
    [html(), text(), office()].concat()
}

fn html() -> Vec<Hostile> {
    let deep =
        |tag: &str, times: usize| format!("{}x{}", format!("<{tag}>").repeat(times), format!("</{tag}>").repeat(times));
    let styled = |style: &str| format!("<div style='{style}'>a<span style='{style}'>b</span></div><p>c");
    let mut documents: Vec<(String, String)> = Vec::new();
    for tag in [
        "div",
        "b",
        "span style='color:red'",
        "font size=+1",
        "blockquote",
        "ul><li",
        "table><tr><td",
        "div style='display:flex'",
        "div style='display:grid'",
        "svg",
    ] {
        documents.push((format!("a hundred thousand of {tag}, each in the other"), deep(tag, 100_000)));
        documents.push((format!("three hundred of {tag}, each in the other"), deep(tag, 300)));
    }
    for (name, what) in [
        ("empty paragraphs", "<p>"),
        ("breaks", "<br>"),
        ("cells", "<td>x"),
        ("rules", "<hr>"),
        ("words in bold", "<b>x</b> "),
        ("tags nobody knows", "<xyzzy a=1 b='2'>"),
        ("ends of what was not begun", "</b></p></div>"),
        ("comments", "<!-- x -->"),
        ("references to nothing", "&nothing;&#0;&#x110000;"),
        ("boxes", "<div style='float:left;width:1px;height:1px'></div>"),
        ("inline boxes", "<span style='display:inline-block;width:5px;height:5px'></span>"),
        ("fields", "<input value=x>"),
        ("new pages", "<div style='page-break-after:always'>x</div>"),
        ("lists", "<ol><li>x</ol>"),
    ] {
        documents.push((format!("a hundred thousand {name}"), what.repeat(100_000)));
    }
    for (name, style) in [
        ("width", "width:1e38px"),
        ("height", "height:99999999999999999999px"),
        ("margin", "margin:-1e30px"),
        ("padding", "padding:1e30em"),
        ("letters", "font-size:1e9px"),
        ("lines", "line-height:1e20"),
        ("lines below nothing", "line-height:-5"),
        ("borders", "border:1e9px solid"),
        ("indents", "text-indent:1e30px"),
        ("spaces", "letter-spacing:1e30px;word-spacing:-1e30px"),
        ("columns", "columns:1000000"),
        ("places", "position:absolute;left:1e30px;top:-1e30px"),
        ("shadows", "box-shadow:0 0 1e9px 1e9px red"),
        ("blurs", "filter:blur(1e9px)"),
        ("turns", "transform:scale(1e30) rotate(1e30deg)"),
        ("grids", "display:grid;grid-template-columns:repeat(1000000,1px)"),
        ("grids of small boxes", "display:grid;grid-template-columns:repeat(auto-fill,0.0001px)"),
        ("no number", "width:calc(1px/0);height:NaNpx"),
    ] {
        documents.push((format!("a style of beyond any measure: {name}"), styled(style)));
    }
    let mut variables = String::from("<style>:root{--a0:x");
    for level in 1..60 {
        let _ = write!(variables, ";--a{level}:var(--a{0}) var(--a{0})", level - 1);
    }
    variables.push_str("}p::before{content:var(--a59)}</style><p>x");
    let entities: String = (1..30).fold("<!DOCTYPE x [<!ENTITY a0 'xxxxxxxxxx'>".to_owned(), |mut all, level| {
        let _ = write!(all, "<!ENTITY a{level} '&a{0};&a{0};&a{0};'>", level - 1);
        all
    }) + "]><svg xmlns='http://www.w3.org/2000/svg'><text>&a29;</text></svg>";
    let uses: String = (1..30).fold(
        "<svg width=100 height=100><g id=a0><rect width=9 height=9 /></g>".to_owned(),
        |mut all, level| {
            let _ = write!(all, "<g id=a{level}><use href='#a{0}'/><use href='#a{0}'/></g>", level - 1);
            all
        },
    ) + "<use href='#a29'/></svg>";
    let png = |bytes: &[u8]| {
        use base64::Engine as _;
        base64::prelude::BASE64_STANDARD.encode(bytes)
    };
    let claims = super::pictures::all()
        .into_iter()
        .find(|picture| picture.name.contains("20000 by 20000 pels, all there"))
        .unwrap();
    for (name, page) in [
        ("a word of five million letters", "x".repeat(5_000_000)),
        ("a cell across a billion columns", "<table><tr><td colspan=1000000000 rowspan=1000000000>x</table>".into()),
        ("cells across a thousand columns and rows", format!("<table>{}</table>", "<tr><td colspan=1000 rowspan=1000>x".repeat(300))),
        ("ten thousand columns", format!("<table border=1><tr>{}</table>", "<td>x".repeat(10_000))),
        ("tables within tables, twenty deep and two each", (0..14).fold("x".to_owned(), |inner, _| format!("<table border=1><tr><td>{inner}<td>{inner}</table>"))),
        ("flexible boxes, twenty deep and two each", (0..12).fold("x".to_owned(), |inner, _| format!("<div style='display:flex'><div>{inner}</div><div>{inner}</div></div>"))),
        ("a style of a hundred thousand rules", format!("<style>{}</style><p class=a>x", ".a > .b ~ .c:nth-child(2n+1) { color: red } ".repeat(100_000))),
        ("a selector of fifty thousand parts", format!("<style>{} p {{ color: red }}</style>{}", "div ".repeat(50_000), deep("div", 200))),
        ("selectors within selectors", format!("<style>{}p{} {{ color: red }}</style><p>x", ":not(".repeat(20_000), ")".repeat(20_000))),
        ("brackets within brackets in a style", format!("<style>p {{ width: {}1px{} }}</style><p>x", "calc(".repeat(50_000), ")".repeat(50_000))),
        ("blocks within blocks in a style", format!("<style>{}</style><p>x", "@media all {".repeat(50_000))),
        ("values that double sixty times", variables),
        ("entities that treble thirty times", entities),
        ("drawings that double thirty times", uses),
        ("a drawing that uses itself", "<svg><g id=a><use href='#a'/></g></svg>".into()),
        ("a drawing of a path of a million points", format!("<svg><path d='M0 0 {}'/></svg>", "L9 9 L0 3 ".repeat(200_000))),
        ("a drawing of a kilometre", "<svg width=1e9 height=1e9 viewBox='0 0 1e-9 1e-9'><circle r=1e9 stroke-width=1e9 /></svg>".into()),
        ("a picture of 20000 by 20000 pels in the page", format!("<img src='data:image/png;base64,{}'>", png(&claims.bytes))),
        ("a thousand times the same small picture", format!("<img src='data:image/png;base64,{}' width=99999>", png(&super::mutated::png())).repeat(1000)),
        ("a page within a page within", "<iframe srcdoc='<iframe srcdoc=&quot;<iframe>&quot;>'></iframe>".repeat(1000)),
        ("a tag that never ends", format!("<div {}", "a='b' ".repeat(300_000))),
        ("a name of five megabytes", format!("<p {}=1>x", "a".repeat(5_000_000))),
        ("a comment that never ends", format!("<p>x<!-- {}", "-".repeat(2_000_000))),
        ("marks upon one letter", format!("<p>a{}", "\u{301}".repeat(200_000))),
        ("turns from left to right and back", format!("<p>{}", "\u{202E}a\u{202D}b".repeat(50_000))),
        ("half a megabyte of all the world's letters", numbers(9).filter_map(|number| char::from_u32(number as u32 % 0x3_0000)).take(100_000).collect()),
        ("nothing but null", "\0".repeat(500_000)),
        ("a script that would never end", "<script>while(1){}</script><body onload='while(1)'>x".into()),
        ("a page that asks for others", "<link rel=stylesheet href='http://127.0.0.1:9/'><img src='file:///etc/passwd'><base href='//127.0.0.1'><meta http-equiv=refresh content='0;url=http://127.0.0.1'>x".into()),
        ("a counter that counts itself", "<style>p{counter-increment:a 2147483647}p::before{content:counters(a,'.')}</style>".to_owned() + &"<p>".repeat(2000)),
    ] {
        documents.push((name.to_owned(), page));
    }
    documents.into_iter().map(|(name, page)| hostile(format!("HTML: {name}"), DocumentKind::Html, page)).collect()
}

fn text() -> Vec<Hostile> {
    let mut documents: Vec<_> = [
        ("a line of ten million letters", "x".repeat(10_000_000)),
        ("a line of a million words", "word ".repeat(1_000_000)),
        ("a hundred thousand new pages", "\x0C".repeat(100_000)),
        ("a million tabs", "\t".repeat(1_000_000)),
        ("a million ends of lines", "\r\n".repeat(1_000_000)),
        ("marks upon one letter", format!("a{}", "\u{301}".repeat(300_000))),
        ("turns from left to right and back", "\u{202E}a\u{2067}\u{5D0}".repeat(50_000)),
        ("one beginning of nothing", "\u{FEFF}".to_owned()),
        ("letters that are joined, a hundred thousand", "\u{644}\u{627}".repeat(50_000)),
        ("families joined to families", "\u{1F468}\u{200D}".repeat(50_000)),
        ("backspaces and bells", "\x07\x08\x1B[2J".repeat(50_000)),
    ]
    .into_iter()
    .map(|(name, text)| hostile(format!("text: {name}"), DocumentKind::Txt, text))
    .collect();
    let noise: Vec<u8> = numbers(10).flat_map(u64::to_le_bytes).take(100_001).collect();
    for charset in [Charset::Utf8, Charset::Utf16, Charset::Utf16Be, Charset::UsAscii, Charset::Windows1252] {
        let name = format!("text: noise as {charset:?}");
        documents.push(in_charset(charset, name, DocumentKind::Txt, noise.clone()));
    }
    documents
}

/// A ZIP archive of members: name, deflated data, the size it claims to have.
fn zip(members: &[(&str, &[u8], u32)]) -> Vec<u8> {
    let (mut file, mut table) = (Vec::new(), Vec::new());
    for (name, data, claimed) in members {
        let at = file.len() as u32;
        let mut entry = vec![20, 0, 0, 0, 8, 0, 0, 0, 0, 0];
        // The sum is of the coded bytes, so wrong: who checks it has already unpacked.
        entry.extend(
            [crc32(&data[..data.len().min(1000)]), data.len() as u32, *claimed]
                .iter()
                .flat_map(|number| number.to_le_bytes()),
        );
        entry.extend((name.len() as u16).to_le_bytes());
        entry.extend([0, 0]);
        file.extend(b"PK\x03\x04");
        file.extend(&entry);
        file.extend(name.as_bytes());
        file.extend(*data);
        table.extend(b"PK\x01\x02\x14\0");
        table.extend(&entry);
        table.extend([0; 10]);
        table.extend(at.to_le_bytes());
        table.extend(name.as_bytes());
    }
    let (at, count) = (file.len() as u32, members.len() as u16);
    file.extend(&table);
    file.extend(b"PK\x05\x06\0\0\0\0");
    file.extend(count.to_le_bytes().repeat(2));
    file.extend([(table.len() as u32).to_le_bytes(), at.to_le_bytes()].concat());
    file.extend([0, 0]);
    file
}

/// These reach the render child only by mistake: another program makes PDFs of them, and refuses what swells before that.
fn office() -> Vec<Hostile> {
    use DocumentKind::{Doc, Docx, Odt, Rtf, Xlsx};
    let swollen = swelling(1 << 30);
    let many: Vec<String> = (0..60_000).map(|number| format!("word/{number}.xml")).collect();
    let many: Vec<(&str, &[u8], u32)> = many.iter().map(|name| (name.as_str(), &b"\x03\0"[..], 0)).collect();
    vec![
        hostile(
            "a text document that swells to a gigabyte",
            Docx,
            zip(&[("[Content_Types].xml", &b"\x03\0"[..], 0), ("word/document.xml", &swollen, 1 << 30)]),
        ),
        hostile(
            "a sheet that swells and says it does not",
            Xlsx,
            zip(&[("[Content_Types].xml", &b"\x03\0"[..], 0), ("xl/worksheets/sheet1.xml", &swollen, 100)]),
        ),
        hostile("an archive of sixty thousand members", Docx, zip(&many)),
        hostile(
            "an archive of names that climb",
            Odt,
            zip(&[("../../../../tmp/x", &b"\x03\0"[..], 0), ("/etc/passwd", &b"\x03\0"[..], 0)]),
        ),
        hostile(
            "an archive's end alone",
            Odt,
            b"PK\x05\x06\0\0\0\0\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\0\0".as_slice(),
        ),
        hostile(
            "an old document whose sectors lead in a circle",
            Doc,
            [&b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"[..], &[0; 68], &[0, 0, 0, 0].repeat(500)].concat(),
        ),
        hostile("braces within braces", Rtf, format!("{{\\rtf1 {}", "{".repeat(1_000_000))),
        hostile(
            "a picture of two billion bytes that are not there",
            Rtf,
            r"{\rtf1 {\pict\bin2147483647 x}}".as_bytes(),
        ),
    ]
}
