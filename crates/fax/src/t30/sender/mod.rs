//! The sender: finds out what the far end can, trains, sends pages, has each confirmed.
//!
//! `AwaitDis` → `SendTraining` → `AwaitCfr` → `SendPage` → `AwaitPageAnswer` → … → DCN, and with error correction
//! `SendBlock` → `AwaitBlockAnswer`, with `AwaitReady` (RNR) and `AwaitCtr` (the fourth PPR) aside.
//!
//! Left out: EOR. A block that can't be corrected at the lowest rate ends the call; giving it up would leave a hole in the page.

mod ask;
mod await_dis;
mod block;
mod correct;
mod job;
mod not_ready;
mod page;
mod train;

pub(super) use await_dis::AwaitDis;
pub(super) use block::{AwaitBlockAnswer, SendBlock};
pub(super) use correct::AwaitCtr;
pub(super) use job::{Job, Pages};
pub(super) use not_ready::AwaitReady;
pub(super) use page::{AwaitPageAnswer, SendPage};
pub(super) use train::{AwaitCfr, SendTraining};
