/* Section 12, third part: datagrams (S11, S12, S20), and duplicates of sockets (S21, S24). S1 and S18 as a table. */
#include "../../support/fixtures.h"

static DWORD flags;

static DWORD receive_from(SOCKET s, char *buffer, DWORD length, struct sockaddr_in *from, int *from_length,
                          OVERLAPPED *ov)
{
    WSABUF one;
    one.buf = buffer;
    one.len = length;
    flags = 0;
    return WSARecvFrom(s, &one, 1, NULL, &flags, (struct sockaddr *)from, from_length, ov, NULL) == 0
               ? 0 : (DWORD)WSAGetLastError();
}

static void truncation(void)
{
    SOCKET s = new_datagram_socket(), peer = new_datagram_socket();
    HANDLE port = new_port(0);
    OVERLAPPED ov = overlapped_at(0);
    DWORD bytes = 0, result_flags = 0;
    char buffer[4];

    bind_socket(port, s, 11);
    send_datagram(peer, s, "0123456789", 10);
    require(readable_in_time(s));
    observe("S11", "10 bytes into 4, at once", receive(s, buffer, 4, &ov), WSAEMSGSIZE);
    observe("S11", "what fits", memcmp(buffer, "0123", 4) == 0, 1);
    observe_packet("S11", "its packet", port, &ov, "FALSE/234 key 11 bytes 4 own");
    observe_hex("S11", "its status", status_of(&ov), 0x80000005);
    memset(buffer, 0, sizeof buffer);
    pend_receive(s, buffer, 4, &ov);
    send_datagram(peer, s, "abcdefghij", 10);
    observe_packet("S11", "10 bytes into 4, pending", port, &ov, "FALSE/234 key 11 bytes 4 own");
    observe("S11", "what fits of the pending one", memcmp(buffer, "abcd", 4) == 0, 1);
    observe("S11", "WSAGetOverlappedResult",
            WSAGetOverlappedResult(s, &ov, &bytes, FALSE, &result_flags) ? 0 : WSAGetLastError(), WSAEMSGSIZE);
    observe("S11", "its bytes", bytes, 4);
    pend_receive(s, buffer, 4, &ov);
    send_datagram(peer, s, "xy", 2);
    observe_packet("S11", "the rest is lost, the next datagram comes", port, &ov, "TRUE key 11 bytes 2 own");
    closesocket(s);
    closesocket(peer);
    CloseHandle(port);
}

static void sender_address(void)
{
    SOCKET s = new_datagram_socket(), peer = new_datagram_socket();
    struct sockaddr_in peer_name = name_of(peer), *from = (struct sockaddr_in *)malloc(sizeof *from);
    HANDLE port = new_port(0);
    OVERLAPPED ov = overlapped_at(0);
    WSABUF one;
    DWORD count = PREFILL;
    int *from_length = (int *)malloc(sizeof *from_length);
    char buffer[8];

    bind_socket(port, s, 12);
    memset(from, 0, sizeof *from);
    *from_length = sizeof *from;
    one.buf = buffer;
    one.len = 8;
    flags = 0;
    observe("S12", "WSARecvFrom",
            WSARecvFrom(s, &one, 1, &count, &flags, (struct sockaddr *)from, from_length, &ov, NULL)
                ? WSAGetLastError() : 0, WSA_IO_PENDING);
    observe("S12", "address before the completion", from->sin_port, 0);
    send_datagram(peer, s, "abc", 3);
    observe_packet("S12", "packet", port, &ov, "TRUE key 12 bytes 3 own");
    observe("S12", "the sender's port", from->sin_port == peer_name.sin_port, 1);
    observe("S12", "the sender's address", from->sin_addr.s_addr == peer_name.sin_addr.s_addr, 1);
    observe("S12", "the sender's family", from->sin_family, AF_INET);
    observe("S12", "length of the address", *from_length, 16);
    observe_hex("S12", "the count is not written later", count, PREFILL);
    free(from);
    free(from_length);
    closesocket(s);
    closesocket(peer);
    CloseHandle(port);
}

static void port_unreachable(void)
{
    SOCKET s = new_datagram_socket(), gone = new_datagram_socket();
    struct sockaddr_in nobody = name_of(gone), from;
    HANDLE port = new_port(0);
    OVERLAPPED ov = overlapped_at(0);
    int from_length = sizeof from;
    BOOL report = FALSE;
    DWORD bytes = 0, result_flags = 0;
    char buffer[8];

    closesocket(gone);
    bind_socket(port, s, 20);
    observe("S20", "WSARecvFrom", receive_from(s, buffer, 8, &from, &from_length, &ov), WSA_IO_PENDING);
    require(sendto(s, "x", 1, 0, (struct sockaddr *)&nobody, sizeof nobody) == 1);
    observe_packet_soon("S20", "nobody there, receive pending", port, &ov, "FALSE/1234 key 20 bytes 0 own");
    observe("S20", "WSAGetOverlappedResult",
            WSAGetOverlappedResult(s, &ov, &bytes, FALSE, &result_flags) ? 0 : WSAGetLastError(), WSAECONNRESET);
    CancelIoEx((HANDLE)s, NULL);
    packets_left(port);

    require(WSAIoctl(s, SIO_UDP_CONNRESET, &report, sizeof report, NULL, 0, &bytes, NULL, NULL) == 0);
    ov = overlapped_at(0);
    observe("S20", "WSARecvFrom, reports off", receive_from(s, buffer, 8, &from, &from_length, &ov), WSA_IO_PENDING);
    require(sendto(s, "x", 1, 0, (struct sockaddr *)&nobody, sizeof nobody) == 1);
    observe_no_packet("S20", "nobody there, reports off", port);
    closesocket(s);
    CloseHandle(port);
}

static void duplicates(void)
{
    struct tcp_pair pair = connected_pair();
    HANDLE self = GetCurrentProcess(), duplicate = NULL;
    OVERLAPPED ov = overlapped_with(new_event(TRUE, FALSE));
    DWORD bytes = 0, result_flags = 0;
    char buffer[8];

    require(DuplicateHandle(self, (HANDLE)pair.here, self, &duplicate, 0, FALSE, DUPLICATE_SAME_ACCESS));
    pend_receive((SOCKET)duplicate, buffer, 8, &ov);
    observe("S24", "WSARecv through a duplicate", 1, 1);
    send_text(pair.peer, "abc");
    observe("S24", "it completes", signaled_in_time(ov.hEvent), 1);
    observe("S21", "WSAGetOverlappedResult through the socket",
            WSAGetOverlappedResult(pair.here, &ov, &bytes, FALSE, &result_flags) && bytes == 3, 1);
    observe("S21", "WSAGetOverlappedResult through the duplicate",
            WSAGetOverlappedResult((SOCKET)duplicate, &ov, &bytes, FALSE, &result_flags) ? 0 : WSAGetLastError(),
            WSAENOTSOCK);
    observe("S24", "send through a duplicate", send((SOCKET)duplicate, "xy", 2, 0), 2);
    observe("S24", "recv at the peer", received(pair.peer, buffer, 8), 2);
    send_text(pair.peer, "abcd");
    await_bytes(pair.here, 4);
    observe("S24", "recv through a duplicate", recv((SOCKET)duplicate, buffer, 8, 0), 4);
    ov = overlapped_with(ov.hEvent);
    observe("S24", "WSASend through a duplicate", transmit((SOCKET)duplicate, "z", 1, &ov), 0);
    observe("S21", "GetOverlappedResult through the duplicate",
            GetOverlappedResult(duplicate, &ov, &bytes, TRUE) && bytes == 1, 1);
    CloseHandle(duplicate);
    CloseHandle(ov.hEvent);
    close_pair(pair);
}

/* Done is 0, queued is -1 with 997, refused is -1 with the error: for each of the four calls. */
static void shapes_of_results(void)
{
    SOCKET s = new_datagram_socket(), peer = new_datagram_socket();
    struct sockaddr_in peer_name = name_of(peer), from;
    OVERLAPPED ov = overlapped_with(new_event(TRUE, FALSE));
    struct tcp_pair pair = connected_pair();
    int from_length = sizeof from;
    char buffer[8] = "abc";
    WSABUF one;

    one.buf = buffer;
    one.len = 3;
    observe("S1", "WSASendTo",
            WSASendTo(s, &one, 1, NULL, 0, (struct sockaddr *)&peer_name, sizeof peer_name, &ov, NULL), 0);
    require(readable_in_time(peer));
    observe("S1", "WSARecvFrom, datagram there", receive_from(peer, buffer, 8, &from, &from_length, &ov), 0);
    observe("S1", "WSARecvFrom, none there", receive_from(peer, buffer, 8, &from, &from_length, &ov), WSA_IO_PENDING);
    require(CancelIoEx((HANDLE)peer, &ov) && signaled_in_time(ov.hEvent));
    observe("S1", "WSASend", transmit(pair.here, "abc", 3, &ov), 0);
    await_bytes(pair.peer, 3);
    observe("S1", "WSARecv, data there", receive(pair.peer, buffer, 8, &ov), 0);
    observe("S1", "WSARecv, none there", receive(pair.peer, buffer, 8, &ov), WSA_IO_PENDING);
    require(CancelIoEx((HANDLE)pair.peer, &ov) && signaled_in_time(ov.hEvent));
    closesocket(pair.here);
    closesocket(peer);
    observe("S1", "WSARecv on a closed socket", receive(peer, buffer, 8, &ov), WSAENOTSOCK);
    CloseHandle(ov.hEvent);
    closesocket(pair.peer);
    closesocket(s);
}

static void plain_calls_post_nothing(void)
{
    SOCKET listener = new_listener(), client = new_socket(SOCK_STREAM), accepted;
    struct sockaddr_in address = name_of(listener);
    HANDLE port = new_port(0);
    u_long on = 1;
    char buffer[8];

    bind_socket(port, listener, 1);
    bind_socket(port, client, 2);
    observe("S18", "WSAConnect",
            WSAConnect(client, (struct sockaddr *)&address, sizeof address, NULL, NULL, NULL, NULL), 0);
    accepted = WSAAccept(listener, NULL, NULL, NULL, 0);
    require(accepted != INVALID_SOCKET);
    bind_socket(port, accepted, 3);
    observe("S18", "send", send(client, "abc", 3, 0), 3);
    observe("S18", "recv", received(accepted, buffer, 8), 3);
    require(ioctlsocket(client, FIONBIO, &on) == 0);
    observe("S18", "nonblocking recv", recv(client, buffer, 8, 0) < 0 ? WSAGetLastError() : 0, WSAEWOULDBLOCK);
    observe("S18", "shutdown", shutdown(client, SD_BOTH), 0);
    observe_no_packet("S18", "packets of these", port);
    closesocket(listener);
    closesocket(client);
    closesocket(accepted);
    CloseHandle(port);
}

OBSERVE({ "truncation", truncation }, { "sender_address", sender_address }, { "port_unreachable", port_unreachable },
        { "duplicates", duplicates }, { "shapes_of_results", shapes_of_results },
        { "plain_calls_post_nothing", plain_calls_post_nothing })
