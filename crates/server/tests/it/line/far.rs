//! A far end that the tests hold by the hand: its SIP is a few lines of text, its T.30 and T.38 the engine on a socket of its own.
//! What real far ends do at awkward moments can be done here at just that moment.

use std::fmt::Write as _;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use ferrofax_fax::call::{Call, Input, Output};
use ferrofax_fax::t30::{Config, Event};
use ferrofax_fax::t38::{ErrorCorrection, Params, RateManagement};
use ferrofax_fax::time::Time;
use tokio::net::UdpSocket;
use tokio::time::{sleep_until, timeout};

/// Faster than life; both ends run at it.
pub const SPEED: u8 = 10;
/// No wait of these tests is longer; the wall clock's.
const PATIENCE: Duration = Duration::from_secs(20);

/// A SIP message, taken apart as far as a test needs it.
#[derive(Clone, Debug)]
pub struct Message {
    /// `INVITE sip:… SIP/2.0` or `SIP/2.0 200 OK`.
    pub start: String,
    headers: Vec<(String, String)>,
    pub body: String,
}

impl Message {
    fn parse(bytes: &[u8]) -> Message {
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        let mut lines = head.lines();
        let start = lines.next().unwrap().to_owned();
        let headers = lines.map(|line| line.split_once(':').unwrap());
        let headers = headers.map(|(name, value)| (name.to_lowercase(), value.trim().to_owned())).collect();
        Message { start, headers, body: body.to_owned() }
    }

    fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(known, _)| known == name);
        found.map_or_else(|| panic!("no {name} in {self:?}"), |(_, value)| value)
    }

    /// Begins with this method, or is an answer with this status.
    pub fn is(&self, what: &str) -> bool {
        self.start.split(' ').take(2).any(|word| word == what)
    }

    /// The port of its media line of this kind.
    fn port(&self, kind: &str) -> Option<u16> {
        let line = self.body.lines().find_map(|line| line.strip_prefix(&format!("m={kind} ")))?;
        line.split(' ').next()?.parse().ok()
    }
}

/// What a far end just noticed.
pub enum Seen<'a> {
    Event(&'a Event),
    /// A datagram of data, not of indicators.
    Data,
}

/// Why a far end stopped talking.
#[derive(Debug)]
pub enum Stopped {
    /// The test saw what it waited for.
    AsTold,
    /// The other end said something in SIP.
    By(Message),
}

pub struct Far {
    sip: UdpSocket,
    media: UdpSocket,
    /// Their SIP address, and their URI.
    peer: SocketAddr,
    target: String,
    call_id: String,
    /// From of our requests, and To.
    ours: String,
    theirs: String,
    cseq: u32,
    version: u32,
    /// Where their UDPTL goes, once they said so.
    udptl: Option<SocketAddr>,
    began: Instant,
}

impl Far {
    pub async fn bind() -> Far {
        let socket = || UdpSocket::bind((Ipv4Addr::LOCALHOST, 0));
        Far {
            sip: socket().await.unwrap(),
            media: socket().await.unwrap(),
            peer: SocketAddr::from((Ipv4Addr::LOCALHOST, 9)),
            target: String::new(),
            call_id: "far-1".to_owned(),
            ours: "<sip:far@127.0.0.1>;tag=far".to_owned(),
            theirs: "<sip:1@127.0.0.1>".to_owned(),
            cseq: 100,
            version: 0,
            udptl: None,
            began: Instant::now(),
        }
    }

    pub fn address(&self) -> SocketAddr {
        self.sip.local_addr().unwrap()
    }

    /// Moves its media to another address.
    pub async fn move_media(&mut self, to: IpAddr) {
        self.media = UdpSocket::bind((to, 0)).await.unwrap();
    }

    async fn read(&self) -> (Message, SocketAddr) {
        let mut buffer = [0; 4096];
        let (length, from) = self.sip.recv_from(&mut buffer).await.unwrap();
        (Message::parse(&buffer[..length]), from)
    }

    /// The next message of this method or status; others are passed over.
    pub async fn expect(&mut self, what: &str) -> Message {
        let wanted = async {
            loop {
                let (message, from) = self.read().await;
                self.peer = from;
                if message.is(what) {
                    return message;
                }
            }
        };
        timeout(PATIENCE, wanted).await.unwrap_or_else(|_| panic!("no {what} came"))
    }

    async fn send(&self, start: &str, headers: &str, body: &str) {
        let mut text = format!("{start}\r\n{headers}Contact: <sip:far@{}>\r\n", self.address());
        if !body.is_empty() {
            text.push_str("Content-Type: application/sdp\r\n");
        }
        write!(text, "Content-Length: {}\r\n\r\n{body}", body.len()).unwrap();
        self.sip.send_to(text.as_bytes(), self.peer).await.unwrap();
    }

    /// Answers a request of theirs.
    pub async fn respond(&self, request: &Message, status: &str, body: &str) {
        let mut headers = String::new();
        for (name, value) in &request.headers {
            match name.as_str() {
                "via" | "from" | "call-id" | "cseq" => writeln!(headers, "{name}: {value}\r").unwrap(),
                "to" if !value.contains("tag=") => writeln!(headers, "To: {value};tag=far\r").unwrap(),
                "to" => writeln!(headers, "To: {value}\r").unwrap(),
                _ => {}
            }
        }
        self.send(&format!("SIP/2.0 {status}"), &headers, body).await;
    }

    async fn request(&self, method: &str, branch: &str, body: &str) {
        let Far { target, call_id, ours, theirs, cseq, .. } = self;
        let at = self.address();
        let headers = format!(
            "Via: SIP/2.0/UDP {at};branch=z9hG4bK{branch}\r\nFrom: {ours}\r\nTo: {theirs}\r\nCall-ID: {call_id}\r\n\
             CSeq: {cseq} {method}\r\nMax-Forwards: 70\r\n"
        );
        self.send(&format!("{method} {target} SIP/2.0"), &headers, body).await;
    }

    /// Takes a call: audio.
    pub async fn answer(&mut self) {
        let invite = self.expect("INVITE").await;
        self.call_id = invite.header("call-id").to_owned();
        self.ours = format!("{};tag=far", invite.header("to"));
        self.theirs = invite.header("from").to_owned();
        self.remember(&invite);
        let body = self.audio();
        self.respond(&invite, "200 OK", &body).await;
        self.expect("ACK").await;
        self.began = Instant::now();
    }

    /// Calls: audio.
    pub async fn call(&mut self, whom: SocketAddr) {
        self.peer = whom;
        self.target = format!("sip:1@{whom}");
        let body = self.audio();
        self.request("INVITE", "call", &body).await;
        let answer = self.expect("200").await;
        self.theirs = answer.header("to").to_owned();
        self.remember(&answer);
        self.request("ACK", "ack", "").await;
        self.began = Instant::now();
    }

    /// Their URI, and where their UDPTL goes.
    fn remember(&mut self, message: &Message) {
        if let Some((_, contact)) = message.headers.iter().find(|(name, _)| name == "contact") {
            self.target = contact.split(['<', '>']).nth(1).unwrap().to_owned();
        }
        if let Some(port) = message.port("image").filter(|port| *port != 0) {
            self.udptl = Some(SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
        }
    }

    /// Sends a re-INVITE, and nothing more.
    pub async fn begin_reinvite(&mut self, body: &str) {
        self.cseq += 1;
        let branch = format!("re{}", self.cseq);
        self.request("INVITE", &branch, body).await;
    }

    /// Sends a re-INVITE that must be taken.
    pub async fn reinvite(&mut self, body: &str) -> Message {
        self.begin_reinvite(body).await;
        let answer = self.expect("200").await;
        self.remember(&answer);
        let branch = format!("ack{}", self.cseq);
        self.request("ACK", &branch, "").await;
        answer
    }

    /// Waits for their request for T.38.
    pub async fn asked_for_t38(&mut self) -> Message {
        let invite = self.expect("INVITE").await;
        assert!(invite.body.contains("m=image"), "{invite:?}");
        self.remember(&invite);
        invite
    }

    /// Hangs up, which is confirmed.
    pub async fn hang_up(&mut self) {
        self.cseq += 1;
        self.request("BYE", "bye", "").await;
        self.expect("200").await;
    }

    fn session(&mut self, lines: &str) -> String {
        self.version += 1;
        let ip = self.media.local_addr().unwrap().ip();
        format!("v=0\r\no=far 7 {} IN IP4 {ip}\r\ns=-\r\nc=IN IP4 {ip}\r\nt=0 0\r\n{lines}", self.version)
    }

    pub fn audio(&mut self) -> String {
        // Nobody sends or hears RTP here.
        self.session("m=audio 40000 RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\n")
    }

    pub fn t38(&mut self) -> String {
        let port = self.media.local_addr().unwrap().port();
        self.session(&format!(
            "m=image {port} udptl t38\r\na=T38FaxVersion:0\r\na=T38MaxBitRate:14400\r\n\
             a=T38FaxRateManagement:transferredTCF\r\na=T38FaxMaxDatagram:400\r\na=T38FaxUdpEC:t38UDPRedundancy\r\n"
        ))
    }

    /// The time of calls since the answer.
    pub fn now(&self) -> Time {
        let micros = u64::try_from(self.began.elapsed().as_micros()).unwrap();
        Time::from_micros(micros * u64::from(SPEED))
    }

    /// The wall clock's name for a moment of the call.
    fn wall(&self, at: Time) -> Instant {
        let at = at.min(Time::from_millis(3_600_000));
        self.began + Duration::from_micros(at.as_micros().div_ceil(u64::from(SPEED)))
    }

    /// Until this moment of the call.
    pub async fn wait(&self, until: Time) {
        sleep_until(self.wall(until).into()).await;
    }

    /// A machine that is in T.38 from now on.
    pub fn machine(&self, config: Config) -> Call {
        let mut machine = Call::new(config);
        machine.handle(self.now(), Input::Connected);
        while !matches!(machine.poll(), Output::Wait(_)) {}
        machine.handle(
            self.now(),
            Input::SwitchedToT38(Params {
                version: 0,
                bit_rate_max: 14_400,
                rate_management: RateManagement::TransferredTcf,
                datagram_bytes_max: 400,
                error_correction: ErrorCorrection::Redundancy { control: 3, image: 3 },
            }),
        );
        machine
    }

    /// Asks for T.38, which must be taken; a machine in it.
    pub async fn switch(&mut self, config: Config) -> Call {
        let offer = self.t38();
        self.reinvite(&offer).await;
        self.machine(config)
    }

    pub async fn answer_and_switch(&mut self, config: Config) -> Call {
        self.answer().await;
        self.switch(config).await
    }

    /// Lets the machine talk until `stop` says so or the other end says something in SIP.
    pub async fn talk(&mut self, machine: &mut Call, mut stop: impl FnMut(Seen<'_>) -> bool) -> Stopped {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let mut told = false;
            let until = loop {
                match machine.poll() {
                    Output::Datagram(datagram) => {
                        let to = self.udptl.expect("T.38 was agreed");
                        self.media.send_to(&datagram, to).await.unwrap();
                    }
                    Output::Event(event) => told |= stop(Seen::Event(&event)),
                    Output::Audio(_) | Output::RequestT38 => {}
                    Output::Wait(until) => break until,
                }
            };
            if told {
                return Stopped::AsTold;
            }
            assert!(Instant::now() < deadline, "this takes too long");
            let mut datagram = [0; 2048];
            tokio::select! {
                biased;
                received = self.media.recv_from(&mut datagram) => {
                    let datagram = &datagram[..received.unwrap().0];
                    machine.handle(self.now(), Input::Datagram(datagram));
                    // T.38 annex A, 7.1.1: the first bit of a packet says whether data follows its type.
                    if datagram.get(3).is_some_and(|first| first & 0x80 != 0) && stop(Seen::Data) {
                        return Stopped::AsTold;
                    }
                }
                (message, from) = self.read() => {
                    // Repeats of an INVITE that is being answered, and its ACK, say nothing new.
                    self.peer = from;
                    if !message.is("ACK") && !message.is("100") {
                        return Stopped::By(message);
                    }
                }
                () = sleep_until(self.wall(until).into()) => machine.handle(self.now(), Input::Timeout),
            }
        }
    }

    /// Lets the machine talk until this moment.
    pub async fn talk_until(&mut self, machine: &mut Call, until: Time) {
        let end = self.wall(until);
        tokio::select! {
            biased;
            stopped = self.talk(machine, |_| false) => panic!("{stopped:?}"),
            () = sleep_until(end.into()) => {}
        }
    }

    /// Says all that the machine is about to say in no time.
    pub async fn finish_at_once(&mut self, machine: &mut Call) {
        let mut now = self.now();
        let end = now + Duration::from_secs(3);
        while now < end {
            machine.handle(now, Input::Timeout);
            now = loop {
                match machine.poll() {
                    Output::Datagram(datagram) => {
                        let to = self.udptl.expect("T.38 was agreed");
                        self.media.send_to(&datagram, to).await.unwrap();
                    }
                    Output::Wait(until) => break until,
                    _ => {}
                }
            };
        }
    }
}
