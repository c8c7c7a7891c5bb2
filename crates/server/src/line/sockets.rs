//! The media sockets of one call: RTP with G.711, and UDPTL.
//!
//! Two ports of their own per call, bound before the first offer names them. Packets count if they come from the address the far
//! end named in its description. Behind NAT, or with several interfaces, a far end names one address and sends from another: then
//! the first sender is taken for the far end, and is sent to, until a packet comes from the named address. UDPTL is not read
//! before the call is in T.38: what comes early waits in the kernel.

use std::io;
use std::net::{IpAddr, SocketAddr};

use ferrofax_fax::audio::Frame;
use tokio::net::UdpSocket;

use super::rtp;
use super::sdp::{Far, Kind};
use super::weather::{Sky, Weather};

/// The longest datagram read; what is longer is cut, and then fails to parse.
const DATAGRAM_BYTES: usize = 2048;
/// Ports tried before an odd RTP port is accepted (RFC 3550 11 wants even ones).
const TRIES: usize = 16;

/// Both sockets, and where the far end's are.
#[derive(Debug)]
pub(crate) struct Media {
    rtp: UdpSocket,
    udptl: UdpSocket,
    far: Option<Far>,
    /// Whose packets count.
    source: Source,
    sender: rtp::Sender,
    receiver: rtp::Receiver,
    buffer: Box<[u8; DATAGRAM_BYTES]>,
    /// Of UDPTL, out and in.
    skies: (Sky, Sky),
}

/// Where the far end's packets come from.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
enum Source {
    /// None came yet.
    #[default]
    Unknown,
    /// From where its description says.
    Named,
    /// From elsewhere.
    Elsewhere(SocketAddr),
}

/// What came in.
#[derive(Debug)]
pub(crate) enum Heard {
    /// Frames of audio that are complete now; perhaps none.
    Audio(Vec<Frame>),
    /// A UDPTL datagram.
    Datagram(Vec<u8>),
    /// Something that does not belong to the call.
    Nothing,
}

impl Media {
    /// Binds both sockets at this address: ports from `ports` (first and last) if given, else any.
    pub(crate) async fn bind(address: IpAddr, ports: Option<(u16, u16)>) -> io::Result<Media> {
        let rtp = bind(address, ports, true).await?;
        let udptl = bind(address, ports, false).await?;
        Ok(Media {
            rtp,
            udptl,
            far: None,
            source: Source::default(),
            sender: rtp::Sender::new(rtp::Law::A),
            receiver: rtp::Receiver::default(),
            buffer: Box::new([0; DATAGRAM_BYTES]),
            skies: (Sky::default(), Sky::default()),
        })
    }

    /// The network is a bad one.
    pub(crate) fn expose(&mut self, weather: Weather) {
        self.skies = (Sky::new(weather), Sky::new(weather));
    }

    pub(crate) fn rtp_port(&self) -> io::Result<u16> {
        Ok(self.rtp.local_addr()?.port())
    }

    pub(crate) fn udptl_port(&self) -> io::Result<u16> {
        Ok(self.udptl.local_addr()?.port())
    }

    /// What the call carries from now on, and where to.
    pub(crate) fn agree(&mut self, far: Far) {
        if let Far::Audio { law, .. } = &far {
            self.sender.set_law(*law);
        }
        self.far = Some(far);
        self.source = Source::default();
    }

    pub(crate) fn kind(&self) -> Option<Kind> {
        self.far.as_ref().map(Far::kind)
    }

    /// Sends 20 ms of audio; nothing while the call is in T.38 or on hold.
    pub(crate) async fn send_audio(&mut self, frame: &Frame) {
        if let Some(Far::Audio { to, .. }) = self.far {
            let to = self.destination(to);
            // The packet is made in any case, so that time goes on while the far end holds.
            let packet = self.sender.packet(frame);
            if !to.ip().is_unspecified() {
                // A packet that can't leave is a lost packet.
                let _ = self.rtp.send_to(&packet, to).await;
            }
        }
    }

    /// Sends a UDPTL datagram; nothing while the call is in audio.
    pub(crate) async fn send_datagram(&mut self, datagram: &[u8]) {
        if let Some(Far::T38 { to, .. }) = self.far
            && !to.ip().is_unspecified()
        {
            for datagram in self.skies.0.through(datagram) {
                let _ = self.udptl.send_to(&datagram, self.destination(to)).await;
            }
        }
    }

    /// Where to send, when the description says `named`.
    fn destination(&self, named: SocketAddr) -> SocketAddr {
        match self.source {
            // On hold nothing is sent anywhere.
            Source::Elsewhere(from) if !named.ip().is_unspecified() => from,
            _ => named,
        }
    }

    /// The next packet. Safe to drop and call again.
    pub(crate) async fn receive(&mut self) -> Heard {
        let t38 = self.kind() == Some(Kind::T38);
        loop {
            tokio::select! {
                biased;
                ready = self.udptl.readable(), if t38 => if ready.is_err() { continue },
                ready = self.rtp.readable() => if ready.is_err() { continue },
            }
            if let Some(heard) = self.try_receive() {
                return heard;
            }
        }
    }

    /// A packet that is already there.
    pub(crate) fn try_receive(&mut self) -> Option<Heard> {
        if self.kind() == Some(Kind::T38)
            && let Ok((length, from)) = self.udptl.try_recv_from(&mut *self.buffer)
        {
            let far = self.is_far(from) && !self.skies.1.loses();
            return Some(match self.buffer.get(..length) {
                Some(datagram) if far => Heard::Datagram(datagram.to_vec()),
                _ => Heard::Nothing,
            });
        }
        let (length, from) = self.rtp.try_recv_from(&mut *self.buffer).ok()?;
        // In T.38, left-over audio is read and thrown away.
        let audio = self.kind() == Some(Kind::Audio) && self.is_far(from);
        let mut frames = vec![];
        if let Some(packet) = self.buffer.get(..length).filter(|_| audio) {
            self.receiver.datagram(packet, |frame| frames.push(*frame));
        }
        Some(if frames.is_empty() { Heard::Nothing } else { Heard::Audio(frames) })
    }

    fn is_far(&mut self, from: SocketAddr) -> bool {
        let Some(Far::Audio { to, .. } | Far::T38 { to, .. }) = &self.far else { return false };
        // On a dual-stack socket an IPv4 sender shows up as `::ffff:192.0.2.7`.
        let named = to.ip().to_canonical() == from.ip().to_canonical();
        if named {
            self.source = Source::Named;
        } else if self.source == Source::Unknown {
            self.source = Source::Elsewhere(from);
        }
        match self.source {
            Source::Unknown => false,
            Source::Named => named,
            Source::Elsewhere(known) => known == from,
        }
    }
}

async fn bind(address: IpAddr, ports: Option<(u16, u16)>, even: bool) -> io::Result<UdpSocket> {
    let Some((first, last)) = ports else {
        let mut socket = UdpSocket::bind((address, 0)).await?;
        for _ in 0..TRIES {
            if !even || socket.local_addr()?.port().is_multiple_of(2) {
                break;
            }
            // Held until the next is bound, so that it is another one.
            socket = UdpSocket::bind((address, 0)).await?;
        }
        return Ok(socket);
    };
    let span = u32::from(last.saturating_sub(first)) + 1;
    let start = rand::random::<u32>() % span;
    let mut failure = io::Error::from(io::ErrorKind::AddrInUse);
    for step in 0..span {
        let port = first + u16::try_from((start + step) % span).unwrap_or(0);
        if even && !port.is_multiple_of(2) {
            continue;
        }
        match UdpSocket::bind((address, port)).await {
            Ok(socket) => return Ok(socket),
            Err(error) => failure = error,
        }
    }
    Err(failure)
}

#[cfg(test)]
mod tests {
    use ferrofax_fax::t38::{ErrorCorrection, Params, RateManagement};

    use super::super::rtp::Law;
    use super::*;

    async fn socket(ip: &str) -> UdpSocket {
        UdpSocket::bind((ip, 0)).await.expect("loopback has it")
    }

    #[tokio::test]
    async fn a_far_end_that_sends_from_elsewhere_is_heard_and_answered_there() {
        let (named, elsewhere, stranger) =
            (socket("127.0.0.1").await, socket("127.0.0.2").await, socket("127.0.0.3").await);
        let mut media = Media::bind("0.0.0.0".parse().expect("an address"), None).await.expect("ports");
        let params = Params {
            version: 0,
            bit_rate_max: 14_400,
            rate_management: RateManagement::TransferredTcf,
            datagram_bytes_max: 400,
            error_correction: ErrorCorrection::None,
        };
        media.agree(Far::T38 { params, to: named.local_addr().expect("an address") });
        let ours = SocketAddr::from(([127, 0, 0, 1], media.udptl_port().expect("a port")));
        elsewhere.send_to(b"one", ours).await.expect("sent");
        assert!(matches!(media.receive().await, Heard::Datagram(bytes) if bytes == b"one"));
        stranger.send_to(b"two", ours).await.expect("sent");
        assert!(matches!(media.receive().await, Heard::Nothing));
        media.send_datagram(b"three").await;
        let mut buffer = [0; 8];
        let (length, _) = elsewhere.recv_from(&mut buffer).await.expect("it came");
        assert_eq!(&buffer[..length], b"three");

        // The named address has the last word.
        named.send_to(b"four", ours).await.expect("sent");
        assert!(matches!(media.receive().await, Heard::Datagram(bytes) if bytes == b"four"));
        elsewhere.send_to(b"five", ours).await.expect("sent");
        assert!(matches!(media.receive().await, Heard::Nothing));
        media.agree(Far::Audio { law: Law::A, to: named.local_addr().expect("an address") });
        assert_eq!(media.source, Source::Unknown);
    }
}
