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
mod render_worker;
mod resources;
mod stationery;
mod storm;
mod world;
