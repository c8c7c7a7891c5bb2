use std::net::TcpListener;
use std::sync::Mutex;

use ferrofax_fax::page::{Bitmap, Resolution};
use ferrofax_render::{ADDRESSES_MAX, Kind, Limits, Note, Options, Paper, RenderError};

use crate::make::{extent, ink, one_page, pages};

/// Pels and fine rows of a CSS pixel: 1/96 in.
const PEL: f64 = 25.4 / 96.0 * 1728.0 / 215.0;
const ROW: f64 = 25.4 / 96.0 * 7.7;

fn page(html: &str) -> Bitmap {
    one_page(html, Kind::Html, &Options::default())
}

/// A body without margins.
fn body(html: &str) -> String {
    format!("<!DOCTYPE html><body style='margin:0;font:16px Arial'>{html}</body>")
}

/// What is black of a page whose content is so much HTML in a body without margins: left, top, right and bottom in CSS pixels from
/// the corner of the content.
fn box_of(html: &str) -> [f64; 4] {
    let (left, right, top, bottom) = extent(&page(&body(html))).expect("something is seen");
    let (margin_left, margin_top) = ((2.5 + 10.0) / 215.0 * 1728.0, 77.0);
    [
        (f64::from(left) - margin_left) / PEL,
        (f64::from(top) - margin_top) / ROW,
        (f64::from(right) + 1.0 - margin_left) / PEL,
        (f64::from(bottom) + 1.0 - margin_top) / ROW,
    ]
}

fn assert_near(found: [f64; 4], expected: [f64; 4]) {
    let near = found.iter().zip(expected).all(|(found, expected)| (found - expected).abs() < 1.0);
    assert!(near, "{found:?} instead of {expected:?}");
}

/// 20 by 10 pixels of black.
fn black_png() -> Vec<u8> {
    let mut png = std::io::Cursor::new(Vec::new());
    image::GrayImage::new(20, 10).write_to(&mut png, image::ImageFormat::Png).unwrap();
    png.into_inner()
}

/// The same for an address.
fn black_png_url() -> String {
    let hex: String = black_png().iter().map(|byte| format!("%{byte:02x}")).collect();
    format!("data:image/png,{hex}")
}

/// What was asked for in one go, by all tests.
static ASKED: Mutex<Vec<Vec<String>>> = Mutex::new(Vec::new());

/// What lies at the addresses of these tests.
fn fetch(urls: &[String]) -> Vec<Option<Vec<u8>>> {
    ASKED.lock().unwrap().push(urls.to_vec());
    let found = |url: &String| match url.strip_prefix("https://img.example/")?.split('?').next()? {
        "logo.png" => Some(black_png()),
        "ground.css" => Some(b"@import 'more.css'; div{width:20px;height:10px}".to_vec()),
        "more.css" => Some(b"div{background:url(logo.png)}".to_vec()),
        "endless.css" => Some(format!("@import url('{url}');@import url('{url}');").into_bytes()),
        "huge.bmp" => Some(
            [&b"BM"[..], &[0; 12], &40u32.to_le_bytes(), &[0xff, 0xff, 0, 0].repeat(2), &[1, 0, 24, 0], &[0; 24]]
                .concat(),
        ),
        _ => None,
    };
    urls.iter().map(found).collect()
}

#[test]
fn a_css_pixel_is_a_96th_of_an_inch_at_every_resolution() {
    let html = body("<div style='margin:100px 0 0 200px;width:300px;height:50px;background:black'></div>");
    assert_near(
        box_of("<div style='margin:100px 0 0 200px;width:300px;height:50px;background:black'></div>"),
        [200.0, 100.0, 500.0, 150.0],
    );
    let low = Options { resolution: Resolution::Standard, ..Options::default() };
    let (.., top, bottom) = extent(&one_page(html, Kind::Html, &low)).unwrap();
    assert!((f64::from(bottom - top + 1) - 50.0 * ROW / 2.0).abs() <= 1.0);
}

#[test]
fn every_line_of_text_is_whole_on_its_page() {
    let lines: String = (0..200).map(|line| format!("<div>Hxg {line}</div>")).collect();
    let (pages, _) = pages(body(&lines), Kind::Html, &Options::default()).unwrap();
    assert!(pages.len() > 2);
    // Rows of ink, counted as lines: a cut one would be counted on two pages, and leave ink at the edge of the content.
    let mut seen = 0;
    for page in &pages {
        let mut was_ink = false;
        for y in 0..page.rows() {
            let is_ink = ink(page, 100..130, y..y + 1) > 0;
            seen += u32::from(is_ink && !was_ink);
            was_ink = is_ink;
        }
        let (.., top, bottom) = extent(page).unwrap();
        assert!(top >= 77 && bottom < page.rows() - 77, "from {top} to {bottom}");
    }
    assert_eq!(seen, 200);
}

#[test]
fn rows_and_what_asks_for_it_are_kept_whole() {
    let filler = "<div style='height:960px'></div>";
    let tall = "<div style='width:50px;height:60px;background:black'></div><div style='width:50px;height:60px;background:black'></div>";
    for kept in [
        format!("<table cellpadding=0 cellspacing=0><tr><td>{tall}</td></tr></table>"),
        format!("<div style='page-break-inside: avoid'>{tall}</div>"),
        format!("<style>.k{{break-inside:avoid}}</style><div class=k>{tall}</div>"),
    ] {
        let (pages, _) = pages(body(&format!("x{filler}{kept}")), Kind::Html, &Options::default()).unwrap();
        assert_eq!(pages.len(), 2, "{kept}");
        let (.., top, bottom) = extent(&pages[1]).unwrap();
        assert!((f64::from(bottom - top + 1) / ROW - 120.0).abs() < 1.0, "{kept}");
    }
    let (pages, _) = pages(body(&format!("x{filler}{tall}")), Kind::Html, &Options::default()).unwrap();
    let (.., top, bottom) = extent(&pages[1]).unwrap();
    assert!(f64::from(bottom - top + 1) / ROW < 119.0, "nothing asked to keep these together");
}

#[test]
fn pages_end_where_the_document_says() {
    let count = |html: &str| pages(body(html), Kind::Html, &Options::default()).unwrap().1.pages;
    assert_eq!(count("<p>one<p style='page-break-before:always'>two<p style='break-after: page'>three<p>four"), 3);
    assert_eq!(count("<style>h1{page-break-before:always}</style><p>one<h1>two</h1><h1>three</h1>"), 3);
    assert_eq!(count("<p>one<p>page-break-before:always"), 1);
    // An empty box may stand there for the break alone.
    assert_eq!(
        count("<p>one<div style='page-break-after:always'></div><p>two<div style='break-before:page'></div>three"),
        3
    );
    assert_eq!(count("<p>one<div style='display:none;page-break-after:always'></div><p>two"), 1);
}

/// Bars of a page from the left margin on, from top to bottom: how wide in CSS pixels, and how high.
fn bars(page: &Bitmap) -> Vec<(u32, u32)> {
    let left = 12.5 / 215.0 * 1728.0;
    let end = |y: u32| (0..page.width()).rev().find(|&x| page.is_black(x, y));
    let pixels = |end: u16| ((f64::from(end) + 1.0 - left) / PEL).round() as u32;
    let ends: Vec<_> = (0..page.rows()).map(|y| end(y).map(pixels)).collect();
    let bars = ends.chunk_by(|a, b| a == b).filter_map(|bar| Some((bar[0]?, (bar.len() as f64 / ROW).round() as u32)));
    bars.collect()
}

fn bar(width: u32, height: u32) -> String {
    format!("<div style='width:{width}px;height:{height}px;background:black'></div>")
}

/// A table whose head is a bar of 500 pixels, and each row one of its own width.
fn table(style: &str, head_height: u32, rows: std::ops::Range<u32>) -> String {
    let rows: String = rows.map(|row| format!("<tr><td>{}", bar(row, 10))).collect();
    let style = format!("<style>td,th{{padding:5px 0}}table{{border-spacing:0}}{style}</style>");
    format!("{style}<table><thead><tr><th>{}<tbody>{rows}</table>", bar(500, head_height))
}

/// The bars of all pages, and that none reaches into the margins.
fn bars_of_pages(html: &str) -> Vec<Vec<(u32, u32)>> {
    let (pages, _) = pages(body(html), Kind::Html, &Options::default()).unwrap();
    for page in &pages {
        let (.., top, bottom) = extent(page).unwrap();
        assert!(top >= 77 && bottom < page.rows() - 77, "from {top} to {bottom}");
    }
    pages.iter().map(bars).collect()
}

#[test]
fn each_page_of_a_table_begins_with_its_head() {
    for style in ["", "table{border-spacing:0 2px}", "thead{position:relative}", "td{height:25px}"] {
        let found = bars_of_pages(&format!("<div style='height:300px'></div>{}", table(style, 30, 100..300)));
        assert!(found.len() > 4);
        assert!(found.iter().all(|bars| bars[0] == (500, 30)), "{style}: {found:?}");
        let rows: Vec<u32> = found.iter().flat_map(|bars| &bars[1..]).map(|&(width, _)| width).collect();
        assert_eq!(rows, (100..300).collect::<Vec<_>>(), "{style}");
        assert!(found.iter().flat_map(|bars| &bars[1..]).all(|&(_, height)| height == 10), "{style}: no row is cut");
    }
}

#[test]
fn a_repeated_head_looks_like_the_first() {
    let style = "table{border-collapse:collapse;width:600px}td,th{border:1px solid #999;padding:5px}th{background:#234;color:white}";
    let rows: String = (0..100).map(|row| format!("<tr><td>{row}<td>gjpq ÄÖ")).collect();
    let html = format!("<style>{style}</style><table><thead><tr><th>Number<th>Letters<tbody>{rows}</table>");
    let (pages, _) = pages(body(&html), Kind::Html, &Options::default()).unwrap();
    // As far as the line below the head.
    let head =
        |page: &Bitmap| (77..77 + (31.0 * ROW) as u32).map(|y| page.row(y).unwrap().to_vec()).collect::<Vec<_>>();
    let first = head(&pages[0]);
    assert!(first.iter().flatten().any(|byte| byte.count_ones() > 0));
    assert!(pages.len() > 2 && pages.iter().all(|page| head(page) == first));
}

#[test]
fn heads_are_not_repeated_where_they_should_not_be() {
    let count = |html: &str| {
        let found = bars_of_pages(html);
        (found.len(), found.iter().flatten().filter(|(width, _)| *width == 500).count())
    };
    // Higher than half a page; what authors write to have none; after the last row; a head without rows.
    assert_eq!(count(&table("th{padding:280px 0}", 30, 100..140)), (2, 1));
    assert_eq!(count(&table("thead{display:table-row-group}", 30, 100..160)), (2, 1));
    let after = format!("{}<div style='page-break-before:always'></div>{}", table("", 30, 100..110), bar(50, 10));
    assert_eq!(count(&after), (2, 1));
    assert_eq!(count(&format!("{}<div style='height:1000px'></div>{}", table("", 30, 100..100), bar(50, 10))), (2, 1));
    assert_eq!(count(&table("th{padding:230px 0}", 30, 100..140)), (2, 2));
}

#[test]
fn a_head_does_not_stand_alone_at_the_foot_of_a_page() {
    let found = bars_of_pages(&format!("{}<div style='height:990px'></div>{}", bar(50, 10), table("", 30, 100..102)));
    assert_eq!(found, [vec![(50, 10)], vec![(500, 30), (100, 10), (101, 10)]]);
}

#[test]
fn the_head_of_a_table_in_another_stands_below_that_ones() {
    let inner = table("", 30, 100..160);
    let outer = format!("<table><thead><tr><th>{}<tbody><tr><td>{inner}</table>", bar(400, 20));
    let found = bars_of_pages(&outer);
    assert_eq!(found.len(), 2);
    assert!(found.iter().all(|bars| bars[..2] == [(400, 20), (500, 30)]), "{found:?}");
    assert_eq!(found.iter().map(Vec::len).sum::<usize>(), 60 + 4);
}

#[test]
fn what_is_cut_is_not_seen_in_the_margins() {
    for cut in [
        "<div style='width:60px;height:1500px;border:9px solid;border-radius:20px'></div>".to_owned(),
        format!("<img src='{}' style='width:300px;height:1500px'>", black_png_url()),
    ] {
        let (pages, _) = pages(body(&cut), Kind::Html, &Options::default()).unwrap();
        assert_eq!(pages.len(), 2);
        let (.., bottom) = extent(&pages[0]).unwrap();
        let (_, _, top, _) = extent(&pages[1]).unwrap();
        assert!((76..=78).contains(&top) && bottom.abs_diff(pages[0].rows() - 78) <= 1, "{bottom} {top}");
    }
}

#[test]
fn margins_are_those_of_the_document() {
    // From the corner that 10 mm of margin make.
    let mm = 96.0 / 25.4;
    let square = "<div style='width:100%;height:50px;background:black'></div>";
    let [left, top, right, _] = box_of(&format!("<style>@page{{margin:15mm 5mm 10mm 30mm}}</style>{square}"));
    assert_near([left, top, right, 0.0], [20.0 * mm, 5.0 * mm, 195.0 * mm, 0.0]);
    let pages_of = |style: &str, height: u32| {
        let html = format!("<style>@page{{{style}}}</style><div style='height:{height}px'></div>x");
        pages(body(&html), Kind::Html, &Options::default()).unwrap().1.pages
    };
    assert_eq!([0, 1].map(|mm| pages_of(&format!("margin:{mm}mm"), 1100)), [1, 2]);
    assert_eq!(pages_of("margin-bottom:50mm", 900), 2);
}

#[test]
fn a_document_that_lies_on_its_side_is_turned() {
    let html =
        body("<style>@page{size:A4 landscape}</style><div style='width:100%;height:50px;background:black'></div>");
    let (pages, summary) = pages(html, Kind::Html, &Options::default()).unwrap();
    assert_eq!((pages.len(), summary.notes.len()), (1, 0));
    // Its top is at the left edge of the sheet, and 277 mm of it are used, in whole CSS pixels.
    let (left, right, top, bottom) = extent(&pages[0]).unwrap();
    assert!(left.abs_diff(100) <= 1 && (f64::from(right + 1 - left) / PEL - 50.0).abs() < 1.0, "{left} {right}");
    assert!(top.abs_diff(77) <= 2 && bottom.abs_diff(2287 - 78) <= 1, "{top} {bottom}");
}

#[test]
fn what_is_too_wide_shrinks_to_the_sheet() {
    let html = body("<table width=1000 bgcolor=black><tr><td>&nbsp;</table>");
    let (pages, summary) = pages(html, Kind::Html, &Options::default()).unwrap();
    let (left, right, ..) = extent(&pages[0]).unwrap();
    // 10 mm of margin on each side.
    assert!((99..=102).contains(&left) && (1625..=1628).contains(&right), "from {left} to {right}");
    assert!(matches!(summary.notes[..], [(1, Note::Shrunk(70..=73))]), "{:?}", summary.notes);
}

#[test]
fn letter_sheets_are_shorter() {
    let options = Options { paper: Paper::Letter, ..Options::default() };
    let html = body("<div style='height:1000px'></div>x");
    assert_eq!(pages(html.clone(), Kind::Html, &options).unwrap().1.pages, 2);
    assert_eq!(pages(html, Kind::Html, &Options::default()).unwrap().1.pages, 1);
}

#[test]
fn old_attributes_are_heeded() {
    for (old, new) in [
        ("<p align=right>x</p>", "<p style='text-align:right'>x</p>"),
        ("<center>x</center>", "<div style='text-align:center'>x</div>"),
        ("<font size=5>x</font>", "<span style='font-size:x-large'>x</span>"),
        ("<font size=+1 face=Courier>x</font>", "<span style='font-size:large;font-family:Courier'>x</span>"),
        (
            "<table cellpadding=9 cellspacing=0><tr><td>x</table>",
            "<table style='border-spacing:0'><tr><td style='padding:9px'>x</table>",
        ),
        (
            "<table border=4 cellspacing=3><tr><td>x</table>",
            "<table style='border:4px solid;border-spacing:3px'><tr><td style='border:1px solid'>x</table>",
        ),
        (
            "<table width=300 cellspacing=0><tr><td height=90 valign=bottom align=center>x</table>",
            "<table style='width:300px;border-spacing:0'><tr><td style='height:90px;vertical-align:bottom;text-align:center'>x</table>",
        ),
        (
            "<table width=200 align=center bgcolor=black><tr><td>&nbsp;</table>",
            "<table style='width:200px;margin:0 auto;background:black'><tr><td>&nbsp;</table>",
        ),
        ("<hr size=8 width=50% noshade>", "<hr style='width:50%;border:1px solid black;height:6px;background:black'>"),
        ("<ol start=3 type=A><li>x<li>y</ol>", "<ol start=3 style='list-style-type:upper-alpha'><li>x<li>y</ol>"),
        (
            "<ol><li>x<li value=7>y</ol>",
            "<ol style='margin-bottom:0'><li>x</ol><ol start=7 style='margin-top:0'><li>y</ol>",
        ),
        ("<u>x</u>", "<span style='text-decoration:underline'>x</span>"),
        ("<td nowrap>x", "<td style='white-space:nowrap'>x"),
    ] {
        assert!(page(&body(old)) == page(&body(new)), "{old} is not {new}");
    }
    let (plain, styled) = ("<table><tr><td>x</table>", "<table border=4 cellpadding=9><tr><td>x</table>");
    assert!(page(&body(plain)) != page(&body(styled)));
}

#[test]
fn an_authors_style_sheet_beats_old_attributes() {
    let style = "<style>td{padding:1px}</style>";
    let (old, new) =
        ("<table cellpadding=20 cellspacing=0><tr><td>x</table>", "<table cellspacing=0><tr><td>x</table>");
    assert_eq!(page(&body(&format!("{style}{old}"))), page(&body(&format!("{style}{new}"))));
}

#[test]
fn borders_do_not_run_through_cells_that_span() {
    let table = |cells: &str| {
        let style = "<style>table{border-collapse:collapse;width:400px}td{border:1px solid;height:50px}</style>";
        page(&body(&format!("{style}<table>{cells}</table>")))
    };
    let inside = |page: &Bitmap, [x0, y0, x1, y1]: [f64; 4]| {
        let at = |x: f64| (12.5 / 215.0 * 1728.0 + x * PEL) as u16;
        let row = |y: f64| (77.0 + y * ROW) as u32;
        ink(page, at(x0)..at(x1), row(y0)..row(y1))
    };
    let across = table("<tr><td colspan=2></td></tr><tr><td></td><td></td></tr>");
    assert_eq!(inside(&across, [20.0, 10.0, 380.0, 45.0]), 0);
    assert!(inside(&across, [150.0, 70.0, 250.0, 90.0]) > 0, "the border between the cells below");
    let down = table("<tr><td rowspan=2 style='height:auto'></td><td></td></tr><tr><td></td></tr>");
    assert_eq!(inside(&down, [20.0, 20.0, 150.0, 80.0]), 0);
    assert!(inside(&down, [250.0, 40.0, 350.0, 70.0]) > 0, "the border between the cells beside");
}

#[test]
fn text_is_black_or_white_by_what_is_behind_it() {
    let black = page(&body("<div>Some letters</div>"));
    for style in
        ["color:#ddd", "color:yellow", "color:red", "background:#eee", "background:#888;color:#000", "color:#00000080"]
    {
        assert!(page(&body(&format!("<div style='{style}'>Some letters</div>"))) == black, "{style}");
    }
    let white_on_black = page(&body("<div style='background:black;color:white'>Some letters</div>"));
    for style in [
        "background:#c60;color:#fff",
        "background:#888;color:#fff",
        "background:navy;color:yellow",
        "background:linear-gradient(#333,#555);color:#fff",
    ] {
        assert!(page(&body(&format!("<div style='{style}'>Some letters</div>"))) == white_on_black, "{style}");
    }
    // Written to be hidden.
    let hidden = page(&body("<div style='color:white'>Some letters</div><hr>"));
    assert_eq!(hidden, page(&body("<div>&nbsp;</div><hr>")));
}

#[test]
fn pale_lines_are_unbroken_and_a_pel_thick() {
    for style in ["border-left:1px solid #ddd", "border-left:0.3px solid #999", "width:1px;background:#eee"] {
        let page = page(&body(&format!("<div style='{style};height:300px'></div>")));
        let (left, right, top, bottom) = extent(&page).expect(style);
        assert!(right - left < 3, "{style}");
        assert!((top..bottom).all(|y| page.is_black(left, y)), "{style}");
    }
}

#[test]
fn pictures_come_from_the_document_only() {
    let picture = black_png_url();
    assert_near(box_of(&format!("<img src='{picture}' width=200 height=100>")), [0.0, 0.0, 200.0, 100.0]);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let there = format!("http://{}", listener.local_addr().unwrap());
    let html = format!(
        "<link rel=stylesheet href='{there}/a.css'><style>@import '{there}/b.css'; @font-face{{font-family:x;src:url({there}/x.ttf)}} \
         body{{font-family:x;background:url({there}/b.png)}}</style><script src='{there}/c.js'></script><img src='{there}/d.png'>\
         <img src='e.png'><iframe src='{there}/f.html'></iframe><img src='file:///etc/passwd'>text"
    );
    let (_, summary) = pages(html, Kind::Html, &Options::default()).unwrap();
    assert!(summary.left_out >= 5, "{summary:?}");
    assert_eq!(listener.accept().unwrap_err().kind(), std::io::ErrorKind::WouldBlock);
}

fn fetching() -> Options {
    Options { fetch: Some(fetch), ..Options::default() }
}

#[test]
fn what_is_fetched_is_shown_as_what_the_document_carries() {
    let style = "<style>body{margin:0} img{display:block;width:20px;height:10px}</style>";
    let carried = page(&format!("<!DOCTYPE html>{style}<img src='{}'>", black_png_url()));
    assert_eq!(extent(&carried), extent(&page(&body("<div style='width:20px;height:10px;background:black'></div>"))));
    let logo = "https://img.example/logo.png";
    for html in [
        format!("<img src='{logo}'>"),
        "<base href='https://img.example/a/'><img src='../logo.png'>".to_owned(),
        format!("<div style='width:20px;height:10px;background:url({logo})'></div>"),
        "<link rel=stylesheet href='https://img.example/ground.css'><div></div>".to_owned(),
        "<style>@import 'https://img.example/ground.css';</style><div></div>".to_owned(),
    ] {
        // A base belongs into the head.
        let html = format!("<!DOCTYPE html>{html}{style}");
        let (pages, summary) = pages(html.clone(), Kind::Html, &fetching()).unwrap();
        assert_eq!((pages.len(), summary.left_out), (1, 0), "{html}");
        assert_eq!(extent(&pages[0]), extent(&carried), "{html}");
        assert_eq!(extent(&page(&html)), None, "nothing is fetched unless asked for: {html}");
    }
}

#[test]
fn addresses_are_asked_for_together_once_each_and_not_without_end() {
    let asked = |tag: &str| {
        let asked = ASKED.lock().unwrap();
        asked.iter().filter(|urls| urls.iter().any(|url| url.contains(tag))).cloned().collect::<Vec<_>>()
    };
    let at = |name: &str| format!("https://img.example/{name}");
    // What is too wide is laid out a second time, and what is fetched is not fetched again.
    let html = format!(
        "<img src='{}' width=2000><img src='{}'><img src='{0}'><img src='relative.png?one'><img src='ftp://img.example/?one'>\
         <img src='https://user@img.example/?one'>",
        at("logo.png?one"),
        at("none.png?one")
    );
    let (_, summary) = pages(body(&html), Kind::Html, &fetching()).unwrap();
    assert_eq!(asked("?one"), [[at("logo.png?one"), at("none.png?one"), "https://user@img.example/?one".to_owned()]]);
    assert_eq!(summary.left_out, 4);

    let many: String = (0..150).map(|n| format!("<img src='{}{n}'>", at("logo.png?many"))).collect();
    let (_, summary) = pages(body(&many), Kind::Html, &fetching()).unwrap();
    assert_eq!(asked("?many").iter().map(Vec::len).collect::<Vec<_>>(), [ADDRESSES_MAX]);
    assert_eq!(summary.left_out, 50);

    let endless = format!("<link rel=stylesheet href='{}'>text", at("endless.css?endless"));
    pages(body(&endless), Kind::Html, &fetching()).unwrap();
    assert_eq!(asked("?endless").len(), 1);
    let (_, summary) = pages(body(&format!("<img src='{}'>", at("huge.bmp"))), Kind::Html, &fetching()).unwrap();
    assert_eq!(summary.left_out, 1, "a picture of 4 billion pixels");
}

#[test]
fn addresses_and_selectors_that_are_none_do_no_harm() {
    let plain = page(&body("text"));
    for html in [
        "<img src='http://[' width=0 height=0>text",
        "<style>@import 'http://[';</style>text",
        "<style>p:state(x){color:red}</style>text",
    ] {
        assert!(page(&body(html)) == plain, "{html}");
    }
}

#[test]
fn forms_show_what_they_hold() {
    let shown = page(&body(
        "<input value='held'><select><option>no<option selected>yes</select><textarea>area</textarea><button>push</button>",
    ));
    let empty = page(&body("<input><select></select><textarea></textarea><button></button>"));
    let all = |page: &Bitmap| ink(page, 0..1728, 0..300);
    assert!(all(&shown) > all(&empty) + 500);
    assert!(page(&body("<input type=checkbox checked>")) != page(&body("<input type=checkbox>")));
    assert!(extent(&page(&body("<input type=checkbox>"))).is_some());
    assert_eq!(page(&body("<p>a<input type=hidden value=b>")), page(&body("<p>a")));
}

#[test]
fn the_same_text_looks_the_same_in_every_charset() {
    let expected = page("<p>Größe €</p>");
    let utf16 = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    for bytes in [
        [&b"\xef\xbb\xbf"[..], "<p>Größe €</p>".as_bytes()].concat(),
        [&b"\xff\xfe"[..], &utf16("<p>Größe €</p>")].concat(),
        b"<p>Gr\xf6\xdfe \x80</p>".to_vec(),
        b"<meta charset=iso-8859-15><p>Gr\xf6\xdfe \xa4</p>".to_vec(),
        b"<meta http-equiv='content-type' content='text/html; charset=windows-1252'><p>Gr\xf6\xdfe \x80</p>".to_vec(),
        "<?xml version='1.0'?><html xmlns='http://www.w3.org/1999/xhtml'><body><p>Größe €</p><div/></body></html>"
            .into(),
        "<p>Gr&ouml;&#xDF;e &euro;</p>".into(),
    ] {
        assert!(
            one_page(bytes.clone(), Kind::Html, &Options::default()) == expected,
            "{:?}",
            String::from_utf8_lossy(&bytes)
        );
    }
}

#[test]
fn letters_of_all_built_in_scripts_are_shown() {
    let text = "Łódź Ελλάδα Привет שלום مرحبا Հայերեն ქართული ☎ ✓ → ≤ ½ ﬁ";
    let (_, summary) = pages(format!("<p>{text}"), Kind::Html, &Options::default()).unwrap();
    assert_eq!(summary.missing_glyphs, 0);
    // From the right, and joined: the word is narrower than its letters apart.
    let [left, ..] = box_of("<p dir=rtl>مرحبا");
    assert!(left > 600.0);
    let width = |html: &str| box_of(html)[2] - box_of(html)[0];
    assert!(width("مرحبا") < width("م ر ح ب ا") * 0.8);
}

#[test]
fn documents_of_many_elements_end() {
    let many = "<b>x</b> ".repeat(50_000);
    let limited = Options { limits: Limits { pages: 10, ..Options::default().limits }, ..Options::default() };
    let error = pages(body(&many), Kind::Html, &limited).unwrap_err();
    assert!(matches!(error, RenderError::TooManyPages { limit: 10 }), "{error}");
    let deep = format!("{}x", "<div>".repeat(100_000));
    let error = pages(deep, Kind::Html, &limited).unwrap_err();
    assert!(matches!(error, RenderError::TooBig { .. }), "{error}");
    assert_eq!(pages(format!("{}x", "<div>".repeat(400)), Kind::Html, &limited).unwrap().1.pages, 1);
    let wide = "<table style='width:1000000px'><tr><td>x</table>";
    assert_eq!(pages(body(wide), Kind::Html, &limited).unwrap().1.pages, 1);
    let high = "<div style='height:90000000px'></div>x";
    assert!(matches!(pages(body(high), Kind::Html, &limited).unwrap_err(), RenderError::TooManyPages { .. }));
}

#[test]
fn nothing_at_all_is_a_blank_page() {
    assert_eq!(extent(&page("<html></html>")), None);
    assert_eq!(extent(&page(" ")), None);
    assert_eq!(extent(&page(&body("<img src='none.png'>"))), None);
}
