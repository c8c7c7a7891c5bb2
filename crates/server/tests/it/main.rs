//! The service from outside: everything here runs over real sockets.

mod convert;
mod door;
mod export;
mod fetch;
mod golden;
mod line;
mod month;
mod push;
mod store;
