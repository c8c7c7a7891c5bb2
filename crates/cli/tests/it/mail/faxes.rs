//! What mails bring: faxes as TIFF and PDF, read by other programs and compared with what arrived; proofs of transmission.

use std::path::Path;

use ferrofax_fax::page::{Bitmap, Rows};
use serde_json::{Value, json};

use super::{LOOPBACK, Mail, Post, job, output, set, submit};
use crate::first_start::pages;
use crate::world::{Far, World, ferrofax, sip_line};

const HEADER: &str = "%d.%m.%Y %H:%M:%S %C %c%# %rPage %P of %T";

/// Rows packed as in a raw PBM: the left pel in the highest bit, black as 1.
fn pels(page: &Rows) -> Vec<u8> {
    let mut bitmap = Bitmap::new(1728, 0);
    page.iter().for_each(|row| bitmap.push_row(row));
    bitmap.as_bytes().to_vec()
}

/// The pels of each page of a PDF, by another program.
fn pdf_pels(pdf: &Path) -> Vec<Vec<u8>> {
    let dir = tempfile::tempdir().expect("a folder");
    let root = dir.path().join("page");
    output("pdfimages", &[&pdf.display().to_string(), &root.display().to_string()]);
    let mut files: Vec<_> =
        std::fs::read_dir(dir.path()).expect("files").map(|file| file.expect("a file").path()).collect();
    files.sort();
    let body = |path: &std::path::PathBuf| {
        let bytes = std::fs::read(path).expect("a PBM");
        assert!(bytes.starts_with(b"P4"), "{}", path.display());
        // Width and height stand on the second line.
        let start = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n').nth(1).expect("a header").0 + 1;
        bytes[start..].to_vec()
    };
    files.iter().map(body).collect()
}

fn with_cover(format: &str) -> Value {
    let mut order = job(&["+49 89 1001"], "ALWAYS", format);
    order["recipients"][0]["properties"] = json!([{"key": "ToName", "value": "Alpha & Sons"}]);
    order["renderingOptions"] = json!({"coverpageTemplate": "coverpage-default.ftl.html", "header": HEADER});
    order["transportOptions"] = json!({"csid": "+49 89 4711"});
    order
}

#[test]
fn one_recipients_pages_are_pel_for_pel_those_that_arrived() {
    let mut far = Far::start();
    let mut post = Post::start();
    let world = World::start(&format!("{}{}", sip_line(&far.address), post.settings()));
    set(&world, &["--mail-proof", "true", "--zone", "Europe/Berlin"]);
    for (format, ending, kind) in [("TIFF", ".tif", "image/tiff"), ("PDF", ".pdf", "application/pdf")] {
        let id = submit(&world, &with_cover(format));
        let received: Vec<_> = pages(&far.fax()).iter().map(pels).collect();
        let mail = post.mail();
        assert_eq!(mail.files(), [format!("fax-{id}{ending}"), format!("proof-{id}.pdf")]);
        assert_eq!(mail.told["files"][0]["kind"], kind);
        let file = mail.file(&format!("fax-{id}{ending}"));
        let attached = match format {
            "TIFF" => pages(&file).iter().map(pels).collect(),
            _ => pdf_pels(&file),
        };
        assert_eq!(attached.len(), 3, "the cover page, and two of the document");
        assert!(attached == received, "{format}: not what the far machine received");
        if format == "TIFF" {
            let info = output("tiffinfo", &[&file.display().to_string()]);
            for tag in ["Resolution: 204, 196 pixels/inch", "CCITT Group 4", "Image Width: 1728 Image Length: 2287"] {
                assert_eq!(info.matches(tag).count(), 3, "{tag} in\n{info}");
            }
        } else {
            let info = output("pdfinfo", &[&file.display().to_string()]);
            assert!(info.contains("Pages:           3"), "{info}");
            let images = output("pdfimages", &["-list", &file.display().to_string()]);
            assert_eq!(images.matches("ccitt").count(), 3, "{images}");
        }
        is_proof_of(&world, &id, &mail, &received);
    }
}

/// What the proof says, and that the CLI gets the same.
fn is_proof_of(world: &World, id: &str, mail: &Mail, received: &[Vec<u8>]) {
    let proof = mail.file(&format!("proof-{id}.pdf"));
    let text = output("pdftotext", &["-layout", &proof.display().to_string(), "-"]);
    for (number, page) in received.iter().enumerate() {
        let body = world.dir.path().join("body");
        std::fs::write(&body, page).expect("written");
        let sum = output("sha256sum", &[&body.display().to_string()]);
        let hash = sum.split_whitespace().next().expect("a hash");
        let line = text.lines().find(|line| line.contains(hash));
        let line = line.unwrap_or_else(|| panic!("no hash of page {number} in\n{text}"));
        let words: Vec<_> = line.split_whitespace().collect();
        assert_eq!(words[..2], [(number + 1).to_string().as_str(), "yes"], "{line}");
    }
    let report = world.access.final_report(&world.http, id);
    let recipient = &report["recipientStatus"][0];
    let remote = recipient["remoteCsid"].as_str().unwrap_or_default().trim();
    let rest =
        ["Proof of transmission", "+49 89 1001", "0049891001", remote, id, "3 of 3", "14400 bit/s", "Europe/Berlin"];
    for wanted in rest.into_iter().chain(["Müller & Söhne <4711>", "KST 12", "sent"]) {
        assert!(text.contains(wanted), "{wanted} in\n{text}");
    }
    assert!(text.contains(" CET") || text.contains(" CEST"), "{text}");
    let small = pdf_pels(&proof);
    assert!(small == received[..1], "the first page in small");
    let fonts = output("pdffonts", &[&proof.display().to_string()]);
    assert_eq!(fonts.matches(" yes yes yes ").count(), 3, "embedded, cut down, with Unicode:\n{fonts}");

    let out = world.dir.path().join("proof.pdf");
    let mut command = ferrofax();
    command.args(["proof", id, "--recipient", "0", "--out"]).arg(&out);
    command.args(["--url", super::root(&world.access), "--customer", "10000", "--user", &world.access.user]);
    let ran = command.env("FERROFAX_PASSWORD", &world.access.password).output().expect("it runs");
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    assert!(
        std::fs::read(out).expect("a proof") == std::fs::read(proof).expect("a proof"),
        "the same whenever it is asked for"
    );
}

#[test]
fn a_proof_is_for_its_own_login_and_a_final_recipient() {
    let world = World::start(LOOPBACK);
    let get = |path: &str, user: &str, password: &str| {
        let url = format!("{}/api/v1/jobs/{path}/proof", super::root(&world.access));
        let answer = world.http.get(url).basic_auth(user, Some(password)).send().expect("an answer");
        let kind =
            answer.headers().get("content-type").and_then(|kind| kind.to_str().ok()).unwrap_or_default().to_owned();
        (answer.status().as_u16(), kind)
    };
    let own = |path: &str| get(path, &world.access.user, &world.access.password);
    let mut add = ferrofax();
    add.args(["customer", "add", "10000", "--login", "other"]).env("FERROFAX_NEW_PASSWORD", "another one");
    add.arg("--config").arg(world.dir.path().join("config.toml"));
    assert!(add.env("FERROFAX_DATA_DIR", world.dir.path().join("data")).status().expect("it runs").success());

    let id = submit(&world, &job(&["+49 89 1001", "+49 89 99404"], "NEVER", "TIFF"));
    world.access.final_report(&world.http, &id);
    for recipient in 0..2 {
        assert_eq!(own(&format!("{id}/recipients/{recipient}")), (200, "application/pdf".to_owned()));
        assert_eq!(get(&format!("{id}/recipients/{recipient}"), "other", "another one").0, 404);
    }
    assert_eq!(own(&format!("{id}/recipients/2")).0, 404);
    assert_eq!(own(&format!("{id}/recipients/x")).0, 400);
    assert_eq!(own("FJ000000000000000000/recipients/0").0, 404);
    let mut waits = job(&["+49 89 1001"], "NEVER", "TIFF");
    waits["meta"] = json!({"jobValid": {"start": "2099-01-01T00:00:00Z"}});
    let id = submit(&world, &waits);
    assert_eq!(own(&format!("{id}/recipients/0")).0, 400, "still on its way");
}

#[test]
fn pages_of_several_calls_have_each_calls_own_time() {
    let mut post = Post::start();
    // 99013 hangs up in the middle of page 2, then is good.
    let retry = "[retry]\npause_seconds = [2]\njitter_percent = 0\n[retry.on.remote_hung_up-C]\nagain = true\npause_seconds = [2]\n";
    let settings = format!("{LOOPBACK}{}{retry}", post.settings());
    let world = World::start(&settings);
    let mut order = with_cover("TIFF");
    order["recipients"][0]["number"] = json!("+49 89 99013");
    order["renderingOptions"]["coverpageTemplate"] = json!(null);
    let id = submit(&world, &order);
    let mail = post.mail();
    let attached = pages(&mail.file(".tif"));
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let view = runtime.block_on(super::store(&world).job_view(&ferrofax_server::jobs::JobId(id)));
    let view = view.expect("the store works").expect("a job");
    let calls = &view.deliveries[0].attempts;
    assert_eq!((calls.len(), calls[0].pages_confirmed, calls[1].first_page), (2, 1, 1));
    // Page 1 and 2 of the same fax: the number differs, and the time, as the calls began seconds apart.
    assert_eq!(attached.len(), 2);
    let bands = |page: &Rows| page.iter().take(30).map(<[u16]>::to_vec).collect::<Vec<_>>();
    assert_ne!(bands(&attached[0]), bands(&attached[1]));
    assert!(mail.text.contains("2 of 2"), "{}", mail.text);
}

#[test]
fn several_recipients_share_the_documents_without_anybodys_cover() {
    let mut far = Far::start();
    let mut post = Post::start();
    let world = World::start(&format!("{}{}", sip_line(&far.address), post.settings()));
    let mut order = with_cover("PDF");
    order["recipients"] = json!([{"number": "+49 89 1001"}, {"number": "+49 89 1002"}]);
    let id = submit(&world, &order);
    let (one, other) = (far.fax(), far.fax());
    let mail = post.mail();
    assert_eq!(mail.files(), [format!("fax-{id}.pdf")]);
    assert!(mail.text.contains("without cover page and header line"), "{}", mail.text);
    let attached = pdf_pels(&mail.file(".pdf"));
    assert_eq!((attached.len(), pages(&one).len(), pages(&other).len()), (2, 3, 3));
    let below = 216 * 80;
    for (page, attached) in attached.iter().enumerate() {
        let received = pels(&pages(&one)[page + 1]);
        assert!(attached[below..] == received[below..], "the document is the same");
        assert!(attached[..216 * 30].iter().all(|byte| *byte == 0), "no header line");
        assert!(received[..216 * 30].iter().any(|byte| *byte != 0), "but one was sent");
    }
}

#[test]
fn what_is_attached_is_asked_for_and_not_too_large() {
    let mut post = Post::start();
    let world = World::start(&format!("{LOOPBACK}{}attachment_bytes_max = 300\n", post.settings()));
    for (mode, number, attached) in [
        ("NEVER", "+49 89 1001", false),
        ("FAILURE_ONLY", "+49 89 1001", false),
        ("FAILURE_ONLY", "+49 89 99486", true),
        ("SUCCESS_ONLY", "+49 89 99486", false),
    ] {
        submit(&world, &job(&[number], mode, "TIFF"));
        let mail = post.mail();
        let large = mail.text.contains("larger than attachments may be");
        assert_eq!((large, mail.files().len()), (attached, 0), "{mode} {number}: {}", mail.text);
    }
}

/// Words and their boxes in points, from the top: left, top, right, bottom.
fn words(pdf: &Path) -> Vec<(String, [f32; 4])> {
    let text = output("pdftotext", &["-bbox", &pdf.display().to_string(), "-"]);
    let value = |line: &str, name: &str| -> f32 {
        let rest = line.split_once(&format!("{name}=\"")).expect(name).1;
        rest.split('"').next().expect("a value").parse().expect("a number")
    };
    let words = text.lines().filter(|line| line.trim_start().starts_with("<word "));
    let word = |line: &str| {
        let text = line.split_once('>').expect("a tag").1.split('<').next().expect("text").to_owned();
        (text, ["xMin", "yMin", "xMax", "yMax"].map(|name| value(line, name)))
    };
    words.map(word).collect()
}

#[test]
fn a_pdf_with_ocr_has_its_words_where_they_are_seen() {
    let mut post = Post::start();
    for (resolution, lines_per_inch) in [("HIGH", 195.58), ("LOW", 97.79)] {
        let world = World::start(&format!("{LOOPBACK}{}[ocr]\nlanguages = 'eng+deu'\n", post.settings()));
        let mut order = job(&["+49 89 1001"], "ALWAYS", "PDF_WITH_OCR");
        use base64::Engine as _;
        let text = "Please confirm the delivery of twelve boxes to Munich\n";
        order["documents"][0]["data"] = json!(base64::engine::general_purpose::STANDARD.encode(text));
        order["renderingOptions"] = json!({"resolution": resolution});
        submit(&world, &order);
        let mail = post.mail();
        assert!(!mail.text.contains("search"), "{}", mail.text);
        let pdf = mail.file(".pdf");
        let words = words(&pdf);
        let read: Vec<&str> = words.iter().map(|(word, _)| word.as_str()).collect();
        assert_eq!(read.join(" "), text.trim(), "{resolution}");
        assert_eq!(output("pdftotext", &[&pdf.display().to_string(), "-"]).trim(), text.trim());
        // Where the ink is.
        let page = pdf_pels(&pdf).remove(0);
        let rows: Vec<_> = page.chunks(216).collect();
        let inked: Vec<_> = (0..rows.len()).filter(|row| rows[*row].iter().any(|byte| *byte != 0)).collect();
        let columns: Vec<_> =
            (0..1728).filter(|column| rows.iter().any(|row| row[column / 8] & (0x80 >> (column % 8)) != 0)).collect();
        let down = |row: usize| row as f32 / lines_per_inch * 72.0;
        let across = |column: usize| column as f32 / 8037.0 / 0.0254 * 72.0;
        let (top, bottom) = (down(inked[0]), down(inked[inked.len() - 1]));
        let (left, right) = (across(columns[0]), across(columns[columns.len() - 1]));
        for (word, place) in &words {
            assert!(
                (place[1] - top).abs() < 4.0 && (place[3] - bottom).abs() < 4.0,
                "{word}: {place:?}, {top} to {bottom}"
            );
        }
        let (first, last) = (words[0].1, words[words.len() - 1].1);
        assert!((first[0] - left).abs() < 2.0, "{first:?}, {left}");
        assert!((last[2] - right).abs() < 8.0, "{last:?}, {right}");
        let apart = words.windows(2).all(|pair| pair[0].1[2] <= pair[1].1[0] + 6.0);
        assert!(apart, "{words:?}");
    }
}

#[test]
fn without_text_recognition_the_pdf_is_plain_and_the_mail_says_so() {
    let mut post = Post::start();
    let world = World::start(&format!("{LOOPBACK}{}[ocr]\nprogram = '/nowhere/tesseract'\n", post.settings()));
    submit(&world, &job(&["+49 89 1001"], "ALWAYS", "PDF_WITH_OCR"));
    let mail = post.mail();
    assert!(mail.text.contains("this system has no text recognition"), "{}", mail.text);
    assert!(mail.html.contains("this system has no text recognition"), "{}", mail.html);
    assert_eq!(pdf_pels(&mail.file(".pdf")).len(), 2);
    assert!(words(&mail.file(".pdf")).is_empty());
}
