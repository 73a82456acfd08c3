/* Section 10: DeviceIoControl: how codes are made, what is refused how, and WSAIoctl's packets (IO6). */
#include "../../support/fixtures.h"
#include <winioctl.h>

#define CODE(name) { #name, name }

/* Each value from its four fields: device << 16 | access << 14 | function << 2 | method. */
static void code_packing(void)
{
    static const struct {
        const char *name;
        unsigned value, device, function, method, access;
    } codes[] = {
        { "FSCTL_SET_SPARSE", 0x900C4, 9, 49, 0, 0 },
        { "FSCTL_SET_ZERO_DATA", 0x980C8, 9, 50, 0, 2 },
        { "FSCTL_QUERY_ALLOCATED_RANGES", 0x940CF, 9, 51, 3, 1 },
        { "FSCTL_GET_REPARSE_POINT", 0x900A8, 9, 42, 0, 0 },
        { "FSCTL_SET_REPARSE_POINT", 0x900A4, 9, 41, 0, 0 },
        { "FSCTL_DELETE_REPARSE_POINT", 0x900AC, 9, 43, 0, 0 },
        { "FSCTL_GET_COMPRESSION", 0x9003C, 9, 15, 0, 0 },
        { "FSCTL_SET_COMPRESSION", 0x9C040, 9, 16, 0, 3 },
        { "FSCTL_DUPLICATE_EXTENTS_TO_FILE", 0x98344, 9, 209, 0, 2 },
        { "FSCTL_GET_RETRIEVAL_POINTERS", 0x90073, 9, 28, 3, 0 },
        { "FSCTL_FILE_LEVEL_TRIM", 0x98208, 9, 130, 0, 2 },
        { "FSCTL_GET_OBJECT_ID", 0x9009C, 9, 39, 0, 0 },
        { "FSCTL_LOCK_VOLUME", 0x90018, 9, 6, 0, 0 },
        { "FSCTL_UNLOCK_VOLUME", 0x9001C, 9, 7, 0, 0 },
        { "FSCTL_DISMOUNT_VOLUME", 0x90020, 9, 8, 0, 0 },
        { "FSCTL_IS_VOLUME_MOUNTED", 0x90028, 9, 10, 0, 0 },
        { "FSCTL_GET_INTEGRITY_INFORMATION", 0x9027C, 9, 159, 0, 0 },
        { "FSCTL_SET_INTEGRITY_INFORMATION", 0x9C280, 9, 160, 0, 3 },
        { "FSCTL_REQUEST_OPLOCK", 0x90240, 9, 144, 0, 0 },
        { "FSCTL_FILESYSTEM_GET_STATISTICS", 0x90060, 9, 24, 0, 0 },
        { "FSCTL_PIPE_LISTEN", 0x110008, 0x11, 2, 0, 0 },
        { "FSCTL_PIPE_DISCONNECT", 0x110004, 0x11, 1, 0, 0 },
        { "FSCTL_PIPE_PEEK", 0x11400C, 0x11, 3, 0, 1 },
        { "FSCTL_PIPE_WAIT", 0x110018, 0x11, 6, 0, 0 },
        { "FSCTL_PIPE_TRANSCEIVE", 0x11C017, 0x11, 5, 3, 3 },
        { "IOCTL_DISK_GET_LENGTH_INFO", 0x7405C, 7, 23, 0, 1 },
        { "IOCTL_DISK_GET_DRIVE_GEOMETRY", 0x70000, 7, 0, 0, 0 },
        { "IOCTL_DISK_GET_DRIVE_GEOMETRY_EX", 0x700A0, 7, 40, 0, 0 },
        { "IOCTL_DISK_GET_PARTITION_INFO_EX", 0x70048, 7, 18, 0, 0 },
        { "IOCTL_STORAGE_QUERY_PROPERTY", 0x2D1400, 0x2D, 0x500, 0, 0 },
        { "IOCTL_STORAGE_GET_DEVICE_NUMBER", 0x2D1080, 0x2D, 0x420, 0, 0 },
        { "IOCTL_STORAGE_CHECK_VERIFY", 0x2D4800, 0x2D, 0x200, 0, 1 },
        { "IOCTL_STORAGE_CHECK_VERIFY2", 0x2D0800, 0x2D, 0x200, 0, 0 },
        { "IOCTL_STORAGE_MANAGE_DATA_SET_ATTRIBUTES", 0x2D9404, 0x2D, 0x501, 0, 2 },
        { "IOCTL_VOLUME_GET_VOLUME_DISK_EXTENTS", 0x560000, 0x56, 0, 0, 0 },
        { "IOCTL_AFD_POLL", 0x12024, 1, 0x809, 0, 0 },
    };
    /* What the headers say, where a program would use the name. */
    static const struct {
        const char *name;
        unsigned value;
    } named[] = {
        CODE(FSCTL_SET_SPARSE), CODE(FSCTL_SET_ZERO_DATA), CODE(FSCTL_QUERY_ALLOCATED_RANGES),
        CODE(FSCTL_GET_REPARSE_POINT), CODE(FSCTL_SET_REPARSE_POINT), CODE(FSCTL_DELETE_REPARSE_POINT),
        CODE(FSCTL_GET_COMPRESSION), CODE(FSCTL_SET_COMPRESSION), CODE(FSCTL_GET_RETRIEVAL_POINTERS),
        CODE(FSCTL_GET_OBJECT_ID), CODE(FSCTL_LOCK_VOLUME), CODE(FSCTL_UNLOCK_VOLUME), CODE(FSCTL_DISMOUNT_VOLUME),
        CODE(FSCTL_IS_VOLUME_MOUNTED), CODE(FSCTL_FILESYSTEM_GET_STATISTICS), CODE(IOCTL_DISK_GET_LENGTH_INFO),
        CODE(IOCTL_DISK_GET_DRIVE_GEOMETRY), CODE(IOCTL_DISK_GET_DRIVE_GEOMETRY_EX),
        CODE(IOCTL_DISK_GET_PARTITION_INFO_EX), CODE(IOCTL_STORAGE_QUERY_PROPERTY),
        CODE(IOCTL_STORAGE_GET_DEVICE_NUMBER), CODE(IOCTL_STORAGE_CHECK_VERIFY), CODE(IOCTL_STORAGE_CHECK_VERIFY2),
    };
    size_t i, j, matched = 0;
    for (i = 0; i < sizeof codes / sizeof codes[0]; i++)
        observe_hex("IO5", codes[i].name,
                    CTL_CODE(codes[i].device, codes[i].function, codes[i].method, codes[i].access), codes[i].value);
    for (i = 0; i < sizeof named / sizeof named[0]; i++)
        for (j = 0; j < sizeof codes / sizeof codes[0]; j++)
            if (strcmp(named[i].name, codes[j].name) == 0)
                matched += named[i].value == codes[j].value;
    observe("IO5", "names in the header with these values", (long long)matched, sizeof named / sizeof named[0]);
}

static DWORD wait_for(HANDLE file, OVERLAPPED *ov, BOOL issued, DWORD *bytes)
{
    if (!issued && GetLastError() != ERROR_IO_PENDING)
        return GetLastError();
    return GetOverlappedResult(file, ov, bytes, TRUE) ? 0 : GetLastError();
}

static void control_codes_on_files(void)
{
    struct temp_file path = temp_file_with("abc", 3);
    HANDLE file = open_overlapped(&path), sync_file = open_file(&path, GENERIC_READ | GENERIC_WRITE, 0);
    HANDLE port = new_port(0), event = new_event(TRUE, TRUE);
    OVERLAPPED ov = overlapped_with(event);
    DWORD bytes = 0;
    BOOL ok;

    bind_to(port, file, 8);
    observe("IO2", "unknown code", DeviceIoControl(file, 0xdeadbeef, NULL, 0, NULL, 0, &bytes, &ov)
                                       ? 0 : GetLastError(), ERROR_INVALID_FUNCTION);
    observe("IO4", "event after the refusal", is_signaled(event), 0);
    observe_no_packet("IO2", "packet of the refusal", port);
    observe("IO2", "unknown code, sync handle",
            DeviceIoControl(sync_file, 0xdeadbeef, NULL, 0, NULL, 0, &bytes, NULL) ? 0 : GetLastError(),
            ERROR_INVALID_FUNCTION);
    ov = overlapped_with(event);
    ok = DeviceIoControl(file, FSCTL_SET_SPARSE, NULL, 0, NULL, 0, NULL, &ov);
    observe("IO1", "a code with NULL for the count", ok || GetLastError() == ERROR_IO_PENDING, 1);
    observe_packet_soon("IO1", "its packet", port, &ov, "TRUE key 8 bytes 0 own");
    observe("IO1", "its event", is_signaled(event), 1);
    CloseHandle(event);
    CloseHandle(file);
    CloseHandle(sync_file);
    CloseHandle(port);
    remove_file(&path);
}

/* Three ranges, a megabyte apart in a sparse file, and room for none, one, all. */
static void allocated_ranges(void)
{
    struct temp_file path = temp_file_with("", 0);
    HANDLE file = open_overlapped(&path), port;
    FILE_ALLOCATED_RANGE_BUFFER whole, ranges[8];
    OVERLAPPED ov;
    DWORD bytes = 0, error;
    int i, in_order = 1;

    ov = overlapped_with(new_event(TRUE, FALSE));
    require(wait_for(file, &ov, DeviceIoControl(file, FSCTL_SET_SPARSE, NULL, 0, NULL, 0, NULL, &ov), &bytes) == 0);
    for (i = 0; i < 3; i++) {
        HANDLE event = ov.hEvent;
        char block[65536];
        memset(block, 'a' + i, sizeof block);
        ov = overlapped_at((unsigned long long)i << 20);
        ov.hEvent = event;
        require(wait_for(file, &ov, WriteFile(file, block, sizeof block, NULL, &ov), &bytes) == 0);
    }
    CloseHandle(ov.hEvent);
    port = new_port(0);
    bind_to(port, file, 3);
    whole.FileOffset.QuadPart = 0;
    whole.Length.QuadPart = 1 << 30;
    memset(ranges, 0, sizeof ranges);
    ov = overlapped_at(0);
    error = DeviceIoControl(file, FSCTL_QUERY_ALLOCATED_RANGES, &whole, sizeof whole, ranges, sizeof ranges, NULL, &ov)
                ? 0 : GetLastError();
    observe("IO3", "room for all: done or pending", error == 0 || error == ERROR_IO_PENDING, 1);
    observe_packet_soon("IO3", "room for all: packet", port, &ov, "TRUE key 3 bytes 48 own");
    for (i = 0; i < 3; i++)
        in_order = in_order && ranges[i].FileOffset.QuadPart == (long long)i << 20 &&
                   ranges[i].Length.QuadPart == 65536;
    observe("IO3", "the three ranges", in_order, 1);
    ov = overlapped_at(0);
    error = DeviceIoControl(file, FSCTL_QUERY_ALLOCATED_RANGES, &whole, sizeof whole, ranges, 16, NULL, &ov)
                ? 0 : GetLastError();
    observe("IO3", "room for one of three: 234 or pending", error == ERROR_MORE_DATA || error == ERROR_IO_PENDING, 1);
    observe_packet_soon("IO3", "room for one of three: packet", port, &ov, "FALSE/234 key 3 bytes 16 own");
    ov = overlapped_at(0);
    error = DeviceIoControl(file, FSCTL_QUERY_ALLOCATED_RANGES, &whole, sizeof whole, ranges, 4, NULL, &ov)
                ? 0 : GetLastError();
    observe("IO3", "room for nothing", error, ERROR_INSUFFICIENT_BUFFER);
    observe_no_packet("IO3", "room for nothing: packet", port);
    CloseHandle(port);
    CloseHandle(file);
    remove_file(&path);
}

static void socket_ioctl_packet(void)
{
    SOCKET s = new_socket(SOCK_STREAM);
    HANDLE port = new_port(0);
    OVERLAPPED ov = overlapped_at(0);
    static char list[4096];
    DWORD bytes = 0;
    int result;

    bind_socket(port, s, 6);
    result = WSAIoctl(s, SIO_ADDRESS_LIST_QUERY, NULL, 0, list, sizeof list, &bytes, &ov, NULL);
    observe("IO6", "SIO_ADDRESS_LIST_QUERY with OVERLAPPED", result == 0 ? 0 : WSAGetLastError(), 0);
    observe("IO6", "bytes by the pointer", bytes > 0, 1);
    observe_packet_soon("IO6", "bytes in the packet", port, &ov, "TRUE key 6 bytes 0 own");
    closesocket(s);
    CloseHandle(port);
}

OBSERVE({ "code_packing", code_packing }, { "control_codes_on_files", control_codes_on_files },
        { "allocated_ranges", allocated_ranges }, { "socket_ioctl_packet", socket_ioctl_packet })
