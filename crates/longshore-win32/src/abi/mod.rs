//! What lies between C and this library: the door of exported functions, their arguments, error codes, status
//! values, text in both widths, variadic arguments, exported names.
//!
//! # How to write an exported function
//!
//! ```ignore
//! /// Adds to a semaphore's count.
//! ///
//! /// # Errors
//! /// FALSE with `ERROR_TOO_MANY_POSTS`, changing nothing; `ERROR_INVALID_HANDLE`,
//! /// `ERROR_INVALID_PARAMETER`.
//! ///
//! /// Source: Windows documentation, `ReleaseSemaphore`.
//! #[export]
//! pub unsafe fn ReleaseSemaphore(
//!     semaphore: Handle<Semaphore>,
//!     posts: i32,
//!     previous: Option<Out<i32>>,
//! ) -> Result<(), Win32Error> {
//!     let semaphore = semaphore.get()?;
//!     let posts = u32::try_from(posts).ok().filter(|&posts| posts > 0);
//!     let count = semaphore.release(posts.ok_or(Win32Error(ERROR_INVALID_PARAMETER))?)?;
//!     Ok(previous.write_if_asked(count as i32)?)
//! }
//! ```
//!
//! 1. **`#[export]`** instead of `#[unsafe(no_mangle)]` and `extern "C"`, at the beginning of a line: there
//!    `build.rs` finds what `GetProcAddress` knows by name. What C calls is generated; it takes plain C types,
//!    and so do Rust callers (the tests): `unsafe { ReleaseSemaphore(handle, 1, ptr::null_mut()) }`. An
//!    exported function does not call another one: both call an ordinary function of the module, with the
//!    argument types.
//! 2. **Parameters** say what C passes and promises. The table in [`argument`] has all of them. `unsafe` is
//!    written if one of them is a promise; the compiler asks for it. No `# Safety` section: it is
//!    generated, and each type states its promise once. The body is safe code. An `unsafe` block in it has
//!    another reason, and says which.
//! 3. **The result** is what the body means:
//!
//!    | return type | C gets | on an error |
//!    |---|---|---|
//!    | `Result<(), Win32Error>` | `BOOL` TRUE | FALSE, last error |
//!    | `Result<bool, Win32Error>` | `BOOL`, FALSE without an error too | FALSE, last error |
//!    | `Result<HANDLE, Win32Error>`, a number, a pointer | the value | 0 or NULL, last error |
//!    | `Result<(), WsaError>` | `int` 0, last error 0 | `SOCKET_ERROR`, last error |
//!    | `Result<i32, WsaError>` | `int` count, last error 0 | `SOCKET_ERROR`, last error |
//!    | `Result<SOCKET, WsaError>` | the socket | `INVALID_SOCKET`, last error |
//!    | `Result<True, WsaError>` | `BOOL` TRUE | FALSE, last error |
//!    | `bool`, a number, a pointer, nothing | that | the body's affair |
//!
//!    `#[export(failure = INVALID_HANDLE_VALUE)]` names another failure value. Success leaves the last error
//!    alone (F6, G4); a function that sets it says `SetLastError`. A function that returns its error code
//!    returns a number and names the failure value: that is what C gets after a panic.
//! 4. **Errors of pointers** come by `?`: a [`Fault`](fault::Fault) is 998 or `WSAEFAULT`. Where Windows has
//!    another error for NULL, the parameter is an `Option`:
//!    `name.ok_or(Win32Error(ERROR_INVALID_PARAMETER))?`. Where Windows itself just follows the pointer and
//!    cannot fail, `Out::store` and [`Shared`](argument::Shared) do the same. Check results' places
//!    (`Out::probe`) before something is done that must not be lost.
//! 5. **Structures** that are read implement [`Plain`](argument::Plain): `plain!(FILETIME);` beside their
//!    first use. What is written need not.
//! 6. **Callbacks**: `Option<Callback<PTIMERAPCROUTINE>>`, where the alias is an
//!    `unsafe extern "C-unwind" fn`; their context is a [`Context`](argument::Context). An exported function
//!    that calls one (an alertable wait, an enumeration) says `#[export(callbacks)]`: the callback may end
//!    the thread, and what is on the stack then needs destructors. Threads of this library that call them are
//!    not `std::thread`s (`catch_unwind` aborts on such an end) but `thread::spawn`'s.
//! 7. **What the kernel or another thread writes** while a call is over (OVERLAPPED, buffers in flight) stays
//!    a raw pointer, never a reference; large buffers go to the kernel as they are, which says EFAULT itself.
//! 8. **A function that is absent, or only answers,** says so first in its body: `absent!(fails NAME, "why")` or
//!    `absent!(answers NAME, "why")` (`abi/absent.rs`). `LONGSHORE_BLESS=1` and the test `absent` write
//!    `docs/absent.md` and the warnings of the headers anew.
//! 9. **The declaration** goes into the header of the same room, `include/longshore/ROOM/`, below a comment with
//!    what the function does, its rules and its page: `/* Adds to a semaphore's count. [synchapi.h
//!    ReleaseSemaphore] */`. A function whose name libc has, too, is exported as `longshore_NAME`, and its
//!    declaration ends with `LONGSHORE_SYMBOL(NAME)`. `tests/suite/compiled/exports.rs` compares the headers
//!    with the library, both ways.

pub(crate) mod absent;
pub(crate) mod argument;
pub(crate) mod character;
pub(crate) mod door;
pub(crate) mod exports;
pub(crate) mod fault;
pub(crate) mod fork;
pub(crate) mod imports;
pub(crate) mod last_error;
pub(crate) mod messages;
pub(crate) mod reserve;
pub(crate) mod start;
pub(crate) mod status;
pub(crate) mod text;
pub(crate) mod va_list;
