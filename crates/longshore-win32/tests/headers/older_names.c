/* Names that programs take from the SDK besides the common ones. */
#define close _close
#include <io.h>
#undef close
#include <windows.h>
#include <direct.h>
#include <securitybaseapi.h>
#include <shlobj.h>
#include <sys/locking.h>
#include <userenv.h>
#include <wininet.h>

static char **variables(void)
{
    return environ;
}

static int directories(void)
{
    return mkdir("one") + mkdir("two", 0700) + _mkdir("three");
}

/* The native name is a program's own unless it includes winternl.h. */
static ULONG RtlNtStatusToDosError(int status)
{
    return (ULONG)status;
}

int main(void)
{
    LONG64 wide = 0;
    SECURITY_DESCRIPTOR descriptor;
    FILE_DISPOSITION_INFO info = {FALSE};
    char folder[MAX_PATH];
    HFILE file = _lopen("name", OF_READ | OF_SHARE_DENY_WRITE);
    info.DeleteFile = TRUE;
    InterlockedIncrementAcquire64(&wide);
    InterlockedCompareExchangeRelease64(&wide, 1, 2);
    InterlockedExchangeAddNoFence64(&wide, 1);
    return InitializeSecurityDescriptor(&descriptor, SECURITY_DESCRIPTOR_REVISION) +
           IsValidSecurityDescriptor(&descriptor) + _lclose(file) + info.DeleteFile + directories() +
           (variables() != NULL) + (int)RtlNtStatusToDosError(_LK_LOCK) +
           (int)SHGetFolderPathA(NULL, CSIDL_APPDATA, NULL, SHGFP_TYPE_CURRENT, folder);
}
