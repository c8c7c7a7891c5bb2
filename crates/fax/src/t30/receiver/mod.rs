//! The receiver: says what it can, judges the training, takes pages, confirms them.
//!
//! `SendCed` → `SendDis` → `AwaitDcs` → `AwaitTcf` → `SendAnswer` (CFR) → `AwaitPage` → `SendAnswer` (MCF) → … → `AwaitDcn`.
//!
//! Any command may come in any wait, because an answer of ours may have been lost: a repeated command gets its answer once more,
//! and a page is handed over once. What a command means stands in `taking`.
//!
//! Left out: RNR (this receiver is always ready), procedure interrupts (PRI-… are taken like the plain commands).

mod answer;
mod await_dcn;
mod await_page;
mod await_tcf;
mod offer;
mod paper;
mod taking;

pub(super) use answer::SendAnswer;
pub(super) use await_dcn::{AwaitDcn, Mute};
pub(super) use await_page::AwaitPage;
pub(super) use await_tcf::AwaitTcf;
pub(super) use offer::{AwaitDcs, SendCed, SendDis};
pub(super) use taking::Taking;
