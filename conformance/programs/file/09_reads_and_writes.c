/* Section 9, first part: what ReadFile and WriteFile return and leave behind (F1 to F11). */
#include "../../support/fixtures.h"

/* One call; 0, or the error. `bytes` is prefilled, so that what the call leaves alone shows. */
static DWORD bytes;

static DWORD read_at(HANDLE file, void *buffer, DWORD length, OVERLAPPED *ov)
{
    bytes = PREFILL;
    return ReadFile(file, buffer, length, &bytes, ov) ? 0 : GetLastError();
}

static DWORD write_at(HANDLE file, const void *buffer, DWORD length, OVERLAPPED *ov)
{
    bytes = PREFILL;
    return WriteFile(file, buffer, length, &bytes, ov) ? 0 : GetLastError();
}

/* On an overlapped disk file both answers are right: done at once, or pending. */
static int issued(DWORD error)
{
    return error == 0 || error == ERROR_IO_PENDING;
}

static void delivery_for_disk_files(int skip)
{
    struct temp_file path = temp_file_with("abcdef", 6);
    HANDLE file = open_overlapped(&path), port = new_port(0);
    OVERLAPPED ov = overlapped_at(0);
    char buffer[8], what[64];
    DWORD error;

#define NAMED(text) (snprintf(what, sizeof what, "%s%s", text, skip ? ", SKIP" : ""), what)
    bind_to(port, file, 11);
    if (skip)
        require(SetFileCompletionNotificationModes(file, FILE_SKIP_COMPLETION_PORT_ON_SUCCESS));
    error = read_at(file, buffer, 6, &ov);
    observe("F1", NAMED("read done or pending"), issued(error), 1);
    if (error == 0 && skip)
        observe("F1", NAMED("the table of D1 holds for the read"), packets_left(port) == 0, 1);
    else
        observe("F1", NAMED("the table of D1 holds for the read"),
                strcmp(in_words(dequeue(port, PATIENCE_MS), &ov), "TRUE key 11 bytes 6 own") == 0, 1);
    observe("F1", NAMED("what was read"), memcmp(buffer, "abcdef", 6) == 0, 1);
    observe_hex("F1", NAMED("status of the read"), status_of(&ov), 0);

    ov = overlapped_at(6);
    error = write_at(file, "ghi", 3, &ov);
    observe("F1", NAMED("write done or pending"), issued(error), 1);
    if (error == 0 && skip)
        observe("F1", NAMED("the table of D1 holds for the write"), packets_left(port) == 0, 1);
    else
        observe("F1", NAMED("the table of D1 holds for the write"),
                strcmp(in_words(dequeue(port, PATIENCE_MS), &ov), "TRUE key 11 bytes 3 own") == 0, 1);
    observe("F1", NAMED("size after the write"), size_of(file), 9);
    observe("F1", NAMED("packets beyond these"), packets_left(port), 0);
#undef NAMED
    CloseHandle(file);
    CloseHandle(port);
    remove_file(&path);
}

static void done_or_pending(void)
{
    delivery_for_disk_files(0);
    delivery_for_disk_files(1);
}

static DWORD pointer_of(HANDLE file)
{
    return SetFilePointer(file, 0, NULL, FILE_CURRENT);
}

static void overlapped_on_a_sync_handle(void)
{
    struct temp_file path = temp_file_with("0123456789abcdef", 16);
    HANDLE file = open_file(&path, GENERIC_READ | GENERIC_WRITE, 0), event = new_event(TRUE, FALSE);
    OVERLAPPED ov = overlapped_at(10);
    char buffer[4] = "";

    ov.hEvent = event;
    observe("F2", "read at offset 10", read_at(file, buffer, 3, &ov), 0);
    observe("F2", "bytes", bytes, 3);
    observe("F2", "the bytes at 10", memcmp(buffer, "abc", 3) == 0, 1);
    observe("F2", "file pointer after the read", pointer_of(file), 13);
    observe_hex("F2", "status", status_of(&ov), 0);
    observe("F2", "InternalHigh", (long long)ov.InternalHigh, 3);
    observe("F2", "event signaled", is_signaled(event), 1);
    ov = overlapped_at(2);
    ov.hEvent = event;
    ResetEvent(event);
    observe("F2", "write at offset 2", write_at(file, "XY", 2, &ov), 0);
    observe("F2", "file pointer after the write", pointer_of(file), 4);
    observe("F2", "event signaled by the write", is_signaled(event), 1);
    CloseHandle(event);
    CloseHandle(file);
    remove_file(&path);
}

static void overlapped_handle_needs_an_overlapped(void)
{
    struct temp_file path = temp_file_with("abc", 3);
    HANDLE file = open_overlapped(&path);
    char buffer[4] = "";

    observe("F3", "read without OVERLAPPED", read_at(file, buffer, 3, NULL), 87);
    observe("F3", "bytes of that read", bytes, 0);
    observe("F3", "write without OVERLAPPED", write_at(file, "x", 1, NULL), 87);
    observe("F3", "bytes of that write", bytes, 0);
    CloseHandle(file);
    remove_file(&path);
}

static void no_moving_pointer(void)
{
    struct temp_file path = temp_file_with("0123456789", 10);
    HANDLE file = open_overlapped(&path), event = new_event(TRUE, FALSE);
    int i;

    for (i = 0; i < 3; i++) {
        OVERLAPPED ov = overlapped_at(i * 3);
        char buffer[3], what[64], expected[3];
        memcpy(expected, &"0123456789"[i * 3], 3);
        ov.hEvent = event;
        require(issued(read_at(file, buffer, 3, &ov)));
        observe("F4", (snprintf(what, sizeof what, "read %d: result", i), what),
                GetOverlappedResult(file, &ov, &bytes, TRUE) && bytes == 3 && memcmp(buffer, expected, 3) == 0, 1);
        observe("F4", (snprintf(what, sizeof what, "read %d: Offset", i), what), ov.Offset, i * 3);
        observe("F4", (snprintf(what, sizeof what, "read %d: OffsetHigh", i), what), ov.OffsetHigh, 0);
        observe("F4", (snprintf(what, sizeof what, "read %d: file pointer", i), what), pointer_of(file), 0);
    }
    CloseHandle(event);
    CloseHandle(file);
    remove_file(&path);
}

static void byte_count_and_last_error(void)
{
    struct temp_file path = temp_file_with("abc", 3);
    HANDLE file = open_overlapped(&path), sync_file = open_file(&path, GENERIC_READ | GENERIC_WRITE, 0);
    HANDLE event = new_event(TRUE, FALSE);
    OVERLAPPED ov = overlapped_with(event);
    char buffer[4];
    DWORD error = read_at(file, buffer, 3, &ov);

    observe("F5", "overlapped read: 0, or 3 if done", bytes == (error == 0 ? 3u : 0u), 1);
    GetOverlappedResult(file, &ov, &bytes, TRUE);
    ov = overlapped_with(event);
    observe("F5", "NULL count with OVERLAPPED", issued(ReadFile(file, buffer, 3, NULL, &ov) ? 0 : GetLastError()), 1);
    observe("F5", "its result", GetOverlappedResult(file, &ov, &bytes, TRUE) && bytes == 3, 1);
    observe("F5", "sync read", read_at(sync_file, buffer, 2, NULL), 0);
    observe("F5", "count of the sync read", bytes, 2);
    observe("F5", "read that fails", read_at(INVALID_HANDLE_VALUE, buffer, 2, NULL), 6);
    observe("F5", "count of the read that fails", bytes, 0);

    SetLastError(PREFILL);
    require(ReadFile(sync_file, buffer, 1, &bytes, NULL));
    observe_hex("F6", "last error after a read", GetLastError(), PREFILL);
    SetLastError(PREFILL);
    require(WriteFile(sync_file, "x", 1, &bytes, NULL));
    observe_hex("F6", "last error after a write", GetLastError(), PREFILL);
    CloseHandle(event);
    CloseHandle(file);
    CloseHandle(sync_file);
    remove_file(&path);
}

/* Linux moves 0x7ffff000 bytes at most. Wine touches every page of the buffer: less there. */
#ifdef __linux__
#define LARGE 0xC0000000u
#else
#define LARGE 0x01000000u
#endif

static void end_of_file(void)
{
    struct temp_file path = temp_file_with("abc", 3);
    HANDLE file = open_overlapped(&path), sync_file = open_file(&path, GENERIC_READ, 0), port = new_port(0);
    OVERLAPPED ov = overlapped_at(3);
    char buffer[16], *large;
    DWORD error;

    bind_to(port, file, 7);
    error = read_at(file, buffer, 1, &ov);
    observe("F7", "overlapped read at the end: 997 or 38", error == ERROR_IO_PENDING || error == ERROR_HANDLE_EOF, 1);
    observe("F7", "its packet, if any, is FALSE/38",
            strcmp(in_words(dequeue(port, error == ERROR_IO_PENDING ? PATIENCE_MS : QUIET_MS), &ov),
                   error == ERROR_IO_PENDING ? "FALSE/38 key 7 bytes 0 own" : NOTHING) == 0, 1);
    if (error == ERROR_IO_PENDING)
        observe_hex("F7", "status of the overlapped read", status_of(&ov), 0xC0000011);
    observe("F7", "packets beyond it", packets_left(port), 0);
    ov = overlapped_at(3);
    observe("F7", "sync read with OVERLAPPED at the end", read_at(sync_file, buffer, 1, &ov), ERROR_HANDLE_EOF);
    observe("F7", "its count", bytes, 0);
    observe("F7", "its status is end of file, or still pending",
            status_of(&ov) == 0xC0000011 || status_of(&ov) == PENDING, 1);
    SetFilePointer(sync_file, 0, NULL, FILE_END);
    observe("F7", "sync read at the end", read_at(sync_file, buffer, 1, NULL), 0);
    observe("F7", "count of the sync read", bytes, 0);

    ov = overlapped_at(1);
    require(issued(read_at(file, buffer, 16, &ov)));
    observe_packet("F8", "16 asked for, 2 there", port, &ov, "TRUE key 7 bytes 2 own");
    SetFilePointer(sync_file, 1, NULL, FILE_BEGIN);
    observe("F8", "sync, 16 asked for, 2 there", read_at(sync_file, buffer, 16, NULL), 0);
    observe("F8", "its count", bytes, 2);
    large = (char *)VirtualAlloc(NULL, LARGE, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    require(large != NULL);
    ov = overlapped_at(0);
    observe("F16", "more asked for than one call of Linux moves: issued", issued(read_at(file, large, LARGE, &ov)), 1);
    observe_packet("F16", "more asked for than one call of Linux moves, 3 bytes there", port, &ov,
                   "TRUE key 7 bytes 3 own");
    VirtualFree(large, 0, MEM_RELEASE);
    CloseHandle(file);
    CloseHandle(sync_file);
    CloseHandle(port);
    remove_file(&path);
}

static void zero_length(void)
{
    static const unsigned long long places[] = { 0, 3, 100 };
    struct temp_file path = temp_file_with("abc", 3);
    HANDLE file = open_overlapped(&path), sync_file = open_file(&path, GENERIC_READ | GENERIC_WRITE, 0);
    HANDLE port = new_port(0);
    int i;

    bind_to(port, file, 9);
    for (i = 0; i < 3; i++) {
        OVERLAPPED ov = overlapped_at(places[i]);
        char what[64];
        observe("F9", (snprintf(what, sizeof what, "read of 0 at %d: issued", (int)places[i]), what),
                issued(read_at(file, NULL, 0, &ov)), 1);
        observe_packet("F9", (snprintf(what, sizeof what, "read of 0 at %d: packet", (int)places[i]), what), port, &ov,
                       "TRUE key 9 bytes 0 own");
        ov = overlapped_at(places[i]);
        observe("F10", (snprintf(what, sizeof what, "write of 0 at %d: issued", (int)places[i]), what),
                issued(write_at(file, NULL, 0, &ov)), 1);
        observe_packet("F10", (snprintf(what, sizeof what, "write of 0 at %d: packet", (int)places[i]), what), port,
                       &ov, "TRUE key 9 bytes 0 own");
        observe("F10", (snprintf(what, sizeof what, "write of 0 at %d: size", (int)places[i]), what), size_of(file), 3);
    }
    SetFilePointer(sync_file, 0, NULL, FILE_END);
    observe("F9", "sync read of 0 at the end", read_at(sync_file, NULL, 0, NULL), 0);
    observe("F9", "its count", bytes, 0);
    observe("F10", "sync write of 0", write_at(sync_file, NULL, 0, NULL), 0);
    observe("F10", "its count", bytes, 0);
    CloseHandle(file);
    CloseHandle(sync_file);
    CloseHandle(port);
    remove_file(&path);
}

static void bad_buffers(void)
{
    struct temp_file path = temp_file_with("abcdefgh", 8);
    HANDLE file = open_overlapped(&path), sync_file = open_file(&path, GENERIC_READ | GENERIC_WRITE, 0);
    HANDLE port = new_port(0), event = new_event(TRUE, TRUE);
    OVERLAPPED ov = overlapped_with(event);
    SYSTEM_INFO system;
    char *pages;
    DWORD old;

    GetSystemInfo(&system);
    pages = (char *)VirtualAlloc(NULL, 2 * system.dwPageSize, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    require(pages != NULL && VirtualProtect(pages + system.dwPageSize, system.dwPageSize, PAGE_NOACCESS, &old));
    bind_to(port, file, 12);
    observe("F11", "overlapped read into NULL", read_at(file, NULL, 4, &ov), ERROR_NOACCESS);
    observe("F11", "event not reset by it", is_signaled(event), 1);
    observe_hex("F11", "Internal says pending", status_of(&ov), PENDING);
    ov = overlapped_with(event);
    observe("F11", "overlapped write from NULL", write_at(file, NULL, 4, &ov), ERROR_INVALID_USER_BUFFER);
    ov = overlapped_with(event);
    observe("F11", "overlapped read into half a buffer", read_at(file, pages + system.dwPageSize - 4, 8, &ov),
            ERROR_NOACCESS);
    ov = overlapped_with(event);
    observe("F11", "overlapped write from half a buffer", write_at(file, pages + system.dwPageSize - 4, 8, &ov),
            ERROR_INVALID_USER_BUFFER);
    observe_no_packet("F11", "packets of these", port);
    observe("F11", "sync read into NULL", read_at(sync_file, NULL, 4, NULL), ERROR_NOACCESS);
    observe("F11", "sync write from NULL", write_at(sync_file, NULL, 4, NULL), ERROR_INVALID_USER_BUFFER);
    observe("F11", "a bad handle counts before a bad buffer", read_at(INVALID_HANDLE_VALUE, NULL, 4, NULL), 6);
    observe("F11", "size after the refused writes", size_of(sync_file), 8);
    VirtualFree(pages, 0, MEM_RELEASE);
    CloseHandle(event);
    CloseHandle(file);
    CloseHandle(sync_file);
    CloseHandle(port);
    remove_file(&path);
}

OBSERVE({ "done_or_pending", done_or_pending }, { "overlapped_on_a_sync_handle", overlapped_on_a_sync_handle },
        { "overlapped_handle_needs_an_overlapped", overlapped_handle_needs_an_overlapped },
        { "no_moving_pointer", no_moving_pointer }, { "byte_count_and_last_error", byte_count_and_last_error },
        { "end_of_file", end_of_file }, { "zero_length", zero_length }, { "bad_buffers", bad_buffers })
