//! What the C library says on standard error, in programs that `longshore cc` made.

use std::fs::OpenOptions;
use std::process::{Command, Output, Stdio};

use longshore_fixtures::needs;

use crate::fixtures::windows_tree::{Tree, build_libraries};

/// Writes a file through a port: a write is never made in the calling thread.
const WRITES: &str = r#"
#include <windows.h>
int main(void)
{
    static char buffer[4096];
    OVERLAPPED overlapped = {0}, *done = NULL;
    DWORD bytes = 0;
    ULONG_PTR key;
    HANDLE file = CreateFileA("out", GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, FILE_FLAG_OVERLAPPED, NULL);
    HANDLE port = CreateIoCompletionPort(file, NULL, 1, 1);
    if (!WriteFile(file, buffer, sizeof buffer, NULL, &overlapped) && GetLastError() != ERROR_IO_PENDING)
        return 1;
    return !(GetQueuedCompletionStatus(port, &bytes, &key, &done, 10000) && bytes == sizeof buffer);
}
"#;

fn writer() -> Tree {
    build_libraries();
    let tree = Tree::new(&[("writes.c", WRITES)]);
    tree.run(&["cc", "writes.c", "-o", "program"]).succeeded();
    tree
}

/// Runs it where the kernel refuses io_uring.
fn run(tree: &Tree, prepare: impl FnOnce(&mut Command)) -> Output {
    let mut command = Command::new(tree.path("program"));
    command.current_dir(tree.path("")).env_remove("LONGSHORE_LOG").env_remove("LONGSHORE_FILES");
    command.stderr(Stdio::piped());
    prepare(&mut command);
    refuse_io_uring(&mut command);
    command.spawn().unwrap().wait_with_output().unwrap()
}

#[test]
fn that_io_uring_is_refused_reaches_people() {
    needs!("gcc");
    let tree = writer();
    let said = |value: Option<&str>| {
        let output = run(&tree, |command| _ = command.envs(value.map(|value| ("LONGSHORE_LOG", value))));
        assert_eq!(output.status.code(), Some(0));
        String::from_utf8(output.stderr).unwrap()
    };
    let text = said(None);
    let line = "longshore: warning: files are served by a pool of threads instead of io_uring: ";
    assert!(text.starts_with(line) && text.lines().count() == 1, "{text:?}");
    assert_eq!(said(Some("off")), "");
    assert!(said(Some("debug")).contains("longshore: debug: [longshore_engine::port"));
}

#[test]
fn what_was_chosen_is_no_news() {
    needs!("gcc");
    let output = run(&writer(), |command| _ = command.env("LONGSHORE_FILES", "pool"));
    assert_eq!((output.status.code(), output.stderr), (Some(0), Vec::new()));
}

#[test]
fn a_broken_standard_error_does_a_c_program_no_harm() {
    needs!("gcc");
    let tree = writer();
    let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
    assert_eq!(run(&tree, |command| _ = command.stderr(full)).status.code(), Some(0));
    // Nobody reads it, and SIGPIPE does what it does by default: it ends the program.
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    assert_eq!(run(&tree, |command| _ = command.stderr(writer)).status.code(), Some(0));
}

/// Has the kernel refuse io_uring to the program, as containers do.
fn refuse_io_uring(command: &mut Command) {
    use std::os::unix::process::CommandExt;
    // Its number is the same on every architecture.
    const IO_URING_SETUP: u32 = libc::SYS_io_uring_setup as u32;
    let statement = |code: u32, jt, jf, k| libc::sock_filter { code: code as u16, jt, jf, k };
    let filter = [
        // seccomp_data begins with the number of the call.
        statement(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS, 0, 0, 0),
        statement(libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K, 0, 1, IO_URING_SETUP),
        statement(libc::BPF_RET | libc::BPF_K, 0, 0, libc::SECCOMP_RET_ERRNO | libc::EPERM as u32),
        statement(libc::BPF_RET | libc::BPF_K, 0, 0, libc::SECCOMP_RET_ALLOW),
    ];
    let install = move || {
        let program = libc::sock_fprog { len: filter.len() as u16, filter: filter.as_ptr().cast_mut() };
        // SAFETY: the filter lives in this closure; the kernel copies it and writes nothing.
        let results = unsafe {
            [
                libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0),
                libc::prctl(libc::PR_SET_SECCOMP, libc::SECCOMP_MODE_FILTER, &program),
            ]
        };
        if results == [0, 0] { Ok(()) } else { Err(std::io::Error::last_os_error()) }
    };
    // SAFETY: two system calls, which are allowed between fork and exec.
    unsafe { command.pre_exec(install) };
}

/// Calls a function that always fails twice, and one that only answers.
const ABSENT: &str = r#"
#include <windows.h>
int main(void)
{
    HKEY key;
    for (int i = 0; i < 2; i++) {
        SetLastError(0);
        if (FindCloseChangeNotification(NULL) || GetLastError() != ERROR_CALL_NOT_IMPLEMENTED)
            return 1;
    }
    return RegOpenKeyExA(HKEY_CURRENT_USER, "Software", 0, KEY_READ, &key) != ERROR_FILE_NOT_FOUND;
}
"#;

#[test]
fn an_absent_function_is_told_of_by_the_compiler_and_once_by_the_program() {
    needs!("gcc");
    build_libraries();
    let tree = Tree::new(&[("absent.c", ABSENT)]);
    let compiled = tree.run(&["cc", "absent.c", "-o", "program"]).succeeded();
    assert!(compiled.stderr.contains("always fails in Longshore: directories cannot be watched yet"));
    let said = |level: Option<&str>| {
        let mut command = Command::new(tree.path("program"));
        command.env_remove("LONGSHORE_LOG").envs(level.map(|level| ("LONGSHORE_LOG", level)));
        let output = command.output().unwrap();
        assert_eq!(output.status.code(), Some(0));
        String::from_utf8(output.stderr).unwrap()
    };
    let line = "FindCloseChangeNotification is absent: directories cannot be watched yet";
    let text = said(None);
    assert!(text.matches(line).count() == 1 && !text.contains("RegOpenKeyExA"), "{text:?}");
    assert!(said(Some("info")).contains("RegOpenKeyExA only answers: the registry is empty"));
    assert_eq!(said(Some("off")), "");
}
