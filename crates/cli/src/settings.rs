//! Where the configuration comes from, and what it makes of logging.

use std::io::IsTerminal as _;
use std::path::PathBuf;

use anyhow::{Result, bail};
use ferrofax_server::accept::number;
use ferrofax_server::config::{self, Config, LogFormat};
use ferrofax_server::line;
use tracing_subscriber::EnvFilter;

/// Which configuration.
#[derive(Clone, Debug, clap::Args)]
pub struct Place {
    /// Configuration file; what it does not say is as in config.default.toml.
    #[arg(long, env = "FERROFAX_CONFIG")]
    pub config: Option<PathBuf>,
}

impl Place {
    /// The configuration: defaults, this file, the environment.
    pub fn load(&self) -> Result<Config> {
        let loaded = config::load(self.config.as_deref(), std::env::vars())?;
        for name in &loaded.unknown_variables {
            if !COMMAND_VARIABLES.contains(&name.as_str()) {
                eprintln!("ferrofax: {name} is set, but is no setting");
            }
        }
        Ok(loaded.config)
    }
}

/// Variables of the commands, not of the service.
const COMMAND_VARIABLES: [&str; 5] =
    ["FERROFAX_URL", "FERROFAX_CUSTOMER", "FERROFAX_USER", "FERROFAX_PASSWORD", "FERROFAX_NEW_PASSWORD"];

/// `ferrofax check`.
pub fn check(place: &Place) -> Result<()> {
    let config = place.load()?;
    let problems = config.check();
    for problem in &problems {
        println!("{problem}");
    }
    match problems.len() {
        0 => {
            let lines: Vec<&str> = config.lines.iter().map(|line| line.name.as_str()).collect();
            println!("good: {} on {}, lines: {}", config.data_dir.display(), config.http.listen, lines.join(", "));
            Ok(())
        }
        1 => bail!("one setting would not work"),
        many => bail!("{many} settings would not work"),
    }
}

/// Logs go to stderr, so that stdout is the command's own words.
pub fn log(config: &config::Log) -> Result<()> {
    // The SIP library logs whole messages, numbers and all, and the one for numbers what it reads; they are never heard.
    let mut filter = EnvFilter::try_new(&config.level)?;
    for target in [line::SILENCED_TARGET, number::SILENCED_TARGET] {
        filter = filter.add_directive(format!("{target}=off").parse()?);
    }
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let log = log.with_ansi(std::io::stderr().is_terminal());
    match config.format {
        LogFormat::Text => log.init(),
        LogFormat::Json => log.json().init(),
    }
    Ok(())
}
