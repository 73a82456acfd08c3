/*
 * How a conformance program says what it saw.
 *
 * An observation is one line: the number of the rule of Windows' behaviour it belongs to, a few words, a
 * value. Every observation carries what the rule demands; if the value differs the line says so and the
 * program's exit status is 1. So a program needs no second system to judge the first one, and two
 * systems' outputs can be compared line by line. Hence values are facts (truth, error codes, counts,
 * order), never pointers, handles or times; where the rule leaves a choice the observation is the
 * invariant that holds whichever way the choice went.
 *
 * Only the main thread observes: helpers store what they saw and main reports it, so
 * that the order of lines is fixed.
 */
#ifndef OBSERVE_H
#define OBSERVE_H

#ifndef _WIN32_WINNT
#define _WIN32_WINNT 0x0A00
#endif

#include <winsock2.h>
#include <ws2tcpip.h>
#include <mswsock.h>
#include <windows.h>

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int observations_unmet;

/* A number: a count, an error code, 0 or 1. */
static inline void observe(const char *rule, const char *what, long long seen, long long expected)
{
    printf("%s %s: %lld", rule, what, seen);
    if (seen != expected) {
        printf(" (expected %lld)", expected);
        observations_unmet++;
    }
    printf("\n");
    fflush(stdout);
}

/* A number people know in hexadecimal: an NTSTATUS, a control code, a prefilled word. */
static inline void observe_hex(const char *rule, const char *what, unsigned long long seen,
                               unsigned long long expected)
{
    printf("%s %s: 0x%llx", rule, what, seen);
    if (seen != expected) {
        printf(" (expected 0x%llx)", expected);
        observations_unmet++;
    }
    printf("\n");
    fflush(stdout);
}

static inline void observe_text(const char *rule, const char *what, const char *seen, const char *expected)
{
    printf("%s %s: %s", rule, what, seen);
    if (strcmp(seen, expected) != 0) {
        printf(" (expected %s)", expected);
        observations_unmet++;
    }
    printf("\n");
    fflush(stdout);
}

/* What a program needs before it can observe anything went wrong: no observation, and no excuse either. */
static inline void require_at(int fulfilled, const char *what, int line)
{
    if (!fulfilled) {
        printf("cannot go on, line %d: %s (error %u)\n", line, what, (unsigned)GetLastError());
        fflush(stdout);
        ExitProcess(2);
    }
}
#define require(condition) require_at((condition) != 0, #condition, __LINE__)

/* A program is a list of cases, run in order, or only those named on the command line. */
struct observation_case {
    const char *name;
    void (*run)(void);
};

static inline int observe_cases(int argc, char **argv, const struct observation_case *cases, size_t count)
{
    WSADATA winsock;
    size_t i;
    int named;

    if (WSAStartup(MAKEWORD(2, 2), &winsock) != 0) {
        printf("cannot go on: WSAStartup\n");
        return 2;
    }
    for (i = 0; i < count; i++) {
        int wanted = argc < 2;
        for (named = 1; named < argc; named++)
            wanted = wanted || strcmp(argv[named], cases[i].name) == 0;
        if (wanted)
            cases[i].run();
    }
    WSACleanup();
    return observations_unmet != 0;
}

#define OBSERVE(...)                                                                           \
    int main(int argc, char **argv)                                                            \
    {                                                                                          \
        static const struct observation_case cases[] = { __VA_ARGS__ };                        \
        return observe_cases(argc, argv, cases, sizeof cases / sizeof cases[0]);               \
    }

#endif
