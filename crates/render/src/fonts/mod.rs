//! Fonts: one library for plain text, HTML, cover pages, header lines and what a PDF leaves out.
//!
//! Built in are Liberation Sans, Serif and Mono (as wide as Arial, Times New Roman and Courier New, letter by letter) and DejaVu Sans
//! for what these lack: Latin, Greek, Cyrillic, Hebrew, Arabic, Armenian, Georgian and many symbols. Chinese, Japanese and Korean
//! come from font files of the machine, see [`add_directory`]; other scripts may come from there too.
//!
//! The names that documents ask for are given to the font that is most like it. A character that no font has is counted by
//! those who draw it.

mod letters;
mod outlines;

use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use parley::FontContext;
use parley::fontique::{
    Blob, Collection, CollectionOptions, FallbackKey, FamilyId, FontInfoOverride, FontStyle, FontWeight, FontWidth,
    GenericFamily, Language, Script, ScriptExt as _, SourceCache,
};
use skrifa::{FontRef, MetadataProvider as _};

pub(crate) use letters::Letters;
pub(crate) use outlines::Outlines;

macro_rules! font {
    ($file:literal) => {
        include_bytes!(concat!("../../fonts/", $file, ".ttf"))
    };
}

/// What is built in, and the names that others know it by.
const FAMILIES: [Family; 5] = [
    Family {
        name: SANS,
        also: &[
            "Arial",
            "Helvetica",
            "Helvetica Neue",
            "Arial MT",
            "ArialMT",
            "Arial Unicode MS",
            "Calibri",
            "Carlito",
            "Segoe UI",
            "Tahoma",
            "Nimbus Sans",
            "Nimbus Sans L",
            "Swiss",
            "Univers",
            "Roboto",
            "Open Sans",
            "Inter",
            "Aptos",
        ],
        faces: &[
            font!("LiberationSans-Regular"),
            font!("LiberationSans-Bold"),
            font!("LiberationSans-Italic"),
            font!("LiberationSans-BoldItalic"),
        ],
    },
    Family {
        name: SERIF,
        also: &[
            "Times",
            "Times New Roman",
            "TimesNewRoman",
            "Georgia",
            "Cambria",
            "Garamond",
            "Palatino",
            "Palatino Linotype",
            "Book Antiqua",
            "Nimbus Roman",
            "Nimbus Roman No9 L",
        ],
        faces: &[
            font!("LiberationSerif-Regular"),
            font!("LiberationSerif-Bold"),
            font!("LiberationSerif-Italic"),
            font!("LiberationSerif-BoldItalic"),
        ],
    },
    Family {
        name: MONO,
        also: &[
            "Courier",
            "Courier New",
            "CourierNew",
            "Nimbus Mono",
            "Nimbus Mono L",
            "Lucida Console",
            "Andale Mono",
        ],
        faces: &[font!("LiberationMono-Regular"), font!("LiberationMono-Bold")],
    },
    Family {
        name: WIDE,
        also: &["Verdana", "Geneva", "Bitstream Vera Sans", "Lucida Grande", "Lucida Sans Unicode", "Trebuchet MS"],
        faces: &[font!("DejaVuSans"), font!("DejaVuSans-Bold")],
    },
    Family {
        name: "DejaVu Sans Mono",
        also: &["Consolas", "Menlo", "Monaco", "Bitstream Vera Sans Mono"],
        faces: &[font!("DejaVuSansMono")],
    },
];

const SANS: &str = "Liberation Sans";
const SERIF: &str = "Liberation Serif";
/// Typewriter type.
pub(crate) const MONO: &str = "Liberation Mono";
/// The one that has the most characters.
const WIDE: &str = "DejaVu Sans";

struct Family {
    name: &'static str,
    also: &'static [&'static str],
    faces: &'static [&'static [u8]],
}

/// The most that is read of one directory, in bytes.
const DIRECTORY_BYTES_MAX: u64 = 128 << 20;
/// Words in the names of font files whose weight or slope is not the plain one. Fax pages do with one CJK face.
const NOT_PLAIN: [&str; 12] =
    ["bold", "italic", "oblique", "light", "thin", "medium", "black", "heavy", "condensed", "serif", "semi", "retina"];

/// Font files found so far, for the library when it is first needed.
static ADDED: Mutex<Vec<Blob<u8>>> = Mutex::new(Vec::new());
static LIBRARY: OnceLock<Library> = OnceLock::new();

/// Reads the plain fonts of a directory (`ttf`, `otf`, `ttc`; bold and other variants are passed over) into memory, to be asked
/// for characters that the built-in ones lack. Says how many files it took.
///
/// To be called before the first document is rendered: the library is made once, and later directories are not looked at.
pub fn add_directory(directory: &Path) -> io::Result<usize> {
    let mut files: Vec<_> = std::fs::read_dir(directory)?.collect::<io::Result<_>>()?;
    files.sort_by_key(std::fs::DirEntry::file_name);
    let mut added = ADDED.lock().unwrap_or_else(PoisonError::into_inner);
    let (mut taken, mut bytes) = (0, 0);
    for file in files {
        let name = file.file_name().to_string_lossy().to_ascii_lowercase();
        let is_font = [".ttf", ".otf", ".ttc"].iter().any(|extension| name.ends_with(extension));
        let size = file.metadata()?.len();
        if !is_font || NOT_PLAIN.iter().any(|word| name.contains(word)) || bytes + size > DIRECTORY_BYTES_MAX {
            continue;
        }
        bytes += size;
        taken += 1;
        added.push(Blob::new(Arc::new(std::fs::read(file.path())?)));
    }
    Ok(taken)
}

/// All fonts of this process.
pub(crate) fn library() -> &'static Library {
    LIBRARY.get_or_init(|| Library::new(&ADDED.lock().unwrap_or_else(PoisonError::into_inner)))
}

/// Fonts by name and by script.
pub(crate) struct Library {
    context: FontContext,
    /// Names of families from directories, those of even width first.
    added: Vec<String>,
}

impl Library {
    fn new(files: &[Blob<u8>]) -> Library {
        let mut collection = Collection::new(CollectionOptions { shared: false, system_fonts: false });
        for family in &FAMILIES {
            for face in family.faces {
                let blob: Blob<u8> = Blob::new(Arc::new(*face));
                for name in [family.name].iter().chain(family.also) {
                    let named = FontInfoOverride { family_name: Some(name), ..FontInfoOverride::default() };
                    collection.register_fonts(blob.clone(), Some(named));
                }
            }
        }
        for (generic, name) in [
            (GenericFamily::SansSerif, SANS),
            (GenericFamily::SystemUi, SANS),
            (GenericFamily::UiSansSerif, SANS),
            (GenericFamily::Serif, SERIF),
            (GenericFamily::UiSerif, SERIF),
            (GenericFamily::Monospace, MONO),
            (GenericFamily::UiMonospace, MONO),
            (GenericFamily::Cursive, SERIF),
            (GenericFamily::Fantasy, SANS),
            (GenericFamily::Emoji, WIDE),
        ] {
            let family = collection.family_id(name);
            collection.append_generic_families(generic, family.into_iter());
        }
        // Asked for a character that the wanted font lacks: the built-in ones first, then the machine's, each for the scripts that
        // it has.
        for name in [WIDE, SANS] {
            let face = FAMILIES.iter().find(|family| family.name == name).and_then(|family| family.faces.first());
            let id = collection.family_id(name);
            if let (Some(id), Some(font)) = (id, face.and_then(|bytes| FontRef::new(bytes).ok())) {
                fall_back(&mut collection, id, &font);
            }
        }
        let mut added = Vec::new();
        for file in files {
            for (id, faces) in collection.register_fonts(file.clone(), None) {
                let name = collection.family_name(id).unwrap_or_default().to_owned();
                let index = faces.first().map_or(0, |face| face.index());
                if let Ok(font) = FontRef::from_index(file.as_ref(), index) {
                    fall_back(&mut collection, id, &font);
                }
                added.push(name);
            }
        }
        prefer_by_language(&mut collection, &added);
        added.sort_by_key(|name| !name.contains("Mono"));
        Library { context: FontContext { collection, source_cache: SourceCache::default() }, added }
    }

    /// What `parley` sets text with.
    pub(crate) fn context(&self) -> FontContext {
        self.context.clone()
    }

    /// The file of a face, and its number in it. `None` if there is no such family.
    pub(crate) fn face(&self, family: &str, bold: bool, italic: bool) -> Option<(Blob<u8>, u32)> {
        let FontContext { mut collection, mut source_cache } = self.context.clone();
        let family = collection.family_by_name(family)?;
        let style = if italic { FontStyle::Italic } else { FontStyle::Normal };
        let weight = if bold { FontWeight::BOLD } else { FontWeight::NORMAL };
        let font = family.match_font(FontWidth::NORMAL, style, weight, true)?;
        Some((font.load(Some(&mut source_cache))?, font.index()))
    }

    /// A font from a directory whose name ends so: that of a country, as in "Noto Sans CJK JP".
    pub(crate) fn added_face(&self, end: &str, bold: bool) -> Option<(Blob<u8>, u32)> {
        let plain = |name: &&String| !name.contains("Mono");
        let found = self.added.iter().filter(plain).find(|name| name.ends_with(end));
        self.face(found.or_else(|| self.added.iter().find(plain))?, bold, false)
    }

    /// The families for typewriter text, in the order to be asked.
    pub(crate) fn typewriter(&self) -> impl Iterator<Item = &str> {
        [MONO, "DejaVu Sans Mono", WIDE].into_iter().chain(self.added.iter().map(String::as_str))
    }
}

/// Scripts of which the first characters by number are rare signs, and letters of theirs.
const LETTERS: [([u8; 4], &str); 5] =
    [(*b"Arab", "ابتم"), (*b"Hebr", "אבגם"), (*b"Grek", "αβγω"), (*b"Cyrl", "абвя"), (*b"Latn", "abcz")];

/// Notes a family for each script of which it has most of the sample.
fn fall_back(collection: &mut Collection, family: FamilyId, font: &FontRef<'_>) {
    let charmap = font.charmap();
    for (script, sample) in Script::all_samples() {
        let letters = LETTERS.iter().find(|(name, _)| Script::from_bytes(*name) == *script);
        let sample = letters.map_or(*sample, |(_, letters)| letters);
        let has = |char: &char| charmap.map(*char).is_some_and(|glyph| glyph.to_u32() > 0);
        if sample.chars().filter(has).count() * 2 > sample.chars().count() {
            collection.append_fallbacks(*script, std::iter::once(family));
        }
    }
    // Signs that belong to no script, or to several.
    for script in [*b"Zyyy", *b"Zinh", *b"Zzzz", *b"Zsym", *b"Zsye", *b"Zmth"] {
        collection.append_fallbacks(Script::from_bytes(script), std::iter::once(family));
    }
}

/// One file often holds the Han characters in the shapes of several countries: each language gets its own, Chinese where the
/// language is not known.
fn prefer_by_language(collection: &mut Collection, added: &[String]) {
    let find = |collection: &mut Collection, end: &str| {
        let name = added.iter().find(|name| name.ends_with(end) && !name.contains("Mono"))?;
        collection.family_id(name)
    };
    for (end, scripts, languages) in [
        (" SC", &[*b"Hani", *b"Hans", *b"Bopo"][..], &["zh", "zh-Hans"][..]),
        (" TC", &[*b"Hant"], &["zh-Hant", "zh-TW", "zh-HK"]),
        (" JP", &[*b"Hira", *b"Kana", *b"Jpan", *b"Hrkt"], &["ja"]),
        (" KR", &[*b"Hang", *b"Kore"], &["ko"]),
    ] {
        let Some(family) = find(collection, end) else { continue };
        for &script in scripts {
            put_first(collection, FallbackKey::new(Script::from_bytes(script), None), family);
        }
        for language in languages.iter().filter_map(|tag| Language::parse(tag).ok()) {
            for script in [*b"Hani", *b"Hira", *b"Kana", *b"Hang"] {
                put_first(collection, FallbackKey::new(Script::from_bytes(script), Some(&language)), family);
            }
        }
    }
}

fn put_first(collection: &mut Collection, key: FallbackKey, family: FamilyId) {
    let others: Vec<FamilyId> = collection.fallback_families(key).filter(|&other| other != family).collect();
    collection.set_fallbacks(key, std::iter::once(family).chain(others));
}
