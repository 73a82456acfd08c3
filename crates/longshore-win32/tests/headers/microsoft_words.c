/* The keywords and macros of Microsoft's compiler and headers that a header can supply. */
#include <windows.h>
#include <winsock2.h>
#include <ws2tcpip.h>

__declspec(dllexport) int exported(void);
__declspec(thread) int per_thread;
static __declspec(thread) int static_per_thread;
__declspec(align(64)) volatile LONG aligned;
struct __declspec(align(32)) aligned_struct { int member; };
__declspec(deprecated("use exported")) int old(void);
__declspec(deprecated) int older(void);
__declspec(noinline) static int not_inlined(unsigned __int64 x) { return (int)x; }
__declspec(noreturn) void stop(void);
typedef char align_is_kept[sizeof(struct aligned_struct) == 32 ? 1 : -1];
static __forceinline int inlined(__int32 x) { return x; }
typedef DWORD(__stdcall *procedure)(void *);
typedef int(__cdecl *comparison)(const void *, const void *);
DECLARE_HANDLE(HTHING);
C_ASSERT(sizeof(HTHING) == sizeof(void *));
static const GUID accept_id = { 0xb5367df1, 0xcbac, 0x11cf, { 0x95, 0xca, 0x00, 0x80, 0x5f, 0x48, 0xa1, 0x92 } };

_Success_(return != 0) static BOOL annotated(_In_ HANDLE h, _Out_writes_bytes_opt_(n) PVOID p, _In_ DWORD n, _Inout_opt_ LPDWORD used)
{
    UNREFERENCED_PARAMETER(p);
    return h != NULL && n != 0 && used != NULL;
}

int exported(void)
{
    struct in_addr address;
    struct timeval wait = { 1, 0 };
    SLIST_HEADER list;
    SRWLOCK lock = SRWLOCK_INIT;
    CONDITION_VARIABLE condition = CONDITION_VARIABLE_INIT;
    INIT_ONCE once = INIT_ONCE_STATIC_INIT;
    LARGE_INTEGER big;
    DWORD used = 0;
    procedure p = 0;
    comparison c = 0;

    address.S_un.S_un_b.s_b1 = 127;
    address.s_addr = INADDR_NONE;
    big.QuadPart = 1;
    big.u.HighPart = 2;
    big.LowPart = 3;
    InitializeSListHead(&list);
    AcquireSRWLockExclusive(&lock);
    SleepConditionVariableSRW(&condition, &lock, 10, 0);
    __noop("never evaluated", exported());
    __assume(used == 0);
    per_thread = static_per_thread = max(1, 2) + min(3, 4);
    ZeroMemory(&address, sizeof address);
    switch (GetLastError()) {
    case WAIT_OBJECT_0:
    case WAIT_TIMEOUT:
    case ERROR_NETNAME_DELETED:
    case WSAECONNRESET:
    case STATUS_PENDING:
        break;
    }
    return annotated(&address, NULL, 1, &used) + inlined(1) + not_inlined(2) + (int)aligned + (int)wait.tv_sec + (p == 0) + (c == 0) + (once.Ptr == 0) +
           (int)big.QuadPart + IsEqualGUID(&accept_id, &accept_id) + LOWORD(0x12345) + HIBYTE(0x1234) + HasOverlappedIoCompleted(&(OVERLAPPED){ 0 });
}
