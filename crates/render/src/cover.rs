//! Cover pages: a customer's template, filled for one recipient and drawn as HTML.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use ferrofax_template::freemarker::{DateKind, Filled, Map, Set, Settings, TemplateError, Value};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::{Options, Output, RenderError, Sink, Summary, html};

/// What a cover page is made of.
#[derive(Clone)]
pub struct Cover {
    /// The name of the template.
    pub template: String,
    /// The sources of templates by name: that one, and those it may include.
    pub sources: BTreeMap<String, String>,
    /// The recipient's properties, as keys and values.
    pub properties: Vec<(String, String)>,
    /// What the service knows by itself.
    pub facts: BTreeMap<String, String>,
    /// The moment shown as now.
    pub now: Timestamp,
    /// Where that is.
    pub zone: TimeZone,
}

impl std::fmt::Debug for Cover {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Cover({:?}, {} properties)", self.template, self.properties.len())
    }
}

/// Makes the cover page, one page or more where its text is long.
pub fn render(cover: &Cover, options: &Options, sink: Sink<'_>) -> Result<Summary, RenderError> {
    let filled = fill(cover).map_err(|error| RenderError::Template { message: error.to_string() })?;
    let mut out = Output { sink, options: *options, summary: Summary::default() };
    out.summary.empty_keys = filled.missing_keys;
    html::render_text(filled.text, &mut out)?;
    if out.summary.pages == 0 { Err(RenderError::Empty) } else { Ok(out.summary) }
}

/// The templates of the last cover page: the next one is most likely of the same job.
static LAST: Mutex<Option<(BTreeMap<String, String>, Set)>> = Mutex::new(None);

fn fill(cover: &Cover) -> Result<Filled, TemplateError> {
    let mut last = LAST.lock().unwrap_or_else(PoisonError::into_inner);
    let set = match last.take() {
        Some((sources, set)) if sources == cover.sources => set,
        _ => Set::parse(&cover.sources)?,
    };
    let settings = Settings { zone: cover.zone.clone(), now: cover.now, ..Settings::default() };
    let filled = set.fill(&cover.template, &data(cover), &settings);
    *last = Some((cover.sources.clone(), set));
    filled
}

/// The template's variables: the recipient's properties, and what the service knows as entries of `fax`. A property called `fax`
/// hides the latter.
fn data(cover: &Cover) -> Value {
    let mut fax = Map::default();
    fax.insert("date", Value::Date(cover.now, DateKind::DateTime));
    for (key, value) in &cover.facts {
        let value = match (key.as_str(), value.parse::<i64>()) {
            ("pages", Ok(pages)) => Value::Number(pages.into()),
            _ => Value::text(value.as_str()),
        };
        fax.insert(key.as_str(), value);
    }
    let mut data = Map::default();
    data.insert("fax", Value::Map(Arc::new(fax)));
    for (key, value) in &cover.properties {
        data.insert(key.as_str(), Value::text(value.as_str()));
    }
    Value::Map(Arc::new(data))
}
