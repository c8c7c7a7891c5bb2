//! The words of the REST API: requests, answers, error codes.

pub mod job;

pub mod report;
