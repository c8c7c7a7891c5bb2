//! An answered call, from either end: what the far end asks, and what we ask of it.

use std::sync::Arc;

use rsipstack::dialog::DialogId;
use rsipstack::dialog::dialog::{DialogState, DialogStateReceiver, DialogStateSender, TransactionHandle};
use rsipstack::dialog::invite_dialog::InviteDialog;
use rsipstack::sip::headers::Header;
use rsipstack::sip::{Method, Response, StatusCode, StatusCodeKind};
use tokio::task::JoinHandle;

use super::watch::Listed;
use super::{ALLOW, Inner, SDP};

/// A call's place in the books of the stack. Dropping it strikes the call out.
#[derive(Debug)]
pub(super) struct Registered {
    stack: Arc<Inner>,
    id: DialogId,
    _listed: Listed,
}

impl Registered {
    pub(super) fn new(stack: Arc<Inner>, id: DialogId, listed: Listed) -> Registered {
        Registered { stack, id, _listed: listed }
    }

    /// A channel that says nothing.
    pub(super) fn no_states(&self) -> (DialogStateSender, DialogStateReceiver) {
        self.stack.dialogs.new_dialog_state_channel()
    }
}

impl Drop for Registered {
    fn drop(&mut self) {
        self.stack.dialogs.remove_dialog(&self.id);
    }
}

/// An answered call.
pub(crate) struct Leg {
    dialog: InviteDialog,
    states: DialogStateReceiver,
    /// Our re-INVITE, while it is not answered.
    asking: Option<JoinHandle<OfferAnswer>>,
    /// Ours was a 200 with an offer; the answer comes with the ACK of this request.
    expecting_answer: bool,
    over: bool,
    /// `None` once the hang-up has taken it over.
    registered: Option<Registered>,
}

/// What happens to an answered call.
#[derive(Debug)]
pub(crate) enum Signal {
    /// The far end wants to change or refresh the session: answer it.
    Offer(Offer),
    /// The far end's answer to the offer we made in a 200.
    LateAnswer(Vec<u8>),
    /// The far end's answer to our re-INVITE.
    Answered(OfferAnswer),
    /// The far end hung up, or the dialog is lost.
    HungUp,
}

/// A re-INVITE or UPDATE that waits for its answer.
#[derive(Debug)]
pub(crate) struct Offer {
    /// `None`: a re-INVITE that wants our offer.
    pub body: Option<Vec<u8>>,
    handle: TransactionHandle,
}

/// What became of our re-INVITE.
#[derive(Debug)]
pub(crate) enum OfferAnswer {
    /// 200 with this description.
    Accepted(Vec<u8>),
    /// 491: both asked at the same time. RFC 3261 14.1.
    Glare,
    /// Any other refusal; the session stays as it was.
    Refused,
    /// 481, 408 or silence: the call is gone. RFC 3261 14.1.
    Gone,
}

impl Offer {
    /// 200 with this description.
    pub(crate) async fn accept(self, body: Vec<u8>) {
        self.respond(StatusCode::OK, vec![Header::ContentType(SDP.into()), Header::Allow(ALLOW.into())], Some(body))
            .await;
    }

    /// 488: nothing in it that we could do.
    pub(crate) async fn refuse(self) {
        // RFC 3261 20.43: 305 incompatible media format.
        let warning = Header::Warning("305 ferrofax \"Incompatible media format\"".into());
        self.respond(StatusCode::NotAcceptableHere, vec![warning], None).await;
    }

    /// 491: we are asking ourselves just now. RFC 3261 14.2.
    pub(crate) async fn collide(self) {
        self.respond(StatusCode::RequestPending, vec![], None).await;
    }

    async fn respond(self, status: StatusCode, headers: Vec<Header>, body: Option<Vec<u8>>) {
        // If the transaction has gone, so has whoever asked.
        let _ = self.handle.respond(status, Some(headers), body).await;
    }
}

impl Leg {
    pub(super) fn new(dialog: InviteDialog, states: DialogStateReceiver, registered: Registered) -> Leg {
        Leg { dialog, states, asking: None, expecting_answer: false, over: false, registered: Some(registered) }
    }

    /// A re-INVITE of ours waits for its answer.
    pub(crate) fn is_asking(&self) -> bool {
        self.asking.is_some()
    }

    /// Sends a re-INVITE with this offer; [`Signal::Answered`] follows. One at a time.
    pub(crate) fn ask(&mut self, offer: Vec<u8>) {
        debug_assert!(self.asking.is_none(), "one re-INVITE at a time");
        let dialog = self.dialog.clone();
        self.asking = Some(tokio::spawn(async move {
            let headers = vec![Header::ContentType(SDP.into()), Header::Allow(ALLOW.into())];
            match dialog.reinvite(Some(headers), Some(offer)).await {
                Ok(Some(answer)) => judge(answer),
                // No answer, or the dialog has ended meanwhile.
                Ok(None) => OfferAnswer::Gone,
                Err(error) => {
                    tracing::debug!(error = %shown(&error), "a re-INVITE failed");
                    OfferAnswer::Gone
                }
            }
        }));
    }

    /// The offer we gave in a 200 waits for an answer in the ACK.
    pub(crate) fn expect_answer(&mut self) {
        self.expecting_answer = true;
    }

    /// What happens next. Safe to drop and call again. After `HungUp` it never returns.
    pub(crate) async fn next(&mut self) -> Signal {
        if self.over {
            std::future::pending::<()>().await;
        }
        loop {
            tokio::select! {
                biased;
                state = self.states.recv() => {
                    if let Some(signal) = self.read(state) {
                        self.over = matches!(signal, Signal::HungUp);
                        return signal;
                    }
                }
                answer = async { self.asking.as_mut()?.await.ok() }, if self.asking.is_some() => {
                    self.asking = None;
                    return Signal::Answered(answer.unwrap_or(OfferAnswer::Gone));
                }
            }
        }
    }

    fn read(&mut self, state: Option<DialogState>) -> Option<Signal> {
        match state {
            None | Some(DialogState::Terminated(..)) => return Some(Signal::HungUp),
            Some(DialogState::Updated(_, request, handle)) => {
                let body = (!request.body.is_empty()).then_some(request.body);
                if body.is_none() && request.method == Method::Update {
                    // RFC 3311 5.2: a refresh; it wants no description.
                    answer(handle, StatusCode::OK, vec![]);
                } else {
                    return Some(Signal::Offer(Offer { body, handle }));
                }
            }
            Some(DialogState::Confirmed(..)) if self.expecting_answer => {
                if let Some(ack) = self.dialog.last_remote_ack().filter(|ack| !ack.body.is_empty()) {
                    self.expecting_answer = false;
                    return Some(Signal::LateAnswer(ack.body));
                }
            }
            Some(DialogState::Options(_, _, handle)) => {
                answer(handle, StatusCode::OK, vec![Header::Allow(ALLOW.into()), Header::Accept(SDP.into())]);
            }
            Some(DialogState::Info(_, request, handle)) => {
                // RFC 6086 4.2.2: without a body it is a sign of life; we know no package.
                let status = if request.body.is_empty() { StatusCode::OK } else { StatusCode::UnsupportedMediaType };
                answer(handle, status, vec![Header::Accept(SDP.into())]);
            }
            Some(DialogState::Refer(_, _, handle)) => answer(handle, StatusCode::Decline, vec![]),
            Some(
                DialogState::Notify(_, _, handle)
                | DialogState::Message(_, _, handle)
                | DialogState::Publish(_, _, handle),
            ) => answer(handle, StatusCode::MethodNotAllowed, vec![Header::Allow(ALLOW.into())]),
            Some(_) => {}
        }
        None
    }

    /// Hangs up. The returned task ends when the far end has confirmed it, or SIP's timers gave up.
    pub(crate) fn hang_up(&mut self) -> JoinHandle<()> {
        let dialog = self.dialog.clone();
        let registered = self.registered.take();
        let over = std::mem::replace(&mut self.over, true);
        tokio::spawn(async move {
            if !over && let Err(error) = dialog.bye().await {
                tracing::debug!(error = %shown(&error), "a BYE was not answered well");
            }
            // Only now, so that the far end's own BYE still finds its call.
            drop(registered);
        })
    }
}

impl Drop for Leg {
    /// Nobody listens any more: the call must not live on by itself.
    fn drop(&mut self) {
        if !self.over {
            self.hang_up();
        }
    }
}

/// Answers without keeping the call waiting.
fn answer(handle: TransactionHandle, status: StatusCode, headers: Vec<Header>) {
    tokio::spawn(async move {
        let _ = handle.respond(status, Some(headers), None).await;
    });
}

fn judge(answer: Response) -> OfferAnswer {
    match (answer.status_code.kind(), answer.status_code.code()) {
        (StatusCodeKind::Successful, _) => OfferAnswer::Accepted(answer.body),
        (_, 491) => OfferAnswer::Glare,
        (_, 408 | 481) => OfferAnswer::Gone,
        _ => OfferAnswer::Refused,
    }
}

/// An error of the stack without what it may quote: addresses and numbers.
pub(super) fn shown(error: &rsipstack::Error) -> &'static str {
    use rsipstack::Error;
    match error {
        Error::SipMessageError(_) => "a message can't be read",
        Error::DnsResolutionError(_) => "a name can't be resolved",
        Error::TransportLayerError(..) | Error::IoError(_) => "the transport failed",
        Error::TransactionError(..) => "a transaction failed",
        Error::DialogError(..) => "the dialog does not allow it",
        _ => "the stack failed",
    }
}
