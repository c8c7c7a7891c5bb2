//! The words of the REST API: requests, answers, error codes.

pub mod answer;

pub mod base64;

pub mod job;

pub mod report;

pub mod stationery;
pub mod warning;
