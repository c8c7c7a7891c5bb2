//! PDFs whose objects lead in circles, nest without end, claim what can't be, or swell.

use ferrofax_api::job::DocumentKind;

use super::made::{Hostile, hostile, swelling_zlib};
use crate::render_worker::{endless_pdf, page, pdf, stream};

const FORM: &str = "/Type/XObject /Subtype/Form /BBox [0 0 595 842]";

/// A sound page with a font, a form, a picture, a pattern and a note: something to harm.
pub fn drawing() -> Vec<u8> {
    page(
        stream("", b"BT /T 24 Tf 72 700 Td (Harbour freight) Tj ET /X Do q 100 0 0 100 72 400 cm /I Do Q /Pattern cs /P scn 72 200 200 100 re f \
            0.5 g 300 300 m 400 500 500 100 550 300 c S [3 1] 0 d 72 180 m 500 180 l S"),
        "/Font <</T 5 0 R>> /XObject <</X 6 0 R /I 7 0 R>> /Pattern <</P 8 0 R>>",
        vec![
            b"<</Type/Font /Subtype/Type1 /BaseFont/Helvetica>>".to_vec(),
            stream(FORM, b"0.8 g 72 600 300 50 re f"),
            stream("/Type/XObject /Subtype/Image /Width 4 /Height 4 /BitsPerComponent 8 /ColorSpace/DeviceGray", &[0, 90, 180, 255].repeat(4)),
            stream("/Type/Pattern /PatternType 1 /PaintType 1 /TilingType 1 /BBox [0 0 8 8] /XStep 8 /YStep 8 /Resources <<>>", b"0 0 4 4 re f"),
        ],
    )
}

/// A page of this content alone.
fn content(content: impl AsRef<[u8]>) -> Vec<u8> {
    page(
        stream("", content.as_ref()),
        "/Font <</T 5 0 R>>",
        vec![b"<</Type/Font /Subtype/Type1 /BaseFont/Helvetica>>".to_vec()],
    )
}

/// A page whose members are these.
fn members(members: &str) -> Vec<u8> {
    pdf(&[
        b"<</Type/Catalog /Pages 2 0 R>>".to_vec(),
        b"<</Type/Pages /Kids [3 0 R] /Count 1>>".to_vec(),
        format!("<</Type/Page /Parent 2 0 R /Contents 4 0 R {members}>>").into_bytes(),
        stream("", b"10 10 100 100 re f"),
    ])
}

/// A page with one picture.
fn image(dictionary: &str, bytes: &[u8]) -> Vec<u8> {
    let dictionary = format!("/Type/XObject /Subtype/Image {dictionary}");
    page(stream("", b"400 0 0 400 72 300 cm /I Do"), "/XObject <</I 5 0 R>>", vec![stream(&dictionary, bytes)])
}

/// A page filled with one pattern, which is object 5.
fn pattern(others: Vec<Vec<u8>>) -> Vec<u8> {
    page(stream("", b"/Pattern cs /P scn 0 0 595 842 re f"), "/Pattern <</P 5 0 R>>", others)
}

fn tiling(members: &str, content: &[u8]) -> Vec<u8> {
    pattern(vec![stream(&format!("/Type/Pattern /PatternType 1 /PaintType 1 /TilingType 1 {members}"), content)])
}

/// A file whose table of objects says this, the rest being sound.
fn trailer(trailer: &str) -> Vec<u8> {
    let file = String::from_utf8(members("/MediaBox [0 0 595 842]")).unwrap();
    let (before, after) = file.split_once("/Root 1 0 R").unwrap();
    format!("{before}{trailer}{after}").into_bytes()
}

pub fn all() -> Vec<Hostile> {
    [circles(), claims(), nested(), much(), pictures()].concat()
}

fn named(documents: Vec<(&str, Vec<u8>)>) -> Vec<Hostile> {
    documents.into_iter().map(|(name, bytes)| hostile(name, DocumentKind::Pdf, bytes)).collect()
}

fn circles() -> Vec<Hostile> {
    let tree = |kids: &str| {
        pdf(&[
            b"<</Type/Catalog /Pages 2 0 R>>".to_vec(),
            format!("<</Type/Pages /Kids [{kids}] /Count 5>>").into_bytes(),
        ])
    };
    let type3 = "<</Type/Font /Subtype/Type3 /FontBBox [0 0 1000 1000] /FontMatrix [0.001 0 0 0.001 0 0] /CharProcs <</a 6 0 R>> \
        /Encoding <</Type/Encoding /Differences [97 /a]>> /FirstChar 97 /LastChar 97 /Widths [1000] /Resources <</Font <</T 5 0 R>>>>>>";
    let circle = |resources: &str, content: &[u8], others: Vec<Vec<u8>>| page(stream("", content), resources, others);
    named(vec![
        ("a tree of pages that is its own child", tree("2 0 R")),
        ("a tree of pages without pages", tree("")),
        ("a tree of pages of things that are not there", tree("77 0 R 78 0 R 79 0 R")),
        ("a catalogue that is its own tree", pdf(&[b"<</Type/Catalog /Pages 1 0 R /Kids [1 0 R] /Count 1>>".to_vec()])),
        ("an object that is a reference to itself", pdf(&[b"<</Type/Catalog /Pages 2 0 R>>".to_vec(), b"2 0 R".to_vec()])),
        ("two references to each other", pdf(&[b"<</Type/Catalog /Pages 2 0 R>>".to_vec(), b"3 0 R".to_vec(), b"2 0 R".to_vec()])),
        ("a page that is its own parent", pdf(&[
            b"<</Type/Catalog /Pages 2 0 R>>".to_vec(),
            b"<</Type/Pages /Kids [3 0 R] /Count 1 /Parent 3 0 R>>".to_vec(),
            b"<</Type/Page /Parent 3 0 R /Contents 3 0 R>>".to_vec(),
        ])),
        ("forms that draw each other ten times", endless_pdf()),
        ("a form that draws itself", circle("/XObject <</F 5 0 R>>", b"/F Do", vec![
            stream(&format!("{FORM} /Resources <</XObject <</F 5 0 R>>>>"), b"/F Do"),
        ])),
        ("two forms that draw each other", circle("/XObject <</F 5 0 R>>", b"/F Do", vec![
            stream(&format!("{FORM} /Resources <</XObject <</F 6 0 R>>>>"), b"/F Do /F Do"),
            stream(&format!("{FORM} /Resources <</XObject <</F 5 0 R>>>>"), b"/F Do /F Do"),
        ])),
        ("a page that is its own content", pdf(&[
            b"<</Type/Catalog /Pages 2 0 R>>".to_vec(),
            b"<</Type/Pages /Kids [3 0 R] /Count 1>>".to_vec(),
            b"<</Type/Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents [3 0 R 4 0 R 3 0 R]>>".to_vec(),
            b"[3 0 R 4 0 R]".to_vec(),
        ])),
        ("a letter that writes itself", circle("/Font <</T 5 0 R>>", b"BT /T 20 Tf 50 500 Td (aaa) Tj ET", vec![
            type3.into(),
            stream("", b"1000 0 d0 BT /T 1000 Tf (aa) Tj ET"),
        ])),
        ("a pattern that is drawn with itself", pattern(vec![
            stream("/Type/Pattern /PatternType 1 /PaintType 1 /TilingType 1 /BBox [0 0 9 9] /XStep 9 /YStep 9 \
                /Resources <</Pattern <</P 5 0 R>>>>", b"/Pattern cs /P scn 0 0 9 9 re f"),
        ])),
        ("a mask that is masked by itself", circle("/ExtGState <</G 5 0 R>>", b"/G gs 0 0 500 500 re f", vec![
            b"<</Type/ExtGState /SMask <</S/Luminosity /G 6 0 R>>>>".to_vec(),
            stream(&format!("{FORM} /Group <</S/Transparency /CS/DeviceGray>> /Resources <</ExtGState <</G 5 0 R>>>>"), b"/G gs 0 0 99 99 re f"),
        ])),
        ("a picture that is its own mask", image("/Width 2 /Height 2 /BitsPerComponent 8 /ColorSpace/DeviceGray /SMask 5 0 R", &[0, 9, 99, 255])),
        ("a colour space based on itself", circle("/ColorSpace <</C 5 0 R>>", b"/C cs 0.5 scn 0 0 500 500 re f", vec![
            b"[/ICCBased 6 0 R]".to_vec(),
            stream("/N 1 /Alternate 5 0 R", b"no profile"),
        ])),
        ("an indexed colour space of itself", circle("/ColorSpace <</C 5 0 R>>", b"/C cs 1 scn 0 0 500 500 re f", vec![
            b"[/Indexed 5 0 R 255 (abc)]".to_vec(),
        ])),
        ("a function that stitches itself", circle("/Shading <</S 5 0 R>>", b"/S sh", vec![
            b"<</ShadingType 2 /ColorSpace/DeviceGray /Coords [0 0 595 0] /Function 6 0 R>>".to_vec(),
            b"<</FunctionType 3 /Domain [0 1] /Functions [6 0 R 6 0 R] /Bounds [0.5] /Encode [0 1 0 1]>>".to_vec(),
        ])),
        ("a note that looks like itself", pdf(&[
            b"<</Type/Catalog /Pages 2 0 R /AcroForm <</Fields [4 0 R]>>>>".to_vec(),
            b"<</Type/Pages /Kids [3 0 R] /Count 1>>".to_vec(),
            b"<</Type/Page /Parent 2 0 R /MediaBox [0 0 595 842] /Annots [4 0 R 4 0 R]>>".to_vec(),
            b"<</Type/Annot /Subtype/Widget /FT/Tx /Parent 4 0 R /Kids [4 0 R] /Rect [0 0 99 99] /AP <</N 5 0 R>>>>".to_vec(),
            stream(&format!("{FORM} /Resources <</XObject <</F 5 0 R>>>>"), b"/F Do"),
        ])),
        ("a length that is the length of itself", {
            let object = b"<</Length 4 0 R>>\nstream\n10 10 100 100 re f\nendstream".to_vec();
            page(object, "", vec![])
        }),
        ("a table of objects before itself", trailer("/Prev 9 /Root 1 0 R")),
        ("a table of objects that is its own forerunner", {
            let file = String::from_utf8(members("/MediaBox [0 0 595 842]")).unwrap();
            let at = file.find("xref\n").unwrap();
            file.replace("/Root 1 0 R", &format!("/Prev {at} /XRefStm {at} /Root 1 0 R")).into_bytes()
        }),
        ("a stream of a million objects that swells", pdf(&[
            b"<</Type/Catalog /Pages 2 0 R>>".to_vec(),
            stream("/Type/ObjStm /N 1000000 /First 8 /Filter/FlateDecode", &swelling_zlib(300 << 20)),
        ])),
        ("a stream of objects that holds itself", pdf(&[
            b"<</Type/Catalog /Pages 2 0 R>>".to_vec(),
            stream("/Type/ObjStm /N 1 /First 4 /Extends 2 0 R", b"2 0 <</Type/Pages /Kids [2 0 R]>>"),
        ])),
    ])
}

fn claims() -> Vec<Hostile> {
    let mut documents = Vec::new();
    for (name, size) in [
        ("a sheet of a hundred kilometres", "[0 0 283464566 283464566]"),
        ("a sheet of no size", "[0 0 0 0]"),
        ("a sheet of a thousandth of a point", "[0 0 0.001 0.001]"),
        ("a sheet inside out", "[595 842 0 0]"),
        ("a sheet far away", "[1e9 1e9 1000000595 1000000842]"),
        ("a sheet of numbers too large", "[0 0 1e300 1e300]"),
        ("a sheet of numbers beyond any", "[0 0 99999999999999999999999999999999999999999999999 842]"),
        ("a sheet that is long and thin", "[0 0 1 1000000]"),
        ("a sheet of words", "[/A (b) <63> null]"),
        ("a sheet of one number", "[7]"),
    ] {
        documents.push((name, members(&format!("/MediaBox {size}"))));
    }
    documents.extend([
        ("a cut beyond the sheet", members("/MediaBox [0 0 595 842] /CropBox [5000 5000 6000 6000]")),
        ("units of a kilometre", members("/MediaBox [0 0 595 842] /UserUnit 2834645")),
        ("units of nothing", members("/MediaBox [0 0 595 842] /UserUnit 0")),
        ("units below nothing", members("/MediaBox [0 0 595 842] /UserUnit -1e30")),
        ("a page turned by 37 degrees", members("/MediaBox [0 0 595 842] /Rotate 37")),
        ("a page turned by very many degrees", members("/MediaBox [0 0 595 842] /Rotate 99999999999999999990")),
        ("a root that is not there", trailer("/Root 99 0 R")),
        ("a number of objects beyond any", trailer("/Size 9223372036854775807 /Root 1 0 R")),
        (
            "a coding nobody knows",
            trailer("/Encrypt <</Filter/Odd /V 99 /R 99 /Length 99999>> /ID [(a) (b)] /Root 1 0 R"),
        ),
        (
            "a password's fields of no length",
            trailer("/Encrypt <</Filter/Standard /V 5 /R 6 /O () /U () /OE () /UE () /P -1 /Perms ()>> /Root 1 0 R"),
        ),
        (
            "a key of no bits",
            trailer("/Encrypt <</Filter/Standard /V 2 /R 3 /Length 0 /O (a) /U (b) /P -1>> /ID [() ()] /Root 1 0 R"),
        ),
        ("a million pages in the count alone", {
            let file = String::from_utf8(members("/MediaBox [0 0 595 842]")).unwrap();
            file.replace("/Count 1", "/Count 1000000").into_bytes()
        }),
        ("a count below nothing", {
            let file = String::from_utf8(members("/MediaBox [0 0 595 842]")).unwrap();
            file.replace("/Count 1", "/Count -5").into_bytes()
        }),
        ("a hundred thousand times the same page", {
            let kids = "3 0 R ".repeat(100_000);
            String::from_utf8(members("/MediaBox [0 0 595 842]"))
                .unwrap()
                .replace("[3 0 R]", &format!("[{kids}]"))
                .into_bytes()
        }),
        ("a header alone", b"%PDF-1.7\n".to_vec()),
        ("a header and a trailer", b"%PDF-1.7\ntrailer <</Root 1 0 R>>\nstartxref\n0\n%%EOF".to_vec()),
        (
            "a start far beyond the end",
            b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\nstartxref\n18446744073709551615\n%%EOF".to_vec(),
        ),
        ("ten thousand ends", [&b"%PDF-1.4\n"[..], &b"startxref\n9\n%%EOF\n".repeat(10_000)].concat()),
        ("a hundred thousand objects of one number", {
            let objects: String = (1..100_000).map(|_| "1 0 obj <</Type/Catalog /Pages 1 0 R>> endobj\n").collect();
            format!("%PDF-1.4\n{objects}").into_bytes()
        }),
    ]);
    named(documents)
}

fn nested() -> Vec<Hostile> {
    let deep = |open: &str, close: &str, times: usize| format!("{}{}", open.repeat(times), close.repeat(times));
    let mut documents = vec![
        ("lists within lists, never closed", content("[".repeat(200_000))),
        (
            "dictionaries within dictionaries in the content",
            content("BI ".to_owned() + &deep("<</A ", ">>", 100_000) + " ID EI"),
        ),
        ("braces within braces", content(deep("(", ")", 500_000) + " Tj")),
        ("states saved a million times", content("q ".repeat(1_000_000))),
        ("states given back that nobody saved", content("Q ".repeat(1_000_000))),
        ("cuts within cuts", content("0 0 500 500 re W n ".repeat(50_000) + "0 0 99 99 re f")),
        ("texts begun within texts", content("BT /T 9 Tf ".repeat(100_000))),
        ("marks within marks", content("/A <</B [/C]>> BDC ".repeat(100_000))),
        ("a hundred thousand scalings by two", content("2 0 0 2 0 0 cm ".repeat(100_000) + "0 0 1 1 re f")),
    ];
    documents.push((
        "lists within lists in an object",
        pdf(&[b"<</Type/Catalog /Pages 2 0 R>>".to_vec(), deep("[", "]", 200_000).into_bytes()]),
    ));
    documents
        .push(("dictionaries within dictionaries in an object", pdf(&[deep("<</Pages ", ">>", 200_000).into_bytes()])));
    documents.push(("filters upon filters", {
        let filters = "/ASCIIHexDecode ".repeat(5000);
        page(stream(&format!("/Filter [{filters}]"), b"30 >"), "", vec![])
    }));
    documents.push(("five thousand forms, each in the other", {
        let forms =
            (6..5006).map(|next| stream(&format!("{FORM} /Resources <</XObject <</F {next} 0 R>>>>"), b"/F Do"));
        page(stream("", b"/F Do"), "/XObject <</F 5 0 R>>", forms.collect())
    }));
    documents.push(("transparent groups, each in the other", {
        let group = format!("{FORM} /Group <</S/Transparency>>");
        let forms = (6..206).map(|next| {
            stream(&format!("{group} /Resources <</XObject <</F {next} 0 R>>>>"), b"/F Do 0.5 g 0 0 99 99 re f")
        });
        page(stream("", b"/F Do"), "/XObject <</F 5 0 R>>", forms.collect())
    }));
    documents.push(("a tree of pages ten thousand deep", {
        let mut objects = vec![b"<</Type/Catalog /Pages 2 0 R>>".to_vec()];
        objects.extend((3..10_003).map(|next| format!("<</Type/Pages /Kids [{next} 0 R] /Count 1>>").into_bytes()));
        objects.push(b"<</Type/Page /MediaBox [0 0 595 842]>>".to_vec());
        pdf(&objects)
    }));
    documents.push((
        "a calculation ten thousand deep",
        page(
            stream("", b"/S sh"),
            "/Shading <</S 5 0 R>>",
            vec![
                b"<</ShadingType 2 /ColorSpace/DeviceGray /Coords [0 0 595 0] /Function 6 0 R>>".to_vec(),
                stream("/FunctionType 4 /Domain [0 1] /Range [0 1]", (deep("{ 1 1 eq ", " if } ", 10_000)).as_bytes()),
            ],
        ),
    ));
    named(documents)
}

fn much() -> Vec<Hostile> {
    let lines = |state: &str| content(format!("{state} 0 0 m 595 842 l S"));
    let points: String = (0..300_000u64).map(|at| format!("{} {} l ", at * 7919 % 595, at * 104_729 % 842)).collect();
    named(vec![
        ("dashes of a millionth of a point", lines("[0.000001] 0 d 1 w")),
        ("dashes of nothing", lines("[0 0] 0 d 1 w")),
        ("dashes below nothing", lines("[-5 3] -1e9 d 1 w")),
        ("dashes of ten thousand numbers", lines(&format!("[{}] 0 d", "0.1 0.2 ".repeat(10_000)))),
        ("a dashed line of a thousand kilometres", content("[1 1] 0 d 0 0 m 2834645669 2834645669 l S")),
        ("a line wider than the world", lines("1e30 w")),
        ("a line to where no numbers are", content("0 0 m 1e38 -1e38 l 1e308 1e308 l S 1e38 1e38 1e38 1e38 re f")),
        ("a curve round the world", content("1e20 w 0 0 m 1e15 0 0 1e15 595 842 c S")),
        ("a star of three hundred thousand points", content(format!("0 0 m {points} f*"))),
        ("a line of three hundred thousand points, with round joins", content(format!("1 j 1 J 20 w 0 0 m {points} S"))),
        ("a million rectangles", content("0 0 595 842 re ".repeat(300_000) + "f")),
        ("two hundred thousand filled pages", content("0 0 595 842 re f ".repeat(200_000))),
        ("letters a kilometre high", content("BT /T 2834645 Tf 0 0 Td (Aa) Tj ET")),
        ("letters of no height", content("BT /T 0 Tf (Aa) Tj /T -0.00001 Tf (Aa) Tj ET")),
        ("letters of numbers too large", content("BT /T 1e300 Tf (Aa) Tj 1e300 Tc 1e300 Tw 1e300 Tz (Aa) Tj ET")),
        ("a million letters at one place", content(format!("BT /T 12 Tf 100 100 Td {} ET", "(aaaaaaaaaaaaaaaaaaaa) Tj 0 0 Td ".repeat(20_000)))),
        ("a matrix that is flat", content("0 0 0 0 0 0 cm 0 0 99 99 re f BT /T 12 Tf (a) Tj ET")),
        ("a matrix of numbers too large", content("1e300 1e300 1e300 1e300 1e300 1e300 cm 0 0 99 99 re f BT /T 12 Tf (a) Tj ET")),
        ("operators nobody knows", content("1 2 3 xyzzy ".repeat(200_000))),
        ("operands without operators", content("1 ".repeat(1_000_000))),
        ("a pattern of tiny steps", tiling("/BBox [0 0 1 1] /XStep 0.00001 /YStep 0.00001 /Resources <<>>", b"0 0 1 1 re f")),
        ("a pattern of no steps", tiling("/BBox [0 0 1 1] /XStep 0 /YStep 0 /Resources <<>>", b"0 0 1 1 re f")),
        ("a pattern of steps beyond numbers", tiling("/BBox [0 0 1 1] /XStep 1e300 /YStep -1e300 /Resources <<>>", b"0 0 1 1 re f")),
        ("a pattern of a large tile in tiny steps", tiling("/BBox [0 0 5000 5000] /XStep 1 /YStep 1 /Resources <<>>", b"0 0 5000 5000 re f")),
        ("a shading of no length", page(stream("", b"/S sh"), "/Shading <</S 5 0 R>>", vec![
            b"<</ShadingType 3 /ColorSpace/DeviceGray /Coords [5 5 0 5 5 0] /Extend [true true] /Function 6 0 R>>".to_vec(),
            b"<</FunctionType 2 /Domain [0 1] /N 1e300 /C0 [0] /C1 [1]>>".to_vec(),
        ])),
        ("a shading of a mesh of noise", page(stream("", b"/S sh"), "/Shading <</S 5 0 R>>", vec![
            stream("/ShadingType 7 /ColorSpace/DeviceRGB /BitsPerCoordinate 32 /BitsPerComponent 16 /BitsPerFlag 8 \
                /Decode [-1e9 1e9 -1e9 1e9 0 1 0 1 0 1]", &super::made::numbers(3).flat_map(u64::to_le_bytes).take(400_000).collect::<Vec<_>>()),
        ])),
        ("a table of thirty-two dimensions", page(stream("", b"/S sh"), "/Shading <</S 5 0 R>>", vec![
            b"<</ShadingType 1 /ColorSpace/DeviceGray /Function 6 0 R>>".to_vec(),
            stream(&format!("/FunctionType 0 /Domain [{0}] /Range [0 1] /BitsPerSample 32 /Size [{1}]", "0 1 ".repeat(32), "255 ".repeat(32)), b"abc"),
        ])),
        ("a calculation that copies a billion numbers", page(stream("", b"/S sh"), "/Shading <</S 5 0 R>>", vec![
            b"<</ShadingType 2 /ColorSpace/DeviceGray /Coords [0 0 595 0] /Function 6 0 R>>".to_vec(),
            stream("/FunctionType 4 /Domain [0 1] /Range [0 1]", b"{ 1 2 3 4 5 6 7 8 9 1000000000 copy 1000000000 -1 roll 1e30 cvi idiv sqrt }"),
        ])),
        ("content that swells to 300 megabytes", page(stream("/Filter/FlateDecode", &swelling_zlib(300 << 20)), "", vec![])),
        ("content that swells twice", {
            let once = swelling_zlib(30 << 20);
            page(stream("/Filter [/FlateDecode /RunLengthDecode]", &once), "", vec![])
        }),
        ("a thousand contents of the same swelling stream", {
            let list = "5 0 R ".repeat(1000);
            page(format!("[{list}]").into_bytes(), "", vec![stream("/Filter/FlateDecode", &swelling_zlib(2 << 20))])
        }),
        ("a font that is noise", page(stream("", b"BT /T 20 Tf 50 500 Td (abc) Tj ET"), "/Font <</T 5 0 R>>", vec![
            b"<</Type/Font /Subtype/TrueType /BaseFont/Odd /FirstChar 0 /LastChar 255 /FontDescriptor 6 0 R>>".to_vec(),
            b"<</Type/FontDescriptor /FontName/Odd /Flags 4 /FontFile2 7 0 R>>".to_vec(),
            stream("", &super::made::numbers(4).flat_map(u64::to_le_bytes).take(20_000).collect::<Vec<_>>()),
        ])),
        ("a font whose widths never end", page(stream("", b"BT /T 20 Tf 50 500 Td (abc) Tj ET"), "/Font <</T 5 0 R>>", vec![
            b"<</Type/Font /Subtype/Type0 /BaseFont/Odd /Encoding/Identity-H /DescendantFonts [6 0 R]>>".to_vec(),
            b"<</Type/Font /Subtype/CIDFontType2 /BaseFont/Odd /W [0 4294967295 1000 5 [1e300 -1e300] 7 9223372036854775807 1]>>".to_vec(),
        ])),
        ("a map of letters of the whole world", page(stream("", b"BT /T 20 Tf 50 500 Td (abc) Tj ET"), "/Font <</T 5 0 R>>", vec![
            b"<</Type/Font /Subtype/Type0 /BaseFont/Odd /Encoding 6 0 R /DescendantFonts [7 0 R] /ToUnicode 6 0 R>>".to_vec(),
            stream("/Type/CMap /CMapName/Odd /UseCMap 6 0 R", &b"1 begincidrange <00000000> <FFFFFFFF> 0 endcidrange ".repeat(1000)),
            b"<</Type/Font /Subtype/CIDFontType0 /BaseFont/Odd>>".to_vec(),
        ])),
    ])
}

fn pictures() -> Vec<Hostile> {
    let noise: Vec<u8> = super::made::numbers(5).flat_map(u64::to_le_bytes).take(3000).collect();
    let grey = "/BitsPerComponent 8 /ColorSpace/DeviceGray";
    let mut documents = Vec::new();
    for filter in [
        "FlateDecode",
        "LZWDecode",
        "RunLengthDecode",
        "ASCII85Decode",
        "DCTDecode",
        "JPXDecode",
        "JBIG2Decode",
        "CCITTFaxDecode",
        "Crypt",
    ] {
        let name = format!("a picture of noise as {filter}");
        documents.push(hostile(
            name,
            DocumentKind::Pdf,
            image(&format!("/Width 500 /Height 500 {grey} /Filter/{filter}"), &noise),
        ));
    }
    documents.extend(named(vec![
        ("a picture of 60000 by 60000 pels of nothing", image(&format!("/Width 60000 /Height 60000 {grey}"), b"abc")),
        ("a picture of 2 to the 31 pels across", image(&format!("/Width 2147483647 /Height 2147483647 {grey}"), b"abc")),
        ("a picture of no width", image(&format!("/Width 0 /Height 10 {grey}"), b"abc")),
        ("a picture of less than no height", image(&format!("/Width 10 /Height -10 {grey}"), b"abc")),
        ("a picture of seventeen bits", image("/Width 10 /Height 10 /BitsPerComponent 17 /ColorSpace/DeviceGray", &noise)),
        ("a picture of no colour", image("/Width 10 /Height 10 /BitsPerComponent 8", &noise)),
        ("a picture of a hundred colours", image(&format!("/Width 10 /Height 10 /BitsPerComponent 8 /ColorSpace [/DeviceN [{}] /DeviceGray 9 0 R]", "/A ".repeat(100)), &noise)),
        ("a picture in few colours of many", image("/Width 10 /Height 10 /BitsPerComponent 8 /ColorSpace [/Indexed /DeviceRGB 2147483647 (a)]", &noise)),
        ("a picture that swells to 400 megabytes", image(&format!("/Width 20000 /Height 20000 {grey} /Filter/FlateDecode"), &swelling_zlib(400_000_000))),
        ("a small picture in a large stream", image(&format!("/Width 2 /Height 2 {grey} /Filter/FlateDecode"), &swelling_zlib(300 << 20))),
        ("a picture predicted from rows without end", image(
            &format!("/Width 100 /Height 100 {grey} /Filter/FlateDecode /DecodeParms <</Predictor 15 /Columns 2147483647 /Colors 2147483647>>"), &swelling_zlib(1000))),
        ("a picture predicted from nothing", image(
            &format!("/Width 100 /Height 100 {grey} /Filter/FlateDecode /DecodeParms <</Predictor 15 /Columns 0 /Colors 0 /BitsPerComponent 0>>"), &swelling_zlib(1000))),
        ("a fax of rows without end", image("/Width 100 /Height 100 /ImageMask true /Filter/CCITTFaxDecode /DecodeParms <</K -1 /Columns 2147483647 /Rows 2147483647>>", &noise)),
        ("a fax of no columns", image("/Width 100 /Height 100 /ImageMask true /Filter/CCITTFaxDecode /DecodeParms <</K 4 /Columns 0>>", &noise)),
        ("a fax page of white that never ends", image("/Width 60000 /Height 60000 /ImageMask true /Filter/CCITTFaxDecode /DecodeParms <</K -1 /Columns 60000 /Rows 60000>>", &[0xFF; 9000])),
        ("a JPEG of 65500 by 65500 pels", image(&format!("/Width 65500 /Height 65500 {grey} /Filter/DCTDecode"), &super::pictures::jpeg_header(65_500, 65_500))),
        ("a mask larger than its picture", page(stream("", b"400 0 0 400 72 300 cm /I Do"), "/XObject <</I 5 0 R>>", vec![
            stream(&format!("/Type/XObject /Subtype/Image /Width 2 /Height 2 {grey} /SMask 6 0 R"), &[0, 99, 199, 255]),
            stream(&format!("/Type/XObject /Subtype/Image /Width 30000 /Height 30000 {grey} /Filter/FlateDecode"), &swelling_zlib(900_000_000)),
        ])),
        ("ten thousand pictures of a pel", page(stream("", &b"q 500 0 0 500 9 9 cm /I Do Q ".repeat(10_000)), "/XObject <</I 5 0 R>>", vec![
            stream(&format!("/Type/XObject /Subtype/Image /Width 1 /Height 1 {grey}"), &[99]),
        ])),
        ("a thousand times a picture of a million pels", page(stream("", &b"q 500 0 0 500 9 9 cm /I Do Q ".repeat(1000)), "/XObject <</I 5 0 R>>", vec![
            stream(&format!("/Type/XObject /Subtype/Image /Width 1000 /Height 1000 {grey} /Filter/FlateDecode"), &swelling_zlib(1_000_000)),
        ])),
        ("a picture drawn a kilometre large", page(stream("", b"1 0 9e8 9e8 -9e8 0 cm /I Do 2834645 0 0 2834645 -999999 -999999 cm /I Do"), "/XObject <</I 5 0 R>>", vec![
            stream(&format!("/Type/XObject /Subtype/Image /Width 2 /Height 2 {grey}"), &[0, 99, 199, 255]),
        ])),
        ("a picture in the content without an end", content([b"BI /W 60000 /H 60000 /BPC 8 /CS /G ID "[..].to_vec(), noise].concat())),
    ]));
    documents
}
