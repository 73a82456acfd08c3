// A chat's connection: lines come in, messages go out, neither ever blocks, and nothing grows without bound.

#ifndef CHAT_SESSION_H
#define CHAT_SESSION_H

#include <winsock2.h> // before windows.h, which would otherwise bring in the old winsock.h
#include <windows.h>

#include <deque>
#include <memory>
#include <string>

// One copy of a message, however many outboxes it is in.
typedef std::shared_ptr<const std::string> Message;

Message message(const std::string &text);

// References keep it alive: whoever lists it holds one, and so does every operation
// under way. The last one deletes it.
class Session {
public:
    explicit Session(SOCKET accepted);

    // Binds the socket to the port and starts to receive. After `false` nothing will ever come.
    bool start(HANDLE port, ULONG_PTR key);
    // Never blocks: the system takes note, and a reader that does not keep up loses its
    // connection instead of our memory.
    void tell(const Message &message);
    // Lets the outbox run empty and then shuts our side, which asks the client to hang up.
    void hang_up();
    // Closes the connection at once. What is under way ends with an error and is brought back by its packet.
    void cut();
    // Cuts a session that has been hanging up for too long; hangs up on one not heard of for too long.
    void check(ULONGLONG now_ms, ULONGLONG silent_ms_max, ULONGLONG goodbye_ms_max);
    void release();

    // Takes a packet of some session's operation.
    static void finished(OVERLAPPED *overlapped, DWORD bytes);

protected:
    virtual ~Session();
    // One line has come. False: take no more of them.
    virtual bool line(const std::string &text) = 0;
    // Called once, when nothing will come any more.
    virtual void ended() = 0;

private:
    static const DWORD LINE_BYTES_MAX = 512;
    static const size_t OUTBOX_BYTES_MAX = 64 * 1024;
    static const DWORD GATHER_MAX = 16; // messages in one send

    // What a packet points to: OVERLAPPED is its base, so the pointer a packet
    // brings leads back to the session.
    struct Operation : OVERLAPPED {
        Session *session;
    };

    bool receive();
    void received(DWORD bytes);
    void sent(bool ok);
    void send_locked();
    void close_locked();

    volatile LONG references;
    Operation receiving, sending;

    // The receive's: there is one at a time, so whoever has its packet has these to himself.
    char input[LINE_BYTES_MAX];
    DWORD input_bytes;

    CRITICAL_SECTION lock; // guards what follows
    SOCKET socket;         // INVALID_SOCKET once closed
    std::deque<Message> outbox;
    size_t outbox_bytes;
    DWORD gathered; // messages at the front of the outbox that the send under way points into
    bool hanging_up;
    ULONGLONG since_ms; // when it was last heard of, or began to hang up
};

#endif
