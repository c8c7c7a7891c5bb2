//! Documents in, pages out.

mod band;
mod corpus;
mod cover;
mod html;
mod make;
mod pdf;
mod picture;
mod text;
mod tiff;
