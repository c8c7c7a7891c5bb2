//! What a document's first bytes say it is, against what its name says.
//!
//! Only what is plainly of another kind is refused. Bytes without a known mark are left to who reads them: a PDF may begin with
//! anything, and a reader may still repair it.

use ferrofax_api::job::DocumentKind;

/// A PDF's mark may stand so far in (ISO 32000-2, annex I).
const PDF_WITHIN: usize = 1024;
const PDF: &[u8] = b"%PDF-";

/// The compound file of [MS-CFB]: older office documents, and new ones that are encrypted.
pub const COMPOUND: [u8; 8] = [0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1];
pub const ZIP: &[u8] = b"PK\x03\x04";

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Family {
    Pdf,
    Tiff,
    Picture,
    Zip,
    Compound,
    Rtf,
    PostScript,
    PrinterJob,
    Markup,
}

/// Marks, whose they are, and their names in words for the customer. Letters count in either case.
const MARKS: [(&[u8], Family, &str); 15] = [
    (PDF, Family::Pdf, "PDF"),
    (b"II*\0", Family::Tiff, "TIFF"),
    (b"MM\0*", Family::Tiff, "TIFF"),
    (b"\x89PNG\r\n", Family::Picture, "PNG"),
    (b"\xff\xd8\xff", Family::Picture, "JPEG"),
    (b"GIF87a", Family::Picture, "GIF"),
    (b"GIF89a", Family::Picture, "GIF"),
    (ZIP, Family::Zip, "a Zip package"),
    (&COMPOUND, Family::Compound, "an older Office document"),
    (b"{\\rtf", Family::Rtf, "RTF"),
    (b"%!", Family::PostScript, "PostScript"),
    (b"\x1b%-12345X", Family::PrinterJob, "a printer's job"),
    (b"<!DOCTYPE", Family::Markup, "HTML"),
    (b"<html", Family::Markup, "HTML"),
    (b"<?xml", Family::Markup, "XML"),
];

/// What is to be said of a document that is plainly not what its name says.
pub fn mismatch(kind: DocumentKind, bytes: &[u8]) -> Option<String> {
    let (family, _) = family(bytes)?;
    let begins_like_pdf = || bytes.get(..PDF_WITHIN).unwrap_or(bytes).windows(PDF.len()).any(|window| window == PDF);
    let right = fits(kind, family) || kind == DocumentKind::Pdf && begins_like_pdf();
    (!right).then(|| contradiction(kind, bytes))
}

/// The sentence for a document that is known not to be what its name says.
pub fn contradiction(kind: DocumentKind, bytes: &[u8]) -> String {
    let name = name(kind);
    match family(bytes) {
        Some((family, found)) if fits(kind, family) => {
            format!("its name says {name}, its content is {found} of another kind")
        }
        Some((_, found)) => format!("its name says {name}, its content is {found}"),
        None => format!("its name says {name}, its content is something else"),
    }
}

fn family(bytes: &[u8]) -> Option<(Family, &'static str)> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let start = bytes.trim_ascii_start();
    let like = |mark: &[u8]| start.get(..mark.len()).is_some_and(|start| start.eq_ignore_ascii_case(mark));
    MARKS.iter().find(|(mark, ..)| like(mark)).map(|(_, family, name)| (*family, *name))
}

fn fits(kind: DocumentKind, family: Family) -> bool {
    use DocumentKind::{
        Bmp, Doc, Docx, Gif, Html, Jpeg, Odp, Ods, Odt, Pcl, Pdf, Png, Ppt, Pptx, Ps, Rtf, Tiff, Txt, Webp, Xls, Xlsx,
    };
    match family {
        Family::Pdf => kind == Pdf,
        Family::Tiff => kind == Tiff,
        // Pictures tell each other apart by themselves.
        Family::Picture => matches!(kind, Png | Jpeg | Gif | Bmp | Webp),
        Family::Zip => matches!(kind, Docx | Xlsx | Pptx | Odt | Ods | Odp),
        Family::Compound => matches!(kind, Doc | Xls | Ppt | Docx | Xlsx | Pptx),
        // Their source is text, if somebody wants to see that.
        Family::Rtf => matches!(kind, Rtf | Txt),
        Family::PostScript => matches!(kind, Ps | Txt),
        Family::PrinterJob => matches!(kind, Ps | Pcl | Txt),
        Family::Markup => matches!(kind, Html | Txt),
    }
}

fn name(kind: DocumentKind) -> &'static str {
    match kind {
        DocumentKind::Pdf => "PDF",
        DocumentKind::Txt => "plain text",
        DocumentKind::Html => "HTML",
        DocumentKind::Tiff => "TIFF",
        DocumentKind::Png => "PNG",
        DocumentKind::Jpeg => "JPEG",
        DocumentKind::Gif => "GIF",
        DocumentKind::Bmp => "BMP",
        DocumentKind::Webp => "WebP",
        DocumentKind::Doc => "DOC",
        DocumentKind::Docx => "DOCX",
        DocumentKind::Xls => "XLS",
        DocumentKind::Xlsx => "XLSX",
        DocumentKind::Ppt => "PPT",
        DocumentKind::Pptx => "PPTX",
        DocumentKind::Odt => "ODT",
        DocumentKind::Ods => "ODS",
        DocumentKind::Odp => "ODP",
        DocumentKind::Rtf => "RTF",
        DocumentKind::Ps => "PostScript",
        DocumentKind::Pcl => "PCL",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_of_another_kind_than_its_name_is_told_by_its_first_bytes() {
        use DocumentKind::{Docx, Html, Pcl, Pdf, Png, Tiff, Txt};
        for (kind, bytes, wrong) in [
            (Pdf, &b"%PDF-1.4\n"[..], None),
            (Pdf, b"<html>sent by a web server\n%PDF-1.4", None),
            (Pdf, b"anything, to be repaired", None),
            (Pdf, b"\x89PNG\r\n\x1a\n", Some("its name says PDF, its content is PNG")),
            (Pdf, b"\n<!doctype html><title>Not found</title>", Some("its name says PDF, its content is HTML")),
            (Txt, b"%PDF-1.4\n", Some("its name says plain text, its content is PDF")),
            (Txt, b"<html> is a tag", None),
            (Txt, b"BMW and other cars", None),
            (Html, b"\xef\xbb\xbf<?xml version='1.0'?>", None),
            (Html, b"PK\x03\x04", Some("its name says HTML, its content is a Zip package")),
            (Tiff, b"MM\0*\0\0\0\x08", None),
            (Tiff, b"\xff\xd8\xff\xe0", Some("its name says TIFF, its content is JPEG")),
            (Png, b"\xff\xd8\xff\xe0", None),
            (Png, b"II*\0", Some("its name says PNG, its content is TIFF")),
            (Docx, &COMPOUND, None),
            (Docx, b"{\\RTF1}", Some("its name says DOCX, its content is RTF")),
            (Pcl, b"\x1b%-12345X@PJL", None),
        ] {
            assert_eq!(mismatch(kind, bytes).as_deref(), wrong, "{kind:?}: {}", bytes.escape_ascii());
        }
    }
}
