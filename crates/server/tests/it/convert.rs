//! What is refused before a foreign program sees it. The programs themselves are tested with the executable, which keeps them.

use ferrofax_api::job::DocumentKind;
use ferrofax_server::prepare::convert::{Converters, Kinds, Settings};
use ferrofax_server::prepare::protocol::Refusal;
use ferrofax_server::prepare::worker::RenderError;

/// A system without converters. Nothing is started, so nothing is written.
fn nothing_there() -> Converters {
    let folder = std::env::temp_dir().join("ferrofax-unused");
    Converters::detect(Settings { office: None, ..Settings::new(vec!["unused".into()], folder) }).unwrap()
}

/// What is said of a document there: whoever gets as far as "not supported" has proven what it is.
async fn said(converters: &Converters, kind: DocumentKind, document: &[u8]) -> String {
    match converters.convert(kind, document).await.unwrap_err() {
        RenderError::Refused(Refusal::Unsupported { .. }) => "proven".to_owned(),
        RenderError::Refused(refusal) => refusal.to_string(),
        error => panic!("{error}"),
    }
}

/// A member of a package: name, method, flags, what it says it unpacks to, data.
struct Member<'a>(&'a str, u16, u16, u32, &'a [u8]);

fn stored<'a>(name: &'a str, data: &'a [u8]) -> Member<'a> {
    Member(name, 0, 0, u32::try_from(data.len()).unwrap(), data)
}

fn packed(name: &str) -> Member<'_> {
    Member(name, 8, 0, 100, b"\x03\x00")
}

/// A Zip package.
fn zip(members: &[Member<'_>]) -> Vec<u8> {
    let (mut file, mut directory) = (Vec::new(), Vec::new());
    for Member(name, method, flags, unpacked, data) in members {
        let at = u32::try_from(file.len()).unwrap();
        let mut common = Vec::new();
        for word in [20, *flags, *method, 0, 0] {
            common.extend(u16::to_le_bytes(word));
        }
        for long in [0, u32::try_from(data.len()).unwrap(), *unpacked] {
            common.extend(u32::to_le_bytes(long));
        }
        common.extend(u16::try_from(name.len()).unwrap().to_le_bytes());
        common.extend([0, 0]);
        file.extend(b"PK\x03\x04");
        file.extend(&common);
        file.extend(name.as_bytes());
        file.extend(*data);
        directory.extend(b"PK\x01\x02\x14\x00");
        directory.extend(&common);
        directory.extend([0; 10]);
        directory.extend(at.to_le_bytes());
        directory.extend(name.as_bytes());
    }
    let count = u16::try_from(members.len()).unwrap().to_le_bytes();
    let (start, length) = (u32::try_from(file.len()).unwrap(), u32::try_from(directory.len()).unwrap());
    file.extend(directory);
    file.extend(b"PK\x05\x06\0\0\0\0");
    file.extend([count, count].concat());
    file.extend([length, start].map(u32::to_le_bytes).concat());
    file.extend([0, 0]);
    file
}

/// A compound file with these streams in its directory.
fn compound(streams: &[&str]) -> Vec<u8> {
    let mut file = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".to_vec();
    file.resize(512, 0);
    for stream in streams {
        let mut entry: Vec<u8> = stream.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let length = u16::try_from(entry.len() + 2).unwrap();
        entry.resize(64, 0);
        entry.extend(length.to_le_bytes());
        entry.push(2);
        entry.resize(128, 0);
        file.extend(entry);
    }
    file
}

#[tokio::test]
async fn documents_are_what_their_names_say_or_refused() {
    use DocumentKind::{Doc, Docx, Odp, Ods, Odt, Pcl, Ppt, Pptx, Ps, Rtf, Xls, Xlsx};
    let types = || packed("[Content_Types].xml");
    let docx = zip(&[types(), packed("word/document.xml")]);
    let odt = |kind: &[u8], content| zip(&[stored("mimetype", kind), content]);
    const TEXT: &[u8] = b"application/vnd.oasis.opendocument.text";
    const SHEET: &[u8] = b"application/vnd.oasis.opendocument.spreadsheet";
    const SLIDES: &[u8] = b"application/vnd.oasis.opendocument.presentation";
    let xml = || packed("content.xml");
    let mut cut = docx.clone();
    cut.truncate(docx.len() - 30);
    let mut astray = docx.clone();
    let length = astray.len();
    astray[length - 4] = 0xff;
    let cases: Vec<(&str, DocumentKind, Vec<u8>)> = vec![
        ("docx", Docx, docx.clone()),
        ("docx in capitals", Docx, zip(&[packed("[CONTENT_TYPES].XML"), packed("Word/Document.xml")])),
        ("xlsx", Xlsx, zip(&[types(), packed("xl/workbook.xml")])),
        ("pptx", Pptx, zip(&[types(), packed("ppt/presentation.xml")])),
        ("odt", Odt, odt(TEXT, xml())),
        ("odt template", Odt, odt(b"application/vnd.oasis.opendocument.text-template", xml())),
        ("odt, content stored", Odt, odt(TEXT, stored("content.xml", b"<?xml"))),
        ("ods", Ods, odt(SHEET, xml())),
        ("odp", Odp, odt(SLIDES, xml())),
        ("doc", Doc, compound(&["1Table", "WordDocument"])),
        ("xls", Xls, compound(&["Workbook"])),
        ("older xls", Xls, compound(&["Book"])),
        ("ppt", Ppt, compound(&["Current User", "PowerPoint Document"])),
        ("rtf", Rtf, b"{\\rtf1 x}".to_vec()),
        ("ps", Ps, b"%!PS-Adobe-3.0\n".to_vec()),
        ("ps from a printer's queue", Ps, b"\x1b%-12345X@PJL\n%!PS".to_vec()),
        ("pcl", Pcl, b"\x1bE\x1b&l0O".to_vec()),
        ("empty", Docx, vec![]),
        ("docx that is xlsx", Docx, zip(&[types(), packed("xl/workbook.xml")])),
        ("docx that is doc", Docx, compound(&["WordDocument"])),
        ("docx that is rtf", Docx, b"{\\rtf1 x}".to_vec()),
        ("docx that is pdf", Docx, b"%PDF-1.7".to_vec()),
        ("doc that is docx", Doc, docx.clone()),
        ("doc that is rtf", Doc, b"{\\rtf1 x}".to_vec()),
        ("doc that is html", Doc, b"\r\n<HTML>".to_vec()),
        ("doc that is xls", Doc, compound(&["Workbook"])),
        ("odt that is ods", Odt, odt(SHEET, xml())),
        ("odt without a type", Odt, zip(&[xml()])),
        ("rtf that is text", Rtf, b"Dear all".to_vec()),
        ("ps that is pdf", Ps, b"%PDF-1.7".to_vec()),
        ("pcl that is ps", Pcl, b"%!PS".to_vec()),
        ("docx with a password", Docx, compound(&["EncryptionInfo", "EncryptedPackage"])),
        ("odt with a password", Odt, odt(TEXT, stored("content.xml", b"\x8a\x01\x02\x03"))),
        ("newer odt with a password", Odt, odt(TEXT, packed("encrypted-package"))),
        ("zip with a password", Docx, zip(&[types(), Member("word/document.xml", 8, 1, 9, b"x")])),
        ("docx cut off", Docx, cut),
        ("docx with its directory astray", Docx, astray),
        ("bomb", Docx, zip(&[types(), Member("word/document.xml", 8, 0, 3 << 30, b"x")])),
        ("bomb of many", Xlsx, {
            let names: Vec<String> = (0..300).map(|n| format!("xl/{n}.xml")).collect();
            zip(&names.iter().map(|name| Member(name, 8, 0, 1 << 20, b"x")).collect::<Vec<_>>())
        }),
        ("too many members", Odt, zip(&(0..20_000).map(|_| packed("x")).collect::<Vec<_>>())),
    ];
    let (mut table, converters) = (String::new(), nothing_there());
    for (name, kind, document) in cases {
        table += &format!("{name:26} {}\n", said(&converters, kind, &document).await);
    }
    insta::assert_snapshot!(table, @r"
    docx                       proven
    docx in capitals           proven
    xlsx                       proven
    pptx                       proven
    odt                        proven
    odt template               proven
    odt, content stored        proven
    ods                        proven
    odp                        proven
    doc                        proven
    xls                        proven
    older xls                  proven
    ppt                        proven
    rtf                        proven
    ps                         proven
    ps from a printer's queue  proven
    pcl                        proven
    empty                      the document has no pages
    docx that is xlsx          its name says DOCX, its content is a Zip package of another kind
    docx that is doc           its name says DOCX, its content is an older Office document of another kind
    docx that is rtf           its name says DOCX, its content is RTF
    docx that is pdf           its name says DOCX, its content is PDF
    doc that is docx           its name says DOC, its content is a Zip package
    doc that is rtf            its name says DOC, its content is RTF
    doc that is html           its name says DOC, its content is HTML
    doc that is xls            its name says DOC, its content is an older Office document of another kind
    odt that is ods            its name says ODT, its content is a Zip package of another kind
    odt without a type         its name says ODT, its content is a Zip package of another kind
    rtf that is text           its name says RTF, its content is something else
    ps that is pdf             its name says PostScript, its content is PDF
    pcl that is ps             its name says PCL, its content is PostScript
    docx with a password       the document needs a password
    odt with a password        the document needs a password
    newer odt with a password  the document needs a password
    zip with a password        the document needs a password
    docx cut off               the document is damaged: its directory is missing or broken
    docx with its directory astray the document is damaged: its directory is missing or broken
    bomb                       too big: a package of more than 256 MB
    bomb of many               too big: a package of more than 256 MB
    too many members           too big: a package of more than 10000 members
    ");
}

#[tokio::test]
async fn no_broken_package_or_compound_file_breaks_the_reader() {
    let docx = zip(&[packed("[Content_Types].xml"), packed("word/document.xml")]);
    let doc = compound(&["1Table", "WordDocument"]);
    let converters = nothing_there();
    for (kind, good) in
        [(DocumentKind::Docx, docx), (DocumentKind::Odt, zip(&[stored("mimetype", b"x")])), (DocumentKind::Doc, doc)]
    {
        for at in 0..good.len() {
            for flip in [0x01, 0x80, 0xff] {
                let mut bad = good.clone();
                bad[at] ^= flip;
                assert!(!said(&converters, kind, &bad).await.is_empty());
            }
            assert!(!said(&converters, kind, &good[..at]).await.is_empty());
        }
    }
}

#[test]
fn kinds_without_a_converter_are_not_taken() {
    let none = Kinds::default();
    assert!(none.take(DocumentKind::Pdf) && none.take(DocumentKind::Html));
    assert!(!none.take(DocumentKind::Docx) && !none.take(DocumentKind::Rtf));
    assert!(!none.take(DocumentKind::Ps) && !none.take(DocumentKind::Pcl));
    assert!(Kinds { office: true, ..none }.take(DocumentKind::Odp));
    assert!(Kinds { ps: true, ..none }.take(DocumentKind::Ps));
    assert!(Converters::needed(DocumentKind::Doc) && !Converters::needed(DocumentKind::Txt));
}

#[test]
fn a_program_that_is_not_there_converts_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let found = |office: &str, ps: &[&str]| {
        let settings = Settings {
            office: Some(office.into()),
            ps: ps.iter().map(|&part| part.to_owned()).collect(),
            ..Settings::new(vec!["unused".into()], folder.path().join("convert"))
        };
        Converters::detect(settings).unwrap().kinds()
    };
    assert_eq!(found("no-such-program", &["/no/such/program", "%i"]), Kinds::default());
    assert_eq!(found("/bin/sh", &["sh", "%i"]), Kinds { office: true, ps: true, pcl: false });
    assert_eq!(found("/etc/passwd", &[]), Kinds::default(), "no program");
}
