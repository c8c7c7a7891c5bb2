//! T.38: fax relay over UDPTL, as a carrier for T.30.

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
pub struct Carrier {}

impl Carrier {
    /// UDPTL runs from `now` on.
    pub fn new(_now: Time, _params: Params) -> Carrier {
        Carrier {}
    }

    /// Tells the carrier something. Drain [`Carrier::poll`] to `Wait` after each.
    pub fn handle(&mut self, _now: Time, _input: Input<'_>) {}

    /// The next thing the carrier wants.
    pub fn poll(&mut self) -> Output {
        Output::Wait(Time::NEVER)
    }
}
