/* Section 13, third part: TransmitFile (TF1, TF2). */
#include "../../support/fixtures.h"

static DWORD transmit_file(SOCKET s, HANDLE file, DWORD length, OVERLAPPED *ov, const char *head, const char *tail,
                           DWORD flags)
{
    static LPFN_TRANSMITFILE function;
    TRANSMIT_FILE_BUFFERS buffers;
    if (function == NULL) {
        SOCKET any = new_socket(SOCK_STREAM);
        function = transmit_file_of(any);
        closesocket(any);
    }
    buffers.Head = (void *)head;
    buffers.HeadLength = head ? (DWORD)strlen(head) : 0;
    buffers.Tail = (void *)tail;
    buffers.TailLength = tail ? (DWORD)strlen(tail) : 0;
    return function(s, file, length, 0, ov, head || tail ? &buffers : NULL, flags)
               ? 0 : (DWORD)WSAGetLastError();
}

/* What arrives until `count` bytes did, as text. */
static const char *arrived(SOCKET s, int count)
{
    static char text[128];
    int got = 0;
    memset(text, 0, sizeof text);
    while (got < count) {
        int more = received(s, text + got, count - got);
        if (more <= 0)
            break;
        got += more;
    }
    return text;
}

static void refusals(void)
{
    struct temp_file path = temp_file_with("0123456789", 10);
    HANDLE file = open_file(&path, GENERIC_READ, 0);
    SOCKET unconnected = new_socket(SOCK_STREAM), datagrams = new_datagram_socket();
    struct tcp_pair pair = connected_pair();
    OVERLAPPED ov = overlapped_at(0);
    DWORD error;

    observe("TF1", "no socket", transmit_file(INVALID_SOCKET, file, 0, NULL, NULL, NULL, 0), WSAENOTSOCK);
    observe("TF1", "not connected", transmit_file(unconnected, file, 0, NULL, NULL, NULL, 0), WSAENOTCONN);
    error = transmit_file(datagrams, file, 0, NULL, NULL, NULL, 0);
    observe("TF1", "datagram socket: 10057 or 10022", error == WSAENOTCONN || error == WSAEINVAL, 1);
    observe("TF1", "no file, no buffers", transmit_file(pair.here, NULL, 0, NULL, NULL, NULL, 0), 0);
    observe_no_bytes("TF1", "bytes of that", pair.peer);
    observe("TF2", "TF_REUSE_SOCKET without TF_DISCONNECT",
            transmit_file(pair.here, file, 0, &ov, NULL, NULL, TF_REUSE_SOCKET) != 0, 1);
    CloseHandle(file);
    closesocket(unconnected);
    closesocket(datagrams);
    close_pair(pair);
    remove_file(&path);
}

static void overlapped(void)
{
    struct temp_file path = temp_file_with("0123456789", 10);
    HANDLE file = open_file(&path, GENERIC_READ, 0), port = new_port(0);
    struct tcp_pair pair = connected_pair();
    OVERLAPPED ov = overlapped_at(0);

    bind_socket(port, pair.here, 1);
    observe("TF1", "file with head and tail", transmit_file(pair.here, file, 0, &ov, "Head", "Tail", 0),
            WSA_IO_PENDING);
    observe_packet_soon("TF1", "total of head, file and tail", port, &ov, "TRUE key 1 bytes 18 own");
    observe_text("TF1", "in this order", arrived(pair.peer, 18), "Head0123456789Tail");
    ov = overlapped_at(5);
    observe("TF2", "from offset 5", transmit_file(pair.here, file, 0, &ov, "H", "T", 0), WSA_IO_PENDING);
    observe_packet_soon("TF2", "total from offset 5", port, &ov, "TRUE key 1 bytes 7 own");
    observe_text("TF2", "what arrived", arrived(pair.peer, 7), "H56789T");
    ov = overlapped_at(2);
    observe("TF2", "3 from offset 2", transmit_file(pair.here, file, 3, &ov, NULL, NULL, 0), WSA_IO_PENDING);
    observe_packet_soon("TF2", "total of 3 from offset 2", port, &ov, "TRUE key 1 bytes 3 own");
    observe_text("TF2", "what arrived of it", arrived(pair.peer, 3), "234");
    ov = overlapped_at(0);
    observe("TF1", "buffers without a file", transmit_file(pair.here, NULL, 0, &ov, "only", NULL, 0), WSA_IO_PENDING);
    observe_packet_soon("TF1", "their total", port, &ov, "TRUE key 1 bytes 4 own");
    observe_text("TF1", "and they arrive", arrived(pair.peer, 4), "only");
    CloseHandle(file);
    CloseHandle(port);
    close_pair(pair);
    remove_file(&path);
}

static void blocking(void)
{
    struct temp_file path = temp_file_with("0123456789", 10);
    HANDLE file = open_file(&path, GENERIC_READ, 0);
    struct tcp_pair pair = connected_pair();
    char byte;

    SetFilePointer(file, 4, NULL, FILE_BEGIN);
    observe("TF2", "from the file pointer", transmit_file(pair.here, file, 0, NULL, NULL, NULL, 0), 0);
    observe_text("TF2", "what arrived from the file pointer", arrived(pair.peer, 6), "456789");
    SetFilePointer(file, 0, NULL, FILE_BEGIN);
    observe("TF2", "2 with TF_DISCONNECT", transmit_file(pair.here, file, 2, NULL, NULL, NULL, TF_DISCONNECT), 0);
    observe_text("TF2", "what arrived before the end", arrived(pair.peer, 2), "01");
    observe("TF2", "then the end of the stream", received(pair.peer, &byte, 1), 0);
    CloseHandle(file);
    close_pair(pair);
    remove_file(&path);
}

OBSERVE({ "refusals", refusals }, { "overlapped", overlapped }, { "blocking", blocking })
