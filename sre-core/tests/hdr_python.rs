//! HdrHistogram for Python reads what is written here, and the other way round.
//!
//! Needs the PyPI package `hdrhistogram`; `SRE_PYTHON` names the interpreter that has it (default `python3`).
#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests may panic as tests do")]

mod foreign;

use foreign::Foreign;
use sre_core::histogram::Layout;

const PYTHON: Foreign = Foreign {
    variable: "SRE_PYTHON",
    default: "python3",
    script: "hdr_python.py",
    next_step: "python3 -m venv DIR && DIR/bin/pip install hdrhistogram, then SRE_PYTHON=DIR/bin/python",
};

#[test]
fn python_reads_our_logs_at_two_figures() {
    foreign::check_they_read(&PYTHON, Layout::BITS_7, 2);
}

#[test]
fn python_reads_our_logs_at_three_figures() {
    foreign::check_they_read(&PYTHON, Layout::BITS_10, 3);
}

#[test]
fn python_reads_a_default_snapshot_into_the_same_buckets() {
    foreign::check_they_read_the_default(&PYTHON);
}

#[test]
fn we_read_the_logs_of_python_at_two_figures() {
    foreign::check_we_read(&PYTHON, Layout::BITS_7, 2);
}

#[test]
fn we_read_the_logs_of_python_at_three_figures() {
    foreign::check_we_read(&PYTHON, Layout::BITS_10, 3);
}

#[test]
fn python_agrees_on_every_bucket_edge() {
    foreign::check_edges(&PYTHON, Layout::BITS_7, 2);
    foreign::check_edges(&PYTHON, Layout::BITS_10, 3);
}
