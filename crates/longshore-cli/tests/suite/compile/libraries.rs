//! Libraries of the distribution in programs that include windows.h too. Their headers are read as Linux has
//! them, since the libraries were built for it.

use std::fs;
use std::process::Command;

use longshore_fixtures::{needs, tools};

use crate::fixtures::windows_tree::{Outcome, Tree, build_libraries, compilers};

/// Compiles and links a program that uses a library, and tells what it wrote; None
/// where the library is not installed.
fn program(header: &str, package: &str, source: &str, libraries: &[&str]) -> Option<String> {
    if !tools::library_here(header, package) {
        return None;
    }
    let tree = Tree::new(&[("a.cpp", source)]);
    let arguments: Vec<&str> = ["c++", "a.cpp"].iter().chain(libraries).copied().collect();
    Some(tree.program(&arguments))
}

#[test]
fn std_filesystem_is_the_one_that_was_built() {
    needs!("gcc", "g++");
    let tree = Tree::new(&[(
        "a.cpp",
        "#include <windows.h>\n#include <filesystem>\n#include <fstream>\n#include <cstdio>\n\
         int main() { std::filesystem::path narrow(\"a.txt\"), wide(L\"a.txt\");\n\
         std::ofstream(narrow) << \"12345\"; std::ifstream in(wide); int value = 0; in >> value;\n\
         printf(\"%d %d %d\\n\", (int)sizeof(std::filesystem::path::value_type), value,\n\
         (int)std::filesystem::file_size(wide)); }\n",
    )]);
    assert_eq!(tree.program(&["c++", "a.cpp"]), "1 12345 5\n");
}

const FILE_STREAMS: &str = r#"
#include <windows.h>
#include <fstream>
#include <filesystem>
#include <string>
#include <cstdio>
int main() {
    char here[MAX_PATH];
    CreateDirectoryA("sub", 0);
    { std::ofstream out(L"sub\\wide.txt"); out << "12"; }
    { std::ofstream out(".\\sub\\narrow.txt"); out << "34"; }
    { std::wofstream out("sub/plain.txt"); out << L"56"; }
    GetCurrentDirectoryA(sizeof here, here);
    int a = 0, b = 0, c = 0, d = 0;
    std::ifstream(std::string(here) + "\\sub\\wide.txt") >> a;
    std::ifstream(std::filesystem::path("sub") / "narrow.txt") >> b;
    std::ifstream in; in.open(L"sub/plain.txt"); in >> c;
    std::fstream both("sub\\wide.txt", std::ios::in | std::ios::out | std::ios::ate); both << 9; both.seekg(0); both >> d;
    std::ifstream none(L"nowhere\\x");
    FILE* f = fopen((std::string(here) + "\\sub\\wide.txt").c_str(), "r");
    std::filebuf moved; std::filebuf from; from.open("sub\\plain.txt", std::ios::in); moved = std::move(from);
    printf("%d %d %d %d %d %d %d\n", a, b, c, d, (int)none.is_open(), f != 0, moved.sgetc());
}
"#;

#[test]
fn file_streams_take_wide_names_and_windows_spelling_of_paths() {
    let tree = Tree::new(&[("a.cpp", FILE_STREAMS)]);
    for (cxx, _) in compilers() {
        for standard in ["-std=c++17", "-std=gnu++20"] {
            let text = tree.program(&["c++", "--compiler", cxx, standard, "a.cpp"]);
            assert_eq!(text, "12 34 56 129 0 1 53\n", "{cxx} {standard}");
        }
    }
}

#[test]
fn the_users_files_still_see_windows_after_a_system_header() {
    needs!("gcc", "g++");
    let tree = Tree::new(&[(
        "a.cpp",
        "#include <vector>\n#if !defined _WIN32 || !defined _WIN64\n#error lost\n#endif\n\
         #include <windows.h>\nint main() { puts(\"ok\"); }\n",
    )]);
    assert_eq!(tree.program(&["c++", "a.cpp"]), "ok\n");
}

#[test]
fn gtest() {
    needs!("gcc", "g++");
    let source = "#include <winsock2.h>\n#include <gtest/gtest.h>\nTEST(A, B) { EXPECT_NE(GetTickCount(), 0u); }\n\
                  int main(int n, char** v) { testing::InitGoogleTest(&n, v); return RUN_ALL_TESTS(); }\n";
    if let Some(text) = program("gtest/gtest.h", "libgtest-dev", source, &["-lgtest", "-lpthread"]) {
        assert!(text.contains("1 test"), "{text}");
    }
}

#[test]
fn catch2() {
    needs!("gcc", "g++");
    let source = "#define CATCH_CONFIG_MAIN\n#include <catch2/catch.hpp>\n#include <windows.h>\n\
                  TEST_CASE(\"a\") { REQUIRE(GetTickCount() != 0); }\n";
    if let Some(text) = program("catch2/catch.hpp", "catch2", source, &[]) {
        assert!(text.contains("All tests passed"), "{text}");
    }
}

#[test]
fn boost_filesystem_and_thread() {
    needs!("gcc", "g++");
    let source = "#include <boost/filesystem.hpp>\n#include <boost/thread.hpp>\n#include <windows.h>\n\
                  int main() { boost::thread t([] { Sleep(1); }); t.join();\n\
                  puts(boost::filesystem::exists(\"a.cpp\") ? \"there\" : \"lost\"); }\n";
    let libraries = ["-lboost_filesystem", "-lboost_thread", "-lboost_system"];
    let packages = "libboost-filesystem-dev libboost-thread-dev";
    if let Some(text) = program("boost/thread.hpp", packages, source, &libraries) {
        assert_eq!(text, "there\n");
    }
}

#[test]
fn fmt_and_spdlog() {
    needs!("gcc", "g++");
    let source = "#include <windows.h>\n#include <spdlog/spdlog.h>\n#include <fmt/core.h>\n\
                  int main() { spdlog::info(\"{}\", GetCurrentThreadId() != 0); fmt::print(\"{}\\n\", sizeof(DWORD)); }\n";
    if let Some(text) = program("spdlog/spdlog.h", "libspdlog-dev", source, &["-lspdlog", "-lfmt"]) {
        assert!(text.contains("true") && text.ends_with("4\n"), "{text}");
    }
}

#[test]
fn openssl_and_sqlite() {
    needs!("gcc", "g++");
    let source = "#include <winsock2.h>\n#include <openssl/ssl.h>\n#include <stdio.h>\n\
                  int main() { SSL_CTX* c = SSL_CTX_new(TLS_method()); puts(c ? \"made\" : \"none\"); SSL_CTX_free(c); }\n";
    if let Some(text) = program("openssl/ssl.h", "libssl-dev", source, &["-lssl", "-lcrypto"]) {
        assert_eq!(text, "made\n");
    }
    let source = "#include <windows.h>\n#include <sqlite3.h>\n#include <stdio.h>\n\
                  int main() { sqlite3* d; printf(\"%d\\n\", sqlite3_open(\":memory:\", &d)); sqlite3_close(d); }\n";
    if let Some(text) = program("sqlite3.h", "libsqlite3-dev", source, &["-lsqlite3"]) {
        assert_eq!(text, "0\n");
    }
}

/// Sockets of asio's are Winsock's, over completion ports, whichever header is first.
const ASIO: &str = r#"
#include <cstdio>
int main() {
    asio::io_context io;
    asio::ip::tcp::acceptor acceptor(io, { asio::ip::make_address("127.0.0.1"), 0 });
    asio::ip::tcp::socket client(io), served(io);
    char text[8] = {};
    acceptor.async_accept(served, [&](auto error) {
        if (!error) asio::async_write(served, asio::buffer("hello", 5), [](auto, auto) {});
    });
    client.async_connect(acceptor.local_endpoint(), [&](auto error) {
        if (!error) asio::async_read(client, asio::buffer(text, 5), [](auto, auto) {});
    });
    io.run();
    SOCKET native = client.native_handle();
    int kind = 0, length = sizeof kind;
    getsockopt(native, SOL_SOCKET, SO_TYPE, (char*)&kind, &length);
    puts(kind == SOCK_STREAM ? text : "not a socket");
}
"#;

#[test]
fn asio_beside_winsock() {
    needs!("gcc", "g++");
    for includes in
        ["#include <winsock2.h>\n#include <asio.hpp>\n", "#include <asio.hpp>\n#include <winsock2.h>\n"]
    {
        if let Some(text) = program("asio.hpp", "libasio-dev", &format!("{includes}{ASIO}"), &[]) {
            assert_eq!(text, "hello\n", "{includes}");
        }
    }
}

#[test]
fn boost_asio_beside_winsock() {
    needs!("gcc", "g++");
    let source =
        format!("#include <winsock2.h>\n#include <boost/asio.hpp>\nnamespace asio = boost::asio;\n{ASIO}");
    if let Some(text) = program("boost/asio.hpp", "libboost-dev", &source, &[]) {
        assert_eq!(text, "hello\n");
    }
}

#[test]
fn curl_beside_winsock() {
    needs!("gcc", "g++");
    let main = "int main() { struct sockaddr_in6 a; a.sin6_family = AF_INET6; fd_set set; FD_ZERO(&set);\n\
                CURL* c = curl_easy_init(); puts(c && a.sin6_family == 23 && set.fd_count == 0 ? \"made\" : \"none\");\n\
                curl_easy_cleanup(c); }\n";
    for includes in [
        "#include <winsock2.h>\n#include <curl/curl.h>\n",
        "#define FD_SETSIZE 7\n#include <curl/curl.h>\n#include <ws2tcpip.h>\nstatic_assert(sizeof(fd_set) == 64, \"ours\");\n",
        "#include <curl/curl.h>\n#include <windows.h>\n",
    ] {
        let source = format!("{includes}#include <stdio.h>\n{main}");
        if let Some(text) = program("curl/curl.h", "libcurl4-openssl-dev", &source, &["-lcurl"]) {
            assert_eq!(text, "made\n", "{includes}");
        }
    }
    // Its set of descriptors is another one, and handing it Winsock's is no silent mistake.
    if tools::library_here("curl/curl.h", "libcurl4-openssl-dev") {
        let source = "#include <winsock2.h>\n#include <curl/curl.h>\n\
                      int main() { fd_set s; int n; return curl_multi_fdset(0, &s, &s, &s, &n); }\n";
        let outcome = Tree::new(&[("a.cpp", source)]).run(&["c++", "-c", "a.cpp"]);
        assert!(outcome.stderr.contains("longshore_libc_fd_set"), "{}", outcome.stderr);
    }
}

#[test]
fn protobuf() {
    needs!("gcc", "g++");
    let source = "#include <winsock2.h>\n#include <windows.h>\n#include <google/protobuf/timestamp.pb.h>\n#include <cstdio>\n\
                  int main() { google::protobuf::Timestamp a, b; a.set_seconds(GetTickCount() ? 77 : 0);\n\
                  b.ParseFromString(a.SerializeAsString()); printf(\"%d\\n\", (int)b.seconds()); }\n";
    if let Some(text) = program("google/protobuf/timestamp.pb.h", "libprotobuf-dev", source, &["-lprotobuf"])
    {
        assert_eq!(text, "77\n");
    }
}

#[test]
fn a_file_of_fmts_is_made() {
    needs!("gcc", "g++");
    // Its header hands flags of open on to the library.
    let source = "#include <windows.h>\n#include <fmt/os.h>\n#include <fstream>\n#include <string>\n\
                  int main() { { auto out = fmt::output_file(\"made.txt\"); out.print(\"{}\", sizeof(DWORD)); }\n\
                  std::string text; std::ifstream(\"made.txt\") >> text; puts(text.c_str()); }\n";
    if let Some(text) = program("fmt/os.h", "libfmt-dev", source, &["-lfmt"]) {
        assert_eq!(text, "4\n");
    }
}

/// A library of the system's: what it gets as flags is Linux' business, and its header says them.
const LINUX_HEADER: &str = r#"
#include <fcntl.h>
#include <sys/stat.h>
enum { LIBRARY_MAKES = O_CREAT | O_EXCL | O_RDWR };
int library_open(const char* path, int flags);
static inline int library_inline_open(const char* path) { return open(path, O_CREAT | O_EXCL | O_APPEND | O_RDWR, 0600); }
"#;

const FLAGS: &str = r#"
#include <stdio.h>
#include <fcntl.h>
#include <io.h>
#include <library.h>
#include <sys/mman.h>
#include <semaphore.h>
#include <stdlib.h>
#if O_CREAT != 0x100 || _O_CREAT != 0x100 || O_EXCL != 0x400 || O_APPEND != 8 || O_BINARY != 0x8000
#error "not Microsoft's numbers"
#endif
#define CHECK(what) do { if (!(what)) { printf("line %d: %s\n", __LINE__, #what); return 1; } } while (0)
int main(void)
{
    char name[64];
    int made, again;
    sem_t* semaphore;
    /* A library that was compiled for Linux, and inline functions of its header. */
    CHECK(library_open("a.txt", LIBRARY_MAKES) >= 0 && library_open("a.txt", LIBRARY_MAKES) < 0);
    CHECK((made = library_inline_open("b.txt")) >= 0 && library_inline_open("b.txt") < 0);
    CHECK(fcntl(made, F_GETFL) == (O_APPEND | O_RDWR));
    CHECK(fcntl(made, F_SETFL, O_NONBLOCK) == 0 && fcntl(made, F_GETFL) == (O_NONBLOCK | O_RDWR));
    /* The program's own, by either name. */
    CHECK((made = open("c.txt", O_CREAT | O_EXCL | O_RDWR | O_BINARY, 0600)) >= 0 && close(made) == 0);
    CHECK(open("c.txt", O_CREAT | O_EXCL | O_RDWR, 0600) < 0 && _open("c.txt", _O_CREAT | O_EXCL | _O_RDWR, 0600) < 0);
#ifdef __USE_LARGEFILE64
    CHECK((made = open64("c.txt", O_RDWR | O_APPEND)) >= 0 && fcntl(made, F_GETFL) == (O_APPEND | O_RDWR));
#endif
    /* What takes them beside open. */
    snprintf(name, sizeof name, "/longshore-flags-%d", (int)_getpid());
    CHECK((made = shm_open(name, O_CREAT | O_EXCL | O_RDWR, 0600)) >= 0);
    again = shm_open(name, O_CREAT | O_EXCL | O_RDWR, 0600);
    CHECK(shm_unlink(name) == 0 && again < 0);
    CHECK((semaphore = sem_open(name, O_CREAT | O_EXCL, 0600, 3)) != SEM_FAILED);
    CHECK(sem_unlink(name) == 0 && sem_trywait(semaphore) == 0 && sem_close(semaphore) == 0);
    puts("right");
    return 0;
}
"#;

#[test]
fn flags_of_open_are_microsofts_in_programs_and_linux_in_headers_of_libraries() {
    needs!("gcc", "g++");
    build_libraries();
    let tree = Tree::new(&[
        ("a.c", FLAGS),
        ("a.cpp", &FLAGS.replace("#include <library.h>", "extern \"C\" {\n#include <library.h>\n}")),
        ("system/library.h", LINUX_HEADER),
        (
            "library.c",
            "#include <library.h>\nint library_open(const char* path, int flags) { return open(path, flags, 0600); }\n",
        ),
    ]);
    let built = Command::new("gcc")
        .args(["-Isystem", "-c", "library.c", "-o", "library.o"])
        .current_dir(tree.path(""))
        .status();
    assert!(built.unwrap().success());
    for (driver, source) in [("cc", "a.c"), ("c++", "a.cpp")] {
        for made in ["a.txt", "b.txt", "c.txt"] {
            let _ = fs::remove_file(tree.path(made));
        }
        let mut wrapper = tree.wrapper(&[driver, source, "library.o", "-o", "program"]);
        // Where the compiler looks for the system's headers.
        wrapper.env("C_INCLUDE_PATH", tree.path("system")).env("CPLUS_INCLUDE_PATH", tree.path("system"));
        Outcome::of(wrapper.output().unwrap()).succeeded();
        assert_eq!(tree.execute("program"), "right\n", "{source}");
    }
}
