//! Test kit: lines in simulated time, seeded. Never shipped.
//!
//! [`memory`] joins two T.30 ends without packets or sound, [`t38`] joins them over T.38 with bad weather on the way
//! ([`link`]). Both are a [`Joint`], so one T.30 script runs over either ([`converse()`]).

pub mod converse;
pub mod link;
pub mod memory;
pub mod signal;
pub mod t38;

pub use converse::{Machine, Party, Said, converse};

use ferrofax_fax::carrier::{Command, Report};
use ferrofax_fax::t30::Role;
use ferrofax_fax::time::Time;

/// Two T.30 ends joined by some carrier, in simulated time.
pub trait Joint {
    /// The end `from` commands its carrier.
    fn command(&mut self, now: Time, from: Role, command: Command);

    /// The next report due at or before `now`, and the end it is for. Ask until there is none.
    fn poll(&mut self, now: Time) -> Option<(Role, Report)>;

    /// When to ask next, unless a command comes first.
    fn next_at(&self) -> Time;
}

/// The other end.
pub(crate) fn far(role: Role) -> Role {
    match role {
        Role::Caller => Role::Answerer,
        Role::Answerer => Role::Caller,
    }
}
