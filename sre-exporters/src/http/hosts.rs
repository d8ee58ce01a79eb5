//! Pure. By which names clients may call the listener.

use std::net::IpAddr;

use http::header::HOST;
use http::uri::Authority;
use http::{HeaderMap, StatusCode, Uri, Version};

/// The names that clients of a listener may call it by, in `Host` and in the target of a request.
///
/// A page from elsewhere can make a browser on this machine ask a listener on loopback, under a name that its owner
/// lets point there, and would be allowed to read the answer. Its name gives it away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Hosts {
    /// Whoever reaches the address may call it anything.
    Any,
    /// `localhost`, addresses of this machine alone, and these.
    Loopback(Vec<Box<str>>),
}

impl Hosts {
    /// The status that refuses a request; `None` for one that calls us by a name of ours.
    ///
    /// HTTP/1.1 asks for exactly one `Host`, which may be empty where there is no name.
    pub(crate) fn refuse(&self, version: Version, uri: &Uri, headers: &HeaderMap) -> Option<StatusCode> {
        let mut hosts = headers.get_all(HOST).iter();
        let host = match (hosts.next(), hosts.next()) {
            (Some(host), None) => host.as_bytes(),
            (None, None) if version <= Version::HTTP_10 => b"",
            _ => return Some(StatusCode::BAD_REQUEST),
        };
        let named = if host.is_empty() {
            None
        } else if let Ok(named) = Authority::try_from(host)
            && !named.as_str().contains('@')
        {
            Some(named)
        } else {
            return Some(StatusCode::BAD_REQUEST);
        };
        let is_foreign =
            [named.as_ref(), uri.authority()].into_iter().flatten().any(|name| !self.has(name.host()));
        is_foreign.then_some(StatusCode::MISDIRECTED_REQUEST)
    }

    fn has(&self, name: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Loopback(more) => {
                is_loopback(name) || more.iter().any(|known| known.eq_ignore_ascii_case(name))
            }
        }
    }
}

fn is_loopback(name: &str) -> bool {
    let address = name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(name);
    address.parse::<IpAddr>().map_or_else(
        |_| name.eq_ignore_ascii_case("localhost"),
        |address| address.to_canonical().is_loopback(),
    )
}

/// A name without a port, as clients call a host by; `None` if it is none.
pub(crate) fn host_name(text: &str) -> Option<Box<str>> {
    let name: Authority = text.parse().ok()?;
    // A star would be taken for any name.
    (name.host() == text && !text.contains('*')).then(|| text.into())
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn loopback() -> Hosts {
        Hosts::Loopback(vec!["metrics.shop.example".into()])
    }

    #[track_caller]
    fn check(hosts: &Hosts, target: &str, shown: &[&[u8]], version: Version, expected: Option<u16>) {
        let mut headers = HeaderMap::new();
        for value in shown {
            headers.append(HOST, HeaderValue::from_bytes(value).unwrap());
        }
        let refused = hosts.refuse(version, &target.parse().unwrap(), &headers);
        assert_eq!(refused.map(|status| status.as_u16()), expected, "{target} {shown:?} {version:?}");
    }

    #[test]
    fn loopback_is_called_by_its_names_and_by_those_added() {
        for name in [
            "localhost",
            "localhost:9464",
            "LocalHost:1",
            "127.0.0.1:9464",
            "127.8.9.10",
            "[::1]:9464",
            "[::1]",
            "[::ffff:127.0.0.1]:80",
            "metrics.shop.example",
            "METRICS.shop.example:443",
        ] {
            check(&loopback(), "/", &[name.as_bytes()], Version::HTTP_11, None);
        }
        for name in [
            "evil.example",
            "localhost.evil.example",
            "127.0.0.1.evil.example",
            "xlocalhost",
            "192.0.2.1:9464",
            "0.0.0.0:9464",
            "[::]",
            "[::ffff:192.0.2.1]",
            "shop.example",
            "a.metrics.shop.example",
        ] {
            for version in [Version::HTTP_10, Version::HTTP_11] {
                check(&loopback(), "/", &[name.as_bytes()], version, Some(421));
            }
            check(&Hosts::Any, "/", &[name.as_bytes()], Version::HTTP_11, None);
        }
    }

    #[test]
    fn there_is_one_host_and_it_is_one() {
        for hosts in [loopback(), Hosts::Any] {
            let refused = Some(400);
            check(&hosts, "/", &[], Version::HTTP_11, refused);
            check(&hosts, "/", &[], Version::HTTP_10, None);
            check(&hosts, "/", &[b""], Version::HTTP_11, None);
            check(&hosts, "/", &[b"localhost", b"localhost"], Version::HTTP_11, refused);
            check(&hosts, "/", &[b"localhost", b""], Version::HTTP_10, refused);
            for wrong in [&b"local host"[..], b"a/b", b"user@localhost", b"\xff", b"a,b c", b"localhost?"] {
                check(&hosts, "/", &[wrong], Version::HTTP_11, refused);
            }
        }
    }

    #[test]
    fn a_target_with_a_name_must_name_us_too() {
        check(&loopback(), "http://localhost:9464/metrics", &[b"localhost"], Version::HTTP_11, None);
        check(&loopback(), "http://evil.example/metrics", &[b"localhost"], Version::HTTP_11, Some(421));
        check(&loopback(), "http://localhost/metrics", &[b"evil.example"], Version::HTTP_11, Some(421));
        check(&Hosts::Any, "http://evil.example/metrics", &[b"localhost"], Version::HTTP_11, None);
    }

    #[test]
    fn names_to_add_have_no_port() {
        for name in ["metrics.shop.example", "shop", "10.0.0.1", "[2001:db8::1]"] {
            assert_eq!(host_name(name).as_deref(), Some(name));
        }
        for text in ["", "shop:80", "https://shop", "a b", "user@shop", "shop/", "*"] {
            assert_eq!(host_name(text), None, "{text:?}");
        }
    }
}
