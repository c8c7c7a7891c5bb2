//! Documents in, pages out.

mod band;
mod corpus;
mod cover;
mod golden;
mod html;
mod make;
mod pdf;
mod pdf_kinds;
mod pdf_objects;
mod picture;
mod text;
mod tiff;
