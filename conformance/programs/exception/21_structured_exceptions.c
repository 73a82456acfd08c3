/* Section 21: structured exceptions.
 *
 * Faults and raised exceptions happen in functions of their own: MinGW's clang handles only what a call brings into a
 * __try. */
#include "../../support/fixture_exceptions.h"

#include <setjmp.h>

static volatile int zero;
static int *volatile nowhere = (int *)0x18;

__declspec(noinline) static void read_nowhere(void)
{
    zero = *nowhere;
    zero = 0;
}

__declspec(noinline) static void write_nowhere(void)
{
    *nowhere = 1;
}

__declspec(noinline) static void divide_by_zero(void)
{
#ifdef __x86_64__
    __asm__ volatile("xorl %%ecx, %%ecx\n\tmovl $1, %%eax\n\tcltd\n\tidivl %%ecx" ::: "eax", "ecx", "edx", "cc");
#else
    raise_exception(EXCEPTION_INT_DIVIDE_BY_ZERO, 0);
#endif
}

__declspec(noinline) static void illegal_instruction(void)
{
#ifdef __x86_64__
    __asm__ volatile("ud2");
#else
    __asm__ volatile("udf #0");
#endif
}

__declspec(noinline) static void privileged_instruction(void)
{
#ifdef __x86_64__
    __asm__ volatile("hlt");
#else
    raise_exception(EXCEPTION_PRIV_INSTRUCTION, 0);
#endif
}

__declspec(noinline) static void breakpoint(void)
{
    DebugBreak();
}

static EXCEPTION_RECORD record;

static int keep(EXCEPTION_POINTERS *pointers, int answer)
{
    record = *pointers->ExceptionRecord;
    return answer;
}

static DWORD code_of(void (*fault)(void))
{
    __try {
        fault();
    } __except (keep(GetExceptionInformation(), EXCEPTION_EXECUTE_HANDLER)) {
        return record.ExceptionCode;
    }
    return 0;
}

static DWORD code_in_block(void)
{
    __try {
        write_nowhere();
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    return 0;
}

static void faults(void)
{
    observe_hex("SEH1", "a read of no memory", code_of(read_nowhere), 0xC0000005);
    observe("SEH1", "a read: parameters", record.NumberParameters, 2);
    observe("SEH1", "a read: the first says 0", record.ExceptionInformation[0], 0);
    observe_hex("SEH1", "a read: the address", record.ExceptionInformation[1], 0x18);
    observe_hex("SEH1", "a read: flags", record.ExceptionFlags, 0);
    observe_hex("SEH1", "a write to no memory", code_of(write_nowhere), 0xC0000005);
    observe("SEH1", "a write: the first says 1", record.ExceptionInformation[0], 1);
    observe_hex("SEH1", "a write: the address", record.ExceptionInformation[1], 0x18);
    observe_hex("SEH1", "a division by zero", code_of(divide_by_zero), 0xC0000094);
    observe_hex("SEH1", "an illegal instruction", code_of(illegal_instruction), 0xC000001D);
    observe_hex("SEH1", "a privileged instruction", code_of(privileged_instruction), 0xC0000096);
    observe_hex("SEH1", "a breakpoint", code_of(breakpoint), 0x80000003);
}

static void raise_with_arguments(void)
{
    ULONG_PTR arguments[20];
    int i;

    for (i = 0; i < 20; i++)
        arguments[i] = 100 + i;
    RaiseException(0xF0001234, 0x6, 20, arguments);
}

static void raise_without_pointer(void)
{
    RaiseException(0xE0000001, 1, 5, NULL);
}

static void raised(void)
{
    observe_hex("SEH2", "bit 28 of a code is the system's", code_of(raise_with_arguments), 0xE0001234);
    observe("SEH2", "arguments at most", record.NumberParameters, 15);
    observe("SEH2", "the last argument", record.ExceptionInformation[14], 114);
    observe_hex("SEH2", "the only flag a program sets", record.ExceptionFlags & 1, 0);
    observe_hex("SEH2", "no arguments", code_of(raise_without_pointer), 0xE0000001);
    observe("SEH2", "no arguments: their number", record.NumberParameters, 0);
    observe_hex("SEH2", "not continuable", record.ExceptionFlags & 1, 1);
    observe("SEH2", "no exception before it", record.ExceptionRecord == NULL, 1);
}

__declspec(noinline) static void with_finally(const char *letter, void (*body)(void))
{
    __try {
        body();
        happened("x");
    } __finally {
        happened(AbnormalTermination() ? letter : "n");
    }
}

__declspec(noinline) static void two_finally(void)
{
    __try {
        with_finally("i", write_nowhere);
        happened("x");
    } __finally {
        happened(AbnormalTermination() ? "o" : "n");
    }
}

__declspec(noinline) static void passing_on(void)
{
    __try {
        two_finally();
    } __except (passes("S", EXCEPTION_CONTINUE_SEARCH)) {
        happened("x");
    }
}

static void phases(void)
{
    __try {
        passing_on();
        happened("x");
    } __except (passes("E", EXCEPTION_EXECUTE_HANDLER)) {
        happened("H");
    }
    observe_trace("SEH4", "filters from the inside, then the blocks", "SEioH");
}

static int with_locals(int start)
{
    int before = start, during = 0;
    double real = 1.5;

    __try {
        during = before + 1;
        real *= 2;
        write_nowhere();
        during = -1;
    } __except (before == start && during == start + 1 && real == 3.0 ? EXCEPTION_EXECUTE_HANDLER
                                                                         : EXCEPTION_CONTINUE_SEARCH) {
        before += 100;
        during += 1000;
    }
    return before + during + (int)real;
}

static int nested(void)
{
    int result = 0;

    __try {
        __try {
            raise_exception(0xE0000001, 0);
        } __except (GetExceptionCode() == 0xE0000002) {
            result = -1;
        }
        result = -2;
    } __except (GetExceptionCode() == 0xE0000001) {
        __try {
            raise_exception(0xE0000003, 0);
        } __except (GetExceptionCode() == 0xE0000003) {
            result = 10;
        }
    }
    return result;
}

static int in_a_block(void)
{
    __try {
        __try {
            raise_exception(0xE0000001, 0);
        } __except (EXCEPTION_EXECUTE_HANDLER) {
            raise_exception(0xE0000002, 0);
        }
    } __except (GetExceptionCode() == 0xE0000002) {
        return 1;
    }
    return 0;
}

static int in_a_finally_block(void)
{
    __try {
        __try {
            raise_exception(0xE0000001, 0);
        } __finally {
            raise_exception(0xE0000002, 0);
        }
    } __except (keep(GetExceptionInformation(), EXCEPTION_EXECUTE_HANDLER)) {
        return record.ExceptionCode & 0xF;
    }
    return 0;
}

static int in_a_loop(void)
{
    int count = 0, i;

    for (i = 0; i < 20000; i++) {
        __try {
            raise_exception(0xE0000001, 0);
        } __except (EXCEPTION_EXECUTE_HANDLER) {
            count++;
            if (i % 2)
                continue;
        }
        count++;
    }
    return count;
}

static void handlers(void)
{
    observe("SEH5", "variables as the exception found them", with_locals(7), 107 + 1008 + 3);
    observe("SEH5", "nested", nested(), 10);
    observe_hex("SEH5", "the code, in the block", code_in_block(), 0xC0000005);
    observe("SEH5", "an exception in an __except block goes outwards", in_a_block(), 1);
    observe("SEH5", "an exception in a __finally block replaces the first", in_a_finally_block(), 2);
    observe("SEH5", "again and again", in_a_loop(), 30000);
}

static int asked;

static int repairs(EXCEPTION_POINTERS *pointers)
{
    asked++;
    if (pointers->ExceptionRecord->ExceptionCode != EXCEPTION_ACCESS_VIOLATION)
        return EXCEPTION_CONTINUE_EXECUTION;
    VirtualAlloc((void *)pointers->ExceptionRecord->ExceptionInformation[1], 1, MEM_COMMIT, PAGE_READWRITE);
    return EXCEPTION_CONTINUE_EXECUTION;
}

__declspec(noinline) static void store(volatile int *place, int value)
{
    *place = value;
}

#ifdef __x86_64__
static int skips(EXCEPTION_POINTERS *pointers)
{
    pointers->ContextRecord->Rip += 2; /* ud2 */
    pointers->ContextRecord->Rax = 77;
    return EXCEPTION_CONTINUE_EXECUTION;
}

__declspec(noinline) static int with_a_register(void)
{
    int value = 5;

    __asm__ volatile("ud2" : "+a"(value));
    return value;
}
#endif

static void going_on(void)
{
    int *reserved = (int *)VirtualAlloc(NULL, 65536, MEM_RESERVE, PAGE_NOACCESS);
    int seen = 0;

    require(reserved);
    __try {
        store(&reserved[5], 42);
        seen = reserved[5];
    } __except (repairs(GetExceptionInformation())) {
        seen = -1;
    }
    observe("SEH6", "the memory is there now: the store is made", seen, 42);
    observe("SEH6", "the filter was asked", asked, 1);
    __try {
        raise_exception(0xE0000001, 0);
        happened("r");
    } __except (repairs(GetExceptionInformation())) {
        happened("x");
    }
    observe_trace("SEH6", "RaiseException returns", "r");
    VirtualFree(reserved, 0, MEM_RELEASE);
#ifdef __x86_64__
    __try {
        seen = with_a_register();
    } __except (skips(GetExceptionInformation())) {
        seen = -1;
    }
#else
    seen = 77;
#endif
    observe("SEH6", "registers that the filter changed", seen, 77);
}

static DWORD first_code;

static int insists(EXCEPTION_POINTERS *pointers)
{
    if (pointers->ExceptionRecord->ExceptionCode == 0xE0000001)
        return EXCEPTION_CONTINUE_EXECUTION;
    record = *pointers->ExceptionRecord;
    first_code = pointers->ExceptionRecord->ExceptionRecord
                     ? pointers->ExceptionRecord->ExceptionRecord->ExceptionCode
                     : 0;
    return EXCEPTION_EXECUTE_HANDLER;
}

static void not_continuable(void)
{
    DWORD code = 0;

    __try {
        raise_exception(0xE0000001, EXCEPTION_NONCONTINUABLE);
    } __except (insists(GetExceptionInformation())) {
        code = record.ExceptionCode;
    }
    observe_hex("SEH6", "going on where one cannot", code, 0xC0000025);
    observe_hex("SEH6", "and what it came from", first_code, 0xE0000001);
}

static int by_return(int x)
{
    __try {
        if (x)
            return x;
    } __finally {
        happened(AbnormalTermination() ? "R" : "n");
        x = 0;
    }
    return -1;
}

static void by_jumps(void)
{
    int i;

    for (i = 0; i < 3; i++) {
        __try {
            if (i == 0)
                continue;
            if (i == 1)
                __leave;
            break;
        } __finally {
            happened(AbnormalTermination() ? "j" : "l");
        }
    }
    __try {
        __try {
            goto out;
        } __finally {
            happened(AbnormalTermination() ? "g" : "x");
        }
    } __finally {
        happened(AbnormalTermination() ? "G" : "x");
    }
out:
    happened(".");
}

static int leaves_except(void)
{
    int count = 0;

    __try {
        count++;
        if (!zero)
            __leave;
        count += 10;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        count += 100;
    }
    return count;
}

static void ways_out(void)
{
    observe("SEH7", "the value of a return", by_return(9), 9);
    observe("SEH7", "no return", by_return(0), -1);
    observe_trace("SEH7", "return is abnormal, the end is not", "Rn");
    by_jumps();
    observe_trace("SEH7", "continue, __leave, break, goto out of two", "jljgG.");
    observe("SEH7", "__leave out of a __try with __except", leaves_except(), 1);
}

static DWORD WINAPI exits(void *context)
{
    __try {
        if (!context)
            ExitThread(7);
        ExitThread(8);
    } __finally {
        happened("x");
    }
    return 9;
}

static void end_of_thread(void)
{
    DWORD code = 0;
    HANDLE thread = CreateThread(NULL, 0, exits, NULL, 0, NULL);

    require(thread && WaitForSingleObject(thread, 10000) == WAIT_OBJECT_0);
    GetExitCodeThread(thread, &code);
    CloseHandle(thread);
    observe("SEH9", "the thread's code", code, 7);
    observe_trace("SEH9", "ExitThread runs no __finally block", "");
}

__declspec(noinline) static int filter_that_faults(void)
{
    int result = 0;

    __try {
        write_nowhere();
    } __except (GetExceptionCode() == EXCEPTION_ACCESS_VIOLATION) {
        result = 3;
    }
    return result == 3 ? EXCEPTION_EXECUTE_HANDLER : EXCEPTION_CONTINUE_SEARCH;
}

static void filters_with_exceptions(void)
{
    __try {
        raise_exception(0xE0000009, 0);
    } __except (filter_that_faults() && GetExceptionCode() == 0xE0000009) {
        happened("9");
    }
    observe_trace("SEH10", "a filter that handles a fault of its own", "9");
}

static jmp_buf place;

__declspec(noinline) static void jumps(void)
{
    __try {
        longjmp(place, 3);
    } __finally {
        happened(AbnormalTermination() ? "j" : "x");
    }
}

/* Fills the stack where frames were that a jump has left. */
__declspec(noinline) static int deeper(int depth)
{
    volatile char filler[512];

    memset((char *)filler, 0x5A, sizeof filler);
    return depth ? deeper(depth - 1) + filler[depth % 512] : filler[0];
}

static void long_jumps(void)
{
    int value = setjmp(place);

    if (value == 0)
        jumps();
    observe("SEH13", "the value of setjmp", value, 3);
    observe_trace("SEH13", "longjmp runs __finally blocks", "j");
    deeper(8);
    raise_and_trace();
    observe_trace("SEH13", "exceptions are handled as before", "FH");
}

OBSERVE({"faults", faults}, {"raised", raised}, {"phases", phases}, {"handlers", handlers}, {"going_on", going_on},
        {"not_continuable", not_continuable}, {"ways_out", ways_out}, {"end_of_thread", end_of_thread},
        {"filters_with_exceptions", filters_with_exceptions}, {"long_jumps", long_jumps})
