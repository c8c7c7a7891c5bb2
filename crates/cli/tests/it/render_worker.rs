//! The pool of render children, with the real executable as the child.

use std::fmt::Write as _;
use std::time::Duration;

use ferrofax_api::job::{Charset, DocumentKind, Paper};
use ferrofax_fax::page::Resolution;
use ferrofax_server::prepare::protocol::Task;
use ferrofax_server::prepare::worker::{Job, Pool, Refusal, RenderError, Settings};
use rustix::process::{Pid, Signal, kill_process};

fn settings() -> Settings {
    let child = [env!("CARGO_BIN_EXE_ferrofax"), "render-worker"].map(Into::into);
    Settings { children: 1, ..Settings::new(child.into()) }
}

fn job(kind: DocumentKind) -> Job {
    Job {
        task: Task::Document { kind, charset: Charset::Utf8, paper: Paper::A4, resolution: Resolution::Fine },
        pages_max: 100,
        cpu_seconds_max: 60,
    }
}

/// A PDF of numbered objects, the first of which is its catalogue.
pub fn pdf(objects: &[Vec<u8>]) -> Vec<u8> {
    let mut file = b"%PDF-1.7\n".to_vec();
    let mut table = format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1);
    for (number, object) in objects.iter().enumerate() {
        writeln!(table, "{:010} 00000 n ", file.len()).unwrap();
        file.extend(format!("{} 0 obj\n", number + 1).into_bytes());
        file.extend(object);
        file.extend(b"\nendobj\n");
    }
    let start = file.len();
    write!(table, "trailer <</Size {} /Root 1 0 R>>\nstartxref\n{start}\n%%EOF\n", objects.len() + 1).unwrap();
    file.extend(table.into_bytes());
    file
}

/// A PDF of one page: its content, and what else there is from object 5 on.
pub fn page(content: Vec<u8>, resources: &str, others: Vec<Vec<u8>>) -> Vec<u8> {
    let mut objects = vec![
        b"<</Type/Catalog /Pages 2 0 R>>".to_vec(),
        b"<</Type/Pages /Kids [3 0 R] /Count 1>>".to_vec(),
        format!("<</Type/Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources <<{resources}>>>>")
            .into_bytes(),
        content,
    ];
    objects.extend(others);
    pdf(&objects)
}

pub fn stream(dictionary: &str, content: &[u8]) -> Vec<u8> {
    let mut object = format!("<<{dictionary} /Length {}>>\nstream\n", content.len()).into_bytes();
    object.extend(content);
    object.extend(b"\nendstream");
    object
}

/// Each of ten forms draws the next one ten times over.
pub fn endless_pdf() -> Vec<u8> {
    let form = "/Type/XObject /Subtype/Form /BBox [0 0 595 842]";
    let mut forms: Vec<_> = (6..=15)
        .map(|next| stream(&format!("{form} /Resources <</XObject <</F {next} 0 R>>>>"), &b"/F Do ".repeat(10)))
        .collect();
    forms.push(stream(form, b"10 10 100 100 re f"));
    page(stream("", b"/F Do"), "/XObject <</F 5 0 R>>", forms)
}

/// Content that is 2.5 GB of blanks: a literal, then "258 times the byte before" in the fixed code of deflate (RFC 1951 clause
/// 3.2.6), over and over.
fn swelling_pdf() -> Vec<u8> {
    const START: [u8; 11] = [1, 1, 0, 0, 1, 0, 1, 0, 0, 0, 0];
    const AGAIN: [u8; 13] = [1, 1, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0];
    let times = (5 << 29) / 258;
    let bits: Vec<u8> = START.into_iter().chain(std::iter::repeat_n(AGAIN, times).flatten()).collect();
    let mut deflated = vec![0x78, 0x9c];
    deflated.extend(bits.chunks(8).map(|byte| byte.iter().rev().fold(0, |byte, bit| byte << 1 | bit)));
    page(stream("/Filter /FlateDecode", &deflated), "", vec![])
}

#[tokio::test]
async fn a_document_becomes_the_same_pages_as_without_a_child() {
    let text = "Größe und Gewicht\n".repeat(100);
    let mut expected = Vec::new();
    let options = ferrofax_render::Options::default();
    ferrofax_render::render(text.clone().into_bytes(), ferrofax_render::Kind::Txt, &options, &mut |page| {
        expected.push(page);
        Ok(())
    })
    .unwrap();
    let pool = Pool::start(settings()).unwrap();
    let rendered = pool.render(&job(DocumentKind::Txt), text.as_bytes()).await.unwrap();
    assert_eq!(rendered.pages, expected);
    assert_eq!((rendered.pages.len(), rendered.warnings), (2, vec![]));
}

#[tokio::test]
async fn a_refused_document_leaves_the_child_as_it_is() {
    let pool = Pool::start(settings()).unwrap();
    let before = pool.idle_pids();
    let refused = pool.render(&job(DocumentKind::Pdf), b"no PDF").await.unwrap_err();
    assert!(matches!(refused, RenderError::Refused(Refusal::Damaged { page: None, .. })), "{refused}");
    let few = Job { pages_max: 1, ..job(DocumentKind::Txt) };
    let refused = pool.render(&few, b"1\x0c2").await.unwrap_err();
    assert!(matches!(refused, RenderError::Refused(Refusal::TooManyPages { limit: 1 })), "{refused}");
    pool.render(&job(DocumentKind::Txt), b"text").await.unwrap();
    assert_eq!(pool.idle_pids(), before);
}

#[tokio::test]
async fn the_clock_stops_an_endless_document_and_a_fresh_child_renders_the_next() {
    let pool = Pool::start(Settings { time_limit: Duration::from_secs(3), ..settings() }).unwrap();
    let before = pool.idle_pids();
    let stopped = pool.render(&job(DocumentKind::Pdf), &endless_pdf()).await.unwrap_err();
    assert!(matches!(stopped, RenderError::TimedOut { .. }), "{stopped}");
    assert_ne!(pool.idle_pids(), before);
    pool.render(&job(DocumentKind::Txt), b"text").await.unwrap();
}

#[tokio::test]
async fn a_child_that_uses_up_its_cpu_time_is_ended_by_the_system() {
    let pool = Pool::start(settings()).unwrap();
    let one_second = Job { cpu_seconds_max: 1, ..job(DocumentKind::Pdf) };
    let ended = pool.render(&one_second, &endless_pdf()).await.unwrap_err();
    assert!(matches!(&ended, RenderError::Crashed { how } if how == "signal 24"), "{ended}");
}

#[tokio::test]
async fn a_child_killed_at_work_fails_that_document_alone() {
    let pool = std::sync::Arc::new(Pool::start(settings()).unwrap());
    let pid = pool.idle_pids()[0];
    let at_work = std::sync::Arc::clone(&pool);
    let hopeless = tokio::spawn(async move { at_work.render(&job(DocumentKind::Pdf), &endless_pdf()).await });
    while !pool.idle_pids().is_empty() {
        tokio::task::yield_now().await;
    }
    kill_process(Pid::from_raw(pid.cast_signed()).unwrap(), Signal::KILL).unwrap();
    let killed = hopeless.await.unwrap().unwrap_err();
    assert!(matches!(&killed, RenderError::Crashed { how } if how == "signal 9"), "{killed}");
    pool.render(&job(DocumentKind::Txt), b"text").await.unwrap();
    assert_ne!(pool.idle_pids(), [pid]);
}

#[tokio::test]
async fn an_idle_child_that_died_is_replaced_unseen() {
    let pool = Pool::start(settings()).unwrap();
    let pid = pool.idle_pids()[0];
    kill_process(Pid::from_raw(pid.cast_signed()).unwrap(), Signal::KILL).unwrap();
    // Gone before the pool looks: its state is a zombie's, or its entry has vanished.
    let stat = format!("/proc/{pid}/stat");
    while std::fs::read_to_string(&stat).is_ok_and(|stat| !stat.contains(") Z ")) {
        tokio::task::yield_now().await;
    }
    pool.render(&job(DocumentKind::Txt), b"text").await.unwrap();
}

#[tokio::test]
async fn a_child_is_replaced_after_its_jobs_and_when_it_has_grown() {
    let pool = Pool::start(Settings { jobs_per_child: 2, ..settings() }).unwrap();
    let first = pool.idle_pids();
    pool.render(&job(DocumentKind::Txt), b"text").await.unwrap();
    assert_eq!(pool.idle_pids(), first);
    pool.render(&job(DocumentKind::Txt), b"text").await.unwrap();
    assert_ne!(pool.idle_pids(), first);

    let pool = Pool::start(Settings { rss_max: 1, ..settings() }).unwrap();
    let first = pool.idle_pids();
    pool.render(&job(DocumentKind::Txt), b"text").await.unwrap();
    assert_ne!(pool.idle_pids(), first);
}

#[tokio::test]
async fn a_child_confines_itself() {
    let pool = Pool::start(settings()).unwrap();
    pool.render(&job(DocumentKind::Txt), b"text").await.unwrap();
    let pid = pool.idle_pids()[0];
    let limits = std::fs::read_to_string(format!("/proc/{pid}/limits")).unwrap();
    let limit = |name: &str| {
        let line = limits.lines().find_map(|line| line.strip_prefix(name)).unwrap();
        line.split_whitespace().nth(1).unwrap().to_owned()
    };
    assert_eq!(limit("Max address space"), (2u64 << 30).to_string());
    assert_eq!(limit("Max file size"), "0");
    assert_eq!(limit("Max core file size"), "0");
    assert_eq!(limit("Max open files"), "3");
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    assert!(status.lines().any(|line| line.split_whitespace().eq(["NoNewPrivs:", "1"])), "{status}");
    // Nothing but what the allocator is told.
    let environment = std::fs::read(format!("/proc/{pid}/environ")).unwrap();
    let mut set = environment.split(|byte| *byte == 0).filter(|word| !word.is_empty());
    assert!(set.all(|word| word.starts_with(b"MALLOC_")));
}

#[tokio::test]
async fn more_memory_than_a_child_has_fails_that_document_alone() {
    let pool = Pool::start(settings()).unwrap();
    let failed = pool.render(&job(DocumentKind::Pdf), &swelling_pdf()).await.unwrap_err();
    // The allocator has no more to give, and ends the process by SIGABRT.
    assert!(matches!(&failed, RenderError::Crashed { how } if how == "signal 6"), "{failed}");
    pool.render(&job(DocumentKind::Txt), b"text").await.unwrap();
}

#[tokio::test]
async fn the_samples_are_two_pages_each_and_nothing_is_missing() {
    let pool = Pool::start(settings()).unwrap();
    for (document, kind) in [
        (&include_bytes!("../../samples/letter.pdf")[..], DocumentKind::Pdf),
        (include_bytes!("../../samples/notes.txt"), DocumentKind::Txt),
    ] {
        let rendered = pool.render(&job(kind), document).await.unwrap();
        let rows: Vec<u32> = rendered.pages.iter().map(|page| page.rows).collect();
        assert_eq!((rows, rendered.warnings), (vec![2287, 2287], vec![]), "{kind:?}");
    }
}
