#include "check.h"
#include <exception>
#include <new>
#include <stdexcept>
#include <string>

class Derived : public std::exception {
public:
    explicit Derived(const char *text) : std::exception(text) {}
};
class Overriding : public std::exception {
public:
    const char *what() const noexcept override { return "overridden"; }
};

static std::string caught(void (*function)())
{
    try {
        function();
    } catch (const std::exception &exception) {
        return exception.what();
    }
    return "nothing";
}

int main()
{
    CHECK(caught([] { throw std::exception("text"); }) == "text");
    CHECK(caught([] { throw std::exception(std::string("of a temporary").c_str()); }) == "of a temporary");
    CHECK(caught([] { throw Derived("derived"); }) == "derived");
    CHECK(caught([] { throw Overriding(); }) == "overridden");
    CHECK(caught([] { throw std::runtime_error("standard"); }) == "standard");
    CHECK(caught([] { throw std::bad_alloc(); }) == "std::bad_alloc");
    CHECK(caught([] { (void)std::stoi("x"); }) == "stoi");
    CHECK(sizeof(std::exception) == sizeof(void *));
    std::exception plain;
    CHECK(std::string(plain.what()) == "std::exception");
    return checked();
}
