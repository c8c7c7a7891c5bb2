//! Documents that other programs convert, with the real programs under the real keeper.

use std::ffi::OsString;
use std::fmt::Write as _;
use std::fs;
use std::io::{self, Write as _};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use ferrofax_api::job::DocumentKind;
use ferrofax_fax::page::StoredPage;
use ferrofax_render::Kind;
use ferrofax_server::prepare::convert::{Converters, Settings};
use ferrofax_server::prepare::protocol::Refusal;
use ferrofax_server::prepare::worker::RenderError;
use tempfile::TempDir;

use crate::world::FERROFAX;

pub const GHOSTSCRIPT: [&str; 8] =
    ["gs", "-q", "-dSAFER", "-dBATCH", "-dNOPAUSE", "-sDEVICE=pdfwrite", "-sOutputFile=%o", "%i"];

/// Converters with a folder of their own.
pub struct Desk {
    folder: TempDir,
    converters: Converters,
}

pub fn desk(change: impl FnOnce(&mut Settings)) -> Desk {
    let folder = tempfile::tempdir().unwrap();
    let mut settings =
        Settings::new([FERROFAX, "confine"].map(OsString::from).into(), folder.path().join("a folder for programs"));
    change(&mut settings);
    Desk { converters: Converters::detect(settings).unwrap(), folder }
}

impl Desk {
    /// The pages of a document.
    pub async fn rendered(&self, kind: DocumentKind, document: &[u8]) -> Vec<StoredPage> {
        let pdf = self.converters.convert(kind, document).await.unwrap_or_else(|error| panic!("{kind:?}: {error}"));
        let mut pages = Vec::new();
        ferrofax_render::render(pdf, Kind::Pdf, &ferrofax_render::Options::default(), &mut |page| {
            pages.push(page);
            Ok(())
        })
        .unwrap();
        pages
    }

    /// How many pages a document has; none is empty unless `empty` says so.
    async fn pages(&self, kind: DocumentKind, document: &[u8], empty: bool) -> usize {
        let pages = self.rendered(kind, document).await;
        for page in &pages {
            // An empty A4 page takes some 300 bytes of T.6.
            assert!(empty || page.code.len() > 400, "{kind:?}: a page has {} bytes", page.code.len());
        }
        pages.len()
    }

    /// Command lines of living processes that work in our folder, but for keepers.
    fn programs(&self) -> Vec<String> {
        let ours = fs::read_dir("/proc").unwrap().flatten().map(|process| process.path()).filter(|process| {
            fs::read_link(process.join("cwd")).is_ok_and(|folder| folder.starts_with(self.folder.path()))
        });
        let lines = ours.filter_map(|process| fs::read(process.join("cmdline")).ok());
        let lines = lines.map(|line| String::from_utf8_lossy(&line).replace('\0', " "));
        lines.filter(|line| !line.is_empty() && !line.contains(" confine ")).collect()
    }
}

/// CRC-32 as Zip has it.
fn crc(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 })
    })
}

/// A Zip package of members that are stored as they are.
fn zip(members: &[(&str, &str)]) -> Vec<u8> {
    let (mut file, mut directory) = (Vec::new(), Vec::new());
    let long = |length: usize| u32::try_from(length).unwrap().to_le_bytes();
    let short = |length: usize| u16::try_from(length).unwrap().to_le_bytes();
    for (name, data) in members {
        let common = [
            &[20, 0, 0, 0, 0, 0, 0, 0, 0x21, 0][..],
            &crc(data.as_bytes()).to_le_bytes(),
            &long(data.len()),
            &long(data.len()),
            &short(name.len()),
            &[0, 0],
        ]
        .concat();
        directory.extend([b"PK\x01\x02\x14\x00", &common[..], &[0; 10], &long(file.len()), name.as_bytes()].concat());
        file.extend([b"PK\x03\x04", &common[..], name.as_bytes(), data.as_bytes()].concat());
    }
    let count = short(members.len());
    let end = [b"PK\x05\x06\0\0\0\0", &count[..], &count, &long(directory.len()), &long(file.len()), &[0, 0]].concat();
    file.extend(directory);
    file.extend(end);
    file
}

/// An OpenDocument file with this body.
pub fn open_document(kind: &str, body: &str) -> Vec<u8> {
    let mime = format!("application/vnd.oasis.opendocument.{kind}");
    let spaces: String = ["office", "text", "table", "drawing", "presentation", "style"]
        .iter()
        .map(|part| {
            format!(" xmlns:{}=\"urn:oasis:names:tc:opendocument:xmlns:{part}:1.0\"", part.replace("drawing", "draw"))
        })
        .collect();
    let spaces = spaces
        + " xmlns:svg=\"urn:oasis:names:tc:opendocument:xmlns:svg-compatible:1.0\" xmlns:xlink=\"http://www.w3.org/1999/xlink\"";
    let content = format!(
        "<?xml version=\"1.0\"?><office:document-content{spaces} office:version=\"1.3\"><office:body>{body}</office:body>\
         </office:document-content>"
    );
    let manifest = format!(
        "<?xml version=\"1.0\"?><manifest:manifest xmlns:manifest=\"urn:oasis:names:tc:opendocument:xmlns:manifest:1.0\">\
         <manifest:file-entry manifest:full-path=\"/\" manifest:media-type=\"{mime}\"/>\
         <manifest:file-entry manifest:full-path=\"content.xml\" manifest:media-type=\"text/xml\"/></manifest:manifest>"
    );
    zip(&[("mimetype", &mime), ("content.xml", &content), ("META-INF/manifest.xml", &manifest)])
}

fn odt(paragraphs: &str) -> Vec<u8> {
    open_document("text", &format!("<office:text>{paragraphs}</office:text>"))
}

fn letter() -> Vec<u8> {
    odt("<text:p>Sehr geehrte Damen und Herren,</text:p><text:p>anbei unser Angebot.</text:p>")
}

/// A sheet of numbers, so many columns wide.
fn ods(columns: usize, rows: usize) -> Vec<u8> {
    let cell = "<table:table-cell office:value-type=\"string\"><text:p>Angebot 12</text:p></table:table-cell>";
    let row = format!("<table:table-row>{}</table:table-row>", cell.repeat(columns));
    let body = format!(
        "<office:spreadsheet><table:table table:name=\"A\">{}</table:table></office:spreadsheet>",
        row.repeat(rows)
    );
    open_document("spreadsheet", &body)
}

fn odp() -> Vec<u8> {
    let slide = |text: &str| {
        format!(
            "<draw:page><draw:frame svg:x=\"2cm\" svg:y=\"2cm\" svg:width=\"20cm\" svg:height=\"4cm\"><draw:text-box>\
             <text:p>{text}</text:p></draw:text-box></draw:frame></draw:page>"
        )
    };
    let body = format!("<office:presentation>{}{}</office:presentation>", slide("Erste Folie"), slide("Zweite Folie"));
    open_document("presentation", &body)
}

/// An Office Open XML package whose main part is this, with the relations of that part.
pub fn office_open_xml(part: &str, kind: &str, content: &str, more: &[(&str, &str)]) -> Vec<u8> {
    const RELATIONS: &str = "http://schemas.openxmlformats.org/package/2006/relationships";
    const OFFICE: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument";
    let types = format!(
        "<?xml version=\"1.0\"?><Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\">\
         <Default Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/>\
         <Default Extension=\"xml\" ContentType=\"application/xml\"/>\
         <Override PartName=\"/{part}\" ContentType=\"application/vnd.openxmlformats-officedocument.{kind}.main+xml\"/></Types>"
    );
    let relations = format!(
        "<?xml version=\"1.0\"?><Relationships xmlns=\"{RELATIONS}\">\
         <Relationship Id=\"r1\" Type=\"{OFFICE}\" Target=\"{part}\"/></Relationships>"
    );
    let mut members = vec![("[Content_Types].xml", types.as_str()), ("_rels/.rels", &relations), (part, content)];
    members.extend(more);
    zip(&members)
}

fn docx() -> Vec<u8> {
    let document = "<?xml version=\"1.0\"?><w:document xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\">\
         <w:body><w:p><w:r><w:t>Dear Sir or Madam, here is our offer.</w:t></w:r></w:p></w:body></w:document>";
    office_open_xml("word/document.xml", "wordprocessingml.document", document, &[])
}

fn xlsx() -> Vec<u8> {
    let cells: String = (0..4).map(|_| "<c t=\"inlineStr\"><is><t>Offer 12</t></is></c>").collect();
    spreadsheet(&format!("<row>{cells}</row>"))
}

/// A workbook of one sheet with these rows.
pub fn spreadsheet(rows: &str) -> Vec<u8> {
    let main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    let relations = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let workbook = format!(
        "<?xml version=\"1.0\"?><workbook xmlns=\"{main}\" xmlns:r=\"{relations}\"><sheets>\
         <sheet name=\"A\" sheetId=\"1\" r:id=\"r1\"/></sheets></workbook>"
    );
    let sheet = format!("<?xml version=\"1.0\"?><worksheet xmlns=\"{main}\"><sheetData>{rows}</sheetData></worksheet>");
    let links = format!(
        "<?xml version=\"1.0\"?><Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">\
         <Relationship Id=\"r1\" Type=\"{relations}/worksheet\" Target=\"worksheets/sheet1.xml\"/></Relationships>"
    );
    let more = [("xl/_rels/workbook.xml.rels", links.as_str()), ("xl/worksheets/sheet1.xml", &sheet)];
    office_open_xml("xl/workbook.xml", "spreadsheetml.sheet", &workbook, &more)
}

fn rtf() -> Vec<u8> {
    b"{\\rtf1\\ansi\\pard Dear Sir or Madam, here is our offer.\\par\\page The second page.\\par}".to_vec()
}

#[tokio::test]
async fn one_office_program_converts_all_kinds() {
    let desk = desk(|_| {});
    let mut documents = vec![
        (DocumentKind::Odt, letter(), 1),
        (DocumentKind::Ods, ods(4, 4), 1),
        (DocumentKind::Odp, odp(), 2),
        (DocumentKind::Docx, docx(), 1),
        (DocumentKind::Xlsx, xlsx(), 1),
        (DocumentKind::Rtf, rtf(), 2),
    ];
    // The older formats and PPTX, as LibreOffice itself writes them.
    let made = tempfile::tempdir().unwrap();
    for (kind, from, document, to) in [
        (DocumentKind::Doc, "odt", letter(), "doc"),
        (DocumentKind::Xls, "ods", ods(4, 4), "xls"),
        (DocumentKind::Ppt, "odp", odp(), "ppt"),
        (DocumentKind::Pptx, "odp", odp(), "pptx"),
    ] {
        documents.push((kind, saved_as(made.path(), from, &document, to), if from == "odp" { 2 } else { 1 }));
    }
    for (kind, document, pages) in &documents {
        assert_eq!(desk.pages(*kind, document, false).await, *pages, "{kind:?}");
    }
    let programs = desk.programs();
    assert!(programs.iter().all(|program| program.contains("office-1")), "{programs:#?}");
    assert!(!programs.is_empty(), "it is kept");
    if let Some(data) = std::env::var_os("FERROFAX_TEST_DATA") {
        for file in fs::read_dir(Path::new(&data).join("corpus/docx")).unwrap() {
            let document = fs::read(file.unwrap().path()).unwrap();
            assert!(desk.pages(DocumentKind::Docx, &document, true).await > 0);
        }
    }
}

/// A document as LibreOffice saves it in another format.
pub fn saved_as(folder: &Path, from: &str, document: &[u8], to: &str) -> Vec<u8> {
    let source = folder.join(format!("document.{from}"));
    fs::write(&source, document).unwrap();
    let profile = format!("-env:UserInstallation=file://{}/profile", folder.display());
    let mut command = Command::new("soffice");
    command.args(["--headless", &profile, "--convert-to", to, "--outdir"]).arg(folder).arg(&source);
    assert!(command.stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap().success());
    fs::read(folder.join(format!("document.{to}"))).unwrap()
}

#[tokio::test]
async fn what_can_not_be_read_costs_nobody_else_anything() {
    let desk = desk(|_| {});
    let broken = open_document("text", "<office:text><text:p>no end");
    let error = desk.converters.convert(DocumentKind::Odt, &broken).await.unwrap_err();
    assert_eq!(error.to_string(), "the document is damaged: its converter can't read it");
    assert_eq!(desk.pages(DocumentKind::Odt, &letter(), false).await, 1);
    assert!(desk.programs().iter().all(|program| program.contains("office-1")), "the same program went on");
}

#[tokio::test]
async fn all_columns_of_a_sheet_fit_the_width_of_a_page() {
    let desk = desk(|_| {});
    assert_eq!(desk.pages(DocumentKind::Ods, &ods(20, 10), false).await, 1);
}

#[tokio::test]
async fn after_some_documents_a_fresh_program_takes_over() {
    let desk = desk(|settings| settings.documents_per_office = 1);
    for _ in 0..2 {
        desk.pages(DocumentKind::Odt, &letter(), false).await;
        assert_eq!(desk.programs(), [""; 0]);
    }
}

#[tokio::test]
async fn a_document_loads_nothing_from_the_network_and_no_other_file() {
    let desk = desk(|_| {});
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    server.set_nonblocking(true).unwrap();
    let secret = desk.folder.path().join("secret.txt");
    fs::write(&secret, "Geheimnis ".repeat(500)).unwrap();
    let picture = format!(
        "<text:p><draw:frame svg:width=\"5cm\" svg:height=\"5cm\"><draw:image xlink:type=\"simple\" \
         xlink:href=\"http://{}/x.png\"/></draw:frame></text:p>",
        server.local_addr().unwrap()
    );
    let section = format!(
        "<text:section text:name=\"s\"><text:section-source xlink:type=\"simple\" xlink:href=\"file://{}\"/></text:section>",
        secret.display()
    );
    let document = odt(&format!("<text:p>Ein Brief mit fremden Teilen.</text:p>{picture}{section}"));
    let pdf = desk.converters.convert(DocumentKind::Odt, &document).await.unwrap();
    assert_eq!(server.accept().unwrap_err().kind(), io::ErrorKind::WouldBlock, "nobody came");
    let plain =
        desk.converters.convert(DocumentKind::Odt, &odt("<text:p>Ein Brief mit fremden Teilen.</text:p>")).await;
    assert!(pdf.len() < plain.unwrap().len() + 2000, "the secret's letters would take more");
}

/// A program of the shell.
fn script(folder: &Path, text: &str) -> PathBuf {
    let path = folder.join("program");
    fs::write(&path, format!("#!/bin/sh\n{text}\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path
}

#[tokio::test]
async fn a_program_that_hangs_is_ended_with_its_children() {
    let programs = tempfile::tempdir().unwrap();
    let hangs = script(programs.path(), "sleep 1000 & sleep 1001");
    let desk = desk(|settings| {
        settings.office = Some(hangs);
        settings.time_max = Duration::from_millis(500);
    });
    let error = desk.converters.convert(DocumentKind::Odt, &letter()).await.unwrap_err();
    assert!(matches!(error, RenderError::TimedOut { .. }), "{error}");
    assert_eq!(desk.programs(), [""; 0]);
}

#[tokio::test]
async fn a_program_that_breaks_breaks_that_document_alone() {
    let programs = tempfile::tempdir().unwrap();
    for (text, how) in [
        ("exit 3", "the document broke its renderer (exit status: 3)"),
        ("kill -SEGV $$", "the document broke its renderer (exit status: 139)"),
    ] {
        let breaks = script(programs.path(), text);
        let desk = desk(|settings| settings.office = Some(breaks));
        let error = desk.converters.convert(DocumentKind::Odt, &letter()).await.unwrap_err();
        assert_eq!(error.to_string(), how);
    }
}

#[tokio::test]
async fn a_program_that_answers_with_something_else_is_not_believed() {
    let programs = tempfile::tempdir().unwrap();
    let (secret, outside) = (programs.path().join("secret"), tempfile::tempdir().unwrap());
    fs::write(&secret, "%PDF-1.7 of somebody else").unwrap();
    // It answers every order with a link to a file it may not read itself.
    let answer = |said: &str| {
        format!(
            "for n in 1 2 3 4 5 6 7 8 9; do while [ ! -e order ]; do sleep 0.01; done; rm order; \
             ln -s '{}' $n.pdf; echo {said} > said; mv said $n.said; done",
            secret.display()
        )
    };
    for said in ["good", "nonsense"] {
        let lies = script(outside.path(), &answer(said));
        let desk = desk(|settings| settings.office = Some(lies));
        let error = desk.converters.convert(DocumentKind::Odt, &letter()).await.unwrap_err();
        assert!(matches!(error, RenderError::Crashed { .. }), "{error}");
    }
}

#[tokio::test]
async fn commands_make_pdfs_of_postscript_and_pcl() {
    let programs = tempfile::tempdir().unwrap();
    let stub = script(programs.path(), "grep -v bad \"$1\" > /dev/null || exit 1; printf '%%PDF-1.4' > \"$2\"");
    let desk = desk(|settings| {
        settings.ps = GHOSTSCRIPT.map(Into::into).into();
        settings.pcl = vec![stub.display().to_string(), "%i".into(), "%o".into()];
    });
    let text = b"%!PS\n/Helvetica findfont 24 scalefont setfont 72 700 moveto (An offer) show showpage\n";
    assert_eq!(desk.pages(DocumentKind::Ps, text, false).await, 1);
    for broken in [&b"%!PS\n(no end"[..], b"%!PS\n1 0 div\n", b"%!PS\n(/etc/passwd) (r) file pop showpage\n"] {
        let error = desk.converters.convert(DocumentKind::Ps, broken).await.unwrap_err();
        assert!(matches!(error, RenderError::Refused(Refusal::Damaged { .. })), "{error}");
    }
    assert_eq!(desk.converters.convert(DocumentKind::Pcl, b"\x1bE text").await.unwrap(), b"%PDF-1.4");
    assert!(desk.converters.convert(DocumentKind::Pcl, b"\x1bE bad").await.is_err());
    let left: Vec<_> = fs::read_dir(desk.folder.path().join("a folder for programs")).unwrap().collect();
    assert!(left.is_empty(), "{left:?}");
}

#[tokio::test]
async fn an_endless_command_is_ended() {
    let desk = desk(|settings| {
        settings.ps = GHOSTSCRIPT.map(Into::into).into();
        settings.time_max = Duration::from_millis(500);
    });
    let error = desk.converters.convert(DocumentKind::Ps, b"%!PS\n{ } loop\n").await.unwrap_err();
    assert!(matches!(error, RenderError::TimedOut { .. }), "{error}");
}

/// Runs a line of the shell with few rights; what it said.
fn confined(folder: &Path, line: &str) -> String {
    let mut keeper = Command::new(FERROFAX);
    keeper.arg("confine").arg(folder).args(["--", "/bin/bash", "-c", line]).current_dir(folder).env_clear();
    let mut child = keeper.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let stdin = child.stdin.take();
    let output = child.wait_with_output().unwrap();
    drop(stdin);
    let mut said = String::from_utf8(output.stdout).unwrap();
    write!(said, "{}", String::from_utf8_lossy(&output.stderr)).unwrap();
    said
}

#[test]
fn a_confined_program_has_its_folder_and_nothing_else() {
    let (own, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = server.local_addr().unwrap().port();
    fs::write(other.path().join("secret"), "secret").unwrap();
    let other = other.path().display();
    assert_eq!(confined(own.path(), "echo x > y; cat y"), "x\n");
    assert_eq!(confined(own.path(), "ulimit -v; ulimit -f; ulimit -c; ulimit -n"), "3145728\n262144\n0\n256\n");
    for forbidden in [
        format!("cat {other}/secret"),
        format!("ls {other}"),
        format!("echo x > {other}/mine"),
        "cat /proc/self/environ".to_owned(),
        "cat /etc/hosts".to_owned(),
        "cp /bin/true mine; ./mine".to_owned(),
        format!("exec 3<>/dev/tcp/127.0.0.1/{port}"),
        "exec 3<>/dev/udp/127.0.0.1/53; echo x >&3".to_owned(),
    ] {
        let said = confined(own.path(), &forbidden);
        let denied = ["Permission denied", "Network is unreachable", "Operation not permitted"];
        assert!(denied.iter().any(|denied| said.contains(denied)), "{forbidden}: {said:?}");
    }
}

#[test]
fn a_program_does_not_outlive_whoever_wanted_it() {
    let own = tempfile::tempdir().unwrap();
    let mut keeper = Command::new(FERROFAX);
    keeper.arg("confine").arg(own.path()).args(["--", "/bin/sh", "-c", "echo started; sleep 1000"]);
    let mut child = keeper.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    // Halted, as between documents; it is ended all the same.
    stdin.write_all(b"h").unwrap();
    drop(stdin);
    assert_eq!(child.wait().unwrap().code(), Some(137));
}
