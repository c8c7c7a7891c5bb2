//! From the body of a request to a [`FaxJob`]: every rule of the contract, and which member breaks it.
//!
//! Reading (`wire`) and checking are two steps. Each function checks one object and names members from there; whoever called
//! it puts its own place in front ([`Violation::inside`]). Messages say what is wrong, and never repeat what was sent.
//!
//! Empty text counts as missing: clients fill what they don't use with `""`. Whether a cover page's template or an overlay of
//! that name exists is for the server to say; so is which kinds of document can be converted here, and whether there is anything
//! to send: an account may have a cover page of its own.

use std::fmt;

use ferrofax_template::header::Header;
use jiff::Timestamp;
use serde::Deserialize;

use super::limits::*;
use super::window::window;
use super::wire::{self, FaxJobRequest, List, Object, Text};
use super::{
    AuthMethod, Charset, Content, Document, DocumentKind, FaxJob, HttpStatusPush, ImageFormat, ImageMode, Overlay,
    OverlayMode, Paper, Property, Recipient, Reference, RenderingOptions, ReportMail, ReportOptions, Resolution,
    TransportOptions, Window,
};

/// What is wrong with a request, and where.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub struct Violation {
    /// The member, as `recipients[3].number`; `body` where no member can be named.
    pub path: String,
    /// What is wrong with it, without its content.
    pub message: String,
}

impl Violation {
    /// `message` about the member at `path`.
    pub fn new(path: impl Into<String>, message: impl Into<String>) -> Violation {
        Violation { path: path.into(), message: message.into() }
    }

    /// The same, seen from outside the object at `place`.
    fn inside(mut self, place: &str) -> Violation {
        self.path = format!("{place}.{}", self.path);
        self
    }

    /// The same, seen from outside the list at `place`.
    fn inside_entry(mut self, place: &str, index: usize) -> Violation {
        let dot = if self.path.is_empty() { "" } else { "." };
        self.path = format!("{place}[{index}]{dot}{}", self.path);
        self
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.message)
    }
}

const MISSING: &str = "is missing";

/// Reads and checks the body of a request to send a fax; `now` is the moment of submission.
pub fn parse(body: &[u8], now: Timestamp) -> Result<FaxJob, Violation> {
    let Object(request) = read::<Object<FaxJobRequest<'_>>>(body)?;
    let reference = request.reference.map_or(Ok(Reference::default()), |Object(it)| reference(it))?;
    let recipients = recipients(request.recipients)?;
    let documents = documents(request.documents)?;
    let transport = request.transport_options.map_or(Ok(TransportOptions::default()), |Object(it)| transport(it))?;
    let rendering = rendering([request.rendering_options, request.rendering_options_snake])?;
    let report = request.status_report_options.map_or(Ok(ReportOptions::default()), |Object(it)| {
        report(it).map_err(|wrong| wrong.inside("statusReportOptions"))
    })?;
    let (customer_reference, valid) = request
        .meta
        .map_or(Ok((None, Window::default())), |Object(it)| meta(it, now).map_err(|wrong| wrong.inside("meta")))?;
    Ok(FaxJob { reference, recipients, documents, transport, rendering, report, customer_reference, valid })
}

/// Reads JSON as far as its shape goes.
pub(crate) fn read<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, Violation> {
    // Some clients begin with a byte order mark.
    let body = body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body);
    let mut json = serde_json::Deserializer::from_slice(body);
    let mut track = serde_path_to_error::Track::new();
    let read = T::deserialize(serde_path_to_error::Deserializer::new(&mut json, &mut track));
    match read.and_then(|request| json.end().map(|()| request)) {
        Ok(request) => Ok(request),
        Err(error) => Err(unreadable(&error, &track.path().to_string())),
    }
}

/// Puts serde's error into our words. Its own may quote the request, which can hold credentials.
fn unreadable(error: &serde_json::Error, path: &str) -> Violation {
    let root = path == "." || path.is_empty();
    if error.is_syntax() || error.is_eof() {
        return Violation::new("body", format!("not readable as JSON: {error}"));
    }
    let said = error.to_string();
    let said = said.rsplit_once(" at line ").map_or(said.as_str(), |(said, _)| said);
    if let Some(member) = said.strip_prefix("duplicate field `") {
        let member = member.trim_end_matches('`');
        let path = if root { member.to_owned() } else { format!("{path}.{member}") };
        return Violation::new(path, "is given twice");
    }
    let path = if root { "body" } else { path };
    match said.rsplit_once(", expected ") {
        Some((_, wanted)) => Violation::new(path, format!("must be {wanted}")),
        None => Violation::new(path, "is not valid"),
    }
}

fn reference(wire: wire::Reference<'_>) -> Result<Reference, Violation> {
    let read = || {
        Ok(Reference {
            customer_defined_id: text("customerDefinedId", wire.customer_defined_id, CUSTOMER_DEFINED_ID_CHARS_MAX)?,
            billing_code: text("billingCode", wire.billing_code, BILLING_CHARS_MAX)?,
            billing_info: text("billingInfo", wire.billing_info, BILLING_CHARS_MAX)?,
        })
    };
    read().map_err(|wrong: Violation| wrong.inside("reference"))
}

fn recipients(wire: Option<List<Object<wire::Recipient<'_>>, RECIPIENTS_MAX>>) -> Result<Vec<Recipient>, Violation> {
    let recipients = list("recipients", wire, |Object(it)| recipient(it))?;
    if recipients.is_empty() {
        return Err(Violation::new("recipients", "at least one recipient is required"));
    }
    Ok(recipients)
}

fn recipient(wire: wire::Recipient<'_>) -> Result<Recipient, Violation> {
    Ok(Recipient {
        number: number("number", wire.number)?,
        alternative_numbers: list("alternativeNumbers", wire.alternative_numbers, |it| number("", Some(it)))?,
        properties: list("properties", wire.properties, |Object(it)| property(it))?,
    })
}

fn property(wire: wire::RecipientProperty<'_>) -> Result<Property, Violation> {
    let key = text("key", wire.key, PROPERTY_KEY_CHARS_MAX)?.ok_or_else(|| Violation::new("key", MISSING))?;
    // Empty is a value; none is not.
    if wire.value.is_none() {
        return Err(Violation::new("value", MISSING));
    }
    let value = text("value", wire.value, PROPERTY_VALUE_CHARS_MAX)?.unwrap_or_default();
    Ok(Property { key, value })
}

/// A telephone number stays as it was written; here it is only made sure that one can be dialled.
fn number(path: &str, wire: Option<Text<'_>>) -> Result<String, Violation> {
    let wrong = |what: String| Err(Violation::new(path, what));
    let Some(number) = text(path, wire, NUMBER_CHARS_MAX)? else { return wrong(MISSING.to_owned()) };
    let mut digits = 0;
    for (index, character) in number.char_indices() {
        match character {
            '0'..='9' => digits += 1,
            '+' if number[..index].chars().all(is_separator) => {}
            '+' => return wrong("has a + that does not stand at the beginning".to_owned()),
            _ if is_separator(character) => {}
            _ if character.is_alphabetic() => return wrong("contains a letter".to_owned()),
            _ => return wrong("contains a character that no telephone number has".to_owned()),
        }
    }
    if digits < NUMBER_DIGITS_MIN {
        return wrong(format!("has fewer than {NUMBER_DIGITS_MIN} digits"));
    }
    Ok(number)
}

/// What people write between digits, no-break spaces and typographic hyphens included.
fn is_separator(character: char) -> bool {
    matches!(
        character,
        ' ' | '\t' | '-' | '/' | '.' | '(' | ')' | '[' | ']' | '\u{a0}' | '\u{202f}' | '\u{2010}'..='\u{2013}'
    )
}

fn documents(wire: Option<List<Object<wire::Document<'_>>, DOCUMENTS_MAX>>) -> Result<Vec<Document>, Violation> {
    list("documents", wire, |Object(it)| document(it))
}

fn document(wire: wire::Document<'_>) -> Result<Document, Violation> {
    let (name, kind) = document_name(wire.name)?;
    let charset = choice("charset", wire.charset, &CHARSETS)?.unwrap_or_default();
    let reference = wire.reference.as_ref().map_or("", |Text(reference)| reference);
    // A URL goes before data. A client is known to send some other text here beside the data; that is no URL.
    if starts_as_url(reference) {
        let url = url("reference", reference)?;
        return Ok(Document { name, kind, charset, content: Content::Url(url) });
    }
    let data = match wire.data {
        Some(wire::Data(Ok(data))) if data.is_empty() => Err(Violation::new("data", "is empty")),
        Some(wire::Data(Ok(data))) => Ok(data),
        Some(wire::Data(Err(_))) => Err(Violation::new("data", "is not base64")),
        None if !reference.is_empty() => Err(Violation::new("reference", "is not an http or https URL")),
        None => Err(Violation::new("data", MISSING)),
    }?;
    Ok(Document { name, kind, charset, content: Content::Data(data) })
}

fn document_name(wire: Option<Text<'_>>) -> Result<(String, DocumentKind), Violation> {
    let wrong = |what: String| Err(Violation::new("name", what));
    // Its own measure follows: any length is fine here.
    let Some(name) = text("name", wire, usize::MAX)? else { return wrong(MISSING.to_owned()) };
    if !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte)) {
        return wrong("contains other characters than a-z A-Z 0-9 - _ .".to_owned());
    }
    let Some((stem, extension)) = name.rsplit_once('.') else { return wrong("has no extension".to_owned()) };
    if stem.len() > DOCUMENT_NAME_CHARS_MAX {
        return wrong(format!("is longer than {DOCUMENT_NAME_CHARS_MAX} characters, its extension not counted"));
    }
    let Some(kind) = DocumentKind::of_extension(extension) else {
        return wrong("this kind of document is not supported".to_owned());
    };
    Ok((name, kind))
}

fn transport(wire: wire::TransportOptions<'_>) -> Result<TransportOptions, Violation> {
    let csid = text("csid", wire.csid, CSID_CHARS_MAX).map_err(|wrong| wrong.inside("transportOptions"))?;
    let express = wire.is_express.unwrap_or_default();
    let blacklist = wire.is_blacklist_enabled.unwrap_or_default();
    Ok(TransportOptions { csid, express, blacklist })
}

/// Both spellings, the documented one first: of each member the first that says something counts.
fn rendering(wires: [Option<Object<wire::RenderingOptions<'_>>>; 2]) -> Result<RenderingOptions, Violation> {
    let mut options = RenderingOptions::default();
    for Object(wire) in wires.into_iter().flatten() {
        let more = rendering_members(wire).map_err(|wrong| wrong.inside("renderingOptions"))?;
        options.paper = options.paper.or(more.paper);
        options.resolution = options.resolution.or(more.resolution);
        options.cover = options.cover.or(more.cover);
        options.overlay = options.overlay.or(more.overlay);
        options.header = options.header.or(more.header);
    }
    Ok(options)
}

fn rendering_members(wire: wire::RenderingOptions<'_>) -> Result<RenderingOptions, Violation> {
    let paper = choice("paperFormat", wire.paper_format, &PAPERS)?;
    let paper_snake = choice("paperFormat", wire.paper_format_snake, &PAPERS)?;
    let cover = text("coverpageTemplate", wire.coverpage_template, TEMPLATE_NAME_CHARS_MAX)?;
    let cover_snake = text("coverpageTemplate", wire.coverpage_template_snake, TEMPLATE_NAME_CHARS_MAX)?;
    let header = text("header", wire.header, HEADER_CHARS_MAX)?;
    if let Some(header) = &header {
        Header::parse(header).map_err(|wrong| Violation::new("header", wrong.to_string()))?;
    }
    Ok(RenderingOptions {
        paper: paper.or(paper_snake),
        resolution: choice("resolution", wire.resolution, &RESOLUTIONS)?,
        cover: cover.or(cover_snake),
        overlay: wire.overlay.map_or(Ok(None), |Object(it)| overlay(it).map_err(|wrong| wrong.inside("overlay")))?,
        header,
    })
}

fn overlay(wire: wire::Overlay<'_>) -> Result<Option<Overlay>, Violation> {
    let name = text("name", wire.name, OVERLAY_NAME_CHARS_MAX)?;
    match (name, choice("mode", wire.mode, &OVERLAY_MODES)?) {
        (_, Some(OverlayMode::NoOverlay)) | (None, None) => Ok(None),
        (Some(name), Some(mode)) => Ok(Some(Overlay { name, mode })),
        (None, Some(_)) => Err(Violation::new("name", MISSING)),
        (Some(_), None) => Err(Violation::new("mode", MISSING)),
    }
}

fn report(wire: wire::StatusReportOptions<'_>) -> Result<ReportOptions, Violation> {
    let mail = wire.report_mail.map(|Object(it)| report_mail(it).map_err(|wrong| wrong.inside("reportMail")));
    let push = wire.http_status_push.map(|Object(it)| push(it).map_err(|wrong| wrong.inside("httpStatusPush")));
    Ok(ReportOptions { mail: mail.transpose()?, push: push.transpose()?.flatten() })
}

fn report_mail(wire: wire::ReportMail<'_>) -> Result<ReportMail, Violation> {
    Ok(ReportMail {
        success_address: mail_address("successAddress", wire.success_address)?,
        failure_address: mail_address("failureAddress", wire.failure_address)?,
        image_mode: choice("attachedFaxImageMode", wire.attached_fax_image_mode, &IMAGE_MODES)?.unwrap_or_default(),
        image_format: choice("attachedFaxImageFormat", wire.attached_fax_image_format, &IMAGE_FORMATS)?
            .unwrap_or_default(),
    })
}

/// One address as SMTP takes it without extensions (RFC 5321 4.1.2): a dot-string, `@`, a domain. Quoted names, literal addresses
/// and other letters than ASCII's are refused, and with them everything that could slip a header or a recipient into a mail.
fn mail_address(path: &str, wire: Option<Text<'_>>) -> Result<Option<String>, Violation> {
    let Some(address) = text(path, wire, MAIL_ADDRESS_CHARS_MAX)? else { return Ok(None) };
    let address = address.trim();
    let atom = |atom: &str| {
        !atom.is_empty() && atom.bytes().all(|c| c.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&c))
    };
    let label = |label: &str| {
        let ends = !label.starts_with('-') && !label.ends_with('-');
        (1..=63).contains(&label.len()) && ends && label.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'-')
    };
    match address.split_once('@') {
        None if address.is_empty() => Ok(None),
        Some((local, domain))
            if local.len() <= 64
                && domain.len() <= 255
                && local.split('.').all(atom)
                && domain.split('.').all(label) =>
        {
            Ok(Some(address.to_owned()))
        }
        _ => Err(Violation::new(path, "is not a mail address")),
    }
}

fn push(wire: wire::HttpStatusPush<'_>) -> Result<Option<HttpStatusPush>, Violation> {
    let target_url = text("targetUrl", wire.target_url, URL_CHARS_MAX)?;
    let principal = text("principal", wire.principal, CREDENTIALS_CHARS_MAX)?;
    let credentials = text("credentials", wire.credentials, CREDENTIALS_CHARS_MAX)?;
    let auth_method = choice("authMethod", wire.auth_method, &AUTH_METHODS)?.unwrap_or_default();
    let Some(target_url) = target_url else {
        let untouched = principal.is_none() && credentials.is_none() && auth_method == AuthMethod::None;
        return if untouched { Ok(None) } else { Err(Violation::new("targetUrl", MISSING)) };
    };
    let target_url = url("targetUrl", &target_url)?;
    Ok(Some(HttpStatusPush { target_url, auth_method, principal, credentials }))
}

fn meta(wire: wire::Meta<'_>, now: Timestamp) -> Result<(Option<String>, Window), Violation> {
    let customer_reference = text("customerReference", wire.customer_reference, CUSTOMER_REFERENCE_CHARS_MAX)?;
    let Some(Object(valid)) = wire.job_valid else { return Ok((customer_reference, Window::default())) };
    let moment = |member: &Option<Text<'_>>| member.as_ref().map(|Text(it)| it.to_string()).filter(|it| !it.is_empty());
    let (start, end) = (moment(&valid.start), moment(&valid.end));
    let valid = window(start.as_deref(), end.as_deref(), now).map_err(|wrong| wrong.inside("jobValid"))?;
    Ok((customer_reference, valid))
}

/// The entries of a list, each checked; none where it is missing.
fn list<W, T, const MAX: usize>(
    path: &str,
    wire: Option<List<W, MAX>>,
    check: impl Fn(W) -> Result<T, Violation>,
) -> Result<Vec<T>, Violation> {
    let Some(List { entries, too_many }) = wire else { return Ok(Vec::new()) };
    if too_many {
        return Err(Violation::new(path, format!("has more than {MAX} entries")));
    }
    let numbered = entries.into_iter().enumerate();
    numbered.map(|(index, entry)| check(entry).map_err(|wrong| wrong.inside_entry(path, index))).collect()
}

/// Text of at most `chars_max` characters; `None` where it is missing or empty.
fn text(path: &str, wire: Option<Text<'_>>, chars_max: usize) -> Result<Option<String>, Violation> {
    let Some(Text(text)) = wire else { return Ok(None) };
    if text.len() > chars_max && text.chars().count() > chars_max {
        return Err(Violation::new(path, format!("is longer than {chars_max} characters")));
    }
    if text.contains('\0') {
        return Err(Violation::new(path, "contains a NUL character"));
    }
    Ok(Some(text.into_owned()).filter(|text| !text.is_empty()))
}

/// One of the names in `known`, in any letter case; `None` where it is missing or empty.
fn choice<T: Copy>(path: &str, wire: Option<Text<'_>>, known: &[(&str, T)]) -> Result<Option<T>, Violation> {
    let Some(Text(text)) = wire.filter(|Text(text)| !text.is_empty()) else { return Ok(None) };
    match known.iter().find(|(name, _)| name.eq_ignore_ascii_case(&text)) {
        Some(&(_, value)) => Ok(Some(value)),
        None => {
            let names: Vec<&str> = known.iter().map(|&(name, _)| name).collect();
            Err(Violation::new(path, format!("must be one of {}", names.join(", "))))
        }
    }
}

/// Something that can be asked by http or https; who may be asked is for the server to say.
fn url(path: &str, text: &str) -> Result<String, Violation> {
    let host_follows =
        text.split_once("://").is_some_and(|(_, rest)| !rest.starts_with(['/', '?', '#', ':']) && !rest.is_empty());
    let blank = |character: char| character.is_whitespace() || character.is_control();
    if !starts_as_url(text) || !host_follows || text.contains(blank) {
        return Err(Violation::new(path, "is not an http or https URL"));
    }
    if text.chars().count() > URL_CHARS_MAX {
        return Err(Violation::new(path, format!("is longer than {URL_CHARS_MAX} characters")));
    }
    Ok(text.to_owned())
}

fn starts_as_url(text: &str) -> bool {
    text.split_once("://")
        .is_some_and(|(scheme, _)| scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https"))
}

pub(super) const CHARSETS: [(&str, Charset); 7] = [
    ("US-ASCII", Charset::UsAscii),
    ("UTF-8", Charset::Utf8),
    ("UTF-16", Charset::Utf16),
    ("UTF-16BE", Charset::Utf16Be),
    ("UTF-16LE", Charset::Utf16Le),
    ("ISO-8859-1", Charset::Iso8859_1),
    ("Windows-1252", Charset::Windows1252),
];
pub(super) const PAPERS: [(&str, Paper); 2] = [("A4", Paper::A4), ("LETTER", Paper::Letter)];
pub(super) const RESOLUTIONS: [(&str, Resolution); 2] = [("LOW", Resolution::Low), ("HIGH", Resolution::High)];
pub(super) const OVERLAY_MODES: [(&str, OverlayMode); 8] = [
    ("ALL_PAGES", OverlayMode::AllPages),
    ("NO_OVERLAY", OverlayMode::NoOverlay),
    ("FIRST_PAGE", OverlayMode::FirstPage),
    ("LAST_PAGE", OverlayMode::LastPage),
    ("ALL_BUT_FIRST_PAGE", OverlayMode::AllButFirstPage),
    ("ALL_BUT_LAST_PAGE", OverlayMode::AllButLastPage),
    ("ALL_BUT_FIRST_AND_LAST_PAGE", OverlayMode::AllButFirstAndLastPage),
    ("FIRST_FILE", OverlayMode::FirstFile),
];
pub(super) const IMAGE_MODES: [(&str, ImageMode); 4] = [
    ("NEVER", ImageMode::Never),
    ("SUCCESS_ONLY", ImageMode::SuccessOnly),
    ("FAILURE_ONLY", ImageMode::FailureOnly),
    ("ALWAYS", ImageMode::Always),
];
pub(super) const IMAGE_FORMATS: [(&str, ImageFormat); 3] =
    [("TIFF", ImageFormat::Tiff), ("PDF", ImageFormat::Pdf), ("PDF_WITH_OCR", ImageFormat::PdfWithOcr)];
/// The last is what the vendor's Java client sends for OAuth 2.
pub(super) const AUTH_METHODS: [(&str, AuthMethod); 5] = [
    ("NONE", AuthMethod::None),
    ("HTTP_BASIC", AuthMethod::HttpBasic),
    ("HTTP_DIGEST", AuthMethod::HttpDigest),
    ("OAUTH2", AuthMethod::Oauth2),
    ("OAUTH", AuthMethod::Oauth2),
];
