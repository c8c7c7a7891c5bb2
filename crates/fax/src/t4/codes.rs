//! The code words of T.4, written as the Recommendation prints them, and the lookup tables made of them at compile time.

/// Table 2/T.4, white: terminating codes for runs of 0 to 63 pels.
const WHITE_TERMINATING: [&str; 64] = [
    "00110101", "000111", "0111", "1000", "1011", "1100", "1110", "1111", "10011", "10100", "00111", "01000", "001000",
    "000011", "110100", "110101", "101010", "101011", "0100111", "0001100", "0001000", "0010111", "0000011", "0000100",
    "0101000", "0101011", "0010011", "0100100", "0011000", "00000010", "00000011", "00011010", "00011011", "00010010",
    "00010011", "00010100", "00010101", "00010110", "00010111", "00101000", "00101001", "00101010", "00101011",
    "00101100", "00101101", "00000100", "00000101", "00001010", "00001011", "01010010", "01010011", "01010100",
    "01010101", "00100100", "00100101", "01011000", "01011001", "01011010", "01011011", "01001010", "01001011",
    "00110010", "00110011", "00110100",
];

/// Table 2/T.4, black.
const BLACK_TERMINATING: [&str; 64] = [
    "0000110111",
    "010",
    "11",
    "10",
    "011",
    "0011",
    "0010",
    "00011",
    "000101",
    "000100",
    "0000100",
    "0000101",
    "0000111",
    "00000100",
    "00000111",
    "000011000",
    "0000010111",
    "0000011000",
    "0000001000",
    "00001100111",
    "00001101000",
    "00001101100",
    "00000110111",
    "00000101000",
    "00000010111",
    "00000011000",
    "000011001010",
    "000011001011",
    "000011001100",
    "000011001101",
    "000001101000",
    "000001101001",
    "000001101010",
    "000001101011",
    "000011010010",
    "000011010011",
    "000011010100",
    "000011010101",
    "000011010110",
    "000011010111",
    "000001101100",
    "000001101101",
    "000011011010",
    "000011011011",
    "000001010100",
    "000001010101",
    "000001010110",
    "000001010111",
    "000001100100",
    "000001100101",
    "000001010010",
    "000001010011",
    "000000100100",
    "000000110111",
    "000000111000",
    "000000100111",
    "000000101000",
    "000001011000",
    "000001011001",
    "000000101011",
    "000000101100",
    "000001011010",
    "000001100110",
    "000001100111",
];

/// Table 3a/T.4, white: make-up codes for 64, 128, … 1728 pels.
const WHITE_MAKE_UP: [&str; 27] = [
    "11011",
    "10010",
    "010111",
    "0110111",
    "00110110",
    "00110111",
    "01100100",
    "01100101",
    "01101000",
    "01100111",
    "011001100",
    "011001101",
    "011010010",
    "011010011",
    "011010100",
    "011010101",
    "011010110",
    "011010111",
    "011011000",
    "011011001",
    "011011010",
    "011011011",
    "010011000",
    "010011001",
    "010011010",
    "011000",
    "010011011",
];

/// Table 3a/T.4, black.
const BLACK_MAKE_UP: [&str; 27] = [
    "0000001111",
    "000011001000",
    "000011001001",
    "000001011011",
    "000000110011",
    "000000110100",
    "000000110101",
    "0000001101100",
    "0000001101101",
    "0000001001010",
    "0000001001011",
    "0000001001100",
    "0000001001101",
    "0000001110010",
    "0000001110011",
    "0000001110100",
    "0000001110101",
    "0000001110110",
    "0000001110111",
    "0000001010010",
    "0000001010011",
    "0000001010100",
    "0000001010101",
    "0000001011010",
    "0000001011011",
    "0000001100100",
    "0000001100101",
];

/// Table 3b/T.4, both colours: make-up codes for 1792, 1856, … 2560 pels.
const LONG_MAKE_UP: [&str; 13] = [
    "00000001000",
    "00000001100",
    "00000001101",
    "000000010010",
    "000000010011",
    "000000010100",
    "000000010101",
    "000000010110",
    "000000010111",
    "000000011100",
    "000000011101",
    "000000011110",
    "000000011111",
];

/// End of line, T.4 clause 4.1.2: eleven zeros and a one, which no row of codes contains.
pub(crate) const EOL: Code = code("000000000001");
/// The zeros of an EOL.
pub(crate) const EOL_ZEROS: u64 = 11;
/// EOLs that end a page (RTC), T.4 clauses 4.1.4 and 4.2.4.
pub(crate) const RTC_EOLS: u32 = 6;

/// Pass mode, Table 4/T.4.
pub(crate) const PASS: Code = code("0001");
/// Horizontal mode, Table 4/T.4; two runs follow.
pub(crate) const HORIZONTAL: Code = code("001");
/// Vertical mode, Table 4/T.4: a1 is three pels left of b1, …, exactly under it, …, three pels right of it.
pub(crate) const VERTICAL: [Code; 7] =
    [code("0000010"), code("000010"), code("010"), code("1"), code("011"), code("000011"), code("0000011")];

/// Length of the longest code of the two-dimensional modes.
pub(crate) const MODE_BITS: u32 = 7;
/// Length of the longest code of a white run.
pub(crate) const WHITE_BITS: u32 = 12;
/// Length of the longest code of a black run.
pub(crate) const BLACK_BITS: u32 = 13;

/// The longest run with at most one make-up code, T.4 clause 4.1.1.
pub(crate) const RUN_MAX: u16 = 2623;
/// The longest make-up code; repeated for longer runs, T.4 clause 4.1.1.
pub(crate) const MAKE_UP_MAX: u16 = 2560;

/// A code word: its bits in the low places, and how many they are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Code {
    pub(crate) bits: u32,
    pub(crate) len: u32,
}

impl Code {
    const fn then(self, next: Code) -> Code {
        Code { bits: self.bits << next.len | next.bits, len: self.len + next.len }
    }
}

/// The codes of whole runs, make-up and terminating, by length: bits in the low 27 places, their number above.
pub(crate) type RunCodes = [u32; RUN_MAX as usize + 1];

/// White runs of 0 to [`RUN_MAX`].
pub(crate) static WHITE_RUNS: RunCodes = run_codes(&WHITE_TERMINATING, &WHITE_MAKE_UP);
/// Black runs of 0 to [`RUN_MAX`].
pub(crate) static BLACK_RUNS: RunCodes = run_codes(&BLACK_TERMINATING, &BLACK_MAKE_UP);

/// The code of a run up to [`RUN_MAX`].
#[inline]
pub(crate) fn run_code(runs: &RunCodes, run: u16) -> Code {
    let packed = runs.get(usize::from(run)).copied().unwrap_or_default();
    Code { bits: packed & ((1 << 27) - 1), len: packed >> 27 }
}

const fn run_codes(terminating: &[&str; 64], make_up: &[&str; 27]) -> RunCodes {
    let mut runs = [0; RUN_MAX as usize + 1];
    let mut run = 0;
    while run < runs.len() {
        let mut whole = code(terminating[run % 64]);
        if run >= 64 {
            whole = make_up_code(make_up, run / 64).then(whole);
        }
        runs[run] = whole.len << 27 | whole.bits;
        run += 1;
    }
    runs
}

/// The make-up code of so many times 64 pels.
const fn make_up_code(make_up: &[&str; 27], sixty_fours: usize) -> Code {
    if sixty_fours <= 27 { code(make_up[sixty_fours - 1]) } else { code(LONG_MAKE_UP[sixty_fours - 28]) }
}

/// What the next bits say about a run: length of the code in the high 4 places (0: no code begins so), pels below.
pub(crate) type RunLookup = u16;

/// White codes by their next [`WHITE_BITS`].
pub(crate) static WHITE_LOOKUP: [RunLookup; 1 << WHITE_BITS] = run_lookup(&WHITE_TERMINATING, &WHITE_MAKE_UP);
/// Black codes by their next [`BLACK_BITS`].
pub(crate) static BLACK_LOOKUP: [RunLookup; 1 << BLACK_BITS] = run_lookup(&BLACK_TERMINATING, &BLACK_MAKE_UP);

const fn run_lookup<const SIZE: usize>(terminating: &[&str; 64], make_up: &[&str; 27]) -> [RunLookup; SIZE] {
    let mut lookup = [0; SIZE];
    let mut run = 0;
    while run <= MAKE_UP_MAX as usize {
        let found = if run < 64 { code(terminating[run]) } else { make_up_code(make_up, run / 64) };
        enter(&mut lookup, found, (found.len as u16) << 12 | run as u16);
        run += if run < 64 { 1 } else { 64 };
    }
    lookup
}

/// A two-dimensional mode.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Mode {
    /// a1 is so far right of b1.
    Vertical(i8),
    Pass,
    Horizontal,
    /// No mode: an EOL, an extension (uncompressed mode, Table 4/T.4 and Table 1/T.6), or damage.
    None,
}

/// Modes and the length of their codes by the next [`MODE_BITS`].
pub(crate) static MODE_LOOKUP: [(Mode, u8); 1 << MODE_BITS] = mode_lookup();

const fn mode_lookup() -> [(Mode, u8); 1 << MODE_BITS] {
    let mut lookup = [(Mode::None, 0); 1 << MODE_BITS];
    enter(&mut lookup, PASS, (Mode::Pass, PASS.len as u8));
    enter(&mut lookup, HORIZONTAL, (Mode::Horizontal, HORIZONTAL.len as u8));
    let mut at = 0;
    while at < VERTICAL.len() {
        enter(&mut lookup, VERTICAL[at], (Mode::Vertical(at as i8 - 3), VERTICAL[at].len as u8));
        at += 1;
    }
    lookup
}

/// Enters a code under everything that begins with it.
const fn enter<T: Copy, const SIZE: usize>(lookup: &mut [T; SIZE], code: Code, value: T) {
    let span = SIZE >> code.len;
    let first = code.bits as usize * span;
    let mut at = first;
    while at < first + span {
        lookup[at] = value;
        at += 1;
    }
}

/// Reads a code word as it is printed.
const fn code(word: &str) -> Code {
    let word = word.as_bytes();
    let mut bits = 0;
    let mut at = 0;
    while at < word.len() {
        bits = bits << 1 | (word[at] - b'0') as u32;
        at += 1;
    }
    Code { bits, len: word.len() as u32 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_code_begins_another() {
        let long = LONG_MAKE_UP.as_slice();
        let modes = ["0001", "001", "1", "011", "000011", "0000011", "010", "000010", "0000010", "0000001"];
        for set in [
            [WHITE_TERMINATING.as_slice(), &WHITE_MAKE_UP, long].concat(),
            [BLACK_TERMINATING.as_slice(), &BLACK_MAKE_UP, long].concat(),
            modes.to_vec(),
        ] {
            for (at, word) in set.iter().enumerate() {
                assert!(!"000000000001".starts_with(word));
                for (other_at, other) in set.iter().enumerate() {
                    assert!(at == other_at || !other.starts_with(word), "{word} begins {other}");
                }
            }
        }
    }

    #[test]
    fn whole_runs_are_make_up_and_terminating() {
        assert_eq!(run_code(&WHITE_RUNS, 1728), code("01001101100110101"));
        assert_eq!(run_code(&BLACK_RUNS, 63), code("000001100111"));
        assert_eq!(run_code(&BLACK_RUNS, 2623), code("000000011111000001100111"));
    }
}
