//! From HTML to a [`Display`], by `blitz`. Nothing else in this crate knows that library.
//!
//! The document is parsed, its old-style attributes become style rules (see [`super::old`]), it is laid out at the width of the
//! sheet between its margins — wider, if something in it does not fit — and painted into a recording.
//!
//! What it refers to comes from [`super::resources`]. There are no scripts; forms show what they hold.

use std::sync::Arc;

use blitz_dom::{
    Attribute, BaseDocument, DocumentConfig, LocalName, Namespace, Node, NodeId, QualName, UserAgentStylesheet,
    node::SpecialElementData,
};
use blitz_html::DocumentHtmlParser;
use blitz_traits::net::{NetProvider, Url};
use blitz_traits::shell::{ColorScheme, Viewport};
use hayro::kurbo::{Point, Rect, Size};

use super::cut::{Head, Span};
use super::display::{Display, SpanningCell};
use super::old::OldAttributes;
use super::resources::{NO_BASE, Resources};
use super::source::{BREAKS, Keep};
use super::{record, source};
use crate::{RenderError, fonts};

/// Elements, texts and comments of a document.
const NODES_MAX: usize = 400_000;
/// How deep elements may stand in each other; browsers stop at 512.
const DEPTH_MAX: usize = 512;
/// How many may be open at once where the parser counts: some documents close few of theirs, but not so few.
const OPEN_MAX: usize = 5000;
const TOO_DEEP: RenderError = RenderError::TooBig { what: "HTML elements that stand so deep in each other" };
/// Content wider than this many times the sheet is not laid out wider.
const WIDER_MAX: f64 = 4.0;
/// Times that resources may lead to further ones.
const ROUNDS_MAX: usize = 4;

/// Lays out a document for sheets so wide and high between their margins, in CSS pixels.
pub(super) fn lay_out(
    html: &str,
    keep: Keep,
    resources: &Arc<Resources>,
    (width, height): (f64, f64),
) -> Result<Display, RenderError> {
    if source::open_at_once(html) > OPEN_MAX {
        return Err(TOO_DEEP);
    }
    resources.forget_waiting();
    let base = source::base(html).filter(|base| is_base(base));
    let (html, has_breaks) = source::prepare(html, keep);
    let mut document = BaseDocument::new(DocumentConfig {
        viewport: Some(viewport(width, height)),
        base_url: Some(base.unwrap_or(NO_BASE).to_owned()),
        net_provider: Some(Arc::clone(resources) as Arc<dyn NetProvider>),
        font_ctx: Some(fonts::library().context()),
        media_type: Some(blitz_dom::MediaType::print()),
        ua_stylesheets: vec![UserAgentStylesheet::default_sheet()],
        ..DocumentConfig::default()
    });
    if has_breaks {
        for (_, name) in BREAKS {
            document.register_custom_property(name, "*", false, None);
        }
    }
    DocumentHtmlParser::parse_into_mutator(&mut document.mutate(), &html);
    if document.tree().len() > NODES_MAX {
        return Err(RenderError::TooBig { what: "an HTML document of so many elements" });
    }
    add_old_attributes(&mut document)?;
    settle(&mut document, resources);
    let mut display = record::record(&mut document, width);
    if display.width > width + 1.0 && display.width < width * WIDER_MAX {
        document.set_viewport(viewport(display.width.ceil(), height));
        settle(&mut document, resources);
        display = record::record(&mut document, display.width.ceil());
    }
    note_spans(&document, has_breaks, &mut display);
    display.left_out = resources.left_out();
    Ok(display)
}

/// Something that addresses can be relative to.
fn is_base(base: &str) -> bool {
    Url::parse(base).is_ok_and(|base| matches!(base.scheme(), "http" | "https"))
}

fn viewport(width: f64, height: f64) -> Viewport {
    // A few thousand.
    Viewport::new(width as u32, height as u32, 1.0, ColorScheme::Light)
}

/// Resolves styles and layout until no more resources arrive.
fn settle(document: &mut BaseDocument, resources: &Resources) {
    for _ in 0..ROUNDS_MAX {
        resources.fetch_waiting();
        let before = resources.asked();
        document.resolve(0.0);
        if resources.asked() == before {
            break;
        }
    }
}

/// Puts the style sheet for old-style attributes before all others.
fn add_old_attributes(document: &mut BaseDocument) -> Result<(), RenderError> {
    let mut old = OldAttributes::default();
    let root = document.root_node().id;
    let mut open = vec![(root, 0)];
    let (mut head, mut numbered) = (None, Vec::new());
    while let Some((id, depth)) = open.pop() {
        if depth > DEPTH_MAX {
            return Err(TOO_DEEP);
        }
        let Some(node) = document.get_node(id) else { continue };
        if let Some(element) = node.element_data() {
            let name = &*element.name.local;
            if name == "head" {
                head = Some(id);
            }
            for attribute in element.attrs() {
                old.note(name, &attribute.name.local, &attribute.value);
            }
            let is_numbered = name == "li" && element.attrs().iter().any(|attribute| &*attribute.name.local == "value");
            if let Some(list) = node.parent.filter(|list| is_numbered && numbered.last() != Some(list)) {
                numbered.push(list);
            }
        }
        open.extend(node.children.iter().map(|&child| (child, depth + 1)));
    }
    for list in numbered {
        split_list(document, list);
    }
    let Some(head) = head else { return Ok(()) };
    let mut change = document.mutate();
    let name = QualName::new(None, blitz_dom::ns!(html), blitz_dom::local_name!("style"));
    let sheet = change.create_element(name, Vec::new());
    let text = change.create_text_node(&old.style_sheet());
    change.append_children(sheet, &[text]);
    change.prepend_nodes(head, &[sheet]);
    Ok(())
}

/// Makes a list whose items say their numbers into several that each say where they start, which is all the layout engine knows.
fn split_list(document: &mut BaseDocument, list: NodeId) {
    let Some(node) = document.get_node(list) else { return };
    let is_ordered = node.element_data().is_some_and(|element| &*element.name.local == "ol");
    let items: Vec<NodeId> = node.children.iter().copied().collect();
    let attributes = node.attrs().map(<[Attribute]>::to_vec).unwrap_or_default();
    let value = |item: &NodeId| {
        let attributes = document.get_node(*item)?.attrs()?;
        attributes.iter().find(|attribute| &*attribute.name.local == "value")?.value.trim().parse::<i32>().ok()
    };
    let mut parts: Vec<(i32, Vec<NodeId>)> = Vec::new();
    for item in items.iter().skip_while(|item| value(item).is_none()) {
        match (value(item), parts.last_mut()) {
            (Some(start), _) => parts.push((start, vec![*item])),
            (None, Some((_, items))) => items.push(*item),
            (None, None) => {}
        }
    }
    if !is_ordered || parts.is_empty() {
        return;
    }
    let own = |name: &str| QualName::new(None, Namespace::default(), LocalName::from(name));
    let named = |name: &str, value: String| Attribute { name: own(name), value };
    let mut change = document.mutate();
    let mut last = list;
    for (start, items) in parts {
        change.set_attribute(last, own("data-goes-on-below"), "");
        let mut attributes: Vec<Attribute> =
            attributes.iter().filter(|attribute| !matches!(&*attribute.name.local, "start" | "id")).cloned().collect();
        attributes.push(named("start", start.to_string()));
        attributes.push(named("data-goes-on", String::new()));
        let part =
            change.create_element(QualName::new(None, blitz_dom::ns!(html), blitz_dom::local_name!("ol")), attributes);
        change.append_children(part, &items);
        change.insert_nodes_after(last, &[part]);
        last = part;
    }
}

/// Notes rows and heads of tables and what asks to be kept whole, and where pages must end.
fn note_spans(document: &BaseDocument, has_breaks: bool, display: &mut Display) {
    let mut spanning = Vec::new();
    for (id, node) in document.tree().iter() {
        let Some(element) = node.element_data() else { continue };
        let name = &*element.name.local;
        if matches!(name, "td" | "th") {
            let spans = |name: &str| element.attrs().iter().any(|attribute| &*attribute.name.local == name);
            let cell = SpanningCell { bounds: bounds(node), columns: spans("colspan"), rows: spans("rowspan") };
            if cell.columns || cell.rows {
                spanning.push(cell);
            }
        }
        if matches!(name, "td" | "th" | "img" | "figure" | "svg")
            && let Some(span) = span(node)
        {
            display.spans.whole.push(span);
        }
        if matches!(name, "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "caption")
            && let Some(span) = with_next(document, node)
        {
            display.spans.whole.push(span);
        }
        note_head(document, node, display);
        if has_breaks {
            note_breaks(document, id, node, display);
        }
    }
    display.free_spanning_cells(&spanning);
}

/// Notes the head of a table, and that it goes with the first row.
fn note_head(document: &BaseDocument, node: &Node, display: &mut Display) {
    let Some(SpecialElementData::TableRoot(table)) = node.element_data().map(|element| &element.special_data) else {
        return;
    };
    let group = |row: u16| table.rows.get(usize::from(row))?.group;
    // Whoever wants no repeated head makes a row group of it.
    let is_head = |group: &NodeId| document.resolved_style_value(*group, "display") == "table-header-group";
    let Some(first) = group(0).filter(is_head) else { return };
    let cells = table.cells.iter().filter_map(|cell| Some((cell.row, bounds(document.get_node(cell.node_id)?))));
    let (head, rows): (Vec<_>, Vec<_>) = cells.partition(|&(row, _)| group(row) == Some(first));
    let around = |cells: &[(u16, Rect)]| cells.iter().map(|(_, bounds)| *bounds).reduce(|a, b| a.union(b));
    let (Some(head), Some(all_rows)) = (around(&head), around(&rows)) else { return };
    // The lines between rows belong to neither; there is one above the head, too.
    let bottom = head.y1.max(all_rows.y0);
    let table = bounds(node);
    let top = (head.y0 - (bottom - head.y1)).max(table.y0);
    let bounds = Rect::new(table.x0.min(head.x0), top, table.x1.max(head.x1), bottom);
    display.spans.heads.push(Head { bounds, rows_end: all_rows.y1 });
    let first_row = rows.iter().filter(|(row, _)| rows.first().is_some_and(|(first, _)| first == row));
    let first_row = first_row.map(|(_, bounds)| bounds.y1).fold(bottom, f64::max);
    display.spans.whole.push(Span { top: head.y0, bottom: first_row });
}

fn note_breaks(document: &BaseDocument, id: NodeId, node: &Node, display: &mut Display) {
    let [before, after, inside] = BREAKS.map(|(_, name)| document.resolved_style_value(id, name));
    let forces = |value: &str| matches!(value.trim(), "always" | "page" | "left" | "right" | "recto" | "verso" | "all");
    // An empty box may be there for the break alone; what is not displayed has no width either.
    let (top, size) = (at(node).y, size(node));
    if size.width <= 0.0 && size.height <= 0.0 {
        return;
    }
    let own = Span { top, bottom: top + size.height };
    if forces(&before) {
        display.spans.forced.push(own.top);
    }
    if forces(&after) {
        display.spans.forced.push(own.bottom);
    }
    if inside.trim().starts_with("avoid") {
        display.spans.whole.push(own);
    }
    if after.trim().starts_with("avoid")
        && let Some(span) = with_next(document, node)
    {
        display.spans.whole.push(span);
    }
}

/// An element and the beginning of what follows it.
fn with_next(document: &BaseDocument, node: &Node) -> Option<Span> {
    /// Two lines of what follows.
    const NEXT: f64 = 40.0;
    let own = span(node)?;
    let siblings = &document.get_node(node.parent?)?.children;
    let at = siblings.iter().position(|&sibling| sibling == node.id)?;
    let next = siblings.iter().skip(at + 1).find_map(|&sibling| span(document.get_node(sibling)?))?;
    Some(Span { top: own.top, bottom: next.bottom.min(next.top + NEXT).max(own.bottom) })
}

fn span(node: &Node) -> Option<Span> {
    node.element_data()?;
    let (top, height) = (at(node).y, size(node).height);
    (height > 0.0).then_some(Span { top, bottom: top + height })
}

fn bounds(node: &Node) -> Rect {
    Rect::from_origin_size(at(node), size(node))
}

/// Where an element's box begins.
fn at(node: &Node) -> Point {
    let place = node.absolute_position(0.0, 0.0);
    Point::new(place.x.into(), place.y.into())
}

fn size(node: &Node) -> Size {
    let size = node.final_layout().size;
    Size::new(size.width.into(), size.height.into())
}
