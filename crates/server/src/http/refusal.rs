//! Every answer that is no success: status, message, headers; one envelope.

use std::time::Duration;

use axum::Json;
use axum::http::header::{CONNECTION, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use ferrofax_api::answer::ErrorBody;
use ferrofax_api::job::Violation;

use super::DeskError;

/// Why a request is not done.
#[derive(Debug)]
pub enum Refusal {
    /// 400: the request breaks a rule.
    Invalid(Violation),
    /// 401: no credentials, wrong ones, or those of another customer. Which, is not said.
    Unauthenticated,
    /// 403: this login may not come from there.
    AddressNotAllowed,
    /// 404: no such path.
    NoSuchPath,
    /// 404: no such job, or one of another login. Which, is not said.
    NoSuchReport,
    /// 404: the login's customer has no such template or overlay.
    NoSuch(&'static str),
    /// 405.
    MethodNotAllowed,
    /// 409: the push or mail is being made.
    BeingTold(&'static str),
    /// 408: the client stopped in the middle of its body.
    TooSlow,
    /// 413.
    TooLarge { bytes_max: usize },
    /// 415: the body is not JSON, or is compressed.
    UnsupportedMediaType(&'static str),
    /// 422: the idempotency key was used for another request.
    KeyReused,
    /// 429.
    TooManyRequests { retry_after: Duration },
    /// 503.
    Unavailable { reason: &'static str, retry_after: Duration },
    /// 500: a fault of ours; its cause is in the log.
    Internal,
}

impl Refusal {
    pub fn unavailable(reason: &'static str, retry_after: Duration) -> Refusal {
        Refusal::Unavailable { reason, retry_after }
    }

    /// A fault of ours, told to the log.
    pub fn internal(error: &dyn std::error::Error) -> Refusal {
        let mut causes = error.to_string();
        let mut source = error.source();
        while let Some(cause) = source {
            causes.push_str(": ");
            causes.push_str(&cause.to_string());
            source = cause.source();
        }
        tracing::error!(error = causes, "a request failed: {causes}");
        Refusal::Internal
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::Invalid(_) => StatusCode::BAD_REQUEST,
            Self::Unauthenticated => StatusCode::UNAUTHORIZED,
            Self::AddressNotAllowed => StatusCode::FORBIDDEN,
            Self::NoSuchPath | Self::NoSuchReport | Self::NoSuch(_) => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::BeingTold(_) => StatusCode::CONFLICT,
            Self::TooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UnsupportedMediaType(_) => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::KeyReused => StatusCode::UNPROCESSABLE_ENTITY,
            Self::TooManyRequests { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::Unavailable { .. } => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn message(&self) -> String {
        match self {
            Self::Invalid(violation) => violation.to_string(),
            Self::Unauthenticated => "Authentication failed".into(),
            Self::AddressNotAllowed => "This login may not be used from this address".into(),
            Self::NoSuchPath => "No such path".into(),
            Self::NoSuchReport => "No such report".into(),
            Self::NoSuch(what) => format!("No such {what}"),
            Self::MethodNotAllowed => "This path does not have this method".into(),
            Self::BeingTold(what) => format!("The {what} is being made at this moment"),
            Self::TooSlow => "The body did not arrive in time".into(),
            Self::TooLarge { bytes_max } => format!("The body has more than {bytes_max} bytes"),
            Self::UnsupportedMediaType(what) => (*what).into(),
            Self::KeyReused => "This Idempotency-Key was used for another request".into(),
            Self::TooManyRequests { .. } => "Too many requests".into(),
            Self::Unavailable { reason, .. } => format!("Try again later: {reason}"),
            Self::Internal => "A fault of this service".into(),
        }
    }
}

impl From<Violation> for Refusal {
    fn from(violation: Violation) -> Refusal {
        Refusal::Invalid(violation)
    }
}

impl From<DeskError> for Refusal {
    fn from(error: DeskError) -> Refusal {
        match error {
            DeskError::Unavailable { reason, retry_after } => Refusal::Unavailable { reason, retry_after },
            DeskError::Invalid(violation) => Refusal::Invalid(violation),
            DeskError::KeyReused => Refusal::KeyReused,
            DeskError::Internal(_) => Refusal::internal(&error),
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status = self.status();
        let mut response = (status, Json(ErrorBody { code: status.as_u16(), message: self.message() })).into_response();
        let headers = response.headers_mut();
        match self {
            Self::Unauthenticated => {
                headers.insert(
                    WWW_AUTHENTICATE,
                    HeaderValue::from_static("Basic realm=\"Fax for Applications\", charset=\"UTF-8\""),
                );
            }
            Self::TooManyRequests { retry_after } | Self::Unavailable { retry_after, .. } => {
                // Whole seconds, rounded up: coming back a moment too early helps nobody.
                let seconds = retry_after.as_secs() + u64::from(retry_after.subsec_nanos() > 0);
                headers.insert(RETRY_AFTER, HeaderValue::from(seconds.max(1)));
            }
            Self::TooSlow => {
                headers.insert(CONNECTION, HeaderValue::from_static("close"));
            }
            _ => {}
        }
        response
    }
}
