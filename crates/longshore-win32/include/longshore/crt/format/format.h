/*
 * std::format for compilers without it (GCC 12): the format strings, the built-in types in narrow
 * and wide, and std::formatter for the program's own. Not here: dates (<chrono>), locales (L is
 * accepted), and the check of format strings at compile time; a bad one throws std::format_error
 * when it runs.
 */
#ifndef LONGSHORE_CRT_STD_FORMAT_H
#define LONGSHORE_CRT_STD_FORMAT_H
#pragma GCC system_header

#include <array>
#include <iterator>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <longshore/crt/format/spec.h>

namespace std {

template <typename T, typename Char = char> struct formatter;

template <typename Context> class basic_format_arg {
public:
    using parse_context = basic_format_parse_context<typename Context::char_type>;
    basic_format_arg() = default;
    template <typename T>
    explicit basic_format_arg(const T &value) : value_(&value), format_(&format_as<T>)
    {
        if constexpr (is_integral_v<T> && !is_same_v<T, bool>)
            integer_ = &integer_as<T>;
    }
    explicit operator bool() const noexcept { return format_ != nullptr; }
    void longshore_format(parse_context &parse, Context &context) const
    {
        format_(value_, parse, context);
    }
    int longshore_integer() const
    {
        const long long value = integer_ ? integer_(value_) : -1;
        if (value < 0 || value > 0x7FFFFFFF)
            throw format_error("a width or precision is no number that can be one");
        return static_cast<int>(value);
    }

private:
  template <typename T>
  static void format_as(const void *value, parse_context &parse, Context &context)
  {
      formatter<T, typename Context::char_type> format;
      parse.advance_to(format.parse(parse));
      context.advance_to(format.format(*static_cast<const T *>(value), context));
    }
    template <typename T> static long long integer_as(const void *value)
    {
        return static_cast<long long>(*static_cast<const T *>(value));
    }
    const void *value_ = nullptr;
    void (*format_)(const void *, parse_context &, Context &) = nullptr;
    long long (*integer_)(const void *) = nullptr;
};

template <typename Context> class basic_format_args {
public:
    basic_format_args() = default;
    template <size_t Count>
    basic_format_args(const array<basic_format_arg<Context>, Count> &arguments) noexcept
        : arguments_(arguments.data()), count_(Count)
    {
    }
    basic_format_arg<Context> get(size_t id) const noexcept
    {
        return id < count_ ? arguments_[id] : basic_format_arg<Context>();
    }
    size_t longshore_count() const noexcept { return count_; }

private:
    const basic_format_arg<Context> *arguments_ = nullptr;
    size_t count_ = 0;
};

template <typename Out, typename Char> class basic_format_context {
public:
    using iterator = Out;
    using char_type = Char;
    template <typename T> using formatter_type = formatter<T, Char>;
    basic_format_context(Out out, basic_format_args<basic_format_context> arguments)
        : out_(out), arguments_(arguments)
    {
    }
    iterator out() { return out_; }
    void advance_to(iterator out) { out_ = out; }
    basic_format_arg<basic_format_context> arg(size_t id) const { return arguments_.get(id); }

private:
    Out out_;
    basic_format_args<basic_format_context> arguments_;
};
using format_context = basic_format_context<back_insert_iterator<string>, char>;
using wformat_context = basic_format_context<back_insert_iterator<wstring>, wchar_t>;
using format_args = basic_format_args<format_context>;
using wformat_args = basic_format_args<wformat_context>;

template <typename Char, typename... Args> class basic_format_string {
public:
  template <typename Text,
      typename = enable_if_t<is_convertible_v<const Text &, basic_string_view<Char>>>>
  constexpr basic_format_string(const Text &text) : text_(text)
  {
    }
    constexpr basic_string_view<Char> get() const noexcept { return text_; }

private:
    basic_string_view<Char> text_;
};
/* Not deduced from, so that a string literal converts. */
template <typename T> struct longshore_identity {
    using type = T;
};
template <typename... Args>
using format_string = basic_format_string<char, typename longshore_identity<Args>::type...>;
template <typename... Args>
using wformat_string = basic_format_string<wchar_t, typename longshore_identity<Args>::type...>;

template <typename Context = format_context, typename... Args>
inline array<basic_format_arg<Context>, sizeof...(Args)> make_format_args(const Args &...arguments)
{
    return {{basic_format_arg<Context>(arguments)...}};
}
template <typename... Args>
inline array<basic_format_arg<wformat_context>, sizeof...(Args)> make_wformat_args(
    const Args &...arguments)
{
    return {{basic_format_arg<wformat_context>(arguments)...}};
}

} // namespace std

#include <longshore/crt/format/formatters.h>

namespace longshore {

template <typename Char>
using format_context_of =
    std::basic_format_context<std::back_insert_iterator<std::basic_string<Char>>, Char>;

template <typename Char>
inline std::basic_string<Char> vformat(std::basic_string_view<Char> text,
                                       std::basic_format_args<format_context_of<Char>> arguments)
{
    using parse_context = std::basic_format_parse_context<Char>;
    std::basic_string<Char> result;
    parse_context parse(text, arguments.longshore_count());
    format_context_of<Char> context(std::back_inserter(result), arguments);
    auto at = parse.begin();
    const auto end = parse.end();
    while (at != end) {
        const Char unit = *at++;
        if (unit != '{' && unit != '}') {
            result.push_back(unit);
            continue;
        }
        if (at != end && *at == unit) {
            result.push_back(unit);
            ++at;
            continue;
        }
        if (unit == '}')
            throw std::format_error("an unmatched }");
        if (at == end)
            throw std::format_error("an unclosed {");
        size_t id;
        if (*at >= '0' && *at <= '9') {
            id = static_cast<size_t>(format_spec<Char>::digits(at, end));
            parse.check_arg_id(id);
        } else {
            id = parse.next_arg_id();
        }
        if (at != end && *at == ':')
            ++at;
        else if (at == end || *at != '}')
            throw std::format_error("an unclosed {");
        parse.advance_to(at);
        context.arg(id).longshore_format(parse, context);
        at = parse.begin();
        if (at == end || *at != '}')
            throw std::format_error("an unclosed {");
        ++at;
    }
    return result;
}

} // namespace longshore

namespace std {

/* Formatted text. [std::vformat, std::format] */
inline string vformat(string_view text, format_args arguments)
{
    return longshore::vformat<char>(text, arguments);
}
inline wstring vformat(wstring_view text, wformat_args arguments)
{
    return longshore::vformat<wchar_t>(text, arguments);
}
template <typename... Args>
inline string format(format_string<Args...> text, const Args &...arguments)
{
    return std::vformat(text.get(), make_format_args(arguments...));
}
template <typename... Args>
inline wstring format(wformat_string<Args...> text, const Args &...arguments)
{
    return std::vformat(text.get(), make_wformat_args(arguments...));
}
template <typename Out> inline Out vformat_to(Out out, string_view text, format_args arguments)
{
    for (char unit : std::vformat(text, arguments))
        *out++ = unit;
    return out;
}
template <typename Out> inline Out vformat_to(Out out, wstring_view text, wformat_args arguments)
{
    for (wchar_t unit : std::vformat(text, arguments))
        *out++ = unit;
    return out;
}
template <typename Out, typename... Args>
inline Out format_to(Out out, format_string<Args...> text, const Args &...arguments)
{
    return std::vformat_to(out, text.get(), make_format_args(arguments...));
}
template <typename Out, typename... Args>
inline Out format_to(Out out, wformat_string<Args...> text, const Args &...arguments)
{
    return std::vformat_to(out, text.get(), make_wformat_args(arguments...));
}
template <typename Out> struct format_to_n_result {
    Out out;
    ptrdiff_t size;
};
/* At most so many characters. [std::format_to_n] */
template <typename Out, typename... Args>
inline format_to_n_result<Out> format_to_n(Out out, ptrdiff_t most, format_string<Args...> text,
                                           const Args &...arguments)
{
    const string whole = std::vformat(text.get(), make_format_args(arguments...));
    for (ptrdiff_t at = 0; at < most && at < static_cast<ptrdiff_t>(whole.size()); ++at)
        *out++ = whole[static_cast<size_t>(at)];
    return {out, static_cast<ptrdiff_t>(whole.size())};
}
template <typename Out, typename... Args>
inline format_to_n_result<Out> format_to_n(Out out, ptrdiff_t most, wformat_string<Args...> text,
                                           const Args &...arguments)
{
    const wstring whole = std::vformat(text.get(), make_wformat_args(arguments...));
    for (ptrdiff_t at = 0; at < most && at < static_cast<ptrdiff_t>(whole.size()); ++at)
        *out++ = whole[static_cast<size_t>(at)];
    return {out, static_cast<ptrdiff_t>(whole.size())};
}
/* The length of the text. [std::formatted_size] */
template <typename... Args>
inline size_t formatted_size(format_string<Args...> text, const Args &...arguments)
{
    return std::vformat(text.get(), make_format_args(arguments...)).size();
}
template <typename... Args>
inline size_t formatted_size(wformat_string<Args...> text, const Args &...arguments)
{
    return std::vformat(text.get(), make_wformat_args(arguments...)).size();
}

} // namespace std

#endif
