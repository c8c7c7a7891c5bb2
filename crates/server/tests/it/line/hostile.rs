//! Nonsense on every socket: nothing may stop us from taking the next call.

use std::net::{SocketAddr, UdpSocket};
use std::time::Duration;

use ferrofax_fax::outcome::Outcome;
use ferrofax_server::line::{Line, Speed, Trunk};
use ferrofax_server::receive::{Answerer, PassOn, Reply, Settings};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::{Tell, here, order};

/// Requests to cut and bend.
const SEEDS: [&str; 4] = [
    "INVITE sip:1@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bKa\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:1@c>\r\n\
     Call-ID: x\r\nCSeq: 1 INVITE\r\nContact: <sip:a@127.0.0.1:9>\r\nContent-Type: application/sdp\r\nContent-Length: 60\r\n\r\n\
     v=0\r\no=x 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 9 RTP/AVP 8\r\n",
    "BYE sip:1@[::1]:5060;lr SIP/2.0\r\nv: SIP/2.0/UDP [::1]:9;branch=z9hG4bKb;received=;rport\r\nf: \"é\" <sip:a@b>;tag=1\r\n\
     t: <sip:1@c>;tag=\r\ni: y\r\nCSeq: 99999999999 BYE\r\nl: -1\r\n\r\n",
    "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bKc\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:1@c>;tag=2\r\n\
     Call-ID: z\r\nCSeq: 1 INVITE\r\nRecord-Route: <sip:p;lr>,\r\nContact: *\r\nReason: Q.850;cause=\r\n\r\n",
    "OPTIONS sip: SIP/2.0\r\nVia: ,\r\nFrom: ;tag\r\nTo: <\r\nCall-ID:\r\nCSeq: OPTIONS\r\nRoute: <>\r\nAuthorization: Digest ,=\"\r\n\r\n",
];

/// xorshift, so that a failure can be had again.
struct Seeded(u64);

impl Seeded {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % limit as u64).unwrap()
    }
}

fn bent(random: &mut Seeded) -> Vec<u8> {
    let mut bytes = SEEDS[random.below(SEEDS.len())].as_bytes().to_vec();
    for _ in 0..=random.below(6) {
        let at = random.below(bytes.len());
        match random.below(5) {
            0 => bytes[at] = u8::try_from(random.below(256)).unwrap(),
            1 => drop(bytes.remove(at)),
            2 => bytes.insert(at, b";:<>@,\"=[]\r\n \0\xC3"[random.below(15)]),
            3 => bytes.truncate(at.max(1)),
            _ => {
                let end = (at + random.below(40)).min(bytes.len());
                let piece = bytes[at..end].to_vec();
                bytes.splice(at..at, piece);
            }
        }
        if bytes.is_empty() {
            bytes.push(b'x');
        }
    }
    bytes
}

/// Asks for a sign of life by OPTIONS, over and over, until there is one.
async fn lives(address: SocketAddr) {
    let socket = tokio::net::UdpSocket::bind(here()).await.unwrap();
    let port = socket.local_addr().unwrap().port();
    let ask = format!(
        "OPTIONS sip:x@{address} SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:{port};branch=z9hG4bKlives{port}\r\n\
         From: <sip:a@b>;tag=1\r\nTo: <sip:x@c>\r\nCall-ID: lives\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n"
    );
    let mut buffer = [0; 2000];
    let answered = async {
        loop {
            socket.send_to(ask.as_bytes(), address).await.unwrap();
            if let Ok(Ok(length)) = tokio::time::timeout(Duration::from_millis(500), socket.recv(&mut buffer)).await {
                return String::from_utf8_lossy(&buffer[..length]).starts_with("SIP/2.0 200");
            }
        }
    };
    assert!(tokio::time::timeout(Duration::from_secs(20), answered).await.expect("an answer to OPTIONS"));
}

#[tokio::test]
async fn nonsense_on_the_sip_port_does_not_keep_us_from_the_next_call() {
    let (sender, _received) = mpsc::channel(8);
    let settings = Settings { speed: Speed::new(20), ..Settings::at(here()) };
    let answerer =
        Answerer::start(settings, |_| Reply::HangUp(Duration::from_secs(1)), move || PassOn::to(sender.clone()))
            .await
            .unwrap();
    let nuisance = UdpSocket::bind("127.0.0.1:0").unwrap();
    let mut random = Seeded(0x5EED);
    for round in 0..3000 {
        nuisance.send_to(&bent(&mut random), answerer.address()).unwrap();
        if round % 100 == 0 {
            // Keeps pace, so that the kernel does not drop what should be read.
            lives(answerer.address()).await;
        }
    }
    lives(answerer.address()).await;
    let line = Line::open(Trunk::to(&answerer.address().to_string(), here())).await.unwrap();
    let record = line.place(order("1", 20), &mut Tell::nobody(), CancellationToken::new()).await;
    assert!(matches!(record.outcome, Outcome::RemoteHungUp { .. }), "{:?}\n{}", record.outcome, record.ladder);
}
