/*
 * std::wcout, wcerr, wclog and wcin over the same narrow streams as cout and printf, in UTF-8.
 *
 * libstdc++'s own wide streams turn stdout wide at their first use, after which cout and printf are
 * silent, or fail themselves when those came first; and in the "C" locale they stop at the first
 * character that is not ASCII. Here each gets a buffer that encodes and writes through stdio, so
 * that narrow and wide output mix, in order, whatever locale is imbued. A program that gives a
 * stream its own buffer keeps it.
 */
#ifndef LONGSHORE_CRT_IOSTREAM_H
#define LONGSHORE_CRT_IOSTREAM_H
#pragma GCC system_header

#include <iostream>
#include <streambuf>
#include <longshore/crt/stdio/wide_stdio.h>

namespace longshore {

class wide_stream_buffer : public std::wstreambuf {
public:
    explicit wide_stream_buffer(FILE *stream) : stream_(stream) {}

protected:
    int_type overflow(int_type character) override
    {
        if (traits_type::eq_int_type(character, traits_type::eof()))
            return traits_type::not_eof(character);
        const wchar_t one = traits_type::to_char_type(character);
        return longshore_write_wide(stream_, &one, 1) ? traits_type::eof() : character;
    }
    std::streamsize xsputn(const wchar_t *text, std::streamsize count) override
    {
        return longshore_write_wide(stream_, text, static_cast<size_t>(count)) ? 0 : count;
    }
    int sync() override { return longshore_c_fflush(stream_) ? -1 : 0; }

    /* Unbuffered: every character stays in stdio until it is wanted, where cin and scanf find
       it. */
    int_type underflow() override
    {
        const wint_t character = longshore_read_wide(stream_);
        if (character == WEOF)
            return traits_type::eof();
        ungetwc(character, stream_);
        return static_cast<int_type>(character);
    }
    int_type uflow() override
    {
        last_ = longshore_read_wide(stream_);
        return last_ == WEOF ? traits_type::eof() : static_cast<int_type>(last_);
    }
    int_type pbackfail(int_type character) override
    {
        const wint_t back = traits_type::eq_int_type(character, traits_type::eof())
                                ? last_
                                : static_cast<wint_t>(character);
        last_ = WEOF;
        if (back == WEOF || ungetwc(back, stream_) == WEOF)
            return traits_type::eof();
        return traits_type::not_eof(character);
    }

private:
    FILE *stream_;
    wint_t last_ = WEOF;
};

/* Done once, by the first translation unit that is initialised; never undone, because output at
   exit still needs it. */
struct wide_streams {
    wide_streams()
    {
        static bool done = false; /* one per program, as the constructor is inline */
        if (done)
            return;
        done = true;
        static std::ios_base::Init standard_streams;
        std::wcout.rdbuf(new wide_stream_buffer(stdout));
        std::wcerr.rdbuf(new wide_stream_buffer(stderr));
        std::wclog.rdbuf(new wide_stream_buffer(stderr));
        std::wcin.rdbuf(new wide_stream_buffer(stdin));
    }
};
__attribute__((unused)) static const wide_streams install_wide_streams;

} // namespace longshore

#endif
