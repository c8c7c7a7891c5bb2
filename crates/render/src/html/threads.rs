//! Threads with stacks for deep documents, each kept for the next one.
//!
//! The style engine has tables of each thread that it never frees, some 34 kB. A thread for each document would leak as much.

use std::sync::mpsc::{Sender, channel};
use std::sync::{Mutex, PoisonError};
use std::{io, thread};

use crate::RenderError;

/// Elements stand in each other, and so do the functions that visit them.
const STACK_BYTES: usize = 256 << 20;

type Work = Box<dyn FnOnce() + Send>;

pub(super) static THREADS: Threads = Threads { idle: Mutex::new(Vec::new()) };

pub(super) struct Threads {
    /// No more than were ever at work at the same time.
    idle: Mutex<Vec<Sender<Work>>>,
}

impl Threads {
    /// Does this on one of them and waits for it. What panics takes its thread with it, and leaves nothing for the next.
    pub(super) fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, RenderError> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let thread = idle.map_or_else(start, Ok)?;
        let (answer, answered) = channel();
        let work: Work = Box::new(move || drop(answer.send(work())));
        let done = thread.send(work).ok().and_then(|()| answered.recv().ok());
        let done = done.ok_or(RenderError::Damaged { page: None, what: "its reader gave up on it" })?;
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(thread);
        Ok(done)
    }
}

fn start() -> io::Result<Sender<Work>> {
    let (thread, orders) = channel::<Work>();
    thread::Builder::new().stack_size(STACK_BYTES).spawn(move || orders.into_iter().for_each(|work| work()))?;
    Ok(thread)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_is_kept_until_it_panics() {
        let threads = Threads { idle: Mutex::default() };
        let id = || threads.run(|| thread::current().id());
        let first = id().unwrap();
        assert_eq!(id().unwrap(), first);
        assert!(threads.run(|| panic!("in a test")).is_err());
        assert_ne!(id().unwrap(), first);
    }
}
