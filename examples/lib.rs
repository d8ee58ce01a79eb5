//! Shared parts.
#![forbid(unsafe_code)]
