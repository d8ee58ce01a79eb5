//! `#[sli]` on functions that only a crate with unsafe code has.

#![cfg(feature = "macros")]
#![deny(warnings, clippy::all, clippy::pedantic)]
#![allow(unsafe_code, reason = "this is about unsafe functions")]
#![allow(clippy::missing_safety_doc, reason = "not what this is about")]

use sre_core::{Outcome, Sli, sli};

static UNSAFE: Sli = Sli::new("unsafe");

#[sli(UNSAFE)]
unsafe fn read(number: *const u32) -> Result<u32, String> {
    if number.is_null() {
        return Err("null".to_owned());
    }
    // SAFETY: the caller promises a valid pointer or null.
    Ok(unsafe { *number })
}

#[sli(UNSAFE)]
async unsafe fn read_later(number: *const u32) -> u32 {
    // SAFETY: the caller promises a valid pointer.
    unsafe { *number }
}

#[sli(UNSAFE)]
extern "C" fn exported(number: u32) -> u32 {
    number + 1
}

#[sli(UNSAFE)]
#[unsafe(no_mangle)]
unsafe extern "C" fn sre_core_test_divide(number: u32, by: u32) -> u32 {
    let Some(result) = number.checked_div(by) else { return 0 };
    result
}

/// A trait whose implementations promise something.
trait Source {
    /// The number.
    unsafe fn number(&self) -> u32;
}

#[sli(UNSAFE)]
impl Source for *const u32 {
    unsafe fn number(&self) -> u32 {
        // SAFETY: the caller promises a valid pointer.
        unsafe { **self }
    }
}

#[test]
#[expect(clippy::multiple_unsafe_ops_per_block, reason = "one reason holds for all of them")]
fn unsafe_and_extern_c_functions_count() {
    let number = 6;
    // SAFETY: all pointers come from references or are null where that is allowed.
    unsafe {
        assert_eq!(read(&raw const number), Ok(6));
        assert!(read(std::ptr::null()).is_err());
        assert_eq!(sre_core_test_divide(6, 2), 3);
        assert_eq!(sre_core_test_divide(6, 0), 0);
        assert_eq!((&raw const number).number(), 6);
        let mut future = std::pin::pin!(read_later(&raw const number));
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        assert!(future.as_mut().poll(&mut context).is_ready());
    }
    let pointer: extern "C" fn(u32) -> u32 = exported;
    assert_eq!(pointer(1), 2);
    assert_eq!(UNSAFE.count(Outcome::Ok), 6);
    assert_eq!(UNSAFE.count(Outcome::Error), 1);
}
