//! How long and how many. The first group is the vendor's; the second is ours, where the vendor names no limit.
//!
//! Text is counted in Unicode characters.

/// `reference.customerDefinedId`.
pub const CUSTOMER_DEFINED_ID_CHARS_MAX: usize = 256;
/// `reference.billingCode` and `reference.billingInfo`.
pub const BILLING_CHARS_MAX: usize = 80;
/// `documents[].name`, not counting the last dot and the extension: the vendor's own example has 35 characters with it.
pub const DOCUMENT_NAME_CHARS_MAX: usize = 32;
/// `transportOptions.csid`.
pub const CSID_CHARS_MAX: usize = 20;

/// Recipients in a job.
pub const RECIPIENTS_MAX: usize = 10_000;
/// Alternative numbers of a recipient.
pub const ALTERNATIVE_NUMBERS_MAX: usize = 20;
/// Cover page properties of a recipient.
pub const PROPERTIES_MAX: usize = 200;
/// The key of a cover page property.
pub const PROPERTY_KEY_CHARS_MAX: usize = 256;
/// The value of a cover page property.
pub const PROPERTY_VALUE_CHARS_MAX: usize = 10_000;
/// A telephone number as written, blanks and brackets included.
pub const NUMBER_CHARS_MAX: usize = 64;
/// A telephone number must have at least so many digits.
pub const NUMBER_DIGITS_MIN: usize = 3;
/// `renderingOptions.coverpageTemplate`.
pub const TEMPLATE_NAME_CHARS_MAX: usize = 128;
/// `renderingOptions.overlay.name`.
pub const OVERLAY_NAME_CHARS_MAX: usize = 128;
/// `renderingOptions.header`, control characters included.
pub const HEADER_CHARS_MAX: usize = 1000;
/// Documents in a job.
pub const DOCUMENTS_MAX: usize = 100;
/// `meta.customerReference`.
pub const CUSTOMER_REFERENCE_CHARS_MAX: usize = 256;
/// The addresses in `statusReportOptions.reportMail`: RFC 5321 clause 4.5.3.1, local part, `@` and domain.
pub const MAIL_ADDRESS_CHARS_MAX: usize = 320;
/// `statusReportOptions.httpStatusPush.targetUrl` and `documents[].reference`.
pub const URL_CHARS_MAX: usize = 2048;
/// `principal` and `credentials` in `statusReportOptions.httpStatusPush`.
pub const CREDENTIALS_CHARS_MAX: usize = 2048;
