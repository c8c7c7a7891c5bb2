//! The source of a document, made ready for a parser and a style engine that know less than old documents expect.
//!
//! - `page-break-…` and `break-…`, which the style engine would drop, become custom properties that it keeps ([`BREAKS`]).
//! - `<div/>` of a document that says it is XHTML is written as `<div></div>`, because it is read as HTML: most such documents
//!   are no well-formed XML.
//!
//! - What the layout engine has choked on is left out when it is tried again, see [`Keep`].
//!
//! Only tags and style sheets are touched, never text.

/// What is asked of page breaks, as (name in the document, our name).
pub(super) const BREAKS: [(&str, &str); 3] = [
    ("break-before", "--fax-break-before"),
    ("break-after", "--fax-break-after"),
    ("break-inside", "--fax-break-inside"),
];

/// Elements without content, HTML standard "void elements".
const VOID: [&str; 16] = [
    "area", "base", "basefont", "br", "col", "embed", "frame", "hr", "img", "input", "link", "meta", "param", "source",
    "track", "wbr",
];

/// Elements that stand in each other for as long as they are not closed. (A paragraph, an item or a cell ends the one before.)
const NESTING: [&str; 19] = [
    "address",
    "article",
    "aside",
    "blockquote",
    "center",
    "details",
    "dir",
    "div",
    "dl",
    "fieldset",
    "figure",
    "footer",
    "header",
    "main",
    "menu",
    "nav",
    "ol",
    "section",
    "ul",
];

/// How much of a document is given to the layout engine. It gives up on addresses that are none, and on odd selectors.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Keep {
    All,
    /// Only `data:` addresses.
    NoAddresses,
    /// No style sheets either.
    NoStyle,
}

/// The source to be parsed, and whether it says anything about page breaks.
pub(super) fn prepare(source: &str, keep: Keep) -> (String, bool) {
    let head = source.get(..source.floor_char_boundary(1024)).unwrap_or(source).to_ascii_lowercase();
    let xhtml = head.contains("<?xml") || head.contains("xhtml");
    // The comment keeps the parser from taking it for XML.
    let mut out = String::with_capacity(source.len() + 64);
    out.push_str("<!---->");
    let mut has_breaks = false;
    let mut rest = source;
    while let Some(start) = rest.find('<') {
        let (text, tag) = rest.split_at(start);
        out.push_str(text);
        let end = end_of_tag(tag);
        let (tag, after) = tag.split_at(end);
        let spoilt = (keep != Keep::All).then(|| without_addresses(tag));
        has_breaks |= push_style(spoilt.as_deref().unwrap_or(tag), &mut out);
        if xhtml && let Some(name) = self_closed(tag) {
            out.truncate(out.len() - "/>".len());
            out.push_str("></");
            out.push_str(name);
            out.push('>');
        }
        rest = after;
        if tag.get(1..6).is_some_and(|name| name.eq_ignore_ascii_case("style")) {
            let end = find_ignoring_case(rest, "</style").unwrap_or(rest.len());
            let (style, after) = rest.split_at(end);
            match keep {
                Keep::All => has_breaks |= push_style(style, &mut out),
                Keep::NoAddresses => {
                    let style = style.replace("@import", "@fax-left-out").replace("@IMPORT", "@fax-left-out");
                    has_breaks |= push_style(&style, &mut out);
                }
                Keep::NoStyle => {}
            }
            rest = after;
        }
    }
    out.push_str(rest);
    (out, has_breaks)
}

/// What the document says its addresses are relative to: the first `<base href>` of its head.
pub(super) fn base(source: &str) -> Option<&str> {
    let mut rest = source;
    while let Some(start) = rest.find('<') {
        let (_, tag) = rest.split_at(start);
        let (tag, after) = tag.split_at(end_of_tag(tag));
        let name = tag.get(1..5).unwrap_or_default();
        if name.eq_ignore_ascii_case("body") {
            return None;
        }
        // Not `basefont`.
        let is_base = |rest: &&str| name.eq_ignore_ascii_case("base") && rest.starts_with([' ', '\t', '\n', '\r', '/']);
        let href = tag.get(5..).filter(is_base).and_then(href);
        if href.is_some() {
            return href;
        }
        rest = after;
    }
    None
}

/// The value of `href` among attributes.
fn href(attributes: &str) -> Option<&str> {
    let at = find_ignoring_case(attributes, "href")?;
    let before = attributes.get(..at)?;
    let value = attributes.get(at + 4..)?.trim_start().strip_prefix('=')?.trim_start();
    if !before.ends_with(|char: char| char.is_ascii_whitespace() || "\"'/".contains(char)) {
        return None;
    }
    match value.chars().next()? {
        quote @ ('"' | '\'') => value.split(quote).nth(1).map(str::trim),
        _ => value.split(|char: char| char.is_ascii_whitespace() || char == '>').next(),
    }
}

/// The style sheets that stand in a document, but for those that are not meant for paper.
pub(super) fn style_sheets(source: &str) -> Vec<&str> {
    let mut sheets = Vec::new();
    let mut rest = source;
    while let Some(start) = rest.find('<') {
        let (_, tag) = rest.split_at(start);
        let (tag, after) = tag.split_at(end_of_tag(tag));
        rest = after;
        if tag.get(1..6).is_some_and(|name| name.eq_ignore_ascii_case("style")) {
            let (style, after) = rest.split_at(find_ignoring_case(rest, "</style").unwrap_or(rest.len()));
            let tag = tag.to_ascii_lowercase();
            if !tag.contains("media") || tag.contains("print") || tag.contains("all") {
                sheets.push(style);
            }
            rest = after;
        }
    }
    sheets
}

/// How many elements are open at once, at most. The parser looks through all of them at each tag; browsers, too, take long.
pub(super) fn open_at_once(source: &str) -> usize {
    let (mut open, mut most) = (0usize, 0);
    let mut rest = source;
    while let Some(start) = rest.find('<') {
        let (_, tag) = rest.split_at(start);
        let (tag, after) = tag.split_at(end_of_tag(tag));
        let tag = tag.trim_start_matches('<');
        let name = tag.trim_start_matches('/').split(|char: char| !char.is_ascii_alphanumeric()).next();
        if name.is_some_and(|name| NESTING.iter().any(|nesting| name.eq_ignore_ascii_case(nesting))) {
            open = if tag.starts_with('/') { open.saturating_sub(1) } else { open + 1 };
            most = most.max(open);
        }
        rest = after;
    }
    most
}

/// Where the tag, comment or declaration at the start of `tag` ends; a lone `<` ends at once.
fn end_of_tag(tag: &str) -> usize {
    if tag.starts_with("<!--") {
        return tag.find("-->").map_or(tag.len(), |end| end + 3);
    }
    if !tag
        .get(1..2)
        .is_some_and(|next| next.starts_with(|char: char| char.is_ascii_alphabetic() || "/!?".contains(char)))
    {
        return 1;
    }
    let mut quote = None;
    for (at, byte) in tag.bytes().enumerate() {
        match (quote, byte) {
            (None, b'>') => return at + 1,
            (None, b'"' | b'\'') => quote = Some(byte),
            (Some(open), _) if open == byte => quote = None,
            _ => {}
        }
    }
    // A quote that never ends: the parser's affair.
    1
}

/// The name of the element of a tag that ends in `/>`, if it may have content.
fn self_closed(tag: &str) -> Option<&str> {
    let inner = tag.strip_prefix('<')?.strip_suffix("/>")?;
    let name = inner.split([' ', '\t', '\r', '\n', '/']).next()?;
    let is_name = name.starts_with(|char: char| char.is_ascii_alphabetic());
    (is_name && !VOID.iter().any(|void| name.eq_ignore_ascii_case(void))).then_some(name)
}

/// A tag whose addresses are under names that nobody looks at, save `data:`.
fn without_addresses(tag: &str) -> String {
    let mut out = String::with_capacity(tag.len());
    let mut rest = tag;
    while let Some(at) = rest.find('=') {
        let (before, after) = rest.split_at(at + 1);
        let name = before.trim_end_matches('=').trim_end();
        let is_address = ["src", "href", "srcset", "background", "data", "action"].iter().any(|address| {
            let begin = name.len().checked_sub(address.len());
            begin.and_then(|begin| name.get(begin..)).is_some_and(|name| name.eq_ignore_ascii_case(address))
        });
        let value = after.trim_start().trim_start_matches(['"', '\'']);
        if is_address && !value.get(..5).is_some_and(|scheme| scheme.eq_ignore_ascii_case("data:")) {
            out.push_str(name);
            out.push_str("-left-out=");
        } else {
            out.push_str(before);
        }
        rest = after;
    }
    out.push_str(rest);
    out
}

/// Copies style declarations, page breaks under our names.
fn push_style(text: &str, out: &mut String) -> bool {
    let mut has_breaks = false;
    let mut rest = text;
    while let Some(at) = find_ignoring_case(rest, "break-") {
        let found = BREAKS.iter().find_map(|&(theirs, ours)| {
            let matches = rest.get(at..at + theirs.len()).is_some_and(|name| name.eq_ignore_ascii_case(theirs));
            matches.then_some((theirs.len(), ours))
        });
        let (before, from) = rest.split_at(at);
        let Some((length, ours)) = found else {
            out.push_str(before);
            out.push_str(&from[..1]);
            rest = &from[1..];
            continue;
        };
        let before = match before.len().checked_sub(5) {
            Some(at) if before.is_char_boundary(at) && before[at..].eq_ignore_ascii_case("page-") => &before[..at],
            _ => before,
        };
        // The middle of another name, such as `-webkit-column-break-inside`.
        let begins = !before.ends_with(|char: char| char.is_alphanumeric() || char == '-' || char == '_');
        out.push_str(before);
        out.push_str(if begins { ours } else { "--fax-other" });
        has_breaks |= begins;
        rest = &from[length..];
    }
    out.push_str(rest);
    has_breaks
}

fn find_ignoring_case(text: &str, word: &str) -> Option<usize> {
    text.as_bytes().windows(word.len()).position(|window| window.eq_ignore_ascii_case(word.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(source: &str) -> (String, bool) {
        prepare(source, Keep::All)
    }

    #[test]
    fn addresses_can_be_left_out() {
        let source = "<img alt='a=b' SRC = 'http://[' src=data:,x><style>@import url(x)</style>";
        let left = "<!----><img alt='a=b' SRC-left-out= 'http://[' src=data:,x><style>@fax-left-out url(x)</style>";
        assert_eq!(prepare(source, Keep::NoAddresses).0, left);
        assert_eq!(prepare("<style>x</style>", Keep::NoStyle).0, "<!----><style></style>");
    }

    #[test]
    fn a_base_is_found_in_the_head() {
        for (source, found) in [
            ("<head><BASE target=x HREF = 'http://a/b?c=d' >", Some("http://a/b?c=d")),
            ("<base href=http://a/><base href=http://b/>", Some("http://a/")),
            ("<base target=x><base href=\"\">", Some("")),
            ("<!-- <base href='http://a/'> --><basefont href=x><body><base href='http://a/'>", None),
            ("<base data-href='http://a/'>", None),
            ("<base href", None),
        ] {
            assert_eq!(base(source), found, "{source}");
        }
    }

    #[test]
    fn page_breaks_get_names_that_are_kept() {
        let (out, breaks) = plain("<p style='Page-Break-Before: always; color: red'>page-break-before: text</p>");
        assert_eq!(out, "<!----><p style='--fax-break-before: always; color: red'>page-break-before: text</p>");
        assert!(breaks);
        let (out, breaks) = plain("<style>h1{break-after:avoid;-webkit-column-break-inside:avoid}</style>x");
        assert_eq!(out, "<!----><style>h1{--fax-break-after:avoid;-webkit-column---fax-other:avoid}</style>x");
        assert!(breaks);
        assert!(!plain("<p>line break-ing</p>").1);
    }

    #[test]
    fn xhtml_may_close_elements_at_once() {
        let head = "<?xml version='1.0'?>";
        assert_eq!(
            plain(&format!("{head}<td class='a>b'/><br/>")).0,
            format!("<!---->{head}<td class='a>b'></td><br/>")
        );
        assert_eq!(plain("<td/>").0, "<!----><td/>");
    }

    #[test]
    fn open_elements_are_counted_without_parsing() {
        assert_eq!(open_at_once("<div><DIV class='<div>'><p><ul></div><!-- <div> --></ul><nav/></div>"), 3);
        assert_eq!(open_at_once("</div></div><divx><p><p>< div>"), 0);
    }

    #[test]
    fn odd_sources_pass_unharmed() {
        for source in ["", "<", "a < b", "<p title='", "<!-- x", "<ä>", "<style>", "break-é<p style='break-é'>"] {
            assert_eq!(plain(source).0, format!("<!---->{source}"));
        }
    }
}
