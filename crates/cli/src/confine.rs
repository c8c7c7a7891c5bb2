//! `confine`: the process between a foreign program and the service. Hidden; started by the service, see
//! [`ferrofax_server::prepare::convert`].
//!
//! A program that reads the documents of strangers gets what it needs and no more: its own folder to write in, the system's
//! programs and fonts to read, no network, memory and file sizes within limits, no new privileges. Landlock and a network of its
//! own are taken where the kernel gives them to a process without rights. What confines this process confines its children.
//!
//! It stays, to end what it started: at the end of its stdin it kills the program's whole process group. So nothing outlives the
//! service, whichever way that ends. Two orders come over stdin as well: halt and go on.
//!
//! Left out: UDP where there is no network of its own; pathname sockets.

use std::ffi::OsString;
use std::io::{self, Read};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use anyhow::Context;
use clap::Args;
use ferrofax_server::prepare::convert::{GO_ON, HALT};
use landlock::{ABI, Access, AccessFs, AccessNet, Ruleset, RulesetAttr, RulesetCreatedAttr, Scope, path_beneath_rules};
use rustix::process::{Pid, Resource, Signal, kill_process_group};
use rustix::thread::UnshareFlags;

use crate::worker::limit;

/// Address space in bytes. LibreOffice takes half a gigabyte before its first document.
const ADDRESS_SPACE_MAX: u64 = 3 << 30;
/// Bytes of a file that a program writes.
const FILE_BYTES_MAX: u64 = 256 << 20;
const OPEN_FILES_MAX: u64 = 256;

/// What programs, their libraries, fonts and settings are read from. Not all of `/etc`, which holds secrets, and not `/proc`.
const SYSTEM: [&str; 25] = [
    "/bin",
    "/lib",
    "/lib32",
    "/lib64",
    "/opt",
    "/sbin",
    "/usr",
    "/etc/alternatives",
    "/etc/fonts",
    "/etc/ghostscript",
    "/etc/group",
    "/etc/ld.so.cache",
    "/etc/libreoffice",
    "/etc/localtime",
    "/etc/locale.alias",
    "/etc/nsswitch.conf",
    "/etc/papersize",
    "/etc/passwd",
    "/var/cache/fontconfig",
    "/var/lib/ghostscript",
    "/var/lib/libreoffice",
    "/var/spool/libreoffice",
    "/dev/random",
    "/dev/urandom",
    "/dev/zero",
];

/// LibreOffice does not start without a socket of its own here, named after its profile, used or not.
const SOCKETS: [&str; 2] = ["/tmp", "/var/tmp"];

/// A program and where it may write.
#[derive(Debug, Args)]
pub struct Confine {
    folder: PathBuf,
    #[arg(last = true, required = true)]
    command: Vec<OsString>,
}

impl Confine {
    /// Runs the program and ends with it.
    pub fn run(&self) -> anyhow::Result<ExitCode> {
        let (program, arguments) = self.command.split_first().context("no program")?;
        self.confine(Path::new(program)).context("the keeper could not confine itself")?;
        let mut child = Command::new(program)
            .args(arguments)
            .stdin(Stdio::null())
            .process_group(0)
            .spawn()
            .context("the program can't be started")?;
        let group = i32::try_from(child.id()).ok().and_then(Pid::from_raw).context("a process without id")?;
        std::thread::spawn(move || obey(group));
        let status = child.wait()?;
        // What it left behind.
        let _ = kill_process_group(group, Signal::KILL);
        let code = status.code().or(status.signal().map(|signal| 128 + signal)).unwrap_or(1);
        Ok(ExitCode::from(u8::try_from(code).unwrap_or(1)))
    }

    fn confine(&self, program: &Path) -> anyhow::Result<()> {
        let read = AccessFs::from_read(ABI::V6);
        let all = AccessFs::from_all(ABI::V6);
        let write = all & !AccessFs::Execute;
        // Takes what the kernel has. Sets no-new-privileges as well.
        Ruleset::default()
            .handle_access(all)?
            .handle_access(AccessNet::from_all(ABI::V6))?
            .scope(Scope::from_all(ABI::V6))?
            .create()?
            .add_rules(path_beneath_rules(SYSTEM, read))?
            .add_rules(path_beneath_rules(program.parent(), read))?
            .add_rules(path_beneath_rules([&self.folder, Path::new("/dev/null")], write))?
            .add_rules(path_beneath_rules(SOCKETS, AccessFs::MakeSock))?
            .restrict_self()?;
        rustix::thread::set_no_new_privs(true)?;
        // A network with nothing in it. Not every system lets its users have one; landlock refuses TCP all the same.
        #[expect(deprecated, reason = "unsafe only with CLONE_FILES, says its successor")]
        let _ = rustix::thread::unshare(UnshareFlags::NEWUSER | UnshareFlags::NEWNET);
        limit(Resource::As, ADDRESS_SPACE_MAX)?;
        limit(Resource::Fsize, FILE_BYTES_MAX)?;
        limit(Resource::Core, 0)?;
        limit(Resource::Nofile, OPEN_FILES_MAX)?;
        Ok(())
    }
}

/// Does what comes over stdin until its end, then kills.
fn obey(group: Pid) {
    for order in io::stdin().lock().bytes() {
        let signal = match order {
            Ok(HALT) => Signal::STOP,
            Ok(GO_ON) => Signal::CONT,
            Ok(_) => continue,
            Err(_) => break,
        };
        let _ = kill_process_group(group, signal);
    }
    let _ = kill_process_group(group, Signal::KILL);
}
