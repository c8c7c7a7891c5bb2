//! The door over real sockets, before a desk that remembers in memory.

mod answers;
mod openapi;
mod wire;
mod world;
