//! `[[customer]]` comes into the store, at every start.

use jiff::Timestamp;

use super::{Config, Customer, Login, Secret};
use crate::http::password;
use crate::store::{self, NewLogin, Store, StoreError};

/// Why customers can't be imported.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    #[error("a password file can't be read")]
    Secret(#[from] std::io::Error),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Brings the configured customers and logins into the store. What is stored already and not named stays as it is.
pub async fn import(config: &Config, store: &Store, now: Timestamp) -> Result<(), ImportError> {
    for customer in &config.customers {
        let stored = store.customer(&customer.number).await?;
        let merged = merged(customer, stored.clone())?;
        if stored.as_ref() != Some(&merged) {
            store.put_customer(merged, now).await?;
        }
        for login in &customer.logins {
            let stored = store.login(&login.name).await?;
            let hash = hash(login, stored.as_ref().map(|stored| stored.password_hash.as_str())).await?;
            let allowed = login.allowed.clone();
            let (name, customer) = (login.name.clone(), customer.number.clone());
            store.put_login(NewLogin { name, customer, password_hash: hash, allowed }, now).await?;
        }
    }
    Ok(())
}

fn merged(customer: &Customer, stored: Option<store::Customer>) -> std::io::Result<store::Customer> {
    fn set<T: Clone>(value: &mut T, new: &Option<T>) {
        if let Some(new) = new {
            value.clone_from(new);
        }
    }
    fn give<T: Clone>(value: &mut Option<T>, new: &Option<T>) {
        if new.is_some() {
            value.clone_from(new);
        }
    }
    let store::Customer { number, mut account } = stored
        .unwrap_or_else(|| store::Customer { number: customer.number.clone(), account: store::Account::default() });
    set(&mut account.paper, &customer.paper);
    set(&mut account.resolution, &customer.resolution);
    give(&mut account.csid, &customer.csid);
    give(&mut account.header, &customer.header);
    give(&mut account.cost_centre, &customer.cost_centre);
    set(&mut account.zone, &customer.zone);
    give(&mut account.country, &customer.country);
    give(&mut account.default_cover, &customer.default_cover);
    give(&mut account.push.url, &customer.push_url);
    set(&mut account.push.method, &customer.push_method);
    give(&mut account.push.principal, &customer.push_principal);
    give(&mut account.push.token_url, &customer.push_token_url);
    set(&mut account.push.layout, &customer.push_layout);
    set(&mut account.language, &customer.language);
    set(&mut account.mail_proof, &customer.mail_proof);
    set(&mut account.blank_pages, &customer.blank_pages);
    set(&mut account.test_mode, &customer.test_mode);
    give(&mut account.channels, &customer.channels);
    give(&mut account.quiet_hours, &customer.quiet_hours);
    set(&mut account.repeat_cover, &customer.repeat_cover);
    set(&mut account.share_calls, &customer.share_calls);
    set(&mut account.retry, &customer.retry);
    set(&mut account.retention_days, &customer.retention_days);
    let secret = Secret::given(customer.push_credentials.as_ref(), customer.push_credentials_file.as_deref())?;
    give(&mut account.push.credentials, &secret.map(|secret| secret.reveal().to_owned()));
    let key = Secret::given(customer.push_signing_key.as_ref(), customer.push_signing_key_file.as_deref())?;
    give(&mut account.push.signing_key, &key.map(|key| key.reveal().to_owned()));
    Ok(store::Customer { number, account })
}

/// The hash to store: the one that is stored, as long as the password is the same.
async fn hash(login: &Login, stored: Option<&str>) -> Result<String, ImportError> {
    if let Some(hash) = &login.password_hash {
        return Ok(hash.reveal().to_owned());
    }
    let password = Secret::given(login.password.as_ref(), login.password_file.as_deref())?;
    let password = password.ok_or_else(|| std::io::Error::other("a login without a password"))?;
    let stored = stored.map(str::to_owned);
    let hashed = tokio::task::spawn_blocking(move || match stored {
        Some(stored) if password::matches(password.reveal(), &stored) => Ok(stored),
        _ => password::hash(password.reveal()).map_err(std::io::Error::other),
    });
    Ok(hashed.await.map_err(std::io::Error::other)??)
}
