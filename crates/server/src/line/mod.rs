//! Calls: SIP, media sockets, and the clock that drives a fax call.
