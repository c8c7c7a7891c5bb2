//! The loopback line: built-in far machines to call without a telephone network (decisions 18 and 19).
//!
//! The far machine is the answering side of this program with its own tasks, its own SIP stack and port, and its own media
//! sockets; it shares no value with the caller but the wire. Every number is a fax machine; how the number ends decides how it
//! behaves:
//!
//! | ending | behaviour |
//! |---|---|
//! | `99486` | busy |
//! | `99404` | number not assigned |
//! | `99408` | rings, nobody answers |
//! | `99480` | unavailable |
//! | `99603` | refuses the call |
//! | `99503` | the network has no circuit |
//! | `99488` | a machine that refuses T.38 |
//! | `99200` | answers and never says anything |
//! | `99487` | answers and hangs up after 1.5 s |
//! | `99002` | a machine that never confirms page 2 |
//! | `99033` | a machine without error correction |
//! | `99048` | a machine of 4800 bit/s at most |
//! | anything else | a good machine |

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use ferrofax_fax::carrier::Modem;
use ferrofax_fax::page::Resolution;
use ferrofax_fax::t30::{Coding, Config, Misbehaviour, Role, Task};

use super::{Line, LineError, Speed, T38Settings, Trunk};
use crate::receive::{Answerer, Reply, Settings, Tray};

/// How long a far machine rings before it answers.
const RING: Duration = Duration::from_secs(2);
/// Calls that all far machines together take at a time.
const CALLS_MAX: usize = 64;
/// The far machine's identification.
const LOCAL_ID: &str = "FERROFAX LOOPBACK";

/// The far machines, and the line that leads to them.
#[derive(Debug)]
pub struct Loopback {
    line: Line,
    far: Answerer,
}

impl Loopback {
    /// Starts the far machines. What they receive goes to the trays.
    pub async fn start<T: Tray>(
        speed: Speed,
        tray: impl Fn() -> T + Send + Sync + 'static,
    ) -> Result<Loopback, LineError> {
        let here = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let settings =
            Settings { peers: Some(vec![here.ip()]), calls_max: CALLS_MAX, ring: RING, speed, ..Settings::at(here) };
        let far = Answerer::start(settings, behaviour, tray).await?;
        let line =
            Line::open(Trunk { from: "loopback".to_owned(), speed, ..Trunk::to(&far.address().to_string(), here) })
                .await?;
        Ok(Loopback { line, far })
    }

    /// The line to place calls on, with [`Loopback::speed`].
    pub fn line(&self) -> &Line {
        &self.line
    }

    /// How fast time runs on it.
    pub fn speed(&self) -> Speed {
        self.line.speed()
    }

    /// Ends the far machines.
    pub async fn close(self) {
        self.far.close().await;
    }
}

/// The table above.
fn behaviour(number: &str) -> Reply {
    let good = Config::new(Role::Answerer, Task::Receive, LOCAL_ID.to_owned());
    let good = Config { resolution_max: Resolution::Fine, ..good };
    let fax = |config| Reply::Fax { config: Box::new(config), t38: T38Settings::default() };
    let ending = number.get(number.len().saturating_sub(5)..).unwrap_or_default();
    match ending {
        "99486" => Reply::Refuse(486),
        "99404" => Reply::Refuse(404),
        "99480" => Reply::Refuse(480),
        "99603" => Reply::Refuse(603),
        "99503" => Reply::Refuse(503),
        "99408" => Reply::Ring,
        "99488" => Reply::Fax { config: Box::new(good), t38: T38Settings { enabled: false, ..T38Settings::default() } },
        "99200" => Reply::Silence,
        "99487" => Reply::HangUp(Duration::from_millis(1500)),
        "99002" => fax(Config { misbehaviour: Misbehaviour { never_confirm: Some(1) }, ..good }),
        "99033" => fax(Config { ecm: false, codings: vec![Coding::Mh, Coding::Mr], ..good }),
        "99048" => fax(Config { modems: vec![Modem::V27ter2400, Modem::V27ter4800], ..good }),
        _ => fax(good),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ending_decides() {
        assert!(matches!(behaviour("004989486"), Reply::Fax { t38, .. } if t38.enabled));
        assert!(matches!(behaviour("00498999486"), Reply::Refuse(486)));
        assert!(matches!(behaviour("99488"), Reply::Fax { t38, .. } if !t38.enabled));
        assert!(
            matches!(behaviour("004999002"), Reply::Fax { config, .. } if config.misbehaviour.never_confirm == Some(1))
        );
        assert!(matches!(behaviour("é9486"), Reply::Fax { .. }));
        assert!(matches!(behaviour(""), Reply::Fax { .. }));
    }
}
