//! Tests of the engine as its users see it.

mod call;
mod codec;
mod codec_claims;
mod codec_crashes;
mod codec_libtiff;
mod codec_pages;
mod crashes;
mod layers;
mod spandsp;
mod t30;
mod t30_claims;
mod t30_crashes;
mod t38_claims;
mod t38_crashes;
mod t38_relay;
mod t38_spandsp;
mod t38_tshark;
mod t38_weather;
mod tiff;
