//! `__try`, compiled for real: the conformance programs at every level of optimisation, and what is C++'s.

use crate::fixtures::windows_tree::{Tree, compilers};

const OBSERVE: &str = include_str!("../../../../../conformance/support/observe.h");
const FIXTURES: &str = include_str!("../../../../../conformance/support/fixture_exceptions.h");
const PROGRAMS: [(&str, &str); 3] = [
    (
        "programs/exception/handlers",
        include_str!("../../../../../conformance/programs/exception/21_exception_handlers.c"),
    ),
    (
        "programs/exception/exceptions",
        include_str!("../../../../../conformance/programs/exception/21_structured_exceptions.c"),
    ),
    (
        "programs/exception/leaving",
        include_str!("../../../../../conformance/programs/exception/21_leaving_finally.c"),
    ),
];

/// SEH1-SEH13: each program prints "(expected ...)" and fails where it does not see what the rules say.
#[test]
fn structured_exceptions_are_as_on_windows_at_every_level_of_optimisation() {
    let tree = Tree::new(&[("support/observe.h", OBSERVE), ("support/fixture_exceptions.h", FIXTURES)]);
    for (name, text) in PROGRAMS {
        tree.write(&format!("{name}.c"), text.as_bytes());
        tree.write(&format!("{name}.cpp"), text.as_bytes());
        for (cxx, c) in compilers() {
            for level in ["-O0", "-O2", "-O3"] {
                tree.program(&["cc", "--compiler", c, level, &format!("{name}.c")]);
            }
            tree.program(&["c++", "--compiler", cxx, "-O2", &format!("{name}.cpp")]);
        }
    }
}

const IN_CXX: &str = r#"
#include <windows.h>
#include <stdio.h>
#include <stdexcept>
extern "C" void through_c(void (*body)(void));
static int* volatile nowhere = 0;
static int order;
static void note(int event) { order = order * 10 + event; }
struct Value {
    int kept;
    explicit Value(int x) : kept(x) { __try { x = 7; *nowhere = 1; x = 8; } __except (1) { kept = x; } }
    int method(int x) { __try { kept = x; x = 3; *nowhere = 1; } __except (kept == 5) { return kept * 10 + x; } return 0; }
};
template <class T> T in_template(T x) { __try { x += 1; *nowhere = 1; x += 1; } __except (GetExceptionCode() == EXCEPTION_ACCESS_VIOLATION) { return x; } return 0; }
static auto in_lambda = [](int x) { __try { x = 9; *nowhere = 1; x = 8; } __except (1) { return x; } return 0; };
static int returns(int x) { __try { if (x) throw std::runtime_error("x"); return 1; } __finally { note(AbnormalTermination() ? 1 : 2); } }
static void throws() { returns(1); }
static void handles_its_own() { __try { note(3); } __finally { try { throw 5; } catch (int x) { note(x); } } }
int main()
{
    if (Value(1).kept != 7 || Value(2).method(5) != 53) return 1;
    if (in_template(4) != 5 || in_template(1.5) != 2.5 || in_lambda(1) != 9) return 2;
    try { through_c(throws); return 3; } catch (const std::exception&) { note(6); }
    handles_its_own();
    // Nothing is left of what the C++ exception went through.
    __try { *nowhere = 1; } __except (EXCEPTION_EXECUTE_HANDLER) { note(7); }
    printf("%d\n", order);
    return 0;
}
"#;

const THROUGH_C: &str = r#"
#include <windows.h>
#include <string.h>
void through_c(void (*body)(void))
{
    __try { __try { body(); } __finally { memset(calloc(1, 8), 1, 8); } } __except (EXCEPTION_EXECUTE_HANDLER) { abort(); }
}
"#;

/// SEH14.
#[test]
fn cxx_exceptions_pass_and_members_templates_and_lambdas_handle() {
    let tree = Tree::new(&[("a.cpp", IN_CXX), ("c.c", THROUGH_C)]);
    for (cxx, c) in compilers() {
        for level in ["-O0", "-O2"] {
            tree.run(&["cc", "--compiler", c, level, "-c", "c.c"]).succeeded();
            assert_eq!(
                tree.program(&["c++", "--compiler", cxx, level, "-Wall", "-Wextra", "a.cpp", "c.o"]),
                "16357\n",
                "{cxx} {level}"
            );
        }
    }
}

/// Nothing the wrapper writes is complained about, and functions that return from every block fall off no
/// end.
#[test]
fn a_try_brings_no_warnings() {
    let text = "#include <windows.h>\nint f(int a) { __try { return a; } __except (GetExceptionCode() ? 1 : 0) { return 2; } }\n\
                int g(int a) { __try { if (a) __leave; return a; } __finally { a = 1; } return 3; }\n\
                int h(int a) { int b = a; __try { if (b) return b; b = 2; } __finally { b = 1; } return b; }\n";
    let tree = Tree::new(&[("a.c", text), ("a.cpp", text)]);
    for (cxx, c) in compilers() {
        for (command, compiler, file) in [("cc", c, "a.c"), ("c++", cxx, "a.cpp")] {
            let arguments = ["-O2", "-Wall", "-Wextra", "-Wshadow", "-Werror", "-c", file];
            let output = tree
                .wrapper(&[&[command, "--compiler", compiler][..], &arguments].concat())
                .output()
                .unwrap();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{compiler}");
        }
    }
}

#[test]
fn words_of_a_handler_outside_of_one_are_explained() {
    let text = "#include <windows.h>\nint main() { return (int)GetExceptionCode(); }\n";
    let tree = Tree::new(&[("a.cpp", text)]);
    for (cxx, _) in compilers() {
        let output = tree.wrapper(&["c++", "--compiler", cxx, "a.cpp"]).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && said.contains("C2707"), "{said}");
    }
}

#[test]
fn an_allocation_that_raises_is_handled_seh15() {
    let tree = Tree::new(&[(
        "a.c",
        "#include <windows.h>\n#include <stdio.h>\nint main(void) { int i; for (i = 0; i < 3; i++) {\n\
         __try { HeapAlloc(GetProcessHeap(), HEAP_GENERATE_EXCEPTIONS, (SIZE_T)1 << 60); puts(\"no\"); }\n\
         __except (GetExceptionCode() == STATUS_NO_MEMORY) { puts(\"caught\"); } }\n\
         puts(HeapAlloc(GetProcessHeap(), 0, 16) ? \"goes on\" : \"broken\"); return 0; }\n",
    )]);
    for (_, c) in compilers() {
        assert_eq!(tree.program(&["cc", "--compiler", c, "a.c"]), "caught\ncaught\ncaught\ngoes on\n", "{c}");
    }
}
