//! Basic credentials (RFC 7617) as clients really send them: in either base64 alphabet, without padding, in UTF-8 or, from
//! old Java machines, in Latin 1. The password may hold colons.

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use ferrofax_api::base64;

/// What a client says it is.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    pub login: String,
    pub password: String,
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Credentials")
    }
}

/// The credentials in the request, if there are some that can be read.
pub fn credentials(headers: &HeaderMap) -> Option<Credentials> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let (Some(value), None) = (values.next(), values.next()) else { return None };
    let (scheme, token) = value.as_bytes().split_at_checked(6)?;
    if !scheme.eq_ignore_ascii_case(b"basic ") {
        return None;
    }
    let plain = base64::decode(token).ok()?;
    // Every byte is a character of Latin 1, with the same number.
    let plain =
        String::from_utf8(plain).unwrap_or_else(|no| no.as_bytes().iter().map(|&byte| char::from(byte)).collect());
    let (login, password) = plain.split_once(':')?;
    Some(Credentials { login: login.to_owned(), password: password.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(value: &[u8]) -> Option<(String, String)> {
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, value.try_into().expect("a header value"));
        credentials(&headers).map(|credentials| (credentials.login, credentials.password))
    }

    #[test]
    fn credentials_are_read_in_every_way_clients_write_them() {
        for (value, login, password) in [
            ("Basic Sm9objpzZWNyZXQ=", "John", "secret"),
            ("basic  Sm9objpzZWNyZXQ", "John", "secret"),
            // `a:?>~` in both alphabets.
            ("Basic YTo/Pn4=", "a", "?>~"),
            ("Basic YTo_Pn4=", "a", "?>~"),
            ("Basic YTpiOmM=", "a", "b:c"),
            ("Basic YTo=", "a", ""),
            // `ü:ü` in UTF-8 and in Latin 1.
            ("Basic w7w6w7w=", "ü", "ü"),
            ("Basic /Dr8", "ü", "ü"),
        ] {
            assert_eq!(read(value.as_bytes()), Some((login.into(), password.into())), "{value}");
        }
    }

    #[test]
    fn what_is_no_basic_credential_is_none() {
        for value in ["", "Basic", "Basic ", "Bearer YTpi", "Basic YWI=", "Basic a:b", "Basic YTpi, Basic YTpi"] {
            assert_eq!(read(value.as_bytes()), None, "{value}");
        }
        let mut twice = HeaderMap::new();
        for _ in 0..2 {
            twice.append(AUTHORIZATION, "Basic YTpi".parse().expect("a header value"));
        }
        assert_eq!(credentials(&twice), None);
    }
}
