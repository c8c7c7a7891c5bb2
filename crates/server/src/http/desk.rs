//! The store as the door sees it.

use std::collections::HashSet;
use std::time::Duration;

use jiff::Timestamp;

use super::{Answer, Desk, DeskError, Login, Logins};
use crate::accept::Account;
use crate::accept::allow::AllowList;
use crate::jobs::{JobId, NewJob};
use crate::store::{RawReport, Reader, Store, StoreError};
use ferrofax_api::job::Violation;

impl From<StoreError> for DeskError {
    fn from(error: StoreError) -> DeskError {
        match error {
            StoreError::Full => {
                DeskError::Unavailable { reason: "the disk is full", retry_after: Duration::from_secs(60) }
            }
            StoreError::Busy => {
                DeskError::Unavailable { reason: "too many jobs at once", retry_after: Duration::from_secs(1) }
            }
            StoreError::UnknownTemplate => DeskError::Invalid(Violation::new(
                "renderingOptions.coverpageTemplate",
                "no template of this name is installed",
            )),
            StoreError::UnknownOverlay => DeskError::Invalid(Violation::new(
                "renderingOptions.overlay.name",
                "no overlay of this name is installed",
            )),
            StoreError::KeyReused => DeskError::KeyReused,
            other => DeskError::Internal(other.into()),
        }
    }
}

impl Logins for Store {
    fn login<'a>(&'a self, name: &'a str) -> Answer<'a, Option<Login>> {
        Box::pin(async move {
            let Some(login) = Store::login(self, name).await? else { return Ok(None) };
            let settings = login.customer.account;
            let account = Account {
                customer: login.customer.number,
                login: login.name,
                csid: settings.csid,
                country: settings.country,
                paper: settings.paper,
                resolution: settings.resolution,
                header: settings.header,
                cover: settings.default_cover,
            };
            let allow = AllowList::from(login.allowed);
            Ok(Some(Login { account, password_hash: login.password_hash, allow }))
        })
    }
}

impl Desk for Store {
    fn accept(&self, job: NewJob) -> Answer<'_, JobId> {
        Box::pin(async move { Ok(self.accept_job(job).await?) })
    }

    fn report<'a>(&'a self, reader: &'a Reader, job: &'a JobId) -> Answer<'a, Option<RawReport>> {
        Box::pin(async move { Ok(Store::report(self, reader, job).await?) })
    }

    fn reports_of<'a>(&'a self, reader: &'a Reader, jobs: Vec<String>) -> Answer<'a, Vec<RawReport>> {
        Box::pin(async move { Ok(Store::reports_of(self, reader, jobs).await?) })
    }

    fn oldest_reports<'a>(&'a self, reader: &'a Reader, limit: u32) -> Answer<'a, Vec<RawReport>> {
        Box::pin(async move { Ok(Store::oldest_reports(self, reader, limit).await?) })
    }

    fn delete_reports<'a>(&'a self, reader: &'a Reader, jobs: Vec<String>) -> Answer<'a, HashSet<String>> {
        Box::pin(async move { Ok(Store::delete_reports(self, reader, jobs).await?) })
    }

    fn delete_oldest_reports<'a>(&'a self, reader: &'a Reader, limit: u32) -> Answer<'a, Vec<String>> {
        Box::pin(async move { Ok(Store::delete_oldest_reports(self, reader, limit).await?) })
    }

    fn ready(&self) -> Answer<'_, ()> {
        Box::pin(async move { Ok(self.prove_writable(Timestamp::now()).await?) })
    }
}
