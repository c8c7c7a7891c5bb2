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
mod office;
mod render_worker;
mod reports;
mod resources;
mod sdk;
mod stationery;
mod storm;
mod world;
