//! Places at which a test may have this process killed, as a power cut would: between a commit and what it allows.
//!
//! `FERROFAX_DIE_AT=page-confirmed:3` kills it the third time that place is reached. Left out of what is shipped (`--profile dist`
//! has no debug assertions).

/// All places, in the order a fax passes them.
pub const NAMES: [&str; 11] = [
    "accepted",
    "claimed-to-prepare",
    "rendered",
    "prepared",
    "claimed",
    "composed",
    "page-ending",
    "page-heard",
    "page-confirmed",
    "call-ended",
    "settled",
];

/// The process may end here.
#[cfg(debug_assertions)]
pub fn reach(name: &'static str) {
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicU32, Ordering};

    static WANTED: OnceLock<Option<(String, AtomicU32)>> = OnceLock::new();
    debug_assert!(NAMES.contains(&name), "{name}");
    let wanted = WANTED.get_or_init(|| {
        let text = std::env::var("FERROFAX_DIE_AT").ok()?;
        let (name, times) = text.split_once(':').unwrap_or((&text, "1"));
        Some((name.to_owned(), AtomicU32::new(times.parse().ok()?)))
    });
    if let Some((wanted, left)) = wanted
        && wanted == name
        && left.fetch_sub(1, Ordering::Relaxed) == 1
    {
        let _ = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL);
    }
}

/// The process may end here, in a test.
#[cfg(not(debug_assertions))]
pub fn reach(_: &'static str) {}
