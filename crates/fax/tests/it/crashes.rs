//! The files of `tests/crashes`: each once broke something, or was made to.

use std::path::Path;

/// Checks every file of `tests/crashes/<kind>`.
pub fn all(kind: &str, claim: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/crashes").join(kind);
    let mut files = 0;
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        println!("{}", path.display());
        claim(&std::fs::read(path).unwrap());
        files += 1;
    }
    assert!(files > 0);
}
