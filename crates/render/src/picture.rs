//! Pictures to pages.

use crate::{Output, RenderError};

pub(crate) fn render(_document: &[u8], _out: &mut Output<'_>) -> Result<(), RenderError> {
    Err(RenderError::Unsupported { what: "pictures" })
}
