//! Documents in, pages out.

mod band;
mod corpus;
mod make;
mod pdf;
mod text;
mod tiff;
