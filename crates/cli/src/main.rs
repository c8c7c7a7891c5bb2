mod worker;

fn main() -> anyhow::Result<()> {
    match std::env::args().nth(1).as_deref() {
        Some("render-worker") => worker::run(),
        _ => Ok(()),
    }
}
