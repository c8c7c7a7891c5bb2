//! Integration tests of the engine.

mod t30;
