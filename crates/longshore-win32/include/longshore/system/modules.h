/* Longshore: modules, debugging aids and message boxes (which print). */
#ifndef LONGSHORE_MODULES_H
#define LONGSHORE_MODULES_H

#include <longshore/abi/types.h>

#define DONT_RESOLVE_DLL_REFERENCES                  1
#define LOAD_LIBRARY_AS_DATAFILE                     2
#define LOAD_WITH_ALTERED_SEARCH_PATH                8
#define LOAD_LIBRARY_SEARCH_DLL_LOAD_DIR             0x0100
#define LOAD_LIBRARY_SEARCH_APPLICATION_DIR          0x0200
#define LOAD_LIBRARY_SEARCH_USER_DIRS                0x0400
#define LOAD_LIBRARY_SEARCH_SYSTEM32                 0x0800
#define LOAD_LIBRARY_SEARCH_DEFAULT_DIRS             0x1000
#define GET_MODULE_HANDLE_EX_FLAG_PIN                1
#define GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT 2
#define GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS       4
#define DLL_PROCESS_DETACH                           0
#define DLL_PROCESS_ATTACH                           1
#define DLL_THREAD_ATTACH                            2
#define DLL_THREAD_DETACH                            3

#define MB_OK                   0
#define MB_OKCANCEL             1
#define MB_ABORTRETRYIGNORE     2
#define MB_YESNOCANCEL          3
#define MB_YESNO                4
#define MB_RETRYCANCEL          5
#define MB_ICONHAND             0x0010
#define MB_ICONQUESTION         0x0020
#define MB_ICONEXCLAMATION      0x0030
#define MB_ICONASTERISK         0x0040
#define MB_ICONWARNING          0x0030
#define MB_ICONERROR            0x0010
#define MB_ICONINFORMATION      0x0040
#define MB_ICONSTOP             0x0010
#define MB_DEFBUTTON1           0
#define MB_DEFBUTTON2           0x0100
#define MB_SYSTEMMODAL          0x1000
#define MB_TASKMODAL            0x2000
#define MB_SETFOREGROUND        0x00010000
#define MB_TOPMOST              0x00040000
#define MB_SERVICE_NOTIFICATION 0x00200000
#define IDOK                    1
#define IDCANCEL                2
#define IDABORT                 3
#define IDRETRY                 4
#define IDIGNORE                5
#define IDYES                   6
#define IDNO                    7
#define SW_HIDE                 0
#define SW_SHOW                 5
#define SW_SHOWNORMAL           1
#define SW_MINIMIZE             6

LONGSHORE_C_BEGIN
/* Loads a library. [libloaderapi.h LoadLibraryA/W] */
HMODULE WINAPI LoadLibraryA(LPCSTR lpLibFileName);
HMODULE WINAPI LoadLibraryW(LPCWSTR lpLibFileName);
/* Loads a library; the flags change nothing. [libloaderapi.h LoadLibraryExA/W] */
HMODULE WINAPI LoadLibraryExA(LPCSTR lpLibFileName, HANDLE hFile, DWORD dwFlags);
HMODULE WINAPI LoadLibraryExW(LPCWSTR lpLibFileName, HANDLE hFile, DWORD dwFlags);
/* Gives up one use of a library. [libloaderapi.h FreeLibrary] */
BOOL WINAPI FreeLibrary(HMODULE hLibModule);
/* Gives up one use of a library and ends the calling thread.
   [libloaderapi.h FreeLibraryAndExitThread] */
DECLSPEC_NORETURN VOID WINAPI FreeLibraryAndExitThread(HMODULE hLibModule, DWORD dwExitCode);
/* Accepted: libraries of Linux hear nothing of threads.
   [libloaderapi.h DisableThreadLibraryCalls] */
BOOL WINAPI DisableThreadLibraryCalls(HMODULE hLibModule);
/* Gives the address of a function, by name only. [libloaderapi.h GetProcAddress] */
FARPROC WINAPI GetProcAddress(HMODULE hModule, LPCSTR lpProcName);
/* Gives the handle of a loaded module; NULL is the program. [libloaderapi.h GetModuleHandleA/W] */
HMODULE WINAPI GetModuleHandleA(LPCSTR lpModuleName);
HMODULE WINAPI GetModuleHandleW(LPCWSTR lpModuleName);
/* Gives the handle of a module, by name or by an address in it.
   [libloaderapi.h GetModuleHandleExA/W] */
BOOL WINAPI GetModuleHandleExA(DWORD dwFlags, LPCSTR lpModuleName, HMODULE *phModule);
BOOL WINAPI GetModuleHandleExW(DWORD dwFlags, LPCWSTR lpModuleName, HMODULE *phModule);
/* Gives the file of a module. [libloaderapi.h GetModuleFileNameA/W] */
DWORD WINAPI GetModuleFileNameA(HMODULE hModule, LPSTR lpFilename, DWORD nSize);
DWORD WINAPI GetModuleFileNameW(HMODULE hModule, LPWSTR lpFilename, DWORD nSize);

/* Sends text to the debugger: to stderr if LONGSHORE_DEBUG_OUTPUT is set.
   [debugapi.h OutputDebugStringA/W] */
VOID WINAPI OutputDebugStringA(LPCSTR lpOutputString);
VOID WINAPI OutputDebugStringW(LPCWSTR lpOutputString);
/* Says whether a debugger is attached. [debugapi.h IsDebuggerPresent] */
BOOL WINAPI IsDebuggerPresent(VOID);
/* Says whether a debugger is attached to this process. [debugapi.h CheckRemoteDebuggerPresent] */
BOOL WINAPI CheckRemoteDebuggerPresent(HANDLE hProcess, PBOOL pbDebuggerPresent);
/* Stops in the debugger; ends the process with SIGTRAP without one. [debugapi.h DebugBreak] */
VOID WINAPI DebugBreak(VOID);
/* Lists the addresses the calling thread will return to. [winnt.h RtlCaptureStackBackTrace] */
USHORT WINAPI RtlCaptureStackBackTrace(DWORD FramesToSkip, DWORD FramesToCapture, PVOID *BackTrace,
    PDWORD BackTraceHash);

/* Prints a message to stderr and gives the default button. [winuser.h MessageBoxA/W] */
int WINAPI MessageBoxA(HWND hWnd, LPCSTR lpText, LPCSTR lpCaption, UINT uType);
int WINAPI MessageBoxW(HWND hWnd, LPCWSTR lpText, LPCWSTR lpCaption, UINT uType);
/* Rings the bell of the terminal, for the time the sound would take. [utilapiset.h Beep] */
BOOL WINAPI Beep(DWORD dwFreq, DWORD dwDuration);
/* Rings the bell of the terminal. [winuser.h MessageBeep] */
BOOL WINAPI MessageBeep(UINT uType);
/* Shows a window: there are none. [winuser.h ShowWindow] */
LONGSHORE_ABSENT(ShowWindow)
BOOL WINAPI ShowWindow(HWND hWnd, int nCmdShow);
LONGSHORE_C_END

#define CaptureStackBackTrace RtlCaptureStackBackTrace
#define LoadLibrary       LONGSHORE_AW(LoadLibrary)
#define LoadLibraryEx     LONGSHORE_AW(LoadLibraryEx)
#define GetModuleHandle   LONGSHORE_AW(GetModuleHandle)
#define GetModuleHandleEx LONGSHORE_AW(GetModuleHandleEx)
#define GetModuleFileName LONGSHORE_AW(GetModuleFileName)
#define OutputDebugString LONGSHORE_AW(OutputDebugString)
#define MessageBox        LONGSHORE_AW(MessageBox)

#endif
