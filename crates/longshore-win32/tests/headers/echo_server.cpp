// A server of the usual shape: per-operation class over OVERLAPPED, AcceptEx by GUID, a pool of threads.
#define WIN32_LEAN_AND_MEAN
#include <winsock2.h>
#include <windows.h>
#include <mswsock.h>
#include <ws2tcpip.h>
#include <mstcpip.h>
#include <thread>
#include <vector>
#pragma comment(lib, "ws2_32.lib")

enum class Kind { accept, receive, send };

struct Operation : OVERLAPPED {
    Kind kind;
    SOCKET socket;
    WSABUF buffer;
    char bytes[4096];
    explicit Operation(Kind k) : OVERLAPPED(), kind(k), socket(INVALID_SOCKET), buffer() {}
};

struct Session {
    LIST_ENTRY link;
    Operation receive{ Kind::receive };
    virtual ~Session() {}
};

class Server {
public:
    bool start(u_short port)
    {
        WSADATA data;
        if (WSAStartup(MAKEWORD(2, 2), &data) != 0) return false;
        listener = WSASocket(AF_INET, SOCK_STREAM, IPPROTO_TCP, NULL, 0, WSA_FLAG_OVERLAPPED);
        if (listener == INVALID_SOCKET) return false;
        SOCKADDR_IN address = {};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        if (::bind(listener, reinterpret_cast<SOCKADDR *>(&address), sizeof(address)) == SOCKET_ERROR) return false;
        if (::listen(listener, SOMAXCONN_HINT(200)) == SOCKET_ERROR) return false;
        iocp = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);
        CreateIoCompletionPort(reinterpret_cast<HANDLE>(listener), iocp, reinterpret_cast<ULONG_PTR>(this), 0);
        GUID id = WSAID_ACCEPTEX;
        DWORD bytes = 0;
        if (WSAIoctl(listener, SIO_GET_EXTENSION_FUNCTION_POINTER, &id, sizeof(id), &accept_ex, sizeof(accept_ex), &bytes, NULL, NULL) == SOCKET_ERROR)
            return false;
        SYSTEM_INFO machine;
        GetSystemInfo(&machine);
        for (DWORD i = 0; i < machine.dwNumberOfProcessors; ++i) workers.emplace_back(&Server::work, this);
        return accept();
    }

private:
    SOCKET listener = INVALID_SOCKET;
    HANDLE iocp = nullptr;
    LPFN_ACCEPTEX accept_ex = nullptr;
    std::vector<std::thread> workers;
    CRITICAL_SECTION lock;

    bool accept()
    {
        Operation *o = new Operation(Kind::accept);
        o->socket = WSASocketW(AF_INET, SOCK_STREAM, 0, nullptr, 0, WSA_FLAG_OVERLAPPED);
        DWORD bytes = 0;
        const DWORD room = sizeof(SOCKADDR_IN) + 16;
        return accept_ex(listener, o->socket, o->bytes, 0, room, room, &bytes, o) || WSAGetLastError() == ERROR_IO_PENDING;
    }

    void work()
    {
        for (;;) {
            DWORD bytes = 0;
            ULONG_PTR key = 0;
            LPOVERLAPPED overlapped = NULL;
            BOOL ok = GetQueuedCompletionStatus(iocp, &bytes, &key, &overlapped, INFINITE);
            if (!ok && overlapped == NULL) {
                if (GetLastError() == WAIT_TIMEOUT) continue;
                return;
            }
            Operation *o = static_cast<Operation *>(overlapped);
            Session *owner = CONTAINING_RECORD(overlapped, Session, receive);
            Session *linked = CONTAINING_RECORD(&owner->link, Session, link);
            (void)linked;
            switch (o->kind) {
            case Kind::accept: {
                setsockopt(o->socket, SOL_SOCKET, SO_UPDATE_ACCEPT_CONTEXT, (char *)&listener, sizeof(listener));
                SOCKADDR *local, *remote;
                int local_size, remote_size;
                GetAcceptExSockaddrs(o->bytes, 0, sizeof(SOCKADDR_IN) + 16, sizeof(SOCKADDR_IN) + 16, &local, &local_size, &remote, &remote_size);
                tcp_keepalive keep = { TRUE, 60000, 1000 };
                WSAIoctl(o->socket, SIO_KEEPALIVE_VALS, &keep, sizeof(keep), NULL, 0, &bytes, NULL, NULL);
                break;
            }
            case Kind::receive: {
                DWORD flags = 0;
                o->buffer.buf = o->bytes;
                o->buffer.len = sizeof o->bytes;
                if (WSARecv(o->socket, &o->buffer, 1, NULL, &flags, o, NULL) == SOCKET_ERROR && WSAGetLastError() != WSA_IO_PENDING) closesocket(o->socket);
                break;
            }
            case Kind::send:
                if (HasOverlappedIoCompleted(o)) delete o;
                break;
            }
            EnterCriticalSection(&lock);
            LeaveCriticalSection(&lock);
        }
    }
};

Server server;
bool started = server.start(9000);
