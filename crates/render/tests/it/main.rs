//! Documents in, pages out.

mod corpus;
mod make;
mod pdf;
mod pdf_kinds;
mod picture;
mod text;
mod tiff;
