//! Documents in, pages out.

mod corpus;
mod make;
mod pdf;
mod text;
mod tiff;
