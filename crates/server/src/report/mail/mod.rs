//! Report mails: who asked for one hears by mail what became of the job.
//!
//! `letter.rs` writes subject, text and HTML from the customer's templates; `enclosures.rs` makes what is attached, and has it read by
//! `ocr.rs`; `post.rs` hands the mail in. A mail has an id that belongs to the job, so that one that is handed in twice (we were
//! cut off after the server took it) can be known as the same.
//!
//! Without a server mails wait like those that can't be handed in, and go out when one is configured.

pub mod enclosures;
pub mod letter;
pub mod ocr;
mod post;

use std::sync::Arc;
use std::time::SystemTime;

use jiff::Timestamp;
use lettre::Address;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Attachment, Mailbox, Message, MultiPart, SinglePart};
use tokio_util::sync::CancellationToken;

use self::enclosures::{Enclosing, Enclosures};
use self::letter::{Besides, Enclosed, Letter};
use self::ocr::Ocr;
pub use self::post::{Post, PostError, Server};
use super::{Answer, Tell, Verdict};
use crate::compose::Composer;
use crate::jobs::NoticeKind;
use crate::store::{FinishedJob, Store, StoreError};

/// Headers that keep robots from answering: RFC 3834, and what Exchange understands.
const AUTOMATIC: [(&str, &str); 2] = [("Auto-Submitted", "auto-generated"), ("X-Auto-Response-Suppress", "All")];

/// Sends report mails.
#[derive(Debug)]
pub struct Mail {
    pub store: Store,
    pub composer: Arc<Composer>,
    /// None: there is no mail server.
    pub post: Option<Post>,
    /// Of all attachments of a mail together.
    pub attachment_bytes_max: usize,
    /// None: nothing reads pages here.
    pub ocr: Option<Ocr>,
    /// Mails that are being written then wait for the next run; text recognition may take long.
    pub stop: CancellationToken,
}

/// Why there is no mail to hand in; later there may be.
#[derive(Debug, thiserror::Error)]
enum NotWritten {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("writing was cut off")]
    CutOff(#[from] tokio::task::JoinError),
    #[error("the mail can't be put together")]
    Form(#[from] lettre::error::Error),
}

impl Tell for Mail {
    const KIND: NoticeKind = NoticeKind::Mail;

    async fn tell(&self, job: FinishedJob) -> Answer {
        let answer = |verdict, result: &str| Answer { verdict, code: None, result: result.to_owned() };
        let Some(post) = &self.post else { return answer(Verdict::NotNow, "no mail server is configured") };
        let address = job.mail.as_ref().and_then(|mail| mail.address(job.report.succeeded()));
        let Some(address) = address else { return answer(Verdict::Never, "nobody asked for a mail") };
        let Ok(to) = address.parse::<Address>() else { return answer(Verdict::Never, "the address is none") };
        let id = job.id.clone();
        let written = tokio::select! {
            written = self.write(job, post, to.clone()) => written,
            () = self.stop.cancelled() => return answer(Verdict::NotNow, "this system stopped while the mail was written"),
        };
        match written {
            Ok(mail) => post.hand_in(to, &mail).await,
            Err(error) => {
                let error = &error as &dyn std::error::Error;
                tracing::error!(job.id = %id, error, "the mail of job {id} could not be written");
                answer(Verdict::NotNow, "a fault of this system")
            }
        }
    }
}

impl Mail {
    async fn write(&self, job: FinishedJob, post: &Post, to: Address) -> Result<Vec<u8>, NotWritten> {
        let Mail { store, composer, attachment_bytes_max: bytes_max, ocr, .. } = self;
        let enclosing = Enclosing { store, composer, bytes_max: *bytes_max, ocr: ocr.as_ref() };
        let enclosures = enclosing.enclose(&job).await;
        let sources = self.store.template_sources(&job.customer).await?;
        let view = self.store.job_view(&job.id).await?;
        let (from, reply_to) = (post.from.clone(), post.reply_to.clone());
        let written = tokio::task::spawn_blocking(move || {
            let attached = |file: &enclosures::File| Enclosed { name: file.name.clone(), bytes: file.bytes.len() };
            let besides = Besides {
                attachments: enclosures.files.iter().map(attached).collect(),
                notices: enclosures.notices.clone(),
            };
            let letter = letter::write(&sources, &job, view.as_ref(), &besides);
            let id = format!("<{}.report@{}>", job.id, from.email.domain());
            let envelope = Head { from, reply_to, to, id, at: Timestamp::now() };
            message(envelope, letter, enclosures).map(|message| message.formatted())
        });
        Ok(written.await??)
    }
}

/// The headers of a mail.
struct Head {
    from: Mailbox,
    reply_to: Option<Mailbox>,
    to: Address,
    id: String,
    at: Timestamp,
}

fn message(head: Head, letter: Letter, enclosures: Enclosures) -> Result<Message, lettre::error::Error> {
    let Head { from, reply_to, to, id, at } = head;
    let mut message = Message::builder()
        .from(from)
        .to(Mailbox::new(None, to))
        .subject(letter.subject)
        .date(SystemTime::from(at))
        .message_id(Some(id));
    if let Some(reply_to) = reply_to {
        message = message.reply_to(reply_to);
    }
    for (name, value) in AUTOMATIC {
        message = message.raw_header(HeaderValue::new(HeaderName::new_from_ascii_str(name), value.to_owned()));
    }
    let body =
        MultiPart::alternative().singlepart(SinglePart::plain(letter.text)).singlepart(SinglePart::html(letter.html));
    if enclosures.files.is_empty() {
        return message.multipart(body);
    }
    let whole = enclosures.files.into_iter().fold(MultiPart::mixed().multipart(body), |whole, file| {
        let kind = ContentType::parse(file.media_type)
            .unwrap_or(ContentType::parse(OCTETS).unwrap_or(ContentType::TEXT_PLAIN));
        whole.singlepart(Attachment::new(file.name).body(file.bytes, kind))
    });
    message.multipart(whole)
}

const OCTETS: &str = "application/octet-stream";
