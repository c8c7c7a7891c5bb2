//! The executable, from outside.

mod by_url;
mod commands;
mod composed;
mod crash;
mod delivery;
mod far_ends;
mod first_start;
mod golden;
mod hostile;
mod lists;
mod mail;
mod office;
mod outage;
mod push;
#[path = "../../../server/tests/it/push/target.rs"]
#[expect(dead_code, reason = "shared with the tests of the server")]
mod push_target;
mod render_worker;
mod reports;
mod resources;
mod sdk;
mod stationery;
mod storm;
mod world;
