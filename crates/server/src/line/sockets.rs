//! The media sockets of one call: RTP with G.711, and UDPTL.
//!
//! Two ports of their own per call, bound before the first offer names them. Packets count only if they come from the address
//! the far end named in its description. UDPTL is not read before the call is in T.38: what comes early waits in the kernel.

use std::io;
use std::net::{IpAddr, SocketAddr};

use ferrofax_fax::audio::Frame;
use tokio::net::UdpSocket;

use super::rtp;
use super::sdp::{Far, Kind};

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
    sender: rtp::Sender,
    receiver: rtp::Receiver,
    buffer: Box<[u8; DATAGRAM_BYTES]>,
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
            sender: rtp::Sender::new(rtp::Law::A),
            receiver: rtp::Receiver::default(),
            buffer: Box::new([0; DATAGRAM_BYTES]),
        })
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
    }

    pub(crate) fn kind(&self) -> Option<Kind> {
        self.far.as_ref().map(Far::kind)
    }

    /// Sends 20 ms of audio; nothing while the call is in T.38 or on hold.
    pub(crate) async fn send_audio(&mut self, frame: &Frame) {
        if let Some(Far::Audio { to, .. }) = self.far {
            // The packet is made in any case, so that time goes on while the far end holds.
            let packet = self.sender.packet(frame);
            if !to.ip().is_unspecified() {
                // A packet that can't leave is a lost packet.
                let _ = self.rtp.send_to(&packet, to).await;
            }
        }
    }

    /// Sends a UDPTL datagram; nothing while the call is in audio.
    pub(crate) async fn send_datagram(&self, datagram: &[u8]) {
        if let Some(Far::T38 { to, .. }) = self.far
            && !to.ip().is_unspecified()
        {
            let _ = self.udptl.send_to(datagram, to).await;
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
            return Some(match self.buffer.get(..length) {
                Some(datagram) if self.is_far(from) => Heard::Datagram(datagram.to_vec()),
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

    fn is_far(&self, from: SocketAddr) -> bool {
        match &self.far {
            Some(Far::Audio { to, .. } | Far::T38 { to, .. }) => to.ip() == from.ip(),
            None => false,
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
