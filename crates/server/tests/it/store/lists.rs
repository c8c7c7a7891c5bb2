//! Do-not-fax lists: whom they bar, and when they are in force.

use ferrofax_server::lists::{Entry, List, read};
use ferrofax_server::store::{Import, StoreError};

use super::*;

fn own() -> List {
    List::Customer("99999te".to_owned())
}

fn entries(text: &str) -> Vec<Entry> {
    let file = read(text.as_bytes(), None, 1_000_000).unwrap();
    assert_eq!(file.bad, []);
    file.entries
}

async fn import(house: &House, list: &List, text: &str, import: Import) -> u64 {
    house.store.import_list(list, entries(text), import, now()).await.unwrap()
}

async fn numbers(house: &House, list: &List) -> Vec<String> {
    let page = house.store.list_page(list, "", 1000).await.unwrap();
    page.into_iter().map(|entry| entry.number).collect()
}

fn asking(id: &str, numbers: &[&str]) -> NewJob {
    let mut new = job(id, numbers);
    new.order.transport.blacklist = true;
    new
}

pub(super) async fn a_listed_number_is_never_called(house: House) {
    import(&house, &List::Operator, "+4910\n+49900*", Import::Replace).await;
    import(&house, &List::Robinson, "+4920", Import::Replace).await;
    import(&house, &List::Ecofax, "+3330", Import::Replace).await;
    import(&house, &own(), "+4940\n+4920", Import::Replace).await;
    for (id, number, status) in [
        ("FJ1", "+4910", "BLACKLIST: the number is on the operator's do-not-fax list"),
        ("FJ2", "+49900123", "BLACKLIST: the number is on the operator's do-not-fax list"),
        ("FJ3", "+3330", "BLACKLIST: the number is on the French do-not-fax list (ECOFAX)"),
        ("FJ4", "+4940", "PBLACKLIST: the number is on the customer's own do-not-fax list"),
        ("FJ5", "+4920", "PBLACKLIST: the number is on the customer's own do-not-fax list"),
    ] {
        house.prepared(asking(id, &[number]), 1).await;
        assert_eq!(house.may_call(now()).await, None, "{id}");
        let recipient = house.report(id).await.recipient_status.remove(0);
        assert_eq!(format!("{}: {}", recipient.status, recipient.reason), status);
        assert_eq!((recipient.sent_to_number, recipient.sent_ts), (None, None));
        assert!(house.view(id).await.deliveries[0].attempts.is_empty());
    }
    // Nobody asked for the lists of the house; and what only begins alike is another number.
    house.prepared(job("FJ6", &["+4910", "+3330"]), 1).await;
    house.prepared(asking("FJ7", &["+49401", "+494"]), 1).await;
    for _ in 0..4 {
        let claim = house.call(now()).await;
        house.send(claim, now()).await;
    }
    assert_eq!(house.status("FJ6").await.0, "OK");
    // Another customer's list bars nobody else's faxes.
    let other = Customer { number: "2".to_owned(), account: Account::default() };
    house.store.put_customer(other, now()).await.unwrap();
    let mut new = job("FJ8", &["+4940"]);
    new.customer = "2".to_owned();
    house.prepared(new, 1).await;
    assert_eq!(house.call(now()).await.dial, "004940");
}

pub(super) async fn a_list_holds_for_what_waits_already(house: House) {
    house.prepared(job("FJ1", &["+491234", "+495678"]), 1).await;
    let entry = Entry::new("+491234", "asked us", None, None).unwrap();
    assert!(house.store.add_to_list(&own(), entry, now()).await.unwrap());
    assert_eq!(house.call(now()).await.dial, "00495678");
    assert_eq!(house.may_call(now()).await, None);
    assert_eq!(house.report("FJ1").await.recipient_status[0].status, "PBLACKLIST");
}

pub(super) async fn another_number_is_called_instead_of_a_listed_one(house: House) {
    import(&house, &own(), "+4910\n+4930", Import::Replace).await;
    let several = |id: &str, numbers: [&str; 3]| {
        let mut new = job(id, &[&format!("+{}", &numbers[0][2..])]);
        new.deliveries[0].alternatives = vec![numbers[1].into(), numbers[2].into()];
        new
    };
    house.prepared(several("FJ1", ["004910", "004920", "004930"]), 2).await;
    let claim = house.call(now()).await;
    assert_eq!((claim.dial.as_str(), claim.attempt), ("004920", 1));
    house.end(claim, Outcome::Busy, now()).await;
    assert_eq!(house.may_call(at(60)).await, None);
    assert_eq!(house.status("FJ1").await.0, "BUSY", "of the number that was called");

    // Listed between two calls: the next one gets the fax from its first page.
    house.prepared(several("FJ2", ["004950", "004960", "004930"]), 2).await;
    let claim = house.call(now()).await;
    assert_eq!(claim.dial, "004950");
    house.confirm(&claim, 0).await;
    let again = Next::Again(ferrofax_server::jobs::Again::at(at(30)));
    house.store.settle_attempt(claim, result(Outcome::Interrupted, now(), at(8)), again, &once()).await.unwrap();
    import(&house, &own(), "+4950", Import::Add).await;
    let claim = house.call(at(30)).await;
    assert_eq!((claim.dial.as_str(), claim.first_page, claim.attempt), ("004960", 0, 2));
    house.end(claim, Outcome::NumberNotAssigned, at(30)).await;
    assert_eq!(house.may_call(at(60)).await, None);
    assert_eq!(house.status("FJ2").await.0, "WRONG_NO");

    // All of them.
    house.prepared(several("FJ3", ["004910", "004930", "004950"]), 2).await;
    assert_eq!(house.may_call(now()).await, None);
    assert_eq!(house.status("FJ3").await.0, "PBLACKLIST");
}

pub(super) async fn a_list_is_replaced_added_to_and_paged(house: House) {
    assert_eq!(import(&house, &own(), "+491234\n+495678,gone", Import::Replace).await, 2);
    assert_eq!(import(&house, &own(), "+492345,mail,31/03/2025\n+495678,stays", Import::Add).await, 4);
    assert_eq!(numbers(&house, &own()).await, ["00491234", "00492345", "00495678"]);
    let page = house.store.list_page(&own(), "00491234", 2).await.unwrap();
    let told = |n: usize| (page[n].comment.clone().unwrap(), page[n].date.map(|date| date.to_string()));
    assert_eq!((told(0), told(1)), (("mail".into(), Some("2025-03-31".into())), ("stays".into(), None)));
    let new = Entry::new("+495678", "again", None, None).unwrap();
    assert!(!house.store.add_to_list(&own(), new, now()).await.unwrap(), "it was there");
    let found = house.store.find_in_list(&own(), "00495678").await.unwrap().unwrap();
    assert_eq!(found.comment.as_deref(), Some("again"));
    assert!(house.store.remove_from_list(&own(), "00495678").await.unwrap());
    assert!(!house.store.remove_from_list(&own(), "00495678").await.unwrap());
    assert_eq!(house.store.find_in_list(&own(), "00495678").await.unwrap(), None);
    assert_eq!(import(&house, &own(), "+49*", Import::Replace).await, 1);
    assert_eq!(numbers(&house, &own()).await, ["0049*"]);
    assert_eq!(house.store.find_in_list(&own(), "00495678").await.unwrap().unwrap().number, "0049*");
    let lists = house.another().lists().await.unwrap();
    assert_eq!(lists.len(), 1);
    assert_eq!((lists[0].list.name(), lists[0].entries), ("customer", 1));
    assert_eq!(import(&house, &own(), "", Import::Replace).await, 0);
    assert_eq!(house.store.lists().await.unwrap(), []);
    let nobody = house.store.import_list(&List::Customer("7".into()), Vec::new(), Import::Add, now()).await;
    assert!(matches!(nobody, Err(StoreError::UnknownCustomer)), "{nobody:?}");
}

pub(super) async fn half_an_import_is_never_in_force(house: House) {
    import(&house, &own(), "+491234", Import::Replace).await;
    let many: String = (0..20_000).map(|n| format!("+49{:08}\n", 10_000_000 + n)).collect();
    let store = house.store.clone();
    let before = store.commits();
    let cut_off = async {
        while store.commits() < before + 3 {
            tokio::task::yield_now().await;
        }
    };
    let list = own();
    tokio::select! {
        _ = store.import_list(&list, entries(&many), Import::Replace, now()) => panic!("it was not cut off"),
        () = cut_off => {}
    }
    assert_eq!(numbers(&house, &own()).await, ["00491234"]);
    assert_eq!(house.store.find_in_list(&own(), "004910000000").await.unwrap(), None);
    assert_eq!(house.store.sweep_lists(at(60)).await.unwrap(), 0, "it may still go on");
    let swept = house.store.sweep_lists(at(7 * 3600)).await.unwrap();
    assert!((2000..20_000).contains(&swept), "{swept}");
    assert_eq!(import(&house, &own(), &many, Import::Replace).await, 20_000);
    assert_eq!(house.store.sweep_lists(at(7 * 3600)).await.unwrap(), 0, "what was replaced is gone");
    assert_eq!(numbers(&house, &own()).await.len(), 1000);
    assert!(house.store.find_in_list(&own(), "004910019999").await.unwrap().is_some());
}

pub(super) async fn there_is_an_end_to_a_customers_list(house: House) {
    let many: String = (0..200_000).map(|n| format!("+49{:08}\n", 10_000_000 + n)).collect();
    let mut entries = entries(&many);
    entries.push(Entry::new("+4999", "", None, None).unwrap());
    let refused = house.store.import_list(&own(), entries, Import::Replace, now()).await;
    assert!(matches!(refused, Err(StoreError::TooMany)), "{refused:?}");
}
