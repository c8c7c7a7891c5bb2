//! Requests from outside, each to the call it belongs to; new calls to whoever answers.

use std::sync::{Arc, Weak};
use std::time::Duration;

use ferrofax_fax::t30::Role;
use rsipstack::dialog::dialog::{DialogState, DialogStateReceiver};
use rsipstack::dialog::invite_dialog::InviteDialog;
use rsipstack::sip::headers::Header;
use rsipstack::sip::prelude::HeadersExt;
use rsipstack::sip::{Method, StatusCode};
use rsipstack::transaction::TransactionReceiver;
use rsipstack::transaction::transaction::Transaction;
use tokio::sync::mpsc;

use super::leg::{Leg, Registered, shown};
use super::watch::tell;
use super::{ALLOW, Inner, SDP};
use crate::line::story::Story;

/// How long a request may be ahead of our own bookkeeping of the 200 it follows. Well below its first repeat.
const BOOKKEEPING_MAX: Duration = Duration::from_millis(250);

/// A call that came in and waits to be answered.
pub(crate) struct Ringing {
    /// User part of the address that was called.
    pub called: String,
    /// `None`: the far end wants our offer.
    pub offer: Option<Vec<u8>>,
    pub story: Arc<Story>,
    dialog: InviteDialog,
    states: DialogStateReceiver,
    /// `None` once the leg has taken it over, or the call was refused.
    registered: Option<Registered>,
}

/// Reads requests until the stack closes.
pub(super) async fn dispatch(
    stack: Weak<Inner>,
    mut requests: TransactionReceiver,
    incoming: Option<mpsc::Sender<Ringing>>,
) {
    while let Some(mut transaction) = requests.recv().await {
        let Some(stack) = stack.upgrade() else { return };
        let incoming = incoming.clone();
        let Ok(permit) = stack.requests.clone().try_acquire_owned() else {
            tracing::warn!("too many SIP requests at a time");
            let _ = transaction.reply(StatusCode::ServiceUnavailable).await;
            continue;
        };
        tokio::spawn(async move {
            if let Err(error) = handle(&stack, &mut transaction, incoming).await {
                tracing::debug!(error = %shown(&error), "a SIP request could not be answered");
            }
            drop(permit);
        });
    }
}

async fn handle(
    stack: &Arc<Inner>,
    transaction: &mut Transaction,
    incoming: Option<mpsc::Sender<Ringing>>,
) -> Result<(), rsipstack::Error> {
    let request = &transaction.original;
    let in_dialog = request.to_header()?.tag()?.is_some();
    match request.method {
        Method::Ack => Ok(()),
        _ if in_dialog => inside(stack, transaction).await,
        Method::Invite => match incoming {
            Some(incoming) => invite(stack, transaction, &incoming).await,
            None => transaction.reply(StatusCode::Forbidden).await,
        },
        // Trunks ask so whether we live.
        Method::Options => {
            let headers = vec![Header::Allow(ALLOW.into()), Header::Accept(SDP.into())];
            transaction.reply_with(StatusCode::OK, headers, None).await
        }
        // RFC 3261 9.2: a CANCEL for an INVITE we know goes another way.
        Method::Cancel | Method::Bye => transaction.reply(StatusCode::CallTransactionDoesNotExist).await,
        _ => transaction.reply_with(StatusCode::MethodNotAllowed, vec![Header::Allow(ALLOW.into())], None).await,
    }
}

/// A request inside a call.
async fn inside(stack: &Inner, transaction: &mut Transaction) -> Result<(), rsipstack::Error> {
    if let Some(mut dialog) = stack.dialogs.match_dialog(transaction) {
        return dialog.handle(transaction).await;
    }
    let Some(call) = stack.calls.find(transaction.original.call_id_header()?.value()) else {
        return transaction.reply(StatusCode::CallTransactionDoesNotExist).await;
    };
    // The far end may ask the moment it sees our ACK, before the dialog stands in the books.
    let mut registered = call.registered.subscribe();
    if tokio::time::timeout(BOOKKEEPING_MAX, registered.wait_for(|done| *done)).await.is_ok()
        && let Some(mut dialog) = stack.dialogs.match_dialog(transaction)
    {
        return dialog.handle(transaction).await;
    }
    if transaction.original.method == Method::Bye && !*registered.borrow() {
        // RFC 3261 15 forbids a BYE from the one who is called before its 200; some send it all the same.
        call.hung_up_early.notify_one();
        return transaction.reply(StatusCode::OK).await;
    }
    transaction.reply(StatusCode::CallTransactionDoesNotExist).await
}

/// A new call.
async fn invite(
    stack: &Arc<Inner>,
    transaction: &mut Transaction,
    incoming: &mpsc::Sender<Ringing>,
) -> Result<(), rsipstack::Error> {
    let Ok(place) = incoming.try_reserve() else {
        return transaction.reply(StatusCode::ServiceUnavailable).await;
    };
    let request = transaction.original.clone();
    let call_id = request.call_id_header()?.value().to_owned();
    let story = Arc::new(Story::begin(Role::Answerer, stack.speed));
    let Some(listed) = stack.calls.list(&call_id, story.clone()) else {
        return transaction.reply(StatusCode::LoopDetected).await;
    };
    let called = request.uri.user().unwrap_or_default().to_owned();
    let (sender, states) = stack.dialogs.new_dialog_state_channel();
    let contact = stack.contact(&called);
    let dialog = stack.dialogs.get_or_create_server_invite(transaction, sender, None, Some(contact));
    let Ok(mut dialog) = dialog else {
        // No Contact, for one.
        return transaction.reply(StatusCode::BadRequest).await;
    };
    tell(&story, false, &request.clone().into());
    let offer = (!request.body.is_empty()).then_some(request.body);
    let registered = Some(Registered::new(stack.clone(), dialog.id(), listed));
    place.send(Ringing { called, offer, story, dialog: dialog.clone(), states, registered });
    dialog.handle(transaction).await
}

impl Ringing {
    /// 180.
    pub(crate) fn ring(&self) {
        let _ = self.dialog.ringing(None, None);
    }

    /// Refuses the call; a cause of Q.850 beside the status says more.
    pub(crate) fn refuse(mut self, status: u16, cause: Option<u8>) {
        self.reject(status, cause.map(|cause| format!("Q.850;cause={cause}")));
    }

    /// 200 with this description, an answer to the offer or an offer of ours if there was none. `None` if the caller
    /// has gone.
    pub(crate) fn accept(mut self, body: Vec<u8>) -> Option<Leg> {
        let headers = vec![Header::ContentType(SDP.into()), Header::Allow(ALLOW.into())];
        self.dialog.accept(Some(headers), Some(body)).ok()?;
        let registered = self.registered.take()?;
        let (_, no_states) = registered.no_states();
        let states = std::mem::replace(&mut self.states, no_states);
        let mut leg = Leg::new(self.dialog.clone(), states, registered);
        if self.offer.is_none() {
            leg.expect_answer();
        }
        Some(leg)
    }

    /// Returns when the caller has given up. Safe to drop and call again.
    pub(crate) async fn given_up(&mut self) {
        while let Some(state) = self.states.recv().await {
            if matches!(state, DialogState::Terminated(..)) {
                return;
            }
        }
    }

    fn reject(&mut self, status: u16, reason: Option<String>) {
        if self.registered.take().is_some() {
            let _ = self.dialog.reject(Some(status.into()), reason);
        }
    }
}

impl Drop for Ringing {
    /// Nobody will answer.
    fn drop(&mut self) {
        self.reject(480, None);
    }
}
