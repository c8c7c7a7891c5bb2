//! T.30's timers, and how often things are repeated.

use std::time::Duration;

/// A timer of T.30, or a limit of ours where T.30 has none.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Timer {
    /// How long two machines try to identify each other: 35 s ± 5 s, T.30 5.4.3.1 (T1).
    Identify,
    /// How long a receiver waits for a command: 6 s ± 1 s, T.30 5.4.3.1 (T2).
    Command,
    /// How long an answer to a command may take: 3 s ± 15 % for automatic machines, T.30 5.4.3.1 (T4).
    Answer,
    /// Ours: how long after DCS a training check may be awaited before it counts as failed. Training and check take up to
    /// 3 s; the answer must still fall into the sender's T4.
    Check,
    /// Ours: how long a page's signal may pause before it counts as lost. Modems and T.38 say so themselves and sooner.
    Pause,
    /// Ours: how long a carrier may be silent about the end of a V.21 signal, a tone or a training check. The longest, CSI and
    /// DIS with its preamble, take about 3 s; CED takes 4 s.
    Signal,
    /// Ours: how long the line is kept after DCN has left.
    Linger,
}

impl Timer {
    pub(super) const fn duration(self) -> Duration {
        match self {
            Self::Identify => Duration::from_secs(35),
            Self::Command => Duration::from_secs(6),
            Self::Answer => Duration::from_secs(3),
            Self::Check => Duration::from_millis(4500),
            Self::Pause => Duration::from_secs(15),
            Self::Linger => Duration::from_millis(500),
            Self::Signal => Duration::from_secs(30),
        }
    }
}

/// How long a receiver may keep saying RNR: 60 s ± 5 s, T.30 A.5.4.1 (T5).
pub(super) const NOT_READY: Duration = Duration::from_secs(60);

/// Once flags are heard, a frame may take this long: no frame lasts longer than 3 s ± 15 %, T.30 5.4.2 (response received).
pub(super) const FRAME: Duration = Duration::from_millis(3450);

/// Flags and useless frames keep a wait alive no longer than this beyond its timer. Ours.
pub(super) const HEARING_MAX: Duration = Duration::from_secs(10);

/// An answer can't begin to arrive sooner after its command began: preamble and the shortest frame of the command come first,
/// T.30 5.3.1. What arrives sooner answers something older.
pub(super) const ANSWER_MIN: Duration = Duration::from_secs(1);

/// A command is sent so often before the call is given up: T.30 5.4.2 (three tries).
pub(super) const TRIES_MAX: u8 = 3;

/// A page is sent so often in one call when the far end keeps answering RTN. Ours.
pub(super) const PAGE_SENDS_MAX: u8 = 3;

/// A block may be asked for so often before the sender must decide: T.30 A.1.3 (four times).
pub(super) const PPRS_MAX: u8 = 4;

/// So often a sender goes on correcting one block at the lowest rate. Ours.
pub(super) const LOWEST_RATE_ROUNDS_MAX: u8 = 2;

/// Answers a receiver gives without taking a block or page before it gives the call up. Ours; four PPRs and a CTC at each of
/// six rates, and as many training checks, are fewer.
pub(super) const ROUNDS_MAX: u8 = 60;

/// Blocks of one page a receiver takes. Ours; the block counter wraps at 256.
pub(super) const BLOCKS_MAX: u16 = 512;

/// Pages a receiver takes in one call. Ours.
pub(super) const PAGES_MAX: u32 = 2000;

/// Octets of one page on the line a receiver keeps. Ours; more than an hour at 14 400 bit/s.
pub(super) const PAGE_OCTETS_MAX: usize = 8 << 20;
