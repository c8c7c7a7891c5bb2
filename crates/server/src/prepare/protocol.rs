//! What the service and a render child say to each other over the child's stdin and stdout.
//!
//! A message is two lengths (32 bits, big-endian), a header in JSON and a body of bytes. The service sends one [`Job`] with what
//! is to be made into pages as its body, and hears a [`Reply::Page`] per page, whose body is T.6 code, then [`Reply::Done`] or
//! [`Reply::Failed`]. Before its first page a child may ask for what the document refers to, by [`Reply::Wanted`]; it gets a
//! [`Fetched`] for each address. End of file on stdin ends the child.
//!
//! The document travels through the pipe instead of as an open file: handing over a descriptor per job needs SCM_RIGHTS or
//! `/proc`, and so either `unsafe`, or a child that may open files. This way the child has no access to any file at all, and
//! documents that live in the database need no file either. The copy costs some 10 ms for 50 MB, nothing beside rendering.
//!
//! The child has read foreign bytes and counts as hostile: whatever it says is bounded here and checked by [`super::worker`].

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::io::{self, Read, Write};

use ferrofax_api::job::{Charset, DocumentKind, Paper, Property};
use ferrofax_api::warning::Warning;
use ferrofax_fax::page::Resolution;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// Bytes of a header at most; [`WARNINGS_MAX`] fit.
pub const HEADER_BYTES_MAX: u32 = 64_000;
/// Warnings told about a document; more say nothing new.
pub const WARNINGS_MAX: usize = 500;
/// Bytes of a document at most. The door allows less; this bounds what a child keeps for us.
pub const DOCUMENT_BYTES_MAX: u32 = 256 << 20;
/// Bytes of a coded page at most. A superfine page of alternating pels, T.6's worst case, takes less than half of it.
pub const PAGE_BYTES_MAX: u32 = 16 << 20;
/// Addresses that a child may ask for while it renders a document.
pub const WANTED_MAX: usize = 100;
/// Bytes of all pages of a document at most: a thousand pages of dithered photographs.
pub const PAGES_BYTES_MAX: usize = 512 << 20;

/// Something for a child to do.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Job {
    pub task: Task,
    /// More pages are refused.
    pub pages_max: u32,
    /// CPU time the child allows itself, beside the clock of the service.
    pub cpu_seconds_max: u64,
}

/// What a child can do. The body of the message depends on it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Task {
    /// Pages of a document; the body is the document.
    Document { kind: DocumentKind, charset: Charset, paper: Paper, resolution: Resolution },
    /// The cover page of a recipient; the body is a [`CoverOrder`] in JSON.
    Cover { paper: Paper, resolution: Resolution },
    /// Header bands, each as a page of few rows; the body is a list in JSON with a list of [`BandLine`] for each band.
    Bands { resolution: Resolution },
}

/// A cover page to be made.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CoverOrder<'a> {
    /// The name of the template.
    pub template: Cow<'a, str>,
    /// The sources of the customer's templates by name: that one, and those it may include.
    pub sources: Cow<'a, BTreeMap<String, String>>,
    /// The recipient's properties, as keys and values.
    pub properties: Cow<'a, [Property]>,
    /// What the service knows by itself, as keys and values: see `docs/templates.md`.
    pub facts: BTreeMap<String, String>,
    /// Now, in microseconds since 1970.
    pub now: i64,
    /// The account's time zone, by its IANA name.
    pub zone: String,
}

impl fmt::Debug for CoverOrder<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CoverOrder({:?}, {} properties)", self.template, self.properties.len())
    }
}

/// A line of a header as it is printed, by alignment.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BandLine {
    pub left: String,
    pub centre: String,
    pub right: String,
}

/// It may hold telephone numbers.
impl fmt::Debug for BandLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BandLine(…)")
    }
}

/// Something a child asked for; the body is its bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Fetched {
    /// Else it can't be had, and there is no body.
    pub found: bool,
}

/// An answer of a child.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reply {
    /// The next page; the body is its T.6 code.
    Page { width: u16, resolution: Resolution },
    /// The document refers to things at these addresses; the body is a list of them in JSON.
    Wanted,
    /// That was all of it.
    Done { pages: u32, warnings: Vec<Warning> },
    /// The document did not become pages; those already sent are void.
    Failed(Refusal),
}

/// What is wrong with a document, sorted by what its sender can do. Names no content.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// Make it again.
    Damaged { page: Option<u32>, what: String },
    /// Name it as what it is.
    OtherKind { what: String },
    /// Send it as another kind.
    Unsupported { what: String },
    /// Send it without a password.
    PasswordProtected,
    /// Split it.
    TooManyPages { limit: u32 },
    /// Make it smaller.
    TooBig { what: String },
    /// There is nothing to send.
    Empty,
    /// Mend the template: its name, line, column, and what is wrong there.
    Template { message: String },
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Damaged { page: Some(page), what } => write!(f, "page {page} is damaged: {what}"),
            Self::Damaged { page: None, what } => write!(f, "the document is damaged: {what}"),
            Self::OtherKind { what } => f.write_str(what),
            Self::Unsupported { what } => write!(f, "not supported: {what}"),
            Self::PasswordProtected => f.write_str("the document needs a password"),
            Self::TooManyPages { limit } => write!(f, "the document has more than {limit} pages"),
            Self::TooBig { what } => write!(f, "too big: {what}"),
            Self::Empty => f.write_str("the document has no pages"),
            Self::Template { message } => f.write_str(message),
        }
    }
}

/// The two lengths and the header of a message; its body follows.
pub fn prefix(header: &impl Serialize, body: &[u8]) -> io::Result<Vec<u8>> {
    let header = serde_json::to_vec(header)?;
    let too_long = |_| io::Error::from(io::ErrorKind::InvalidInput);
    let header_length = u32::try_from(header.len()).map_err(too_long)?;
    let body_length = u32::try_from(body.len()).map_err(too_long)?;
    let mut bytes = Vec::with_capacity(8 + header.len());
    bytes.extend(header_length.to_be_bytes());
    bytes.extend(body_length.to_be_bytes());
    bytes.extend(header);
    Ok(bytes)
}

/// Takes the two lengths apart; refuses what is longer than it may be.
pub fn lengths(bytes: [u8; 8], body_bytes_max: u32) -> io::Result<(usize, usize)> {
    let [a, b, c, d, e, f, g, h] = bytes;
    let (header, body) = (u32::from_be_bytes([a, b, c, d]), u32::from_be_bytes([e, f, g, h]));
    if header > HEADER_BYTES_MAX || body > body_bytes_max {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "a message longer than it may be"));
    }
    // 32 bits fit the address space of everything this runs on.
    Ok((header as usize, body as usize))
}

/// Writes a message, for the child.
pub fn write(to: &mut impl Write, header: &impl Serialize, body: &[u8]) -> io::Result<()> {
    to.write_all(&prefix(header, body)?)?;
    to.write_all(body)?;
    to.flush()
}

/// Reads a message, for the child; none at the end of file.
pub fn read<H: DeserializeOwned>(from: &mut impl Read, body_bytes_max: u32) -> io::Result<Option<(H, Vec<u8>)>> {
    let mut start = [0; 8];
    let mut have = 0;
    while have < start.len() {
        match from.read(start.get_mut(have..).unwrap_or_default()) {
            Ok(0) if have == 0 => return Ok(None),
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(more) => have += more,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    let (header_length, body_length) = lengths(start, body_bytes_max)?;
    let mut header = vec![0; header_length];
    from.read_exact(&mut header)?;
    let mut body = vec![0; body_length];
    from.read_exact(&mut body)?;
    Ok(Some((serde_json::from_slice(&header)?, body)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_arrive_as_they_were_sent() {
        let page = Reply::Page { width: 1728, resolution: Resolution::Fine };
        let done = Reply::Failed(Refusal::Damaged { page: Some(2), what: "its content".into() });
        let mut pipe = Vec::new();
        write(&mut pipe, &page, b"code").unwrap();
        write(&mut pipe, &done, b"").unwrap();
        let mut pipe = pipe.as_slice();
        assert_eq!(read(&mut pipe, 4).unwrap(), Some((page, b"code".to_vec())));
        assert_eq!(read(&mut pipe, 4).unwrap(), Some((done, vec![])));
        assert_eq!(read::<Reply>(&mut pipe, 4).unwrap(), None);
    }

    #[test]
    fn long_and_broken_messages_are_refused() {
        let done = Reply::Done { pages: 1, warnings: vec![] };
        let mut message = Vec::new();
        write(&mut message, &done, b"12345").unwrap();
        assert!(read::<Reply>(&mut message.as_slice(), 4).is_err(), "body too long");
        assert!(read::<Reply>(&mut &message[..message.len() - 1], 5).is_err(), "cut off");
        assert!(read::<Reply>(&mut &message[..3], 5).is_err(), "cut off in the lengths");
        assert!(lengths([0, 1, 0, 0, 0, 0, 0, 0], 0).is_err(), "header too long");
        assert!(read::<Reply>(&mut &b"\0\0\0\x02\0\0\0\0{}"[..], 4).is_err(), "no such reply");
    }
}
