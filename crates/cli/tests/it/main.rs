//! The executable, from outside.

mod by_url;
mod commands;
mod composed;
mod crash;
mod far_ends;
mod first_start;
mod hostile;
mod office;
mod render_worker;
mod stationery;
mod world;
