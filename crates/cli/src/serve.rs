//! `ferrofax serve`: the service until it is told to stop.

use std::ffi::OsString;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use ferrofax_server::service::{Service, Surroundings};
use ferrofax_server::store::{Account, Customer, Store};
use jiff::Timestamp;
use tokio::signal::unix::{SignalKind, signal};

use crate::customer::{self, add_login};
use crate::settings::{self, Place};

/// The customer of a first start.
pub const FIRST_CUSTOMER: &str = "10000";
/// Its first login.
const FIRST_LOGIN: &str = "fax";
/// Where numbers of a first start without a country code are at home.
const FIRST_COUNTRY: &str = "DE";

pub async fn serve(place: &Place) -> Result<()> {
    let config = place.load()?;
    let problems = config.check();
    if !problems.is_empty() {
        bail!("{}", problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"));
    }
    settings::log(&config.log)?;
    // Ask for signals first, so that none is missed.
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    // A limit on the size of files is a full disk, and no reason to die.
    let _full = signal(SignalKind::from_raw(rustix::process::Signal::XFSZ.as_raw()))?;
    let service =
        Service::start(&config, Surroundings { renderer: renderer()?, keeper: keeper()?, tray: None }).await?;
    println!("ferrofax listens on {}", service.url());
    if service.store().any_login().await? {
        println!("Add a login: ferrofax customer add NUMBER --login NAME");
    } else {
        let password = first_login(service.store(), FIRST_LOGIN).await?;
        println!("The first login, shown once:\n");
        println!("  {}\n", curl(&service, &password));
        println!("Every number goes to the loopback line until a trunk is configured (config.default.toml).");
    }
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    println!("ferrofax stops; calls may finish for {} s", config.stop_seconds);
    tokio::select! {
        () = service.stop(Duration::from_secs(config.stop_seconds)) => {}
        _ = interrupt.recv() => println!("ferrofax ends now"),
    }
    Ok(())
}

/// The command line of a rendering child: this executable.
pub fn renderer() -> Result<Vec<OsString>> {
    itself("render-worker")
}

/// The command line of what keeps a foreign program: this executable.
pub fn keeper() -> Result<Vec<OsString>> {
    itself("confine")
}

fn itself(command: &str) -> Result<Vec<OsString>> {
    let program = std::env::current_exe().context("where this executable lies")?;
    Ok(vec![program.into(), command.into()])
}

/// Makes the first customer with this login; its password.
pub async fn first_login(store: &Store, login: &str) -> Result<String> {
    let account = Account { country: Some(FIRST_COUNTRY.to_owned()), ..Account::default() };
    let customer = Customer { number: FIRST_CUSTOMER.to_owned(), account };
    store.put_customer(customer, Timestamp::now()).await?;
    let password = customer::new_password();
    add_login(store, FIRST_CUSTOMER, login, &password, Vec::new()).await?;
    Ok(password)
}

/// A line to paste: a job with one small text.
fn curl(service: &Service, password: &str) -> String {
    let mut address = service.address();
    if address.ip().is_unspecified() {
        address.set_ip(std::net::Ipv4Addr::LOCALHOST.into());
    }
    let scheme = service.url();
    let scheme = scheme.split(':').next().unwrap_or("http");
    format!(
        "curl -u {FIRST_LOGIN}:{password} -H 'Content-Type: application/json' -d \
         '{{\"recipients\":[{{\"number\":\"+4989123456\"}}],\
         \"documents\":[{{\"name\":\"hello.txt\",\"data\":\"SGVsbG8sIGZheCEK\"}}]}}' \
         {scheme}://{address}/rest/v1/{FIRST_CUSTOMER}/fax"
    )
}
