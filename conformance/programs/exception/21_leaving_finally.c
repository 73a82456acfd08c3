/* Section 21: jumps out of __finally blocks, which MinGW's compilers do not compile. */
#include "../../support/observe.h"

/* What happened, a letter for each event. */
static char trace[64];

static void happened(const char *what)
{
    strncat(trace, what, sizeof trace - strlen(trace) - 1);
}

static void observe_trace(const char *rule, const char *what, const char *expected)
{
    observe_text(rule, what, trace, expected);
    trace[0] = 0;
}

static int *volatile nowhere = (int *)0x18;

static void with_finally(void)
{
    __try {
        *nowhere = 1;
        happened("x");
    } __finally {
        happened(AbnormalTermination() ? "f" : "n");
    }
}

static int out_of_finally(void)
{
    int i;

    for (i = 0; i < 20000; i++) {
        __try {
            if (i % 2)
                return -1;
        } __finally {
            continue;
        }
    }
    __try {
        return 1;
    } __finally {
        return i;
    }
}

static int out_of_unwinding(void)
{
    __try {
        with_finally();
    } __finally {
        return 5;
    }
}

static void jumps(void)
{
    observe("SEH8", "continue and return out of __finally blocks", out_of_finally(), 20000);
    __try {
        observe("SEH8", "return in a __finally block ends the exception", out_of_unwinding(), 5);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        observe("SEH8", "no exception", 0, 1);
    }
    observe_trace("SEH8", "the inner block ran", "f");
    __try {
        *nowhere = 1;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        happened("h");
    }
    observe_trace("SEH8", "exceptions are handled as before", "h");
}

OBSERVE({"jumps", jumps})
