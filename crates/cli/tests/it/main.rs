//! The executable, from outside.

mod commands;
mod crash;
mod far_ends;
mod first_start;
mod hostile;
mod render_worker;
mod world;
