//! Tests of the engine as its users see it.

mod layers;
mod spandsp;
mod t38_relay;
mod t38_tshark;

mod codec;
mod codec_libtiff;
mod codec_pages;
mod tiff;
