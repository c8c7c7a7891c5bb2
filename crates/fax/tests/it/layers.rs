//! The modules of the engine stand in order; each uses only those before it.

use std::fs;
use std::path::Path;

/// Every `crate::module` named in the files of `path`, with the file.
fn uses(path: &Path, found: &mut Vec<(String, String)>) {
    if path.is_dir() {
        for entry in fs::read_dir(path).unwrap() {
            uses(&entry.unwrap().path(), found);
        }
        return;
    }
    // Comments may point anywhere, and tests may borrow from anywhere.
    if path.ends_with("tests.rs") {
        return;
    }
    let text = fs::read_to_string(path).unwrap();
    for line in text.lines().filter(|line| !line.trim_start().starts_with("//")) {
        for (at, _) in line.match_indices("crate::") {
            let rest = &line[at + "crate::".len()..];
            let module: String = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            found.push((path.display().to_string(), module));
        }
    }
}

#[test]
fn a_layer_uses_only_those_before_it() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let lib = fs::read_to_string(src.join("lib.rs")).unwrap();
    let order: Vec<&str> = lib.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';')).collect();
    assert!(order.len() > 5, "lib.rs names the layers");
    for (rank, layer) in order.iter().enumerate() {
        let (file, folder) = (src.join(format!("{layer}.rs")), src.join(layer));
        let mut found = Vec::new();
        uses(if folder.is_dir() { &folder } else { &file }, &mut found);
        for (file, module) in found {
            let used = order.iter().position(|name| *name == module);
            assert!(used.is_some_and(|used| used <= rank), "{file} uses {module}, which is not before {layer}");
        }
    }
}
