//! What customers install for their pages: templates of cover pages, and overlays. Their names and limits.
//!
//! Names are compared letter by letter, capitals included, as the vendor's are file names. A template's name says what it is:
//! `*.ftl.html` for cover pages, `*.ftl.txt` for the text of mails, `*.ftl` and `*.ftlh` too, mostly for what others include. An
//! overlay has a name without extension; a `.tif` written behind it is taken off.

use std::collections::BTreeMap;
use std::fmt;

use ferrofax_template::DEFAULT_COVER_SOURCE;

/// Templates of a customer.
pub const TEMPLATES_MAX: u32 = 200;
/// Bytes of their sources together: all of them are read for each cover page.
pub const TEMPLATES_BYTES_MAX: u32 = 1 << 20;
/// Overlays of a customer.
pub const OVERLAYS_MAX: u32 = 200;
/// Bytes of an overlay as given.
pub const OVERLAY_BYTES_MAX: usize = 8 << 20;
/// Versions kept of a template or overlay, beside the one in force and those that jobs still need.
pub const RETIRED_OF_NAME_MAX: u32 = 20;
/// Versions of templates, and of overlays, kept of a customer beside those.
pub const RETIRED_MAX: u32 = 200;
/// Of a template's or an overlay's name.
pub const NAME_CHARS_MAX: usize = 128;

pub use ferrofax_template::DEFAULT_COVER;
/// Templates that every customer has, by name; a customer's own of the same name goes before.
pub const BUILT_IN: [(&str, &str); 5] = [
    (DEFAULT_COVER, DEFAULT_COVER_SOURCE),
    (REPORT_SUBJECT, include_str!("report/mail/templates/report-mail-subject.ftl.txt")),
    ("report-mail-words.ftl", include_str!("report/mail/templates/report-mail-words.ftl")),
    (REPORT_HTML, include_str!("report/mail/templates/report-mail.ftl.html")),
    (REPORT_TEXT, include_str!("report/mail/templates/report-mail.ftl.txt")),
];
/// What report mails are written from.
pub const REPORT_SUBJECT: &str = "report-mail-subject.ftl.txt";
pub const REPORT_TEXT: &str = "report-mail.ftl.txt";
pub const REPORT_HTML: &str = "report-mail.ftl.html";

const TEMPLATE_ENDINGS: [&str; 4] = [".ftl.html", ".ftl.txt", ".ftl", ".ftlh"];
const OVERLAY_ENDINGS: [&str; 2] = [".tif", ".tiff"];

/// The source of a template that every customer has.
pub fn built_in(name: &str) -> Option<&'static str> {
    BUILT_IN.iter().find(|(known, _)| *known == name).map(|(_, source)| *source)
}

/// Whether mails are written from it, a customer's own of that name too: it can't be filled for a cover page.
pub fn is_of_mails(name: &str) -> bool {
    name != DEFAULT_COVER && built_in(name).is_some()
}

/// All of them, by name.
pub fn built_in_sources() -> BTreeMap<String, String> {
    BUILT_IN.iter().map(|&(name, source)| (name.to_owned(), source.to_owned())).collect()
}

/// Why something can't have that name. For the customer.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum NameError {
    #[error("must have 1 to {NAME_CHARS_MAX} characters")]
    Length,
    #[error("contains other characters than a-z A-Z 0-9 - _ .")]
    Alphabet,
    #[error("must not begin with a dot")]
    Dot,
    #[error("must end in .ftl.html, .ftl.txt, .ftlh or .ftl")]
    NoTemplate,
}

/// The name of a template.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct TemplateName(String);

impl TemplateName {
    pub fn parse(name: &str) -> Result<TemplateName, NameError> {
        let stem = TEMPLATE_ENDINGS.iter().find_map(|ending| name.strip_suffix(ending));
        plain(stem.ok_or(NameError::NoTemplate)?)?;
        plain(name)?;
        Ok(TemplateName(name.to_owned()))
    }
}

/// The name of an overlay.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct OverlayName(String);

impl OverlayName {
    pub fn parse(name: &str) -> Result<OverlayName, NameError> {
        let lower = name.to_ascii_lowercase();
        let ending = OVERLAY_ENDINGS.iter().find(|ending| lower.ends_with(*ending));
        let stem = name.get(..name.len() - ending.map_or(0, |ending| ending.len())).unwrap_or(name);
        plain(stem)?;
        Ok(OverlayName(stem.to_owned()))
    }
}

/// Letters that need no care in a path, a file name or a log.
fn plain(name: &str) -> Result<(), NameError> {
    if name.is_empty() || name.len() > NAME_CHARS_MAX {
        return Err(NameError::Length);
    }
    if !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte)) {
        return Err(NameError::Alphabet);
    }
    if name.starts_with('.') { Err(NameError::Dot) } else { Ok(()) }
}

impl TemplateName {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl OverlayName {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for TemplateName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Display for OverlayName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_are_named_for_what_they_are() {
        for good in ["coverpage-default.ftl.html", "a.ftl", "Macros_1.ftlh", "a.b.ftl.html", "mail.ftl.txt"] {
            assert_eq!(TemplateName::parse(good).unwrap().as_str(), good);
        }
        let long = format!("{}.ftl", "a".repeat(NAME_CHARS_MAX));
        for (bad, why) in [
            ("", NameError::NoTemplate),
            ("cover.html", NameError::NoTemplate),
            (".ftl", NameError::Length),
            ("../a.ftl", NameError::Alphabet),
            (".a.ftl", NameError::Dot),
            ("ä.ftl", NameError::Alphabet),
            (&long, NameError::Length),
        ] {
            assert_eq!(TemplateName::parse(bad), Err(why), "{bad}");
        }
    }

    #[test]
    fn overlays_have_no_extension_of_a_tiff() {
        for (given, kept) in [("LetterHead", "LetterHead"), ("a.TIF", "a"), ("b.1.tiff", "b.1"), ("c.png", "c.png")] {
            assert_eq!(OverlayName::parse(given).unwrap().as_str(), kept);
        }
        for (bad, why) in [
            ("", NameError::Length),
            (".tif", NameError::Length),
            ("a/b", NameError::Alphabet),
            ("..", NameError::Dot),
            ("é.tif", NameError::Alphabet),
        ] {
            assert_eq!(OverlayName::parse(bad), Err(why), "{bad}");
        }
    }
}
