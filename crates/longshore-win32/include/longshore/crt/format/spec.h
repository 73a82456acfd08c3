/*
 * The format specification of std::format, [[fill]align][sign][#][0][width][.precision][L][type],
 * and putting text into a field. Width counts columns, as the standard has it: most of the East
 * Asian characters take two.
 */
#ifndef LONGSHORE_CRT_STD_FORMAT_SPEC_H
#define LONGSHORE_CRT_STD_FORMAT_SPEC_H
#pragma GCC system_header

#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>

namespace std {

class format_error : public runtime_error {
public:
    explicit format_error(const char *what) : runtime_error(what) {}
    explicit format_error(const string &what) : runtime_error(what) {}
};

template <typename Char> class basic_format_parse_context {
public:
    using char_type = Char;
    using const_iterator = typename basic_string_view<Char>::const_iterator;
    using iterator = const_iterator;
    explicit basic_format_parse_context(basic_string_view<Char> text, size_t count = 0)
        : begin_(text.begin()), end_(text.end()), count_(count)
    {
    }
    const_iterator begin() const noexcept { return begin_; }
    const_iterator end() const noexcept { return end_; }
    void advance_to(const_iterator at) { begin_ = at; }
    size_t next_arg_id()
    {
        if (next_ < 0)
            throw format_error("automatic after manual argument numbers");
        const size_t id = static_cast<size_t>(next_++);
        if (id >= count_)
            throw format_error("too few arguments");
        return id;
    }
    void check_arg_id(size_t id)
    {
        if (next_ > 0)
            throw format_error("manual after automatic argument numbers");
        next_ = -1;
        if (id >= count_)
            throw format_error("too few arguments");
    }

private:
    const_iterator begin_, end_;
    size_t count_;
    int next_ = 0;
};
using format_parse_context = basic_format_parse_context<char>;
using wformat_parse_context = basic_format_parse_context<wchar_t>;

} // namespace std

namespace longshore {

/* One character and how many units it takes. */
template <typename Char>
inline char32_t format_character(std::basic_string_view<Char> text, size_t &units)
{
    const auto lead = static_cast<char32_t>(static_cast<std::make_unsigned_t<Char>>(text[0]));
    units = 1;
    if (sizeof(Char) > 1 || lead < 0xC2)
        return lead;
    const size_t length = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    if (lead > 0xF4 || text.size() < length)
        return lead;
    char32_t value = lead & (0xFFu >> (length + 1));
    for (size_t at = 1; at < length; ++at)
        value = value << 6 | (static_cast<unsigned char>(text[at]) & 0x3Fu);
    units = length;
    return value;
}

inline size_t format_columns(char32_t character)
{
    constexpr char32_t wide[][2] = {{0x1100, 0x115F}, {0x2329, 0x232A}, {0x2E80, 0x303E},
        {0x3040, 0xA4CF}, {0xAC00, 0xD7A3}, {0xF900, 0xFAFF}, {0xFE10, 0xFE19}, {0xFE30, 0xFE6F},
        {0xFF00, 0xFF60}, {0xFFE0, 0xFFE6}, {0x1F300, 0x1F64F}, {0x1F900, 0x1F9FF},
        {0x20000, 0x2FFFD}, {0x30000, 0x3FFFD}};
    for (const auto &range : wide)
        if (character >= range[0] && character <= range[1])
            return 2;
    return 1;
}

/* The units of `text` that fit `columns`, and the columns they take. */
template <typename Char>
inline size_t format_fit(std::basic_string_view<Char> text, size_t columns, size_t &taken)
{
    size_t at = 0;
    taken = 0;
    while (at < text.size()) {
        size_t units;
        const size_t width = format_columns(format_character(text.substr(at), units));
        if (taken + width > columns)
            break;
        taken += width;
        at += units;
    }
    return at;
}

template <typename Char> struct format_spec {
    std::basic_string<Char> fill{Char(' ')};
    char align = 0, sign = '-', type = 0;
    bool alternate = false, zeros = false;
    int width = 0, precision = -1;
    int width_argument = -1, precision_argument = -1;

    /* From behind the colon up to, not including, the closing brace. */
    template <typename Context> typename Context::const_iterator parse(Context &context)
    {
        auto at = context.begin();
        const auto end = context.end();
        const auto is_align = [](Char unit) { return unit == '<' || unit == '>' || unit == '^'; };
        if (at == end || *at == '}')
            return at;
        size_t units;
        format_character(std::basic_string_view<Char>(&*at, static_cast<size_t>(end - at)), units);
        const auto after = at + static_cast<ptrdiff_t>(units);
        if (after < end && is_align(*after)) {
            if (*at == '{')
                throw std::format_error("{ cannot fill");
            fill.assign(at, after);
            align = static_cast<char>(*after);
            at = after + 1;
        } else if (is_align(*at)) {
            align = static_cast<char>(*at++);
        }
        if (at != end && (*at == '+' || *at == '-' || *at == ' '))
            sign = static_cast<char>(*at++);
        if (at != end && *at == '#')
            alternate = true, ++at;
        if (at != end && *at == '0')
            zeros = true, ++at;
        number(context, at, width, width_argument);
        if (at != end && *at == '.') {
            ++at;
            if (!number(context, at, precision, precision_argument))
                throw std::format_error("a precision is missing");
        }
        if (at != end && *at == 'L')
            ++at;
        if (at != end && *at != '}')
            type = static_cast<char>(*at++);
        if (at != end && *at != '}')
            throw std::format_error("a format specification has an unknown end");
        return at;
    }
    /* Width and precision given as arguments. */
    template <typename Context> format_spec resolved(Context &context) const
    {
        format_spec result = *this;
        if (width_argument >= 0)
            result.width = context.arg(static_cast<size_t>(width_argument)).longshore_integer();
        if (precision_argument >= 0)
            result.precision =
                context.arg(static_cast<size_t>(precision_argument)).longshore_integer();
        return result;
    }
    void allow(const char *types) const
    {
        if (type && std::string_view(types).find(type) == std::string_view::npos)
            throw std::format_error("a type letter does not fit its argument");
    }
    template <typename Out>
    Out put(Out out, std::basic_string_view<Char> text, size_t columns, char usual_align) const
    {
        const size_t padding =
            static_cast<size_t>(width) > columns ? static_cast<size_t>(width) - columns : 0;
        const char side = align ? align : usual_align;
        const size_t before = side == '<' ? 0 : side == '>' ? padding : padding / 2;
        out = put_fill(out, before);
        for (Char unit : text)
            *out++ = unit;
        return put_fill(out, padding - before);
    }

private:
    template <typename Out> Out put_fill(Out out, size_t count) const
    {
        for (; count; --count)
            for (Char unit : fill)
                *out++ = unit;
        return out;
    }
    template <typename Context, typename Iterator>
    static bool number(Context &context, Iterator &at, int &value, int &argument)
    {
        const auto end = context.end();
        if (at == end)
            return false;
        if (*at == '{') {
            if (++at == end)
                throw std::format_error("an unclosed {");
            if (*at == '}') {
                argument = static_cast<int>(context.next_arg_id());
            } else {
                argument = digits(at, end);
                context.check_arg_id(static_cast<size_t>(argument));
            }
            if (at == end || *at != '}')
                throw std::format_error("an unclosed {");
            ++at;
            return true;
        }
        if (*at < '0' || *at > '9')
            return false;
        value = digits(at, end);
        return true;
    }

public:
    template <typename Iterator> static int digits(Iterator &at, Iterator end)
    {
        int value = 0;
        const Iterator start = at;
        for (; at != end && *at >= '0' && *at <= '9'; ++at) {
            if (value > 100000000)
                throw std::format_error("a number is too large");
            value = value * 10 + static_cast<int>(*at - '0');
        }
        if (at == start)
            throw std::format_error("a number is missing");
        return value;
    }
};

} // namespace longshore

#endif
