// Winsock's names live beside std's, beside members of the same name, and beside glibc's.
#include <algorithm>
#include <functional>
#include <thread>
#include <vector>
#include <winsock2.h>
#include <ws2tcpip.h>
#include <windows.h>
using namespace std;

struct Connection {
    SOCKET s;
    int send(const char *data, int size) { return ::send(s, data, size, 0); }
    int recv(char *data, int size) { return ::recv(s, data, size, 0); }
    bool bind(const sockaddr_in &address) { return ::bind(s, (const sockaddr *)&address, sizeof address) != SOCKET_ERROR; }
    bool connect(const sockaddr_in &address) { return ::connect(s, (SOCKADDR *)&address, sizeof(SOCKADDR_IN)) == 0; }
    void listen() { _WINSOCK2API_::listen(s, SOMAXCONN); }
    SOCKET accept() { return ::accept(s, NULL, NULL); }
    int select(fd_set *set, timeval *timeout) { return ::select(0, set, nullptr, nullptr, timeout); }
    void close() { shutdown(s, SD_BOTH), closesocket(s); }
};

int unqualified(SOCKET s)
{
    sockaddr_in address;
    memset(&address, 0, sizeof(address));
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_ANY);
    address.sin_addr.S_un.S_addr = inet_addr("127.0.0.1");
    address.sin_addr.S_un.S_un_b.s_b4 = 2;
    if (bind(s, (sockaddr *)&address, sizeof(address)) == SOCKET_ERROR) return WSAGetLastError();
    if (listen(s, 5) == SOCKET_ERROR) return -1;
    auto bound = bind([](int x) { return x; }, 1); // std's
    fd_set set;
    FD_ZERO(&set);
    FD_SET(s, &set);
    for (u_int i = 0; i < set.fd_count; i++) closesocket(set.fd_array[i]);
    timeval wait = { 0, 1000 };
    char host[NI_MAXHOST];
    gethostname(host, sizeof(host));
    return select(0, &set, NULL, NULL, &wait) + bound() + FD_ISSET(s, &set);
}

// min and max: std's for equal types, the macro's freedom for unequal ones.
static_assert(std::is_same<decltype(max(1, 2)), int>::value || sizeof(max(1, 2)) == sizeof(int), "");
size_t smallest(size_t a, int b, DWORD c) { return min(a, (size_t)b) + min(c, 7u) + max(sizeof(a), 4u) + (size_t)max(1.5, 2) + (size_t)(max)(b, 2); }

vector<thread> workers;
