/* Copies a file past the cache: unbuffered overlapped reads and writes, several chunks in flight, one completion port.
 *
 *     copy SOURCE DESTINATION [--depth N] [--chunk-kib N] [--quiet 0|1]
 *
 * What FILE_FLAG_NO_BUFFERING asks for: offset, length and address of every transfer are
 * multiples of the sector size. The file's last bytes seldom are; they are written rounded up,
 * and the file is cut to its size afterwards.
 */

#include <windows.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECTOR_BYTES 4096 /* a multiple of every sector size in use */
#define DEPTH_MAX 64

enum state { IDLE, READING, WRITING };

/* A chunk is read and then written; its buffer and its OVERLAPPED serve one after the other, never both at once. */
struct chunk {
    OVERLAPPED overlapped; /* first, so that the pointer a packet brings is the chunk's */
    enum state state;
    BYTE *buffer;
    ULONGLONG offset;
    DWORD bytes; /* of the file, without the padding */
};

static unsigned depth = 8, chunk_kib = 1024, quiet;

static HANDLE source = INVALID_HANDLE_VALUE, destination = INVALID_HANDLE_VALUE;
static HANDLE plain = INVALID_HANDLE_VALUE; /* the destination again, for what needs no alignment */
static HANDLE port;
static ULONGLONG file_bytes, next_offset, bytes_copied;
static unsigned in_flight;
static DWORD failure; /* the first error; after it nothing new is started */
static const char *failed_at;

static void print_error(const char *what, DWORD error)
{
    char text[256];
    /* IGNORE_INSERTS: without it a message with %1 in it makes FormatMessage read arguments that are not there. */
    DWORD length = FormatMessageA(FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS, NULL, error, 0, text,
                                  sizeof text, NULL);
    while (length > 0 && (unsigned char)text[length - 1] <= ' ')
        --length;
    fprintf(stderr, "copy: %s: %.*s (error %u)\n", what, (int)length, text, (unsigned)error);
}

static void fail(const char *what, DWORD error)
{
    if (failure != ERROR_SUCCESS)
        return;
    failure = error;
    failed_at = what;
    /* What is under way may as well stop. It is over only when its packets have come: until then the buffers are the
     * system's. */
    CancelIoEx(source, NULL);
    CancelIoEx(destination, NULL);
}

static DWORD rounded_up(DWORD bytes)
{
    return (bytes + SECTOR_BYTES - 1) / SECTOR_BYTES * SECTOR_BYTES;
}

/* Starts a read or a write of the whole chunk. TRUE at once or ERROR_IO_PENDING: either way a packet comes. */
static void start(struct chunk *chunk, enum state state)
{
    BOOL done;
    memset(&chunk->overlapped, 0, sizeof chunk->overlapped);
    /* An overlapped handle has no file position; every call says where. */
    chunk->overlapped.Offset = (DWORD)chunk->offset;
    chunk->overlapped.OffsetHigh = (DWORD)(chunk->offset >> 32);
    chunk->state = state;
    if (state == READING)
        done = ReadFile(source, chunk->buffer, rounded_up(chunk->bytes), NULL, &chunk->overlapped);
    else
        done = WriteFile(destination, chunk->buffer, rounded_up(chunk->bytes), NULL, &chunk->overlapped);
    if (!done && GetLastError() != ERROR_IO_PENDING) {
        fail(state == READING ? "reading" : "writing", GetLastError());
        chunk->state = IDLE; /* failed at once: no packet */
        return;
    }
    ++in_flight;
}

static void start_next(struct chunk *chunk)
{
    ULONGLONG left = file_bytes - next_offset;
    DWORD chunk_bytes = chunk_kib * 1024;
    chunk->state = IDLE;
    if (left == 0 || failure != ERROR_SUCCESS)
        return;
    chunk->offset = next_offset;
    chunk->bytes = left < chunk_bytes ? (DWORD)left : chunk_bytes;
    next_offset += chunk->bytes;
    start(chunk, READING);
}

/* A chunk's operation is over. */
static void finished(struct chunk *chunk, DWORD bytes, DWORD error)
{
    --in_flight;
    if (error != ERROR_SUCCESS) {
        /* Writing is asked for aligned lengths; reading past the end gives what there is, and an error only if that is
         * nothing: ERROR_HANDLE_EOF, when somebody cut the file meanwhile. */
        fail(chunk->state == READING ? "reading" : "writing", error);
    } else if (chunk->state == READING && bytes < chunk->bytes) {
        fail("the source became shorter meanwhile", ERROR_HANDLE_EOF);
    } else if (chunk->state == WRITING && bytes != rounded_up(chunk->bytes)) {
        fail("writing", ERROR_WRITE_FAULT);
    } else if (failure == ERROR_SUCCESS && chunk->state == READING) {
        /* The padding goes to the disk, if only for a moment: not with what the buffer held before. */
        memset(chunk->buffer + chunk->bytes, 0, rounded_up(chunk->bytes) - chunk->bytes);
        start(chunk, WRITING);
        return;
    } else if (chunk->state == WRITING) {
        bytes_copied += chunk->bytes;
    }
    start_next(chunk);
}

static void show_progress(BOOL last)
{
    static ULONGLONG shown_ms;
    ULONGLONG now_ms = GetTickCount64();
    if (shown_ms == 0)
        shown_ms = now_ms;
    if (quiet || (!last && now_ms - shown_ms < 250))
        return;
    shown_ms = now_ms;
    fprintf(stderr, "\r%3u %% of %llu bytes%s", (unsigned)(file_bytes ? bytes_copied * 100 / file_bytes : 100),
            (unsigned long long)file_bytes, last ? "\n" : "");
    fflush(stderr);
}

/* Runs on a thread of its own. The copying thread hears of it where it hears of everything: a packet without an
 * OVERLAPPED cannot be mistaken for an operation. */
static BOOL WINAPI on_console_event(DWORD event)
{
    (void)event;
    PostQueuedCompletionStatus(port, 0, 0, NULL);
    return TRUE;
}

static BOOL set_size(ULONGLONG bytes)
{
    LARGE_INTEGER position;
    position.QuadPart = (LONGLONG)bytes;
    return SetFilePointerEx(plain, position, NULL, FILE_BEGIN) && SetEndOfFile(plain);
}

static BOOL open_files(const char *from, const char *to)
{
    LARGE_INTEGER size;
    const DWORD flags = FILE_FLAG_OVERLAPPED | FILE_FLAG_NO_BUFFERING;
    /* Others may read the source meanwhile but not write it; that also keeps us from copying a file onto itself. */
    source = CreateFileA(from, GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING, flags, NULL);
    if (source == INVALID_HANDLE_VALUE || !GetFileSizeEx(source, &size))
        return print_error(from, GetLastError()), FALSE;
    file_bytes = (ULONGLONG)size.QuadPart;

    /* An unbuffered handle cannot be positioned at an odd byte, hence the plain handle. It also sets the size first:
     * writes that extend a file are not overlapped, however the handle was opened. */
    plain = CreateFileA(to, GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL,
                        CREATE_ALWAYS, 0, NULL);
    if (plain == INVALID_HANDLE_VALUE)
        return print_error(to, GetLastError()), FALSE;
    if (!set_size((file_bytes + SECTOR_BYTES - 1) / SECTOR_BYTES * SECTOR_BYTES))
        return print_error("making room for the copy", GetLastError()), FALSE;
    destination = CreateFileA(to, GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL,
                              OPEN_EXISTING, flags, NULL);
    if (destination == INVALID_HANDLE_VALUE)
        return print_error(to, GetLastError()), FALSE;

    /* The key could tell the files apart; here the chunk knows. */
    port = CreateIoCompletionPort(source, NULL, 0, 1);
    if (port == NULL || CreateIoCompletionPort(destination, port, 0, 0) == NULL)
        return print_error("CreateIoCompletionPort", GetLastError()), FALSE;
    return TRUE;
}

static BOOL copy(void)
{
    static struct chunk chunks[DEPTH_MAX];
    const DWORD chunk_bytes = chunk_kib * 1024;
    unsigned i;
    /* VirtualAlloc gives whole pages; malloc promises no such alignment. */
    BYTE *memory = VirtualAlloc(NULL, (SIZE_T)depth * chunk_bytes, MEM_COMMIT | MEM_RESERVE, PAGE_READWRITE);
    if (memory == NULL)
        return print_error("VirtualAlloc", GetLastError()), FALSE;

    for (i = 0; i < depth; ++i) {
        chunks[i].buffer = memory + (SIZE_T)i * chunk_bytes;
        start_next(&chunks[i]);
    }
    while (in_flight > 0) {
        DWORD bytes;
        ULONG_PTR key;
        OVERLAPPED *overlapped;
        BOOL ok = GetQueuedCompletionStatus(port, &bytes, &key, &overlapped, INFINITE);
        DWORD error = ok ? ERROR_SUCCESS : GetLastError();
        /* FALSE with an OVERLAPPED is a packet, of an operation that failed. */
        if (overlapped != NULL) {
            finished((struct chunk *)overlapped, bytes, error);
        } else if (ok) {
            fail("interrupted", ERROR_CANCELLED);
        } else {
            print_error("GetQueuedCompletionStatus", error);
            ExitProcess(1); /* the port is gone and the chunks are not: nothing may be freed */
        }
        show_progress(FALSE);
    }
    VirtualFree(memory, 0, MEM_RELEASE);
    if (failure != ERROR_SUCCESS) {
        if (!quiet)
            fputc('\n', stderr);
        return print_error(failed_at, failure), FALSE;
    }
    show_progress(TRUE);
    if (!set_size(file_bytes))
        return print_error("cutting the copy to its size", GetLastError()), FALSE;
    if (!FlushFileBuffers(plain)) /* unbuffered writes still sit in the disk's own cache, and the size in the system's */
        return print_error("flushing", GetLastError()), FALSE;
    return TRUE;
}

static BOOL parse(int argc, char **argv)
{
    const struct { const char *name; unsigned *value, least, most; } options[] = {
        {"--depth", &depth, 1, DEPTH_MAX}, {"--chunk-kib", &chunk_kib, 4, 65536}, {"--quiet", &quiet, 0, 1}};
    const char *wrong = argc < 3 ? "SOURCE and DESTINATION" : NULL;
    int i;
    for (i = 3; i < argc && wrong == NULL; i += 2) {
        size_t o;
        wrong = argv[i];
        for (o = 0; o < sizeof options / sizeof options[0]; ++o) {
            char *end;
            unsigned long value;
            if (strcmp(argv[i], options[o].name) != 0 || i + 1 == argc)
                continue;
            value = strtoul(argv[i + 1], &end, 10);
            if (end != argv[i + 1] && *end == '\0' && value >= options[o].least && value <= options[o].most)
                wrong = NULL;
            *options[o].value = (unsigned)value;
        }
    }
    if (wrong != NULL)
        fprintf(stderr, "copy: %s: missing, unknown, or its value is out of range\n"
                        "usage: copy SOURCE DESTINATION [--depth N] [--chunk-kib N] [--quiet 0|1]\n", wrong);
    else
        chunk_kib = chunk_kib / 4 * 4; /* whole sectors */
    return wrong == NULL;
}

int main(int argc, char **argv)
{
    BOOL copied;
    if (!parse(argc, argv))
        return 2;
    copied = open_files(argv[1], argv[2]) && SetConsoleCtrlHandler(on_console_event, TRUE) && copy();
    if (!copied && plain != INVALID_HANDLE_VALUE) {
        /* Half a copy is worse than none. Deleted while open, the name goes with the last handle. */
        if (!DeleteFileA(argv[2]))
            print_error(argv[2], GetLastError());
    }
    if (destination != INVALID_HANDLE_VALUE)
        CloseHandle(destination);
    if (plain != INVALID_HANDLE_VALUE)
        CloseHandle(plain);
    if (source != INVALID_HANDLE_VALUE)
        CloseHandle(source);
    return copied ? 0 : 1;
}
