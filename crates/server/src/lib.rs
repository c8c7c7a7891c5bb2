//! The service: accepts, stores, prepares, sends and reports.
//!
//! A fax: `http → accept → store ⇢ prepare → (render child) → store ⇢ send → line → jobs::decide → store ⇢ report`.
//! Each `⇢` is a claim from the store. Stages never call each other.

pub mod accept;
pub mod blobs;
pub mod config;
pub mod http;
pub mod jobs;
pub mod line;
pub mod prepare;
pub mod receive;
pub mod send;
pub mod service;
pub mod store;
