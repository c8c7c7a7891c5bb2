//! Cover pages: a customer's template, filled for one recipient.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::{Options, RenderError, Sink, Summary};

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
pub fn render(_cover: &Cover, _options: &Options, _sink: Sink<'_>) -> Result<Summary, RenderError> {
    Err(RenderError::Unsupported { what: "cover pages" })
}
