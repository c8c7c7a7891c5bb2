//! Old-style attributes (`<table border cellpadding>`, `<font size>`, `bgcolor` …) as style rules, in the place that the HTML
//! standard gives them ("rendering", presentational hints): stronger than the defaults, weaker than anything an author says in
//! a style sheet. `:where()` makes them so.
//!
//! Each pair of attribute and value makes one rule, so a long document makes few. What the layout engine maps by itself (`width`,
//! `height`, `hspace`, `hidden`, hexadecimal `bgcolor`) is not repeated.

use std::collections::BTreeSet;
use std::fmt::Write as _;

/// Rules that depend on no value.
const ALWAYS: &str = r#"
:where(tt,code,kbd,samp,pre,listing,xmp,plaintext){font-family:monospace}
:where(pre,listing,xmp,plaintext){font-size:13px}
:where(plaintext,listing,xmp){white-space:pre}
:where(table[align="center" i]){margin-left:auto;margin-right:auto}
:where(table[align="left" i]){float:left}
:where(table[align="right" i]){float:right}
:where(table[align]){text-align:start}
:where(img[align="left" i]){float:left}
:where(img[align="right" i]){float:right}
:where(img[align="middle" i],img[align="absmiddle" i],img[align="center" i]){vertical-align:middle}
:where(img[align="top" i],img[align="texttop" i]){vertical-align:top}
:where(p,div,h1,h2,h3,h4,h5,h6,td,th,tr,tbody,thead,tfoot,caption):where([align="justify" i]){text-align:justify}
:where(p,h1,h2,h3,h4,h5,h6,td,th,tr,tbody,thead,tfoot,caption):where([align="center" i]){text-align:center}
:where(p,h1,h2,h3,h4,h5,h6,td,th,tr,tbody,thead,tfoot,caption):where([align="right" i]){text-align:right}
:where(p,h1,h2,h3,h4,h5,h6,td,th,tr,tbody,thead,tfoot,caption):where([align="left" i]){text-align:left}
:where(tr,td,th,tbody,thead,tfoot):where([valign="top" i]){vertical-align:top}
:where(tr,td,th,tbody,thead,tfoot):where([valign="middle" i],[valign="center" i]){vertical-align:middle}
:where(tr,td,th,tbody,thead,tfoot):where([valign="bottom" i]){vertical-align:bottom}
:where(tr,td,th,tbody,thead,tfoot):where([valign="baseline" i]){vertical-align:baseline}
:where(td[nowrap],th[nowrap],tr[nowrap]){white-space:nowrap}
:where(table[border]:not([border="0"])){border:1px solid}
:where(table[border]:not([border="0"])>*>tr>*,table[border]:not([border="0"])>tr>*){border:1px solid}
:where(table[rules="all" i]>*>tr>*){border:1px solid}
:where(table[rules="rows" i]>*>tr>*){border-top:1px solid;border-bottom:1px solid}
:where(table[rules="cols" i]>*>tr>*){border-left:1px solid;border-right:1px solid}
:where(hr){border-style:solid;color:black}
:where(hr[align="left" i]){margin-left:0}
:where(hr[align="right" i]){margin-right:0}
:where(ol[type="1"],li[type="1"]){list-style-type:decimal}
:where(ol[type="a" s],li[type="a" s]){list-style-type:lower-alpha}
:where(ol[type="A" s],li[type="A" s]){list-style-type:upper-alpha}
:where(ol[type="i" s],li[type="i" s]){list-style-type:lower-roman}
:where(ol[type="I" s],li[type="I" s]){list-style-type:upper-roman}
:where(ul[type="disc" i],li[type="disc" i]){list-style-type:disc}
:where(ul[type="circle" i],li[type="circle" i]){list-style-type:circle}
:where(ul[type="square" i],li[type="square" i]){list-style-type:square}
:where(br[clear="all" i],br[clear="both" i]){clear:both}
:where(br[clear="left" i]){clear:left}
:where(br[clear="right" i]){clear:right}
:where(table[cellspacing="0"]){border-spacing:0}
:where(marquee){display:block}
"#;

/// Where a cell of a table stands.
const CELLS: &str = ">*>tr>*";

/// The rules for the attributes of a document.
#[derive(Default)]
pub(super) struct OldAttributes {
    rules: BTreeSet<String>,
}

impl OldAttributes {
    /// Notes an attribute of an element; names are in lower case.
    pub(super) fn note(&mut self, element: &str, attribute: &str, value: &str) {
        let value = value.trim();
        // Longer values are none of these, or an attack.
        if value.len() > 64 {
            return;
        }
        match (element, attribute) {
            ("table", "border") => {
                if let Some(width) = length(value).filter(|_| value != "0" && value != "1") {
                    self.rule(element, attribute, value, "", &format!("border-width:{width}"));
                }
            }
            ("table", "cellpadding") => {
                if let Some(padding) = length(value) {
                    self.rule(element, attribute, value, CELLS, &format!("padding:{padding}"));
                }
            }
            ("table", "cellspacing") => {
                if let Some(spacing) = length(value) {
                    self.rule(element, attribute, value, "", &format!("border-spacing:{spacing}"));
                }
            }
            ("table" | "tr" | "td" | "th", "bordercolor") => {
                if let Some(colour) = colour(value) {
                    self.rule(element, attribute, value, "", &format!("border-color:{colour}"));
                    self.rule(element, attribute, value, CELLS, &format!("border-color:{colour}"));
                }
            }
            ("body" | "table" | "thead" | "tbody" | "tfoot" | "tr" | "td" | "th" | "marquee", "bgcolor") => {
                if let Some(colour) = colour(value) {
                    self.rule(element, attribute, value, "", &format!("background-color:{colour}"));
                }
            }
            ("body", "text") | ("font" | "basefont" | "hr", "color") => {
                if let Some(colour) = colour(value) {
                    self.rule(element, attribute, value, "", &format!("color:{colour};border-color:{colour}"));
                }
            }
            ("font" | "basefont", "size") => {
                if let Some(size) = font_size(value) {
                    self.rule(element, attribute, value, "", &format!("font-size:{size}"));
                }
            }
            ("font" | "basefont", "face") => {
                let face: String = value.chars().filter(|char| char.is_alphanumeric() || " ,-_".contains(*char)).collect();
                if !face.is_empty() {
                    self.rule(element, attribute, value, "", &format!("font-family:{face}"));
                }
            }
            ("hr", "size") => {
                if let Some(size) = number(value) {
                    let rest = size.saturating_sub(2);
                    self.rule(element, attribute, value, "", &format!("height:{rest}px"));
                }
            }
            ("hr", "noshade") => {
                self.rules.insert(":where(hr[noshade]){background-color:currentColor}".to_owned());
            }
            _ => {}
        }
    }

    /// The style sheet.
    pub(super) fn style_sheet(self) -> String {
        let mut sheet = ALWAYS.to_owned();
        for rule in self.rules {
            sheet.push_str(&rule);
            sheet.push('\n');
        }
        sheet
    }

    fn rule(&mut self, element: &str, attribute: &str, value: &str, inner: &str, style: &str) {
        let mut quoted = String::new();
        for char in value.chars() {
            match char {
                char if char.is_ascii_alphanumeric() || " ,#%+-.".contains(char) => quoted.push(char),
                // CSS Syntax, "escaping": the code point and a blank.
                char => {
                    let _ = write!(quoted, "\\{:x} ", u32::from(char));
                }
            }
        }
        self.rules.insert(format!(":where({element}[{attribute}=\"{quoted}\"]{inner}){{{style}}}"));
    }
}

/// Digits at the start, as browsers read them.
fn number(value: &str) -> Option<u32> {
    let end = value.find(|char: char| !char.is_ascii_digit()).unwrap_or(value.len());
    value.get(..end)?.parse().ok().filter(|&number| number <= 10_000)
}

fn length(value: &str) -> Option<String> {
    number(value).map(|number| format!("{number}px"))
}

/// HTML standard, "rules for parsing a legacy font size".
fn font_size(value: &str) -> Option<&'static str> {
    let (sign, digits) = match value.as_bytes().first()? {
        b'+' => (1, value.get(1..)?),
        b'-' => (-1, value.get(1..)?),
        _ => (0, value),
    };
    let number = i64::from(number(digits)?);
    let size = if sign == 0 { number } else { 3 + sign * number };
    Some(match size {
        ..=1 => "x-small",
        2 => "small",
        3 => "medium",
        4 => "large",
        5 => "x-large",
        6 => "xx-large",
        7.. => "xxx-large",
    })
}

/// A colour for a style sheet: a name, or hexadecimal digits with or without their mark.
fn colour(value: &str) -> Option<String> {
    let digits = value.strip_prefix('#').unwrap_or(value);
    if matches!(digits.len(), 3 | 6) && digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Some(format!("#{digits}"));
    }
    value.bytes().all(|byte| byte.is_ascii_alphabetic()).then(|| value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(element: &str, attribute: &str, value: &str) -> String {
        let mut old = OldAttributes::default();
        old.note(element, attribute, value);
        old.style_sheet().strip_prefix(ALWAYS).unwrap_or_default().to_owned()
    }

    #[test]
    fn attributes_become_rules_weaker_than_the_authors() {
        for (element, attribute, value, rule) in [
            ("table", "border", "5", ":where(table[border=\"5\"]){border-width:5px}\n"),
            ("table", "cellpadding", "4", ":where(table[cellpadding=\"4\"]>*>tr>*){padding:4px}\n"),
            ("td", "bgcolor", "silver", ":where(td[bgcolor=\"silver\"]){background-color:silver}\n"),
            ("td", "bgcolor", "ccc", ":where(td[bgcolor=\"ccc\"]){background-color:#ccc}\n"),
            ("font", "size", "+1", ":where(font[size=\"+1\"]){font-size:large}\n"),
            ("font", "size", "7", ":where(font[size=\"7\"]){font-size:xxx-large}\n"),
            ("font", "face", "Arial, \"Times\"", ":where(font[face=\"Arial, \\22 Times\\22 \"]){font-family:Arial, Times}\n"),
            ("hr", "size", "4", ":where(hr[size=\"4\"]){height:2px}\n"),
        ] {
            assert_eq!(rules(element, attribute, value), rule);
        }
    }

    #[test]
    fn nonsense_makes_no_rule() {
        for (element, attribute, value) in [
            ("table", "border", "thick"),
            ("td", "bgcolor", "red}*{display:none"),
            ("font", "size", "huge"),
            ("p", "bgcolor", "red"),
            ("font", "face", "};"),
        ] {
            assert_eq!(rules(element, attribute, value), "");
        }
        assert_eq!(rules("font", "face", &"x".repeat(65)), "");
    }
}
