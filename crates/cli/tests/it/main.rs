//! The executable, from outside.

mod commands;
mod composed;
mod crash;
mod far_ends;
mod first_start;
mod render_worker;
mod world;
