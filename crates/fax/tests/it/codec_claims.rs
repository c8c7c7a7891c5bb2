//! What must hold whatever bytes come in. The fuzz targets check the same.

use std::io::Cursor;

use ferrofax_fax::page::{Resolution, Rows, StoredPage};
use ferrofax_fax::tiff::{Compression, Tiff, Writer};
use ferrofax_fax::{t4 as mh_mr, t6 as mmr};

/// T.4: the first two bytes are the width and whether it is MR.
pub fn t4(bytes: &[u8]) {
    let Some((head, code)) = bytes.split_first_chunk() else { return };
    let (width, two_dimensional) = width(*head);
    let decoded = mh_mr::decode(code, width, two_dimensional);
    assert_rows(&decoded.rows, width);
    assert!(decoded.rows.memory_bytes() <= 4096 + code.len() * 128);
    assert!(decoded.bad_rows <= decoded.rows.len());

    let k = two_dimensional.then_some(mh_mr::K_FINE);
    let options = mh_mr::Options { k, row_bits_min: 0, return_to_control: true };
    let again = mh_mr::encode(&mut decoded.rows.source(Resolution::Fine), &options);
    let again = mh_mr::decode(&again, width, two_dimensional);
    assert_eq!((again.bad_rows, again.rows == decoded.rows), (0, true));
}

/// T.6: the first two bytes are the width.
pub fn t6(bytes: &[u8]) {
    let Some((head, code)) = bytes.split_first_chunk() else { return };
    let (width, _) = width(*head);
    let decoded = mmr::decode(code, width, None);
    assert_rows(&decoded.rows, width);
    assert!(decoded.rows.memory_bytes() <= 4096 + code.len() * 512);

    let stored = mmr::store(&mut decoded.rows.source(Resolution::Fine));
    assert_eq!(stored.check(), Ok(()));
    assert!(Rows::from_source(&mut stored.source()) == decoded.rows);

    let taken = StoredPage::from_code(width, Resolution::Fine, code.to_vec());
    if decoded.end == mmr::End::Eofb {
        assert!(taken.is_ok_and(|page| Rows::from_source(&mut page.source()) == decoded.rows));
    } else {
        assert!(taken.is_err() || decoded.rows.len() == ferrofax_fax::page::ROWS_MAX);
    }
}

/// A file.
pub fn tiff(bytes: &[u8]) {
    let Ok(tiff) = Tiff::parse(bytes) else { return };
    for number in 0..tiff.pages().min(4) {
        let Ok(page) = tiff.page(number) else { continue };
        assert_rows(&page.rows, page.rows.width());
        assert!(page.bad_rows < page.rows.len());
        if page.rows.len() > 1000 {
            continue;
        }
        for compression in [Compression::Mh, Compression::Mr, Compression::Mmr] {
            let mut writer = Writer::new(Cursor::new(Vec::new()), compression).unwrap();
            writer.append(&mut page.rows.source(Resolution::Fine)).unwrap();
            let file = writer.finish().unwrap().into_inner();
            let again = Tiff::parse(&file).unwrap().page(0).unwrap();
            assert_eq!((again.bad_rows, again.rows == page.rows), (0, true));
        }
    }
}

/// Mostly narrow rows, which random bytes fill sooner.
fn width(head: [u8; 2]) -> (u16, bool) {
    let width = u16::from_be_bytes(head);
    (if width & 1 == 0 { width >> 1 & 0x3f } else { width >> 1 }, width & 0x8000 != 0)
}

fn assert_rows(rows: &Rows, width: u16) {
    assert_eq!(rows.width(), width);
    for row in rows.iter() {
        assert!(row.is_sorted_by(|a, b| a < b));
        assert!(row.last().is_none_or(|&last| last < width));
    }
}
