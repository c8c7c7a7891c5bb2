//! libtiff's programs, as another pair of eyes.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::codec_pages::Drawn;

/// A folder for the files of a test, gone at its end.
pub struct Bench {
    folder: TempDir,
}

impl Bench {
    pub fn new() -> Bench {
        Bench { folder: tempfile::tempdir().unwrap() }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn write(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }

    /// Recodes a file with `tiffcp`, each page in one strip if the options do not say otherwise; its bytes.
    pub fn tiffcp(&self, options: &[&str], from: &Path) -> Vec<u8> {
        self.recode(options, from.as_os_str(), run)
    }

    /// What libtiff makes of one page of somebody's file, uncompressed; it may complain.
    pub fn tiffcp_page(&self, from: &Path, page: u32) -> Vec<u8> {
        let mut from = from.as_os_str().to_owned();
        from.push(format!(",{page}"));
        self.recode(&["-c", "none"], &from, |program, arguments| launch(program, arguments).0)
    }

    fn recode(&self, options: &[&str], from: &OsStr, run: impl Fn(&str, &[&OsStr]) -> String) -> Vec<u8> {
        let to = self.path("tiffcp.tif");
        let mut arguments: Vec<&OsStr> = vec!["-r".as_ref(), "200000".as_ref()];
        arguments.extend(options.iter().map(OsStr::new));
        arguments.extend([from, to.as_os_str()]);
        run("tiffcp", &arguments);
        std::fs::read(to).unwrap()
    }

    /// `tiffcmp` sees no difference between the pels.
    pub fn tiffcmp(&self, one: &Path, other: &Path) {
        run("tiffcmp", &["-t".as_ref(), one.as_os_str(), other.as_os_str()]);
    }

    /// `tiffinfo` of a file, without a word of complaint.
    pub fn tiffinfo(&self, file: &Path) -> String {
        run("tiffinfo", &["-D".as_ref(), file.as_os_str()])
    }
}

/// Runs a program of libtiff; what it says. It must succeed and complain of nothing.
fn run(program: &str, arguments: &[&OsStr]) -> String {
    let (text, complaint) = launch(program, arguments);
    assert!(complaint.is_empty(), "{program} {arguments:?}: {complaint}{text}");
    text
}

/// Runs a program of libtiff; what it says and what it complains of.
fn launch(program: &str, arguments: &[&OsStr]) -> (String, String) {
    let output = Command::new(program)
        .args(arguments)
        .output()
        .unwrap_or_else(|error| panic!("{program} (Debian package libtiff-tools) can't be run: {error}"));
    let mut complaint = String::from_utf8_lossy(&output.stderr).into_owned();
    if !output.status.success() {
        complaint.push_str(&output.status.to_string());
    }
    (String::from_utf8_lossy(&output.stdout).into_owned(), complaint)
}

/// A file of uncompressed pages, made with no code of the engine's: what libtiff is given to recode.
pub fn uncompressed<'a>(pages: impl IntoIterator<Item = &'a Drawn>) -> Vec<u8> {
    let mut file = b"II\x2a\0\0\0\0\0".to_vec();
    let mut link = 4;
    for Drawn { bitmap, resolution, .. } in pages {
        let strip = file.len() as u32;
        file.extend(bitmap.as_bytes());
        file.resize(file.len().next_multiple_of(2), 0);
        let fractions = file.len() as u32;
        for value in [204, 1, resolution.y_dpi(), 1] {
            file.extend(value.to_le_bytes());
        }
        let directory = file.len() as u32;
        file[link..link + 4].copy_from_slice(&directory.to_le_bytes());
        let fields: [(u16, u16, u32); 11] = [
            (256, 4, bitmap.width().into()),
            (257, 4, bitmap.rows()),
            (258, 3, 1),
            (259, 3, 1),
            (262, 3, 0),
            (273, 4, strip),
            (277, 3, 1),
            (278, 4, bitmap.rows()),
            (279, 4, bitmap.as_bytes().len() as u32),
            (282, 5, fractions),
            (283, 5, fractions + 8),
        ];
        file.extend((fields.len() as u16).to_le_bytes());
        for (tag, kind, value) in fields {
            file.extend(tag.to_le_bytes());
            file.extend(kind.to_le_bytes());
            file.extend(1u32.to_le_bytes());
            file.extend(value.to_le_bytes());
        }
        link = file.len();
        file.extend([0; 4]);
    }
    file
}

/// The one strip of each page of a file by `tiffcp` (little-endian).
pub fn strips(file: &[u8]) -> Vec<&[u8]> {
    let u16_at = |at: usize| u16::from_le_bytes(file[at..at + 2].try_into().unwrap());
    let u32_at = |at: usize| u32::from_le_bytes(file[at..at + 4].try_into().unwrap()) as usize;
    assert_eq!(&file[..4], b"II\x2a\0");
    let mut strips = Vec::new();
    let mut directory = u32_at(4);
    while directory != 0 {
        let end = directory + 2 + usize::from(u16_at(directory)) * 12;
        let value = |tag| {
            let field = (directory + 2..end).step_by(12).find(|&at| u16_at(at) == tag).unwrap();
            assert_eq!(u32_at(field + 4), 1, "more than one strip");
            if u16_at(field + 2) == 3 { usize::from(u16_at(field + 8)) } else { u32_at(field + 8) }
        };
        strips.push(&file[value(273)..][..value(279)]);
        directory = u32_at(end);
    }
    strips
}

/// The folder of outside test data that `FERROFAX_TEST_DATA` names; `None` if it names none. A named one must be there.
pub fn test_data(part: &str) -> Option<PathBuf> {
    let folder = PathBuf::from(std::env::var_os("FERROFAX_TEST_DATA")?).join(part);
    assert!(folder.is_dir(), "FERROFAX_TEST_DATA has no folder {part}");
    Some(folder)
}
