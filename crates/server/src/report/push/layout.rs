//! What a push says, in the vendor's words: the job's report as XML, like the answer of its SOAP method `getFaxReports`, or the
//! same as JSON. Both are made of one tree, so that they name the same things in the same order.
//!
//! XML 1.0 has no way to write some characters (clause 2.2: most below U+0020, U+FFFE, U+FFFF); U+FFFD stands in their place.
//! Left out: when the job expires, for which the vendor's XML name is not published.

use std::borrow::Cow;
use std::io;

use ferrofax_api::job::{AuthMethod, DocumentKind, ImageFormat, ImageMode, OverlayMode, Property, Resolution};
use jiff::Timestamp;
use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};
use serde::Serialize;

use crate::store::FinishedJob;

/// The vendor's, of its SOAP service.
const NAMESPACE: &str = "http://retarus.com/fax4ba/faxws/3/0";
const ROOT: &str = "faxJobReport";

/// `<faxJobReport xmlns="…">…`, UTF-8.
pub fn xml(job: &FinishedJob) -> io::Result<Vec<u8>> {
    let mut writer = Writer::new(Vec::new());
    writer.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    let root = writer.create_element(ROOT).with_attribute(("xmlns", NAMESPACE));
    root.write_inner_content(|writer| Report::of(job).write(&mut Xml(writer)))?;
    Ok(writer.into_inner())
}

/// `{"faxJobReport":{…}}`.
pub fn json(job: &FinishedJob) -> io::Result<Vec<u8>> {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Root<'a> {
        fax_job_report: Report<'a>,
    }
    Ok(serde_json::to_vec(&Root { fax_job_report: Report::of(job) })?)
}

/// What is absent here is absent there.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Report<'a> {
    job_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    report_mail: Option<ReportMail<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    http_status_push: Option<HttpStatusPush<'a>>,
    fax_recipient: Vec<FaxRecipient<'a>>,
    document: Vec<Document<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    options: Option<Options<'a>>,
    pages: u32,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ReportMail<'a> {
    success_address: &'a str,
    failure_address: &'a str,
    attached_fax_image_mode: ImageMode,
    attached_fax_image_format: ImageFormat,
}

/// Without credentials.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct HttpStatusPush<'a> {
    url: &'a str,
    auth_method: AuthMethod,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct FaxRecipient<'a> {
    number: &'a str,
    num_id: &'a str,
    status: &'a str,
    reason: &'a str,
    #[serde(rename = "sentTS", skip_serializing_if = "Option::is_none")]
    sent_ts: Option<&'a str>,
    duration_in_secs: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    sent_to_number: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    remote_csid: Option<&'a str>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    alternative_number: &'a [String],
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    properties: &'a [Property],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Document<'a> {
    name: &'a str,
    is_text: bool,
}

#[derive(PartialEq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct Options<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    resolution: Option<Resolution>,
    #[serde(skip_serializing_if = "Option::is_none")]
    csid: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    header: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    is_blacklist_enabled: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    is_express: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    overlay: Option<Overlay<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    coverpage_template_name: Option<&'a str>,
    #[serde(rename = "scheduleTS", skip_serializing_if = "Option::is_none")]
    schedule_ts: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    job_reference: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    billing_code: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    billing_info: Option<&'a str>,
}

#[derive(PartialEq, Serialize)]
struct Overlay<'a> {
    name: &'a str,
    mode: OverlayMode,
}

impl<'a> Report<'a> {
    fn of(job: &'a FinishedJob) -> Report<'a> {
        let recipients = job.report.recipient_status.iter().zip(&job.deliveries);
        let options = Options::of(job);
        Report {
            job_id: &job.id.0,
            report_mail: job.mail.as_ref().map(|mail| ReportMail {
                success_address: mail.success_address.as_deref().unwrap_or_default(),
                failure_address: mail.failure_address.as_deref().unwrap_or_default(),
                attached_fax_image_mode: mail.image_mode,
                attached_fax_image_format: mail.image_format,
            }),
            http_status_push: job
                .push
                .as_ref()
                .map(|push| HttpStatusPush { url: &push.target_url, auth_method: push.auth_method }),
            fax_recipient: recipients
                .map(|(status, delivery)| FaxRecipient {
                    number: &status.number,
                    num_id: &delivery.id.0,
                    status: &status.status,
                    reason: &status.reason,
                    sent_ts: status.sent_ts.as_deref(),
                    duration_in_secs: status.duration_in_secs,
                    sent_to_number: status.sent_to_number.as_deref(),
                    remote_csid: status.remote_csid.as_deref(),
                    alternative_number: &delivery.alternative_numbers,
                    properties: status.properties.as_deref().unwrap_or_default(),
                })
                .collect(),
            document: job
                .documents
                .iter()
                .map(|document| Document { name: &document.name, is_text: document.kind == DocumentKind::Txt })
                .collect(),
            options: (options != Options::default()).then_some(options),
            pages: job.report.pages,
        }
    }

    fn write(&self, xml: &mut Xml<'_>) -> io::Result<()> {
        xml.text("jobId", self.job_id)?;
        if let Some(mail) = &self.report_mail {
            xml.within("reportMail", |xml| {
                xml.text("successAddress", mail.success_address)?;
                xml.text("failureAddress", mail.failure_address)?;
                xml.word("attachedFaxImageMode", &mail.attached_fax_image_mode)?;
                xml.word("attachedFaxImageFormat", &mail.attached_fax_image_format)
            })?;
        }
        if let Some(push) = &self.http_status_push {
            xml.within("httpStatusPush", |xml| {
                xml.text("url", push.url)?;
                xml.word("authMethod", &push.auth_method)
            })?;
        }
        for recipient in &self.fax_recipient {
            xml.within("faxRecipient", |xml| recipient.write(xml))?;
        }
        for document in &self.document {
            xml.within("document", |xml| {
                xml.text("name", document.name)?;
                xml.word("isText", &document.is_text)
            })?;
        }
        if let Some(options) = &self.options {
            xml.within("options", |xml| options.write(xml))?;
        }
        xml.word("pages", &self.pages)
    }
}

impl FaxRecipient<'_> {
    fn write(&self, xml: &mut Xml<'_>) -> io::Result<()> {
        xml.text("number", self.number)?;
        xml.text("numId", self.num_id)?;
        xml.text("status", self.status)?;
        xml.text("reason", self.reason)?;
        xml.given("sentTS", self.sent_ts)?;
        xml.word("durationInSecs", &self.duration_in_secs)?;
        xml.given("sentToNumber", self.sent_to_number)?;
        xml.given("remoteCsid", self.remote_csid)?;
        for number in self.alternative_number {
            xml.text("alternativeNumber", number)?;
        }
        for Property { key, value } in self.properties {
            xml.within("properties", |xml| {
                xml.text("key", key)?;
                xml.text("value", value)
            })?;
        }
        Ok(())
    }
}

impl<'a> Options<'a> {
    fn of(job: &'a FinishedJob) -> Options<'a> {
        let FinishedJob { transport, rendering, reference, .. } = job;
        Options {
            resolution: rendering.resolution,
            csid: transport.csid.as_deref(),
            header: rendering.header.as_deref(),
            is_blacklist_enabled: transport.blacklist.then_some(true),
            is_express: transport.express.then_some(true),
            overlay: rendering.overlay.as_ref().map(|overlay| Overlay { name: &overlay.name, mode: overlay.mode }),
            coverpage_template_name: rendering.cover.as_deref(),
            schedule_ts: (job.valid_from > job.accepted_at).then(|| seconds(job.valid_from)),
            job_reference: reference.customer_defined_id.as_deref(),
            billing_code: reference.billing_code.as_deref(),
            billing_info: reference.billing_info.as_deref(),
        }
    }

    fn write(&self, xml: &mut Xml<'_>) -> io::Result<()> {
        xml.words("resolution", self.resolution.as_ref())?;
        xml.given("csid", self.csid)?;
        xml.given("header", self.header)?;
        xml.words("isBlacklistEnabled", self.is_blacklist_enabled.as_ref())?;
        xml.words("isExpress", self.is_express.as_ref())?;
        if let Some(overlay) = &self.overlay {
            xml.within("overlay", |xml| {
                xml.text("name", overlay.name)?;
                xml.word("mode", &overlay.mode)
            })?;
        }
        xml.given("coverpageTemplateName", self.coverpage_template_name)?;
        xml.given("scheduleTS", self.schedule_ts.as_deref())?;
        xml.given("jobReference", self.job_reference)?;
        xml.given("billingCode", self.billing_code)?;
        xml.given("billingInfo", self.billing_info)
    }
}

/// As the report tells times.
fn seconds(time: Timestamp) -> String {
    format!("{time:.0}")
}

/// Elements, one after the other.
struct Xml<'a>(&'a mut Writer<Vec<u8>>);

impl Xml<'_> {
    fn within(&mut self, name: &str, content: impl FnOnce(&mut Xml<'_>) -> io::Result<()>) -> io::Result<()> {
        self.0.create_element(name).write_inner_content(|writer| content(&mut Xml(writer)))?;
        Ok(())
    }

    fn text(&mut self, name: &str, text: &str) -> io::Result<()> {
        self.0.create_element(name).write_text_content(BytesText::new(&writable(text)))?;
        Ok(())
    }

    fn given(&mut self, name: &str, text: Option<&str>) -> io::Result<()> {
        text.map_or(Ok(()), |text| self.text(name, text))
    }

    /// One of the API's words, a number, a truth value: as JSON has it, without the quotes.
    fn word(&mut self, name: &str, word: &impl Serialize) -> io::Result<()> {
        match serde_json::to_value(word)? {
            serde_json::Value::String(word) => self.text(name, &word),
            other => self.text(name, &other.to_string()),
        }
    }

    fn words(&mut self, name: &str, word: Option<&impl Serialize>) -> io::Result<()> {
        word.map_or(Ok(()), |word| self.word(name, word))
    }
}

/// Text of characters that XML 1.0 knows, clause 2.2.
fn writable(text: &str) -> Cow<'_, str> {
    let known = |c: char| matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{FFFD}' | '\u{10000}'..);
    if text.chars().all(known) {
        return Cow::Borrowed(text);
    }
    text.chars().map(|c| if known(c) { c } else { char::REPLACEMENT_CHARACTER }).collect()
}
