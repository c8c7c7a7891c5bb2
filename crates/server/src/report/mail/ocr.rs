//! Reading pages: which words stand where, by Tesseract as a foreign program.
//!
//! It runs under a keeper, like what converts documents (see [`crate::prepare::convert`]): it may read and write one folder, has no
//! network, and ends when its time is over. Of what it makes only the table of words is taken (TSV: level, page, block, paragraph,
//! line, word, left, top, width, height, confidence, text), and bounded. One page is read at a time, on one core, so that calls
//! are not starved.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use ferrofax_fax::page::StoredPage;
use tokio::sync::Semaphore;

use crate::export::{self, Format, Word};
use crate::prepare::convert::find;
use crate::prepare::convert::keeper::{self, Keeper};

/// Words of a page; more are no text.
const WORDS_MAX: usize = 20_000;
/// Letters of a word.
const WORD_CHARS_MAX: usize = 200;
/// A line is taken as high as its words together, as long as it is not much higher than each: then it lies askew.
const LINE_OVER_WORD_MAX: f32 = 2.0;
/// Where it guesses only.
const CONFIDENCE_MIN: f32 = 10.0;

/// How pages are read.
#[derive(Clone, Debug)]
pub struct Settings {
    /// See [`crate::prepare::convert::Settings::keeper`].
    pub keeper: Vec<OsString>,
    /// Where it works. Ours alone: what lies there is removed at start.
    pub folder: PathBuf,
    /// By path, or found in `PATH`; empty: none.
    pub program: PathBuf,
    /// Codes joined by `+`.
    pub languages: String,
    pub page_time_max: Duration,
    /// Of a fax.
    pub pages_max: usize,
}

/// Tesseract.
#[derive(Debug)]
pub struct Ocr {
    settings: Settings,
    program: PathBuf,
    one: Semaphore,
    started: AtomicU64,
}

/// Why a page is not read.
#[derive(Debug, thiserror::Error)]
pub enum NotRead {
    #[error("the page can't be handed over")]
    Files(#[from] io::Error),
    #[error("the program for text recognition ended with {0}")]
    Failed(String),
    #[error("reading the page took longer than {} s", .0.as_secs())]
    TimedOut(Duration),
}

impl Ocr {
    /// None: there is no such program. Starts nothing.
    pub fn detect(settings: Settings) -> io::Result<Option<Ocr>> {
        let folder = std::path::absolute(&settings.folder)?;
        if folder.exists() {
            std::fs::remove_dir_all(&folder)?;
        }
        if settings.program.as_os_str().is_empty() {
            return Ok(None);
        }
        let Some(program) = find(&settings.program) else { return Ok(None) };
        let settings = Settings { folder, ..settings };
        Ok(Some(Ocr { settings, program, one: Semaphore::new(1), started: AtomicU64::new(0) }))
    }

    /// The words of the first pages, one page after the other, until one can't be read.
    pub async fn read(&self, pages: &[Arc<StoredPage>]) -> (Vec<Vec<Word>>, Option<NotRead>) {
        let mut read = Vec::new();
        for page in pages.iter().take(self.settings.pages_max) {
            match self.words(page).await {
                Ok(words) => read.push(words),
                Err(error) => return (read, Some(error)),
            }
        }
        (read, None)
    }

    /// The words of a page.
    pub async fn words(&self, page: &Arc<StoredPage>) -> Result<Vec<Word>, NotRead> {
        let _one = self.one.acquire().await.map_err(io::Error::other)?;
        let number = self.started.fetch_add(1, Ordering::Relaxed);
        let folder = self.settings.folder.join(number.to_string());
        tokio::fs::create_dir_all(&folder).await?;
        let limit = self.settings.page_time_max;
        let words = tokio::time::timeout(limit, self.words_in(&folder, page)).await;
        let _ = tokio::fs::remove_dir_all(&folder).await;
        words.unwrap_or(Err(NotRead::TimedOut(limit)))
    }

    async fn words_in(&self, folder: &Path, page: &Arc<StoredPage>) -> Result<Vec<Word>, NotRead> {
        let (drawn, out) = (folder.join("page.png"), folder.join("page"));
        let page = page.clone();
        let png = tokio::task::spawn_blocking(move || export::encode(Format::Png, std::slice::from_ref(&*page)));
        keeper::put(&drawn, &png.await.map_err(io::Error::other)??).await?;
        let arguments: [&std::ffi::OsStr; 7] = [
            drawn.as_os_str(),
            out.as_os_str(),
            "-l".as_ref(),
            self.settings.languages.as_ref(),
            "--dpi".as_ref(),
            "200".as_ref(),
            "tsv".as_ref(),
        ];
        let ended = Keeper::start(&self.settings.keeper, folder, &self.program, arguments)?.ended().await?;
        if !ended.success() {
            return Err(NotRead::Failed(ended.to_string()));
        }
        let table = keeper::take(&folder.join("page.tsv")).await?;
        Ok(words(&String::from_utf8_lossy(&table)))
    }
}

/// The words of a table. Rows that make no sense are passed over.
fn words(table: &str) -> Vec<Word> {
    let mut words = Vec::new();
    let (mut wide, mut high) = (0.0_f32, 0.0_f32);
    let mut line = [0.0_f32; 4];
    for row in table.lines() {
        let columns: Vec<&str> = row.split('\t').collect();
        let &[level, _, _, _, _, _, left, top, width, height, confidence, ref text @ ..] = columns.as_slice() else {
            continue;
        };
        let Ok(place) = [left, top, width, height].map(str::parse::<f32>).into_iter().collect::<Result<Vec<_>, _>>()
        else {
            continue;
        };
        let Ok(place) = <[f32; 4]>::try_from(place) else { continue };
        match level {
            "1" => [wide, high] = [place[2], place[3]],
            "4" => line = place,
            "5" => {
                let text: String =
                    text.concat().trim().chars().filter(|c| !c.is_control()).take(WORD_CHARS_MAX).collect();
                let sure = confidence.parse::<f32>().is_ok_and(|confidence| confidence >= CONFIDENCE_MIN);
                if text.is_empty() || !sure || words.len() == WORDS_MAX {
                    continue;
                }
                let [left, mut top, width, mut height] = place;
                if line[3] >= height && line[3] <= LINE_OVER_WORD_MAX * height {
                    (top, height) = (line[1], line[3]);
                }
                let place = [left / wide, top / high, width / wide, height / high];
                if place.iter().all(|part| (0.0..=1.0).contains(part)) {
                    words.push(Word { text, place });
                }
            }
            _ => {}
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_stand_where_the_table_has_them() {
        let table = "level\tpage_num\tblock_num\tpar_num\tline_num\tword_num\tleft\ttop\twidth\theight\tconf\ttext\n\
            1\t1\t0\t0\t0\t0\t0\t0\t1000\t2000\t-1\t\n\
            4\t1\t1\t1\t1\t0\t100\t200\t400\t50\t-1\t\n\
            5\t1\t1\t1\t1\t1\t100\t210\t150\t40\t96.5\tHello,\n\
            5\t1\t1\t1\t1\t2\t300\t210\t200\t20\t91\tfax\n\
            5\t1\t1\t1\t1\t3\t300\t210\t200\t20\t1\tguess\n\
            5\t1\t1\t1\t1\t4\t300\t210\t2000\t20\t91\toutside\n\
            5\t1\t1\t1\t1\t5\tx\t210\t200\t20\t91\tbroken\n\
            5\t1\n";
        let words = words(table);
        let seen: Vec<_> = words.iter().map(|word| (word.text.as_str(), word.place)).collect();
        assert_eq!(seen, [("Hello,", [0.1, 0.1, 0.15, 0.025]), ("fax", [0.3, 0.105, 0.2, 0.01])]);
    }

    #[test]
    fn a_table_without_a_page_has_no_words() {
        assert!(words("5\t1\t1\t1\t1\t1\t100\t210\t150\t40\t96.5\tHello\n").is_empty());
    }

    proptest::proptest! {
        /// Whatever is in the table, what stands outside of the page is no word of it.
        #[test]
        fn any_table_is_read(table in "(([145]|[0-9]{0,2})(\t(-?[0-9]{0,5}|NaN|inf|1e40)){0,11}\t[^\t]{0,8}\n?){0,12}") {
            for word in words(&table) {
                assert!(word.text.chars().count() <= WORD_CHARS_MAX && !word.text.contains(char::is_control));
                assert!(word.place.iter().all(|part| (0.0..=1.0).contains(part)), "{:?}", word.place);
            }
        }
    }
}
