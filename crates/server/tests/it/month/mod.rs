//! The simulated month in small: a day of ten thousand deliveries over the same sixty channels. `benches/month.rs` has the whole.

mod simulation;

use std::path::Path;

use self::simulation::{Size, run};

#[tokio::test]
async fn ten_thousand_deliveries_become_final_over_sixty_channels() {
    // What is proven here is no matter of the disk: in memory where that is a folder.
    let memory = Path::new("/dev/shm");
    let folder = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() };
    let size = Size { deliveries: 10_000, days: 1, broadcast: 1_000, numbers: 2_500 };
    let figures = run(size, 1, folder.expect("a folder").path()).await;
    println!("{figures}");
    figures.assert_good();
}
