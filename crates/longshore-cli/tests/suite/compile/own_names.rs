//! Programs that define functions with names of libc's, as Windows programs may: nothing
//! but the program itself calls them.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::Path;
use std::process::Command;

use longshore_fixtures::needs;

use crate::fixtures::windows_tree::{Tree, build_libraries};

/// Names that may be undefined in the static library as it is linked, besides those C reserves
/// (`_...`): the heap, which a program may replace as a whole, what compilers take for built in, data,
/// and what Rust's compiler makes.
const LEFT: [&str; 19] = [
    "atexit",
    "bcmp",
    "calloc",
    "free",
    "malloc",
    "memcmp",
    "memcpy",
    "memmove",
    "memset",
    "posix_memalign",
    "realloc",
    "rust_eh_personality",
    "stderr",
    "stdin",
    "stdout",
    "strlen",
    "strnlen",
    "wcslen",
    "environ",
];

/// What the library's objects refer to and none of them defines.
fn undefined(library: &Path) -> BTreeSet<String> {
    let output = Command::new("readelf").args(["-sW"]).arg(library).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let (mut defined, mut undefined) = (BTreeSet::new(), BTreeSet::new());
    for line in text.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        let [_, _, _, _, binding @ ("GLOBAL" | "WEAK"), _, section, name, ..] = words[..] else { continue };
        let absent = section == "UND" && binding == "WEAK" && name.starts_with("longshore_libc_");
        if section != "UND" || absent {
            defined.insert(name.to_owned());
        } else {
            undefined.insert(name.to_owned());
        }
    }
    undefined.difference(&defined).cloned().collect()
}

fn library(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_BIN_EXE_longshore")).with_file_name(name)
}

fn is_a_programs(name: &str) -> bool {
    !name.starts_with('_') && !LEFT.contains(&name)
}

#[test]
fn the_library_refers_to_nothing_a_program_may_define() {
    needs!("gcc", "readelf");
    build_libraries();
    // The first link in a checkout makes it.
    Tree::new(&[("a.c", "int main(void) { return 0; }\n")]).program(&["cc", "a.c"]);
    let names = undefined(&library("liblongshore_win32_private.a"));
    let reachable: Vec<_> = names.iter().filter(|name| is_a_programs(name)).collect();
    assert!(reachable.is_empty(), "not in abi/imports/names.txt: {reachable:?}");
    assert!(names.contains("malloc") && names.len() < 60, "{names:?}");
}

/// A server: a port, posted packets, timers, a file, a listener with AcceptEx, a connection, a name, an
/// environment variable, a thread, a console.
const SERVER: &str = r#"
#include <winsock2.h>
#include <mswsock.h>
#include <ws2tcpip.h>
#include <windows.h>
#include <stdio.h>
#include <stdlib.h>
#include <fcntl.h>
#include <io.h>
#include <direct.h>
#include <time.h>
#include <sys/stat.h>
#define CHECK(what) do { if (!(what)) { printf("line %d: %s, error %u\n", __LINE__, #what, (unsigned)GetLastError()); return 1; } } while (0)

static HANDLE port;
static OVERLAPPED* next(DWORD* bytes)
{
    ULONG_PTR key; OVERLAPPED* overlapped = NULL;
    return GetQueuedCompletionStatus(port, bytes, &key, &overlapped, 20000) ? overlapped : NULL;
}
static DWORD WINAPI posts(void* context) { Sleep(1); return PostQueuedCompletionStatus(port, 5, 0, (OVERLAPPED*)context); }
static VOID CALLBACK fires(void* context, BOOLEAN fired) { SetEvent((HANDLE)context); }

int main(void)
{
    DWORD bytes = 0, read = 0; OVERLAPPED posted = {0}, accepted = {0}, received = {0}, written = {0};
    port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 2);
    CHECK(port);
    HANDLE thread = CreateThread(NULL, 0, posts, &posted, 0, NULL);
    CHECK(next(&bytes) == &posted && bytes == 5);
    CHECK(WaitForSingleObject(thread, INFINITE) == WAIT_OBJECT_0 && CloseHandle(thread));

    HANDLE event = CreateEventA(NULL, FALSE, FALSE, NULL), timer = CreateWaitableTimerA(NULL, FALSE, NULL), queued = NULL;
    LARGE_INTEGER due; due.QuadPart = -10000;
    CHECK(SetWaitableTimer(timer, &due, 0, NULL, NULL, FALSE) && WaitForSingleObject(timer, 20000) == WAIT_OBJECT_0);
    CHECK(CreateTimerQueueTimer(&queued, NULL, fires, event, 1, 0, WT_EXECUTEDEFAULT));
    CHECK(WaitForSingleObject(event, 20000) == WAIT_OBJECT_0 && DeleteTimerQueueTimer(NULL, queued, INVALID_HANDLE_VALUE));

    HANDLE file = CreateFileA("data.txt", GENERIC_READ | GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, FILE_FLAG_OVERLAPPED, NULL);
    CHECK(file != INVALID_HANDLE_VALUE && CreateIoCompletionPort(file, port, 1, 0));
    CHECK(WriteFile(file, "hello", 5, NULL, &written) || GetLastError() == ERROR_IO_PENDING);
    CHECK(next(&bytes) == &written && bytes == 5 && CloseHandle(file));
    WIN32_FIND_DATAA found;
    HANDLE search = FindFirstFileA("data.*", &found);
    CHECK(search != INVALID_HANDLE_VALUE && found.nFileSizeLow == 5 && FindClose(search));
    CHECK(MoveFileExA("data.txt", "moved.txt", MOVEFILE_REPLACE_EXISTING) && DeleteFileA("moved.txt"));

    // What the headers do themselves.
    char line[64];
    struct _stat64 status;
    CHECK(_mkdir("folder") == 0 && _rmdir("folder") == 0);
    int descriptor = _open("crt.txt", _O_CREAT | _O_RDWR | _O_TRUNC, _S_IREAD | _S_IWRITE);
    CHECK(descriptor >= 0 && _write(descriptor, "12 x\n", 5) == 5 && _lseek(descriptor, 0, SEEK_SET) == 0);
    CHECK(_read(descriptor, line, 2) == 2 && _filelength(descriptor) == 5 && _close(descriptor) == 0);
    CHECK(_access("crt.txt", 0) == 0 && _stat64("crt.txt", &status) == 0 && status.st_size == 5);
    FILE* stream = NULL;
    int number = 0;
    CHECK(fopen_s(&stream, "crt.txt", "r") == 0 && fscanf(stream, "%d", &number) == 1 && number == 12);
    CHECK(fclose(stream) == 0 && _unlink("crt.txt") == 0 && _strtoi64("77", NULL, 10) == 77);
    CHECK(_putenv("OWN_NAME=1") == 0 && _getcwd(line, sizeof line) != NULL);
    CHECK(sprintf_s(line, sizeof line, "%d %.2f", 4, 1.5) == 6 && _stricmp("ABC", "abc") == 0);
    __time64_t second = 0;
    struct tm parts;
    CHECK(_gmtime64_s(&parts, &second) == 0 && parts.tm_year == 70);

    WSADATA data;
    CHECK(WSAStartup(MAKEWORD(2, 2), &data) == 0);
    struct addrinfo hints = {0}, *address = NULL;
    hints.ai_family = AF_INET; hints.ai_socktype = SOCK_STREAM;
    CHECK(getaddrinfo("127.0.0.1", "0", &hints, &address) == 0);
    SOCKET listener = WSASocketW(AF_INET, SOCK_STREAM, 0, NULL, 0, WSA_FLAG_OVERLAPPED);
    int length = sizeof(struct sockaddr_in);
    struct sockaddr_in name;
    CHECK(bind(listener, address->ai_addr, (int)address->ai_addrlen) == 0 && listen(listener, 5) == 0);
    freeaddrinfo(address);
    CHECK(getsockname(listener, (struct sockaddr*)&name, &length) == 0);
    CHECK(CreateIoCompletionPort((HANDLE)listener, port, 2, 0));
    SOCKET server = socket(AF_INET, SOCK_STREAM, 0), client = socket(AF_INET, SOCK_STREAM, 0);
    char addresses[2 * (sizeof(struct sockaddr_in) + 16)], buffer[16];
    CHECK(AcceptEx(listener, server, addresses, 0, sizeof name + 16, sizeof name + 16, &bytes, &accepted)
        || WSAGetLastError() == ERROR_IO_PENDING);
    CHECK(connect(client, (struct sockaddr*)&name, sizeof name) == 0);
    CHECK(next(&bytes) == &accepted);
    CHECK(setsockopt(server, SOL_SOCKET, SO_UPDATE_ACCEPT_CONTEXT, (char*)&listener, sizeof listener) == 0);
    CHECK(CreateIoCompletionPort((HANDLE)server, port, 3, 0));
    WSABUF into = { sizeof buffer, buffer };
    DWORD flags = 0;
    CHECK(WSARecv(server, &into, 1, NULL, &flags, &received, NULL) == 0 || WSAGetLastError() == WSA_IO_PENDING);
    CHECK(send(client, "ping", 4, 0) == 4);
    CHECK(next(&bytes) == &received && bytes == 4);
    CHECK(send(server, buffer, 4, 0) == 4 && recv(client, buffer, 16, 0) == 4);
    CHECK(shutdown(client, SD_SEND) == 0 && recv(server, buffer, 16, 0) == 0);
    CHECK(closesocket(client) == 0 && closesocket(server) == 0 && closesocket(listener) == 0);

    char text[64];
    CHECK(SetEnvironmentVariableA("OWN_NAMES", "seen") && GetEnvironmentVariableA("OWN_NAMES", text, sizeof text) == 4);
    CHECK(GetCurrentDirectoryA(sizeof text, text) > 0 && gethostname(text, sizeof text) == 0);
    LARGE_INTEGER clock;
    FILETIME now;
    CHECK(QueryPerformanceCounter(&clock) && clock.QuadPart > 0);
    GetSystemTimeAsFileTime(&now);
    void* pages = VirtualAlloc(NULL, 65536, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    CHECK(pages && VirtualFree(pages, 0, MEM_RELEASE));
    CHECK(WriteFile(GetStdHandle(STD_OUTPUT_HANDLE), "served\n", 7, &read, NULL) && read == 7);
    return 0;
}
"#;

/// Functions of all these names that say who they are and end the program, with nothing but system calls.
fn own_functions(names: &BTreeSet<String>) -> String {
    let mut text = String::from(
        "static void __attribute__((noreturn)) called(const char* name, long length) {\n\
         #if defined __x86_64__\n\
         long number = 1; __asm__ volatile(\"syscall\" : \"+a\"(number) : \"D\"(2L), \"S\"(name), \"d\"(length) : \"rcx\", \"r11\", \"memory\");\n\
         #endif\n __builtin_trap(); }\n",
    );
    for name in names {
        let message = format!("{name} of the program was called\\n");
        let length = message.len() - 1;
        let _ = writeln!(text, "void {name}(void) {{ called(\"{message}\", {length}); }}");
    }
    text
}

/// The program, with the names it is not to be called by, from the libraries as cargo builds them.
fn tree() -> Tree {
    build_libraries();
    let mut names = undefined(&library("liblongshore_win32.a"));
    names.retain(|name| is_a_programs(name));
    // What the headers call, and what wepoll, ports of clocks and others have, whether it is called today or
    // not.
    let listed = include_str!("../../../../longshore-win32/src/abi/imports/names.txt");
    let listed = listed.lines().filter(|line| !line.starts_with('#'));
    names.extend(listed.map(|line| line.trim_start_matches(['+', '?']).to_owned()));
    let more = "write open read close pipe pipe2 eventfd epoll_create epoll_create1 epoll_ctl epoll_wait clock_gettime \
                getrandom pthread_mutex_lock pthread_mutex_unlock pthread_cond_wait pthread_cond_signal pthread_create \
                pthread_join pthread_self pthread_once sem_init sem_wait sem_post sem_destroy dlopen dlsym dlclose usleep \
                nanosleep gettimeofday poll fcntl mmap munmap getline setenv random strsep";
    names.extend(more.split_whitespace().map(str::to_owned));
    assert!(names.len() > 200, "{names:?}");
    Tree::new(&[("server.c", SERVER), ("own.c", &own_functions(&names))])
}

#[test]
fn a_program_may_have_functions_with_names_of_libcs() {
    needs!("gcc", "readelf");
    let tree = tree();
    let compiled = Command::new("gcc")
        .args(["-c", "-O1", "-fno-builtin", "-w", "own.c", "-o", "own.o"])
        .current_dir(tree.path(""))
        .status();
    assert!(compiled.unwrap().success());
    for linker in linkers() {
        assert_eq!(tree.program(&["cc", linker, "server.c", "own.o"]), "served\n", "{linker}");
        let shared = ["cc", "--shared-runtime", linker, "server.c", "own.o"];
        assert_eq!(tree.program(&shared), "served\n", "{linker}");
        // In a DLL of the program's.
        tree.run(&["cc", "-shared", linker, "own.o", "-o", "libown.so"]).succeeded();
        let dll = ["-Wl,--no-as-needed,-rpath,$ORIGIN", "libown.so"];
        for runtime in [&["server.c"][..], &["server.c", "--shared-runtime"]] {
            let arguments: Vec<&str> = [&["cc", linker], runtime, &dll].concat();
            assert_eq!(tree.program(&arguments), "served\n", "{arguments:?}");
        }
    }
}

/// The options for the linkers of this machine; the first two come with the compiler.
fn linkers() -> impl Iterator<Item = &'static str> {
    let more = ["mold", "lld"].into_iter().filter(|linker| {
        Command::new(format!("ld.{linker}"))
            .arg("--version")
            .output()
            .is_ok_and(|output| output.status.success())
    });
    ["bfd", "gold"].into_iter().chain(more).map(|linker| match linker {
        "bfd" => "-fuse-ld=bfd",
        "gold" => "-fuse-ld=gold",
        "mold" => "-fuse-ld=mold",
        _ => "-fuse-ld=lld",
    })
}

#[test]
fn a_program_linked_statically_runs() {
    needs!("gcc");
    build_libraries();
    let tree = Tree::new(&[("server.c", SERVER)]);
    assert_eq!(tree.program(&["cc", "-static", "server.c"]), "served\n");
}
