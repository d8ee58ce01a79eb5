//! Cold. The endpoint that scrapers and people ask: a listener with strict limits, and a service for other routers.

#![cfg_attr(not(test), warn(clippy::arithmetic_side_effects))]

mod body;
mod connection;
mod credential;
mod handler;
mod hosts;
mod limits;
mod listener;
mod renderings;
mod routes;
mod slots;
mod wire;

pub use body::Body;
pub use credential::Credential;
pub use handler::Handler;
pub(crate) use hosts::{Hosts, host_name};
pub(crate) use listener::{Listener, SharedBinding, idle};
pub(crate) use renderings::{Document, Renderings, Source};

#[cfg(test)]
mod any_input;
#[cfg(test)]
mod tests;
