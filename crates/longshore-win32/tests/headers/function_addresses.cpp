// The functions keep one address and one type each, although calls accept other integer widths.
#include <windows.h>
#include <winsock2.h>
#include <mswsock.h>
#include <ws2tcpip.h>
#include <memory>
#include <type_traits>

using Dequeue = BOOL(WINAPI *)(HANDLE, LPDWORD, PULONG_PTR, LPOVERLAPPED *, DWORD);
auto deduced = &GetQueuedCompletionStatus;
static_assert(std::is_same<decltype(deduced), Dequeue>::value, "one type, not an overload set");
static_assert(std::is_same<decltype(&GetQueuedCompletionStatusEx), BOOL(WINAPI *)(HANDLE, LPOVERLAPPED_ENTRY, ULONG, PULONG, DWORD, BOOL)>::value, "");
static_assert(std::is_same<decltype(&GetOverlappedResult), BOOL(WINAPI *)(HANDLE, LPOVERLAPPED, LPDWORD, BOOL)>::value, "");

void *addresses[] = {
    reinterpret_cast<void *>(&GetQueuedCompletionStatus), reinterpret_cast<void *>(&PostQueuedCompletionStatus),
    reinterpret_cast<void *>(&WSARecv), reinterpret_cast<void *>(&WSASend), reinterpret_cast<void *>(&WSARecvFrom),
    reinterpret_cast<void *>(&WSASendTo), reinterpret_cast<void *>(&AcceptEx), reinterpret_cast<void *>(&closesocket),
    reinterpret_cast<void *>(&CloseHandle), reinterpret_cast<void *>(&::bind), reinterpret_cast<void *>(&::select),
};

// Where a plain overload exists (no argument could name it), the address still has
// its type when one is asked for.
BOOL(WINAPI *read_file)(HANDLE, LPVOID, DWORD, LPDWORD, LPOVERLAPPED) = &ReadFile;
BOOL(WINAPI *write_file)(HANDLE, LPCVOID, DWORD, LPDWORD, LPOVERLAPPED) = WriteFile;
HANDLE(WINAPI *create_thread)(LPSECURITY_ATTRIBUTES, SIZE_T, LPTHREAD_START_ROUTINE, LPVOID, DWORD, LPDWORD) = &CreateThread;
int(WSAAPI *ioctl_socket)(SOCKET, long, u_long *) = &ioctlsocket;
BOOL(WINAPI *device_control)(HANDLE, DWORD, LPVOID, DWORD, LPVOID, DWORD, LPDWORD, LPOVERLAPPED) = DeviceIoControl;

LPFN_ACCEPTEX accept_ex = AcceptEx;
LPFN_GETACCEPTEXSOCKADDRS addresses_of = GetAcceptExSockaddrs;
LPFN_TRANSMITFILE transmit_file = TransmitFile;

std::unique_ptr<void, decltype(&CloseHandle)> owner(nullptr, &CloseHandle);
std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> list(nullptr, &freeaddrinfo);

// The two that Windows hands out by GUID only leave their names to the program.
LPFN_CONNECTEX ConnectEx = nullptr;
LPFN_DISCONNECTEX DisconnectEx = nullptr;
