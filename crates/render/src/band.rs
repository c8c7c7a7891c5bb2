//! Header bands: the lines at the top of a page that say who sent it, as a page of few rows.

use ferrofax_fax::page::Resolution;
use ferrofax_template::header::Line;

use crate::{RenderError, Sink, Summary};

/// Draws each band and hands it out, as high as [`ferrofax_template::header::band_rows`] says; its last row is white.
pub fn render(_bands: &[Vec<Line>], _resolution: Resolution, _sink: Sink<'_>) -> Result<Summary, RenderError> {
    Err(RenderError::Unsupported { what: "header lines" })
}
