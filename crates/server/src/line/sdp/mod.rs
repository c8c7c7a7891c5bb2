//! Session descriptions (RFC 8866, offer and answer by RFC 3264) for the two things a fax call ever carries: G.711 audio, and T.38
//! over UDPTL (T.38 annex D, RFC 7345 for the `udptl` name). Pure: bytes in, bytes out.
//!
//! Each end of a call keeps one [`Local`]: the same session id in every description, the version one higher whenever the
//! description changes. What far ends get wrong, and is tolerated: two image lines one of which is dead, lines with port 0,
//! attributes in any case, absent, or without a value, no or a senseless T38FaxMaxDatagram, the address at either level.
//!
//! Left out: host names in `c=`, T.38 over TCP or RTP, local training check (T38FaxRateManagement:localTCF is answered with
//! transferredTCF, T.38 table D.1 requires that over UDP).

use std::net::{IpAddr, SocketAddr};

use ferrofax_fax::t38::{ErrorCorrection, Params, RateManagement};
use sdp_types::{Attribute, Connection, Media, MediaType, Origin, Session, TransportProto};

use super::rtp::Law;

#[cfg(test)]
mod tests;

/// Media lines looked at; more is nonsense.
const LINES_MAX: usize = 16;
/// What we take in one datagram (`T38FaxMaxDatagram`): fits an Ethernet frame with its headers.
const DATAGRAM_BYTES_MAX: usize = 1400;
/// What we send at most to a far end that does not say: room for an ECM frame's piece and its repeats, small enough for old gateways.
const DATAGRAM_BYTES_UNSAID: usize = 400;
/// A far end may mean by `T38FaxMaxDatagram` the bare IFP packet. Below this nothing useful fits.
const DATAGRAM_BYTES_MIN: usize = 72;
/// `T38FaxMaxBuffer`: octets that may wait at our side, T.38 table D.1.
const BUFFER_BYTES_MAX: usize = 2000;
/// Fastest rate without V.34.
const BIT_RATE_MAX: u32 = 14_400;

/// How this end does T.38.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct T38Settings {
    /// Use it at all. If not, the far end's offers are refused with 488 and none is made.
    pub enabled: bool,
    /// How lost datagrams are made good, as we offer it. An answer repeats what the far end offered.
    pub error_correction: ErrorCorrection,
    /// Fastest rate, `T38MaxBitRate`.
    pub bit_rate_max: u32,
}

impl Default for T38Settings {
    fn default() -> T38Settings {
        T38Settings {
            enabled: true,
            error_correction: ErrorCorrection::Redundancy { control: 3, image: 3 },
            bit_rate_max: BIT_RATE_MAX,
        }
    }
}

/// What the call carries.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    Audio,
    T38,
}

/// A description that can't be read, or has nothing we can do.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub(crate) enum SdpError {
    #[error("not a session description")]
    Unreadable,
    #[error("no media line we can use")]
    NothingUsable,
}

/// What a far end's media line means for us.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Far {
    /// Send it G.711 of this law.
    Audio { law: Law, to: SocketAddr },
    /// Send it UDPTL.
    T38 { params: Params, to: SocketAddr },
}

impl Far {
    pub(crate) fn kind(&self) -> Kind {
        match self {
            Far::Audio { .. } => Kind::Audio,
            Far::T38 { .. } => Kind::T38,
        }
    }

    /// For ladders.
    pub(crate) fn describe(&self) -> String {
        match self {
            Far::Audio { law, .. } => format!("audio {}", law.name()),
            Far::T38 { params, .. } => format!("T.38 {}", params.bit_rate_max),
        }
    }
}

/// A far end's description.
#[derive(Clone, Debug)]
pub(crate) struct Description {
    session: Session,
}

impl Description {
    /// Reads a description.
    pub(crate) fn read(bytes: &[u8]) -> Result<Description, SdpError> {
        let session = Session::parse(bytes).map_err(|_| SdpError::Unreadable)?;
        if session.medias.len() > LINES_MAX { Err(SdpError::Unreadable) } else { Ok(Description { session }) }
    }

    /// The line to use, with its place: of kind `first` if there is one, else of the other kind.
    fn choose(&self, first: Kind, ours: &T38Settings) -> Result<(usize, Far), SdpError> {
        let find = |kind| {
            let usable = self.session.medias.iter().enumerate();
            let usable = usable.filter_map(|(at, media)| Some((at, self.far(media, ours)?)));
            usable.filter(|(_, far)| far.kind() == kind).max_by_key(|(at, far)| {
                // Of two image lines, one that says how much it takes; else the first.
                let said = matches!(far, Far::T38 { .. })
                    && self.session.medias.get(*at).is_some_and(|m| number(m, "T38FaxMaxDatagram").unwrap_or(0) > 0);
                (said, std::cmp::Reverse(*at))
            })
        };
        let second = match first {
            Kind::Audio => Kind::T38,
            Kind::T38 => Kind::Audio,
        };
        find(first).or_else(|| find(second)).ok_or(SdpError::NothingUsable)
    }

    /// The meaning of an answer to what we offered.
    pub(crate) fn as_answer_to(&self, offered: Kind, ours: &T38Settings) -> Result<Far, SdpError> {
        let (_, far) = self.choose(offered, ours)?;
        if far.kind() == offered { Ok(far) } else { Err(SdpError::NothingUsable) }
    }

    fn far(&self, media: &Media, ours: &T38Settings) -> Option<Far> {
        if media.port == 0 {
            return None;
        }
        let connection = media.connections.first().or(self.session.connection.as_ref())?;
        let to = SocketAddr::new(connection.try_address().ok()?.ip, media.port);
        if media.media.eq_ignore_ascii_case("audio") {
            // RTP/AVP and RTP/AVPF; SRTP would need keys.
            let plain = media.proto.eq_ignore_ascii_case("RTP/AVP") || media.proto.eq_ignore_ascii_case("RTP/AVPF");
            let mut formats = media.fmt.split_ascii_whitespace();
            let law = formats.find_map(|format| match format {
                "8" => Some(Law::A),
                "0" => Some(Law::Mu),
                _ => None,
            });
            law.filter(|_| plain).map(|law| Far::Audio { law, to })
        } else if media.media.eq_ignore_ascii_case("image") && media.proto.eq_ignore_ascii_case("udptl") && ours.enabled
        {
            let t38 = media.fmt.split_ascii_whitespace().any(|format| format.eq_ignore_ascii_case("t38"));
            t38.then(|| Far::T38 { params: params(media, ours), to })
        } else {
            None
        }
    }
}

/// What a body is about, for ladders; `None` if it is no description or has nothing we know.
pub(crate) fn glance(body: &[u8]) -> Option<String> {
    if body.is_empty() {
        return None;
    }
    let description = Description::read(body).ok()?;
    let ours = T38Settings::default();
    let lines = description.session.medias.iter().filter_map(|media| Some(description.far(media, &ours)?.describe()));
    let lines: Vec<String> = lines.collect();
    (!lines.is_empty()).then(|| lines.join(" + "))
}

/// Value of an attribute, whatever case its name is in.
fn value<'a>(media: &'a Media, name: &str) -> Option<&'a str> {
    let attribute = media.attributes.iter().find(|a| a.attribute.eq_ignore_ascii_case(name))?;
    attribute.value.as_deref().map(str::trim)
}

fn number(media: &Media, name: &str) -> Option<u32> {
    value(media, name)?.parse().ok()
}

/// Both sides' T.38, T.38 table D.1.
fn params(media: &Media, ours: &T38Settings) -> Params {
    let bit_rate = number(media, "T38MaxBitRate").filter(|rate| *rate > 0).unwrap_or(BIT_RATE_MAX);
    let datagram = number(media, "T38FaxMaxDatagram").filter(|bytes| *bytes > 0);
    let datagram = datagram.and_then(|bytes| usize::try_from(bytes).ok()).unwrap_or(DATAGRAM_BYTES_UNSAID);
    let error_correction = match value(media, "T38FaxUdpEC").map(str::to_ascii_lowercase).as_deref() {
        Some("t38udpnoec") => ErrorCorrection::None,
        Some("t38udpfec") => match ours.error_correction {
            fec @ ErrorCorrection::Fec { .. } => fec,
            _ => ErrorCorrection::Fec { span: 3, entries: 3 },
        },
        // Redundancy, or nothing said: every UDPTL receiver has to read past the repeats, so they do no harm.
        _ => match ours.error_correction {
            redundancy @ ErrorCorrection::Redundancy { .. } => redundancy,
            _ => ErrorCorrection::Redundancy { control: 3, image: 3 },
        },
    };
    Params {
        // We speak version 0, and so does then the other.
        version: 0,
        bit_rate_max: bit_rate.min(ours.bit_rate_max),
        rate_management: RateManagement::TransferredTcf,
        datagram_bytes_max: datagram.clamp(DATAGRAM_BYTES_MIN, DATAGRAM_BYTES_MAX),
        error_correction,
    }
}

/// Our side of a session.
#[derive(Clone, Debug)]
pub(crate) struct Local {
    session_id: u64,
    version: u64,
    address: IpAddr,
    rtp_port: u16,
    udptl_port: u16,
    t38: T38Settings,
    /// What was said last, but for the version.
    said: Vec<Media>,
}

impl Local {
    /// A session whose media arrive at these ports. The id is a number below 2^63, RFC 3264 clause 5.
    pub(crate) fn new(address: IpAddr, rtp_port: u16, udptl_port: u16, t38: T38Settings) -> Local {
        let session_id = u64::from(rand::random::<u32>()) << 16;
        Local { session_id, version: session_id, address, rtp_port, udptl_port, t38, said: vec![] }
    }

    /// Whether this end does T.38 at all.
    pub(crate) fn has_t38(&self) -> bool {
        self.t38.enabled
    }

    /// An offer. The one line of the session is used for either medium (RFC 3264 8.3.3 allows the type to change, for fax).
    pub(crate) fn offer(&mut self, kind: Kind) -> Vec<u8> {
        let line = match kind {
            Kind::Audio => self.audio_line(&[Law::A, Law::Mu]),
            Kind::T38 => self.t38_line(self.t38.error_correction, self.t38.bit_rate_max),
        };
        self.say(vec![line])
    }

    /// The answer to an offer, and what the far end's side of it means. Prefers lines of `first` kind; every other line of the
    /// offer is declined in its place (RFC 3264 clause 6).
    pub(crate) fn answer(&mut self, offer: &Description, first: Kind) -> Result<(Vec<u8>, Far), SdpError> {
        let (chosen, far) = offer.choose(first, &self.t38)?;
        let lines = offer.session.medias.iter().enumerate();
        let lines = lines.map(|(at, offered)| match &far {
            Far::Audio { law, .. } if at == chosen => self.audio_line(&[*law]),
            Far::T38 { params, .. } if at == chosen => self.t38_line(params.error_correction, params.bit_rate_max),
            _ => declined(offered),
        });
        let lines = lines.collect();
        Ok((self.say(lines), far))
    }

    /// What an answer to our last offer means.
    pub(crate) fn read_answer(&self, body: &[u8], offered: Kind) -> Result<Far, SdpError> {
        Description::read(body)?.as_answer_to(offered, &self.t38)
    }

    fn say(&mut self, lines: Vec<Media>) -> Vec<u8> {
        if !self.said.is_empty() && self.said != lines {
            self.version += 1;
        }
        self.said.clone_from(&lines);
        let mut session = Session::new(Origin::with_ip_addr(self.session_id, self.version, self.address), "ferrofax");
        session.set_connection(Connection::from_ip_addr(self.address));
        session.add_time(sdp_types::Time::new(0, 0));
        session.add_medias(lines);
        let mut body = Vec::with_capacity(400);
        // Writing to memory can't fail.
        let _ = session.write(&mut body);
        body
    }

    fn audio_line(&self, laws: &[Law]) -> Media {
        let formats: Vec<String> = laws.iter().map(|law| law.payload_type().to_string()).collect();
        let mut line = Media::new(MediaType::Audio, self.rtp_port, TransportProto::RtpAvp, formats.join(" "));
        for law in laws {
            line.add_attribute_with_value("rtpmap", format!("{} {}/8000", law.payload_type(), law.name()));
        }
        line.add_attribute_with_value("ptime", "20");
        line.add_attribute(Attribute::new("sendrecv"));
        line
    }

    /// T.38 table D.1.
    fn t38_line(&self, error_correction: ErrorCorrection, bit_rate_max: u32) -> Media {
        let mut line = Media::new(MediaType::Image, self.udptl_port, TransportProto::Udp, "t38");
        "udptl".clone_into(&mut line.proto);
        let error_correction = match error_correction {
            ErrorCorrection::None => "t38UDPNoEC",
            ErrorCorrection::Redundancy { .. } => "t38UDPRedundancy",
            ErrorCorrection::Fec { .. } => "t38UDPFEC",
        };
        line.add_attribute_with_value("T38FaxVersion", 0);
        line.add_attribute_with_value("T38MaxBitRate", bit_rate_max);
        line.add_attribute_with_value("T38FaxRateManagement", "transferredTCF");
        line.add_attribute_with_value("T38FaxMaxBuffer", BUFFER_BYTES_MAX);
        line.add_attribute_with_value("T38FaxMaxDatagram", DATAGRAM_BYTES_MAX);
        line.add_attribute_with_value("T38FaxUdpEC", error_correction);
        line
    }
}

/// A line not taken: the same with port 0.
fn declined(offered: &Media) -> Media {
    let mut line = Media::new(MediaType::Audio, 0, TransportProto::RtpAvp, &offered.fmt);
    line.media.clone_from(&offered.media);
    line.proto.clone_from(&offered.proto);
    line
}
