//! Reading: defaults, file, environment; then types.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::DeserializeOwned;
use toml::{Table, Value};

use super::{Config, Convert, Customer, DEFAULT, Fetch, Http, Limit, Line, LineKind, Log, Mail, Ocr, Render, Sip};
use crate::jobs::{Changes, Retry};

/// Why there is no configuration. Never shows a secret.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("{} can't be read", path.display())]
    Unreadable {
        path: PathBuf,
        #[source]
        cause: std::io::Error,
    },
    #[error("{}, line {line}: {message}", path.display())]
    Syntax { path: PathBuf, line: usize, message: String },
    #[error("{setting}: {message}")]
    Setting {
        /// `http.listen`, `line[1].prefixes`.
        setting: String,
        message: String,
    },
}

/// A configuration, and what was odd about its making.
#[derive(Debug)]
pub struct Loaded {
    pub config: Config,
    /// Variables that begin like ours and are no setting. No error, as container platforms invent such names for services.
    pub unknown_variables: Vec<String>,
}

/// Variables of ours that are no settings: the file's name, and what tests need.
const OTHER_VARIABLES: [&str; 3] = ["FERROFAX_CONFIG", "FERROFAX_DIE_AT", "FERROFAX_TEST_DATA"];

/// Reads the configuration: defaults, then this file, then this environment (`std::env::vars()`, in real life). An empty
/// variable counts as none.
pub fn load(
    file: Option<&Path>,
    environment: impl IntoIterator<Item = (String, String)>,
) -> Result<Loaded, ConfigError> {
    let mut table = parse(Path::new("config.default.toml"), DEFAULT)?;
    if let Some(path) = file {
        let text = std::fs::read_to_string(path);
        let text = text.map_err(|cause| ConfigError::Unreadable { path: path.to_owned(), cause })?;
        merge(&mut table, parse(path, &text)?);
    }
    let mut unknown_variables = Vec::new();
    let settings = single_settings()?;
    for (name, text) in environment {
        if !name.starts_with("FERROFAX_") || OTHER_VARIABLES.contains(&name.as_str()) || text.is_empty() {
            continue;
        }
        match settings.iter().find(|setting| setting.variable == name) {
            Some(setting) => setting.put(&mut table, &name, &text)?,
            None => unknown_variables.push(name),
        }
    }
    unknown_variables.sort();
    Ok(Loaded { config: typed(table)?, unknown_variables })
}

pub(super) fn parse(path: &Path, text: &str) -> Result<Table, ConfigError> {
    text.parse().map_err(|error: toml::de::Error| {
        // The error's own text quotes the line, which may hold a secret.
        let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        ConfigError::Syntax { path: path.to_owned(), line, message: error.message().to_owned() }
    })
}

/// The default file with its commented settings switched on.
pub(super) fn documented() -> String {
    let switch_on = |line: &'static str| match line.strip_prefix('#') {
        Some(setting) if setting.starts_with(|first: char| first.is_ascii_lowercase() || first == '[') => setting,
        _ => line,
    };
    DEFAULT.lines().map(switch_on).collect::<Vec<_>>().join("\n")
}

/// A setting outside lists.
pub(super) struct SingleSetting {
    pub(super) path: Vec<String>,
    pub(super) variable: String,
    example: Value,
}

/// All settings outside lists, with the names of their variables.
pub(super) fn single_settings() -> Result<Vec<SingleSetting>, ConfigError> {
    fn walk(table: Table, path: &[String], found: &mut Vec<SingleSetting>) {
        for (key, value) in table {
            let path: Vec<_> = path.iter().cloned().chain([key]).collect();
            match value {
                Value::Table(table) => walk(table, &path, found),
                Value::Array(_) => {}
                example => {
                    let variable = format!("FERROFAX_{}", path.join("_").to_ascii_uppercase());
                    found.push(SingleSetting { path, variable, example });
                }
            }
        }
    }
    let mut found = Vec::new();
    walk(parse(Path::new("config.default.toml"), &documented())?, &[], &mut found);
    Ok(found)
}

impl SingleSetting {
    fn put(&self, table: &mut Table, variable: &str, text: &str) -> Result<(), ConfigError> {
        let kind = |what| setting_error(variable, format!("must be {what}"));
        let value = match &self.example {
            Value::Integer(_) => {
                Value::Integer(text.trim().replace('_', "").parse().map_err(|_| kind("a whole number"))?)
            }
            Value::Boolean(_) => Value::Boolean(text.trim().parse().map_err(|_| kind("true or false"))?),
            _ => Value::String(text.to_owned()),
        };
        let Some((key, parents)) = self.path.split_last() else { return Ok(()) };
        let mut table = table;
        for parent in parents {
            let Value::Table(next) = table.entry(parent.clone()).or_insert_with(|| Value::Table(Table::new())) else {
                return Err(setting_error(parent, "must be a table"));
            };
            table = next;
        }
        table.insert(key.clone(), value);
        Ok(())
    }
}

/// Tables are merged key by key; everything else is replaced.
fn merge(into: &mut Table, from: Table) {
    for (key, value) in from {
        match (into.get_mut(&key), value) {
            (Some(Value::Table(old)), Value::Table(new)) => merge(old, new),
            (_, value) => {
                into.insert(key, value);
            }
        }
    }
}

/// As the file has it; lines are typed one by one, each by its kind.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    data_dir: PathBuf,
    node_id: Option<String>,
    stop_seconds: u64,
    key_file: Option<PathBuf>,
    http: Http,
    render: Render,
    convert: Convert,
    fetch: Fetch,
    mail: Mail,
    ocr: Ocr,
    log: Log,
    retry: Retry,
    #[serde(default)]
    limit: Vec<Limit>,
    line: Vec<Table>,
    #[serde(default)]
    customer: Vec<Customer>,
}

/// What all kinds of line have.
#[derive(Deserialize)]
struct Common {
    kind: String,
    name: String,
    prefixes: Vec<String>,
    channels: u32,
    #[serde(default)]
    retry: Changes,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Loopback {
    #[serde(default = "real_time")]
    speed: u8,
}

fn real_time() -> u8 {
    1
}

pub(super) fn typed(table: Table) -> Result<Config, ConfigError> {
    let written: Written = section("", table)?;
    let lines = written.line.into_iter().enumerate().map(|(n, mut table)| {
        let path = format!("line[{n}]");
        let Common { kind, name, prefixes, channels, retry } = section(&path, table.clone())?;
        for common in ["kind", "name", "prefixes", "channels", "retry"] {
            table.remove(common);
        }
        let kind = match kind.as_str() {
            "loopback" => {
                let Loopback { speed } = section(&path, table)?;
                LineKind::Loopback { speed }
            }
            "sip" => LineKind::Sip(Box::new(section::<Sip>(&path, table)?)),
            _ => return Err(setting_error(&format!("{path}.kind"), "must be loopback or sip")),
        };
        Ok(Line { name, prefixes, channels, retry, kind })
    });
    Ok(Config {
        lines: lines.collect::<Result<_, _>>()?,
        data_dir: written.data_dir,
        node_id: written.node_id,
        stop_seconds: written.stop_seconds,
        key_file: written.key_file,
        http: written.http,
        render: written.render,
        convert: written.convert,
        fetch: written.fetch,
        mail: written.mail,
        ocr: written.ocr,
        log: written.log,
        retry: written.retry,
        limits: written.limit,
        customers: written.customer,
    })
}

fn section<T: DeserializeOwned>(path: &str, table: Table) -> Result<T, ConfigError> {
    serde_path_to_error::deserialize(Value::Table(table)).map_err(|error| {
        let within = error.path().to_string();
        let setting = match (path, within.as_str()) {
            (path, "." | "") => path.to_owned(),
            ("", within) => within.to_owned(),
            (path, within) => format!("{path}.{within}"),
        };
        let message = error.into_inner().message().trim().to_owned();
        setting_error(if setting.is_empty() { "the file" } else { &setting }, message)
    })
}

fn setting_error(setting: &str, message: impl Into<String>) -> ConfigError {
    ConfigError::Setting { setting: setting.to_owned(), message: message.into() }
}
