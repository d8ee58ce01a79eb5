//! Paths that name no static SLI.

use sre_core::{register, sli};

static NUMBER: u32 = 1;

#[sli(MISSING)]
fn missing() {}

#[sli(NUMBER)]
fn number() {}

register!(NUMBER);

fn main() {}
