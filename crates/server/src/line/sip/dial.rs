//! A call that goes out, until it is answered or refused.

use std::sync::Arc;

use rsipstack::dialog::authenticate::Credential;
use rsipstack::dialog::dialog::{DialogState, DialogStateReceiver};
use rsipstack::dialog::invitation::{InviteAsyncResult, InviteOption};
use rsipstack::dialog::invite_dialog::InviteDialog;
use rsipstack::sip::headers::Header;
use rsipstack::sip::prelude::HasHeaders;
use rsipstack::sip::{Auth, HostWithPort, Param, Response, Scheme, StatusCodeKind, Uri};
use tokio::task::JoinHandle;

use super::leg::{Leg, Registered, shown};
use super::watch::{Listed, Watched};
use super::{ALLOW, Inner, SDP, Stack, Transport};
use crate::line::story::Story;
use crate::line::verdict::Refusal;

/// Whom to call, and as whom.
pub(crate) struct Invitation {
    /// User part of the target.
    pub to: String,
    /// User part of From and Contact.
    pub from: String,
    /// `host` or `host:port` of the trunk.
    pub trunk: HostWithPort,
    /// Digest credentials.
    pub credential: Option<Credential>,
    /// Say `P-Asserted-Identity` too.
    pub assert_identity: bool,
    pub offer: Vec<u8>,
}

/// A call that rings.
pub(crate) struct Dialing {
    stack: Arc<Inner>,
    dialog: InviteDialog,
    states: DialogStateReceiver,
    invite: JoinHandle<InviteAsyncResult>,
    watched: Arc<Watched>,
    /// Until the leg takes it over.
    listed: Option<Listed>,
    cancelled: bool,
    /// The 200 is here. What happens from now on is for the leg.
    confirmed: bool,
    ended: bool,
}

/// News of a call that rings.
pub(crate) enum Dialed {
    /// 180, 183 and the like; their media are ignored.
    Progress,
    /// 200, with the far end's answer.
    Answered(Box<Leg>, Vec<u8>),
    /// A final refusal, or no answer at all.
    Refused(Refusal),
    /// The far end hung up before it answered; it has been told that its BYE was heard, and the INVITE still has to end.
    HungUp,
}

impl Stack {
    /// Sends an INVITE. `None` where the stack can't even make one.
    pub(crate) fn dial(&self, invitation: Invitation, story: Arc<Story>) -> Option<Dialing> {
        let stack = self.inner.clone();
        // The host part is ours: unique, and it tells nothing the Contact does not.
        let call_id = format!("{:032x}@{}", rand::random::<u128>(), stack.address.ip());
        let listed = stack.calls.list(&call_id, story)?;
        let ours = stack.contact(&invitation.from);
        let mut callee = uri(&invitation.to, invitation.trunk.clone());
        if stack.transport == Transport::Tcp {
            callee.params.push(Param::Transport(rsipstack::sip::Transport::Tcp));
        }
        // The trunk's domain, as providers want it.
        let caller = uri(&invitation.from, HostWithPort { host: invitation.trunk.host.clone(), port: None });
        let mut headers = vec![Header::Allow(ALLOW.into()), Header::Accept(SDP.into())];
        if invitation.assert_identity {
            headers.push(Header::PAssertedIdentity(format!("<{caller}>").into()));
        }
        let option = InviteOption {
            caller,
            callee,
            contact: ours,
            credential: invitation.credential,
            content_type: Some(SDP.to_owned()),
            offer: Some(invitation.offer),
            headers: Some(headers),
            call_id: Some(call_id),
            ..InviteOption::default()
        };
        let (sender, states) = stack.dialogs.new_dialog_state_channel();
        let (dialog, invite) = stack
            .dialogs
            .do_invite_async(option, sender)
            .inspect_err(|error| tracing::error!(error = %shown(error), "an INVITE can't be made"))
            .ok()?;
        let watched = listed.watched.clone();
        Some(Dialing {
            stack,
            dialog,
            states,
            invite,
            watched,
            listed: Some(listed),
            cancelled: false,
            confirmed: false,
            ended: false,
        })
    }
}

impl Inner {
    /// Our address, as a Contact.
    pub(super) fn contact(&self, user: &str) -> Uri {
        let mut contact = uri(user, self.address.into());
        if self.transport == Transport::Tcp {
            contact.params.push(Param::Transport(rsipstack::sip::Transport::Tcp));
        }
        contact
    }
}

fn uri(user: &str, host_with_port: HostWithPort) -> Uri {
    let auth = (!user.is_empty()).then(|| Auth { user: user.to_owned(), password: None });
    Uri { scheme: Some(Scheme::Sip), auth, host_with_port, ..Uri::default() }
}

impl Dialing {
    /// The next news. After `Answered` or `Refused` there is none. Safe to drop and call again.
    pub(crate) async fn next(&mut self) -> Dialed {
        loop {
            tokio::select! {
                biased;
                Some(state) = self.states.recv(), if !self.confirmed => {
                    self.confirmed = state.is_confirmed();
                    if matches!(state, DialogState::Early(..)) {
                        return Dialed::Progress;
                    }
                    // Of a refusal the INVITE's own end says more.
                }
                () = self.watched.hung_up_early.notified() => return Dialed::HungUp,
                ended = &mut self.invite => return self.ended(ended.ok()),
            }
        }
    }

    /// Stops ringing: CANCEL, as soon as RFC 3261 9.1 allows. The final answer still comes; a 200 that crosses the CANCEL is
    /// hung up by the stack and reported as a refusal.
    pub(crate) fn cancel(&mut self) {
        if !std::mem::replace(&mut self.cancelled, true) {
            let dialog = self.dialog.clone();
            tokio::spawn(async move {
                if let Err(error) = dialog.cancel().await {
                    // What ends the call is the answer to the INVITE.
                    tracing::debug!(error = %shown(&error), "a CANCEL was not answered well");
                }
            });
        }
    }

    /// Whether the trunk has said anything at all.
    pub(crate) fn was_heard(&self) -> bool {
        self.watched.was_heard()
    }

    fn ended(&mut self, ended: Option<InviteAsyncResult>) -> Dialed {
        self.ended = true;
        let Some(Ok((id, Some(answer)))) = ended else {
            return Dialed::Refused(Refusal::default());
        };
        let success = answer.status_code.kind() == StatusCodeKind::Successful;
        let listed = self.listed.take().filter(|_| success && !self.cancelled);
        let Some(listed) = listed else {
            let made_up = self.watched.answer_was_made_up();
            return Dialed::Refused(refusal(&answer, made_up));
        };
        self.watched.registered.send_replace(true);
        let (_, no_states) = self.stack.dialogs.new_dialog_state_channel();
        let states = std::mem::replace(&mut self.states, no_states);
        let registered = Registered::new(self.stack.clone(), id, listed);
        Dialed::Answered(Box::new(Leg::new(self.dialog.clone(), states, registered)), answer.body)
    }
}

impl Drop for Dialing {
    /// Nobody waits for the answer any more: the call must not live on by itself.
    fn drop(&mut self) {
        if !self.ended {
            self.cancel();
        }
    }
}

fn refusal(answer: &Response, made_up: bool) -> Refusal {
    let reasons = answer.headers().iter().filter_map(|header| match header {
        Header::Reason(reason) => Some(reason.value().to_owned()),
        _ => None,
    });
    Refusal { status: (!made_up).then(|| answer.status_code.code()), reasons: reasons.collect() }
}
