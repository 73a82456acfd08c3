/* std::formatter for the built-in types and strings. Included by crt_std_format.h alone. */
#ifndef LONGSHORE_CRT_STD_FORMATTERS_H
#define LONGSHORE_CRT_STD_FORMATTERS_H
#pragma GCC system_header

#include <charconv>
#include <cmath>
#include <cstdint>
#include <limits>
#include <longshore/crt/format/spec.h>

namespace longshore {

template <typename Char> struct formatter_base {
    format_spec<Char> spec;
    template <typename Context> typename Context::const_iterator parse(Context &context)
    {
        return spec.parse(context);
    }

protected:
    /* sign, prefix, digits: zeros go between prefix and digits. All of it is ASCII. */
  template <typename Out>
  static Out put_number(Out out, const format_spec<Char> &spec, std::string_view sign,
      std::string_view digits, bool may_pad_with_zeros)
  {
      std::basic_string<Char> text(sign.begin(), sign.end());
      const size_t length = sign.size() + digits.size();
      if (spec.zeros && !spec.align && may_pad_with_zeros &&
          static_cast<size_t>(spec.width) > length)
          text.append(static_cast<size_t>(spec.width) - length, Char('0'));
      text.append(digits.begin(), digits.end());
      return spec.put(out, text, text.size(), '>');
    }
    template <typename Out>
    static Out put_text(Out out, const format_spec<Char> &spec, std::basic_string_view<Char> text)
    {
        size_t columns;
        const size_t most = spec.precision < 0 ? std::numeric_limits<size_t>::max()
                                               : static_cast<size_t>(spec.precision);
        const size_t units = format_fit(text, most, columns);
        return spec.put(out, text.substr(0, units), columns, '<');
    }
    template <typename Out>
    static Out put_character(Out out, const format_spec<Char> &spec, Char character)
    {
        return put_text(out, spec, std::basic_string_view<Char>(&character, 1));
    }
    static const char *sign_of(bool negative, char sign)
    {
        return negative ? "-" : sign == '+' ? "+" : sign == ' ' ? " " : "";
    }
};

template <typename T, typename Char> struct integer_formatter : formatter_base<Char> {
    template <typename Context> typename Context::iterator format(T value, Context &context) const
    {
        const auto spec = this->spec.resolved(context);
        spec.allow("bBcdoxX");
        if (spec.type == 'c')
            return this->put_character(context.out(), spec, static_cast<Char>(value));
        const bool negative = value < 0;
        const auto bits = static_cast<unsigned long long>(value);
        const unsigned long long magnitude = negative ? 0 - bits : bits;
        const int radix = spec.type == 'x' || spec.type == 'X' ? 16 : spec.type == 'o' ? 8
                          : spec.type == 'b' || spec.type == 'B' ? 2 : 10;
        char digits[64];
        char *end = std::to_chars(digits, digits + sizeof digits, magnitude, radix).ptr;
        std::string sign = this->sign_of(negative, spec.sign);
        if (spec.alternate && radix != 10 && !(radix == 8 && magnitude == 0)) {
            sign += '0';
            if (radix != 8)
                sign += spec.type;
        }
        if (spec.type == 'X')
            for (char *at = digits; at != end; ++at)
                *at = *at >= 'a' ? static_cast<char>(*at - 32) : *at;
        return this->put_number(
            context.out(), spec, sign, {digits, static_cast<size_t>(end - digits)}, true);
    }
};

template <typename T, typename Char> struct real_formatter : formatter_base<Char> {
    template <typename Context> typename Context::iterator format(T value, Context &context) const
    {
        const auto spec = this->spec.resolved(context);
        spec.allow("aAeEfFgG");
        const bool negative = std::signbit(value), finite = std::isfinite(value);
        const T magnitude = std::fabs(value);
        const char lower =
            spec.type >= 'A' && spec.type <= 'Z' ? static_cast<char>(spec.type + 32) : spec.type;
        std::string digits(64, '\0');
        for (;;) {
            char *const first = &digits[0], *const last = first + digits.size();
            std::to_chars_result made;
            const auto style = lower == 'a'   ? std::chars_format::hex
                               : lower == 'e' ? std::chars_format::scientific
                               : lower == 'f' ? std::chars_format::fixed
                                              : std::chars_format::general;
            if (!lower && spec.precision < 0)
                made = std::to_chars(first, last, magnitude);
            else if (spec.precision < 0 && lower == 'a')
                made = std::to_chars(first, last, magnitude, style);
            else
                made = std::to_chars(
                    first, last, magnitude, style, spec.precision < 0 ? 6 : spec.precision);
            if (made.ec == std::errc()) {
                digits.resize(static_cast<size_t>(made.ptr - first));
                break;
            }
            digits.resize(digits.size() * 4);
        }
        if (spec.alternate && finite && digits.find('.') == std::string::npos)
            digits.insert(
                std::min(digits.find_first_of(lower == 'a' ? "p" : "e"), digits.size()), ".");
        if (lower != spec.type)
            for (char &digit : digits)
                digit = digit >= 'a' && digit <= 'z' ? static_cast<char>(digit - 32) : digit;
        return this->put_number(
            context.out(), spec, this->sign_of(negative, spec.sign), digits, finite);
    }
};

template <typename T, typename Char> struct text_formatter : formatter_base<Char> {
    template <typename Context>
    typename Context::iterator format(std::basic_string_view<Char> text, Context &context) const
    {
        const auto spec = this->spec.resolved(context);
        spec.allow("s");
        return this->put_text(context.out(), spec, text);
    }
};

template <typename T, typename Char> struct character_formatter : formatter_base<Char> {
    template <typename Context> typename Context::iterator format(T value, Context &context) const
    {
        const auto spec = this->spec.resolved(context);
        if (spec.type && spec.type != 'c') {
            integer_formatter<int, Char> as_integer;
            as_integer.spec = this->spec;
            return as_integer.format(static_cast<int>(value), context);
        }
        return this->put_character(context.out(), spec, static_cast<Char>(value));
    }
};

template <typename Char> struct boolean_formatter : formatter_base<Char> {
    template <typename Context>
    typename Context::iterator format(bool value, Context &context) const
    {
        const auto spec = this->spec.resolved(context);
        if (spec.type && spec.type != 's') {
            integer_formatter<int, Char> as_integer;
            as_integer.spec = this->spec;
            return as_integer.format(value, context);
        }
        const std::string_view name = value ? "true" : "false";
        return this->put_text(
            context.out(), spec, std::basic_string<Char>(name.begin(), name.end()));
    }
};

template <typename T, typename Char> struct pointer_formatter : formatter_base<Char> {
    template <typename Context>
    typename Context::iterator format(const void *value, Context &context) const
    {
        const auto spec = this->spec.resolved(context);
        spec.allow("pP");
        char digits[16];
        char *end =
            std::to_chars(digits, digits + sizeof digits, reinterpret_cast<uintptr_t>(value), 16)
                .ptr;
        return this->put_number(
            context.out(), spec, "0x", {digits, static_cast<size_t>(end - digits)}, true);
    }
};

} // namespace longshore

namespace std {

#define LONGSHORE_FORMATTER(type, base)                          \
    template <typename Char>                                     \
    struct formatter<type, Char> : longshore::base<type, Char> { \
    }
LONGSHORE_FORMATTER(signed char, integer_formatter);
LONGSHORE_FORMATTER(unsigned char, integer_formatter);
LONGSHORE_FORMATTER(short, integer_formatter);
LONGSHORE_FORMATTER(unsigned short, integer_formatter);
LONGSHORE_FORMATTER(int, integer_formatter);
LONGSHORE_FORMATTER(unsigned int, integer_formatter);
LONGSHORE_FORMATTER(long, integer_formatter);
LONGSHORE_FORMATTER(unsigned long, integer_formatter);
LONGSHORE_FORMATTER(long long, integer_formatter);
LONGSHORE_FORMATTER(unsigned long long, integer_formatter);
LONGSHORE_FORMATTER(float, real_formatter);
LONGSHORE_FORMATTER(double, real_formatter);
LONGSHORE_FORMATTER(long double, real_formatter);
LONGSHORE_FORMATTER(char, character_formatter);
LONGSHORE_FORMATTER(void *, pointer_formatter);
LONGSHORE_FORMATTER(const void *, pointer_formatter);
LONGSHORE_FORMATTER(nullptr_t, pointer_formatter);
#undef LONGSHORE_FORMATTER
template <>
struct formatter<wchar_t, wchar_t> : longshore::character_formatter<wchar_t, wchar_t> {
};
template <typename Char> struct formatter<bool, Char> : longshore::boolean_formatter<Char> {};
template <typename Char>
struct formatter<Char *, Char> : longshore::text_formatter<Char *, Char> {
};
template <typename Char>
struct formatter<const Char *, Char> : longshore::text_formatter<const Char *, Char> {
};
template <typename Char, size_t Size>
struct formatter<Char[Size], Char> : longshore::text_formatter<Char[Size], Char> {
    /* A buffer's text ends at its terminator, not at its end. */
    template <typename Context>
    typename Context::iterator format(const Char (&text)[Size], Context &context) const
    {
        const basic_string_view<Char> whole(text, Size);
        return longshore::text_formatter<Char[Size], Char>::format(
            whole.substr(0, whole.find(Char())), context);
    }
};
template <typename Char, typename Traits, typename Allocator>
struct formatter<basic_string<Char, Traits, Allocator>, Char>
    : longshore::text_formatter<basic_string<Char, Traits, Allocator>, Char> {};
template <typename Char, typename Traits>
struct formatter<basic_string_view<Char, Traits>, Char>
    : longshore::text_formatter<basic_string_view<Char, Traits>, Char> {};

} // namespace std

#endif
