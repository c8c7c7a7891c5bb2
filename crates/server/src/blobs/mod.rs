//! Bytes too large for a row: one folder per job, one file per piece, `blobs/<job id>/<name>`.
//!
//! A file is there completely or not at all: written under a temporary name, flushed, renamed, and the folder flushed,
//! before the row that speaks of it is committed. Rows are deleted before files. So a row never speaks of a missing file; a file
//! without a row is possible after a crash, and swept.
//!
//! Everything here blocks.

use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use jiff::Timestamp;

use crate::jobs::JobId;

/// A folder of jobs' folders.
#[derive(Clone, Debug)]
pub struct Blobs {
    folder: Arc<Path>,
}

/// The name of a piece within its job.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Piece {
    /// A document as submitted.
    Document(u32),
    /// A document fetched from its URL, and the number of the lease under which it was.
    Fetched { number: u32, lease: i64 },
    /// The code of a rendered page, and the number of the lease under which it was made: who lost his lease must not
    /// overwrite what his successor made.
    Page { variant: u32, number: u32, lease: i64 },
}

impl Piece {
    fn file_name(self) -> String {
        match self {
            Piece::Document(number) => format!("document-{number}"),
            Piece::Fetched { number, lease } => format!("fetched-{number}-{lease}"),
            Piece::Page { variant, number, lease } => format!("page-{variant}-{number}-{lease}"),
        }
    }
}

impl Blobs {
    /// Opens the folder, and makes it if it is missing.
    pub fn open(folder: &Path) -> io::Result<Blobs> {
        fs::create_dir_all(folder)?;
        Ok(Blobs { folder: Arc::from(folder) })
    }

    /// Writes pieces of a job; they are on disk when it returns. An existing piece is replaced in one step.
    pub fn put<'a>(&self, job: &JobId, pieces: impl IntoIterator<Item = (Piece, &'a [u8])>) -> io::Result<()> {
        let folder = self.job_folder(job)?;
        let mut written = false;
        for (piece, bytes) in pieces {
            if !written {
                fs::create_dir_all(&folder)?;
                written = true;
            }
            let name = piece.file_name();
            let temporary = folder.join(format!("{name}.new"));
            let mut file = File::create(&temporary)?;
            file.write_all(bytes)?;
            file.sync_all()?;
            fs::rename(&temporary, folder.join(name))?;
        }
        if written {
            File::open(&folder)?.sync_all()?;
            File::open(&self.folder)?.sync_all()?;
        }
        Ok(())
    }

    /// Reads a piece that must have this many bytes.
    pub fn read(&self, job: &JobId, piece: Piece, size: u64) -> io::Result<Vec<u8>> {
        let file = File::open(self.job_folder(job)?.join(piece.file_name()))?;
        let found = file.metadata()?.len();
        if found != size {
            let error = format!("{job}: {piece:?} has {found} bytes instead of {size}");
            return Err(io::Error::new(io::ErrorKind::InvalidData, error));
        }
        let mut bytes = Vec::with_capacity(usize::try_from(size).map_err(io::Error::other)?);
        file.take(size).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    /// Removes all of a job's pieces. Its rows must be gone.
    pub fn remove(&self, job: &JobId) -> io::Result<()> {
        match fs::remove_dir_all(self.job_folder(job)?) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// Jobs whose folder was last changed before that time. Younger folders may belong to jobs that are just being accepted.
    pub fn jobs_before(&self, time: Timestamp) -> io::Result<Vec<JobId>> {
        let time = SystemTime::from(time);
        let mut jobs = Vec::new();
        for entry in fs::read_dir(&self.folder)? {
            let entry = entry?;
            let Ok(name) = entry.file_name().into_string() else { continue };
            if is_plain(&name) && entry.file_type()?.is_dir() && entry.metadata()?.modified()? < time {
                jobs.push(JobId(name));
            }
        }
        jobs.sort();
        Ok(jobs)
    }

    fn job_folder(&self, job: &JobId) -> io::Result<PathBuf> {
        if is_plain(&job.0) {
            Ok(self.folder.join(&job.0))
        } else {
            Err(io::Error::new(io::ErrorKind::InvalidInput, "a job id of letters and digits is needed"))
        }
    }
}

/// Ids become folder names; nothing else may.
fn is_plain(name: &str) -> bool {
    !name.is_empty() && name.len() <= 64 && name.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blobs() -> (tempfile::TempDir, Blobs) {
        let folder = tempfile::tempdir().unwrap();
        let blobs = Blobs::open(&folder.path().join("blobs")).unwrap();
        (folder, blobs)
    }

    #[test]
    fn what_was_put_is_read_back_until_it_is_removed() {
        let (_folder, blobs) = blobs();
        let job = JobId("FJ1".into());
        let page = Piece::Page { variant: 0, number: 7, lease: 1 };
        blobs.put(&job, [(Piece::Document(0), &b"abc"[..]), (page, b"")]).unwrap();
        blobs.put(&job, [(Piece::Document(0), &b"abcd"[..])]).unwrap();
        assert_eq!(blobs.read(&job, Piece::Document(0), 4).unwrap(), b"abcd");
        assert_eq!(blobs.read(&job, page, 0).unwrap(), b"");
        assert!(blobs.read(&job, Piece::Document(0), 3).is_err(), "the row knows the size");
        blobs.remove(&job).unwrap();
        blobs.remove(&job).unwrap();
        assert!(blobs.read(&job, Piece::Document(0), 4).is_err());
    }

    #[test]
    fn only_folders_older_than_the_given_time_are_listed() {
        let (_folder, blobs) = blobs();
        let job = JobId("FJ2".into());
        blobs.put(&job, [(Piece::Document(0), &b"abc"[..])]).unwrap();
        assert_eq!(blobs.jobs_before(Timestamp::UNIX_EPOCH).unwrap(), []);
        assert_eq!(blobs.jobs_before(Timestamp::MAX).unwrap(), [job]);
    }

    #[test]
    fn an_id_that_is_a_path_stays_outside() {
        let (_folder, blobs) = blobs();
        for id in ["", ".", "..", "a/b", "/etc", "a\0"] {
            assert!(blobs.put(&JobId(id.into()), [(Piece::Document(0), &b"abc"[..])]).is_err(), "{id:?}");
        }
        blobs.put(&JobId("FJ3".into()), []).unwrap();
        assert_eq!(blobs.jobs_before(Timestamp::MAX).unwrap(), [], "no pieces, no folder");
    }
}
