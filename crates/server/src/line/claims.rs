//! What must hold whatever a far end writes into its SIP, SDP and RTP. The fuzz targets check the same.

use std::net::{IpAddr, Ipv4Addr};

use super::number::{Number, NumberForm};
use super::rtp;
use super::sdp::{self, Description, Far, Kind, Local, T38Settings};
use super::verdict::{Refusal, outcome_of};

/// A description, as offer and as answer: what we answer can be read, has a line for each of the offer's, and no limit is passed.
pub fn description(bytes: &[u8]) {
    let _ = sdp::glance(bytes);
    let settings = T38Settings { bit_rate_max: 9600, ..T38Settings::default() };
    let mut local = Local::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 4000, 4002, settings);
    for kind in [Kind::Audio, Kind::T38] {
        let _ = local.offer(kind);
        let _ = local.read_answer(bytes, kind);
        let Ok(offer) = Description::read(bytes) else { continue };
        let Ok((ours, far)) = local.answer(&offer, kind) else { continue };
        assert!(Description::read(&ours).is_ok());
        let lines = |bytes: &[u8]| bytes.split(|byte| *byte == b'\n').filter(|line| line.starts_with(b"m=")).count();
        assert!(lines(&ours) >= 1);
        if let Far::T38 { params, .. } = far {
            assert!(params.bit_rate_max <= 9600 && (72..=1400).contains(&params.datagram_bytes_max), "{params:?}");
        }
    }
}

/// Series of packets, each with its length before it: frames in proportion to what came, whatever the headers say.
pub fn packets(mut bytes: &[u8]) {
    let mut receiver = rtp::Receiver::default();
    let (mut packets, mut frames) = (0_usize, 0_usize);
    while let [length, rest @ ..] = bytes {
        let (packet, rest) = rest.split_at(rest.len().min(usize::from(*length)));
        bytes = rest;
        packets += 1;
        receiver.datagram(packet, |_| frames += 1);
        // A gap is filled with a second at most.
        assert!(frames <= packets * 51, "{frames} frames of {packets} packets");
    }
}

/// A refusal's status and `Reason`, and a number to dial.
pub fn words(bytes: &[u8]) {
    let Some((status, text)) = bytes.split_first_chunk::<2>() else { return };
    let text = String::from_utf8_lossy(text).into_owned();
    if let Some(number) = Number::new(&text) {
        for form in [NumberForm::AsGiven, NumberForm::Plus, NumberForm::Bare] {
            let user = form.user_part(&number);
            assert!(user.bytes().all(|byte| byte.is_ascii_digit() || b"+*%".contains(&byte)), "{user:?}");
        }
    }
    let status = Some(u16::from_be_bytes(*status));
    let _ = outcome_of(&Refusal { status, reasons: vec![text] });
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    /// Checks every file of `tests/crashes/<kind>`.
    fn all(kind: &str, claim: fn(&[u8])) {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/crashes").join(kind);
        let mut files = 0;
        for file in std::fs::read_dir(folder).unwrap() {
            let path = file.unwrap().path();
            println!("{}", path.display());
            claim(&std::fs::read(path).unwrap());
            files += 1;
        }
        assert!(files > 0);
    }

    #[test]
    fn crash_files_are_harmless() {
        all("sdp", super::description);
        all("rtp", super::packets);
        all("words", super::words);
    }
}
