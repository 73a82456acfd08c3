/* Section 9, second part: where bytes land (F12 to F15), and operations side by side (F17). */
#include "../../support/fixtures.h"

static DWORD wait_for(HANDLE file, OVERLAPPED *ov, BOOL issued, DWORD *bytes)
{
    if (!issued && GetLastError() != ERROR_IO_PENDING)
        return GetLastError();
    return GetOverlappedResult(file, ov, bytes, TRUE) ? 0 : GetLastError();
}

static DWORD write_at(HANDLE file, unsigned long long offset, const char *text, DWORD length, DWORD *bytes)
{
    OVERLAPPED ov = overlapped_at(offset);
    DWORD error;
    ov.hEvent = new_event(TRUE, FALSE);
    error = wait_for(file, &ov, WriteFile(file, text, length, NULL, &ov), bytes);
    CloseHandle(ov.hEvent);
    return error;
}

static DWORD read_at(HANDLE file, unsigned long long offset, char *buffer, DWORD length, DWORD *bytes)
{
    OVERLAPPED ov = overlapped_at(offset);
    DWORD error;
    ov.hEvent = new_event(TRUE, FALSE);
    error = wait_for(file, &ov, ReadFile(file, buffer, length, NULL, &ov), bytes);
    CloseHandle(ov.hEvent);
    return error;
}

#define END_OF_FILE 0xFFFFFFFFFFFFFFFFull

/* ---- F12: appenders, each with a handle of its own ---- */
#define APPENDERS 4
#define RECORDS 500
#define RECORD 16

struct appender {
    const struct temp_file *path;
    char letter;
    int failed;
};

static DWORD WINAPI append_records(LPVOID argument)
{
    struct appender *appender = (struct appender *)argument;
    HANDLE file = open_overlapped(appender->path);
    char record[RECORD];
    int i;

    memset(record, appender->letter, sizeof record);
    for (i = 0; i < RECORDS; i++) {
        DWORD bytes = 0;
        appender->failed += write_at(file, END_OF_FILE, record, sizeof record, &bytes) != 0 || bytes != RECORD;
    }
    CloseHandle(file);
    return 0;
}

static void appending(void)
{
    struct temp_file path = temp_file_with("head", 4);
    struct appender appenders[APPENDERS];
    HANDLE file = open_overlapped(&path), threads[APPENDERS];
    DWORD bytes = 0;
    char *contents = (char *)malloc(4 + APPENDERS * RECORDS * RECORD), buffer[8];
    int i, j, failed = 0, torn = 0;

    observe("F12", "write at the end", write_at(file, END_OF_FILE, "tail", 4, &bytes), 0);
    observe("F12", "its bytes", bytes, 4);
    observe("F12", "what is there now", read_at(file, 0, buffer, 8, &bytes) == 0 && memcmp(buffer, "headtail", 8) == 0,
            1);
    SetFilePointer(file, 4, NULL, FILE_BEGIN);
    require(SetEndOfFile(file));
    for (i = 0; i < APPENDERS; i++) {
        appenders[i].path = &path;
        appenders[i].letter = (char)('A' + i);
        appenders[i].failed = 0;
        threads[i] = start_thread(append_records, &appenders[i]);
    }
    for (i = 0; i < APPENDERS; i++) {
        join_thread(threads[i]);
        failed += appenders[i].failed;
    }
    observe("F12", "appends failed", failed, 0);
    observe("F12", "size after the appenders is exact", size_of(file) == 4 + APPENDERS * RECORDS * RECORD, 1);
    if (size_of(file) == 4 + APPENDERS * RECORDS * RECORD) {
        require(read_at(file, 4, contents, APPENDERS * RECORDS * RECORD, &bytes) == 0);
        for (i = 0; i < APPENDERS * RECORDS; i++)
            for (j = 1; j < RECORD; j++)
                torn += contents[i * RECORD + j] != contents[i * RECORD];
    }
    observe("F12", "no record is torn", torn == 0, 1);
    free(contents);
    CloseHandle(file);
    remove_file(&path);
}

static void negative_offsets(void)
{
    static const struct {
        const char *name;
        unsigned long long offset;
    } negative[] = { { "-2", 0xFFFFFFFFFFFFFFFEull }, { "-100", 0xFFFFFFFFFFFFFF9Cull },
                     { "the smallest", 0x8000000000000000ull } };
    struct temp_file path = temp_file_with("abc", 3);
    HANDLE file = open_overlapped(&path);
    DWORD bytes = 0;
    char buffer[4], what[64];
    int i;

    for (i = 0; i < 3; i++) {
        observe("F13", (snprintf(what, sizeof what, "read at %s", negative[i].name), what),
                read_at(file, negative[i].offset, buffer, 1, &bytes), 87);
        observe("F13", (snprintf(what, sizeof what, "write at %s", negative[i].name), what),
                write_at(file, negative[i].offset, "x", 1, &bytes), 87);
    }
    observe("F13", "read at -1", read_at(file, END_OF_FILE, buffer, 1, &bytes), 87);
    observe("F13", "size afterwards", size_of(file), 3);
    CloseHandle(file);
    remove_file(&path);
}

static void append_only_handle(void)
{
    struct temp_file path = temp_file_with("abc", 3);
    HANDLE file = open_file(&path, FILE_APPEND_DATA | SYNCHRONIZE, FILE_FLAG_OVERLAPPED);
    HANDLE sync_file = open_file(&path, FILE_APPEND_DATA | SYNCHRONIZE, 0);
    HANDLE reader = open_overlapped(&path);
    DWORD bytes = 0;
    char buffer[8] = "";

    observe("F14", "write at offset 1", write_at(file, 1, "de", 2, &bytes), 0);
    SetFilePointer(sync_file, 0, NULL, FILE_BEGIN);
    observe("F14", "sync write with the pointer at 0", WriteFile(sync_file, "fg", 2, &bytes, NULL) != 0, 1);
    observe("F14", "size", size_of(reader), 7);
    require(read_at(reader, 0, buffer, 7, &bytes) == 0);
    observe_text("F14", "contents", buffer, "abcdefg");
    CloseHandle(file);
    CloseHandle(sync_file);
    CloseHandle(reader);
    remove_file(&path);
}

static void beyond_four_gib(void)
{
    const unsigned long long boundary = 0x100000000ull;
    struct temp_file path = temp_file_with("", 0);
    HANDLE file = open_overlapped(&path);
    DWORD bytes = 0;
    char buffer[16];

    observe("F15", "write across 4 GiB", write_at(file, boundary - 4, "01234567", 8, &bytes), 0);
    observe("F15", "its bytes", bytes, 8);
    observe("F15", "size is 4 GiB and 4", size_of(file) == (long long)boundary + 4, 1);
    observe("F15", "read it back", read_at(file, boundary - 4, buffer, 8, &bytes), 0);
    observe("F15", "the same bytes", bytes == 8 && memcmp(buffer, "01234567", 8) == 0, 1);
    observe("F15", "read beyond 4 GiB", read_at(file, boundary + 1, buffer, 8, &bytes), 0);
    observe("F15", "its tail", bytes == 3 && memcmp(buffer, "567", 3) == 0, 1);
    memset(buffer, 'x', sizeof buffer);
    observe("F15", "read in the hole", read_at(file, 1000, buffer, 8, &bytes), 0);
    observe("F15", "the hole is zero", bytes == 8 && memcmp(buffer, "\0\0\0\0\0\0\0", 8) == 0, 1);
    CloseHandle(file);
    remove_file(&path);
}

/* Two operations at once on one handle: no order is promised, both complete. */
static void side_by_side(void)
{
    struct temp_file path = temp_file_with("0123456789", 10);
    HANDLE file = open_overlapped(&path), port = new_port(0);
    OVERLAPPED ov[4];
    char buffers[4][4];
    int i, right = 0;

    bind_to(port, file, 17);
    for (i = 0; i < 4; i++) {
        ov[i] = overlapped_at(2 * i);
        if (!ReadFile(file, buffers[i], 2, NULL, &ov[i]))
            require(GetLastError() == ERROR_IO_PENDING);
    }
    observe("F17", "packets of four reads", packets_left(port), 4);
    for (i = 0; i < 4; i++)
        right += memcmp(buffers[i], &"0123456789"[2 * i], 2) == 0;
    observe("F17", "reads with their own bytes", right, 4);
    CloseHandle(port);
    CloseHandle(file);
    remove_file(&path);
}

OBSERVE({ "appending", appending }, { "negative_offsets", negative_offsets },
        { "append_only_handle", append_only_handle }, { "beyond_four_gib", beyond_four_gib },
        { "side_by_side", side_by_side })
