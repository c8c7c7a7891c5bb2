//! What documents that other programs convert look like, as pictures (see `tests/golden/README.md`).

#[path = "../../../render/tests/it/golden/tolerance.rs"]
mod tolerance;

use std::fs;
use std::io::{self, Write as _};
use std::path::Path;
use std::process::Command;

use ferrofax_api::job::DocumentKind;
use ferrofax_fax::page::{Bitmap, Resolution, StoredPage};
use ferrofax_fax::tiff::{Compression, Tiff, Writer};
use tolerance::{Tolerance, compare, differences};

use crate::office::{GHOSTSCRIPT, desk, office_open_xml, open_document, saved_as, spreadsheet};

/// Compares pages with the picture `name`, or writes it with the name of its maker.
fn golden(name: &str, pages: &[StoredPage], maker: &str) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let (picture, made_by) = (folder.join(format!("{name}.tif")), folder.join(format!("{name}.txt")));
    let got: Vec<Bitmap> = pages.iter().map(|page| Bitmap::from_source(&mut page.source())).collect();
    if std::env::var_os("FERROFAX_GOLDEN").is_some_and(|word| word == "write") {
        write(&picture, &got);
        return fs::write(made_by, maker).unwrap();
    }
    let tolerance = if fs::read_to_string(made_by).unwrap() == maker {
        Tolerance::Edges
    } else {
        // Not by a macro, which would be silent when tests pass.
        let warning = format!("WARNING: {name} was made by other versions than {maker:?}: only compared roughly\n");
        io::stderr().write_all(warning.as_bytes()).unwrap();
        Tolerance::Spots
    };
    let expected = read(&picture);
    assert_eq!(got.len(), expected.len(), "{name}: pages");
    for (number, (got, expected)) in got.iter().zip(&expected).enumerate() {
        if let Err(why) = compare(got, expected, tolerance) {
            let seen = std::env::temp_dir().join(format!("ferrofax-golden-{name}.tif"));
            write(&seen, &[got.clone(), differences(got, expected)]);
            panic!(
                "{name}, page {}: {why}\n  expected {}\n  got and difference {}",
                number + 1,
                picture.display(),
                seen.display()
            );
        }
    }
}

fn write(path: &Path, pages: &[Bitmap]) {
    let mut writer = Writer::new(io::Cursor::new(Vec::new()), Compression::Mmr).unwrap();
    pages.iter().for_each(|page| writer.append(&mut page.source(Resolution::Fine)).unwrap());
    fs::write(path, writer.finish().unwrap().into_inner()).unwrap();
}

fn read(path: &Path) -> Vec<Bitmap> {
    let file = fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let tiff = Tiff::parse(&file).unwrap();
    let page = |number| Bitmap::from_source(&mut tiff.page(number).unwrap().rows.source(Resolution::Fine));
    (0..tiff.pages()).map(page).collect()
}

/// A program's version, and that of the font that documents here ask for.
fn maker(program: &str, arguments: &[&str]) -> String {
    let said = |program: &str, arguments: &[&str]| {
        let output = Command::new(program).args(arguments).output().ok();
        output.map_or_else(|| "unknown".into(), |output| String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    let font = said("fc-match", &["-f", "%{fullname} %{fontversion}", "Liberation Sans"]);
    format!("{program} {}\n{font}\n", said(program, arguments))
}

/// A letter with a heading, a table with a dark head, and a second page.
fn docx() -> Vec<u8> {
    const SPACE: &str = "<w:spacing w:before=\"60\" w:after=\"60\"/>";
    let text = |properties: &str, words: &str| {
        let font = "<w:rFonts w:ascii=\"Liberation Sans\" w:hAnsi=\"Liberation Sans\"/>";
        format!("<w:r><w:rPr>{font}{properties}</w:rPr><w:t>{words}</w:t></w:r>")
    };
    let paragraph = |properties: &str, runs: &str| format!("<w:p><w:pPr>{properties}</w:pPr>{runs}</w:p>");
    let cell = |fill: &str, run: &str| {
        let shading = format!("<w:shd w:val=\"clear\" w:color=\"auto\" w:fill=\"{fill}\"/>");
        format!("<w:tc><w:tcPr><w:tcW w:w=\"3000\" w:type=\"dxa\"/>{shading}</w:tcPr>{}</w:tc>", paragraph(SPACE, run))
    };
    let row = |fill: &str, properties: &str, words: [&str; 3]| {
        let cells = words.map(|words| cell(fill, &text(properties, words))).concat();
        format!("<w:tr>{cells}</w:tr>")
    };
    let sides = ["top", "left", "bottom", "right", "insideH", "insideV"];
    let borders = sides.map(|side| format!("<w:{side} w:val=\"single\" w:sz=\"8\" w:color=\"808080\"/>")).concat();
    let rows = [
        row("1F3864", "<w:b/><w:color w:val=\"FFFFFF\"/>", ["Item", "Number", "Price"]),
        row("auto", "", ["Toner", "12", "49.90"]),
        row("F2F2F2", "", ["Paper", "200", "3.80"]),
    ];
    let body = [
        paragraph("<w:jc w:val=\"center\"/>", &text("<w:b/><w:sz w:val=\"40\"/>", "Offer 4711")),
        paragraph("<w:jc w:val=\"right\"/>", &text("", "Munich, 3 March")),
        paragraph("", &text("<w:sz w:val=\"22\"/>", "Dear Sir or Madam, here is our offer.")),
        format!("<w:tbl><w:tblPr><w:tblBorders>{borders}</w:tblBorders></w:tblPr>{}</w:tbl>", rows.concat()),
        paragraph(
            "<w:ind w:left=\"1440\"/>",
            &text("<w:i/><w:color w:val=\"C00000\"/>", "An inch to the right, in red."),
        ),
        paragraph("", &text("<w:u w:val=\"single\"/>", "With kind regards")),
        paragraph("<w:pageBreakBefore/>", &text("", "The second page.")),
        "<w:sectPr><w:pgSz w:w=\"11906\" w:h=\"16838\"/><w:pgMar w:top=\"1134\" w:right=\"1134\" w:bottom=\"1134\" \
         w:left=\"1134\" w:header=\"709\" w:footer=\"709\" w:gutter=\"0\"/></w:sectPr>"
            .to_owned(),
    ];
    let space = "http://schemas.openxmlformats.org/wordprocessingml/2006/main";
    let document = format!(
        "<?xml version=\"1.0\"?><w:document xmlns:w=\"{space}\"><w:body>{}</w:body></w:document>",
        body.concat()
    );
    office_open_xml("word/document.xml", "wordprocessingml.document", &document, &[])
}

/// Columns that are wider than a page, of words and numbers.
fn xlsx() -> Vec<u8> {
    let head: String = (1..=14).map(|month| format!("<c t=\"inlineStr\"><is><t>Month {month}</t></is></c>")).collect();
    let row = |row: u32| (1..=14).map(|month| format!("<c><v>{}</v></c>", row * month * 37)).collect::<String>();
    let rows: String = (1..=12).map(|number| format!("<row>{}</row>", row(number))).collect();
    spreadsheet(&format!("<row>{head}</row>{rows}"))
}

/// Two sheets.
fn ods() -> Vec<u8> {
    let word = |word: &str| {
        format!("<table:table-cell office:value-type=\"string\"><text:p>{word}</text:p></table:table-cell>")
    };
    let number = |value: u32| {
        format!(
            "<table:table-cell office:value-type=\"float\" office:value=\"{value}\"><text:p>{value}</text:p></table:table-cell>"
        )
    };
    let sheet = |name: &str, rows: u32| {
        let rows: String = (0..rows)
            .map(|row| format!("<table:table-row>{}{}{}</table:table-row>", word(name), number(row), number(row * row)))
            .collect();
        format!("<table:table table:name=\"{name}\">{rows}</table:table>")
    };
    let body = format!("<office:spreadsheet>{}{}</office:spreadsheet>", sheet("First", 20), sheet("Second", 5));
    open_document("spreadsheet", &body)
}

/// Two slides: words, a box and a line.
fn odp() -> Vec<u8> {
    let at = |x: u32, y: u32, width: u32, height: u32| {
        format!("svg:x=\"{x}cm\" svg:y=\"{y}cm\" svg:width=\"{width}cm\" svg:height=\"{height}cm\"")
    };
    let slide = |title: &str, x: u32| {
        format!(
            "<draw:page><draw:frame {}><draw:text-box><text:p>{title}</text:p></draw:text-box></draw:frame>\
             <draw:rect {}/><draw:line svg:x1=\"2cm\" svg:y1=\"18cm\" svg:x2=\"26cm\" svg:y2=\"14cm\"/></draw:page>",
            at(2, 2, 20, 4),
            at(x, 8, 6, 4)
        )
    };
    let body = format!("<office:presentation>{}{}</office:presentation>", slide("First", 3), slide("Second", 15));
    open_document("presentation", &body)
}

fn rtf() -> Vec<u8> {
    let cell = |width: u32| format!("\\clbrdrt\\brdrs\\clbrdrl\\brdrs\\clbrdrb\\brdrs\\clbrdrr\\brdrs\\cellx{width}");
    let row = |words: [&str; 2]| {
        format!("\\trowd{}{}\\intbl {}\\cell {}\\cell\\row\n", cell(3000), cell(6000), words[0], words[1])
    };
    let body = [
        "\\pard\\qc\\b\\fs40 Offer 4711\\b0\\fs24\\par\\pard\\par\n",
        "Sch\\'f6ne Gr\\'fc\\'dfe, \\i italic\\i0, \\ul underlined\\ulnone, \\cf1 red\\cf0.\\par\\par\n",
        &row(["Toner", "49.90"]),
        &row(["Paper", "3.80"]),
        "\\pard With kind regards\\par\\page The second page.\\par",
    ];
    let fonts = "{\\fonttbl{\\f0 Liberation Sans;}}{\\colortbl;\\red192\\green0\\blue0;}";
    let sheet = "\\paperw11906\\paperh16838\\margl1134\\margr1134\\margt1134\\margb1134";
    format!("{{\\rtf1\\ansi\\deff0{fonts}{sheet}\\f0\\fs24 {}}}", body.concat()).into_bytes()
}

#[tokio::test]
async fn office_documents_look_as_they_did() {
    let desk = desk(|_| {});
    let maker = maker("soffice", &["--version"]);
    let made = tempfile::tempdir().unwrap();
    let pptx = saved_as(made.path(), "odp", &odp(), "pptx");
    for (name, kind, document, pages) in [
        ("docx", DocumentKind::Docx, docx(), 2),
        ("xlsx", DocumentKind::Xlsx, xlsx(), 1),
        ("ods", DocumentKind::Ods, ods(), 2),
        ("odp", DocumentKind::Odp, odp(), 2),
        ("pptx", DocumentKind::Pptx, pptx, 2),
        ("rtf", DocumentKind::Rtf, rtf(), 2),
    ] {
        let rendered = desk.rendered(kind, &document).await;
        assert_eq!(rendered.len(), pages, "{name}");
        golden(name, &rendered, &maker);
    }
}

/// Letters in sizes, tints, lines, curves, a clip and a page on its side.
const POSTSCRIPT: &[u8] = b"%!PS-Adobe-3.0
<< /PageSize [595 842] >> setpagedevice
/Helvetica-Bold findfont 24 scalefont setfont 60 760 moveto (Offer 4711) show
/Times-Roman findfont 12 scalefont setfont 60 730 moveto (Sphinx of black quartz, judge my vow.) show
0.9 setgray 60 660 200 40 rectfill 0 setgray 70 675 moveto (Dark on pale) show
0 0 0.4 setrgbcolor 300 660 200 40 rectfill 1 setgray 310 675 moveto (Light on dark) show
0 setgray 0.3 setlinewidth 60 640 moveto 500 640 lineto stroke
3 setlinewidth [12 6] 0 setdash 60 620 moveto 500 620 lineto stroke [] 0 setdash
1 setlinewidth 150 500 60 0 360 arc stroke 350 500 60 0 270 arc closepath fill
gsave 150 300 60 0 360 arc clip 90 240 20 120 rectfill 130 240 20 120 rectfill 170 240 20 120 rectfill grestore
showpage
<< /PageSize [842 595] >> setpagedevice
/Helvetica findfont 40 scalefont setfont 60 500 moveto (On its side) show 60 60 722 4 rectfill showpage
";

#[tokio::test]
async fn postscript_looks_as_it_did() {
    let desk = desk(|settings| settings.ps = GHOSTSCRIPT.map(Into::into).into());
    let pages = desk.rendered(DocumentKind::Ps, POSTSCRIPT).await;
    assert_eq!(pages.len(), 2);
    golden("ps", &pages, &maker("gs", &["--version"]));
}
