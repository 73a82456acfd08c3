/* Section 17: SetFileCompletionNotificationModes (M1 to M4). */
#include "../../support/fixtures.h"

static BOOL set_modes(SOCKET s, UCHAR modes)
{
    return SetFileCompletionNotificationModes((HANDLE)s, modes);
}

/* What is active shows in what an operation that finishes at once leaves behind: a packet? a signaled handle? */
static void active(const char *after, HANDLE port, struct tcp_pair pair, int packet, int handle_signaled)
{
    OVERLAPPED ov = overlapped_at(0);
    char byte, what[64];

    send_text(pair.peer, "x");
    await_bytes(pair.here, 1);
    require(receive(pair.here, &byte, 1, &ov) == 0);
    snprintf(what, sizeof what, "after %s: packet", after);
    observe("M1", what, packets_left(port), packet);
    snprintf(what, sizeof what, "after %s: handle signaled", after);
    observe("M1", what, is_signaled((HANDLE)pair.here), handle_signaled);
}

static void sticky(void)
{
    struct tcp_pair pair = connected_pair();
    HANDLE port = new_port(0);

    bind_socket(port, pair.here, 1);
    active("none", port, pair, 1, 1);
    observe("M1", "2", set_modes(pair.here, FILE_SKIP_SET_EVENT_ON_HANDLE) != 0, 1);
    observe("M4", "flag 2 unsignals the handle at once", is_signaled((HANDLE)pair.here), 0);
    active("2", port, pair, 1, 0);
    observe("M1", "0", set_modes(pair.here, 0) != 0, 1);
    active("2, 0", port, pair, 1, 0);
    observe("M1", "1", set_modes(pair.here, FILE_SKIP_COMPLETION_PORT_ON_SUCCESS) != 0, 1);
    active("2, 0, 1", port, pair, 0, 0);
    observe("M1", "0 again", set_modes(pair.here, 0) != 0, 1);
    observe("M1", "an unknown bit", set_modes(pair.here, 0x40) != 0, 1);
    observe("M1", "4", set_modes(pair.here, 4) != 0, 1);
    active("2, 0, 1, 0, 0x40, 4", port, pair, 0, 0);
    CloseHandle(port);
    close_pair(pair);
}

static void handles_that_are_not_overlapped(void)
{
    struct temp_file path = temp_file_with("abc", 3);
    HANDLE sync_file = open_file(&path, GENERIC_READ, 0), event = new_event(TRUE, FALSE), file = open_overlapped(&path);
    SOCKET sync_socket = WSASocketW(AF_INET, SOCK_STREAM, 0, NULL, 0, 0);

    observe("M2", "sync file", SetFileCompletionNotificationModes(sync_file, 1) ? 0 : GetLastError(), 87);
    observe("M2", "sync socket", SetFileCompletionNotificationModes((HANDLE)sync_socket, 1) ? 0 : GetLastError(), 87);
    observe("M2", "overlapped file", SetFileCompletionNotificationModes(file, 1) != 0, 1);
    observe("M2", "event", SetFileCompletionNotificationModes(event, 1) ? 0 : GetLastError(), 6);
    observe("M2", "NULL", SetFileCompletionNotificationModes(NULL, 1) ? 0 : GetLastError(), 6);
    CloseHandle(sync_file);
    CloseHandle(file);
    CloseHandle(event);
    closesocket(sync_socket);
    remove_file(&path);
}

static void pending_operations_still_post(void)
{
    struct tcp_pair pair = connected_pair();
    HANDLE port = new_port(0), event = new_event(TRUE, FALSE);
    OVERLAPPED ov = overlapped_at(0), with_event = overlapped_with(event);
    char byte;

    bind_socket(port, pair.here, 3);
    require(set_modes(pair.here, FILE_SKIP_COMPLETION_PORT_ON_SUCCESS));
    pend_receive(pair.here, &byte, 1, &ov);
    send_text(pair.peer, "x");
    observe_packet("M3", "pended, then succeeded", port, &ov, "TRUE key 3 bytes 1 own");
    pend_receive(pair.here, &byte, 1, &ov);
    require(CancelIoEx((HANDLE)pair.here, &ov));
    observe_packet("M3", "pended, then cancelled", port, &ov, "FALSE/995 key 3 bytes 0 own");
    send_text(pair.peer, "x");
    await_bytes(pair.here, 1);
    require(receive(pair.here, &byte, 1, &with_event) == 0);
    observe("M4", "event signaled with SKIP", is_signaled(event), 1);
    observe_no_packet("M3", "done at once", port);
    CloseHandle(event);
    CloseHandle(port);
    close_pair(pair);
}

static void handle_signal_with_skip(void)
{
    struct tcp_pair pair = connected_pair();
    HANDLE port = new_port(0);
    OVERLAPPED ov = overlapped_at(0);
    char byte;

    bind_socket(port, pair.here, 4);
    require(set_modes(pair.here, FILE_SKIP_SET_EVENT_ON_HANDLE));
    pend_receive(pair.here, &byte, 1, &ov);
    send_text(pair.peer, "x");
    observe_packet("M4", "packet with flag 2", port, &ov, "TRUE key 4 bytes 1 own");
    observe("M4", "handle after it", is_signaled((HANDLE)pair.here), 0);
    CloseHandle(port);
    close_pair(pair);
}

OBSERVE({ "sticky", sticky }, { "handles_that_are_not_overlapped", handles_that_are_not_overlapped },
        { "pending_operations_still_post", pending_operations_still_post },
        { "handle_signal_with_skip", handle_signal_with_skip })
