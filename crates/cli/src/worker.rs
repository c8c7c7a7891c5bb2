//! `render-worker`: the child that renders the documents of strangers. Hidden; started by the service, see
//! [`ferrofax_server::prepare`].
//!
//! Before its first foreign byte it limits itself: address space, CPU time, no files, no core dump (rlimits), no new privileges,
//! and, where the kernel has landlock, no access to any file, port or abstract socket. All that is left are the three pipes it was
//! born with. Then it renders one document after the other until its stdin ends.

use std::io::{self, BufWriter, Write};
use std::path::PathBuf;

use anyhow::Context;
use ferrofax_api::job::{Charset, DocumentKind, Paper};
use ferrofax_api::warning::Warning;
use ferrofax_render as render;
use ferrofax_server::prepare::protocol::{self, BandLine, CoverOrder, Fetched, Job, Refusal, Reply, Task};
use ferrofax_template::header::Line;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use landlock::{ABI, Access, AccessFs, AccessNet, Ruleset, RulesetAttr, Scope};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use rustix::time::{ClockId, clock_gettime};

/// Address space in bytes. The hungriest page of a large collection of odd PDFs took half of it.
const ADDRESS_SPACE_MAX: u64 = 2 << 30;

const _: () = assert!(render::ADDRESSES_MAX <= protocol::WANTED_MAX, "a child would be let go for asking too much");

#[derive(Debug, clap::Args)]
pub struct RenderWorker {
    /// A directory with fonts for characters that the built-in ones lack; may be given several times.
    #[arg(long = "fonts", value_name = "DIR")]
    fonts: Vec<PathBuf>,
}

impl RenderWorker {
    /// Renders what comes in over stdin until it ends.
    pub fn run(&self) -> anyhow::Result<()> {
        // While there are still files. Without them pages lack letters, which is said of each; the service goes on.
        for directory in &self.fonts {
            if let Err(error) = render::fonts::add_directory(directory) {
                eprintln!("no fonts from {}: {error}", directory.display());
            }
        }
        run()
    }
}

fn run() -> anyhow::Result<()> {
    // What panics say may quote the document; where they happen does not.
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map_or_else(|| "an unknown place".to_owned(), ToString::to_string);
        let _ = writeln!(io::stderr(), "panicked at {place}");
    }));
    confine().context("the render child could not confine itself")?;
    // Not locked: what lays out HTML does so on a thread of its own, and asks from there; see `fetch`.
    let mut input = io::stdin();
    let mut output = BufWriter::new(io::stdout());
    while let Some((job, body)) = protocol::read::<Job>(&mut input, protocol::DOCUMENT_BYTES_MAX)? {
        allow_cpu_time(job.cpu_seconds_max)?;
        let result = carry_out(&job, body, &mut |page| {
            protocol::write(&mut output, &Reply::Page { width: page.width, resolution: page.resolution }, &page.code)
        });
        let reply = match result {
            Ok(summary) => Reply::Done { pages: summary.pages, warnings: warnings(&summary) },
            Err(error) => Reply::Failed(refusal(error)?),
        };
        protocol::write(&mut output, &reply, &[])?;
    }
    Ok(())
}

fn carry_out(job: &Job, body: Vec<u8>, sink: render::Sink<'_>) -> Result<render::Summary, render::RenderError> {
    let defaults = render::Options::default();
    let options = |paper, resolution| render::Options {
        paper: self::paper(paper),
        resolution,
        limits: render::Limits { pages: job.pages_max, ..defaults.limits },
        fetch: Some(fetch),
        ..defaults
    };
    match job.task {
        Task::Document { kind, charset, paper, resolution } => {
            let Some(kind) = self::kind(kind) else {
                return Err(render::RenderError::Unsupported { what: "this kind of document" });
            };
            let options = render::Options { charset: self::charset(charset), ..options(paper, resolution) };
            render::render(body, kind, &options, sink)
        }
        Task::Cover { paper, resolution } => {
            let order: CoverOrder<'_> = serde_json::from_slice(&body).map_err(io::Error::from)?;
            render::cover::render(&cover(order)?, &options(paper, resolution), sink)
        }
        Task::Bands { resolution } => {
            let bands: Vec<Vec<BandLine>> = serde_json::from_slice(&body).map_err(io::Error::from)?;
            render::band::render(&bands.into_iter().map(lines).collect::<Vec<_>>(), resolution, sink)
        }
    }
}

/// Has the service get what a document refers to. Nothing else is said meanwhile: every message is flushed whole.
fn fetch(urls: &[String]) -> Vec<Option<Vec<u8>>> {
    // A broken pipe ends this process when it next says something.
    ask(urls).unwrap_or_default()
}

fn ask(urls: &[String]) -> io::Result<Vec<Option<Vec<u8>>>> {
    protocol::write(&mut io::stdout(), &Reply::Wanted, &serde_json::to_vec(urls)?)?;
    let mut input = io::stdin();
    let answers = urls.iter().map(|_| {
        let (Fetched { found }, bytes) = protocol::read(&mut input, protocol::DOCUMENT_BYTES_MAX)?
            .ok_or_else(|| io::Error::from(io::ErrorKind::UnexpectedEof))?;
        Ok(found.then_some(bytes))
    });
    answers.collect()
}

/// Gives up what a renderer does not need.
fn confine() -> anyhow::Result<()> {
    // Takes what the kernel has; where it has no landlock, the limits below are all there is. Sets no-new-privileges as well.
    Ruleset::default()
        .handle_access(AccessFs::from_all(ABI::V6))?
        .handle_access(AccessNet::from_all(ABI::V6))?
        .scope(Scope::from_all(ABI::V6))?
        .create()?
        .restrict_self()?;
    rustix::thread::set_no_new_privs(true)?;
    limit(Resource::As, ADDRESS_SPACE_MAX)?;
    limit(Resource::Fsize, 0)?;
    limit(Resource::Core, 0)?;
    // stdin, stdout, stderr.
    limit(Resource::Nofile, 3)?;
    Ok(())
}

/// Sets a limit for good, unless a lower one is set already.
pub fn limit(resource: Resource, most: u64) -> io::Result<()> {
    let most = getrlimit(resource).maximum.map_or(most, |hard| hard.min(most));
    Ok(setrlimit(resource, Rlimit { current: Some(most), maximum: Some(most) })?)
}

/// Moves the CPU limit, which counts from the start of the process, for the next document.
fn allow_cpu_time(seconds: u64) -> io::Result<()> {
    let used = u64::try_from(clock_gettime(ClockId::ProcessCPUTime).tv_sec).unwrap_or(0);
    let limit = Rlimit { current: Some(used.saturating_add(seconds).saturating_add(1)), ..getrlimit(Resource::Cpu) };
    Ok(setrlimit(Resource::Cpu, limit)?)
}

/// The renderer's word for a kind of document; none for those that another program makes a PDF of.
pub fn kind(kind: DocumentKind) -> Option<render::Kind> {
    Some(match kind {
        DocumentKind::Pdf => render::Kind::Pdf,
        DocumentKind::Txt => render::Kind::Txt,
        DocumentKind::Html => render::Kind::Html,
        DocumentKind::Tiff => render::Kind::Tiff,
        DocumentKind::Png | DocumentKind::Jpeg | DocumentKind::Gif | DocumentKind::Bmp | DocumentKind::Webp => {
            render::Kind::Picture
        }
        _ => return None,
    })
}

fn paper(paper: Paper) -> render::Paper {
    match paper {
        Paper::A4 => render::Paper::A4,
        Paper::Letter => render::Paper::Letter,
    }
}

fn charset(charset: Charset) -> render::Charset {
    match charset {
        Charset::UsAscii => render::Charset::UsAscii,
        Charset::Utf8 => render::Charset::Utf8,
        Charset::Utf16 => render::Charset::Utf16,
        Charset::Utf16Be => render::Charset::Utf16Be,
        Charset::Utf16Le => render::Charset::Utf16Le,
        Charset::Iso8859_1 => render::Charset::Iso8859_1,
        Charset::Windows1252 => render::Charset::Windows1252,
    }
}

fn cover(order: CoverOrder<'_>) -> Result<render::cover::Cover, render::RenderError> {
    let nonsense = |_| render::RenderError::Sink(io::ErrorKind::InvalidInput.into());
    Ok(render::cover::Cover {
        template: order.template.into_owned(),
        sources: order.sources.into_owned(),
        properties: order.properties.into_owned().into_iter().map(|property| (property.key, property.value)).collect(),
        facts: order.facts,
        now: Timestamp::from_microsecond(order.now).map_err(nonsense)?,
        zone: TimeZone::get(&order.zone).map_err(nonsense)?,
    })
}

fn lines(band: Vec<BandLine>) -> Vec<Line> {
    band.into_iter().map(|line| Line { left: line.left, centre: line.centre, right: line.right }).collect()
}

/// The API's words for what the renderer noticed.
pub fn warnings(summary: &render::Summary) -> Vec<Warning> {
    let counted = [
        (summary.missing_glyphs, Warning::MissingGlyphs { count: summary.missing_glyphs }),
        (summary.empty_keys, Warning::EmptyKeys { count: summary.empty_keys }),
        (summary.left_out, Warning::LeftOut { count: summary.left_out }),
    ];
    let counted = counted.into_iter().filter(|(count, _)| *count > 0).map(|(_, warning)| warning);
    let noted = summary.notes.iter().map(|&(page, note)| match note {
        render::Note::TooDark => Warning::TooDark { page },
        render::Note::SmallText => Warning::SmallText { page },
        render::Note::Shrunk(percent) => Warning::Shrunk { page, percent },
        render::Note::NearEdge => Warning::NearEdge { page },
        render::Note::Coarsened => Warning::Coarsened { page },
    });
    counted.chain(noted).take(protocol::WARNINGS_MAX).collect()
}

/// What is to be said of a document; an error if it was not the document's fault.
fn refusal(error: render::RenderError) -> io::Result<Refusal> {
    use render::RenderError;
    Ok(match error {
        RenderError::Damaged { page, what } => Refusal::Damaged { page, what: what.to_owned() },
        RenderError::Unsupported { what } => Refusal::Unsupported { what: what.to_owned() },
        RenderError::PasswordProtected => Refusal::PasswordProtected,
        RenderError::TooManyPages { limit } => Refusal::TooManyPages { limit },
        RenderError::TooBig { what } => Refusal::TooBig { what: what.to_owned() },
        RenderError::Empty => Refusal::Empty,
        RenderError::Template { message } => Refusal::Template { message },
        RenderError::Sink(error) => return Err(error),
    })
}
