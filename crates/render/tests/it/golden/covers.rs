//! Cover pages: the default one, and the groups of constructs of `docs/templates.md`.

use std::collections::BTreeMap;

use ferrofax_fax::page::{Bitmap, Resolution, StoredPage};
use ferrofax_render::cover::{Cover, render};
use ferrofax_render::{Options, Summary};
use jiff::tz::TimeZone;

use super::{Tolerance, golden};

const SOURCES: [(&str, &str); 6] = [
    ("look.ftl", include_str!("../../golden/covers/look.ftl")),
    ("part.ftl", include_str!("../../golden/covers/part.ftl")),
    ("directives.ftl.html", include_str!("../../golden/covers/directives.ftl.html")),
    ("expressions.ftl.html", include_str!("../../golden/covers/expressions.ftl.html")),
    ("builtins.ftl.html", include_str!("../../golden/covers/builtins.ftl.html")),
    ("default.ftl.html", include_str!("../../../../template/templates/coverpage-default.ftl.html")),
];

fn cover(template: &str) -> (Vec<Bitmap>, Summary) {
    let texts = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
        pairs.iter().map(|&(key, value)| (key.to_owned(), value.to_owned())).collect()
    };
    let properties = [
        ("ToName", "Anna Weber"),
        ("ToCompanyName", "Weber & Söhne"),
        ("ToFaxNum", "+49 40 1234567"),
        ("FromName", "Jiří Novák"),
        ("FromCompanyName", "Example Ltd"),
        ("FromTelNum", "+44 20 7946 0000"),
        ("SubjectTitle", "Offer <2026>"),
        ("SubjectText", "Dear Ms. Weber,\nplease find our offer on the pages behind this one."),
        ("Kind", "order"),
        ("Markup", "<b>not bold & not markup</b>"),
        ("a key", "with a blank"),
    ];
    let facts = [("pages", "3"), ("job", "FJ0001"), ("number", "0049401234567"), ("csid", "Example Ltd")];
    let cover = Cover {
        template: template.to_owned(),
        sources: SOURCES.iter().map(|&(name, source)| (name.to_owned(), source.to_owned())).collect(),
        properties: texts(&properties),
        facts: BTreeMap::from_iter(texts(&facts)),
        now: "2026-03-05T17:03:17Z".parse().unwrap(),
        zone: TimeZone::get("Europe/Berlin").unwrap(),
    };
    let mut pages = Vec::new();
    let options = Options { resolution: Resolution::Standard, ..Options::default() };
    let summary = render(&cover, &options, &mut |page: StoredPage| {
        pages.push(Bitmap::from_source(&mut page.source()));
        Ok(())
    })
    .unwrap();
    (pages, summary)
}

#[test]
fn covers_of_every_group_of_constructs() {
    for name in ["default", "directives", "expressions", "builtins"] {
        let (pages, summary) = cover(&format!("{name}.ftl.html"));
        golden(&format!("cover-{name}"), &pages, Resolution::Standard, Tolerance::Edges);
        assert_eq!((summary.empty_keys, summary.missing_glyphs), (0, 0), "{name}");
    }
}
