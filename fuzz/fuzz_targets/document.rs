#![no_main]
//! A document: the first byte says its kind. Pages of the fax's width, no more than allowed, or an error. A panic of a
//! library is caught where documents are rendered; only one that gets out of there is a fault.

use ferrofax_render::{Kind, Limits, Options, render};

libfuzzer_sys::fuzz_target!(init: std::panic::set_hook(Box::new(|_| ())), |bytes: &[u8]| {
    let Some((kind, document)) = bytes.split_first() else { return };
    let kind = match kind % 5 {
        0 => Kind::Pdf,
        1 => Kind::Txt,
        2 => Kind::Tiff,
        3 => Kind::Html,
        _ => Kind::Picture,
    };
    let options = Options { limits: Limits { pages: 5, image_bytes: 1 << 20 }, ..Options::default() };
    let mut pages = 0;
    let done = render(document.to_vec(), kind, &options, &mut |page| {
        assert_eq!(page.width, 1728);
        pages += 1;
        Ok(())
    });
    assert!(pages <= 5);
    if let Ok(summary) = done {
        assert_eq!(summary.pages, pages);
    }
});
