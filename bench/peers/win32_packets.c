/* Posts a packet to a completion port and takes it again, so many times: the row instructions/win32-packets. */
#include <windows.h>

#include <stdlib.h>

int main(int argc, char **argv)
{
    HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 1);
    long left = argc == 2 ? atol(argv[1]) : 0;
    for (; port != NULL && left > 0; --left) {
        DWORD bytes;
        ULONG_PTR key;
        OVERLAPPED *overlapped;
        if (!PostQueuedCompletionStatus(port, 1, (ULONG_PTR)left, NULL) ||
            !GetQueuedCompletionStatus(port, &bytes, &key, &overlapped, INFINITE) || key != (ULONG_PTR)left)
            return 1;
    }
    return port == NULL;
}
