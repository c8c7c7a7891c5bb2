//! Integration tests of the engine, one binary.

mod codec;
mod codec_claims;
mod codec_crashes;
mod codec_libtiff;
mod codec_pages;
mod tiff;
