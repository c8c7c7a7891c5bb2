use std::path::Path;

use super::load::{documented, parse, single_settings, typed};
use super::*;

fn loaded(text: &str) -> Result<Config, ConfigError> {
    with_environment(text, &[]).map(|loaded| loaded.config)
}

fn with_environment(text: &str, variables: &[(&str, &str)]) -> Result<Loaded, ConfigError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("own.toml");
    std::fs::write(&path, text).unwrap();
    load(Some(&path), variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())))
}

fn complaint(text: &str) -> String {
    loaded(text).unwrap_err().to_string()
}

/// What `check` finds, one a line.
fn problems(text: &str) -> Vec<String> {
    loaded(text).unwrap().check().iter().map(ToString::to_string).collect()
}

const TRUNK: &str =
    "[[line]]\nkind = 'sip'\nname = 'trunk'\nprefixes = ['']\nchannels = 4\ntarget = 'sip.example.net'\n";

#[test]
fn the_default_is_sound() {
    let config = load(None, []).unwrap().config;
    assert_eq!(config.check(), []);
    assert_eq!(config.http.listen.to_string(), "127.0.0.1:8080");
    assert_eq!(config.routes().route("004989123", false).line, Some("loopback"));
    assert_eq!(config.key_file(), Path::new("data/secret.key"));
}

#[test]
fn every_documented_setting_is_one_and_every_setting_is_documented() {
    let config = typed(parse(Path::new("documented"), &documented()).unwrap()).unwrap();
    // Destructured without `..`: a new setting must be shown here, and so in the file.
    let Config {
        data_dir: _,
        node_id,
        stop_seconds: _,
        key_file,
        http,
        render: _,
        convert: _,
        fetch: _,
        mail,
        ocr: _,
        log: _,
        retry,
        limits,
        lines,
        customers,
    } = &config;
    assert_eq!((retry.wrong(), limits.len()), (None, 1));
    let Http { tls_certificate, tls_key, .. } = http;
    assert!(node_id.is_some() && key_file.is_some() && tls_certificate.is_some() && tls_key.is_some());
    let Mail { server, tls, ca_file, user, password: _, password_file, from, reply_to, bounces_to, .. } = mail;
    assert!(server.is_some() && tls.is_some() && ca_file.is_some() && user.is_some() && password_file.is_some());
    assert!(from.is_some() && reply_to.is_some() && bounces_to.is_some());
    let [Line { kind: LineKind::Loopback { .. }, .. }, Line { kind: LineKind::Sip(sip), .. }] = &lines[..] else {
        panic!("{lines:?}");
    };
    let Customer {
        number: _,
        paper,
        resolution,
        csid,
        header,
        cost_centre,
        zone,
        country,
        default_cover,
        push_url,
        push_method,
        push_principal,
        push_credentials: _,
        push_credentials_file,
        push_token_url,
        push_layout,
        push_signing_key: _,
        push_signing_key_file,
        language,
        mail_proof,
        blank_pages,
        test_mode,
        channels,
        quiet_hours,
        repeat_cover,
        share_calls,
        retry,
        retention_days,
        logins,
    } = &customers[0];
    assert!(paper.is_some() && resolution.is_some() && csid.is_some() && header.is_some() && cost_centre.is_some());
    assert!(zone.is_some() && country.is_some() && default_cover.is_some() && push_url.is_some());
    assert!(push_method.is_some() && push_principal.is_some() && push_credentials_file.is_some());
    assert!(push_token_url.is_some() && blank_pages.is_some() && test_mode.is_some() && retention_days.is_some());
    assert!(push_layout.is_some() && push_signing_key_file.is_some() && language.is_some() && mail_proof.is_some());
    assert!(channels.is_some() && quiet_hours.is_some() && repeat_cover.is_some() && share_calls.is_some());
    assert!(retry.is_some() && !lines[1].retry.is_empty());
    assert_eq!(logins[0].allowed.len(), 2);

    // What the trunk's example shows as defaults are the defaults.
    let LineKind::Sip(minimal) = loaded(TRUNK).unwrap().lines.remove(0).kind else { panic!() };
    let Sip { target, user, password: _, password_file, public, media_ports, .. } = (**sip).clone();
    assert!(user.is_some() && password_file.is_some() && public.is_some() && media_ports.is_some());
    assert_eq!(**sip, Sip { target, user, password_file, public, media_ports, ..*minimal });
}

#[test]
fn an_own_file_names_only_what_differs() {
    let config = loaded("data_dir = '/srv/fax'\n[http]\nlisten = '[::]:443'\n").unwrap();
    assert_eq!(config.data_dir, Path::new("/srv/fax"));
    assert_eq!(config.http.listen.port(), 443);
    assert_eq!(config.http.body_bytes_max, 50_000_000);
    assert_eq!(config.lines[0].name, "loopback");
    assert_eq!(loaded(TRUNK).unwrap().lines.len(), 1, "a list replaces the list");
}

#[test]
fn the_environment_overrides_the_file() {
    let variables = [
        ("FERROFAX_DATA_DIR", "/srv/env"),
        ("FERROFAX_HTTP_BODY_BYTES_MAX", "1_000_000"),
        ("FERROFAX_HTTP_TLS_KEY", "k"),
    ];
    let Loaded { config, unknown_variables } = with_environment("data_dir = '/srv/file'", &variables).unwrap();
    assert_eq!(config.data_dir, Path::new("/srv/env"));
    assert_eq!(config.http.body_bytes_max, 1_000_000);
    assert_eq!(config.http.tls_key.as_deref(), Some(Path::new("k")));
    assert_eq!(unknown_variables, [""; 0]);
}

#[test]
fn foreign_variables_are_named_and_do_no_harm() {
    let variables = [
        ("FERROFAX_PORT", "tcp://10.0.0.1:80"),
        ("FERROFAX_DATA_DIR", ""),
        ("FERROFAX_TEST_DATA", "x"),
        ("FERROFAX_CONFIG", "y"),
        ("HOME", "/"),
    ];
    let Loaded { config, unknown_variables } = with_environment("", &variables).unwrap();
    assert_eq!(unknown_variables, ["FERROFAX_PORT"]);
    assert_eq!(config.data_dir, Path::new("data"));
    let wrong = with_environment("", &[("FERROFAX_RENDER_CHILDREN", "many")]).unwrap_err();
    assert_eq!(wrong.to_string(), "FERROFAX_RENDER_CHILDREN: must be a whole number");
}

#[test]
fn every_variable_has_a_name_of_its_own() {
    let settings = single_settings().unwrap();
    let mut names: Vec<_> = settings.iter().map(|setting| &setting.variable).collect();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), settings.len());
    assert!(settings.iter().any(|setting| setting.path == ["http", "listen"]));
}

#[test]
fn a_wrong_setting_is_named_with_its_path() {
    let unknown = complaint("[http]\nlisten_on = ':80'\n");
    assert!(unknown.starts_with("http.listen_on: unknown field"), "{unknown}");
    let unknown = complaint("colour = 'red'");
    assert!(unknown.starts_with("colour: unknown field"), "{unknown}");
    let unknown = complaint(&format!("{TRUNK}colour = 'red'"));
    assert!(unknown.starts_with("line[0].colour: unknown field"), "{unknown}");
    let unknown = complaint(&format!("{TRUNK}[line.t38]\ncolour = 'red'"));
    assert!(unknown.starts_with("line[0].t38.colour: unknown field"), "{unknown}");
    let wrong = complaint("[http]\nlisten = 'everywhere'\n");
    assert!(wrong.starts_with("http.listen: "), "{wrong}");
    let missing = complaint("[[line]]\nkind = 'loopback'\nname = 'a'\nchannels = 1\n");
    assert_eq!(missing, "line[0]: missing field `prefixes`");
    let kind = complaint("[[line]]\nkind = 'isdn'\nname = 'a'\nchannels = 1\nprefixes = []\n");
    assert_eq!(kind, "line[0].kind: must be loopback or sip");
    let network = complaint("[[customer]]\nnumber = '1'\n[[customer.login]]\nname = 'a'\nallowed = ['10.0.0.0/33']\n");
    assert!(network.starts_with("customer[0].login[0].allowed"), "{network}");
}

#[test]
fn no_error_and_no_debug_output_shows_a_secret() {
    let broken = complaint(&format!("{TRUNK}user = 'me'\npassword = 'hunter2\n"));
    assert!(broken.contains("line 8"), "{broken}");
    let wrong = complaint(&format!("{TRUNK}password = 2222\n"));
    assert_eq!(wrong, "line[0].password: must be text in quotes");
    let good = format!("{:?}", loaded(&format!("{TRUNK}user = 'me'\npassword = 'hunter2'\n")).unwrap());
    for text in [broken, wrong, good] {
        assert!(!text.contains("hunter2") && !text.contains("2222"), "{text}");
    }
}

#[test]
fn what_this_version_can_not_honour_is_refused() {
    let customer = |setting: &str| problems(&format!("[[customer]]\nnumber = '1'\n{setting}\n"));
    let wanted = "customer[0].default_cover: must end in .ftl.html, .ftl.txt, .ftlh or .ftl";
    assert_eq!(customer("default_cover = 'cover.html'"), [wanted]);
    assert!(customer("header = '%d %P'\ndefault_cover = 'a.ftl.html'\nblank_pages = 'suppress'").is_empty());
}

#[test]
fn hosts_of_resources_are_checked_one_by_one() {
    assert!(problems("[fetch]\nresource_hosts = ['img.example.com', '*.example.com', '192.0.2.7']\n").is_empty());
    let wanted = "neither a host, such as img.example.com, nor all below one, such as *.example.com";
    assert_eq!(
        problems("[fetch]\nresource_hosts = ['img.example.com', 'https://img.example.com', '*']\n"),
        [
            format!("fetch.resource_hosts[1]: \"https://img.example.com\" is {wanted}"),
            format!("fetch.resource_hosts[2]: \"*\" is {wanted}"),
        ]
    );
}

#[test]
fn check_finds_what_would_not_work() {
    let http = "[http]\ntls_key = '/nowhere/key.pem'\nbody_bytes_max = 2000\nbodies_bytes_max = 1000\n";
    assert_eq!(
        problems(http),
        [
            "http.tls_certificate: tls_certificate and tls_key go together",
            "http.tls_key: /nowhere/key.pem can't be read: No such file or directory (os error 2)",
            "http.bodies_bytes_max: must not be less than body_bytes_max",
        ]
    );
    assert_eq!(problems("node_id = 'abc'\n"), ["node_id: must be 8 characters of 0-9 and A-Z"]);
    assert_eq!(problems("line = []\n"), ["line: at least one line is needed"]);
    let twice = format!("{TRUNK}bind = '127.0.0.1:5060'\n{}bind = '127.0.0.1:5060'\n", TRUNK.replace("''", "'49', ''"));
    assert_eq!(
        problems(&twice),
        [
            "line[1].name: is another line's name too",
            "line[1].prefixes[0]: must be digits that begin with 00, or empty for every number",
            "line[1].prefixes[1]: is a prefix of line trunk too",
            "line[1].bind: is another line's address too",
        ]
    );
    let trunk =
        format!("{TRUNK}user = 'a'\nmedia_ports = [9, 8]\nspeed = 21\n[line.t38]\nbit_rate_max = 33600\nrepeat = 8\n");
    assert_eq!(
        problems(&trunk),
        [
            "line[0].user: user and password go together",
            "line[0].media_ports: must be the first and the last port, 1 to 65535",
            "line[0].speed: must be 1 to 20",
            "line[0].t38.bit_rate_max: must be 2400, 4800, 7200, 9600, 12000 or 14400",
            "line[0].t38.repeat: must be 1 to 7",
        ]
    );
    let customer = "[[customer]]\nnumber = '1 2'\nzone = 'Mars/Olympus'\ncountry = 'Germany'\npush_url = 'ftp://x'\n\
                    [[customer.login]]\nname = 'a:b'\n[[customer]]\nnumber = '1 2'\n";
    assert_eq!(
        problems(customer),
        [
            "customer[0].number: must be 1 to 32 letters and digits",
            "customer[0].zone: is no time zone, such as Europe/Berlin",
            "customer[0].country: must be two capital letters, such as DE",
            "customer[0].push_url: the URL is neither http nor https",
            "customer[0].login[0].name: must not be empty or have a colon",
            "customer[0].login[0].password: one of password, password_file and password_hash is needed",
            "customer[1].number: must be 1 to 32 letters and digits",
            "customer[1].number: is another customer's number too",
        ]
    );
    let pushes = "[[customer]]\nnumber = '1'\npush_url = 'https://10.0.0.7/status'\npush_token_url = 'https://a:b@x.example/'\n\
                  push_signing_key = 'secret'\n[[customer]]\nnumber = '2'\npush_url = ''\npush_token_url = 'https:///'\n\
                  push_signing_key = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'\n";
    assert_eq!(
        problems(pushes),
        [
            "customer[0].push_url: the URL leads to an address inside a network, see [fetch] allow",
            "customer[0].push_token_url: the URL has a user name or password in it",
            "customer[0].push_signing_key: must be whsec_ and 24 to 64 octets in base64",
            "customer[1].push_token_url: the URL can't be understood",
        ]
    );
    let allowed =
        "[fetch]\nallow = ['10.0.0.0/24']\n[[customer]]\nnumber = '1'\npush_url = 'https://10.0.0.7/status'\n";
    assert_eq!(problems(allowed), [""; 0]);
}
