//! Pure. What a client of the listener must show, compared without telling how much of it was right.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderMap;
use http::header::AUTHORIZATION;
use subtle::ConstantTimeEq as _;

use crate::error::Error;

/// What a client of the listener must show: a token, or a user and a password.
///
/// It travels as it is, so it needs a network or a proxy that keeps it secret. Comparing takes the same time
/// wherever the first difference is, and an unknown user costs what a wrong password does.
///
/// # Examples
///
/// ```
/// use sre_exporters::Credential;
///
/// let credential = Credential::bearer("correct-horse-battery-staple")?;
/// assert!(!format!("{credential:?}").contains("horse"));
/// # Ok::<(), sre_exporters::Error>(())
/// ```
#[derive(Clone)]
pub struct Credential {
    scheme: Scheme,
    /// What follows the scheme in the header.
    expected: Box<str>,
}

#[derive(Clone, Copy, Debug)]
enum Scheme {
    Basic,
    Bearer,
}

impl Credential {
    /// A token, as in `Authorization: Bearer <token>`.
    ///
    /// # Errors
    ///
    /// [`Error::Credential`] when the token is empty or has anything but visible ASCII characters.
    pub fn bearer(token: &str) -> Result<Self, Error> {
        if token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(Error::Credential { part: "token" });
        }
        Ok(Self { scheme: Scheme::Bearer, expected: token.into() })
    }

    /// A user and a password, as in `Authorization: Basic <base64>`.
    ///
    /// # Errors
    ///
    /// [`Error::Credential`] when the user is empty or has a colon, or the password is empty.
    pub fn basic(user: &str, password: &str) -> Result<Self, Error> {
        if user.is_empty() || user.contains(':') {
            return Err(Error::Credential { part: "user" });
        }
        if password.is_empty() {
            return Err(Error::Credential { part: "password" });
        }
        let expected = STANDARD.encode(format!("{user}:{password}")).into_boxed_str();
        Ok(Self { scheme: Scheme::Basic, expected })
    }

    /// Whether a request shows it, in exactly one header.
    pub(crate) fn is_shown_by(&self, headers: &HeaderMap) -> bool {
        let mut shown = headers.get_all(AUTHORIZATION).iter();
        let (Some(value), None) = (shown.next(), shown.next()) else { return false };
        let Some((scheme, rest)) = value.to_str().ok().and_then(|value| value.split_once(' ')) else {
            return false;
        };
        let is_same: bool = rest.as_bytes().ct_eq(self.expected.as_bytes()).into();
        scheme.eq_ignore_ascii_case(self.scheme.as_str()) && is_same
    }

    /// The header `WWW-Authenticate` of a refusal.
    pub(crate) const fn challenge(&self) -> &'static str {
        match self.scheme {
            Scheme::Basic => "Basic realm=\"metrics\", charset=\"UTF-8\"",
            Scheme::Bearer => "Bearer",
        }
    }
}

impl Scheme {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Basic => "Basic",
            Self::Bearer => "Bearer",
        }
    }
}

/// Without the secret.
impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Credential({})", self.scheme.as_str())
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[track_caller]
    fn check(credential: &Credential, shown: &[&str], expected: bool) {
        let mut headers = HeaderMap::new();
        for value in shown {
            headers.append(AUTHORIZATION, HeaderValue::from_str(value).unwrap());
        }
        assert_eq!(credential.is_shown_by(&headers), expected, "{shown:?}");
    }

    #[test]
    fn a_token_is_shown_exactly() {
        let credential = Credential::bearer("s3cr3t").unwrap();
        check(&credential, &["Bearer s3cr3t"], true);
        check(&credential, &["bearer s3cr3t"], true);
        for wrong in [
            "Bearer s3cr3",
            "Bearer s3cr3tt",
            "Bearer S3CR3T",
            "Bearer  s3cr3t",
            "Basic s3cr3t",
            "s3cr3t",
            "",
        ] {
            check(&credential, &[wrong], false);
        }
        check(&credential, &[], false);
        check(&credential, &["Bearer s3cr3t", "Bearer s3cr3t"], false);
    }

    #[test]
    fn a_user_and_a_password_are_those_of_the_standard() {
        // The example of RFC 7617.
        let credential = Credential::basic("Aladdin", "open sesame").unwrap();
        check(&credential, &["Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="], true);
        check(&credential, &["Basic QWxhZGRpbjpvcGVuIHNlc2FtZR=="], false);
        check(&credential, &["Bearer QWxhZGRpbjpvcGVuIHNlc2FtZQ=="], false);
    }

    #[test]
    fn what_could_never_be_shown_is_refused_without_a_word_of_it() {
        for error in [
            Credential::bearer("").unwrap_err(),
            Credential::bearer("two words").unwrap_err(),
            Credential::bearer("zeile\n").unwrap_err(),
            Credential::basic("a:b", "words").unwrap_err(),
            Credential::basic("", "words").unwrap_err(),
            Credential::basic("a", "").unwrap_err(),
        ] {
            let said = format!("{error} {error:?}");
            assert!(error.is_config() && !said.contains("words") && !said.contains("zeile"), "{said}");
        }
    }
}
