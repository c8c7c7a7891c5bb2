//! Tests of the engine as its users see it.

mod layers;
mod spandsp;
mod t30;
mod t38_relay;
