//! What comes with a mail: the fax as TIFF or PDF, and proofs of transmission where the account wants them.
//!
//! A job with one recipient encloses the pages exactly as they were sent, one with several the documents that all of them got, without
//! anybody's cover page and header line. Nothing here keeps a mail from going out: what can't be enclosed is noticed in it.

use std::sync::Arc;

use ferrofax_api::job::ImageFormat;
use ferrofax_fax::page::StoredPage;

use crate::compose::Composer;
use crate::export::{self, Format, Word};
use crate::report::mail::ocr::Ocr;
use crate::report::proof::proof_of;
use crate::report::sent::{NotSent, SentPages, sent_pages};
use crate::store::{FinishedJob, Store};

/// Why something is missing or different, in the words templates know.
pub const TOO_LARGE: &str = "too_large";
pub const NO_PAGES: &str = "no_pages";
pub const NOT_MADE: &str = "not_made";
pub const DOCUMENTS_ONLY: &str = "documents_only";
pub const NO_OCR: &str = "no_ocr";
pub const OCR_PARTLY: &str = "ocr_partly";
pub const NO_PROOF: &str = "no_proof";

/// Recipients of a job whose mail brings proofs.
const PROOFS_MAX: usize = 10;

/// A file.
#[derive(Clone, PartialEq, Eq)]
pub struct File {
    pub name: String,
    pub media_type: &'static str,
    pub bytes: Vec<u8>,
}

impl std::fmt::Debug for File {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "File({:?}, {} bytes)", self.name, self.bytes.len())
    }
}

/// All of them, and what is to be said.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Enclosures {
    pub files: Vec<File>,
    pub notices: Vec<&'static str>,
}

/// What it takes to make them.
#[derive(Debug)]
pub struct Enclosing<'a> {
    pub store: &'a Store,
    pub composer: &'a Composer,
    /// All files together.
    pub bytes_max: usize,
    pub ocr: Option<&'a Ocr>,
}

impl Enclosing<'_> {
    /// What a job's mail is to bring.
    pub async fn enclose(&self, job: &FinishedJob) -> Enclosures {
        let mut enclosures = Enclosures::default();
        let wanted = job.mail.as_ref().filter(|mail| mail.attaches(job.report.succeeded()));
        if let Some(mail) = wanted {
            let fax = self.fax(job, mail.image_format, &mut enclosures.notices).await;
            match fax {
                Ok(file) => enclosures.files.extend(file),
                Err(error) => {
                    let (id, error) = (&job.id, &error as &dyn std::error::Error);
                    tracing::error!(job.id = %id, error, "the fax can't be attached to the mail of job {id}");
                    enclosures.notices.push(NOT_MADE);
                }
            }
        }
        if job.account.mail_proof {
            self.proofs(job, &mut enclosures).await;
        }
        enclosures
    }

    /// One for each recipient, as long as there is room.
    async fn proofs(&self, job: &FinishedJob, enclosures: &mut Enclosures) {
        let recipients = job.deliveries.len();
        let mut missing = recipients > PROOFS_MAX;
        let mut room = self.bytes_max - enclosures.files.iter().map(|file| file.bytes.len()).sum::<usize>();
        for recipient in (0..recipients).take(if missing { 0 } else { recipients }) {
            let position = u32::try_from(recipient).unwrap_or(u32::MAX);
            match proof_of(self.store, self.composer, job, position).await {
                Ok(bytes) if bytes.len() <= room => {
                    room -= bytes.len();
                    let number = if recipients == 1 { String::new() } else { format!("-{recipient}") };
                    let name = format!("proof-{}{number}.pdf", job.id);
                    enclosures.files.push(File { name, media_type: Format::Pdf.media_type(), bytes });
                }
                Ok(_) => missing = true,
                Err(error) => {
                    missing = true;
                    let (id, error) = (&job.id, &error as &dyn std::error::Error);
                    tracing::error!(job.id = %id, error, "a proof can't be attached to the mail of job {id}");
                }
            }
        }
        if missing {
            enclosures.notices.push(NO_PROOF);
        }
    }

    async fn fax(
        &self,
        job: &FinishedJob,
        format: ImageFormat,
        notices: &mut Vec<&'static str>,
    ) -> Result<Option<File>, NotEnclosed> {
        let largest = u64::try_from(self.bytes_max).unwrap_or(u64::MAX);
        // Before they are read: they may be many.
        if self.store.job_pages_bytes(&job.id).await.map_err(NotSent::from)? > largest {
            notices.push(TOO_LARGE);
            return Ok(None);
        }
        let SentPages { pages, as_sent } = match job.deliveries.len() {
            1 => sent_pages(self.store, self.composer, &job.id, 0).await?,
            _ => {
                let pages = self.store.job_pages(&job.id).await.map_err(NotSent::from)?;
                SentPages { pages: pages.into_iter().map(Arc::new).collect(), as_sent: false }
            }
        };
        if pages.is_empty() {
            notices.push(NO_PAGES);
            return Ok(None);
        }
        let words = match (format, self.ocr) {
            (ImageFormat::PdfWithOcr, Some(ocr)) => {
                let (words, error) = ocr.read(&pages).await;
                if let Some(error) = error {
                    let (id, error) = (&job.id, &error as &dyn std::error::Error);
                    tracing::warn!(job.id = %id, error, "a page of the mail of job {id} could not be read");
                }
                notices.extend((words.len() < pages.len()).then_some(OCR_PARTLY));
                words
            }
            (ImageFormat::PdfWithOcr, None) => {
                notices.push(NO_OCR);
                Vec::new()
            }
            _ => Vec::new(),
        };
        let format = match format {
            ImageFormat::Tiff => Format::Tiff,
            ImageFormat::Pdf | ImageFormat::PdfWithOcr => Format::Pdf,
        };
        let file = encode(format, pages, words).await?;
        if file.len() > self.bytes_max {
            notices.push(TOO_LARGE);
            return Ok(None);
        }
        let own = job.rendering.cover.is_some() || job.rendering.header.is_some();
        if own && !as_sent {
            notices.push(DOCUMENTS_ONLY);
        }
        let extension = if format == Format::Tiff { "tif" } else { "pdf" };
        let name = format!("fax-{}.{extension}", job.id);
        Ok(Some(File { name, media_type: format.media_type(), bytes: file }))
    }
}

#[derive(Debug, thiserror::Error)]
enum NotEnclosed {
    #[error(transparent)]
    NotSent(#[from] NotSent),
    #[error("the file can't be made")]
    Encode(#[from] std::io::Error),
    #[error("making the file was cut off")]
    CutOff(#[from] tokio::task::JoinError),
}

async fn encode(format: Format, pages: Vec<Arc<StoredPage>>, words: Vec<Vec<Word>>) -> Result<Vec<u8>, NotEnclosed> {
    let pages: Vec<_> = pages.into_iter().map(Arc::unwrap_or_clone).collect();
    let file = move || match format {
        Format::Pdf => Ok(export::searchable(&pages, &words)),
        format => export::encode(format, &pages),
    };
    Ok(tokio::task::spawn_blocking(file).await??)
}
