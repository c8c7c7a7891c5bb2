//! The service from outside: everything here runs over real sockets.

mod door;
mod line;
mod store;
