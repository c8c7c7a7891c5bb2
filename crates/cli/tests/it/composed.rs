//! Faxes put together for each recipient: cover page, overlay, header line, seen where they arrive.

use std::path::Path;

use base64::Engine as _;
use ferrofax_api::job::{DocumentKind, Paper};
use ferrofax_fax::page::{Resolution, Row, Rows, StoredPage, WIDTH_PELS};
use ferrofax_fax::t6;
use ferrofax_server::prepare::convert::Kinds;
use ferrofax_server::service::{Service, Surroundings};
use ferrofax_server::stationery::OverlayName;
use ferrofax_server::store::{NewOverlay, Store};
use ferrofax_server::{accept, config, store};
use ferrofax_template::header::band_rows;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::first_start;
use crate::world::{FERROFAX, Far, World, sip_line};

/// Where the overlay has its black box, in rows and pels; nothing else is that black there.
const BOX_ROWS: std::ops::Range<u32> = 2000..2040;
const BOX_PELS: [u16; 2] = [1200, 1500];

/// A page with a black box at the bottom.
fn letter_head(rows: u32, resolution: Resolution) -> StoredPage {
    let mut page = Rows::new(WIDTH_PELS);
    (0..rows).for_each(|row| page.push(if BOX_ROWS.contains(&row) { &BOX_PELS } else { &[] }));
    t6::store(&mut page.source(resolution))
}

/// Installs the overlay `LetterHead`, as beside a running service.
fn install_overlay(world: &World) {
    let sheets = [(Paper::A4, 1143, 2287), (Paper::Letter, 1076, 2151)];
    let pages = sheets.into_iter().flat_map(|(paper, low, high)| {
        [(paper, letter_head(low, Resolution::Standard)), (paper, letter_head(high, Resolution::Fine))]
    });
    let name = OverlayName::parse("LetterHead").expect("a name");
    let new = NewOverlay { name, kind: DocumentKind::Tiff, original: vec![0], pages: pages.collect() };
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let store = Store::open(&world.dir.path().join("data")).expect("the store");
    runtime.block_on(store.install_overlay("10000", new, Timestamp::now())).expect("installed");
}

/// The rows of each page of a fax that arrived.
fn received(path: &Path) -> Vec<Vec<Row>> {
    let rows = |page: Rows| page.iter().map(|row| Row { changes: row.to_vec() }).collect();
    first_start::pages(path).into_iter().map(rows).collect()
}

fn has_box(page: &[Row]) -> bool {
    let black = |row: &Row| row.changes.contains(&BOX_PELS[0]) && row.changes.contains(&BOX_PELS[1]);
    page.iter().filter(|row| black(row)).count() >= 30
}

fn ink(rows: &[Row]) -> bool {
    rows.iter().any(|row| !row.changes.is_empty())
}

fn job(mode: &str) -> Value {
    let text = base64::engine::general_purpose::STANDARD.encode("First page\u{c}Second page\n");
    let recipient = |number: &str, name: &str| {
        json!({"number": number, "properties": [
            {"key": "ToName", "value": name}, {"key": "SubjectText", "value": "Please find two pages behind this one."}
        ]})
    };
    json!({
        "recipients": [recipient("+49 89 1001", "Alpha & Sons"), recipient("+49 89 1002", "Beta <GmbH>")],
        "documents": [{"name": "pages.txt", "data": text}],
        "renderingOptions": {
            "coverpageTemplate": "coverpage-default.ftl.html",
            "overlay": {"name": "LetterHead.tif", "mode": mode},
            "header": "%d.%m.%Y %C %c%# %rPage %P of %T"
        }
    })
}

#[test]
fn two_recipients_get_their_own_cover_pages_overlay_and_header_lines() {
    let mut far = Far::start();
    let world = World::start(&sip_line(&far.address));
    install_overlay(&world);
    let band = usize::try_from(band_rows(1, Resolution::Fine.lines_per_metre())).expect("rows");
    for (mode, boxes) in [("FIRST_PAGE", [true, false, false]), ("ALL_BUT_FIRST_PAGE", [false, true, true])] {
        let (status, answer) = world.access.submit(&world.http, &job(mode)).expect("an answer");
        assert_eq!(status, 200, "{answer}");
        let id = answer["jobId"].as_str().expect("an id");
        let faxes = [far.fax(), far.fax()].map(|path| received(&path));
        let report = world.access.final_report(&world.http, id);
        for recipient in report["recipientStatus"].as_array().expect("recipients") {
            assert_eq!((&recipient["status"], &recipient["pagesConfirmed"]), (&json!("OK"), &json!(3)), "{report}");
        }
        assert_eq!(report["pages"], 3, "the cover page counts");
        for fax in &faxes {
            assert_eq!(fax.len(), 3);
            let heights: Vec<_> = fax.iter().map(Vec::len).collect();
            assert_eq!(heights, [2287; 3], "a header line makes no page longer");
            let seen: Vec<_> = fax.iter().map(|page| has_box(page)).collect();
            assert_eq!(seen, boxes, "{mode}");
            for page in fax {
                assert!(ink(&page[..band]), "a header line");
                assert!(!ink(&page[band - 1..band]), "a white row ends the band");
            }
            assert_ne!(fax[1][..band], fax[2][..band], "each page has its number");
        }
        let [one, other] = &faxes;
        assert_ne!(one[0][band..], other[0][band..], "cover pages are their own");
        assert_ne!(one[1][..band], other[1][..band], "numbers are their own");
        for page in 1..3 {
            assert_eq!(one[page][band..], other[page][band..], "the document is the same");
        }
    }
}

#[test]
fn what_is_not_installed_is_refused_by_name() {
    let world = World::start("[http]\nlisten = '127.0.0.1:0'\n");
    for (options, message) in [
        (
            json!({"coverpageTemplate": "no.ftl.html"}),
            "renderingOptions.coverpageTemplate: no template of this name is installed",
        ),
        (
            json!({"overlay": {"name": "No", "mode": "ALL_PAGES"}}),
            "renderingOptions.overlay.name: no overlay of this name is installed",
        ),
    ] {
        let mut order = job("ALL_PAGES");
        order["renderingOptions"] = options;
        let (status, answer) = world.access.submit(&world.http, &order).expect("an answer");
        assert_eq!((status, &answer["message"]), (400, &json!(message)));
    }
}

#[test]
fn documents_are_rendered_once_however_many_recipients_there_are() {
    let dir = tempfile::tempdir().expect("a folder");
    let config = dir.path().join("config.toml");
    let settings = "[http]\nlisten = '127.0.0.1:0'\n[[line]]\nname = 'loopback'\nkind = 'loopback'\nprefixes = ['']\n\
        channels = 12\nspeed = 20\n";
    std::fs::write(&config, format!("data_dir = '{}'\n{settings}", dir.path().join("data").display()))
        .expect("written");
    let config = config::load(Some(&config), []).expect("a configuration").config;
    let command = |command: &str| vec![FERROFAX.into(), command.into()];
    let surroundings = Surroundings { renderer: command("render-worker"), keeper: command("confine"), tray: None };
    let _ = rustls::crypto::ring::default_provider().install_default();

    let mut order = job("ALL_PAGES");
    order["renderingOptions"].as_object_mut().expect("options").remove("overlay");
    order["documents"] = json!([order["documents"][0], order["documents"][0]]);
    let recipients: Vec<_> = (0..12).map(|n| json!({"number": format!("+49 89 20{n:02}")})).collect();
    order["recipients"] = json!(recipients);
    let now = Timestamp::now();
    let order = ferrofax_api::job::parse(order.to_string().as_bytes(), now).expect("a job");
    let account = accept::Account { customer: "10000".into(), login: "fax".into(), ..accept::Account::default() };
    let ids = accept::id::Ids::new("TESTNODE").expect("a node");
    let new = accept::Accept::new(ids, Kinds::default()).job(order, &account, now).expect("accepted");
    let id = new.id.clone();

    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let service = Service::start(&config, surroundings).await.expect("it starts");
        let store = service.store();
        let customer = store::Customer { number: "10000".into(), account: store::Account::default() };
        store.put_customer(customer, now).await.expect("a customer");
        let mut finished = store.bell(store::Stage::Report);
        store.accept_job(new).await.expect("accepted");
        finished.changed().await.expect("finished");
        let report =
            store.report(&"fax".into(), &id).await.expect("the store works").expect("a report").read().expect("JSON");
        for recipient in &report.recipient_status {
            assert_eq!((recipient.status.as_str(), recipient.pages_confirmed), ("OK", Some(5)), "{}", recipient.reason);
        }
        assert_eq!(service.documents_rendered(), 2, "two documents, twelve recipients");
        service.stop(std::time::Duration::ZERO).await;
    });
}
