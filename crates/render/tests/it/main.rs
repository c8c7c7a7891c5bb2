//! Documents in, pages out.

mod corpus;
mod make;
mod pdf;
mod picture;
mod text;
mod tiff;
