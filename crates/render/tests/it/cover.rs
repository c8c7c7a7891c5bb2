use std::collections::BTreeMap;

use ferrofax_fax::page::{Bitmap, StoredPage};
use ferrofax_render::cover::{Cover, render};
use ferrofax_render::{Options, RenderError, Summary};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::make::{extent, ink};

const DEFAULT: &str = include_str!("../../../template/templates/coverpage-default.ftl.html");

fn cover(source: &str, properties: &[(&str, &str)]) -> Cover {
    Cover {
        template: "cover.ftl.html".into(),
        sources: BTreeMap::from([("cover.ftl.html".to_owned(), source.to_owned())]),
        properties: properties.iter().map(|&(key, value)| (key.to_owned(), value.to_owned())).collect(),
        facts: BTreeMap::from([("pages".to_owned(), "3".to_owned()), ("job".to_owned(), "J-1".to_owned())]),
        now: "2016-02-01T17:03:17Z".parse::<Timestamp>().unwrap(),
        zone: TimeZone::get("Europe/Berlin").unwrap(),
    }
}

fn pages(cover: &Cover) -> Result<(Vec<Bitmap>, Summary), RenderError> {
    let mut pages = Vec::new();
    let summary = render(cover, &Options::default(), &mut |page: StoredPage| {
        page.check().map_err(std::io::Error::other)?;
        pages.push(Bitmap::from_source(&mut page.source()));
        Ok(())
    })?;
    Ok((pages, summary))
}

fn page(source: &str, properties: &[(&str, &str)]) -> Bitmap {
    let (mut pages, _) = pages(&cover(source, properties)).unwrap();
    assert_eq!(pages.len(), 1);
    pages.remove(0)
}

#[test]
fn the_default_cover_shows_each_of_its_keys() {
    let empty = page(DEFAULT, &[]);
    assert!(extent(&empty).is_some(), "its headings are there in any case");
    let mut places = Vec::new();
    for key in [
        "FromName",
        "FromCompanyName",
        "FromTelNum",
        "ToName",
        "ToCompanyName",
        "ToFaxNum",
        "SubjectTitle",
        "SubjectText",
    ] {
        let filled = page(DEFAULT, &[(key, "Xxxxx <&> Xxxxx")]);
        let changed: Vec<u32> = (0..filled.rows()).filter(|&y| filled.row(y) != empty.row(y)).collect();
        assert!(!changed.is_empty(), "{key} is not seen");
        places.push(changed[0]);
    }
    assert!(places.is_sorted(), "in the order of the layout: {places:?}");
    // Rules from margin to margin: before the sender, the recipient and the subject.
    let rules = (0..empty.rows()).filter(|&y| ink(&empty, 200..1528, y..y + 1) > 1200);
    let mut last = 0;
    let rules = rules.filter(|&y| std::mem::replace(&mut last, y) + 1 != y).count();
    assert_eq!(rules, 3);
}

#[test]
fn values_are_text_and_never_markup() {
    let (escaped, plain) = ("<#escape x as x?html><p>${a}</p></#escape>", "<p>&lt;b&gt;x&amp;</p>");
    assert_eq!(page(escaped, &[("a", "<b>x&")]), page(plain, &[]));
}

#[test]
fn what_the_service_knows_is_there() {
    let source = "<p>${fax.pages + 1} ${fax.job} ${fax.date?string('dd.MM.yyyy HH:mm')} ${.now?string('yyyy')}";
    assert_eq!(page(source, &[]), page("<p>4 J-1 01.02.2016 18:03 2016", &[]));
}

#[test]
fn missing_keys_are_empty_and_counted() {
    let (pages, summary) = pages(&cover("<p>a${none}b ${other!}", &[])).unwrap();
    assert_eq!(summary.empty_keys, 1);
    assert_eq!(pages[0], page("<p>ab", &[]));
}

#[test]
fn long_texts_flow_onto_more_pages() {
    let text = "Line of a long text.\n".repeat(100);
    let (pages, summary) = pages(&cover(DEFAULT, &[("SubjectText", &text)])).unwrap();
    assert_eq!((pages.len(), summary.pages), (3, 3));
}

#[test]
fn faults_of_a_template_are_told_with_their_place() {
    let error = pages(&cover("<p>\n  ${a?nonsense}", &[])).unwrap_err();
    let RenderError::Template { message } = error else { panic!("{error}") };
    assert!(message.starts_with("cover.ftl.html:2:"), "{message}");
    let missing = Cover { template: "other".into(), ..cover("x", &[]) };
    assert!(matches!(pages(&missing), Err(RenderError::Template { .. })));
}
