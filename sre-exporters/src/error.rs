//! Pure. What can be refused by this crate, with the value and the next step.

use std::io;
use std::net::{AddrParseError, SocketAddr};
use std::time::Duration;

/// An error of this crate.
///
/// A problem of the surroundings, such as a busy port, becomes one only with
/// [`strict`](crate::ExportersBuilder::strict): without it the exporters start degraded and say so in their status.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// An address that is not one.
    #[error("listen address {text:?} must be an IP address and a port, such as 127.0.0.1:9464")]
    Address {
        /// What was given.
        text: String,
        /// What is wrong with it.
        source: AddrParseError,
    },
    /// An address that others can reach, without a word that this is meant.
    #[error(
        "listen address {address} can be reached from outside this machine: use 127.0.0.1, or say http_public if that is meant"
    )]
    NotLoopback {
        /// The address.
        address: SocketAddr,
    },
    /// A credential that no client could show.
    #[error(
        "the {part} of a credential must not be empty, a token has visible ASCII only, and a user has no colon"
    )]
    Credential {
        /// The part refused: `token`, `user` or `password`.
        part: &'static str,
    },
    /// A host name that no client could call.
    #[error(
        "host name {text:?} must be a name without a scheme and without a port, such as metrics.shop.example"
    )]
    HostName {
        /// What was given.
        text: String,
    },
    /// An address that could not be bound, with `strict`.
    #[error(
        "cannot listen at {address}: end the process that does, choose another port, or start without strict"
    )]
    Bind {
        /// The address.
        address: SocketAddr,
        /// What the system says.
        source: io::Error,
    },
    /// The exporter thread could not be started.
    #[error("cannot start the exporter thread")]
    Thread {
        /// What the system says.
        source: io::Error,
    },
    /// The exporter thread did not end in time; it goes on ending on its own.
    #[error("the exporters did not end within {timeout:?}")]
    ShutdownTimeout {
        /// The time given.
        timeout: Duration,
    },
}

impl Error {
    /// Whether the configuration is wrong, so that trying again cannot help.
    #[must_use]
    pub const fn is_config(&self) -> bool {
        matches!(
            self,
            Self::Address { .. } | Self::NotLoopback { .. } | Self::Credential { .. } | Self::HostName { .. }
        )
    }
}
