/* A thread, events, times, a file and a connection by AcceptEx, all of them through a completion port. The exit status
 * is the number of the step that failed. */
#include <winsock2.h>
#include <mswsock.h>
#include <ws2tcpip.h>
#include <windows.h>

#include <string.h>

static DWORD WINAPI posts(void *port)
{
    return PostQueuedCompletionStatus(port, 7, 1, NULL);
}

static int times(HANDLE port)
{
    DWORD bytes;
    ULONG_PTR key;
    OVERLAPPED *overlapped;
    HANDLE event = CreateEventA(NULL, FALSE, FALSE, NULL);
    HANDLE thread = CreateThread(NULL, 0, posts, port, 0, NULL);

    if (WaitForSingleObject(event, 1) != WAIT_TIMEOUT)
        return 1;
    Sleep(1);
    if (!GetQueuedCompletionStatus(port, &bytes, &key, &overlapped, 10000) || bytes != 7)
        return 2;
    if (GetQueuedCompletionStatus(port, &bytes, &key, &overlapped, 1) || GetLastError() != WAIT_TIMEOUT)
        return 3;
    if (WaitForSingleObject(thread, 10000) != WAIT_OBJECT_0)
        return 4;
    CloseHandle(thread);
    CloseHandle(event);
    return 0;
}

static int file(HANDLE port)
{
    DWORD bytes;
    ULONG_PTR key;
    OVERLAPPED write, *done;
    HANDLE file = CreateFileA("every_day.txt", GENERIC_READ | GENERIC_WRITE, 0, NULL, CREATE_ALWAYS,
                              FILE_FLAG_OVERLAPPED, NULL);

    memset(&write, 0, sizeof write);
    if (file == INVALID_HANDLE_VALUE || CreateIoCompletionPort(file, port, 2, 0) != port)
        return 5;
    if (!WriteFile(file, "words", 5, NULL, &write) && GetLastError() != ERROR_IO_PENDING)
        return 6;
    if (!GetQueuedCompletionStatus(port, &bytes, &key, &done, 10000) || done != &write || bytes != 5)
        return 7;
    CloseHandle(file);
    return 0;
}

static int connection(HANDLE port)
{
    WSADATA data;
    SOCKET listener, accepted, client;
    struct sockaddr_in address;
    int length = sizeof address;
    char addresses[2 * (sizeof address + 16)], text[8];
    WSABUF buffer;
    DWORD bytes, flags = 0;
    ULONG_PTR key;
    OVERLAPPED accept, receive, *done;

    memset(&address, 0, sizeof address);
    memset(&accept, 0, sizeof accept);
    memset(&receive, 0, sizeof receive);
    if (WSAStartup(MAKEWORD(2, 2), &data) != 0)
        return 8;
    listener = socket(AF_INET, SOCK_STREAM, 0);
    accepted = socket(AF_INET, SOCK_STREAM, 0);
    client = socket(AF_INET, SOCK_STREAM, 0);
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    CreateIoCompletionPort((HANDLE)listener, port, 3, 0);
    if (bind(listener, (struct sockaddr *)&address, length) != 0 || listen(listener, 1) != 0)
        return 9;
    if (AcceptEx(listener, accepted, addresses, 0, sizeof address + 16, sizeof address + 16, &bytes, &accept))
        return 10;
    getsockname(listener, (struct sockaddr *)&address, &length);
    if (connect(client, (struct sockaddr *)&address, length) != 0)
        return 11;
    if (!GetQueuedCompletionStatus(port, &bytes, &key, &done, 10000) || done != &accept)
        return 12;
    CreateIoCompletionPort((HANDLE)accepted, port, 4, 0);
    buffer.buf = text;
    buffer.len = sizeof text;
    if (WSARecv(accepted, &buffer, 1, NULL, &flags, &receive, NULL) == 0 || WSAGetLastError() != WSA_IO_PENDING)
        return 13;
    if (send(client, "a word", 6, 0) != 6)
        return 14;
    if (!GetQueuedCompletionStatus(port, &bytes, &key, &done, 10000) || done != &receive || bytes != 6)
        return 15;
    if (memcmp(text, "a word", 6) != 0)
        return 16;
    closesocket(client);
    closesocket(accepted);
    closesocket(listener);
    return WSACleanup() == 0 ? 0 : 17;
}

int main(void)
{
    HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);
    int failed = times(port);

    if (!failed)
        failed = file(port);
    if (!failed)
        failed = connection(port);
    return failed;
}
