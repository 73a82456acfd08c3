// A chat server on an I/O completion port: an accept thread, a pool of workers that take packets in
// batches, broadcasts that never block, slow readers dropped, housekeeping posted as a job, a
// goodbye to everybody at the end.
//
//     chat_server [--port N] [--threads N] [--guests N] [--idle-seconds N] [--seconds N]
//
// Talk to it with nc or telnet: every line is a message to your room; /nick NAME, /join ROOM, /who and /quit
// are commands. The connections, with their buffers and their lifetime, are in chat_session.cpp.

#include "chat_session.h"

#include <process.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <set>
#include <string>

namespace {

const size_t NAME_BYTES_MAX = 20;
const ULONG BATCH_MAX = 32;   // packets in one call
const DWORD GOODBYE_MS = 400; // to read the goodbye and hang up

enum Key : ULONG_PTR { KEY_SESSION, KEY_HOUSEKEEPING, KEY_QUIT };

class Guest : public Session {
public:
    explicit Guest(SOCKET accepted) : Session(accepted) {}
    std::string nick, room;

private:
    bool line(const std::string &text) override;
    void ended() override;
    void set_nick(const std::string &wanted);
    void enter(const std::string &wanted);
    void who();
};

unsigned port_number = 7778, threads_wanted = 4, guests_max = 1000, idle_seconds = 3600, seconds;

HANDLE port, stop_event, empty_event;
SOCKET listener = INVALID_SOCKET;
volatile LONG stopping;

// Guards who is in, and everybody's nick and room. A session's own lock may be taken while this one is
// held, never the other way round.
SRWLOCK guests_lock = SRWLOCK_INIT;
std::set<Guest *> guests; // holds a reference to each
unsigned guests_ever;

void print_error(const char *what, DWORD error)
{
    char text[256];
    // IGNORE_INSERTS: without it a message with %1 in it makes FormatMessage read
    // arguments that are not there.
    DWORD length = FormatMessageA(FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS, NULL, error, 0, text,
                                  sizeof text, NULL);
    while (length > 0 && (unsigned char)text[length - 1] <= ' ')
        --length;
    fprintf(stderr, "chat_server: %s: %.*s (error %u)\n", what, (int)length, text, (unsigned)error);
}

// guests_lock is held, shared at least.
void tell_room_locked(const std::string &room, const std::string &text)
{
    const Message shared = message(text);
    for (Guest *guest : guests)
        if (guest->room == room)
            guest->tell(shared);
}

bool Guest::line(const std::string &text)
{
    if (text == "/quit") {
        tell(message("* bye"));
        hang_up();
        return false;
    }
    if (text.compare(0, 6, "/nick ") == 0) {
        set_nick(text.substr(6));
    } else if (text.compare(0, 6, "/join ") == 0) {
        enter(text.substr(6));
    } else if (text == "/who") {
        who();
    } else if (text[0] == '/') {
        tell(message("* /nick NAME, /join ROOM, /who, /quit"));
    } else {
        AcquireSRWLockShared(&guests_lock);
        tell_room_locked(room, "<" + nick + "> " + text);
        ReleaseSRWLockShared(&guests_lock);
    }
    return true;
}

void Guest::set_nick(const std::string &wanted)
{
    bool valid = wanted.size() <= NAME_BYTES_MAX && wanted.find_first_of(" *<>") == std::string::npos;
    AcquireSRWLockExclusive(&guests_lock);
    for (Guest *guest : guests)
        valid = valid && guest->nick != wanted;
    if (valid) {
        tell_room_locked(room, "* " + nick + " is now " + wanted);
        nick = wanted;
    }
    ReleaseSRWLockExclusive(&guests_lock);
    if (!valid)
        tell(message("* that name is taken, too long, or has one of \" *<>\" in it"));
}

void Guest::enter(const std::string &wanted)
{
    if (wanted.size() > NAME_BYTES_MAX)
        return tell(message("* that is too long a name for a room"));
    AcquireSRWLockExclusive(&guests_lock);
    tell_room_locked(room, "* " + nick + " has gone to " + wanted);
    room = wanted;
    tell_room_locked(room, "* " + nick + " has joined " + room);
    ReleaseSRWLockExclusive(&guests_lock);
}

void Guest::who()
{
    std::string text = "* here:";
    AcquireSRWLockShared(&guests_lock);
    for (Guest *guest : guests)
        if (guest->room == room)
            text += " " + guest->nick;
    ReleaseSRWLockShared(&guests_lock);
    tell(message(text));
}

void Guest::ended()
{
    AcquireSRWLockExclusive(&guests_lock);
    guests.erase(this);
    tell_room_locked(room, "* " + nick + " has left");
    if (guests.empty())
        SetEvent(empty_event);
    ReleaseSRWLockExclusive(&guests_lock);
    release(); // the set's reference
}

void welcome(SOCKET socket)
{
    Guest *guest = new Guest(socket);
    AcquireSRWLockExclusive(&guests_lock);
    if (guest->start(port, KEY_SESSION)) { // its packets may be taken from now on; what they lead to waits at the lock
        guest->nick = "guest" + std::to_string(++guests_ever);
        guest->room = "lobby";
        guest->tell(message("* welcome, " + guest->nick + "; /nick NAME, /join ROOM, /who, /quit"));
        guests.insert(guest);
        ResetEvent(empty_event);
        tell_room_locked(guest->room, "* " + guest->nick + " has joined " + guest->room);
    } else {
        print_error("a new connection", GetLastError());
        guest->release();
    }
    ReleaseSRWLockExclusive(&guests_lock);
}

// Accepts one after the other: plenty for a chat. (echo_server shows AcceptEx.)
unsigned __stdcall accept_guests(void *)
{
    for (;;) {
        SOCKET socket = accept(listener, NULL, NULL);
        DWORD error = WSAGetLastError();
        if (InterlockedCompareExchange(&stopping, 0, 0) != 0) { // main closed the listener, which ends the wait
            if (socket != INVALID_SOCKET)
                closesocket(socket);
            return 0;
        }
        if (socket == INVALID_SOCKET) {
            print_error("accept", error);
            Sleep(100); // out of sockets, perhaps: not in a tight loop
            continue;
        }
        AcquireSRWLockShared(&guests_lock);
        const bool full = guests.size() >= guests_max;
        ReleaseSRWLockShared(&guests_lock);
        if (full) {
            send(socket, "* the server is full\r\n", 22, 0); // does not block: a new connection has room for it
            closesocket(socket);
        } else {
            welcome(socket);
        }
    }
}

// The posted job.
void keep_house()
{
    const ULONGLONG now_ms = GetTickCount64();
    AcquireSRWLockShared(&guests_lock);
    for (Guest *guest : guests)
        guest->check(now_ms, 1000ULL * idle_seconds, GOODBYE_MS);
    ReleaseSRWLockShared(&guests_lock);
}

unsigned __stdcall work(void *)
{
    OVERLAPPED_ENTRY entries[BATCH_MAX];
    for (;;) {
        ULONG count;
        if (!GetQueuedCompletionStatusEx(port, entries, BATCH_MAX, &count, INFINITE, FALSE)) {
            print_error("GetQueuedCompletionStatusEx", GetLastError());
            return 1;
        }
        for (ULONG i = 0; i < count; ++i) {
            if (entries[i].lpCompletionKey == KEY_SESSION) {
                Session::finished(entries[i].lpOverlapped, entries[i].dwNumberOfBytesTransferred);
            } else if (entries[i].lpCompletionKey == KEY_HOUSEKEEPING) {
                keep_house();
            } else {
                // A batch may hold several threads' quit packets: hand on what comes after our own.
                for (++i; i < count; ++i)
                    PostQueuedCompletionStatus(port, entries[i].dwNumberOfBytesTransferred, entries[i].lpCompletionKey,
                                               entries[i].lpOverlapped);
                return 0;
            }
        }
    }
}

// Runs on a thread of its own. After a close event the process ends as soon as this returns: let main finish.
BOOL WINAPI on_console_event(DWORD event)
{
    SetEvent(stop_event);
    if (event != CTRL_C_EVENT && event != CTRL_BREAK_EVENT)
        Sleep(INFINITE);
    return TRUE;
}

// Waits until everybody has hung up; those that do not are cut off. False if some are there even then.
bool say_goodbye()
{
    AcquireSRWLockShared(&guests_lock);
    for (Guest *guest : guests) {
        guest->tell(message("* the server is closing, goodbye"));
        guest->hang_up();
    }
    ReleaseSRWLockShared(&guests_lock);
    if (WaitForSingleObject(empty_event, GOODBYE_MS) == WAIT_OBJECT_0)
        return true;
    AcquireSRWLockShared(&guests_lock);
    for (Guest *guest : guests)
        guest->cut();
    ReleaseSRWLockShared(&guests_lock);
    return WaitForSingleObject(empty_event, GOODBYE_MS) == WAIT_OBJECT_0;
}

DWORD listen_on_loopback()
{
    listener = socket(AF_INET, SOCK_STREAM, IPPROTO_TCP);
    if (listener == INVALID_SOCKET)
        return WSAGetLastError();
    BOOL on = TRUE;
    setsockopt(listener, SOL_SOCKET, SO_EXCLUSIVEADDRUSE, (const char *)&on, sizeof on);
    sockaddr_in address = sockaddr_in();
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons((u_short)port_number);
    int length = sizeof address;
    if (bind(listener, (sockaddr *)&address, sizeof address) != 0 || listen(listener, SOMAXCONN) != 0 ||
        getsockname(listener, (sockaddr *)&address, &length) != 0)
        return WSAGetLastError();
    port_number = ntohs(address.sin_port);
    return ERROR_SUCCESS;
}

bool parse(int argc, char **argv)
{
    const struct { const char *name; unsigned *value, least, most; } options[] = {
        {"--port", &port_number, 0, 65535},
        {"--threads", &threads_wanted, 1, MAXIMUM_WAIT_OBJECTS - 1},
        {"--guests", &guests_max, 1, 100000},
        {"--idle-seconds", &idle_seconds, 1, 1000000},
        {"--seconds", &seconds, 1, 1000000},
    };
    for (int i = 1; i < argc; i += 2) {
        bool known = false;
        for (const auto &option : options) {
            char *end = NULL;
            if (strcmp(argv[i], option.name) != 0 || i + 1 == argc)
                continue;
            unsigned long value = strtoul(argv[i + 1], &end, 10);
            known = end != argv[i + 1] && *end == '\0' && value >= option.least && value <= option.most;
            *option.value = (unsigned)value;
        }
        if (!known) {
            fprintf(stderr, "chat_server: %s: no such option, or its value is missing or out of range\n"
                            "usage: chat_server [--port N] [--threads N] [--guests N] [--idle-seconds N] "
                            "[--seconds N]\n", argv[i]);
            return false;
        }
    }
    return true;
}

} // namespace

int main(int argc, char **argv)
{
    if (!parse(argc, argv))
        return 2;
    WSADATA data;
    int startup = WSAStartup(MAKEWORD(2, 2), &data); // the one Winsock call that returns its error
    if (startup != 0)
        return print_error("WSAStartup", startup), 1;
    stop_event = CreateEventW(NULL, TRUE, FALSE, NULL);
    empty_event = CreateEventW(NULL, TRUE, TRUE, NULL);
    port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);
    if (stop_event == NULL || empty_event == NULL || port == NULL || !SetConsoleCtrlHandler(on_console_event, TRUE))
        return print_error("starting", GetLastError()), 1;
    DWORD error = listen_on_loopback();
    if (error != ERROR_SUCCESS)
        return print_error("listening", error), 1;

    HANDLE workers[MAXIMUM_WAIT_OBJECTS];
    DWORD started = 0;
    while (started < threads_wanted && (workers[started] = (HANDLE)_beginthreadex(NULL, 0, work, NULL, 0, NULL)) != NULL)
        ++started;
    HANDLE acceptor = started == 0 ? NULL : (HANDLE)_beginthreadex(NULL, 0, accept_guests, NULL, 0, NULL);
    if (acceptor == NULL)
        return fprintf(stderr, "chat_server: threads could not be started: %s\n", strerror(errno)), 1;
    printf("listening on 127.0.0.1 port %u\n", port_number);
    fflush(stdout);

    const ULONGLONG started_ms = GetTickCount64();
    while (WaitForSingleObject(stop_event, 250) == WAIT_TIMEOUT &&
           (seconds == 0 || GetTickCount64() - started_ms < 1000ULL * seconds))
        PostQueuedCompletionStatus(port, 0, KEY_HOUSEKEEPING, NULL);

    InterlockedExchange(&stopping, 1);
    closesocket(listener);
    WaitForSingleObject(acceptor, INFINITE); // nobody joins any more
    bool all_gone = say_goodbye();
    for (DWORD i = 0; i < started; ++i)
        PostQueuedCompletionStatus(port, 0, KEY_QUIT, NULL);
    WaitForMultipleObjects(started, workers, TRUE, INFINITE);
    for (DWORD i = 0; i < started; ++i)
        CloseHandle(workers[i]);
    CloseHandle(acceptor);
    CloseHandle(port);
    CloseHandle(empty_event);
    printf("stopped after %u guests\n", guests_ever);
    WSACleanup();
    return all_gone ? 0 : 1;
}
