//! Integration tests of the service.

mod store;
