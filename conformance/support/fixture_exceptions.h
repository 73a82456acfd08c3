/* What the programs of section 21 share: a trace of what happened, and an exception that is raised in a function of its
 * own, since MinGW's clang handles only what a call brings into a __try. */
#ifndef EXCEPTION_FIXTURES_H
#define EXCEPTION_FIXTURES_H

#include "observe.h"

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

__declspec(noinline) static void raise_exception(DWORD code, DWORD flags)
{
    RaiseException(code, flags, 0, NULL);
}

static int passes(const char *letter, int answer)
{
    happened(letter);
    return answer;
}

/* Traces that the filter was asked and the block entered. */
static void raise_and_trace(void)
{
    __try {
        raise_exception(0xE0000001, 0);
        happened("r");
    } __except (passes("F", EXCEPTION_EXECUTE_HANDLER)) {
        happened("H");
    }
}

#endif
