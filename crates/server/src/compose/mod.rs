//! One recipient's own pages: cover page and header lines, put together with what all recipients of the job share.
//!
//! The documents come prepared: rendered once, overlay beneath, room at the top where the job has a header line (see
//! [`crate::prepare::layout`]). What is added here differs from one recipient, page and call to the next, and is made just before
//! the call: the cover page is rendered by a child, laid out like the documents, and then every page gets its band. A band
//! replaces the white rows at a page's top; the rest of its code is copied, not coded again (architecture decision 5).
//!
//! The children are a pool of their own, so that no call waits for somebody's long document. The same way makes previews: they
//! are composed like a call, and shown instead of sent.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use ferrofax_api::job::{Paper, Property};
use ferrofax_api::warning::Warning;
use ferrofax_fax::page::{Resolution, Rows, StoredPage, WIDTH_PELS};
use ferrofax_fax::t6::{self, StoredPageError};
use ferrofax_template::header::{Facts, Header, band_rows};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::jobs::{JobId, Makeup};
use crate::prepare::layout::{self, LayoutError, Overlay};
use crate::prepare::protocol::{BandLine, CoverOrder, Job, Task};
use crate::prepare::worker::{Pool, RenderError};

/// CPU time for a cover page or the bands of a call.
const CPU_TIME_MAX: Duration = Duration::from_secs(20);
/// Pages of a cover page.
const COVER_PAGES_MAX: u32 = 20;

/// What a recipient's fax is composed of.
#[derive(Clone, Debug)]
pub struct Fax {
    pub cover: Option<Cover>,
    /// The prepared pages of documents that are wanted: the last ones of [`Fax::document_pages`].
    pub documents: Vec<Arc<StoredPage>>,
    /// Prepared pages of documents in all.
    pub document_pages: u32,
    /// Where to begin, counted from 0 with the cover page: pages before it are there already.
    pub first_page: u32,
    /// Pages of the cover page that are wanted all the same, before that one.
    pub repeated: u32,
    /// Found right when the job was accepted.
    pub header: Option<Header>,
    /// For the cover page; the documents have it already.
    pub overlay: Option<Overlay>,
    pub facts: FaxFacts,
}

/// The cover page.
#[derive(Clone, Debug)]
pub struct Cover {
    pub template: String,
    /// The customer's templates by name.
    pub sources: Arc<BTreeMap<String, String>>,
    pub properties: Vec<Property>,
    /// [`Cover::texts`]; `pages`, `number` and `csid` are added to them.
    pub texts: BTreeMap<String, String>,
    pub paper: Paper,
    pub resolution: Resolution,
    /// What it is dated. The same for every call, so that all of them send the same cover page.
    pub dated: Timestamp,
    /// Its number of pages, where it has been composed before.
    pub pages: Option<u32>,
}

impl Cover {
    /// A job's own texts for templates, by their names under `fax`.
    pub fn texts(
        job: &JobId,
        customer_reference: Option<&str>,
        customer_defined_id: Option<&str>,
    ) -> BTreeMap<String, String> {
        let texts = [
            ("job", Some(job.0.as_str())),
            ("customerReference", customer_reference),
            ("customerDefinedId", customer_defined_id),
        ];
        texts.into_iter().filter_map(|(name, text)| Some((name.to_owned(), text?.to_owned()))).collect()
    }
}

/// What header line and cover page tell. The number never appears in `Debug`.
#[derive(Clone)]
pub struct FaxFacts {
    /// The moment of the call.
    pub now: Timestamp,
    /// The account's.
    pub zone: TimeZone,
    /// `00` and digits.
    pub number: String,
    /// The sender's id.
    pub csid: String,
}

impl std::fmt::Debug for FaxFacts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "FaxFacts({}, …)", self.now)
    }
}

/// A recipient's pages.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Composed {
    /// Those repeated, then from [`Fax::first_page`] on.
    pub pages: Vec<Arc<StoredPage>>,
    /// Pages of the cover page.
    pub cover_pages: u32,
    /// What is to be said of the cover page; none where it was not composed now.
    pub warnings: Vec<Warning>,
}

/// Why a fax can't be composed.
#[derive(Debug, thiserror::Error)]
pub enum ComposeError {
    /// Its cover page can't be made: for the customer to mend.
    #[error("cover page: {0}")]
    Cover(#[source] RenderError),
    /// A fault of ours; later it may be gone.
    #[error("header lines can't be made")]
    Bands(#[source] RenderError),
    /// The cover page can't be laid out.
    #[error("cover page: {0}")]
    Layout(#[source] LayoutError),
    /// A fault of ours.
    #[error("a page can't be composed")]
    Page(#[from] StoredPageError),
    /// A fault of ours.
    #[error("composing was cut off")]
    CutOff(#[from] tokio::task::JoinError),
}

impl ComposeError {
    /// What the customer is told; none where it is our fault.
    pub fn refusal(&self) -> Option<String> {
        match self {
            Self::Cover(RenderError::Ours(_)) => None,
            Self::Cover(_) | Self::Layout(LayoutError::Overlay { .. }) => Some(self.to_string()),
            _ => None,
        }
    }
}

/// Composes faxes.
#[derive(Debug)]
pub struct Composer {
    pool: Pool,
}

impl Composer {
    /// With children of its own.
    pub fn new(pool: Pool) -> Composer {
        Composer { pool }
    }

    /// See [`Pool::idle_pids`].
    pub fn idle_pids(&self) -> Vec<u32> {
        self.pool.idle_pids()
    }

    /// The pages of one recipient.
    pub async fn compose(&self, fax: Fax) -> Result<Composed, ComposeError> {
        let Fax { cover, documents, document_pages, first_page, repeated, header, overlay, facts } = fax;
        let (mut pages, cover_pages, warnings) = match cover {
            None => (Vec::new(), 0, Vec::new()),
            // It is there already; how long it is, is known.
            Some(Cover { pages: Some(pages), .. }) if pages > 0 && first_page >= pages && repeated == 0 => {
                (Vec::new(), pages, Vec::new())
            }
            Some(cover) => {
                let (pages, warnings) = self.cover(&cover, document_pages, &facts).await?;
                let lines = header.as_ref().map_or(0, Header::lines);
                let pages = tokio::task::spawn_blocking(move || {
                    let length = u32::try_from(pages.len()).unwrap_or(u32::MAX);
                    let makeup = Makeup { cover: length, documents: document_pages, first_file: 0 };
                    layout::lay_out(pages, 0, makeup, overlay.as_ref(), lines)
                });
                let pages = pages.await?.map_err(ComposeError::Layout)?;
                let pages: Vec<_> = pages.into_iter().map(Arc::new).collect();
                let length = u32::try_from(pages.len()).unwrap_or(u32::MAX);
                let wanted = (0u32..).zip(pages).filter(|(number, _)| *number < repeated || *number >= first_page);
                (wanted.map(|(_, page)| page).collect(), length, warnings)
            }
        };
        pages.extend(documents);
        if let Some(header) = header {
            let total = cover_pages.saturating_add(document_pages);
            let numbers = (0..repeated).chain(first_page..total);
            pages = self.with_bands(pages, numbers, &header, &facts, total).await?;
        }
        Ok(Composed { pages, cover_pages, warnings })
    }

    /// The cover page, which may tell how many pages the fax has, itself included.
    async fn cover(
        &self,
        cover: &Cover,
        document_pages: u32,
        facts: &FaxFacts,
    ) -> Result<(Vec<StoredPage>, Vec<Warning>), ComposeError> {
        let mut expected = cover.pages.filter(|pages| *pages > 0).unwrap_or(1);
        loop {
            let rendered = self.render_cover(cover, document_pages.saturating_add(expected), facts).await?;
            let length = u32::try_from(rendered.pages.len()).unwrap_or(u32::MAX);
            // A cover page that is longer than expected is made once more, to tell its true length. (One whose length hangs on
            // what it tells of its length keeps growing until it is too long; it never shrinks again here.)
            if length <= expected {
                return Ok((rendered.pages, rendered.warnings));
            }
            expected = length;
        }
    }

    async fn render_cover(
        &self,
        cover: &Cover,
        pages: u32,
        facts: &FaxFacts,
    ) -> Result<crate::prepare::worker::Rendered, ComposeError> {
        let own = [("pages", pages.to_string()), ("number", facts.number.clone()), ("csid", facts.csid.clone())];
        let mut texts = cover.texts.clone();
        texts.extend(own.map(|(name, text)| (name.to_owned(), text)));
        let order = CoverOrder {
            template: Cow::Borrowed(&cover.template),
            sources: Cow::Borrowed(&*cover.sources),
            properties: Cow::Borrowed(&*cover.properties),
            facts: texts,
            now: cover.dated.as_microsecond(),
            zone: facts.zone.iana_name().unwrap_or("UTC").to_owned(),
        };
        let job = Job {
            task: Task::Cover { paper: cover.paper, resolution: cover.resolution },
            pages_max: COVER_PAGES_MAX,
            cpu_seconds_max: CPU_TIME_MAX.as_secs(),
        };
        let order = serde_json::to_vec(&order).map_err(|error| RenderError::Ours(error.into()));
        let rendered = self.pool.render(&job, &order.map_err(ComposeError::Cover)?).await;
        rendered.map_err(ComposeError::Cover)
    }

    /// Pages of a fax of `total` pages, of these numbers from 0, each with its own header lines.
    async fn with_bands(
        &self,
        pages: Vec<Arc<StoredPage>>,
        numbers: impl Iterator<Item = u32>,
        header: &Header,
        facts: &FaxFacts,
        total: u32,
    ) -> Result<Vec<Arc<StoredPage>>, ComposeError> {
        let mut wanted: HashMap<Resolution, Vec<Vec<BandLine>>> = HashMap::new();
        for (page, number) in pages.iter().zip(numbers) {
            let facts = Facts {
                now: facts.now,
                zone: facts.zone.clone(),
                page: number + 1,
                pages: total,
                number: &facts.number,
                csid: &facts.csid,
            };
            let lines = header.fill(&facts).into_iter();
            let lines = lines.map(|line| BandLine { left: line.left, centre: line.centre, right: line.right });
            wanted.entry(page.resolution).or_default().push(lines.collect());
        }
        let mut bands = HashMap::new();
        for (resolution, lines) in wanted {
            let rows = band_rows(header.lines(), resolution.lines_per_metre());
            bands.insert(resolution, self.bands(&lines, resolution, rows).await?.into_iter());
        }
        let composed = tokio::task::spawn_blocking(move || {
            let composed = pages.iter().map(|page| {
                let band = bands.get_mut(&page.resolution).and_then(Iterator::next);
                let band = band.ok_or(StoredPageError::Unlike)?;
                t6::replace_top(page, &Rows::from_source(&mut band.source())).map(Arc::new)
            });
            composed.collect::<Result<Vec<_>, StoredPageError>>()
        });
        Ok(composed.await??)
    }

    /// A band for each of these, of so many rows.
    async fn bands(
        &self,
        lines: &[Vec<BandLine>],
        resolution: Resolution,
        rows: u32,
    ) -> Result<Vec<StoredPage>, ComposeError> {
        let ours = |error: std::io::Error| ComposeError::Bands(RenderError::Ours(error));
        let job = Job {
            task: Task::Bands { resolution },
            pages_max: u32::try_from(lines.len()).unwrap_or(u32::MAX),
            cpu_seconds_max: CPU_TIME_MAX.as_secs(),
        };
        let lines_read = serde_json::to_vec(lines).map_err(|error| ours(error.into()))?;
        let bands = self.pool.render(&job, &lines_read).await.map_err(ComposeError::Bands)?.pages;
        // A band of another size would lie over the page's content.
        let right = |band: &StoredPage| band.rows == rows && band.width == WIDTH_PELS && band.resolution == resolution;
        if bands.len() != lines.len() || !bands.iter().all(right) {
            return Err(ours(std::io::Error::other("bands of another size than asked for")));
        }
        Ok(bands)
    }
}
