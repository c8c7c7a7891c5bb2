//! A fax job as it stands in the request: which members there are and of which JSON type, nothing more.
//!
//! Text is borrowed from the body where it holds no escapes; document bytes are decoded while they are read, so the base64
//! text is never copied. `null` and a missing member are the same; unknown members are skipped. Lists stop growing at their
//! limit. The OpenAPI schema of the request derives from these types.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use utoipa::ToSchema;

use super::limits::{ALTERNATIVE_NUMBERS_MAX, DOCUMENTS_MAX, PROPERTIES_MAX, RECIPIENTS_MAX};
use super::{AuthMethod, Charset, ImageFormat, ImageMode, OverlayMode, Paper, Property, Resolution};
use crate::base64;

/// The body of a request to send a fax.
///
/// `null` is the same as leaving a member out, unknown members are ignored, and the values of enumerations may be written in
/// any letter case. `rendering_options`, with its members in snake case, is taken for `renderingOptions`.
#[derive(serde::Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct FaxJobRequest<'a> {
    #[serde(borrow)]
    #[schema(value_type = Option<Reference<'static>>)]
    pub(super) reference: Option<Object<Reference<'a>>>,
    /// At least one; each gets the fax and a status of its own.
    #[serde(borrow)]
    #[schema(value_type = Vec<Recipient<'static>>, min_items = 1, max_items = 10_000)]
    pub(super) recipients: Option<List<Object<Recipient<'a>>, RECIPIENTS_MAX>>,
    /// Sent as one fax, in this order. At least one where there is no cover page.
    #[serde(borrow)]
    #[schema(value_type = Option<Vec<Document<'static>>>, max_items = 100)]
    pub(super) documents: Option<List<Object<Document<'a>>, DOCUMENTS_MAX>>,
    #[serde(borrow)]
    #[schema(value_type = Option<TransportOptions<'static>>)]
    pub(super) transport_options: Option<Object<TransportOptions<'a>>>,
    #[serde(borrow)]
    #[schema(value_type = Option<RenderingOptions<'static>>)]
    pub(super) rendering_options: Option<Object<RenderingOptions<'a>>>,
    /// The vendor's Python client spells it so.
    #[serde(borrow, rename = "rendering_options")]
    #[schema(ignore)]
    pub(super) rendering_options_snake: Option<Object<RenderingOptions<'a>>>,
    #[serde(borrow)]
    #[schema(value_type = Option<StatusReportOptions<'static>>)]
    pub(super) status_report_options: Option<Object<StatusReportOptions<'a>>>,
    #[serde(borrow)]
    #[schema(value_type = Option<Meta<'static>>)]
    pub(super) meta: Option<Object<Meta<'a>>>,
}

/// Nothing of what the customer wrote.
impl fmt::Debug for FaxJobRequest<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FaxJobRequest")
    }
}

/// The customer's own words about the job; they come back in the report.
#[derive(serde::Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Reference<'a> {
    #[serde(borrow)]
    #[schema(value_type = Option<String>, max_length = 256, examples("2022-04-7T11:04:37.057Z_customerDefinedId"))]
    pub(super) customer_defined_id: Option<Text<'a>>,
    /// The cost centre.
    #[serde(borrow)]
    #[schema(value_type = Option<String>, max_length = 80, examples("2022-04-7T11:04:37.057Z_billingCode"))]
    pub(super) billing_code: Option<Text<'a>>,
    #[serde(borrow)]
    #[schema(value_type = Option<String>, max_length = 80, examples("2022-04-7T11:04:37.057Z_billingInfo"))]
    pub(super) billing_info: Option<Text<'a>>,
}

#[derive(serde::Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Recipient<'a> {
    /// International, with `+` or `00`; blanks, hyphens, slashes, dots and brackets may stand in it.
    #[serde(borrow)]
    #[schema(value_type = String, max_length = 64, examples("0012012051598"))]
    pub(super) number: Option<Text<'a>>,
    /// Other numbers of the same recipient.
    #[serde(borrow)]
    #[schema(value_type = Option<Vec<String>>, max_items = 20)]
    pub(super) alternative_numbers: Option<List<Text<'a>, ALTERNATIVE_NUMBERS_MAX>>,
    /// For the cover page.
    #[serde(borrow)]
    #[schema(value_type = Option<Vec<Property>>, max_items = 200)]
    pub(super) properties: Option<List<Object<RecipientProperty<'a>>, PROPERTIES_MAX>>,
}

#[derive(serde::Deserialize)]
pub(super) struct RecipientProperty<'a> {
    #[serde(borrow)]
    pub(super) key: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) value: Option<Text<'a>>,
}

#[derive(serde::Deserialize, ToSchema)]
pub(super) struct Document<'a> {
    /// The extension tells what the document is: `pdf`, `txt`, `html`, `tif`, `png`, `jpg`, `gif`, `bmp`, `webp`; where their
    /// converters are installed also `docx`, `xlsx`, `pptx`, `doc`, `xls`, `ppt`, `odt`, `ods`, `odp`, `rtf`, `ps`, `pcl`. At most
    /// 32 characters without it.
    #[serde(borrow)]
    #[schema(value_type = String, pattern = "^[a-zA-Z0-9._-]+$", examples("test-document-inline-byte-array.txt"))]
    pub(super) name: Option<Text<'a>>,
    /// Of a `txt` document; UTF-8 where none is named.
    #[serde(borrow)]
    #[schema(value_type = Option<Charset>)]
    pub(super) charset: Option<Text<'a>>,
    /// The document's URL, http or https; fetched after the job has been accepted. Goes before `data`.
    #[serde(borrow)]
    #[schema(value_type = Option<String>, max_length = 2048, examples("https://example.com/letter.pdf"))]
    pub(super) reference: Option<Text<'a>>,
    /// The document in base64.
    #[schema(value_type = Option<String>, content_encoding = "base64",
        examples("SGVsbG8sIHRoaXMgaXMgYSB0ZXN0aW5nIGRvY3VtZW50IGJvZHkgY3JlYXRlZCBmb3IgOTk5OTlURQ=="))]
    pub(super) data: Option<Data>,
}

#[derive(serde::Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct TransportOptions<'a> {
    /// The sender's id, shown by the far machine; the account's where missing.
    #[serde(borrow)]
    #[schema(value_type = Option<String>, max_length = 20, examples("test-csid"))]
    pub(super) csid: Option<Text<'a>>,
    /// Ahead of other jobs.
    pub(super) is_express: Option<bool>,
    /// Do not send to numbers on the public or the operator's lists.
    pub(super) is_blacklist_enabled: Option<bool>,
}

#[derive(serde::Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct RenderingOptions<'a> {
    /// The account's where missing.
    #[serde(borrow)]
    #[schema(value_type = Option<Paper>)]
    pub(super) paper_format: Option<Text<'a>>,
    #[serde(borrow, rename = "paper_format")]
    #[schema(ignore)]
    pub(super) paper_format_snake: Option<Text<'a>>,
    /// The account's where missing.
    #[serde(borrow)]
    #[schema(value_type = Option<Resolution>)]
    pub(super) resolution: Option<Text<'a>>,
    /// The cover page's template by its name, as installed; the account's where missing.
    #[serde(borrow)]
    #[schema(value_type = Option<String>, max_length = 128, examples("coverpage-default.ftl.html"))]
    pub(super) coverpage_template: Option<Text<'a>>,
    #[serde(borrow, rename = "coverpage_template")]
    #[schema(ignore)]
    pub(super) coverpage_template_snake: Option<Text<'a>>,
    /// A stationery page under the fax's own.
    #[serde(borrow)]
    #[schema(value_type = Option<Overlay<'static>>)]
    pub(super) overlay: Option<Object<Overlay<'a>>>,
    /// The header line of every page, with control characters; the account's where missing.
    #[serde(borrow)]
    #[schema(value_type = Option<String>, max_length = 1000, examples("%d.%m.%Y %H:%M %C %r Page %P of %T"))]
    pub(super) header: Option<Text<'a>>,
}

#[derive(serde::Deserialize, ToSchema)]
pub(super) struct Overlay<'a> {
    /// As installed, without path and extension.
    #[serde(borrow)]
    #[schema(value_type = Option<String>, max_length = 128, examples("LetterHead"))]
    pub(super) name: Option<Text<'a>>,
    #[serde(borrow)]
    #[schema(value_type = OverlayMode)]
    pub(super) mode: Option<Text<'a>>,
}

#[derive(serde::Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct StatusReportOptions<'a> {
    /// Without effect; anything is taken.
    #[schema(value_type = Option<String>)]
    #[expect(dead_code, reason = "stands here for the schema; clients send what is not a date")]
    pub(super) report_purge_ts: Option<IgnoredAny>,
    #[serde(borrow)]
    #[schema(value_type = Option<ReportMail<'static>>)]
    pub(super) report_mail: Option<Object<ReportMail<'a>>>,
    #[serde(borrow)]
    #[schema(value_type = Option<HttpStatusPush<'static>>)]
    pub(super) http_status_push: Option<Object<HttpStatusPush<'a>>>,
}

#[derive(serde::Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ReportMail<'a> {
    /// Gets a mail when the fax arrived.
    #[serde(borrow)]
    #[schema(value_type = Option<String>, max_length = 320, examples("john.doe@retarus.com"))]
    pub(super) success_address: Option<Text<'a>>,
    /// Gets a mail when it did not.
    #[serde(borrow)]
    #[schema(value_type = Option<String>, max_length = 320, examples("jane.doe@retarus.com"))]
    pub(super) failure_address: Option<Text<'a>>,
    #[serde(borrow)]
    #[schema(value_type = Option<ImageMode>)]
    pub(super) attached_fax_image_mode: Option<Text<'a>>,
    #[serde(borrow)]
    #[schema(value_type = Option<ImageFormat>)]
    pub(super) attached_fax_image_format: Option<Text<'a>>,
}

#[derive(serde::Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct HttpStatusPush<'a> {
    /// Where the report is posted to, by http or https.
    #[serde(borrow)]
    #[schema(value_type = String, max_length = 2048, examples("https://retarus.com/test-path/test-target"))]
    pub(super) target_url: Option<Text<'a>>,
    /// User name, or OAuth2 client id.
    #[serde(borrow)]
    #[schema(value_type = Option<String>, max_length = 2048)]
    pub(super) principal: Option<Text<'a>>,
    /// Password, or OAuth2 client secret.
    #[serde(borrow)]
    #[schema(value_type = Option<String>, max_length = 2048, format = Password)]
    pub(super) credentials: Option<Text<'a>>,
    #[serde(borrow)]
    #[schema(value_type = Option<AuthMethod>)]
    pub(super) auth_method: Option<Text<'a>>,
}

#[derive(serde::Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Meta<'a> {
    #[serde(borrow)]
    #[schema(value_type = Option<String>, max_length = 256)]
    pub(super) customer_reference: Option<Text<'a>>,
    #[serde(borrow)]
    #[schema(value_type = Option<JobValid<'static>>)]
    pub(super) job_valid: Option<Object<JobValid<'a>>>,
}

/// When the job may be sent.
#[derive(serde::Deserialize, ToSchema)]
pub(super) struct JobValid<'a> {
    /// ISO 8601 with zone or offset; at once where missing.
    #[serde(borrow)]
    #[schema(value_type = Option<String>, examples("2022-10-11T15:50:21.372Z"))]
    pub(super) start: Option<Text<'a>>,
    /// ISO 8601 with zone or offset, or a duration from now; one month after the start where missing.
    #[serde(borrow)]
    #[schema(value_type = Option<String>, examples("PT80M", "2022-10-11T15:50:21.372Z"))]
    pub(super) end: Option<Text<'a>>,
}

/// A string. Its content never appears in `Debug`.
pub(crate) struct Text<'a>(pub(crate) Cow<'a, str>);

impl fmt::Debug for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Text({} bytes)", self.0.len())
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Text<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }
            fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Text(Cow::Borrowed(text)))
            }
            fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Text(Cow::Owned(text.to_owned())))
            }
        }
        from.deserialize_str(Reader)
    }
}

/// A document's bytes, or that they are not base64: known while reading, reported when it is this member's turn.
pub(super) struct Data(pub(super) Result<Vec<u8>, base64::NotBase64>);

impl fmt::Debug for Data {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Data({:?})", self.0.as_ref().map(Vec::len))
    }
}

impl<'de> Deserialize<'de> for Data {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Reader;
        impl Visitor<'_> for Reader {
            type Value = Data;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }
            fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Data(base64::decode(text.as_bytes())))
            }
        }
        from.deserialize_str(Reader)
    }
}

/// A JSON object. (Serde alone would take an array for a struct.)
pub(crate) struct Object<T>(pub(crate) T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Reader<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Reader<T> {
            type Value = Object<T>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                T::deserialize(MapAccessDeserializer::new(map)).map(Object)
            }
        }
        from.deserialize_map(Reader(PhantomData))
    }
}

/// A JSON array of at most `MAX` entries; more are read past and remembered as too many.
pub(crate) struct List<T, const MAX: usize> {
    pub(crate) entries: Vec<T>,
    pub(crate) too_many: bool,
}

impl<'de, T: Deserialize<'de>, const MAX: usize> Deserialize<'de> for List<T, MAX> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Reader<T, const MAX: usize>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>, const MAX: usize> Visitor<'de> for Reader<T, MAX> {
            type Value = List<T, MAX>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an array")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
                let mut entries = Vec::new();
                while entries.len() < MAX {
                    match seq.next_element()? {
                        Some(entry) => entries.push(entry),
                        None => return Ok(List { entries, too_many: false }),
                    }
                }
                let too_many = seq.next_element::<IgnoredAny>()?.is_some();
                while too_many && seq.next_element::<IgnoredAny>()?.is_some() {}
                Ok(List { entries, too_many })
            }
        }
        from.deserialize_seq(Reader(PhantomData))
    }
}
