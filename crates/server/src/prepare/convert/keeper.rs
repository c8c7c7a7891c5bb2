//! The process between a foreign program and us: `ferrofax confine`, see the command line tool.
//!
//! It starts the program in a process group of its own with few rights, and does what it is told through its stdin: halt it,
//! let it go on, and at the end of stdin kill the whole group. So the program and its children are gone as soon as we drop the
//! handle, and also when this process is killed.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::process::{ExitStatus, Stdio};

use rustix::fs::OFlags;
use tokio::io::AsyncWriteExt;
use tokio::process::{Child, ChildStdin, Command};

use crate::prepare::protocol::DOCUMENT_BYTES_MAX;

/// What a keeper is told, a byte each.
pub const HALT: u8 = b'h';
pub const GO_ON: u8 = b'g';

/// A running program and its keeper.
#[derive(Debug)]
pub struct Keeper {
    child: Child,
    /// None once it has been told to end.
    orders: Option<ChildStdin>,
}

impl Keeper {
    /// Starts a program that may read and write this folder alone.
    pub fn start(
        keeper: &[impl AsRef<OsStr>],
        folder: &Path,
        program: &Path,
        arguments: impl IntoIterator<Item = impl AsRef<OsStr>>,
    ) -> io::Result<Keeper> {
        let (own, own_arguments) = keeper.split_first().ok_or_else(|| io::Error::other("no command for keepers"))?;
        let mut child = Command::new(own)
            .args(own_arguments)
            .arg(folder)
            .arg("--")
            .arg(program)
            .args(arguments)
            .current_dir(folder)
            // Secrets live in environments.
            .env_clear()
            .env("PATH", "/usr/local/bin:/usr/bin:/bin")
            .env("HOME", folder)
            .env("TMPDIR", folder)
            .env("LC_ALL", "C.UTF-8")
            // The other cores are for calls.
            .env("OMP_THREAD_LIMIT", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            // What a program complains of may quote the document.
            .stderr(Stdio::null())
            // What the terminal sends to the service is not for the child.
            .process_group(0)
            .spawn()?;
        let orders = child.stdin.take();
        Ok(Keeper { child, orders })
    }

    /// Tells it something.
    pub async fn order(&mut self, order: u8) -> io::Result<()> {
        self.orders.as_mut().ok_or(io::ErrorKind::BrokenPipe)?.write_all(&[order]).await
    }

    /// How the program ended; a signal counts as 128 and its number.
    pub async fn ended(&mut self) -> io::Result<ExitStatus> {
        self.child.wait().await
    }

    /// Kills the program with all its children, and waits until they are gone.
    pub async fn end(mut self) -> io::Result<()> {
        self.orders = None;
        self.child.wait().await.map(drop)
    }
}

/// Writes a file that did not exist before. What a program may have put in its place is not touched.
pub async fn put(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut file = tokio::fs::OpenOptions::new().write(true).create_new(true).open(path).await?;
    file.write_all(content).await?;
    file.flush().await
}

/// Reads a file that a program wrote; it may be anything, and is nothing to wait for or to follow.
pub async fn take(path: &Path) -> io::Result<Vec<u8>> {
    use std::os::unix::fs::OpenOptionsExt;
    let path = path.to_owned();
    let read = move || {
        let careful = (OFlags::NOFOLLOW | OFlags::NONBLOCK).bits().cast_signed();
        let file = File::options().read(true).custom_flags(careful).open(&path)?;
        if !file.metadata()?.is_file() {
            return Err(io::ErrorKind::InvalidData.into());
        }
        let mut bytes = Vec::new();
        file.take(u64::from(DOCUMENT_BYTES_MAX)).read_to_end(&mut bytes)?;
        std::fs::remove_file(&path)?;
        Ok(bytes)
    };
    tokio::task::spawn_blocking(read).await.map_err(io::Error::other)?
}
