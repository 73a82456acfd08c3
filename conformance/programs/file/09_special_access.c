/* Section 9, third part: unbuffered, scattered, locked, forbidden and closed files (F18 to F20, F22, F24). */
#include "../../support/fixtures.h"

#define PAGE 4096

static DWORD wait_for(HANDLE file, OVERLAPPED *ov, BOOL issued, DWORD *bytes)
{
    if (!issued && GetLastError() != ERROR_IO_PENDING)
        return GetLastError();
    return GetOverlappedResult(file, ov, bytes, TRUE) ? 0 : GetLastError();
}

static char *new_pages(int count)
{
    char *pages = (char *)VirtualAlloc(NULL, (SIZE_T)count * PAGE, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    require(pages != NULL);
    return pages;
}

/* Two pages of letters and 100 bytes: a size that no sector divides. */
static struct temp_file lettered_file(void)
{
    char contents[2 * PAGE + 100];
    memset(contents, 'a', PAGE);
    memset(contents + PAGE, 'b', PAGE);
    memset(contents + 2 * PAGE, 'c', 100);
    return temp_file_with(contents, sizeof contents);
}

static DWORD unbuffered_read(HANDLE file, unsigned long long offset, char *buffer, DWORD length, DWORD *bytes)
{
    OVERLAPPED ov = overlapped_at(offset);
    DWORD error;
    ov.hEvent = new_event(TRUE, FALSE);
    error = wait_for(file, &ov, ReadFile(file, buffer, length, NULL, &ov), bytes);
    CloseHandle(ov.hEvent);
    return error;
}

static void unbuffered(void)
{
    struct temp_file path = lettered_file();
    HANDLE file = open_file(&path, GENERIC_READ, FILE_FLAG_OVERLAPPED | FILE_FLAG_NO_BUFFERING);
    char *pages = new_pages(3);
    DWORD bytes = 0;

    observe("F18", "aligned read", unbuffered_read(file, PAGE, pages, PAGE, &bytes), 0);
    observe("F18", "its bytes", bytes == PAGE && pages[0] == 'b' && pages[PAGE - 1] == 'b', 1);
    observe("F18", "read of the tail", unbuffered_read(file, 2 * PAGE, pages, PAGE, &bytes), 0);
    observe("F18", "bytes of the tail", bytes, 100);
    observe("F18", "offset 1", unbuffered_read(file, 1, pages, PAGE, &bytes), 87);
    observe("F18", "length 100", unbuffered_read(file, 0, pages, 100, &bytes), 87);
    observe("F18", "buffer off by 1", unbuffered_read(file, 0, pages + 1, PAGE, &bytes), 87);
    VirtualFree(pages, 0, MEM_RELEASE);
    CloseHandle(file);
    remove_file(&path);
}

static void scatter_and_gather(void)
{
    struct temp_file path = lettered_file();
    DWORD unbuffered_flags = FILE_FLAG_OVERLAPPED | FILE_FLAG_NO_BUFFERING, bytes = 0;
    HANDLE file = open_file(&path, GENERIC_READ | GENERIC_WRITE, unbuffered_flags);
    HANDLE sync_file = open_file(&path, GENERIC_READ | GENERIC_WRITE, FILE_FLAG_NO_BUFFERING), port = new_port(0);
    char *pages = new_pages(2);
    FILE_SEGMENT_ELEMENT segments[3];
    OVERLAPPED ov = overlapped_at(0);

    memset(segments, 0, sizeof segments);
    segments[0].Buffer = PtrToPtr64(pages + PAGE);
    segments[1].Buffer = PtrToPtr64(pages);
    bind_to(port, file, 19);
    if (!ReadFileScatter(file, segments, 2 * PAGE, NULL, &ov))
        observe("F19", "ReadFileScatter pending", GetLastError(), ERROR_IO_PENDING);
    else
        observe("F19", "ReadFileScatter pending", ERROR_IO_PENDING, ERROR_IO_PENDING);
    observe_packet("F19", "packet of the scatter", port, &ov, "TRUE key 19 bytes 8192 own");
    observe("F19", "first page went to the first segment", pages[PAGE] == 'a' && pages[2 * PAGE - 1] == 'a', 1);
    observe("F19", "second page went to the second segment", pages[0] == 'b' && pages[PAGE - 1] == 'b', 1);
    memset(pages, 'y', PAGE);
    ov = overlapped_at(0);
    if (!WriteFileGather(file, segments, 2 * PAGE, NULL, &ov))
        observe("F19", "WriteFileGather pending", GetLastError(), ERROR_IO_PENDING);
    else
        observe("F19", "WriteFileGather pending", ERROR_IO_PENDING, ERROR_IO_PENDING);
    observe_packet("F19", "packet of the gather", port, &ov, "TRUE key 19 bytes 8192 own");
    observe("F19", "second page of the file",
            unbuffered_read(file, PAGE, pages + PAGE, PAGE, &bytes) == 0 && pages[PAGE] == 'y', 1);
    ov = overlapped_at(0);
    observe("F19", "scatter on a sync handle",
            ReadFileScatter(sync_file, segments, 2 * PAGE, NULL, &ov) ? 0 : GetLastError(), 87);
    ov = overlapped_at(0);
    observe("F19", "gather on a sync handle",
            WriteFileGather(sync_file, segments, 2 * PAGE, NULL, &ov) ? 0 : GetLastError(), 87);
    VirtualFree(pages, 0, MEM_RELEASE);
    CloseHandle(port);
    CloseHandle(file);
    CloseHandle(sync_file);
    remove_file(&path);
}

static void range_locks(void)
{
    struct temp_file path = temp_file_with("0123456789", 10);
    HANDLE holder = open_overlapped(&path), other = open_overlapped(&path), port = new_port(0);
    HANDLE event = new_event(TRUE, FALSE);
    OVERLAPPED held = overlapped_at(2), wanted = overlapped_at(4), apart = overlapped_at(8), ov;
    DWORD bytes, error;

    held.hEvent = new_event(TRUE, FALSE);
    bind_to(port, other, 20);
    observe("F20", "first lock",
            wait_for(holder, &held, LockFileEx(holder, LOCKFILE_EXCLUSIVE_LOCK, 0, 4, 0, &held), &bytes), 0);
    ov = overlapped_at(4);
    observe("F20", "busy range, fail immediately",
            LockFileEx(other, LOCKFILE_EXCLUSIVE_LOCK | LOCKFILE_FAIL_IMMEDIATELY, 0, 2, 0, &ov) ? 0 : GetLastError(),
            33);
    observe_no_packet("F20", "packet of the refused lock", port);
    wanted.hEvent = event;
    error = LockFileEx(other, LOCKFILE_EXCLUSIVE_LOCK, 0, 2, 0, &wanted) ? 0 : GetLastError();
    observe("F20", "busy range, waiting", error, ERROR_IO_PENDING);
    observe_no_packet("F20", "packet while the range is busy", port);
    observe("F20", "event while the range is busy", is_signaled(event), 0);
    observe("F20", "unlock", UnlockFileEx(holder, 0, 4, 0, &held) != 0, 1);
    observe("F20", "event after the unlock", WaitForSingleObject(event, SAT_OUT_MS), WAIT_OBJECT_0);
    observe_packet_soon("F20", "packet after the unlock", port, &wanted, "TRUE key 20 bytes 0 own");
    require(LockFileEx(holder, LOCKFILE_EXCLUSIVE_LOCK, 0, 1, 0, &held) || GetLastError() == ERROR_IO_PENDING);
    ov = overlapped_at(2);
    error = LockFileEx(other, LOCKFILE_EXCLUSIVE_LOCK, 0, 1, 0, &ov) ? 0 : GetLastError();
    observe("F20", "busy range again, waiting", error, ERROR_IO_PENDING);
    observe("F20", "cancelled", CancelIoEx(other, &ov) != 0, 1);
    observe_packet_soon("F20", "packet of the cancelled lock", port, &ov, "FALSE/995 key 20 bytes 0 own");
    UnlockFileEx(holder, 0, 1, 0, &held);
    error = LockFileEx(other, LOCKFILE_EXCLUSIVE_LOCK, 0, 1, 0, &apart) ? 0 : GetLastError();
    observe("F20", "free range: done or pending", error == 0 || error == ERROR_IO_PENDING, 1);
    observe_packet_soon("F20", "packet of the free range", port, &apart, "TRUE key 20 bytes 0 own");
    observe("F20", "unlocking what is not locked", UnlockFileEx(holder, 0, 4, 0, &held) ? 0 : GetLastError(), 158);
    CloseHandle(held.hEvent);
    CloseHandle(event);
    CloseHandle(holder);
    CloseHandle(other);
    CloseHandle(port);
    remove_file(&path);
}

static void access_rights(void)
{
    struct temp_file path = temp_file_with("abc", 3);
    HANDLE reader = open_file(&path, GENERIC_READ, FILE_FLAG_OVERLAPPED);
    HANDLE writer = open_file(&path, GENERIC_WRITE, FILE_FLAG_OVERLAPPED);
    HANDLE sync_reader = open_file(&path, GENERIC_READ, 0), sync_writer = open_file(&path, GENERIC_WRITE, 0);
    HANDLE port = new_port(0);
    OVERLAPPED ov = overlapped_at(0);
    char buffer[4];
    DWORD bytes;

    bind_to(port, reader, 22);
    bind_to(port, writer, 22);
    observe("F22", "overlapped write through a reader", WriteFile(reader, "x", 1, NULL, &ov) ? 0 : GetLastError(), 5);
    observe("F22", "overlapped read through a writer", ReadFile(writer, buffer, 1, NULL, &ov) ? 0 : GetLastError(), 5);
    observe("F22", "write through a reader", WriteFile(sync_reader, "x", 1, &bytes, NULL) ? 0 : GetLastError(), 5);
    observe("F22", "read through a writer", ReadFile(sync_writer, buffer, 1, &bytes, NULL) ? 0 : GetLastError(), 5);
    observe_no_packet("F22", "packets of these", port);
    CloseHandle(reader);
    CloseHandle(writer);
    CloseHandle(sync_reader);
    CloseHandle(sync_writer);
    CloseHandle(port);
    remove_file(&path);
}

static void closed_in_flight(void)
{
    struct temp_file path = temp_file_with("abc", 3);
    HANDLE file = open_overlapped(&path), port = new_port(0);
    OVERLAPPED ov = overlapped_at(0);
    struct dequeued got;

    bind_to(port, file, 24);
    if (!WriteFile(file, "xyz", 3, NULL, &ov))
        require(GetLastError() == ERROR_IO_PENDING);
    CloseHandle(file);
    got = dequeue(port, PATIENCE_MS);
    observe("F24", "written, or 995", got.ov == &ov && (got.ok ? got.bytes == 3 : got.error == 995), 1);
    observe("F24", "packets beyond it", packets_left(port), 0);
    CloseHandle(port);
    remove_file(&path);
}

OBSERVE({ "unbuffered", unbuffered }, { "scatter_and_gather", scatter_and_gather }, { "range_locks", range_locks },
        { "access_rights", access_rights }, { "closed_in_flight", closed_in_flight })
