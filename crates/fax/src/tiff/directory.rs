//! Headers and directories: where the fields of each page stand.

use super::{PAGES_MAX, TiffError, kind};

/// Fields of a directory at most. Those that are read come early: fields stand in ascending order.
const FIELDS_MAX: usize = 256;

/// A file's bytes, read in its byte order.
#[derive(Clone, Copy)]
pub(super) struct File<'a> {
    pub(super) bytes: &'a [u8],
    big_endian: bool,
}

/// A field: what stands in its twelve bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Field {
    tag: u16,
    kind: u16,
    count: u32,
    /// Where the values stand.
    at: u32,
}

/// The fields of a page.
#[derive(Clone, Debug)]
pub(super) struct Directory {
    fields: Vec<Field>,
}

impl<'a> File<'a> {
    /// Reads the header: the file, and where its first directory stands.
    pub(super) fn open(bytes: &'a [u8]) -> Result<(File<'a>, u32), TiffError> {
        let big_endian = match bytes.first_chunk() {
            Some(b"II") => false,
            Some(b"MM") => true,
            _ => return Err(TiffError::Damaged { what: "no TIFF header" }),
        };
        let file = File { bytes, big_endian };
        match file.u16(2) {
            Some(42) => {}
            Some(43) => return Err(TiffError::Unsupported { what: "BigTIFF" }),
            _ => return Err(TiffError::Damaged { what: "no TIFF header" }),
        }
        let first = file.u32(4).ok_or(TiffError::Damaged { what: "no TIFF header" })?;
        Ok((file, first))
    }

    /// All directories of the chain that begins at `first`.
    pub(super) fn directories(&self, first: u32) -> Result<Vec<Directory>, TiffError> {
        let mut directories = Vec::new();
        let mut seen = std::collections::HashSet::new();
        let mut next = first;
        while next != 0 && seen.insert(next) {
            if directories.len() >= PAGES_MAX as usize {
                return Err(TiffError::TooBig { limit: PAGES_MAX.into(), of: "pages" });
            }
            let (directory, after) =
                self.directory(next).ok_or(TiffError::Damaged { what: "a directory is cut off" })?;
            directories.push(directory);
            next = after;
        }
        Ok(directories)
    }

    fn directory(&self, at: u32) -> Option<(Directory, u32)> {
        let count = usize::from(self.u16(at)?);
        let first = at.checked_add(2)?;
        let end = first.checked_add(u32::try_from(count).ok()? * 12)?;
        let mut fields = Vec::with_capacity(count.min(FIELDS_MAX));
        for at in (first..end).step_by(12).take(FIELDS_MAX) {
            let (tag, kind, count) = (self.u16(at)?, self.u16(at + 2)?, self.u32(at + 4)?);
            let inside = size_of(kind).is_some_and(|size| u64::from(count) * size <= 4);
            fields.push(Field { tag, kind, count, at: if inside { at + 8 } else { self.u32(at + 8)? } });
        }
        // Some writers leave the last four bytes away.
        Some((Directory { fields }, self.u32(end).unwrap_or(0)))
    }

    /// The values of an integer field.
    pub(super) fn values(&self, field: Field) -> impl Iterator<Item = Option<u32>> {
        (0..field.count).map(move |n| match field.kind {
            kind::BYTE => self.bytes.get(usize::try_from(field.at.checked_add(n)?).ok()?).map(|&byte| byte.into()),
            kind::SHORT => self.u16(field.at.checked_add(n.checked_mul(2)?)?).map(u32::from),
            kind::LONG => self.u32(field.at.checked_add(n.checked_mul(4)?)?),
            _ => None,
        })
    }

    /// The first value of an integer field; `Ok(None)` if the page does not have it.
    pub(super) fn value(&self, directory: &Directory, tag: u16) -> Result<Option<u32>, TiffError> {
        let Some(field) = directory.field(tag) else { return Ok(None) };
        match self.values(field).next() {
            Some(Some(value)) => Ok(Some(value)),
            _ => Err(TiffError::Damaged { what: "a field has no value" }),
        }
    }

    /// A fraction, if it is one of this world.
    pub(super) fn fraction(&self, directory: &Directory, tag: u16) -> Option<f64> {
        let field = directory.field(tag).filter(|field| field.kind == kind::RATIONAL && field.count > 0)?;
        let fraction = f64::from(self.u32(field.at)?) / f64::from(self.u32(field.at.checked_add(4)?)?);
        (fraction.is_finite() && fraction > 0.0).then_some(fraction)
    }

    fn u16(&self, at: u32) -> Option<u16> {
        let bytes = *self.bytes.get(usize::try_from(at).ok()?..)?.first_chunk()?;
        Some(if self.big_endian { u16::from_be_bytes(bytes) } else { u16::from_le_bytes(bytes) })
    }

    fn u32(&self, at: u32) -> Option<u32> {
        let bytes = *self.bytes.get(usize::try_from(at).ok()?..)?.first_chunk()?;
        Some(if self.big_endian { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) })
    }
}

impl Directory {
    pub(super) fn field(&self, tag: u16) -> Option<Field> {
        self.fields.iter().find(|field| field.tag == tag).copied()
    }
}

/// Bytes of a value, for the types that are read.
fn size_of(kind: u16) -> Option<u64> {
    match kind {
        kind::BYTE => Some(1),
        kind::SHORT => Some(2),
        kind::LONG => Some(4),
        kind::RATIONAL => Some(8),
        _ => None,
    }
}
