//! Hostile bytes: those that once broke something or were made to, random ones, and good ones with changes.

use ferrofax_fax::page::Resolution;
use ferrofax_fax::{t4, t6};
use proptest::prelude::*;

use crate::crashes::all;
use crate::{codec_claims, codec_pages};

#[test]
fn t4_crash_files_are_harmless() {
    all("t4", codec_claims::t4);
}

#[test]
fn t6_crash_files_are_harmless() {
    all("t6", codec_claims::t6);
}

#[test]
fn tiff_crash_files_are_harmless() {
    all("tiff", codec_claims::tiff);
}

/// The head that the claims take: a width of 1728, MR or not.
fn head(two_dimensional: bool) -> [u8; 2] {
    (1728 << 1 | 1 | u16::from(two_dimensional) << 15).to_be_bytes()
}

#[test]
fn every_cut_of_a_page_is_harmless() {
    let page = codec_pages::letter().to_rows();
    let mr = t4::Options { k: Some(t4::K_FINE), row_bits_min: 0, return_to_control: true };
    let mr = [&head(true)[..], &t4::encode(&mut page.source(Resolution::Fine), &mr)].concat();
    let mmr = [&head(false)[..], &t6::encode(&mut page.source(Resolution::Fine))].concat();
    for len in (0..mmr.len()).step_by(331) {
        codec_claims::t4(&mr[..len]);
        codec_claims::t6(&mmr[..len]);
    }
}

/// Bytes with some of them changed.
fn mutated(bytes: Vec<u8>) -> impl Strategy<Value = Vec<u8>> {
    proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..10).prop_map(move |changes| {
        let mut bytes = bytes.clone();
        for (at, to) in changes {
            let at = at.index(bytes.len());
            bytes[at] = to;
        }
        bytes
    })
}

/// A short page in each coding, as the claims take it.
fn short(coding: &str) -> Vec<u8> {
    let page = codec_pages::dither(200, 30);
    let page = &mut page.source(Resolution::Fine);
    let width = |two: bool| (200u16 << 1 | 1 | u16::from(two) << 15).to_be_bytes().to_vec();
    let options = |k| t4::Options { k, row_bits_min: 0, return_to_control: true };
    match coding {
        "MH" => [width(false), t4::encode(page, &options(None))].concat(),
        "MR" => [width(true), t4::encode(page, &options(Some(4)))].concat(),
        _ => [width(false), t6::encode(page)].concat(),
    }
}

proptest! {
    #[test]
    fn random_bytes_are_harmless(bytes in proptest::collection::vec(any::<u8>(), 0..2000)) {
        codec_claims::t4(&bytes);
        codec_claims::t6(&bytes);
        codec_claims::tiff(&[b"II\x2a\0\x08\0\0\0".as_slice(), &bytes].concat());
        codec_claims::tiff(&[b"MM\0\x2a\0\0\0\x08".as_slice(), &bytes].concat());
    }

    #[test]
    fn changed_bytes_are_harmless(mh in mutated(short("MH")), mr in mutated(short("MR")), mmr in mutated(short("MMR"))) {
        codec_claims::t4(&mh);
        codec_claims::t4(&mr);
        codec_claims::t6(&mmr);
    }
}
