//! Rows: everything the service remembers. The only place that speaks SQL.
