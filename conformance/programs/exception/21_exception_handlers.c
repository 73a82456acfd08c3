/* Section 21: who is asked beside the blocks of a thread: vectored handlers, and the filter for what nobody handles. */
#include "../../support/fixture_exceptions.h"

static LONG CALLBACK first_handler(EXCEPTION_POINTERS *pointers)
{
    happened(pointers->ExceptionRecord->ExceptionCode == 0xE0000001 ? "1" : "x");
    return EXCEPTION_CONTINUE_SEARCH;
}

static LONG CALLBACK second_handler(EXCEPTION_POINTERS *pointers)
{
    (void)pointers;
    happened("2");
    return EXCEPTION_CONTINUE_SEARCH;
}

static LONG CALLBACK letting_pass(EXCEPTION_POINTERS *pointers)
{
    (void)pointers;
    happened("p");
    return EXCEPTION_CONTINUE_EXECUTION;
}

static LONG CALLBACK continuing(EXCEPTION_POINTERS *pointers)
{
    (void)pointers;
    happened("c");
    return EXCEPTION_CONTINUE_SEARCH;
}

static void vectored(void)
{
    void *second = AddVectoredExceptionHandler(0, second_handler);
    void *first = AddVectoredExceptionHandler(1, first_handler);
    void *third, *fourth;

    require(first && second);
    raise_and_trace();
    observe_trace("SEH3", "vectored handlers, first and last, then filters", "12FH");
    third = AddVectoredExceptionHandler(0, letting_pass);
    fourth = AddVectoredContinueHandler(1, continuing);
    require(third && fourth);
    raise_and_trace();
    observe_trace("SEH11", "a handler that lets it pass, and who hears of it", "12pcr");
    observe("SEH11", "removed", RemoveVectoredExceptionHandler(third) != 0, 1);
    observe("SEH11", "removed twice", RemoveVectoredExceptionHandler(third) != 0, 0);
    observe("SEH11", "one kind is not removed as the other", RemoveVectoredExceptionHandler(fourth) != 0, 0);
    __try {
        raise_exception(0xE0000001, 0);
        happened("r");
    } __except (passes("f", EXCEPTION_CONTINUE_EXECUTION)) {
        happened("x");
    }
    observe_trace("SEH11", "a filter that lets it pass, and who hears of it", "12fcr");
    observe("SEH11", "continue handler removed", RemoveVectoredContinueHandler(fourth) != 0, 1);
    RemoveVectoredExceptionHandler(first);
    RemoveVectoredExceptionHandler(second);
    raise_and_trace();
    observe_trace("SEH11", "without them", "FH");
}

static LONG CALLBACK last_filter(EXCEPTION_POINTERS *pointers)
{
    (void)pointers;
    happened("u");
    return EXCEPTION_CONTINUE_EXECUTION;
}

static void unhandled(void)
{
    LPTOP_LEVEL_EXCEPTION_FILTER former = SetUnhandledExceptionFilter(last_filter);

    __try {
        raise_exception(0xE0000001, 0);
        happened("r");
    } __except (passes("S", EXCEPTION_CONTINUE_SEARCH)) {
        happened("x");
    }
    observe_trace("SEH12", "the filter for what nobody handles comes last", "Sur");
    raise_and_trace();
    observe_trace("SEH12", "and not at all for what somebody handles", "FH");
    observe("SEH12", "it is given back", SetUnhandledExceptionFilter(former) == last_filter, 1);
}

OBSERVE({"vectored", vectored}, {"unhandled", unhandled})
