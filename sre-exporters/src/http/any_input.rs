//! Whatever a client sends: a request is read as what it says, and nobody gets in who does not know the secret.

use http::header::{ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, CONTENT_LENGTH};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use proptest::collection::vec;
use proptest::prelude::*;

use super::credential::Credential;
use super::routes::{Wanted, wanted};

/// Any bytes that HTTP lets into a header.
fn value() -> impl Strategy<Value = HeaderValue> {
    let bytes = vec(prop_oneof![0x20..=0x7e_u8, 0x80..=0xff_u8, Just(b'\t')], 0..80);
    bytes.prop_map(|bytes| HeaderValue::from_bytes(&bytes).unwrap())
}

/// Any bytes, and secrets that miss by a little.
fn shown(secret: String) -> impl Strategy<Value = HeaderValue> {
    let near = (0..4_u8, any::<prop::sample::Index>(), 0x21..=0x7e_u8);
    let damaged = near.prop_map(move |(kind, at, byte)| {
        let mut bytes = secret.clone().into_bytes();
        let at = at.index(bytes.len());
        match kind {
            0 => bytes.truncate(at),
            1 => bytes[at] = byte,
            2 => bytes.insert(at, byte),
            _ => {}
        }
        HeaderValue::from_bytes(&bytes).unwrap()
    });
    prop_oneof![value(), damaged]
}

fn headers_with(values: Vec<HeaderValue>) -> HeaderMap {
    values.into_iter().map(|value| (AUTHORIZATION, value)).collect()
}

const TOKEN: &str = "Bearer correct-horse-battery-staple";
const USER: &str = "Basic dXNlcjpwYXNz";

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn only_the_secret_opens(
        bearer in vec(shown(TOKEN.to_owned()), 0..3),
        basic in vec(shown(USER.to_owned()), 0..3),
    ) {
        for (credential, values, secret) in [
            (Credential::bearer("correct-horse-battery-staple").unwrap(), bearer, TOKEN),
            (Credential::basic("user", "pass").unwrap(), basic, USER),
        ] {
            // The scheme in any case, one blank, then the secret to the letter; and only one such header.
            let scheme = secret.find(' ').unwrap();
            let is_secret = |value: &HeaderValue| {
                let bytes = value.as_bytes();
                bytes.len() == secret.len()
                    && bytes[..scheme].eq_ignore_ascii_case(&secret.as_bytes()[..scheme])
                    && bytes[scheme..] == secret.as_bytes()[scheme..]
            };
            let expected = values.len() == 1 && is_secret(&values[0]);
            prop_assert_eq!(credential.is_shown_by(&headers_with(values.clone())), expected, "{:?}", values);
        }
    }

    #[test]
    fn any_secret_that_is_accepted_opens(token in "\\PC{0,40}", user in "\\PC{0,20}", password in "\\PC{0,20}") {
        if let Ok(credential) = Credential::bearer(&token) {
            let value = HeaderValue::from_str(&format!("Bearer {token}")).unwrap();
            prop_assert!(credential.is_shown_by(&headers_with(vec![value])));
            let quoted = format!("{credential:?}");
            prop_assert!(token.len() < 12 || !quoted.contains(&token), "the secret shows");
        } else {
            prop_assert!(token.is_empty() || token.bytes().any(|byte| !byte.is_ascii_graphic()));
        }
        if let Ok(credential) = Credential::basic(&user, &password) {
            use base64::Engine as _;
            let secret = base64::engine::general_purpose::STANDARD.encode(format!("{user}:{password}"));
            let value = HeaderValue::from_str(&format!("basic {secret}")).unwrap();
            prop_assert!(credential.is_shown_by(&headers_with(vec![value])));
        } else {
            prop_assert!(user.is_empty() || user.contains(':') || password.is_empty());
        }
    }

    #[test]
    fn any_request_wants_a_document_or_is_told_why_not(
        method in "[A-Z]{1,8}|GET|HEAD",
        path in "/(metrics|api/v1/status|healthz)?|\\PC{0,40}",
        query in proptest::option::of("(document=(metrics|status)?)?|\\PC{0,40}"),
        accepts in vec(value(), 0..3),
        encodings in vec(value(), 0..3),
        lengths in vec(prop_oneof![Just(HeaderValue::from_static("0")), value()], 0..3),
    ) {
        let has_body = lengths.len() > 1 || lengths.iter().any(|length| {
            let digits = length.as_bytes();
            digits.is_empty() || digits.iter().any(|digit| *digit != b'0')
        });
        let mut headers = HeaderMap::new();
        for (name, values) in [(ACCEPT, accepts), (ACCEPT_ENCODING, encodings), (CONTENT_LENGTH, lengths)] {
            for value in values {
                headers.append(&name, value);
            }
        }
        let is_known = ["/metrics", "/", "", "/api/v1/status", "/healthz"].contains(&path.as_str());
        let method: Method = method.parse().unwrap();
        let may_ask = method == Method::GET || method == Method::HEAD;
        match wanted(&method, &path, query.as_deref(), &headers) {
            Wanted::Document { .. } | Wanted::Health => prop_assert!(is_known && may_ask && !has_body),
            Wanted::Nothing(StatusCode::NOT_FOUND) => prop_assert!(!is_known && !has_body),
            Wanted::Nothing(StatusCode::METHOD_NOT_ALLOWED) => prop_assert!(is_known && !may_ask && !has_body),
            Wanted::Nothing(_) => prop_assert!(has_body),
        }
    }
}
