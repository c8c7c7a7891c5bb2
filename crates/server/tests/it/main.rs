//! The service from outside: everything here runs over real sockets.

mod door;
mod export;
mod line;
mod store;
