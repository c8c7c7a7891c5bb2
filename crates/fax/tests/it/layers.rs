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
    let code: Vec<&str> = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
    let code = code.join("\n");
    for (at, _) in code.match_indices("crate::") {
        for module in heads(&code[at + "crate::".len()..]) {
            found.push((path.display().to_string(), module));
        }
    }
}

/// The first names of what follows `crate::`: one, or those of a group in braces.
fn heads(rest: &str) -> Vec<String> {
    let name = |text: &str| text.trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
    let Some(group) = rest.strip_prefix('{') else { return vec![name(rest)] };
    let (mut depth, mut heads, mut begin) = (0, Vec::new(), 0);
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            ',' | '}' if depth == 0 => {
                heads.push(name(&group[begin..at]));
                begin = at + 1;
                if c == '}' {
                    break;
                }
            }
            '}' => depth -= 1,
            _ => {}
        }
    }
    heads.retain(|head| !head.is_empty());
    heads
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
