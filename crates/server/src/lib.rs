//! The service: accepts, stores, prepares, sends and reports.
//!
//! A fax: `http → accept → store ⇢ prepare → (render child) → store ⇢ send → line → jobs::decide → store → http`, and
//! `store ⇢ report` to those who asked to be told.
//! Each `⇢` is a claim from the store. Stages never call each other. `ARCHITECTURE.md` walks the whole way.
//!
//! Left out: metrics.

pub mod accept;
pub mod blobs;
pub mod compose;
pub mod config;
pub mod docs;
pub mod export;
pub mod failpoint;
pub mod fetch;
pub mod http;
pub mod jobs;
pub mod line;
pub mod lists;
pub mod prepare;
pub mod receive;
pub mod report;
pub mod send;
pub mod service;
pub mod stationery;
pub mod store;
pub mod studio;
