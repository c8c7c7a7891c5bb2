//! The executable, from outside.

mod render_worker;
