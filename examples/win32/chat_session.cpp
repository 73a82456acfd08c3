#include "chat_session.h"

#include <cstdio>
#include <cstring>

Message message(const std::string &text)
{
    return std::make_shared<const std::string>(text + "\r\n");
}

Session::Session(SOCKET accepted)
    : references(1), receiving(), sending(), input_bytes(0), socket(accepted), outbox_bytes(0), gathered(0),
      hanging_up(false), since_ms(GetTickCount64())
{
    receiving.session = sending.session = this;
    InitializeCriticalSection(&lock);
}

Session::~Session()
{
    close_locked();
    DeleteCriticalSection(&lock);
}

void Session::release()
{
    if (InterlockedDecrement(&references) == 0)
        delete this;
}

bool Session::start(HANDLE port, ULONG_PTR key)
{
    // The outbox is bounded; what the system would take beyond it is not a reader's either.
    const int send_buffer_bytes = (int)OUTBOX_BYTES_MAX;
    setsockopt(socket, SOL_SOCKET, SO_SNDBUF, (const char *)&send_buffer_bytes, sizeof send_buffer_bytes);
    return CreateIoCompletionPort((HANDLE)socket, port, key, 0) != NULL && receive();
}

// The lock is held. Operations under way end with an error; their packets still come,
// and the session lives until then.
void Session::close_locked()
{
    if (socket == INVALID_SOCKET)
        return;
    // Closing the last handle ends what is pending. If a child process has inherited
    // a copy ours is not the last.
    CancelIoEx((HANDLE)socket, NULL);
    closesocket(socket);
    socket = INVALID_SOCKET; // its number may soon be somebody else's: never use it again
}

void Session::cut()
{
    EnterCriticalSection(&lock);
    close_locked();
    LeaveCriticalSection(&lock);
}

// False: no packet will come.
bool Session::receive()
{
    WSABUF buffer = {LINE_BYTES_MAX - input_bytes, input + input_bytes};
    DWORD flags = 0;
    bool issued = false;
    static_cast<OVERLAPPED &>(receiving) = OVERLAPPED();
    InterlockedIncrement(&references); // before the call: its packet may be taken before it returns
    EnterCriticalSection(&lock);       // so that nobody closes the socket between the look and the call
    if (socket != INVALID_SOCKET)
        // Success at once queues a packet just like ERROR_IO_PENDING: in both cases
        // the rest happens in `finished`.
        issued = WSARecv(socket, &buffer, 1, NULL, &flags, &receiving, NULL) == 0 || WSAGetLastError() == WSA_IO_PENDING;
    LeaveCriticalSection(&lock);
    if (!issued)
        InterlockedDecrement(&references); // never the last one: the caller holds one
    return issued;
}

// The lock is held. Starts a send if there is something to send and none is under way: of two at once the
// packets could be taken in either order.
void Session::send_locked()
{
    if (socket == INVALID_SOCKET || gathered > 0)
        return;
    if (outbox.empty()) {
        if (hanging_up)
            shutdown(socket, SD_SEND); // the client reads everything, sees the end and closes: nothing is lost
        return;
    }
    WSABUF buffers[GATHER_MAX]; // may die with the call; the strings they point to stay in the outbox until it is over
    while (gathered < GATHER_MAX && gathered < outbox.size()) {
        buffers[gathered].buf = const_cast<char *>(outbox[gathered]->data());
        buffers[gathered].len = (ULONG)outbox[gathered]->size();
        ++gathered;
    }
    static_cast<OVERLAPPED &>(sending) = OVERLAPPED();
    InterlockedIncrement(&references);
    if (WSASend(socket, buffers, gathered, NULL, 0, &sending, NULL) != 0 && WSAGetLastError() != WSA_IO_PENDING) {
        InterlockedDecrement(&references);
        gathered = 0;
        close_locked(); // the receive ends too, and with it the session
    }
}

void Session::tell(const Message &message)
{
    EnterCriticalSection(&lock);
    if (socket != INVALID_SOCKET && !hanging_up) {
        if (outbox_bytes + message->size() > OUTBOX_BYTES_MAX) {
            fprintf(stderr, "chat_server: a slow reader was dropped\n");
            close_locked();
        } else {
            outbox.push_back(message);
            outbox_bytes += message->size();
            send_locked();
        }
    }
    LeaveCriticalSection(&lock);
}

void Session::hang_up()
{
    EnterCriticalSection(&lock);
    if (!hanging_up) {
        hanging_up = true;
        since_ms = GetTickCount64();
        send_locked();
    }
    LeaveCriticalSection(&lock);
}

void Session::check(ULONGLONG now_ms, ULONGLONG silent_ms_max, ULONGLONG goodbye_ms_max)
{
    EnterCriticalSection(&lock);
    const ULONGLONG passed_ms = now_ms > since_ms ? now_ms - since_ms : 0;
    const bool silent = !hanging_up && passed_ms > silent_ms_max;
    if (hanging_up && passed_ms > goodbye_ms_max)
        close_locked();
    LeaveCriticalSection(&lock);
    if (silent) {
        tell(::message("* nothing heard from you for too long"));
        hang_up();
    }
}

void Session::sent(bool ok)
{
    EnterCriticalSection(&lock);
    for (; gathered > 0; --gathered) {
        outbox_bytes -= outbox.front()->size();
        outbox.pop_front();
    }
    if (ok)
        send_locked();
    else
        close_locked();
    LeaveCriticalSection(&lock);
}

void Session::received(DWORD bytes)
{
    EnterCriticalSection(&lock);
    bool listening = !hanging_up;
    if (listening)
        since_ms = GetTickCount64();
    LeaveCriticalSection(&lock);

    // Lines end where they end, not where receives do: a receive may bring half a line, or three.
    input_bytes += bytes;
    DWORD start = 0;
    for (DWORD i = 0; i < input_bytes; ++i) {
        if (input[i] != '\n')
            continue;
        std::string text;
        for (; start < i; ++start)
            if ((unsigned char)input[start] >= ' ' && input[start] != 0x7f)
                text += input[start]; // no control characters into other people's terminals
        listening = listening && (text.empty() || line(text));
        start = i + 1;
    }
    input_bytes -= start;
    memmove(input, input + start, input_bytes);
    if (input_bytes == LINE_BYTES_MAX) {
        tell(::message("* that line is too long"));
        hang_up();
        input_bytes = 0;
    }
}

void Session::finished(OVERLAPPED *overlapped, DWORD bytes)
{
    Operation *operation = static_cast<Operation *>(overlapped);
    Session *session = operation->session;
    // GetQueuedCompletionStatusEx succeeds even if every operation it brings failed. How this one ended is in
    // its Internal, an NTSTATUS: below zero means it failed. Why does not matter here.
    const bool ok = (LONG)operation->Internal >= 0;
    if (operation == &session->sending) {
        session->sent(ok);
    } else {
        if (ok && bytes > 0)
            session->received(bytes);
        if (!ok || bytes == 0 || !session->receive()) {
            session->cut();
            session->ended();
        }
    }
    session->release(); // the operation's reference
}
