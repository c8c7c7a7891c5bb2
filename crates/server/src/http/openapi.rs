//! The document at `/openapi.json`: what the routes and their types don't say themselves.

use ferrofax_api::answer::ErrorBody;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{IntoResponses, OpenApi};

/// Refusals that every call behind a login knows.
macro_rules! refused {
    ($(#[$about:meta])* $name:ident { $($own:tt)* }) => {
        $(#[$about])*
        #[derive(IntoResponses)]
        #[expect(dead_code, reason = "only its description is used")]
        pub enum $name {
            $($own)*
            /// No credentials, wrong ones, or those of another customer
            #[response(
                status = 401,
                example = json!({"code": 401, "message": "Authentication failed"}),
                headers(("WWW-Authenticate" = String, description = "`Basic`"))
            )]
            Unauthenticated(ErrorBody),
            /// The login may not be used from this address
            #[response(status = 403, example = json!({"code": 403, "message": "This login may not be used from this address"}))]
            AddressNotAllowed(ErrorBody),
            /// The login makes too many requests
            #[response(
                status = 429,
                example = json!({"code": 429, "message": "Too many requests"}),
                headers(("Retry-After" = u64, description = "Seconds"))
            )]
            TooManyRequests(ErrorBody),
            /// A fault of this service
            #[response(status = 500, example = json!({"code": 500, "message": "A fault of this service"}))]
            Internal(ErrorBody),
            /// Full, overloaded or going down
            #[response(
                status = 503,
                example = json!({"code": 503, "message": "Try again later: the disk is full"}),
                headers(("Retry-After" = u64, description = "Seconds"))
            )]
            Unavailable(ErrorBody),
        }
    };
}

refused! {
    /// What can happen to a job at the door.
    Refused {
        /// The request breaks a rule; the message begins with the member
        #[response(status = 400, example = json!({"code": 400, "message": "recipients[3].number: contains a letter"}))]
        Invalid(ErrorBody),
        /// The body did not arrive in time
        #[response(status = 408, example = json!({"code": 408, "message": "The body did not arrive in time"}))]
        TooSlow(ErrorBody),
        /// The body is too large
        #[response(status = 413, example = json!({"code": 413, "message": "The body has more than 50000000 bytes"}))]
        TooLarge(ErrorBody),
        /// The body is not JSON, or is compressed
        #[response(status = 415, example = json!({"code": 415, "message": "The content type must be application/json"}))]
        UnsupportedMediaType(ErrorBody),
    }
}

refused! {
    /// What can happen to every question.
    RefusedAnything {}
}

refused! {
    /// What can happen when a report is asked for.
    RefusedReport {
        /// No such job, its report was deleted, or it is another login's
        #[response(status = 404, example = json!({"code": 404, "message": "No such report"}))]
        NoSuchReport(ErrorBody),
    }
}

refused! {
    /// What can happen when a template or overlay is asked for.
    RefusedStationery {
        /// The customer has no such template or overlay
        #[response(status = 404, example = json!({"code": 404, "message": "No such template"}))]
        NoSuch(ErrorBody),
    }
}

refused! {
    /// What can happen to a question without a body.
    RefusedQuery {
        /// The request breaks a rule; the message begins with the member
        #[response(status = 400, example = json!({"code": 400, "message": "number: contains a character that is not part of a number"}))]
        Invalid(ErrorBody),
    }
}

/// When the service is not ready.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "only its description is used")]
pub enum RefusedReady {
    /// A fault of this service
    #[response(status = 500, example = json!({"code": 500, "message": "A fault of this service"}))]
    Internal(ErrorBody),
    /// Full, overloaded or going down
    #[response(
        status = 503,
        example = json!({"code": 503, "message": "Try again later: the service is going down"}),
        headers(("Retry-After" = u64, description = "Seconds"))
    )]
    Unavailable(ErrorBody),
}

#[derive(OpenApi)]
#[openapi(
    info(
        title = "ferrofax",
        description = "Send faxes and fetch their reports. Compatible with the outbound REST API of a well-known fax service.",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0")
    ),
    components(schemas(ErrorBody)),
    tags(
        (name = "Fax jobs", description = "Send faxes"),
        (name = "Fax reports", description = "What became of them"),
        (name = "Stationery", description = "Templates, overlays, and a look at faxes before they are sent"),
        (name = "Do-not-fax list", description = "Numbers the customer does not want to be faxed"),
        (name = "Destinations", description = "What calls to numbers taught"),
        (name = "Health", description = "For whoever watches over the service")
    )
)]
struct Document;

/// The document before the routes add theirs.
pub fn document() -> utoipa::openapi::OpenApi {
    Document::openapi()
}

/// What is added when the routes have added theirs.
pub fn finish(document: &mut utoipa::openapi::OpenApi) {
    let basic =
        HttpBuilder::new().scheme(HttpAuthScheme::Basic).description(Some("Name and password of a login")).build();
    let components = document.components.get_or_insert_default();
    components.add_security_scheme("httpBasicAuth", SecurityScheme::Http(basic));
}
