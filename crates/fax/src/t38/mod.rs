//! T.38: fax relay over UDPTL, as a carrier for T.30.
//!
//! [`Carrier`] joins two machines: [`relay::Relay`] turns T.30's commands into IFP packets, paced like the modem they stand for, and
//! packets into reports; [`udptl`] puts packets into datagrams and makes lost ones good. [`ifp`] is the packets' code.
//!
//! T.38 (09/2010) with the wire format of version 0; versions 1 to 3 are spoken and read as far as they carry T.30 up to V.17.
//! Left out: rate management by local training checks (method 1, for TCP), V.8 and V.34, fill bit removal and transcoding (never
//! offered in SDP), TCP and RTP transport.

pub mod ifp;

pub mod relay;

pub mod udptl;

use crate::carrier::{Command, Report};
use crate::time::Time;

/// Who checks the training, T.38 clause 8 (`T38FaxRateManagement`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RateManagement {
    /// The training check travels end to end (method 2; the only one over UDP).
    TransferredTcf,
    /// Each side makes its own (method 1).
    LocalTcf,
}

/// How lost datagrams are made good, T.38 clause 9.1.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ErrorCorrection {
    /// Not at all.
    None,
    /// The last packets are repeated in every datagram.
    Redundancy {
        /// Packets repeated beside control data (V.21 and indicators).
        control: u8,
        /// Packets repeated beside image data.
        image: u8,
    },
    /// Parity packets.
    Fec {
        /// Packets a parity packet covers.
        span: u8,
        /// Parity packets in a datagram.
        entries: u8,
    },
}

/// What both ends agreed on in SDP.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Params {
    /// `T38FaxVersion`.
    pub version: u8,
    /// `T38MaxBitRate`.
    pub bit_rate_max: u32,
    /// `T38FaxRateManagement`.
    pub rate_management: RateManagement,
    /// The far end's `T38FaxMaxDatagram`: no datagram to it may be longer.
    pub datagram_bytes_max: usize,
    /// What we send. What comes in is read whatever it is.
    pub error_correction: ErrorCorrection,
}

/// To the carrier.
#[derive(Debug)]
pub enum Input<'a> {
    /// T.30 wants something.
    Command(Command),
    /// A UDPTL datagram arrived.
    Datagram(&'a [u8]),
    /// The moment named by the last `Output::Wait` has come.
    Timeout,
}

/// From the carrier.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Output {
    /// Put this UDPTL datagram on the wire.
    Datagram(Vec<u8>),
    /// For T.30.
    Report(Report),
    /// Nothing more before this time, unless input arrives first.
    Wait(Time),
}

/// A T.38 terminal: T.30's commands to datagrams and back, paced like the modem it stands for.
#[derive(Debug)]
pub struct Carrier {
    relay: relay::Relay,
    sender: udptl::Sender,
    receiver: udptl::Receiver,
}

/// Octets of an IFP packet with one field around its data: types, count, field, length (T.38 Annex A).
const IFP_FRAME_OCTETS: usize = 6;

impl Carrier {
    /// UDPTL runs from `now` on.
    pub fn new(now: Time, params: Params) -> Carrier {
        let sender = udptl::Sender::new(params.error_correction, params.datagram_bytes_max);
        let config = relay::Config {
            version: params.version,
            piece_octets_max: sender.ifp_bytes_max().saturating_sub(IFP_FRAME_OCTETS),
        };
        Carrier { relay: relay::Relay::new(now, config), sender, receiver: udptl::Receiver::new() }
    }

    /// Tells the carrier something. Drain [`Carrier::poll`] to `Wait` after each.
    pub fn handle(&mut self, now: Time, input: Input<'_>) {
        if let Input::Datagram(bytes) = input {
            // A datagram that is none, or damaged: as good as lost.
            let _ = self.receiver.handle(now, bytes);
        }
        // What is over is over, whatever woke us.
        self.receiver.handle_timeout(now);
        self.pass_on(now);
        self.relay.handle(
            now,
            match input {
                Input::Command(command) => relay::Input::Command(command),
                Input::Datagram(_) | Input::Timeout => relay::Input::Timeout,
            },
        );
    }

    /// What came through, to the relay.
    fn pass_on(&mut self, now: Time) {
        while let Some(delivery) = self.receiver.poll() {
            match delivery {
                udptl::Delivery::Packet(ifp) => self.relay.handle(now, relay::Input::Packet(&ifp)),
                udptl::Delivery::Lost(_) => self.relay.handle(now, relay::Input::Lost),
            }
        }
    }

    /// The next thing the carrier wants.
    pub fn poll(&mut self) -> Output {
        match self.relay.poll() {
            relay::Output::Packet { ifp, image } => Output::Datagram(self.sender.datagram(ifp, image)),
            relay::Output::Report(report) => Output::Report(report),
            relay::Output::Wait(until) => Output::Wait(until.min(self.receiver.wait())),
        }
    }
}
