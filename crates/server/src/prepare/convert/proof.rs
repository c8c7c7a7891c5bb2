//! Whether a document is what its name says, before a foreign program reads it, and whether it stays within bounds.
//!
//! Three families: Zip packages (Office Open XML, ECMA-376 part 2; OpenDocument, part 2 clause 3), compound files ([MS-CFB]: the
//! older DOC, XLS, PPT, and also every encrypted package), and text with a mark at its beginning (RTF, PostScript, PCL). Only
//! directories are read, nothing is unpacked. What a package says of its sizes may be a lie; the keeper's limits are for that.

use ferrofax_api::job::DocumentKind;

use crate::prepare::mark::{self, COMPOUND, ZIP};
use crate::prepare::protocol::Refusal;

/// Bytes of a package's members, unpacked. LibreOffice needs a multiple of it.
const UNPACKED_BYTES_MAX: u64 = 256 << 20;
/// Members of a package.
const MEMBERS_MAX: usize = 10_000;

/// Answers what is wrong with a document, if it is not of this kind.
pub fn prove(kind: DocumentKind, bytes: &[u8]) -> Result<(), Refusal> {
    use DocumentKind::{Doc, Docx, Odp, Ods, Odt, Pcl, Ppt, Pptx, Ps, Rtf, Xls, Xlsx};
    if bytes.is_empty() {
        return Err(Refusal::Empty);
    }
    match kind {
        Docx => office_open_xml(bytes, kind, b"word/"),
        Xlsx => office_open_xml(bytes, kind, b"xl/"),
        Pptx => office_open_xml(bytes, kind, b"ppt/"),
        Odt => open_document(bytes, kind, b"application/vnd.oasis.opendocument.text"),
        Ods => open_document(bytes, kind, b"application/vnd.oasis.opendocument.spreadsheet"),
        Odp => open_document(bytes, kind, b"application/vnd.oasis.opendocument.presentation"),
        Doc => compound(bytes, kind, &["WordDocument"]),
        Xls => compound(bytes, kind, &["Workbook", "Book"]),
        Ppt => compound(bytes, kind, &["PowerPoint Document"]),
        Rtf => begins(bytes, kind, &[b"{\\rtf"]),
        Ps => begins(bytes, kind, &[b"%!", b"\x04%!", b"\x1b%-12345X"]),
        Pcl => begins(bytes, kind, &[b"\x1b", b") HP-PCL XL"]),
        _ => Ok(()),
    }
}

fn begins(bytes: &[u8], kind: DocumentKind, marks: &[&[u8]]) -> Result<(), Refusal> {
    let good = marks.iter().any(|mark| bytes.trim_ascii_start().starts_with(mark));
    if good { Ok(()) } else { Err(is_not(kind, bytes)) }
}

/// It is another kind than its name says.
fn is_not(kind: DocumentKind, bytes: &[u8]) -> Refusal {
    Refusal::OtherKind { what: mark::contradiction(kind, bytes) }
}

fn broken(what: &str) -> Refusal {
    Refusal::Damaged { page: None, what: what.to_owned() }
}

// Zip packages

const MEMBER: [u8; 4] = *b"PK\x01\x02";
const DIRECTORY_END: [u8; 4] = *b"PK\x05\x06";
/// The end record without its comment, and the longest comment.
const END_LENGTH: usize = 22;
const COMMENT_LENGTH_MAX: usize = 0xffff;
/// A member's entry without its name and extras.
const MEMBER_LENGTH: usize = 46;
/// A member's header before its data.
const LOCAL_LENGTH: usize = 30;

/// A member as the directory of its package has it.
struct Member<'a> {
    name: &'a [u8],
    encrypted: bool,
    stored: bool,
    /// Where its header is.
    at: usize,
}

fn office_open_xml(bytes: &[u8], kind: DocumentKind, part: &[u8]) -> Result<(), Refusal> {
    if bytes.starts_with(&COMPOUND) && streams(bytes).any(|stream| stream == "EncryptedPackage") {
        return Err(Refusal::PasswordProtected);
    }
    let members = members(bytes, kind)?;
    let types = members.iter().any(|member| member.name.eq_ignore_ascii_case(b"[Content_Types].xml"));
    let part = members
        .iter()
        .any(|member| member.name.get(..part.len()).is_some_and(|start| start.eq_ignore_ascii_case(part)));
    if types && part { Ok(()) } else { Err(is_not(kind, bytes)) }
}

fn open_document(bytes: &[u8], kind: DocumentKind, media_type: &[u8]) -> Result<(), Refusal> {
    let members = members(bytes, kind)?;
    let member = |name: &[u8]| members.iter().find(|member| member.name == name);
    // Templates have the same name with a word more.
    if !member(b"mimetype").is_some_and(|found| data(bytes, found).starts_with(media_type)) {
        return Err(is_not(kind, bytes));
    }
    // What is encrypted can't be packed any more, and is stored.
    let scrambled = |content: &Member<'_>| content.stored && !data(bytes, content).trim_ascii_start().starts_with(b"<");
    if member(b"encrypted-package").is_some() || member(b"content.xml").is_some_and(scrambled) {
        return Err(Refusal::PasswordProtected);
    }
    Ok(())
}

/// What the directory of a package names; an error also if it would unpack to too much.
fn members<'a>(bytes: &'a [u8], kind: DocumentKind) -> Result<Vec<Member<'a>>, Refusal> {
    if !bytes.starts_with(ZIP) {
        return Err(is_not(kind, bytes));
    }
    let gone = || broken("its directory is missing or broken");
    let tail = bytes.len().saturating_sub(END_LENGTH + COMMENT_LENGTH_MAX);
    let end = bytes.get(tail..).unwrap_or_default();
    let end = end.windows(4).rposition(|window| window == DIRECTORY_END).ok_or_else(gone)? + tail;
    let count = u16_at(bytes, end + 10).ok_or_else(gone)?;
    let mut at = usize_at(bytes, end + 16).ok_or_else(gone)?;
    if usize::from(count) > MEMBERS_MAX {
        return Err(Refusal::TooBig { what: format!("a package of more than {MEMBERS_MAX} members") });
    }
    let mut members = Vec::with_capacity(usize::from(count));
    let mut unpacked = 0;
    for _ in 0..count {
        let entry = bytes.get(at..).filter(|entry| entry.starts_with(&MEMBER)).ok_or_else(gone)?;
        let length = |at| u16_at(entry, at).map(usize::from).ok_or_else(gone);
        let [name, extra, comment] = [length(28)?, length(30)?, length(32)?];
        // Without more than 32 bits, which is 0xffff_ffff, and too big.
        unpacked += u64::from(u32_at(entry, 24).ok_or_else(gone)?);
        if unpacked > UNPACKED_BYTES_MAX {
            return Err(Refusal::TooBig { what: format!("a package of more than {} MB", UNPACKED_BYTES_MAX >> 20) });
        }
        members.push(Member {
            name: entry.get(MEMBER_LENGTH..MEMBER_LENGTH + name).ok_or_else(gone)?,
            encrypted: length(8)? & 1 != 0,
            stored: length(10)? == 0,
            at: usize_at(entry, 42).ok_or_else(gone)?,
        });
        at += MEMBER_LENGTH + name + extra + comment;
    }
    if members.iter().any(|member| member.encrypted) {
        return Err(Refusal::PasswordProtected);
    }
    Ok(members)
}

/// From the beginning of a member's data to the end of the package.
fn data<'a>(bytes: &'a [u8], member: &Member<'_>) -> &'a [u8] {
    let header = bytes.get(member.at..).unwrap_or_default();
    let length = |at| u16_at(header, at).map_or(0, usize::from);
    header.get(LOCAL_LENGTH + length(26) + length(28)..).unwrap_or_default()
}

// Compound files

/// Of an entry in the directory; all sectors are a multiple of it.
const ENTRY_LENGTH: usize = 128;

fn compound(bytes: &[u8], kind: DocumentKind, wanted: &[&str]) -> Result<(), Refusal> {
    if !bytes.starts_with(&COMPOUND) {
        return Err(is_not(kind, bytes));
    }
    if streams(bytes).any(|stream| stream == "EncryptedPackage" || stream == "EncryptedSummary") {
        return Err(Refusal::PasswordProtected);
    }
    if !streams(bytes).any(|stream| wanted.contains(&stream.as_str())) {
        return Err(is_not(kind, bytes));
    }
    Ok(())
}

/// The names of streams. Instead of following the chain of the directory's sectors this looks at every place where an entry may
/// be: a name in UTF-16, its length with the zero at its end, and the type of a stream.
fn streams(bytes: &[u8]) -> impl Iterator<Item = String> {
    bytes.chunks_exact(ENTRY_LENGTH).filter_map(|entry| {
        let length = usize::from(u16_at(entry, 64)?);
        if entry.get(66) != Some(&2) || !(4..=64).contains(&length) || length % 2 != 0 {
            return None;
        }
        let name = entry.get(..length - 2)?.chunks_exact(2);
        name.map(|unit| match unit {
            [low @ 0x20..0x7f, 0] => Some(char::from(*low)),
            _ => None,
        })
        .collect()
    })
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..at.checked_add(2)?)?.try_into().ok().map(u16::from_le_bytes)
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..at.checked_add(4)?)?.try_into().ok().map(u32::from_le_bytes)
}

fn usize_at(bytes: &[u8], at: usize) -> Option<usize> {
    usize::try_from(u32_at(bytes, at)?).ok()
}
