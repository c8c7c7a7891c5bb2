//! Drives `tests/peers/spandsp_t38.c`: a fax terminal of somebody else's making, in simulated time.

use std::fs;
use std::io::{Read, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::OnceLock;
use std::time::Duration;

use ferrofax_fax::t30::Role;

/// One step of the peer: 160 samples.
pub const TICK: Duration = Duration::from_millis(20);

/// Compiles the peer, once.
fn program() -> &'static PathBuf {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/peers/spandsp_t38.c");
        let program = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("spandsp_t38");
        // Two test runs may build at once: the program appears whole or not at all.
        let fresh = program.with_extension(std::process::id().to_string());
        let mut cc = Command::new("cc");
        cc.args(["-O1", "-o"]).arg(&fresh).arg(source).args(["-lspandsp", "-ltiff", "-lm"]);
        let output = cc.output().expect("cc runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        fs::rename(&fresh, &program).expect("the program can be put in place");
        program
    })
}

/// How the peer's call ended.
#[derive(Debug)]
pub struct End {
    /// libspandsp's `t30_err_e`; 0 is success, -1 no end yet.
    pub code: i32,
    pub pages_sent: u32,
    pub pages_received: u32,
    /// What the peer took for our identification.
    pub ident: String,
}

/// A running peer.
pub struct Peer {
    child: Child,
    to: ChildStdin,
    from: ChildStdout,
    sequence: u16,
}

impl Peer {
    /// A peer with options as the program's head describes them.
    pub fn start(role: Role, options: &[String]) -> Peer {
        let role = match role {
            Role::Caller => "caller",
            Role::Answerer => "answerer",
        };
        let mut command = Command::new(program());
        command.arg(role).args(options).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("the peer starts");
        let to = child.stdin.take().expect("stdin is a pipe");
        let from = child.stdout.take().expect("stdout is a pipe");
        Peer { child, to, from, sequence: 0 }
    }

    fn say(&mut self, kind: u8, payload: &[u8]) {
        let length = u16::try_from(payload.len()).expect("a short message").to_be_bytes();
        self.to.write_all(&[&[kind], &length[..], payload].concat()).expect("the peer listens");
    }

    fn hear(&mut self) -> (u8, Vec<u8>) {
        let mut head = [0; 3];
        self.from.read_exact(&mut head).expect("the peer answers");
        let mut payload = vec![0; usize::from(u16::from_be_bytes([head[1], head[2]]))];
        self.from.read_exact(&mut payload).expect("the peer answers in full");
        (head[0], payload)
    }

    /// A packet arrives at the peer.
    pub fn packet(&mut self, ifp: &[u8]) {
        let sequence = self.sequence.to_be_bytes();
        self.sequence = self.sequence.wrapping_add(1);
        self.say(b'P', &[&sequence[..], ifp].concat());
    }

    /// One tick passes: the packets sent in it, and whether the peer's T.30 has ended.
    pub fn tick(&mut self) -> (Vec<Vec<u8>>, bool) {
        self.say(b'T', &[]);
        self.to.flush().expect("the peer listens");
        let mut packets = Vec::new();
        loop {
            match self.hear() {
                (b'P', ifp) => packets.push(ifp),
                (b'T', over) => return (packets, over == [1]),
                other => panic!("not in the protocol: {other:?}"),
            }
        }
    }

    /// Ends the peer; a file it receives is complete then.
    pub fn end(mut self) -> End {
        self.say(b'Q', &[]);
        self.to.flush().expect("the peer listens");
        let (kind, text) = self.hear();
        assert_eq!(kind, b'Q');
        let text = String::from_utf8_lossy(&text).into_owned();
        let value = |key: &str| {
            let rest = &text[text.find(key).expect("the end names everything") + key.len() + 1..];
            rest.split(' ').next().unwrap_or_default().to_owned()
        };
        let number = |key: &str| value(key).parse().expect("a number");
        End {
            code: value("code").parse().expect("a number"),
            pages_sent: number("pages_sent"),
            pages_received: number("pages_received"),
            ident: text[text.find("ident=").expect("the end names everything") + 6..].to_owned(),
        }
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
