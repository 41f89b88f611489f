//! The three calls of libseccomp that the comparison needs.
//! Apart from `libseccomp.rs`, because only here is code that the compiler can't check.

use std::ffi::{CStr, CString, c_char, c_void};

/// The version of the library.
pub(crate) fn version() -> (u32, u32, u32) {
    // SAFETY: takes nothing, and returns null or a pointer to a static of the library.
    let version =
        unsafe { libseccomp_sys::seccomp_version().as_ref() }.expect("libseccomp has a version");
    (version.major, version.minor, version.micro)
}

/// The library's token of an arch by its name; none if it does not know the arch.
pub(crate) fn arch(name: &str) -> Option<u32> {
    let name = CString::new(name).expect("names hold no NUL");
    // SAFETY: the name is a C string that lives through the call, which keeps no pointer.
    let token = unsafe { libseccomp_sys::seccomp_arch_resolve_name(name.as_ptr()) };
    (token != 0).then_some(token)
}

/// The number of a call; negative if the arch lacks it.
pub(crate) fn number(token: u32, name: &str) -> i32 {
    let name = CString::new(name).expect("names hold no NUL");
    // SAFETY: the name is a C string that lives through the call, which keeps no pointer.
    unsafe { libseccomp_sys::seccomp_syscall_resolve_name_arch(token, name.as_ptr()) }
}

/// The name of a number; none if the arch lacks it.
pub(crate) fn name(token: u32, number: i32) -> Option<String> {
    // SAFETY: takes plain numbers; the result is null or a C string of ours to free.
    let name: *const c_char =
        unsafe { libseccomp_sys::seccomp_syscall_resolve_num_arch(token, number) };
    if name.is_null() {
        return None;
    }
    // SAFETY: not null, so a C string that nobody else holds.
    let text = unsafe { CStr::from_ptr(name) }
        .to_string_lossy()
        .into_owned();
    // SAFETY: the library allocated it with malloc and gave it to us.
    unsafe { libc::free(name.cast_mut().cast::<c_void>()) };
    Some(text)
}
