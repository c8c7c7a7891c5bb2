//! The golden set: what documents, cover pages and header lines look like, as pictures. `FERROFAX_GOLDEN=write` writes them anew.

mod compare;
mod covers;
mod documents;
mod headers;

use ferrofax_fax::page::{Bitmap, Resolution};

pub use compare::Tolerance;

/// See [`compare::golden`].
pub fn golden(name: &str, pages: &[Bitmap], resolution: Resolution, tolerance: Tolerance) {
    compare::golden(env!("CARGO_MANIFEST_DIR"), name, pages, resolution, tolerance);
}
