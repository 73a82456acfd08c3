//! `longshore cc --help`.

pub const TEXT: &str = "\
Compile and link Windows programs for Linux, unchanged

Usage: longshore cc  [options] file...     C      (gcc, or $CC)
       longshore c++ [options] file...     C++    (g++, or $CXX)

Every option of gcc and clang works as it does there: -c, -S, -E, -o, -O2, -g, -I, -D, -std=, -MMD, -l, @file, ...

    longshore c++ -O2 -o server *.cpp -lws2_32
    make CC=\"longshore cc\" CXX=\"longshore c++\"
    cmake -DCMAKE_CXX_COMPILER=longshore -DCMAKE_CXX_COMPILER_ARG1=c++ ...

What Windows sources need on top is done in passing: header names in any case and with backslashes, UTF-16 and code
pages, __try/__finally, i64 suffixes, __declspec, wmain and WinMain, import libraries, missing standard headers.
Sources are never changed. A file that cannot be compiled as it is gets compiled from a temporary copy; messages,
__FILE__, debug information and dependency files name the original.

The program:
  --unicode, --mbcs         TCHAR is wchar_t, or char; without either the .vcxproj decides, else char
  --source-charset=NAME     what sources that are not UTF-8 are written in (cp949, gbk, shift_jis, windows-1252, ...);
                            guessed from each file without it
  --msc-ver[=N]             define _MSC_VER (1930 without N); off unless given
  --no-windows-macros       do not define _WIN32, _WIN64, WIN32
  --no-linux-macros         undefine __linux__, __unix__ and the like, for programs that test them first
  --strict                  refuse and report what gcc and clang do by themselves: without -fpermissive, and with the
                            warnings that sources written for Windows are otherwise spared
  --no-prelude              include nothing that the sources do not include
  --no-project              do not read the .vcxproj beside or above a source (include directories, definitions,
                            character set, C++ standard)
  --no-rewriting            compile everything in place; only headers and macros help

The tools:
  --compiler=PROGRAM        the compiler to run, such as clang++ or g++-13
  --sdk=DIR                 where the Win32 headers and libraries are: an installed prefix or a checkout
                            (or LONGSHORE_SDK; found beside this program without either)
  --shared-runtime          link the shared library instead of the static one
  --keep=DIR                leave the rewritten copies in DIR
  --verbose                 show every command
  --print-flags             print the flags for a build of your own (--cflags, --libs: one half)
  --help                    this text; `gcc --help` for the compiler's

The exit status is the compiler's.
";
