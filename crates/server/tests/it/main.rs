//! The service from outside: everything here runs over real sockets.

mod line;
mod store;
