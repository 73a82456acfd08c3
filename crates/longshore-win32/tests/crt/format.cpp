#include "check.h"
#include <format>
#include <iterator>
#include <string>

struct Point {
    int x, y;
};
template <> struct std::formatter<Point> : std::formatter<std::string> {
    template <typename Context> auto format(const Point &point, Context &context) const
    {
        return std::formatter<std::string>::format(std::format("({},{})", point.x, point.y), context);
    }
};

static bool refused(const char *text)
{
    try {
        int one = 1;
        (void)std::vformat(text, std::make_format_args(one));
    } catch (const std::format_error &) {
        return true;
    }
    return false;
}

int main()
{
    const char *pointer = "ptr";
    char buffer[16] = "buffer";
    CHECK(std::format("{} {} {}", 1, "two", std::string("three")) == "1 two three");
    CHECK(std::format("{1}{0}{1}", 'a', true) == "trueatrue");
    CHECK(std::format("{{}} {} {}", pointer, buffer) == "{} ptr buffer");
    CHECK(std::format("{:d}|{:x}|{:08X}|{:#x}|{:b}|{:o}", -5, 255, 0xBEEFu, 255, 5, 8) == "-5|ff|0000BEEF|0xff|101|10");
    CHECK(std::format("{:+}|{: }|{:05}|{:<5}|{:^5}|{:*>5}", 1, 2, -3, 4, 5, 6) == "+1| 2|-0003|4    |  5  |****6");
    CHECK(std::format("{}", 0.1) == "0.1" && std::format("{:.2f}", 3.14159) == "3.14");
    CHECK(std::format("{:8.3f}|{:e}|{:g}|{:.3}", 2.5, 1234.5, 1e20, 3.14159) == "   2.500|1.234500e+03|1e+20|3.14");
    CHECK(std::format("{:010.2f}", -2.5) == "-000002.50" && std::format("{}", 1e100) == "1e+100");
    CHECK(std::format("{:.300f}", 1.0).size() == 302);
    CHECK(std::format("{:>10}|{:s}|{:.2}|{:-<6}", "abc", "def", "xyz", "q") == "       abc|def|xy|q-----");
    CHECK(std::format("{:{}}|{:.{}f}", 7, 4, 2.0, 1) == "   7|2.0");
    CHECK(std::format("[{:4}]", "한") == "[한  ]" && std::format("{:가<3}", 1) == "1가가");
    CHECK(std::format("{}", nullptr) == "0x0" && std::format("{}", static_cast<void *>(nullptr)) == "0x0");
    CHECK(std::format("{} {}", 18446744073709551615ull, -9223372036854775807ll - 1) ==
          "18446744073709551615 -9223372036854775808");
    CHECK(std::format("{:>7}", Point{1, 2}) == "  (1,2)");
    CHECK(std::format(L"{} {:>4} {:x} {}", L"넓은", 12, 255, std::wstring(L"w")) == L"넓은   12 ff w");

    std::string text;
    std::format_to(std::back_inserter(text), "{}-{}", 1, 2);
    CHECK(text == "1-2" && std::formatted_size("{}", 12345) == 5);
    char few[4] = "...";
    CHECK(std::format_to_n(few, 2, "{}", 12345).size == 5 && std::string(few) == "12.");

    CHECK(refused("{") && refused("}") && refused("{} {}") && refused("{5}") && refused("{:s}") && refused("{:.}"));
    CHECK(!refused("{}"));
    return checked();
}
