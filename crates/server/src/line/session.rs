//! An answered call from answer to hang-up, either end: drives the engine with packets, SIP and the clock.
//!
//! One loop, one task. The engine's time is wall time since the answer × speed. Before the engine is told that a moment has
//! come, everything already in the sockets and from SIP is handed to it, so that a busy machine does not turn packets that are
//! there into timeouts (decision 19). An event is awaited with its observer before the engine is polled on: what it says is on
//! disk before the far end can see our next move.
//!
//! The switch to T.38 (decision 20): the engine says when to ask; the far end may ask at any time. Both at once: 491, and
//! another try after RFC 3261 14.1's pause unless the far end's offer came first. Audio goes on meanwhile.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::{Duration, Instant};

use ferrofax_fax::call::{Call, Input, Output};
use ferrofax_fax::outcome::{Outcome, Phase};
use ferrofax_fax::t30::{self, Event, Role};
use ferrofax_fax::time::Time;
use tokio_util::sync::CancellationToken;

use super::Observer;
use super::sdp::{Description, Far, Kind, Local};
use super::sip::{Leg, Offer, OfferAnswer, Signal};
use super::sockets::{Heard, Media};
use super::story::{Clock, Speed, Story};

/// Packets handed over before a timeout, at most: a flood must not stop the clock.
const DRAIN_MAX: usize = 256;
/// How often T.38 is asked for again after 491.
const GLARE_TRIES: u32 = 4;
/// Engine time between a refusal of T.38 and the hang-up that follows it, so that they arrive in this order.
const REFUSAL_FIRST: Duration = Duration::from_secs(1);
/// Engine time a cancelled call gets for its DCN.
const CANCEL_MAX: Duration = Duration::from_secs(30);

/// What a call is made of once it is answered.
pub(crate) struct Session<'a, O> {
    pub leg: Leg,
    pub media: Media,
    pub local: Local,
    /// `None`: nobody is there to talk; SIP is answered all the same (a silent test machine).
    pub engine: Option<Call>,
    pub role: Role,
    pub speed: Speed,
    /// Hang up this long (engine time) after the answer, whatever happens.
    pub hang_up_after: Option<Duration>,
    /// A test machine hangs up rather than stay in audio, when it is asked for T.38 and has none.
    pub hangs_up_without_t38: bool,
    /// Longest call, engine time.
    pub longest: Duration,
    pub story: Arc<Story>,
    pub observer: &'a mut O,
    pub cancel: CancellationToken,
    /// No further page is begun once this is cancelled.
    pub finish: CancellationToken,
}

/// How it ended.
pub(crate) struct Ended {
    pub outcome: Outcome,
    /// The far end's identification.
    pub remote_id: Option<String>,
    /// What was agreed last, once a page went that way.
    pub session: Option<t30::Session>,
    /// The far end refused T.38, and did not switch by itself.
    pub t38_refused: bool,
}

/// Where our own request for T.38 stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Asking {
    No,
    Sent {
        tries: u32,
    },
    /// After 491.
    Again {
        at: Instant,
        tries: u32,
    },
}

struct Run<'a, O> {
    session: Session<'a, O>,
    clock: Clock,
    /// What the engine said last; `NEVER` without one.
    wait: Time,
    asking: Asking,
    cancelled: bool,
    finishing: bool,
    /// We end the call because it took too long.
    too_long: bool,
    /// The call ends then at the latest.
    deadline: Instant,
    remote_id: Option<String>,
    /// What the DCS of the moment says.
    proposed: Option<t30::Session>,
    /// What a page went with.
    used: Option<t30::Session>,
    t38_refused: bool,
}

type Flow = ControlFlow<Outcome>;

impl<O: Observer> Session<'_, O> {
    /// Runs the call to its end, and hangs up unless the far end did. `far` is what the far end's first description said;
    /// `None` if that is still to come, in its ACK.
    pub(crate) async fn run(self, far: Option<Far>) -> Ended {
        self.story.answered();
        let clock = Clock::start(self.speed);
        let after = |span: Duration| Instant::now() + self.speed.wall(span);
        let deadline = after(self.hang_up_after.unwrap_or(self.longest));
        let mut run = Run {
            session: self,
            clock,
            wait: Time::NEVER,
            asking: Asking::No,
            cancelled: false,
            finishing: false,
            too_long: false,
            deadline,
            remote_id: None,
            proposed: None,
            used: None,
            t38_refused: false,
        };
        let outcome = run.call(far).await;
        let outcome = run.known(outcome);
        run.session.story.line("end", &outcome.to_string());
        // Nothing happens if the far end was first.
        super::hang_up(&mut run.session.leg).await;
        Ended { outcome, remote_id: run.remote_id, session: run.used, t38_refused: run.t38_refused }
    }
}

impl<O: Observer> Run<'_, O> {
    async fn call(&mut self, far: Option<Far>) -> Outcome {
        if let Some(audio @ Far::Audio { .. }) = &far {
            self.session.media.agree(audio.clone());
        }
        let mut flow = match (self.feed(Input::Connected).await, far) {
            // A caller that offered nothing but T.38.
            (ControlFlow::Continue(()), Some(t38 @ Far::T38 { .. })) => self.agreed(t38).await,
            (flow, _) => flow,
        };
        loop {
            match flow {
                ControlFlow::Continue(()) => flow = self.step().await,
                ControlFlow::Break(outcome) => return outcome,
            }
        }
    }

    /// Waits for one thing to happen, and deals with it.
    async fn step(&mut self) -> Flow {
        let until = self.clock.wall(self.wait).unwrap_or(self.deadline);
        let again = match self.asking {
            Asking::Again { at, .. } => at,
            _ => self.deadline,
        };
        let wake = until.min(again).min(self.deadline);
        if Instant::now() >= wake && (self.cancelled || !self.session.cancel.is_cancelled()) {
            // Not left to the select below: a flood of packets must not hide the time.
            return self.woken().await;
        }
        tokio::select! {
            biased;
            () = self.session.cancel.cancelled(), if !self.cancelled => self.cancelled().await,
            () = self.session.finish.cancelled(), if !self.finishing => self.finishing().await,
            signal = self.session.leg.next() => self.signal(signal).await,
            heard = self.session.media.receive() => self.heard(heard).await,
            () = tokio::time::sleep_until(wake.into()) => self.woken().await,
        }
    }

    async fn cancelled(&mut self) -> Flow {
        self.cancelled = true;
        self.deadline = self.deadline.min(Instant::now() + self.session.speed.wall(CANCEL_MAX));
        if self.session.engine.is_none() {
            return Flow::Break(Outcome::Cancelled);
        }
        self.feed(Input::Cancel).await
    }

    async fn finishing(&mut self) -> Flow {
        self.finishing = true;
        self.feed(Input::Finish).await
    }

    /// A moment has come. What is there already goes first.
    async fn woken(&mut self) -> Flow {
        for _ in 0..DRAIN_MAX {
            let signal = tokio::select! {
                biased;
                signal = self.session.leg.next() => Some(signal),
                () = std::future::ready(()) => None,
            };
            if let Some(signal) = signal {
                self.signal(signal).await?;
            } else if let Some(heard) = self.session.media.try_receive() {
                self.heard(heard).await?;
            } else {
                break;
            }
        }
        let now = Instant::now();
        if now >= self.deadline {
            return self.out_of_time().await;
        }
        if let Asking::Again { at, tries } = self.asking
            && now >= at
        {
            self.ask(tries);
        }
        if self.clock.now() >= self.wait { self.feed(Input::Timeout).await } else { Flow::Continue(()) }
    }

    async fn out_of_time(&mut self) -> Flow {
        if self.session.hang_up_after.is_some() || self.cancelled {
            return Flow::Break(Outcome::Cancelled);
        }
        self.session.story.line("call", "the longest allowed");
        self.too_long = true;
        self.deadline += self.session.speed.wall(CANCEL_MAX);
        self.cancelled().await
    }

    /// A call cancelled for its length is not one somebody cancelled.
    fn known(&self, outcome: Outcome) -> Outcome {
        if self.too_long && outcome == Outcome::Cancelled { Outcome::CallTooLong } else { outcome }
    }

    /// Hands over the media that are here already: they were sent before what comes next.
    async fn drain(&mut self) -> Flow {
        for _ in 0..DRAIN_MAX {
            let Some(heard) = self.session.media.try_receive() else { break };
            self.heard(heard).await?;
        }
        Flow::Continue(())
    }

    async fn heard(&mut self, heard: Heard) -> Flow {
        match heard {
            Heard::Nothing => {}
            Heard::Datagram(datagram) => self.feed(Input::Datagram(&datagram)).await?,
            Heard::Audio(frames) => {
                for frame in &frames {
                    self.feed(Input::Audio(frame)).await?;
                }
            }
        }
        Flow::Continue(())
    }

    /// One input for the engine, then all it has to say.
    async fn feed(&mut self, input: Input<'_>) -> Flow {
        let Some(engine) = &mut self.session.engine else { return Flow::Continue(()) };
        let hung_up = matches!(input, Input::RemoteHungUp);
        let mut unavailable = false;
        engine.handle(self.clock.now(), input);
        loop {
            let Some(engine) = &mut self.session.engine else { return Flow::Continue(()) };
            match engine.poll() {
                Output::Audio(frame) => self.session.media.send_audio(&frame).await,
                Output::Datagram(datagram) => self.session.media.send_datagram(&datagram).await,
                Output::RequestT38 if self.session.local.has_t38() => {
                    if self.asking == Asking::No && !self.session.leg.is_asking() {
                        self.ask(0);
                    }
                }
                // An answerer without T.38 stays in audio and leaves it to the caller what to make of that.
                Output::RequestT38 => unavailable = self.session.role == Role::Caller,
                Output::Event(event) => self.event(event).await?,
                Output::Wait(_) if unavailable => {
                    unavailable = false;
                    engine.handle(self.clock.now(), Input::T38Unavailable);
                }
                Output::Wait(until) => {
                    self.wait = until;
                    break;
                }
            }
        }
        // Nothing can follow a hang-up; an engine that still waits for something would wait for ever.
        if hung_up { Flow::Break(Outcome::RemoteHungUp { phase: Phase::A }) } else { Flow::Continue(()) }
    }

    async fn event(&mut self, event: Event) -> Flow {
        match &event {
            Event::Noted(entry) => self.session.story.engine(entry),
            Event::RemoteId(id) => self.remote_id = Some(id.clone()),
            Event::Agreed(session) => self.proposed = Some(session.clone()),
            Event::PageEnding { .. } | Event::PageConfirmed { .. } | Event::PageReceived { .. } => {
                self.used.clone_from(&self.proposed);
            }
            Event::Done(_) => {}
        }
        let event = match event {
            Event::Done(outcome) => Event::Done(self.known(outcome)),
            event => event,
        };
        let done = match &event {
            Event::Done(outcome) => Some(outcome.clone()),
            _ => None,
        };
        if self.session.observer.observe(event, &self.session.story).await.is_err() {
            // What had to be stored is not. Hanging up now leaves the page unconfirmed on both sides.
            return Flow::Break(Outcome::Internal);
        }
        done.map_or(Flow::Continue(()), Flow::Break)
    }

    async fn signal(&mut self, signal: Signal) -> Flow {
        match signal {
            Signal::HungUp | Signal::Answered(OfferAnswer::Gone) => {
                if self.session.engine.is_none() {
                    return Flow::Break(Outcome::RemoteHungUp { phase: Phase::A });
                }
                self.drain().await?;
                self.feed(Input::RemoteHungUp).await
            }
            Signal::Offer(offer) => self.offered(offer).await,
            Signal::LateAnswer(body) => {
                let kind = self.session.media.kind().unwrap_or(Kind::Audio);
                match self.session.local.read_answer(&body, kind) {
                    Ok(far) => self.agreed(far).await,
                    Err(_) => Flow::Continue(()),
                }
            }
            Signal::Answered(answer) => self.answered(answer).await,
        }
    }

    /// Asks for T.38.
    fn ask(&mut self, tries: u32) {
        let offer = self.session.local.offer(Kind::T38);
        self.session.leg.ask(offer);
        self.asking = Asking::Sent { tries };
    }

    async fn answered(&mut self, answer: OfferAnswer) -> Flow {
        let Asking::Sent { tries } = std::mem::replace(&mut self.asking, Asking::No) else { return Flow::Continue(()) };
        let agreed = match answer {
            OfferAnswer::Accepted(body) => self.session.local.read_answer(&body, Kind::T38).ok(),
            OfferAnswer::Glare if self.session.media.kind() == Some(Kind::T38) => return Flow::Continue(()),
            OfferAnswer::Glare if tries < GLARE_TRIES => {
                let pause = self.session.speed.wall(glare_pause(self.session.role));
                self.asking = Asking::Again { at: Instant::now() + pause, tries: tries + 1 };
                return Flow::Continue(());
            }
            OfferAnswer::Glare | OfferAnswer::Refused | OfferAnswer::Gone => None,
        };
        match agreed {
            Some(far) => self.agreed(far).await,
            None => {
                self.t38_refused = true;
                self.feed(Input::T38Refused).await
            }
        }
    }

    /// The far end wants to change the session.
    async fn offered(&mut self, offer: Offer) -> Flow {
        if self.session.leg.is_asking() {
            offer.collide().await;
            return Flow::Continue(());
        }
        let Some(body) = &offer.body else {
            // A refresh that wants to hear from us what runs.
            let kind = self.session.media.kind().unwrap_or(Kind::Audio);
            let ours = self.session.local.offer(kind);
            self.session.leg.expect_answer();
            offer.accept(ours).await;
            return Flow::Continue(());
        };
        let answer = Description::read(body).and_then(|theirs| self.session.local.answer(&theirs, Kind::T38));
        match answer {
            Ok((ours, far)) => {
                offer.accept(ours).await;
                self.agreed(far).await
            }
            Err(_) => {
                offer.refuse().await;
                if self.session.hangs_up_without_t38 {
                    self.session.hang_up_after = Some(Duration::ZERO);
                    self.deadline = Instant::now() + self.session.speed.wall(REFUSAL_FIRST);
                }
                Flow::Continue(())
            }
        }
    }

    /// Both ends agree on what the call carries.
    async fn agreed(&mut self, far: Far) -> Flow {
        let before = self.session.media.kind();
        if before == Some(Kind::T38) {
            self.drain().await?;
        }
        let params = match &far {
            Far::T38 { params, .. } => Some(params.clone()),
            Far::Audio { .. } => None,
        };
        self.session.media.agree(far);
        match (before, params) {
            (Some(Kind::T38), None) => self.feed(Input::SwitchedToAudio).await,
            (Some(Kind::Audio) | None, Some(params)) => {
                self.asking = Asking::No;
                self.t38_refused = false;
                self.feed(Input::SwitchedToT38(params)).await
            }
            // The same again, perhaps from elsewhere.
            _ => Flow::Continue(()),
        }
    }
}

/// RFC 3261 14.1: the owner of the Call-ID waits 2.1 to 4 s, the other 0 to 2 s, in units of 10 ms.
fn glare_pause(role: Role) -> Duration {
    let units = match role {
        Role::Caller => rand::random_range(210..=400),
        Role::Answerer => rand::random_range(0..=200),
    };
    Duration::from_millis(units * 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pauses_after_a_collision_never_meet() {
        for _ in 0..200 {
            let caller = glare_pause(Role::Caller);
            let answerer = glare_pause(Role::Answerer);
            assert!((Duration::from_millis(2100)..=Duration::from_secs(4)).contains(&caller));
            assert!(answerer <= Duration::from_secs(2));
        }
    }
}
