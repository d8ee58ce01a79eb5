//! Exporters.
#![forbid(unsafe_code)]
