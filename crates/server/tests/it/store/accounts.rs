//! Customers, logins, secrets, the data folder.

use std::fs;

use ferrofax_api::job::{AuthMethod, HttpStatusPush, Paper, Resolution};
use ferrofax_server::config;
use ferrofax_server::http::password;
use ferrofax_server::store::{AccountPush, BlankPages, Language, PushLayout, ServeLock, StoreError};

use ferrofax_server::jobs::Changes;

use super::*;

fn full_customer() -> Customer {
    let push = AccountPush {
        url: Some("https://customer.example/push".into()),
        method: AuthMethod::Oauth2,
        principal: Some("client-id".into()),
        credentials: Some("a-foreign-secret".into()),
        token_url: Some("https://customer.example/token".into()),
        layout: PushLayout::Json,
        signing_key: Some("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".into()),
    };
    let account = Account {
        paper: Paper::Letter,
        resolution: Resolution::Low,
        csid: Some("Front desk".into()),
        header: Some("%d.%m.%Y".into()),
        cost_centre: Some("4711".into()),
        zone: "Europe/Berlin".into(),
        country: Some("DE".into()),
        default_cover: Some("coverpage-default.ftl.html".into()),
        push,
        language: Language::De,
        mail_proof: true,
        blank_pages: BlankPages::Suppress,
        test_mode: true,
        channels: Some(3),
        quiet_hours: Some("22:00-07:00".parse().unwrap()),
        repeat_cover: true,
        share_calls: true,
        retry: Changes { attempts_max: Some(3), ..Changes::default() },
        retention_days: 7,
    };
    Customer { number: "12345AB".into(), account }
}

pub(super) async fn a_customer_comes_back_as_stored(mut house: House) {
    let customer = full_customer();
    house.store.put_customer(customer.clone(), now()).await.unwrap();
    house.reopen();
    assert_eq!(house.store.customer("12345ab").await.unwrap().as_ref(), Some(&customer));
    assert_eq!(house.store.customer("12345").await.unwrap(), None);

    let changed = Customer { account: Account::default(), ..customer };
    house.store.put_customer(changed.clone(), at(1)).await.unwrap();
    let all = house.store.customers().await.unwrap();
    assert_eq!(all.iter().map(|customer| &*customer.number).collect::<Vec<_>>(), ["12345AB", "99999TE"]);
    assert_eq!(all[0], changed);
}

pub(super) async fn a_login_knows_its_customer(house: House) {
    let hash = password::hash("open sesame").unwrap();
    assert!(hash.starts_with("$argon2id$"), "{hash}");
    let allowed = vec!["10.0.0.0/8".parse().unwrap(), "2001:db8::1/128".parse().unwrap()];
    let new = NewLogin { password_hash: hash.clone(), allowed: allowed.clone(), ..login("gamma", "99999te") };
    house.store.put_login(new, now()).await.unwrap();
    let found = house.store.login("gamma").await.unwrap().unwrap();
    assert_eq!((found.name.as_str(), found.customer.number.as_str()), ("gamma", "99999TE"));
    assert_eq!((found.password_hash, found.allowed), (hash, allowed));
    assert!(house.store.login("Gamma").await.unwrap().is_none());

    let stray = house.store.put_login(login("delta", "nobody"), now()).await;
    assert!(matches!(stray, Err(StoreError::UnknownCustomer)), "{stray:?}");
    let names: Vec<_> = house.store.logins("99999TE").await.unwrap().into_iter().map(|login| login.name).collect();
    assert_eq!(names, ["alpha", "beta", "gamma"]);
    assert!(house.store.any_login().await.unwrap());
    let empty = tempfile::tempdir().unwrap();
    assert!(!(house.open)(empty.path()).any_login().await.unwrap());
}

pub(super) async fn secrets_are_not_readable_in_the_files(house: House) {
    house.store.put_customer(full_customer(), now()).await.unwrap();
    let mut new = job("FJ1", &["+4989123"]);
    new.order.report.push = Some(HttpStatusPush {
        target_url: "https://customer.example/push".into(),
        auth_method: AuthMethod::HttpBasic,
        principal: Some("client-id".into()),
        credentials: Some("a-foreign-secret".into()),
    });
    house.store.accept_job(new).await.unwrap();
    let mut searched = 0;
    for entry in fs::read_dir(house.folder.path()).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_file() {
            let bytes = fs::read(entry.path()).unwrap();
            let holds = |text: &str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
            assert!(!holds("a-foreign-secret"), "{:?}", entry.path());
            searched += usize::from(holds("client-id"));
        }
    }
    assert!(searched > 0, "the search sees what is stored in the open");
}

pub(super) async fn a_lost_or_foreign_key_is_said_at_the_start(house: House) {
    let key = house.folder.path().join("secret.key");
    let kept = house.folder.path().join("kept.key");
    fs::rename(&key, &kept).unwrap();
    let lost = Store::open(house.folder.path()).unwrap_err();
    assert!(format!("{:?}", lost).contains("is missing"), "{lost:?}");
    assert!(!key.exists(), "no new key is made");
    fs::write(&key, [7; 32]).unwrap();
    let foreign = Store::open(house.folder.path()).unwrap_err();
    assert!(format!("{:?}", foreign).contains("is not the key"), "{foreign:?}");
    Store::open_with_key(house.folder.path(), &kept).unwrap();
}

pub(super) async fn one_process_serves_a_folder(house: House) {
    let lock = ServeLock::take(house.folder.path()).unwrap().unwrap();
    assert!(ServeLock::take(house.folder.path()).unwrap().is_none());
    drop(lock);
    assert!(ServeLock::take(house.folder.path()).unwrap().is_some());
}

pub(super) async fn a_node_keeps_its_id(mut house: House) {
    house.store.prove_writable(now()).await.unwrap();
    assert_eq!(house.store.node_id("00000001").await.unwrap(), "00000001");
    house.reopen();
    assert_eq!(house.store.node_id("00000002").await.unwrap(), "00000001");
}

pub(super) async fn configured_customers_come_into_the_store(house: House) {
    house.store.put_customer(full_customer(), now()).await.unwrap();
    let password_file = house.folder.path().join("password");
    fs::write(&password_file, "open sesame\n").unwrap();
    let file = house.folder.path().join("own.toml");
    let text = format!(
        "[[customer]]\nnumber = '12345ab'\ncsid = 'Front desk 2'\n[[customer.login]]\nname = 'gamma'\n\
         password_file = '{}'\nallowed = ['192.0.2.1']\n[[customer]]\nnumber = 'NEW'\n",
        password_file.display()
    );
    fs::write(&file, text).unwrap();
    let config = config::load(Some(&file), []).unwrap().config;
    assert_eq!(config.check(), []);
    config::import(&config, &house.store, now()).await.unwrap();

    let Customer { number, account } = house.store.customer("12345AB").await.unwrap().unwrap();
    let Customer { account: before, .. } = full_customer();
    assert_eq!(number, "12345AB", "as registered");
    assert_eq!(account, Account { csid: Some("Front desk 2".into()), ..before }, "the rest stays");
    assert_eq!(house.store.customer("NEW").await.unwrap().unwrap().account, Account::default());
    let first = house.store.login("gamma").await.unwrap().unwrap();
    assert!(password::matches("open sesame", &first.password_hash));
    assert!(!password::matches("open sesame\n", &first.password_hash));
    assert_eq!(first.allowed, ["192.0.2.1/32".parse().unwrap()]);

    // At the next start nothing changes, not even the hash; a new password does.
    config::import(&config, &house.store, now()).await.unwrap();
    assert_eq!(house.store.login("gamma").await.unwrap().unwrap(), first);
    fs::write(&password_file, "close sesame\n").unwrap();
    config::import(&config, &house.store, now()).await.unwrap();
    let changed = house.store.login("gamma").await.unwrap().unwrap();
    assert!(password::matches("close sesame", &changed.password_hash));
}

pub(super) async fn a_new_folder_may_be_opened_by_many_at_once(house: House) {
    let folder = tempfile::tempdir().unwrap();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| (house.open)(folder.path()));
        }
    });
    let store = (house.open)(folder.path());
    store.put_customer(full_customer(), now()).await.unwrap();
    assert_eq!(store.customers().await.unwrap(), [full_customer()]);
}
