//! Sound as a carrier for T.30.
//!
//! What is here: the tones of phase A (T.30 4.1), sent as 8 kHz samples, and silence the rest of the time. What is not here: the
//! modems. A transmission other than a tone waits, never reported as sent, until the call leaves audio for T.38 or ends.

use std::f64::consts::TAU;
use std::time::Duration;

use crate::carrier::{Command, Report, Tone};
use crate::time::Time;

/// Samples in a frame: 20 ms at 8 kHz.
pub const FRAME_SAMPLES: usize = 160;

/// 20 ms of sound, linear.
pub type Frame = [i16; FRAME_SAMPLES];

const FRAME: Duration = Duration::from_millis(20);
const RATE_HZ: u64 = 8000;
/// Peak of a sine at about -12 dBm0; full scale of G.711 is +3.17 dBm0.
const AMPLITUDE: f64 = 5700.0;

/// CNG: 1100 Hz, 0.5 s on, 3 s off. T.30 4.1.1.
const CNG_HZ: f64 = 1100.0;
const CNG_ON_SAMPLES: u64 = RATE_HZ / 2;
const CNG_PERIOD_SAMPLES: u64 = RATE_HZ * 7 / 2;

/// CED: 2100 Hz for 2.6 to 4 s, then 75 ms of silence. T.30 4.1.2.
const CED_HZ: f64 = 2100.0;
const CED_ON_SAMPLES: u64 = RATE_HZ * 3;
const CED_SAMPLES: u64 = CED_ON_SAMPLES + RATE_HZ * 75 / 1000;

/// From the carrier.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Output {
    /// Send this frame now.
    Frame(Box<Frame>),
    /// For T.30.
    Report(Report),
    /// Nothing more before this time.
    Wait(Time),
}

/// The sounding side of a call: one frame every 20 ms.
#[derive(Debug)]
pub struct Carrier {
    /// When the next frame is due.
    next: Time,
    now: Time,
    tone: Option<Playing>,
    sent: bool,
}

#[derive(Debug)]
struct Playing {
    tone: Tone,
    /// Samples of it already sent.
    at: u64,
}

impl Carrier {
    /// Sound runs from `now` on.
    pub fn new(now: Time) -> Carrier {
        Carrier { next: now, now, tone: None, sent: false }
    }

    /// T.30 wants something.
    pub fn command(&mut self, now: Time, command: &Command) {
        self.now = now;
        self.sent = false;
        self.tone = match (command, self.tone.take()) {
            (Command::Tone(tone), _) => Some(Playing { tone: *tone, at: 0 }),
            // The caller listens between its tones.
            (Command::Listen { .. }, Some(playing)) if playing.tone == Tone::Cng => Some(playing),
            _ => None,
        };
    }

    /// The moment named by the last `Output::Wait` may have come.
    pub fn timeout(&mut self, now: Time) {
        self.now = now;
    }

    /// The next thing the carrier wants.
    pub fn poll(&mut self) -> Output {
        if std::mem::take(&mut self.sent) {
            return Output::Report(Report::Sent);
        }
        if self.next > self.now {
            return Output::Wait(self.next);
        }
        self.next += FRAME;
        Output::Frame(Box::new(self.frame()))
    }

    fn frame(&mut self) -> Frame {
        let mut frame = [0; FRAME_SAMPLES];
        let Some(playing) = &mut self.tone else { return frame };
        for sample in &mut frame {
            *sample = playing.sample();
            playing.at += 1;
        }
        if playing.tone == Tone::Ced && playing.at >= CED_SAMPLES {
            self.tone = None;
            self.sent = true;
        }
        frame
    }
}

impl Playing {
    fn sample(&self) -> i16 {
        let (hz, on) = match self.tone {
            Tone::Cng => (CNG_HZ, self.at % CNG_PERIOD_SAMPLES < CNG_ON_SAMPLES),
            Tone::Ced => (CED_HZ, self.at < CED_ON_SAMPLES),
        };
        if !on {
            return 0;
        }
        // Both frequencies are whole numbers of hertz, so the phase repeats every second.
        let seconds = (self.at % RATE_HZ) as f64 / RATE_HZ as f64;
        (AMPLITUDE * (TAU * hz * seconds).sin()) as i16
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs the carrier for `ms`, as a line would; the samples and the reports with their times.
    fn run(carrier: &mut Carrier, from: Time, ms: u64) -> (Vec<i16>, Vec<(Time, Report)>) {
        let (mut samples, mut reports) = (Vec::new(), Vec::new());
        let end = from + Duration::from_millis(ms);
        let mut now = from;
        while now < end {
            carrier.timeout(now);
            now = loop {
                match carrier.poll() {
                    Output::Frame(frame) => samples.extend_from_slice(&frame[..]),
                    Output::Report(report) => reports.push((now, report)),
                    Output::Wait(until) => break until,
                }
            };
        }
        (samples, reports)
    }

    /// Zero crossings upwards in a stretch of samples.
    fn cycles(samples: &[i16]) -> usize {
        samples.windows(2).filter(|pair| pair[0] <= 0 && pair[1] > 0).count()
    }

    #[test]
    fn the_answer_tone_is_three_seconds_of_2100_hz_and_then_sent() {
        let mut carrier = Carrier::new(Time::ZERO);
        carrier.command(Time::ZERO, &Command::Tone(Tone::Ced));
        let (samples, reports) = run(&mut carrier, Time::ZERO, 4000);
        assert_eq!(samples.len(), 32_000);
        assert_eq!(cycles(&samples[8000..16_000]), 2100);
        assert!(samples[24_000..].iter().all(|&sample| sample == 0));
        assert_eq!(reports.len(), 1);
        let (at, report) = &reports[0];
        assert_eq!(*report, Report::Sent);
        assert!(*at >= Time::from_millis(3060) && *at <= Time::from_millis(3100), "{at}");
    }

    #[test]
    fn the_calling_tone_goes_on_and_off_until_it_is_stopped() {
        let mut carrier = Carrier::new(Time::ZERO);
        carrier.command(Time::ZERO, &Command::Tone(Tone::Cng));
        let (samples, reports) = run(&mut carrier, Time::ZERO, 7000);
        assert!(reports.is_empty());
        assert_eq!(cycles(&samples[..4000]), 550);
        assert!(samples[4000..28_000].iter().all(|&sample| sample == 0));
        assert!(cycles(&samples[28_000..32_000]) > 500);
        carrier.command(Time::from_millis(7000), &Command::Stop);
        let (samples, _) = run(&mut carrier, Time::from_millis(7000), 1000);
        assert!(samples.iter().all(|&sample| sample == 0));
    }

    #[test]
    fn without_modems_frames_are_never_reported_as_sent() {
        let mut carrier = Carrier::new(Time::ZERO);
        carrier.command(Time::ZERO, &Command::Frames(vec![vec![0xff, 0x13, 0x80]]));
        let (samples, reports) = run(&mut carrier, Time::ZERO, 5000);
        assert!(reports.is_empty());
        assert!(samples.iter().all(|&sample| sample == 0));
    }
}
