/*
 * std::fstream and its kin, whose names are Windows'.
 *
 * libstdc++ has streams with wide names where its C library opens wide names. Here its header is
 * read as if it did, over a file that turns names into Linux' paths. The file is the library's
 * with nothing added, so that streams are laid out as in libstdc++.so; but their functions are
 * made in the program, where those of the library would open the name as it is.
 */
#ifndef LONGSHORE_CRT_FILE_STREAMS_H
#define LONGSHORE_CRT_FILE_STREAMS_H
#ifdef __cplusplus
#pragma GCC system_header

/* What <fstream> includes, as the library has it. */
#include <bits/basic_file.h>
#include <bits/codecvt.h>
#include <locale>
#include <longshore/crt/files/path.h>

namespace std {

template <class Character> class longshore_basic_file;

template <> class longshore_basic_file<char> : public __basic_file<char> {
public:
    using __basic_file<char>::__basic_file;

    __basic_file<char> *open(const char *name, ios_base::openmode mode, int = 0664)
    {
        return opened(longshore_path_copy(name), mode);
    }
    __basic_file<char> *open(const wchar_t *name, ios_base::openmode mode)
    {
        return opened(longshore_wide_path_copy(name), mode);
    }

private:
    __basic_file<char> *opened(char *path, ios_base::openmode mode)
    {
        __basic_file<char> *file = path ? __basic_file<char>::open(path, mode) : nullptr;
        longshore_c_free(path);
        return file;
    }
};

}

#pragma push_macro("_GLIBCXX_EXTERN_TEMPLATE")
#pragma push_macro("_GLIBCXX_HAVE__WFOPEN")
#undef _GLIBCXX_EXTERN_TEMPLATE
#undef _GLIBCXX_HAVE__WFOPEN
#define _GLIBCXX_EXTERN_TEMPLATE 0
#define _GLIBCXX_HAVE__WFOPEN    1
#define __basic_file             longshore_basic_file
#include_next <fstream>
#undef __basic_file
#pragma pop_macro("_GLIBCXX_HAVE__WFOPEN")
#pragma pop_macro("_GLIBCXX_EXTERN_TEMPLATE")

#endif
#endif
