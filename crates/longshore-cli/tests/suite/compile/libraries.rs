//! Libraries of the distribution in programs that include windows.h too. Their headers are read as Linux has
//! them, since the libraries were built for it.

use std::path::Path;

use longshore_fixtures::{needs, skipped};

use crate::fixtures::windows_tree::Tree;

/// Compiles and links a program that uses a library, and tells what it wrote; None
/// where the library is not installed.
fn program(header: &str, package: &str, source: &str, libraries: &[&str]) -> Option<String> {
    if !Path::new("/usr/include").join(header).exists() {
        skipped(&format!("{header} is missing: apt install {package}"));
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
