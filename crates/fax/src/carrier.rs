//! What T.30 needs from whatever carries it: the same commands and reports over sound and over T.38.
//!
//! Silences and turn-round times belong to the carrier; repeats and T-timers belong to T.30. A carrier hears V.21 at all times;
//! `Listen` tells it which fast signal to expect beside. Half duplex: a command to transmit ends listening until its `Sent` (a carrier
//! that hears DCN all the same reports it).
//!
//! Octets of frames hold the bit sent first in the least significant place, as HDLC has it: address `FF`, control `03` or `13`, DIS
//! `80`. Bits of a page stand the other way round, the first in the most significant place.
//!
//! A carrier is driven like every machine here: one input (a command of T.30, something from the wire, or the time it asked
//! to be woken at), then it is asked for output until it says when it wants to be woken.

use std::fmt;
use std::time::Duration;

/// Flags before the first V.21 frame: 1 s ± 15 %, T.30 5.3.1.
pub const V21_PREAMBLE: Duration = Duration::from_secs(1);

/// V.21 channel 2 as T.30 uses it, T.30 5.3.
pub const V21_RATE_BPS: u32 = 300;

/// Zeros of a training check: 1.5 s ± 10 %, T.30 5.3.6.1.3 (TCF).
pub const TRAINING_CHECK: Duration = Duration::from_millis(1500);

/// Silence between a V.21 signal and a fast one, and before an answer: 75 ms ± 20 ms, T.30 5.1 notes and 5.3.1.
pub const SILENCE: Duration = Duration::from_millis(75);

/// Tone of the called station: 2.6 s to 4 s, T.30 4.1.
pub const CED: Duration = Duration::from_secs(3);

/// A modem and rate for training checks and pages, T.30 table 2 (DCS bits 11 to 14).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Modem {
    /// V.27 ter, 2400 bit/s.
    V27ter2400,
    /// V.27 ter, 4800 bit/s.
    V27ter4800,
    /// V.29, 7200 bit/s.
    V29At7200,
    /// V.29, 9600 bit/s.
    V29At9600,
    /// V.17, 7200 bit/s.
    V17At7200,
    /// V.17, 9600 bit/s.
    V17At9600,
    /// V.17, 12 000 bit/s.
    V17At12000,
    /// V.17, 14 400 bit/s.
    V17At14400,
}

impl Modem {
    /// All of them, slowest first within each Recommendation.
    pub const ALL: [Modem; 8] = [
        Modem::V27ter2400,
        Modem::V27ter4800,
        Modem::V29At7200,
        Modem::V29At9600,
        Modem::V17At7200,
        Modem::V17At9600,
        Modem::V17At12000,
        Modem::V17At14400,
    ];

    /// Bits per second.
    pub const fn rate_bps(self) -> u32 {
        match self {
            Self::V27ter2400 => 2400,
            Self::V27ter4800 => 4800,
            Self::V29At7200 | Self::V17At7200 => 7200,
            Self::V29At9600 | Self::V17At9600 => 9600,
            Self::V17At12000 => 12_000,
            Self::V17At14400 => 14_400,
        }
    }
}

impl fmt::Display for Modem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self {
            Self::V27ter2400 | Self::V27ter4800 => "V.27ter",
            Self::V29At7200 | Self::V29At9600 => "V.29",
            Self::V17At7200 | Self::V17At9600 | Self::V17At12000 | Self::V17At14400 => "V.17",
        };
        write!(f, "{name} {}", self.rate_bps())
    }
}

/// A fast signal: a modem and how long it trains. Only V.17 knows short training (after the first long one).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Fast {
    /// Modem and rate.
    pub modem: Modem,
    /// Short (resynchronising) training.
    pub short: bool,
}

impl Fast {
    /// How long the modem trains before its first data bit, without the optional echo protection tone.
    ///
    /// Symbol intervals: V.17 table 3 (long 256 + 2976 + 64 + 48, short 256 + 38 + 48, at 2400 baud); V.29 clause 8, table 3
    /// (48 + 128 + 384 + 48, at 2400 baud); V.27 ter 2.5.1, table 3, long (50 + 1074 + 8, at 1600 and 1200 baud).
    pub const fn training(self) -> Duration {
        let (intervals, baud): (u64, u64) = match self.modem {
            Modem::V27ter2400 => (50 + 1074 + 8, 1200),
            Modem::V27ter4800 => (50 + 1074 + 8, 1600),
            Modem::V29At7200 | Modem::V29At9600 => (48 + 128 + 384 + 48, 2400),
            Modem::V17At7200 | Modem::V17At9600 | Modem::V17At12000 | Modem::V17At14400 => {
                (if self.short { 256 + 38 + 48 } else { 256 + 2976 + 64 + 48 }, 2400)
            }
        };
        Duration::from_micros(intervals * 1_000_000 / baud)
    }
}

/// What a fast signal will carry, so that the receiving carrier knows how to read it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Content {
    /// 1.5 s of zeros, T.30 5.3.1.
    TrainingCheck,
    /// HDLC frames, T.30 Annex A.
    Ecm,
    /// The bits of a page.
    Page,
}

/// Tones of phase A.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Tone {
    /// Calling tone, 1100 Hz, 0.5 s on and 3 s off. Goes on under a later `Listen` until `Stop` or another transmission; no
    /// `Sent` follows. T.30 4.1.
    Cng,
    /// Called station identification, 2100 Hz for 3 s, then 75 ms of silence. `Sent` follows. T.30 4.1.
    Ced,
}

/// T.30 to the carrier.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Command {
    /// Listen for V.21, and for this fast signal beside it.
    Listen {
        /// The fast signal expected, if one is.
        fast: Option<(Fast, Content)>,
    },
    /// Send these frames in V.21 behind one preamble, then fall silent. A frame is address, control, FCF and so on,
    /// without flags and FCS; the bit sent first is the least significant of its octet. `Sent` follows.
    Frames(Vec<Vec<u8>>),
    /// Train, send 1.5 s of zeros, fall silent. `Sent` follows.
    TrainingCheck(Fast),
    /// Train and send these HDLC frames (without flags and FCS; bits as in `Frames`), fall silent. `Sent` follows.
    EcmFrames(Fast, Vec<Vec<u8>>),
    /// Train and send these bits of a page, first bit in the most significant place, fall silent. `Sent` follows.
    PageBits(Fast, Vec<u8>),
    /// Send a tone.
    Tone(Tone),
    /// Stop sending at once; a `Sent` still due is not reported.
    Stop,
}

/// The carrier to T.30.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Report {
    /// A tone is heard.
    Tone(Tone),
    /// V.21 flags began: a frame may follow.
    FlagsBegan,
    /// A V.21 frame (without FCS). A bad one had a wrong FCS or was cut off; its bytes say little.
    Frame {
        /// Address, control, FCF and so on.
        bytes: Vec<u8>,
        /// The FCS was right.
        good: bool,
    },
    /// A fast signal began to train.
    TrainingBegan(Fast),
    /// The training check is over.
    TrainingCheck {
        /// It was clean enough to send a page at this rate.
        good: bool,
    },
    /// An HDLC frame of the fast signal (without FCS).
    EcmFrame {
        /// Address, control, FCF and so on.
        bytes: Vec<u8>,
        /// The FCS was right.
        good: bool,
    },
    /// Bits of a page, first bit in the most significant place.
    PageBits(Vec<u8>),
    /// The signal being received ended (fast or V.21).
    CarrierLost,
    /// The last transmission has left.
    Sent,
}
