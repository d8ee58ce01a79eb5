//! HdrHistogram for JavaScript reads what is written here, and the other way round.
//!
//! Needs the npm package `hdr-histogram-js` where `NODE_PATH` points; `SRE_NODE` names the interpreter (default
//! `node`).
#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests may panic as tests do")]

mod foreign;

use foreign::Foreign;
use sre_core::histogram::Layout;

const NODE: Foreign = Foreign {
    variable: "SRE_NODE",
    default: "node",
    script: "hdr_node.js",
    next_step: "npm install --prefix DIR hdr-histogram-js, then NODE_PATH=DIR/node_modules",
};

#[test]
fn javascript_reads_our_logs_at_two_figures() {
    foreign::check_they_read(&NODE, Layout::BITS_7, 2);
}

#[test]
fn javascript_reads_our_logs_at_three_figures() {
    foreign::check_they_read(&NODE, Layout::BITS_10, 3);
}

#[test]
fn javascript_reads_a_default_snapshot_into_the_same_buckets() {
    foreign::check_they_read_the_default(&NODE);
}

#[test]
fn we_read_the_logs_of_javascript_at_two_figures() {
    foreign::check_we_read(&NODE, Layout::BITS_7, 2);
}

#[test]
fn we_read_the_logs_of_javascript_at_three_figures() {
    foreign::check_we_read(&NODE, Layout::BITS_10, 3);
}

#[test]
fn javascript_agrees_on_every_bucket_edge() {
    foreign::check_edges(&NODE, Layout::BITS_7, 2);
    foreign::check_edges(&NODE, Layout::BITS_10, 3);
}
