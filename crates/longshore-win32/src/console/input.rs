//! The console as a keyboard: lines of text, and single key events.

use crate::abi::argument::{Ignored, Out, OutBuffer};
use crate::abi::character::Character;
use crate::abi::last_error::Win32Error;
use crate::abi::text::WCHAR;
use crate::console::standard_handles::{Stream, last_errno};
use crate::object::handles::HANDLE;
use crate::sync::lock::{Lock, LockGuard};
use libc::{c_char, c_int};
use longshore_win32_macros::export;
use std::collections::VecDeque;
use windows_sys::Win32::Foundation::{ERROR_INVALID_HANDLE, ERROR_INVALID_PARAMETER};
use windows_sys::Win32::System::Console::KEY_EVENT;

/// Bytes that were read from the terminal and not yet returned.
static PENDING: Lock<VecDeque<u8>> = Lock::last("the console's input", VecDeque::new());

fn pending() -> LockGuard<'static, VecDeque<u8>> {
    PENDING.lock()
}

/// `INPUT_RECORD` of a key, with this platform's wide character.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct KeyRecord {
    event_type: u16,
    key_down: i32,
    repeat_count: u16,
    virtual_key_code: u16,
    virtual_scan_code: u16,
    character: WCHAR,
    control_key_state: u32,
}

fn input(handle: HANDLE) -> Result<std::sync::Arc<Stream>, Win32Error> {
    Stream::of(handle)
        .and_then(|stream| stream.is_input().then_some(stream).ok_or(Win32Error(ERROR_INVALID_HANDLE)))
}

/// Reads what there is, at least a byte; waits for it (Q9). False at the end of the input.
fn fill(stream: &Stream) -> Result<bool, Win32Error> {
    let mut buffer = [0u8; 4096];
    loop {
        // SAFETY: a live buffer. Nobody holds the lock of what is pending meanwhile.
        let length = longshore_engine::blocking(|| unsafe {
            libc::read(stream.fd(), buffer.as_mut_ptr().cast(), buffer.len())
        });
        match usize::try_from(length) {
            Ok(length) => {
                pending().extend(&buffer[..length]);
                return Ok(length > 0);
            }
            Err(_) if last_errno() == libc::EINTR => {}
            Err(_) => {
                let status = crate::abi::status::Status::of_read(longshore_engine::Errno(last_errno()));
                return Err(Win32Error(status.to_win32()));
            }
        }
    }
}

/// Reads what there is without waiting.
fn fill_ready(stream: &Stream) -> Result<(), Win32Error> {
    let mut ready = libc::pollfd { fd: stream.fd(), events: libc::POLLIN, revents: 0 };
    // SAFETY: one descriptor.
    if unsafe { libc::poll(&mut ready, 1, 0) } > 0 && ready.revents & libc::POLLIN as libc::c_short != 0 {
        fill(stream)?;
    }
    Ok(())
}

/// Removes the first character as a whole.
fn character(bytes: &mut VecDeque<u8>) -> Option<Vec<u8>> {
    let first = *bytes.front()?;
    let length = match first {
        0xC0..=0xDF => 2,
        0xE0..=0xEF => 3,
        0xF0..=0xF7 => 4,
        _ => 1,
    };
    (bytes.len() >= length).then(|| bytes.drain(..length).collect())
}

fn read<C: Character>(
    handle: HANDLE,
    buffer: Option<OutBuffer<C>>,
    room: u32,
    length: Option<Out<u32>>,
) -> Result<(), Win32Error> {
    let stream = input(handle)?;
    let (Some(buffer), Some(length)) = (buffer, length) else {
        return Err(Win32Error(ERROR_INVALID_PARAMETER));
    };
    // Checked before input is taken, which could get lost.
    buffer.probe((room as usize).saturating_mul(size_of::<C>()))?;
    length.probe()?;
    let mut text: Vec<C> = Vec::new();
    'line: while text.len() < room as usize {
        loop {
            // A statement of its own, so that the lock is free again in the loop's body.
            let next = character(&mut pending());
            let Some(character) = next else { break };
            // A line of Windows' console ends with two characters.
            let character = if character == b"\n" { b"\r\n".to_vec() } else { character };
            let units = C::encode(&character);
            if text.len() + units.len() > room as usize {
                let mut pending = pending();
                let rest = if character == b"\r\n" { b"\n".to_vec() } else { character };
                rest.into_iter().rev().for_each(|byte| pending.push_front(byte));
                break 'line;
            }
            text.extend(units);
            if character.ends_with(b"\n") {
                break 'line;
            }
        }
        if !text.is_empty() && !stream.is_terminal() {
            break;
        }
        if !fill(&stream)? {
            break;
        }
    }
    buffer.write_all(&text)?;
    Ok(length.write(text.len() as u32)?)
}

/// Reads a line, with the CR and LF that end it on Windows, or as much of it as there is room for.
///
/// # Errors
/// FALSE with `ERROR_INVALID_HANDLE` for what is not input,
/// `ERROR_INVALID_PARAMETER` for NULL, `ERROR_NOACCESS`.
#[export]
pub unsafe fn ReadConsoleA(
    handle: HANDLE,
    buffer: Option<OutBuffer<c_char>>,
    room: u32,
    length: Option<Out<u32>>,
    _control: Ignored,
) -> Result<(), Win32Error> {
    read(handle, buffer, room, length)
}

/// Reads a line: [`ReadConsoleA`] with wide characters.
#[export]
pub unsafe fn ReadConsoleW(
    handle: HANDLE,
    buffer: Option<OutBuffer<WCHAR>>,
    room: u32,
    length: Option<Out<u32>>,
    _control: Ignored,
) -> Result<(), Win32Error> {
    read(handle, buffer, room, length)
}

/// The event of a key going down. Keys that are no characters arrive as the
/// sequences terminals send for them.
fn record(byte_or_character: &[u8]) -> KeyRecord {
    const VK_RETURN: u16 = 0x0D;
    let character = WCHAR::encode(byte_or_character).first().copied().unwrap_or_default();
    // Terminals send LF for the return key, which is CR on Windows.
    let character = if character == WCHAR::from(b'\n') { WCHAR::from(b'\r') } else { character };
    let key = match u8::try_from(character) {
        Ok(b'\r') => VK_RETURN,
        Ok(0x7F) => 8,
        Ok(byte) => u16::from(byte.to_ascii_uppercase()),
        Err(_) => 0,
    };
    KeyRecord {
        event_type: KEY_EVENT as u16,
        key_down: 1,
        repeat_count: 1,
        virtual_key_code: key,
        character,
        ..KeyRecord::default()
    }
}

fn records(
    handle: HANDLE,
    buffer: Option<Out<KeyRecord>>,
    room: u32,
    count: Option<Out<u32>>,
    take: bool,
) -> Result<(), Win32Error> {
    let stream = input(handle)?;
    let (Some(buffer), Some(count)) = (buffer, count) else {
        return Err(Win32Error(ERROR_INVALID_PARAMETER));
    };
    fill_ready(&stream)?;
    while take && room > 0 && pending().is_empty() {
        if !fill(&stream)? {
            break;
        }
    }
    let mut pending = pending();
    let mut rest = pending.clone();
    let mut written = 0;
    while written < room {
        let Some(character) = character(&mut rest) else { break };
        buffer.at(written as usize).write(record(&character))?;
        written += 1;
    }
    count.write(written)?;
    if take {
        *pending = rest;
    }
    Ok(())
}

/// Reads key events, waiting for the first one. A terminal that reads lines delivers them line by line.
///
/// # Errors
/// FALSE with `ERROR_INVALID_HANDLE` for what is not input, `ERROR_INVALID_PARAMETER` for NULL; with
/// `ERROR_NOACCESS` nothing is taken.
#[export]
pub unsafe fn ReadConsoleInputW(
    handle: HANDLE,
    buffer: Option<Out<KeyRecord>>,
    room: u32,
    count: Option<Out<u32>>,
) -> Result<(), Win32Error> {
    records(handle, buffer, room, count, true)
}

/// Reads key events, waiting for the first one; characters that are not ASCII have no narrow form.
#[export]
pub unsafe fn ReadConsoleInputA(
    handle: HANDLE,
    buffer: Option<Out<KeyRecord>>,
    room: u32,
    count: Option<Out<u32>>,
) -> Result<(), Win32Error> {
    records(handle, buffer, room, count, true)
}

/// Looks at key events without waiting or taking them.
#[export]
pub unsafe fn PeekConsoleInputW(
    handle: HANDLE,
    buffer: Option<Out<KeyRecord>>,
    room: u32,
    count: Option<Out<u32>>,
) -> Result<(), Win32Error> {
    records(handle, buffer, room, count, false)
}

/// Looks at key events without waiting or taking them.
#[export]
pub unsafe fn PeekConsoleInputA(
    handle: HANDLE,
    buffer: Option<Out<KeyRecord>>,
    room: u32,
    count: Option<Out<u32>>,
) -> Result<(), Win32Error> {
    records(handle, buffer, room, count, false)
}

/// How many key events there are.
#[export]
pub unsafe fn GetNumberOfConsoleInputEvents(
    handle: HANDLE,
    count: Option<Out<u32>>,
) -> Result<(), Win32Error> {
    let stream = input(handle)?;
    let mut ready: c_int = 0;
    // SAFETY: a writable int, which the request fills in or leaves.
    unsafe { libc::ioctl(stream.fd(), libc::FIONREAD, &mut ready) };
    let found = pending().len() as u32 + ready.max(0) as u32;
    Ok(count.ok_or(Win32Error(ERROR_INVALID_PARAMETER))?.write(found)?)
}

/// Discards keys that were not read.
#[export]
pub fn FlushConsoleInputBuffer(handle: HANDLE) -> Result<(), Win32Error> {
    let stream = input(handle)?;
    pending().clear();
    // SAFETY: a plain call, which fails harmlessly where there is no terminal.
    unsafe { libc::tcflush(stream.fd(), libc::TCIFLUSH) };
    Ok(())
}
