//! Standard headers that a source counts on without including them.
//!
//! Microsoft's headers include each other more freely than gcc's, and `windows.h` brings a good part of the C
//! library. So the headers of the names a source mentions are included for it. If the source includes the
//! header anyway, this costs nothing; headers that it does not need are not read.

use super::lexer::{Kind, Source};
use crate::compile::command_line::Language;

/// For C: the header without `.h`, and names it declares. They count everywhere in a file.
const C: &[(&str, &[&str])] = &[
    ("assert", &["assert"]),
    (
        "ctype",
        &[
            "isalnum", "isalpha", "isdigit", "islower", "isprint", "isspace", "isupper", "isxdigit",
            "tolower", "toupper",
        ],
    ),
    ("errno", &["errno", "errno_t"]),
    ("float", &["DBL_EPSILON", "DBL_MAX", "DBL_MIN", "FLT_EPSILON", "FLT_MAX", "FLT_MIN"]),
    (
        "limits",
        &[
            "CHAR_BIT",
            "INT_MAX",
            "INT_MIN",
            "LLONG_MAX",
            "LLONG_MIN",
            "LONG_MAX",
            "LONG_MIN",
            "SHRT_MAX",
            "UCHAR_MAX",
            "UINT_MAX",
            "ULLONG_MAX",
            "ULONG_MAX",
            "USHRT_MAX",
        ],
    ),
    ("locale", &["LC_ALL", "setlocale"]),
    (
        "math",
        &[
            "atan2", "ceil", "double_t", "float_t", "cos", "cosf", "fabs", "floor", "fmod", "log10", "pow",
            "round", "sin", "sinf", "sqrt", "sqrtf",
        ],
    ),
    ("signal", &["SIGABRT", "SIGINT", "SIGTERM", "raise", "sig_atomic_t", "signal"]),
    ("stdarg", &["va_arg", "va_copy", "va_end", "va_list", "va_start"]),
    ("stddef", &["NULL", "offsetof", "ptrdiff_t", "size_t"]),
    (
        "stdint",
        &[
            "INT32_MAX",
            "INT64_MAX",
            "UINT32_MAX",
            "UINT64_MAX",
            "int16_t",
            "int32_t",
            "int64_t",
            "int8_t",
            "intptr_t",
            "uint16_t",
            "uint32_t",
            "uint64_t",
            "uint8_t",
            "uintptr_t",
        ],
    ),
    (
        "stdio",
        &[
            "EOF",
            "FILE",
            "fclose",
            "feof",
            "fflush",
            "fgetc",
            "fgets",
            "fopen",
            "fprintf",
            "fputc",
            "fputs",
            "fread",
            "fscanf",
            "fseek",
            "ftell",
            "fwrite",
            "getchar",
            "gets",
            "perror",
            "printf",
            "printf_s",
            "putchar",
            "puts",
            "remove",
            "rename",
            "scanf",
            "scanf_s",
            "snprintf",
            "sprintf",
            "sprintf_s",
            "sscanf",
            "sscanf_s",
            "stderr",
            "stdin",
            "stdout",
            "vfprintf",
            "vprintf",
            "vsnprintf",
            "vsprintf",
            "_snprintf",
            "_vsnprintf",
            "fopen_s",
        ],
    ),
    (
        "stdlib",
        &[
            "EXIT_FAILURE",
            "EXIT_SUCCESS",
            "abort",
            "abs",
            "atexit",
            "atof",
            "atoi",
            "atol",
            "atoll",
            "bsearch",
            "calloc",
            "exit",
            "free",
            "getenv",
            "labs",
            "malloc",
            "qsort",
            "rand",
            "realloc",
            "srand",
            "strtod",
            "strtol",
            "strtoul",
            "strtoull",
            "system",
            "_itoa",
            "_itoa_s",
            "itoa",
            "_countof",
            "RAND_MAX",
        ],
    ),
    (
        "string",
        &[
            "memchr",
            "memcmp",
            "memcpy",
            "memmove",
            "memset",
            "strcat",
            "strchr",
            "strcmp",
            "strcpy",
            "strdup",
            "strerror",
            "strlen",
            "strncat",
            "strncmp",
            "strncpy",
            "strrchr",
            "strspn",
            "strstr",
            "strtok",
            "memcpy_s",
            "strcpy_s",
            "strncpy_s",
            "strcat_s",
            "_stricmp",
            "_strdup",
            "stricmp",
        ],
    ),
    (
        "time",
        &[
            "CLOCKS_PER_SEC",
            "asctime",
            "clock",
            "clock_t",
            "ctime",
            "difftime",
            "gmtime",
            "localtime",
            "localtime_s",
            "mktime",
            "strftime",
            "time",
            "time_t",
            "tm",
        ],
    ),
    (
        "wchar",
        &[
            "fwprintf",
            "swprintf",
            "swprintf_s",
            "vswprintf",
            "wcscat",
            "wcschr",
            "wcscmp",
            "wcscpy",
            "wcscpy_s",
            "wcslen",
            "wcsncmp",
            "wcsncpy",
            "wcsrchr",
            "wcsstr",
            "wcstombs",
            "wmemcpy",
            "wprintf",
        ],
    ),
];

/// For C++. They count after `std::`, or everywhere if a file has `using namespace std`.
const CXX: &[(&str, &[&str])] = &[
    (
        "algorithm",
        &[
            "all_of",
            "any_of",
            "binary_search",
            "clamp",
            "copy",
            "copy_n",
            "count_if",
            "equal",
            "fill",
            "fill_n",
            "find",
            "find_if",
            "for_each",
            "generate",
            "lower_bound",
            "make_heap",
            "max",
            "max_element",
            "merge",
            "min",
            "min_element",
            "minmax",
            "none_of",
            "nth_element",
            "partition",
            "pop_heap",
            "push_heap",
            "random_shuffle",
            "remove_if",
            "replace",
            "reverse",
            "rotate",
            "search",
            "shuffle",
            "sort",
            "stable_sort",
            "swap_ranges",
            "transform",
            "unique",
            "upper_bound",
        ],
    ),
    ("any", &["any", "any_cast"]),
    ("array", &["array"]),
    (
        "atomic",
        &[
            "atomic",
            "atomic_bool",
            "atomic_flag",
            "atomic_char",
            "atomic_int16_t",
            "atomic_int32_t",
            "atomic_int64_t",
            "atomic_llong",
            "atomic_size_t",
            "atomic_uint16_t",
            "atomic_uint32_t",
            "atomic_uint64_t",
            "atomic_uint8_t",
            "atomic_ullong",
            "atomic_ulong",
            "atomic_int",
            "atomic_long",
            "atomic_uint",
            "atomic_thread_fence",
            "memory_order",
            "memory_order_acq_rel",
            "memory_order_acquire",
            "memory_order_relaxed",
            "memory_order_release",
            "memory_order_seq_cst",
        ],
    ),
    ("bitset", &["bitset"]),
    ("chrono", &["chrono"]),
    ("codecvt", &["codecvt_utf8", "codecvt_utf8_utf16"]),
    ("condition_variable", &["condition_variable", "condition_variable_any", "cv_status"]),
    ("deque", &["deque"]),
    (
        "exception",
        &[
            "current_exception",
            "exception",
            "exception_ptr",
            "rethrow_exception",
            "terminate",
            "uncaught_exceptions",
        ],
    ),
    ("filesystem", &["filesystem"]),
    ("format", &["format", "format_to", "vformat", "make_format_args", "make_wformat_args"]),
    ("fstream", &["fstream", "ifstream", "ofstream", "wfstream", "wifstream", "wofstream"]),
    (
        "functional",
        &[
            "bind",
            "cref",
            "equal_to",
            "function",
            "greater",
            "hash",
            "less",
            "mem_fn",
            "placeholders",
            "ref",
            "reference_wrapper",
            "invoke",
        ],
    ),
    ("future", &["async", "future", "launch", "packaged_task", "promise", "shared_future"]),
    ("initializer_list", &["initializer_list"]),
    ("iomanip", &["get_time", "put_time", "quoted", "setbase", "setfill", "setprecision", "setw"]),
    (
        "iostream",
        &[
            "boolalpha",
            "cerr",
            "cin",
            "clog",
            "cout",
            "dec",
            "endl",
            "fixed",
            "flush",
            "hex",
            "wcerr",
            "wcin",
            "wcout",
        ],
    ),
    ("istream", &["istream"]),
    (
        "iterator",
        &[
            "advance",
            "back_inserter",
            "begin",
            "distance",
            "end",
            "front_inserter",
            "inserter",
            "istream_iterator",
            "istreambuf_iterator",
            "make_move_iterator",
            "next",
            "ostream_iterator",
            "prev",
            "size",
        ],
    ),
    ("limits", &["numeric_limits"]),
    ("list", &["list"]),
    ("locale", &["locale", "wstring_convert"]),
    ("map", &["map", "multimap"]),
    (
        "memory",
        &[
            "addressof",
            "allocator",
            "auto_ptr",
            "default_delete",
            "dynamic_pointer_cast",
            "enable_shared_from_this",
            "make_shared",
            "make_unique",
            "shared_ptr",
            "static_pointer_cast",
            "unique_ptr",
            "weak_ptr",
        ],
    ),
    (
        "mutex",
        &[
            "adopt_lock",
            "call_once",
            "defer_lock",
            "lock_guard",
            "mutex",
            "once_flag",
            "recursive_mutex",
            "scoped_lock",
            "timed_mutex",
            "try_to_lock",
            "unique_lock",
        ],
    ),
    ("new", &["bad_alloc", "nothrow"]),
    ("numeric", &["accumulate", "gcd", "inner_product", "iota", "lcm", "partial_sum"]),
    ("optional", &["nullopt", "optional"]),
    ("ostream", &["ostream"]),
    ("queue", &["priority_queue", "queue"]),
    (
        "random",
        &[
            "default_random_engine",
            "mt19937",
            "mt19937_64",
            "normal_distribution",
            "random_device",
            "uniform_int_distribution",
            "uniform_real_distribution",
            "bernoulli_distribution",
        ],
    ),
    ("ratio", &["milli", "micro", "nano"]),
    ("regex", &["regex", "regex_match", "regex_replace", "regex_search", "smatch"]),
    ("set", &["multiset", "set"]),
    ("shared_mutex", &["shared_lock", "shared_mutex", "shared_timed_mutex"]),
    ("source_location", &["source_location"]),
    ("span", &["span"]),
    (
        "sstream",
        &[
            "istringstream",
            "ostringstream",
            "stringstream",
            "wistringstream",
            "wostringstream",
            "wstringstream",
        ],
    ),
    ("stack", &["stack"]),
    (
        "stdexcept",
        &[
            "domain_error",
            "invalid_argument",
            "length_error",
            "logic_error",
            "out_of_range",
            "overflow_error",
            "range_error",
            "runtime_error",
            "underflow_error",
        ],
    ),
    (
        "string",
        &[
            "basic_string",
            "getline",
            "stod",
            "stof",
            "stoi",
            "stol",
            "stoll",
            "stoul",
            "stoull",
            "string",
            "to_string",
            "to_wstring",
            "wstring",
            "u16string",
            "u32string",
            "u8string",
        ],
    ),
    ("string_view", &["string_view", "wstring_view"]),
    (
        "system_error",
        &[
            "error_category",
            "error_code",
            "errc",
            "error_condition",
            "generic_category",
            "make_error_code",
            "system_category",
            "system_error",
        ],
    ),
    ("thread", &["this_thread", "thread", "jthread"]),
    (
        "tuple",
        &[
            "forward_as_tuple",
            "get",
            "ignore",
            "make_tuple",
            "tie",
            "tuple",
            "tuple_cat",
            "tuple_element",
            "tuple_size",
        ],
    ),
    (
        "type_traits",
        &[
            "conditional",
            "conditional_t",
            "decay",
            "decay_t",
            "enable_if",
            "enable_if_t",
            "false_type",
            "integral_constant",
            "invoke_result",
            "is_arithmetic",
            "is_base_of",
            "is_convertible",
            "is_enum",
            "is_integral",
            "is_pointer",
            "is_same",
            "is_same_v",
            "make_unsigned",
            "remove_const",
            "remove_cv",
            "remove_pointer",
            "remove_reference",
            "remove_reference_t",
            "result_of",
            "true_type",
            "underlying_type",
            "underlying_type_t",
            "void_t",
        ],
    ),
    ("typeindex", &["type_index"]),
    ("typeinfo", &["bad_cast", "type_info"]),
    ("unordered_map", &["unordered_map", "unordered_multimap"]),
    ("unordered_set", &["unordered_multiset", "unordered_set"]),
    (
        "utility",
        &[
            "declval",
            "exchange",
            "forward",
            "in_place",
            "index_sequence",
            "make_index_sequence",
            "make_pair",
            "move",
            "pair",
            "piecewise_construct",
            "swap",
        ],
    ),
    ("variant", &["get_if", "holds_alternative", "monostate", "variant", "visit"]),
    ("vector", &["vector"]),
];

/// Which headers, one bit for each row of the tables.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct Names {
    c: u64,
    qualified: u64,
    unqualified: u64,
    uses_namespace: bool,
}

impl Names {
    pub fn of(source: &Source<'_>) -> Names {
        let table = table();
        let mut names = Names::default();
        for (index, token) in source.tokens.iter().enumerate() {
            if token.kind != Kind::Word {
                continue;
            }
            let word = token.bytes(source.text);
            if word == b"namespace" && source.bytes(index.saturating_sub(1)) == b"using" {
                names.uses_namespace |= source.bytes(index + 1) == b"std";
                continue;
            }
            let Some(&(c, cxx)) = table.get(word) else { continue };
            names.c |= c;
            if cxx != 0 {
                names.unqualified |= cxx;
                if index >= 3
                    && matches!(source.bytes(index - 3), b"std" | b"tr1")
                    && source.bytes(index - 1) == b":"
                {
                    names.qualified |= cxx;
                }
            }
        }
        names
    }

    pub fn add(&mut self, other: &Names) {
        self.c |= other.c;
        self.qualified |= other.qualified;
        self.unqualified |= other.unqualified;
        self.uses_namespace |= other.uses_namespace;
    }

    /// Headers as they are written between the brackets.
    pub fn headers(&self, language: Language) -> Vec<String> {
        let row = |bits: u64, index: usize| bits & (1 << index) != 0;
        let mut headers = Vec::new();
        for (index, (header, _)) in C.iter().enumerate().filter(|(index, _)| row(self.c, *index)) {
            let _ = index;
            headers.push(match language {
                Language::C => format!("{header}.h"),
                Language::Cxx => format!("c{header}"),
            });
        }
        if language == Language::Cxx {
            let bits = self.qualified | if self.uses_namespace { self.unqualified } else { 0 };
            let rows = CXX.iter().enumerate().filter(|(index, _)| row(bits, *index));
            headers.extend(rows.map(|(_, (header, _))| (*header).to_owned()));
        }
        headers
    }
}

type Table = std::collections::HashMap<&'static [u8], (u64, u64), foldhash::fast::FixedState>;

/// The bits of every name: those of C, those of C++.
fn table() -> &'static Table {
    static TABLE: std::sync::OnceLock<Table> = std::sync::OnceLock::new();
    TABLE.get_or_init(|| {
        let mut table = Table::default();
        for (index, (_, names)) in C.iter().enumerate() {
            for name in *names {
                table.entry(name.as_bytes()).or_default().0 |= 1 << index;
            }
        }
        for (index, (_, names)) in CXX.iter().enumerate() {
            for name in *names {
                table.entry(name.as_bytes()).or_default().1 |= 1 << index;
            }
        }
        table
    })
}

#[cfg(test)]
mod tests {
    use super::super::lexer;
    use super::*;

    fn headers(text: &str, language: Language) -> Vec<String> {
        let tokens = lexer::tokens(text.as_bytes());
        Names::of(&Source { text: text.as_bytes(), tokens: &tokens }).headers(language)
    }

    #[test]
    fn the_headers_of_what_is_mentioned() {
        assert_eq!(headers("std::vector<int> v; printf(\"\");", Language::Cxx), ["cstdio", "vector"]);
        assert_eq!(headers("memcpy(a, b, n);", Language::C), ["string.h"]);
        assert_eq!(headers("using namespace std; list<int> l;", Language::Cxx), ["list"]);
    }

    #[test]
    fn nothing_for_names_of_the_users_own() {
        assert!(headers("list l; vector v; my::thread t; // std::map printf", Language::Cxx).is_empty());
        assert!(headers("int x = \"printf std::map\"[0];", Language::Cxx).is_empty());
    }

    #[test]
    fn every_row_has_a_bit() {
        assert!(C.len() <= 64 && CXX.len() <= 64);
    }
}
