//! Foreign clients at our door: the vendor's own, unmodified, and one that makes its requests up from the API's description.
//!
//! Both come from PyPI, `scripts/peers.sh` installs them. Under the vendor's own names, and wherever requests are made up, a
//! network and a mount namespace keep everything on a loopback interface of its own.

use std::path::Path;
use std::process::Command;

use crate::world::{FERROFAX, Running, peer, root, serve};

/// In standard base64 this login has `+` and `/`, which the vendor's client writes in another alphabet.
const PASSWORD: &str = "sécret:?>~ÿ?>";
const CUSTOMER: &str = "99999TE";

/// A folder with a configuration: the loopback line, and one login.
fn place(http: &str) -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("a folder");
    let settings = format!(
        "[http]\n{http}\nrequests_per_second = 1000000\nrequests_burst = 1000000\n[retry]\nattempts_max = 1\n[[line]]\nname = 'loopback'\n\
         kind = 'loopback'\nprefixes = ['']\nchannels = 10\nspeed = 20\n[[customer]]\nnumber = '{CUSTOMER}'\n\
         country = 'DE'\ntest_mode = true\n[[customer.login]]\nname = 'te'\npassword = '{PASSWORD}'\n"
    );
    std::fs::write(dir.path().join("config.toml"), settings).expect("a configuration");
    dir
}

fn client() -> Command {
    let mut command = Command::new(peer("sdk"));
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/sdk/client.py");
    command.arg(script).args([&CUSTOMER.to_ascii_lowercase(), "te", PASSWORD]);
    command
}

fn succeeds(command: &mut Command) -> String {
    let done = command.output().expect("it runs");
    let said = String::from_utf8_lossy(&done.stdout).into_owned();
    assert!(done.status.success(), "{said}\n{}", String::from_utf8_lossy(&done.stderr));
    said
}

/// A command in namespaces of its own, where the only interface is a loopback one and nothing mounted there is seen outside.
fn alone(script: &str, arguments: &[&Path]) -> Command {
    let mut command = Command::new("unshare");
    command.args(["--map-root-user", "--mount", "--net", "bash", "-euc"]).arg(format!("ip link set lo up\n{script}"));
    command.arg("alone").args(arguments);
    command
}

#[test]
fn the_vendors_client_is_pointed_here() {
    let dir = place("listen = '127.0.0.1:0'");
    let mut running = Running::start(&mut serve(dir.path()));
    let base = root(&running.line(|line| line.contains("http://")));
    assert!(succeeds(client().arg(base)).contains("done"));
}

#[test]
fn the_vendors_client_finds_us_under_the_names_it_knows() {
    let names = ["faxws-ha.de.retarus.com", "faxws.de1.retarus.com", "faxws.de2.retarus.com"];
    let certified = rcgen::generate_simple_self_signed(names.map(str::to_owned)).expect("a certificate");
    let dir = place("listen = '127.0.0.1:443'\ntls_certificate = 'certificate.pem'\ntls_key = 'key.pem'");
    let write = |name: &str, text: &str| std::fs::write(dir.path().join(name), text).expect("written");
    write("certificate.pem", &certified.cert.pem());
    write("key.pem", &certified.signing_key.serialize_pem());
    write("hosts", &format!("127.0.0.1 localhost {}\n", names.join(" ")));
    let script = r#"
        cd "$1"
        mount --bind hosts /etc/hosts
        FERROFAX_DATA_DIR=data "$2" serve --config config.toml >said 2>&1 &
        service=$!
        trap 'kill $service' EXIT
        until grep -q https:// said; do sleep 0.1; kill -0 $service; done
        SSL_CERT_FILE=certificate.pem "${@:3}"
    "#;
    let client = client();
    let words: Vec<&Path> = std::iter::once(client.get_program()).chain(client.get_args()).map(Path::new).collect();
    let arguments: Vec<&Path> = [dir.path(), Path::new(FERROFAX)].into_iter().chain(words).collect();
    assert!(succeeds(&mut alone(script, &arguments)).contains("done"));
}

#[test]
fn the_description_of_the_api_is_kept() {
    let dir = place("listen = '127.0.0.1:8080'");
    let settings = "[generation]\nmax-examples = 12\ndeterministic = true\n[auth.openapi.httpBasicAuth]\n";
    let settings = format!("{settings}username = \"te\"\npassword = \"{PASSWORD}\"\n");
    std::fs::write(dir.path().join("schemathesis.toml"), settings).expect("written");
    let script = r#"
        cd "$1"
        FERROFAX_LOG_LEVEL=error FERROFAX_DATA_DIR=data "$2" serve --config config.toml >said 2>&1 &
        service=$!
        trap 'kill $service' EXIT
        until grep -q http:// said; do sleep 0.1; kill -0 $service; done
        "$3" -m schemathesis.cli --config-file schemathesis.toml run http://127.0.0.1:8080/openapi.json --no-color \
            --checks not_a_server_error,status_code_conformance,content_type_conformance \
            --checks response_headers_conformance,response_schema_conformance \
            --checks unsupported_method,allow_header_conformance,ignored_auth
    "#;
    let python = peer("schemathesis");
    let said = succeeds(&mut alone(script, &[dir.path(), Path::new(FERROFAX), &python]));
    assert!(said.contains(" passed"), "{said}");
}
