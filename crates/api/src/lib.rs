//! The words of the REST API: requests, answers, error codes.

pub mod answer;
pub mod bulk;
pub mod control;
pub mod destinations;

pub mod base64;

pub mod job;

pub mod lists;

pub mod notices;
pub mod progress;

pub mod report;

pub mod stationery;
pub mod warning;
