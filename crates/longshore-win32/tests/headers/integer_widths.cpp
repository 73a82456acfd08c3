// DWORD is not `unsigned long` here, nor ULONG_PTR `unsigned long long`. Programs that pass pointers
// to those, as Windows lets them, still compile; null in every spelling stays unambiguous.
#include <winsock2.h>
#include <windows.h>
#include <ws2tcpip.h>
#include <memory>

static DWORD WINAPI worker(LPVOID) { return 0; }
static unsigned long WINAPI long_worker(LPVOID) { return 0; }

void ports(HANDLE port)
{
    DWORD bytes = 0;
    ULONG_PTR key = 0;
    unsigned long long_bytes = 0;
    unsigned long long wide_key = 0;
    __int64 signed_key = 0;
    std::shared_ptr<int> *context = nullptr;
    LPOVERLAPPED overlapped = nullptr;
    OVERLAPPED_ENTRY entries[4];
    ULONG removed = 0;

    GetQueuedCompletionStatus(port, &bytes, &key, &overlapped, INFINITE);
    GetQueuedCompletionStatus(port, &long_bytes, &key, &overlapped, INFINITE);
    GetQueuedCompletionStatus(port, &bytes, &wide_key, &overlapped, INFINITE);
    GetQueuedCompletionStatus(port, &bytes, &signed_key, &overlapped, INFINITE);
    GetQueuedCompletionStatus(port, &long_bytes, &wide_key, &overlapped, INFINITE);
    GetQueuedCompletionStatus(port, NULL, &wide_key, &overlapped, INFINITE);
    GetQueuedCompletionStatus(port, nullptr, &key, &overlapped, 0);
    GetQueuedCompletionStatus(port, 0, 0, &overlapped, 0);
    GetQueuedCompletionStatus(port, &bytes, (PULONG_PTR)&context, &overlapped, 0);
    ::GetQueuedCompletionStatus(port, &bytes, reinterpret_cast<PULONG_PTR>(&context), &overlapped, 0);
    GetQueuedCompletionStatusEx(port, entries, 4, &removed, INFINITE, FALSE);
    GetQueuedCompletionStatusEx(port, entries, 4, &long_bytes, INFINITE, FALSE);
    GetOverlappedResult(port, overlapped, &bytes, TRUE);
    GetOverlappedResult(port, overlapped, &long_bytes, TRUE);
    PostQueuedCompletionStatus(port, 0, 0, NULL);
}

void sockets(SOCKET s, LPWSAOVERLAPPED overlapped)
{
    WSABUF buffer = { 0, nullptr };
    DWORD bytes = 0, flags = 0;
    unsigned long long_bytes = 0, long_flags = 0, on = 1;
    u_long u_on = 1;
    DWORD dword_on = 1;
    sockaddr_in from = {};
    int length = sizeof from;
    GUID id = {};
    void *function = nullptr;

    WSASend(s, &buffer, 1, &bytes, 0, overlapped, NULL);
    WSASend(s, &buffer, 1, &long_bytes, 0, overlapped, NULL);
    WSASend(s, &buffer, 1, NULL, 0, overlapped, nullptr);
    WSASend(s, &buffer, 1, nullptr, 0, 0, 0);
    WSARecv(s, &buffer, 1, &bytes, &flags, overlapped, NULL);
    WSARecv(s, &buffer, 1, &long_bytes, &flags, overlapped, NULL);
    WSARecv(s, &buffer, 1, &bytes, &long_flags, overlapped, NULL);
    WSARecv(s, &buffer, 1, &long_bytes, &long_flags, overlapped, NULL);
    WSARecv(s, &buffer, 1, NULL, &long_flags, overlapped, NULL);
    WSARecv(s, &buffer, 1, 0, &flags, overlapped, 0);
    WSARecvFrom(s, &buffer, 1, &long_bytes, &long_flags, (sockaddr *)&from, &length, overlapped, NULL);
    WSARecvFrom(s, &buffer, 1, NULL, &flags, (sockaddr *)&from, &length, overlapped, NULL);
    WSASendTo(s, &buffer, 1, &long_bytes, 0, (sockaddr *)&from, length, overlapped, NULL);
    WSAGetOverlappedResult(s, overlapped, &long_bytes, FALSE, &long_flags);
    WSAGetOverlappedResult(s, overlapped, &bytes, FALSE, &flags);
    WSAIoctl(s, SIO_GET_EXTENSION_FUNCTION_POINTER, &id, sizeof id, &function, sizeof function, &bytes, NULL, NULL);
    WSAIoctl(s, SIO_GET_EXTENSION_FUNCTION_POINTER, &id, sizeof id, &function, sizeof function, &long_bytes, NULL, NULL);
    WSAIoctl(s, SIO_KEEPALIVE_VALS, NULL, 0, NULL, 0, NULL, overlapped, NULL);
    ioctlsocket(s, FIONBIO, &on);
    ioctlsocket(s, FIONBIO, &u_on);
    ioctlsocket(s, (long)FIONBIO, &dword_on);
}

void files(HANDLE file)
{
    char data[8] = {};
    DWORD bytes = 0;
    unsigned long long_bytes = 0;
    long high = 0;
    LONG long_high = 0;
    OVERLAPPED overlapped = {};
    WriteFile(file, data, 8, &bytes, NULL);
    WriteFile(file, data, 8, &long_bytes, NULL);
    WriteFile(file, data, 8, NULL, &overlapped);
    WriteFile(file, data, 8, nullptr, &overlapped);
    WriteFile(file, data, 8, 0, 0);
    ReadFile(file, data, 8, &long_bytes, &overlapped);
    ReadFile(file, data, 8, NULL, &overlapped);
    GetFileSize(file, &long_bytes);
    GetFileSize(file, NULL);
    SetFilePointer(file, 0, NULL, FILE_BEGIN);
    SetFilePointer(file, 0, &high, FILE_BEGIN);
    SetFilePointer(file, 0, &long_high, FILE_BEGIN);
    DeviceIoControl(file, 0, NULL, 0, NULL, 0, &long_bytes, NULL);
    DeviceIoControl(file, 0, NULL, 0, NULL, 0, NULL, &overlapped);
}

void threads()
{
    DWORD id = 0, code = 0;
    unsigned long long_id = 0;
    CreateThread(NULL, 0, worker, NULL, 0, &id);
    CreateThread(NULL, 0, worker, NULL, 0, &long_id);
    CreateThread(NULL, 0, worker, NULL, 0, NULL);
    CreateThread(nullptr, 0, &worker, nullptr, 0, nullptr);
    CreateThread(0, 0, long_worker, 0, 0, 0);
    CreateThread(0, 0, long_worker, 0, 0, &long_id);
    HANDLE thread = CreateThread(NULL, 0, [](LPVOID) -> DWORD { return 0; }, NULL, CREATE_SUSPENDED, &id);
    GetExitCodeThread(thread, &code);
    GetExitCodeThread(thread, &long_id);
}
