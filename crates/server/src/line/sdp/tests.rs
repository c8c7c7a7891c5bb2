use super::*;

const ADDRESS: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));

fn local() -> Local {
    Local::new(ADDRESS, 4000, 4002, T38Settings::default())
}

/// A description around these lines, as a far end at 192.0.2.9 would send it.
fn far(lines: &str) -> Description {
    let text = format!("v=0\r\no=x 7 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\n{lines}");
    Description::read(text.as_bytes()).unwrap()
}

/// The T.38 side of an offer, which must be taken.
fn t38(lines: &str) -> (Params, SocketAddr) {
    match local().answer(&far(lines), Kind::T38).unwrap().1 {
        Far::T38 { params, to } => (params, to),
        audio => panic!("{audio:?}"),
    }
}

/// The description but for what is random in it.
fn shown(local: &Local, body: Vec<u8>) -> String {
    let text = String::from_utf8(body).unwrap();
    let versions = text.replace(&format!(" {} {} ", local.session_id, local.version), " ID VERSION ");
    assert!(versions.ends_with("\r\n"));
    versions.replace("\r\n", "\n")
}

#[test]
fn an_audio_offer_reads_like_this() {
    let mut local = local();
    let body = local.offer(Kind::Audio);
    insta::assert_snapshot!(shown(&local, body), @r"
    v=0
    o=- ID VERSION IN IP4 192.0.2.1
    s=ferrofax
    c=IN IP4 192.0.2.1
    t=0 0
    m=audio 4000 RTP/AVP 8 0
    a=rtpmap:8 PCMA/8000
    a=rtpmap:0 PCMU/8000
    a=ptime:20
    a=sendrecv
    ");
}

#[test]
fn a_t38_offer_reads_like_this() {
    let mut local = local();
    let body = local.offer(Kind::T38);
    insta::assert_snapshot!(shown(&local, body), @r"
    v=0
    o=- ID VERSION IN IP4 192.0.2.1
    s=ferrofax
    c=IN IP4 192.0.2.1
    t=0 0
    m=image 4002 udptl t38
    a=T38FaxVersion:0
    a=T38MaxBitRate:14400
    a=T38FaxRateManagement:transferredTCF
    a=T38FaxMaxBuffer:2000
    a=T38FaxMaxDatagram:1400
    a=T38FaxUdpEC:t38UDPRedundancy
    ");
}

#[test]
fn the_version_grows_by_one_when_the_description_changes_and_not_else() {
    let mut local = local();
    let first = local.version;
    local.offer(Kind::Audio);
    assert_eq!(local.version, first);
    local.offer(Kind::T38);
    assert_eq!(local.version, first + 1);
    let refreshed = local.offer(Kind::T38);
    assert_eq!(local.version, first + 1);
    assert!(String::from_utf8(refreshed).unwrap().contains(&format!("o=- {} {} ", first, first + 1)));
    local.offer(Kind::Audio);
    assert_eq!(local.version, first + 2);
}

#[test]
fn an_offer_of_ours_is_understood_by_ourselves() {
    for kind in [Kind::Audio, Kind::T38] {
        for error_correction in [
            ErrorCorrection::Redundancy { control: 3, image: 3 },
            ErrorCorrection::Fec { span: 3, entries: 3 },
            ErrorCorrection::None,
        ] {
            let settings = T38Settings { error_correction, ..T38Settings::default() };
            let mut caller = Local::new(ADDRESS, 4000, 4002, settings);
            let mut answerer = local();
            let offer = Description::read(&caller.offer(kind)).unwrap();
            let (answer, at_answerer) = answerer.answer(&offer, Kind::T38).unwrap();
            let at_caller = caller.read_answer(&answer, kind).unwrap();
            assert_eq!(at_caller, at_answerer_as_seen_back(&at_answerer, &at_caller));
            if let Far::T38 { params, .. } = at_caller {
                assert_eq!(params.error_correction, error_correction);
                assert_eq!(params.datagram_bytes_max, 1400);
            }
        }
    }
}

/// Same terms; only the addresses may differ, and here they don't.
fn at_answerer_as_seen_back(there: &Far, here: &Far) -> Far {
    assert_eq!(there.kind(), here.kind());
    there.clone()
}

#[test]
fn two_image_lines_one_of_them_dead() {
    let lines =
        "m=image 5000 udptl t38\r\na=T38FaxMaxDatagram:0\r\nm=image 5002 udptl t38\r\na=T38FaxMaxDatagram:849\r\n";
    let (params, to) = t38(lines);
    assert_eq!((params.datagram_bytes_max, to.port()), (849, 5002));

    let mut local = local();
    let (answer, _) = local.answer(&far(lines), Kind::T38).unwrap();
    let answer = String::from_utf8(answer).unwrap();
    assert!(answer.contains("m=image 0 udptl t38\r\nm=image 4002 udptl t38\r\n"), "{answer}");

    // Both dead in that way: the first is as good as the other.
    let lines = "m=image 5000 udptl t38\r\na=T38FaxMaxDatagram:0\r\nm=image 5002 udptl t38\r\n";
    assert_eq!(t38(lines).1.port(), 5000);
}

#[test]
fn every_line_of_an_offer_is_answered_in_its_place() {
    let offer = far("m=audio 0 RTP/AVP 8\r\nm=image 5000 udptl t38\r\nm=video 6000 RTP/AVP 96\r\n");
    let (answer, far) = local().answer(&offer, Kind::T38).unwrap();
    let answer = String::from_utf8(answer).unwrap();
    let lines: Vec<&str> = answer.lines().filter(|line| line.starts_with("m=")).collect();
    assert_eq!(lines, ["m=audio 0 RTP/AVP 8", "m=image 4002 udptl t38", "m=video 0 RTP/AVP 96"]);
    assert_eq!(far.kind(), Kind::T38);
}

#[test]
fn of_audio_and_image_together_the_wanted_one_is_taken() {
    let offer = far("m=audio 6000 RTP/AVP 0 8\r\nm=image 5000 udptl t38\r\n");
    let (answer, chosen) = local().answer(&offer, Kind::Audio).unwrap();
    assert_eq!(chosen, Far::Audio { law: Law::Mu, to: "192.0.2.9:6000".parse().unwrap() });
    let answer = String::from_utf8(answer).unwrap();
    assert!(answer.contains("m=audio 4000 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n"), "{answer}");
    assert!(answer.contains("m=image 0 udptl t38\r\n"), "{answer}");
    assert_eq!(local().answer(&offer, Kind::T38).unwrap().1.kind(), Kind::T38);
}

#[test]
fn attributes_may_be_odd_or_absent() {
    let defaults = t38("m=image 5000 udptl t38\r\n").0;
    assert_eq!((defaults.bit_rate_max, defaults.datagram_bytes_max, defaults.version), (14_400, 400, 0));
    assert_eq!(defaults.error_correction, ErrorCorrection::Redundancy { control: 3, image: 3 });
    assert_eq!(defaults.rate_management, RateManagement::TransferredTcf);

    let odd = "m=IMAGE 5000 UDPTL T38\r\na=t38faxversion:3\r\na=t38maxbitrate: 9600\r\na=T38FaxFillBitRemoval\r\n\
               a=T38FaxTranscodingMMR:0\r\na=T38FaxTranscodingJBIG:1\r\na=t38faxmaxdatagram:200 \r\na=t38faxudpec:T38UDPfec\r\n";
    let (odd, to) = t38(odd);
    assert_eq!((odd.bit_rate_max, odd.datagram_bytes_max, odd.version), (9600, 200, 0));
    assert_eq!(odd.error_correction, ErrorCorrection::Fec { span: 3, entries: 3 });
    assert_eq!(to, "192.0.2.9:5000".parse().unwrap());

    for (said, taken) in [("1", 72), ("0", 400), ("70000", 1400), ("x", 400), ("99999999999", 400)] {
        let lines = format!("m=image 5000 udptl t38\r\na=T38FaxMaxDatagram:{said}\r\na=T38FaxUdpEC:t38UDPNoEC\r\n");
        assert_eq!(t38(&lines).0.datagram_bytes_max, taken, "{said}");
        assert_eq!(t38(&lines).0.error_correction, ErrorCorrection::None);
    }
    assert_eq!(t38("m=image 5000 udptl t38\r\na=T38MaxBitRate:33600\r\n").0.bit_rate_max, 14_400);
    assert_eq!(t38("m=image 5000 udptl t38\r\na=T38MaxBitRate:0\r\n").0.bit_rate_max, 14_400);
}

#[test]
fn an_address_at_the_media_line_goes_before_the_session_s() {
    assert_eq!(t38("m=image 5000 udptl t38\r\nc=IN IP4 192.0.2.77\r\n").1, "192.0.2.77:5000".parse().unwrap());
    let no_session_address =
        "v=0\r\no=x 7 1 IN IP4 192.0.2.9\r\ns=-\r\nt=0 0\r\nm=image 5000 udptl t38\r\nc=IN IP6 2001:db8::1\r\n";
    let offer = Description::read(no_session_address.as_bytes()).unwrap();
    let (_, far) = local().answer(&offer, Kind::T38).unwrap();
    assert!(matches!(far, Far::T38 { to, .. } if to == "[2001:db8::1]:5000".parse().unwrap()));
}

#[test]
fn what_we_cannot_do_is_refused() {
    let refused = [
        "m=image 0 udptl t38\r\n",
        "m=image 5000 tcp t38\r\n",
        "m=image 5000 udptl t39\r\n",
        "m=image 5000 udptl t38\r\nc=IN IP4 host.example\r\n",
        "m=audio 5000 RTP/SAVP 8\r\n",
        "m=audio 5000 RTP/AVP 18\r\n",
        "m=video 5000 RTP/AVP 8\r\n",
        "",
    ];
    for lines in refused {
        assert_eq!(local().answer(&far(lines), Kind::T38).unwrap_err(), SdpError::NothingUsable, "{lines}");
    }
    let mut without = Local::new(ADDRESS, 4000, 4002, T38Settings { enabled: false, ..T38Settings::default() });
    assert_eq!(without.answer(&far("m=image 5000 udptl t38\r\n"), Kind::T38).unwrap_err(), SdpError::NothingUsable);
}

#[test]
fn an_answer_without_what_was_asked_for_is_a_refusal() {
    let audio = b"v=0\r\no=x 7 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\nm=audio 6000 RTP/AVP 8\r\n";
    assert_eq!(local().read_answer(audio, Kind::T38).unwrap_err(), SdpError::NothingUsable);
    assert_eq!(local().read_answer(b"", Kind::T38).unwrap_err(), SdpError::Unreadable);
}

#[test]
fn line_ends_may_be_bare() {
    let text = "v=0\no=x 7 1 IN IP4 192.0.2.9\ns=-\nc=IN IP4 192.0.2.9\nt=0 0\nm=image 5000 udptl t38\n";
    let offer = Description::read(text.as_bytes()).unwrap();
    assert_eq!(local().answer(&offer, Kind::T38).unwrap().1.kind(), Kind::T38);
}

proptest::proptest! {
    #[test]
    fn any_bytes_are_harmless(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..400)) {
        let _ = local().read_answer(&bytes, Kind::T38);
    }

    #[test]
    fn anything_that_looks_like_a_description_is_harmless(lines in "([vosctmab]=[ -~]{0,40}\r?\n){0,12}") {
        let text = format!("v=0\r\no=x 7 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\nm=image 5000 udptl t38\r\n{lines}");
        for text in [lines.as_str(), text.as_str()] {
            if let Ok(offer) = Description::read(text.as_bytes()) {
                let _ = local().answer(&offer, Kind::Audio);
                if let Ok((answer, _)) = local().answer(&offer, Kind::T38) {
                    proptest::prop_assert!(Description::read(&answer).is_ok());
                }
            }
        }
    }
}
