use std::collections::HashSet;
use std::net::IpAddr;

use ferrofax_api::job;
use proptest::prelude::*;

use super::allow::AllowList;
use super::id::{Ids, NotANodeId, is_job_id};
use super::number::{dial, is_doubtful};
use super::*;

fn now() -> Timestamp {
    "2017-08-10T13:04:57.829Z".parse().expect("a time")
}

fn order(more: &str) -> FaxJob {
    let body = format!(
        r#"{{"recipients":[{{"number":"+49 89 123"}},{{"number":"089/456"}}],
            "documents":[{{"name":"a.txt","data":"QQ=="}}]{more}}}"#
    );
    job::parse(body.as_bytes(), now()).expect("a request")
}

fn accept() -> Accept {
    Accept::new(Ids::new("05ZZBIEL").expect("a node"), Kinds::default())
}

fn account() -> Account {
    Account {
        customer: "99999TE".into(),
        login: "te".into(),
        csid: Some("Ferrofax".into()),
        country: Some("DE".into()),
        ..Account::default()
    }
}

#[test]
fn ids_look_like_the_vendors() {
    let id = Ids::new("05ZZBIEL").expect("a node").next("FJ", now());
    assert_eq!(&id[..18], "FJJ66GHGX105ZZBIEL");
    assert!(is_job_id(&id));
    assert!(
        !is_job_id("FJJ66GHGX105ZZBIELVCN") && !is_job_id(&id.to_lowercase()) && !is_job_id("FNJ66GHGX105ZZBIELVCN1")
    );
}

#[test]
fn ids_only_grow_within_a_node_whatever_the_clock_does() {
    let ids = Ids::new("00000000").expect("a node");
    let mut last = String::new();
    // Further than the serials of a millisecond reach, then on a clock that goes back.
    for round in 0..1_700_000u32 {
        let back = (round % 3) * 7;
        let id = ids.next("FJ", now() - jiff::SignedDuration::from_millis(i64::from(back)));
        assert!(id > last, "{id} after {last}");
        last = id;
    }
}

#[test]
fn ids_stay_unique_among_threads() {
    let ids = Ids::new("00000000").expect("a node");
    let take = || (0..5000).map(|_| ids.next("FN", now())).collect::<Vec<_>>();
    let all: Vec<String> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(take)).collect();
        threads.into_iter().flat_map(|thread| thread.join().expect("a thread")).collect()
    });
    assert_eq!(all.iter().collect::<HashSet<_>>().len(), 20_000);
}

#[test]
fn a_node_id_is_eight_base_36_digits() {
    for node in ["", "0000000", "000000000", "abcdefgh", "ÄÄÄÄ"] {
        assert_eq!(Ids::new(node).err(), Some(NotANodeId), "{node}");
    }
    assert!(Ids::new(&Ids::random_node()).is_ok());
}

#[test]
fn numbers_are_dialled_with_00() {
    for (number, country, expected) in [
        ("+49 89 1234567-8900", None, "00498912345678900"),
        ("0049/89/5528-2525", Some("US"), "00498955282525"),
        ("(+1) 201.555.1000", None, "0012015551000"),
        ("00 49 (0)89 123", None, "004989123"),
        ("+39 (0)6 123", None, "00390 6123"),
        ("+39 06 123", None, "00390 6123"),
        ("089 123", Some("DE"), "004989123"),
        ("(0)89 123", Some("de"), "004989123"),
        ("06 123", Some("IT"), "00390 6123"),
        ("0171 123", Some("GB"), "0044171123"),
        ("06 1 123", Some("HU"), "00361123"),
        ("4900000000000", Some("DE"), "004900000000000"),
        ("4900000000000", None, "004900000000000"),
        ("201 555 1000", Some("US"), "0012015551000"),
        ("1 201 555 1000", Some("US"), "0012015551000"),
        ("011 49 89 123", Some("CA"), "004989123"),
        ("011 49 89 123", Some("DE"), "0049114989123"),
        ("112", Some("DE"), "00112"),
        ("+49/89/123456", None, "004989123456"),
        ("+33 (0)1 23 45 67 89", None, "0033123456789"),
        ("02 1234567", Some("IT"), "0039021234567"),
        ("0612345678", Some("HU"), "003612345678"),
        ("0 201 555 1000", Some("US"), "0012015551000"),
        // National by the plan, without a 0 in front.
        ("30 123456", Some("DE"), "004930123456"),
        ("22 123 4567", Some("PL"), "0048221234567"),
        ("8 495 123 4567", Some("RU"), "0074951234567"),
        ("495 123 4567", Some("RU"), "0074951234567"),
        ("011 15 2345 6789", Some("AR"), "005491123456789"),
        // International: nothing such in the account's country, or the account's own.
        ("4900000000000", Some("US"), "004900000000000"),
        ("498 123 4567", Some("US"), "004981234567"),
        ("4930123456", Some("DE"), "004930123456"),
        // As the account's country dials abroad.
        ("010 49 89 1234567", Some("JP"), "0049891234567"),
        // The loopback's numbers.
        ("+498999486", Some("US"), "00498999486"),
        ("498999486", Some("DE"), "00498999486"),
        ("00999 123 99486", Some("DE"), "0099912399486"),
        ("+99999486", None, "0099999486"),
    ] {
        assert_eq!(dial(number, country), Ok(expected.replace(' ', "")), "{number} in {country:?}");
    }
    for (number, country, expected) in [
        ("089 123", None, "is a national number, and the account has no country"),
        ("089 123", Some("Germany"), "is a national number, and the account has no country"),
        ("000 49 89", Some("DE"), "is no international number: no country code begins with 0"),
        ("+0049 89", Some("DE"), "is no international number: no country code begins with 0"),
        ("00", Some("DE"), "has no digits after the international prefix"),
    ] {
        assert_eq!(dial(number, country), Err(expected), "{number} in {country:?}");
    }
}

#[test]
fn the_library_may_doubt_a_number() {
    for valid in ["004989123456", "00498999486", "0012015551000", "00390612345678", "0080012345678", "0018005551000"] {
        assert!(!is_doubtful(valid), "{valid}");
    }
    for doubtful in ["00112", "004900000000000", "0044171123", "0012", "0099912399486", "0049", "001", "00", ""] {
        assert!(is_doubtful(doubtful), "{doubtful}");
    }
    // Every plan can be asked, whatever the number.
    for code in 1..1000 {
        for national in ["0", "000000", "123456789", "8005551234", &"9".repeat(60)] {
            is_doubtful(&format!("00{code}{national}"));
        }
    }
}

proptest! {
    #[test]
    fn an_international_number_keeps_its_digits(digits in "[1-9][0-9]{2,18}", country in prop::option::of("DE|US|IT|HU|RU|AR|BR|XX")) {
        prop_assert_eq!(dial(&format!("+{digits}"), country.as_deref()), Ok(format!("00{digits}")));
        prop_assert_eq!(dial(&format!("00{digits}"), country.as_deref()), Ok(format!("00{digits}")));
    }

    #[test]
    fn what_is_dialled_is_00_and_digits(number in "(\\PC|[-+0-9 ()/.]){0,16}", country in prop::option::of("DE|US|IT|HU|RU|AR|BR|JP|XX|")) {
        if let Ok(dialled) = dial(&number, country.as_deref()) {
            prop_assert!(dialled.starts_with("00") && !dialled.starts_with("000") && dialled.len() > 2);
            prop_assert!(dialled.bytes().all(|byte| byte.is_ascii_digit()));
        }
    }
}

#[test]
fn a_job_gets_ids_numbers_and_the_accounts_sender_id() {
    let job = accept().job(order(""), &account(), now()).expect("a job");
    assert!(is_job_id(&job.id.0));
    assert_eq!((job.customer.as_str(), job.login.as_str()), ("99999TE", "te"));
    let dials: Vec<&str> = job.deliveries.iter().map(|delivery| delivery.dial.as_str()).collect();
    assert_eq!(dials, ["004989123", "004989456"]);
    assert!(job.deliveries[0].id < job.deliveries[1].id && job.deliveries[0].id.0.starts_with("FN"));
    assert_eq!(job.order.transport.csid.as_deref(), Some("Ferrofax"));
    let own = accept().job(order(r#","transportOptions":{"csid":"own"}"#), &account(), now()).expect("a job");
    assert_eq!(own.order.transport.csid.as_deref(), Some("own"));
    let nowhere = Account { country: None, ..account() };
    let wrong = accept().job(order(""), &nowhere, now()).expect_err("must be refused");
    assert_eq!(wrong.to_string(), "recipients[1].number: is a national number, and the account has no country");
}

#[test]
fn alternative_numbers_are_dialled_like_the_first_and_doubts_are_told() {
    let submit = |recipients: &str| {
        let body = format!(r#"{{"recipients":[{recipients}],"documents":[{{"name":"a.txt","data":"QQ=="}}]}}"#);
        let order = job::parse(body.as_bytes(), now()).expect("a request");
        accept().job(order, &account(), now()).map_err(|wrong| wrong.to_string())
    };
    let job = submit(
        r#"{"number":"+49 89 123456","alternativeNumbers":["089/456","00999 1 99486"]},
           {"number":"112","alternativeNumbers":["+49 30 123456"]}"#,
    )
    .expect("a job");
    let [first, second] = &job.deliveries[..] else { panic!("two deliveries") };
    assert_eq!((first.dial.as_str(), second.dial.as_str()), ("004989123456", "00112"));
    assert_eq!(first.alternatives, ["004989456", "00999199486"]);
    assert_eq!(second.alternatives, ["004930123456"]);
    assert_eq!(first.warnings, [Warning::DoubtfulNumber { number: 3 }]);
    assert_eq!(second.warnings, [Warning::DoubtfulNumber { number: 1 }]);
    let told = [&first.warnings[0], &second.warnings[0]].map(ToString::to_string);
    assert_eq!(told[0], "alternative number 2 is not a valid number in its country's plan");
    assert_eq!(told[1], "the recipient's number is not a valid number in its country's plan");
    assert_eq!(job.order.recipients[0].number, "+49 89 123456", "echoed as written");

    let good = r#"{"number":"+49 89 123"}"#;
    for (recipients, expected) in [
        (r#"{"number":"000 49"}"#, "recipients[1].number: is no international number: no country code begins with 0"),
        (
            r#"{"number":"089 123","alternativeNumbers":["089 4","+00 1"]}"#,
            "recipients[1].alternativeNumbers[1]: is no international number: no country code begins with 0",
        ),
    ] {
        assert_eq!(submit(&format!("{good},{recipients}")).expect_err("must be refused"), expected);
    }
}

#[test]
fn what_a_job_leaves_open_is_the_accounts() {
    let set = Account {
        paper: Paper::Letter,
        resolution: Resolution::Low,
        header: Some("%P/%T".into()),
        cover: Some("a.ftl.html".into()),
        ..account()
    };
    let rendering = |more: &str| accept().job(order(more), &set, now()).expect("a job").order.rendering;
    let filled = rendering("");
    assert_eq!((filled.paper, filled.resolution), (Some(Paper::Letter), Some(Resolution::Low)));
    assert_eq!((filled.header.as_deref(), filled.cover.as_deref()), (Some("%P/%T"), Some("a.ftl.html")));
    let own = rendering(
        r#","renderingOptions":{"paperFormat":"A4","resolution":"HIGH","header":"own","coverpageTemplate":"b.ftl.html"}"#,
    );
    assert_eq!((own.paper, own.resolution), (Some(Paper::A4), Some(Resolution::High)));
    assert_eq!((own.header.as_deref(), own.cover.as_deref()), (Some("own"), Some("b.ftl.html")));
    // Empty settings are none.
    let empty = Account { header: Some(String::new()), cover: Some(String::new()), ..account() };
    let rendering = accept().job(order(""), &empty, now()).expect("a job").order.rendering;
    assert_eq!((rendering.header, rendering.cover), (None, None));
}

#[test]
fn there_must_be_something_to_send() {
    let nothing = |account: &Account| {
        let order = job::parse(br#"{"recipients":[{"number":"+49 89 123"}]}"#, now()).expect("a request");
        accept().job(order, account, now()).map(|job| job.order.rendering.cover).map_err(|wrong| wrong.to_string())
    };
    assert_eq!(nothing(&account()), Err("documents: neither a document nor a cover page is given".into()));
    let cover = Account { cover: Some("a.ftl.html".into()), ..account() };
    assert_eq!(nothing(&cover), Ok(Some("a.ftl.html".into())));
}

#[test]
fn an_overlay_is_named_without_its_extension() {
    let named = |name: &str| {
        let more = format!(r#","renderingOptions":{{"overlay":{{"name":"{name}","mode":"ALL_PAGES"}}}}"#);
        let job = accept().job(order(&more), &account(), now()).map_err(|wrong| wrong.to_string());
        job.map(|job| job.order.rendering.overlay.expect("an overlay").name)
    };
    assert_eq!(named("LetterHead.tif"), Ok("LetterHead".into()));
    assert_eq!(named("LetterHead"), Ok("LetterHead".into()));
    let wrong = "renderingOptions.overlay.name: contains other characters than a-z A-Z 0-9 - _ .";
    assert_eq!(named("../LetterHead"), Err(wrong.into()));
}

const ALL: Kinds = Kinds { office: true, ps: true, pcl: true };

#[test]
fn kinds_that_need_what_is_not_installed_are_refused() {
    let office = "office documents can't be converted here: LibreOffice is not installed";
    for (name, kinds, what) in [
        ("b.docx", Kinds { office: false, ..ALL }, office),
        ("b.rtf", Kinds { office: false, ..ALL }, office),
        ("b.ps", Kinds { ps: false, ..ALL }, "PostScript can't be converted here: no converter is configured"),
        ("b.pcl", Kinds { pcl: false, ..ALL }, "PCL can't be converted here: no converter is configured"),
    ] {
        let submit = |kinds| {
            let body = format!(
                r#"{{"recipients":[{{"number":"+49 89 123"}}],
                    "documents":[{{"name":"a.pdf","data":"QQ=="}},{{"name":"{name}","data":"QQ=="}}]}}"#
            );
            let order = job::parse(body.as_bytes(), now()).expect("a request");
            Accept::new(Ids::new("05ZZBIEL").expect("a node"), kinds).job(order, &account(), now())
        };
        assert_eq!(submit(kinds).expect_err("must be refused").to_string(), format!("documents[1].name: {what}"));
        assert!(submit(ALL).is_ok(), "{name}");
    }
}

#[test]
fn a_document_that_is_not_what_its_name_says_is_refused() {
    let submit = |name: &str, data: &str| {
        let body = format!(
            r#"{{"recipients":[{{"number":"+49 89 123"}}],
                "documents":[{{"name":"a.txt","data":"QQ=="}},{{"name":"{name}","data":"{data}"}}]}}"#
        );
        let order = job::parse(body.as_bytes(), now()).expect("a request");
        let job = Accept::new(Ids::new("05ZZBIEL").expect("a node"), ALL).job(order, &account(), now());
        job.map(|_| ()).map_err(|wrong| wrong.to_string())
    };
    let pdf = "JVBERi0xLjcK";
    assert_eq!(submit("a.pdf", pdf), Ok(()));
    assert_eq!(submit("a.png", pdf), Err("documents[1].data: its name says PNG, its content is PDF".into()));
    assert_eq!(submit("a.pdf", "ZGFtYWdlZA=="), Ok(()), "what is merely damaged is for the renderer to say");
}

#[test]
fn the_window_is_a_month_from_the_start_unless_it_is_said() {
    for (valid, from, until) in [
        ("{}", "2017-08-10T13:04:57.829Z", "2017-09-10T13:04:57.829Z"),
        (r#"{"start":"2017-08-31T00:00:00Z"}"#, "2017-08-31T00:00:00Z", "2017-09-30T00:00:00Z"),
        (r#"{"start":"2001-01-01T00:00:00Z"}"#, "2017-08-10T13:04:57.829Z", "2017-09-10T13:04:57.829Z"),
        (r#"{"end":"PT80M"}"#, "2017-08-10T13:04:57.829Z", "2017-08-10T14:24:57.829Z"),
        (r#"{"start":"2017-08-10T14:00:00Z","end":"PT80M"}"#, "2017-08-10T14:00:00Z", "2017-08-10T14:24:57.829Z"),
        (r#"{"end":"2017-08-11T00:00:00Z"}"#, "2017-08-10T13:04:57.829Z", "2017-08-11T00:00:00Z"),
        (r#"{"start":"9999-12-30T00:00:00Z"}"#, "9999-12-30T00:00:00Z", "9999-12-30T22:00:00.999999999Z"),
    ] {
        let order = order(&format!(r#","meta":{{"jobValid":{valid}}}"#));
        let job = accept().job(order, &account(), now()).expect("a job");
        assert_eq!(
            (job.valid_from.to_string().as_str(), job.valid_until.to_string().as_str()),
            (from, until),
            "{valid}"
        );
    }
}

#[test]
fn an_allow_list_takes_addresses_and_subnets() {
    let allow = |entries: &[&str], address: &str| {
        let list = AllowList::parse(entries).expect("a list");
        list.allows(address.parse::<IpAddr>().expect("an address"))
    };
    assert!(allow(&[], "198.51.100.1"));
    assert!(allow(&["192.0.2.7"], "192.0.2.7"));
    assert!(allow(&["192.0.2.7"], "::ffff:192.0.2.7"));
    assert!(!allow(&["192.0.2.7"], "192.0.2.8"));
    assert!(allow(&["192.0.2.0/24", "2001:db8::/32"], "2001:db8::1"));
    assert!(!allow(&["192.0.2.0/24", "2001:db8::/32"], "2001:db9::1"));
    assert_eq!(
        AllowList::from(vec!["192.0.2.7/32".parse().expect("a subnet")]),
        AllowList::parse(["192.0.2.7"]).expect("a list")
    );
    assert!(AllowList::parse(["192.0.2.0/33"]).is_err() && AllowList::parse(["all"]).is_err());
}
