//! Watching messages pass: whose call is it, has the far end said anything, and a line for the call's ladder.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use rsipstack::sip::headers::Header;
use rsipstack::sip::prelude::{HasHeaders, HeadersExt};
use rsipstack::sip::{Method, SipMessage, StatusCode};
use rsipstack::transaction::endpoint::MessageInspector;
use rsipstack::transport::SipAddr;
use tokio::sync::{Notify, watch};

use crate::line::sdp;
use crate::line::story::Story;

/// What is known of a call beside its dialog.
#[derive(Debug)]
pub(super) struct Watched {
    story: Arc<Story>,
    /// The last answer was made up by the stack: nobody answered, or the transport failed.
    made_up: AtomicBool,
    /// The far end has answered something, if only 100.
    heard: AtomicBool,
    /// The dialog can be found by its tags.
    pub(super) registered: watch::Sender<bool>,
    /// The far end hung up before it answered.
    pub(super) hung_up_early: Notify,
}

impl Watched {
    pub(super) fn answer_was_made_up(&self) -> bool {
        self.made_up.load(Ordering::Acquire)
    }

    pub(super) fn was_heard(&self) -> bool {
        self.heard.load(Ordering::Acquire)
    }
}

/// The calls of a stack, by Call-ID.
#[derive(Clone, Debug, Default)]
pub(super) struct Calls(Arc<Mutex<HashMap<String, Arc<Watched>>>>);

/// Keeps a call in the list.
#[derive(Debug)]
pub(super) struct Listed {
    calls: Calls,
    call_id: String,
    pub(super) watched: Arc<Watched>,
}

impl Calls {
    fn map(&self) -> std::sync::MutexGuard<'_, HashMap<String, Arc<Watched>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lists a call; `None` if its Call-ID is in use (the call came back to where it started).
    pub(super) fn list(&self, call_id: &str, story: Arc<Story>) -> Option<Listed> {
        let watched = Arc::new(Watched {
            story,
            made_up: AtomicBool::new(false),
            heard: AtomicBool::new(false),
            registered: watch::Sender::new(false),
            hung_up_early: Notify::new(),
        });
        let mut map = self.map();
        if map.contains_key(call_id) {
            return None;
        }
        map.insert(call_id.to_owned(), watched.clone());
        Some(Listed { calls: self.clone(), call_id: call_id.to_owned(), watched })
    }

    pub(super) fn find(&self, call_id: &str) -> Option<Arc<Watched>> {
        self.map().get(call_id).cloned()
    }
}

impl Drop for Listed {
    fn drop(&mut self) {
        self.calls.map().remove(&self.call_id);
    }
}

/// Sees every message of the stack.
pub(super) struct Watch(pub(super) Calls);

impl Watch {
    fn call_of(&self, message: &SipMessage) -> Option<Arc<Watched>> {
        self.0.find(message.call_id_header().ok()?.value())
    }
}

impl MessageInspector for Watch {
    fn before_send(&self, message: SipMessage, _: Option<&SipAddr>) -> SipMessage {
        if let Some(call) = self.call_of(&message) {
            tell(&call.story, true, &message);
        }
        message
    }

    fn after_received(&self, message: SipMessage, from: Option<&SipAddr>) -> SipMessage {
        if let Some(call) = self.call_of(&message) {
            // The stack makes up a 408 when timer B ends and a 503 when a stream breaks; those come from nowhere.
            if message.is_response() {
                call.made_up.store(from.is_none(), Ordering::Release);
                call.heard.fetch_or(from.is_some(), Ordering::AcqRel);
            }
            if from.is_some() {
                tell(&call.story, false, &message);
            } else {
                call.story.line("SIP", "no answer");
            }
        }
        message
    }
}

/// A line for the ladder. Names kinds only: no number, no address, no text of the far end's.
pub(super) fn tell(story: &Story, ours: bool, message: &SipMessage) {
    let (what, mut detail, body) = match message {
        SipMessage::Request(request) => (request.method.to_string(), String::new(), &request.body),
        SipMessage::Response(response) => {
            let method = response.cseq_header().and_then(|cseq| cseq.method()).unwrap_or(Method::Invite);
            let text = match &response.status_code {
                // The far end's own words.
                StatusCode::Other(..) => "",
                known => known.text(),
            };
            let detail = format!("{text} ({method})");
            (response.status_code.code().to_string(), detail.trim_start().to_owned(), &response.body)
        }
    };
    let cause = message.headers().iter().find_map(|header| match header {
        Header::Reason(reason) => Some(format!("cause {}", crate::line::verdict::q850_cause(reason.value())?)),
        _ => None,
    });
    for more in [sdp::glance(body), cause].into_iter().flatten() {
        if !detail.is_empty() {
            detail.push_str(", ");
        }
        detail.push_str(&more);
    }
    story.sip(ours, what, detail);
}
