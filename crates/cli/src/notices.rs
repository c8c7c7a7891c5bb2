//! `ferrofax notices`: pushes and mails that tell of a job's end, straight in the store of a data folder.

use std::fmt::Write as _;

use anyhow::{Context, Result, bail};
use clap::ValueEnum;
use ferrofax_server::jobs::{JobId, NoticeKind};
use ferrofax_server::store::{NoticeView, Store};
use jiff::Timestamp;
use serde_json::json;

use crate::customer;
use crate::settings::Place;

#[derive(Debug, clap::Subcommand)]
pub enum Notices {
    /// Each push and mail of a job with all its tries.
    Show {
        /// Job id.
        job: String,
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        place: Place,
    },
    /// Make them again, whatever came of them before. A running service does it within some seconds.
    Replay {
        /// Job id.
        job: String,
        /// Only this one.
        #[arg(long, value_enum)]
        kind: Option<Kind>,
        #[command(flatten)]
        place: Place,
    },
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Kind {
    Push,
    Mail,
}

impl Notices {
    pub async fn run(self) -> Result<()> {
        match self {
            Self::Show { job, json, place } => {
                let notices = of(&customer::open(&place)?, &job).await?;
                if json {
                    println!("{}", serde_json::to_string_pretty(&notices.iter().map(as_json).collect::<Vec<_>>())?);
                } else if notices.is_empty() {
                    println!("nobody is told of this job, or it is not finished");
                } else {
                    print!("{}", notices.iter().map(story).collect::<String>());
                }
            }
            Self::Replay { job, kind, place } => {
                let store = customer::open(&place)?;
                let kind = kind.map(|kind| match kind {
                    Kind::Push => NoticeKind::Push,
                    Kind::Mail => NoticeKind::Mail,
                });
                let notices = of(&store, &job).await?;
                let mut kinds =
                    notices.iter().map(|notice| notice.kind).filter(|known| kind.is_none_or(|it| it == *known));
                let Some(first) = kinds.next() else {
                    bail!("nobody is told of job {job} so, or it is not finished");
                };
                for kind in std::iter::once(first).chain(kinds) {
                    let word = kind.word();
                    match store.tell_again(&JobId(job.clone()), kind, None, Timestamp::now()).await? {
                        Some(true) => println!("{word}: waits for its next try"),
                        _ => println!("{word}: is being tried at this moment, and stays as it is"),
                    }
                }
            }
        }
        Ok(())
    }
}

async fn of(store: &Store, job: &str) -> Result<Vec<NoticeView>> {
    store.notices(&JobId(job.to_owned()), None).await?.with_context(|| format!("there is no job {job}"))
}

/// `push: told, 2 tries`.
pub fn line(notice: &NoticeView) -> String {
    let (kind, state, tries) = (notice.kind.word(), &notice.state, notice.tries.len());
    let next = notice.not_before.map(|at| format!(", the next one {at:.0}")).unwrap_or_default();
    format!("{kind}: {state}, {tries} {}{next}", if tries == 1 { "try" } else { "tries" })
}

fn story(notice: &NoticeView) -> String {
    let mut text = line(notice) + "\n";
    for tried in &notice.tries {
        let code = tried.code.map(|code| format!("{code}: ")).unwrap_or_default();
        let result = tried.result.as_deref().unwrap_or("running, or cut off");
        // A string takes whatever is written to it.
        let _ = writeln!(text, "  {}  {:.0}  {code}{result}", tried.number, tried.at);
    }
    text
}

fn as_json(notice: &NoticeView) -> serde_json::Value {
    let tries = notice.tries.iter().map(|tried| {
        json!({
            "number": tried.number,
            "startedTs": tried.at,
            "endedTs": tried.ended_at,
            "code": tried.code,
            "result": tried.result,
        })
    });
    json!({
        "kind": notice.kind,
        "state": notice.state,
        "nextTryTs": notice.not_before,
        "tries": tries.collect::<Vec<_>>(),
    })
}
