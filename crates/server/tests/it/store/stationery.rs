//! Templates and overlays, in versions, and the jobs bound to them.

use std::collections::BTreeSet;

use ferrofax_api::job::{Overlay, OverlayMode, Paper};
use ferrofax_server::jobs::Again;
use ferrofax_server::stationery::{
    BUILT_IN, DEFAULT_COVER, OverlayName, RETIRED_MAX, RETIRED_OF_NAME_MAX, TEMPLATES_BYTES_MAX, TEMPLATES_MAX,
    TemplateName,
};
use ferrofax_server::store::{NewOverlay, StoreError};

use super::*;

const CUSTOMER: &str = "99999TE";

fn template(name: &str) -> TemplateName {
    TemplateName::parse(name).unwrap()
}

fn overlay(name: &str, mark: u32) -> NewOverlay {
    let page = |n: u32, resolution| StoredPage { resolution, ..page(n) };
    let pages = [(Paper::A4, 0), (Paper::Letter, 2)].into_iter().flat_map(|(paper, n)| {
        let [standard, fine] = [Resolution::Standard, Resolution::Fine];
        [(paper, page(mark + n, standard)), (paper, page(mark + n + 1, fine))]
    });
    let name = OverlayName::parse(name).unwrap();
    NewOverlay { name, kind: DocumentKind::Png, original: mark.to_be_bytes().to_vec(), pages: pages.collect() }
}

/// A job with this cover page and, where a name is given, this overlay.
fn stationery_job(id: &str, cover: Option<&str>, overlay: Option<&str>) -> NewJob {
    let mut new = job(id, &["+4989123"]);
    new.order.rendering.cover = cover.map(str::to_owned);
    new.order.rendering.overlay = overlay.map(|name| Overlay { name: name.to_owned(), mode: OverlayMode::AllPages });
    new
}

pub(super) async fn a_template_is_installed_replaced_and_removed(mut house: House) {
    let first = house.store.install_template(CUSTOMER, &template("a.ftl.html"), "one", now()).await.unwrap();
    house.store.install_template(CUSTOMER, &template("b.ftl"), "zwei ä", at(1)).await.unwrap();
    let again = house.store.install_template(CUSTOMER, &template("a.ftl.html"), "three", at(2)).await.unwrap();
    assert!(again > first);
    house.reopen();
    let views = house.store.templates(CUSTOMER).await.unwrap();
    let seen: Vec<_> = views.iter().map(|view| (view.name.as_str(), view.bytes, view.created_at)).collect();
    assert_eq!(seen, [("a.ftl.html", 5, at(2)), ("b.ftl", 7, at(1))]);
    assert_eq!(views[0].version, again);
    let sources = house.store.template_sources(CUSTOMER).await.unwrap();
    let built_in = BUILT_IN.iter().map(|(name, _)| *name);
    let all: BTreeSet<_> = ["a.ftl.html", "b.ftl"].into_iter().chain(built_in).collect();
    assert!(sources.keys().map(String::as_str).eq(all), "with those that everybody has");
    assert_eq!(sources["a.ftl.html"], "three");

    assert!(house.store.remove_template(CUSTOMER, &template("a.ftl.html")).await.unwrap());
    assert!(!house.store.remove_template(CUSTOMER, &template("a.ftl.html")).await.unwrap());
    assert!(!house.store.template_sources(CUSTOMER).await.unwrap().contains_key("a.ftl.html"));
    let after = house.store.install_template(CUSTOMER, &template("a.ftl.html"), "four", at(3)).await.unwrap();
    assert!(after > again, "a version is never given twice");
}

pub(super) async fn a_customers_own_default_cover_goes_before_the_built_in_one(house: House) {
    let sources = house.store.template_sources(CUSTOMER).await.unwrap();
    assert!(sources[DEFAULT_COVER].contains("ToName"));
    house.store.install_template(CUSTOMER, &template(DEFAULT_COVER), "own", now()).await.unwrap();
    assert_eq!(house.store.template_sources(CUSTOMER).await.unwrap()[DEFAULT_COVER], "own");
    house.store.remove_template(CUSTOMER, &template(DEFAULT_COVER)).await.unwrap();
    assert_eq!(house.store.template_sources(CUSTOMER).await.unwrap(), sources);
}

pub(super) async fn stationery_belongs_to_its_customer(house: House) {
    let other = Customer { number: "11111".to_owned(), account: Account::default() };
    house.store.put_customer(other, now()).await.unwrap();
    house.store.install_template("99999te", &template("a.ftl.html"), "one", now()).await.unwrap();
    house.store.install_overlay("99999te", overlay("Head", 1), now()).await.unwrap();
    assert_eq!(house.store.templates(CUSTOMER).await.unwrap().len(), 1, "in any letter case");
    assert_eq!(house.store.overlays(CUSTOMER).await.unwrap().len(), 1);
    assert_eq!(house.store.templates("11111").await.unwrap(), []);
    assert_eq!(house.store.overlays("11111").await.unwrap(), []);
    assert!(!house.store.remove_template("11111", &template("a.ftl.html")).await.unwrap());
    let nobody = house.store.install_template("22222", &template("a.ftl.html"), "one", now()).await;
    assert!(matches!(nobody, Err(StoreError::UnknownCustomer)), "{nobody:?}");
    let nobody = house.store.template_sources("22222").await;
    assert!(matches!(nobody, Err(StoreError::UnknownCustomer)), "{nobody:?}");
}

pub(super) async fn an_overlay_has_a_page_for_each_sheet(house: House) {
    let new = overlay("LetterHead", 10);
    house.store.install_overlay(CUSTOMER, new.clone(), now()).await.unwrap();
    let view = &house.store.overlays(CUSTOMER).await.unwrap()[0];
    assert_eq!((view.name.as_str(), view.kind, view.bytes), ("LetterHead", DocumentKind::Png, 4));
    let stationery = house.store.stationery(CUSTOMER).await.unwrap();
    for paper in [Paper::A4, Paper::Letter] {
        let pages = house.store.overlay_pages(&stationery, "LetterHead", paper).await.unwrap();
        let wanted = new.pages.iter().filter(|(of, _)| *of == paper).map(|(_, page)| page.clone());
        assert_eq!(*pages, wanted.collect::<Vec<_>>(), "{paper:?}");
    }
    let original = house.store.overlay_original(CUSTOMER, &new.name).await.unwrap();
    assert_eq!(original, Some((DocumentKind::Png, new.original)));
    let case = house.store.overlay_pages(&stationery, "letterhead", Paper::A4).await.unwrap();
    assert_eq!(*case, [], "names are compared letter by letter");
    assert!(house.store.remove_overlay(CUSTOMER, &new.name).await.unwrap());
    assert_eq!(house.store.overlays(CUSTOMER).await.unwrap(), []);
}

pub(super) async fn a_job_that_names_what_is_not_installed_is_refused(house: House) {
    let store = &house.store;
    store.install_template(CUSTOMER, &template("gone.ftl.html"), "one", now()).await.unwrap();
    store.remove_template(CUSTOMER, &template("gone.ftl.html")).await.unwrap();
    store.install_template(CUSTOMER, &template("report-mail.ftl.txt"), "one", now()).await.unwrap();
    let of_mails = ["report-mail.ftl.html", "report-mail.ftl.txt"];
    for cover in ["no.ftl.html", "gone.ftl.html", "Coverpage-Default.ftl.html"].into_iter().chain(of_mails) {
        let refused = store.accept_job(stationery_job("FJ1", Some(cover), None)).await;
        assert!(matches!(refused, Err(StoreError::UnknownTemplate)), "{refused:?}");
    }
    let refused = store.accept_job(stationery_job("FJ1", Some(DEFAULT_COVER), Some("No"))).await;
    assert!(matches!(refused, Err(StoreError::UnknownOverlay)), "{refused:?}");
    assert_eq!(store.job_view(&JobId("FJ1".into())).await.unwrap(), None, "nothing is left of it");
    store.accept_job(stationery_job("FJ1", Some(DEFAULT_COVER), None)).await.unwrap();
}

pub(super) async fn a_job_keeps_the_stationery_it_was_accepted_with(house: House) {
    let store = &house.store;
    store.install_template(CUSTOMER, &template("a.ftl.html"), "old", now()).await.unwrap();
    store.install_template(CUSTOMER, &template("b.ftl"), "included", now()).await.unwrap();
    store.install_overlay(CUSTOMER, overlay("Head", 1), now()).await.unwrap();
    store.accept_job(stationery_job("FJ1", Some("a.ftl.html"), Some("Head"))).await.unwrap();
    store.install_template(CUSTOMER, &template("a.ftl.html"), "new", now()).await.unwrap();
    store.remove_template(CUSTOMER, &template("b.ftl")).await.unwrap();
    store.install_template(CUSTOMER, &template("c.ftl"), "later", now()).await.unwrap();
    store.install_overlay(CUSTOMER, overlay("Head", 5), now()).await.unwrap();
    let claim = store.claim_preparation("node", now(), LEASE).await.unwrap().unwrap();
    let bound = claim.stationery.clone().unwrap();
    let sources = store.template_sources_at(&bound).await.unwrap();
    assert_eq!(sources["a.ftl.html"], "old");
    assert_eq!(sources["b.ftl"], "included");
    assert!(!sources.contains_key("c.ftl"));
    assert_eq!(store.overlay_pages(&bound, "Head", Paper::A4).await.unwrap()[0].rows, page(1).rows);

    store.settle_prepared(claim, vec![page(0)], &anywhere(), now()).await.unwrap();
    let claim = house.call(now()).await;
    assert_eq!(claim.composition.stationery.as_ref(), Some(&bound));
    house.send(claim, now()).await;
    assert_eq!(store.template_sources(CUSTOMER).await.unwrap()["a.ftl.html"], "new");
}

pub(super) async fn versions_are_told_and_read_also_of_what_was_removed(house: House) {
    let (store, name) = (&house.store, template("a.ftl.html"));
    let first = store.install_template(CUSTOMER, &name, "one", now()).await.unwrap();
    let second = store.install_template(CUSTOMER, &name, "zwei ä", at(1)).await.unwrap();
    store.install_template(CUSTOMER, &template("b.ftl"), "other", at(1)).await.unwrap();
    let seen = async || {
        let versions = store.template_versions(CUSTOMER, &name).await.unwrap();
        let short = versions.into_iter().map(|it| (it.version, it.bytes, it.created_at, it.current, it.kind));
        short.collect::<Vec<_>>()
    };
    assert_eq!(seen().await, [(second, 7, at(1), true, None), (first, 3, now(), false, None)]);
    let hash = &store.template_versions(CUSTOMER, &name).await.unwrap()[1].sha256;
    assert_eq!(hash, "7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed");
    store.remove_template(CUSTOMER, &name).await.unwrap();
    assert!(seen().await.iter().all(|(.., current, _)| !current));
    assert_eq!(store.template_version(CUSTOMER, &name, first).await.unwrap().as_deref(), Some("one"));
    assert_eq!(store.template_version(CUSTOMER, &name, second + 1).await.unwrap(), None, "b's");

    let head = overlay("Head", 1);
    let first = store.install_overlay(CUSTOMER, head.clone(), now()).await.unwrap();
    store.install_overlay(CUSTOMER, overlay("Head", 5), at(1)).await.unwrap();
    let versions = store.overlay_versions(CUSTOMER, &head.name).await.unwrap();
    let kinds: Vec<_> = versions.iter().map(|it| (it.bytes, it.kind, it.current)).collect();
    assert_eq!(kinds, [(4, Some(DocumentKind::Png), true), (4, Some(DocumentKind::Png), false)]);
    assert_ne!(versions[0].sha256, versions[1].sha256);
    assert_eq!(store.overlay_version(CUSTOMER, &head.name, first).await.unwrap(), Some(head));
}

pub(super) async fn old_versions_are_swept_but_the_last_and_those_of_jobs(house: House) {
    let (store, name) = (&house.store, template("a.ftl.html"));
    store.install_template(CUSTOMER, &name, "for the job", now()).await.unwrap();
    store.accept_job(stationery_job("FJ1", Some("a.ftl.html"), None)).await.unwrap();
    for n in 0..=RETIRED_OF_NAME_MAX {
        store.install_template(CUSTOMER, &name, &format!("{n}"), now()).await.unwrap();
        store.install_overlay(CUSTOMER, overlay("Head", n), now()).await.unwrap();
    }
    assert_eq!(store.sweep_stationery().await.unwrap(), 0, "one is too many, and the job needs it");
    let claim = store.claim_preparation("node", now(), LEASE).await.unwrap().unwrap();
    let bound = claim.stationery.clone().unwrap();
    assert_eq!(house.another().template_sources_at(&bound).await.unwrap()["a.ftl.html"], "for the job");
    store.settle_prepared(claim, vec![page(0)], &anywhere(), now()).await.unwrap();
    house.send(house.call(now()).await, now()).await;
    store.install_overlay(CUSTOMER, overlay("Head", 99), now()).await.unwrap();
    assert_eq!(store.sweep_stationery().await.unwrap(), 2, "a template and an overlay");
    let kept = store.template_versions(CUSTOMER, &name).await.unwrap();
    assert_eq!(kept.len(), RETIRED_OF_NAME_MAX as usize + 1);
    assert!(kept[0].current);

    for n in 0..RETIRED_MAX {
        let name = template(&format!("{n}.ftl"));
        store.install_template(CUSTOMER, &name, "", now()).await.unwrap();
        store.remove_template(CUSTOMER, &name).await.unwrap();
    }
    let swept = store.sweep_stationery().await.unwrap();
    assert_eq!(swept, RETIRED_OF_NAME_MAX as usize, "the younger ones of the customer go before");
    let kept = store.template_versions(CUSTOMER, &name).await.unwrap();
    assert_eq!(kept.iter().map(|it| it.current).collect::<Vec<_>>(), [true]);
}

pub(super) async fn there_is_an_end_to_templates(house: House) {
    for n in 0..TEMPLATES_MAX {
        house.store.install_template(CUSTOMER, &template(&format!("{n}.ftl")), "", now()).await.unwrap();
    }
    let more = house.store.install_template(CUSTOMER, &template("more.ftl"), "", now()).await;
    assert!(matches!(more, Err(StoreError::TooMany)), "{more:?}");
    house.store.install_template(CUSTOMER, &template("0.ftl"), "replaced", now()).await.unwrap();
    let large = "x".repeat(TEMPLATES_BYTES_MAX as usize + 1);
    let more = house.store.install_template(CUSTOMER, &template("0.ftl"), &large, now()).await;
    assert!(matches!(more, Err(StoreError::TooMany)), "{more:?}");
    assert_eq!(house.store.template_sources(CUSTOMER).await.unwrap()["0.ftl"], "replaced");
}

pub(super) async fn a_fax_grows_by_its_recipients_own_cover_page(house: House) {
    let mut new = job("FJ1", &["+4989123", "+4989124"]);
    new.order.rendering.cover = Some(DEFAULT_COVER.to_owned());
    house.prepared(new, 2).await;
    for (expected, cover) in [(3, 1), (4, 2)] {
        let claim = house.call(now()).await;
        assert_eq!((claim.pages, claim.cover_pages, claim.first_page), (2, 0, 0));
        let claim = house.store.record_composed(claim, cover, &[]).await.unwrap();
        assert_eq!((claim.pages, claim.cover_pages), (expected, cover));
        assert_eq!(house.store.history(&claim).await.unwrap().pages, expected);
        house.send(claim, now()).await;
    }
    let report = house.report("FJ1").await;
    assert_eq!(report.pages, 4, "the longest");
    let confirmed: Vec<_> =
        report.recipient_status.iter().map(|one| (one.status.as_str(), one.pages_confirmed)).collect();
    assert_eq!(confirmed, [("OK", Some(3)), ("OK", Some(4))]);
}

pub(super) async fn a_call_cut_off_after_the_cover_page_goes_on_with_the_documents(house: House) {
    let mut new = job("FJ1", &["+4989123"]);
    new.order.rendering.cover = Some(DEFAULT_COVER.to_owned());
    house.prepared(new, 2).await;
    let claim = house.call(now()).await;
    let dated = claim.composition.dated;
    let claim = house.store.record_composed(claim, 1, &[]).await.unwrap();
    house.confirm(&claim, 0).await;
    house.confirm(&claim, 1).await;
    house.store.reclaim_from("node", at(5), &once()).await.unwrap();

    let claim = house.call(at(6)).await;
    assert_eq!((claim.pages, claim.cover_pages, claim.first_page), (3, 1, 2));
    assert_eq!(claim.composition.dated, dated, "its cover page would be the same again");
    let rows: Vec<_> = house.store.pages(&claim).await.unwrap().iter().map(|page| page.rows).collect();
    assert_eq!(rows, [page(1).rows], "of the documents' pages, those after it");
    let other = house.store.record_composed(claim.clone(), 2, &[]).await;
    assert!(matches!(other, Err(StoreError::Internal(_))), "{other:?}");
    let claim = house.store.record_composed(claim, 1, &[]).await.unwrap();
    house.send(claim, at(6)).await;
    assert_eq!(house.status("FJ1").await.0, "OK");
}

pub(super) async fn a_cover_page_alone_is_a_fax(house: House) {
    let mut new = stationery_job("FJ1", Some(DEFAULT_COVER), None);
    new.order.documents.clear();
    house.prepared(new, 0).await;
    let claim = house.call(now()).await;
    let claim = house.store.record_composed(claim, 1, &[]).await.unwrap();
    assert_eq!(house.store.pages(&claim).await.unwrap(), []);
    house.send(claim, now()).await;
    let report = house.report("FJ1").await;
    assert_eq!((report.pages, report.recipient_status[0].status.as_str()), (1, "OK"));
}

pub(super) async fn a_fax_that_can_not_be_composed_was_never_called(house: House) {
    house.prepared(stationery_job("FJ1", Some(DEFAULT_COVER), None), 1).await;
    let claim = house.call(now()).await;
    let later = Next::Again(Again::at(at(30)));
    house.store.settle_uncomposed(claim, later, &once(), now()).await.unwrap();
    assert_eq!(house.may_call(at(29)).await, None);
    let claim = house.call(at(30)).await;
    assert_eq!((claim.uncomposed, claim.attempt, claim.composition.dated), (1, 1, at(30)));
    let end = failed((ferrofax_server::jobs::ApiStatus::RenderingError, "cover page: a.ftl:1:1: no"));
    house.store.settle_uncomposed(claim, end, &once(), at(31)).await.unwrap();
    let status = &house.report("FJ1").await.recipient_status[0];
    assert_eq!((status.status.as_str(), status.reason.as_str()), ("RENDERING_ERROR", "cover page: a.ftl:1:1: no"));
    assert_eq!((&status.sent_to_number, &status.sent_ts), (&None, &None), "nobody was called");
}
