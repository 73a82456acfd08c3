/*
 * Longshore: services (winsvc.h). No service manager answers: a program that offers itself as a
 * service learns that it was started from a console, and goes on as one.
 */
#ifndef LONGSHORE_SERVICES_H
#define LONGSHORE_SERVICES_H

#include <longshore/abi/types.h>

#define SERVICE_KERNEL_DRIVER          1
#define SERVICE_FILE_SYSTEM_DRIVER     2
#define SERVICE_WIN32_OWN_PROCESS      0x10
#define SERVICE_WIN32_SHARE_PROCESS    0x20
#define SERVICE_WIN32                  0x30
#define SERVICE_INTERACTIVE_PROCESS    0x100
#define SERVICE_BOOT_START             0
#define SERVICE_SYSTEM_START           1
#define SERVICE_AUTO_START             2
#define SERVICE_DEMAND_START           3
#define SERVICE_DISABLED               4
#define SERVICE_ERROR_IGNORE           0
#define SERVICE_ERROR_NORMAL           1
#define SERVICE_ERROR_SEVERE           2
#define SERVICE_ERROR_CRITICAL         3
#define SERVICE_STOPPED                1
#define SERVICE_START_PENDING          2
#define SERVICE_STOP_PENDING           3
#define SERVICE_RUNNING                4
#define SERVICE_CONTINUE_PENDING       5
#define SERVICE_PAUSE_PENDING          6
#define SERVICE_PAUSED                 7
#define SERVICE_ACCEPT_STOP            1
#define SERVICE_ACCEPT_PAUSE_CONTINUE  2
#define SERVICE_ACCEPT_SHUTDOWN        4
#define SERVICE_ACCEPT_PARAMCHANGE     8
#define SERVICE_ACCEPT_POWEREVENT      0x40
#define SERVICE_ACCEPT_SESSIONCHANGE   0x80
#define SERVICE_ACCEPT_PRESHUTDOWN     0x100
#define SERVICE_CONTROL_STOP           1
#define SERVICE_CONTROL_PAUSE          2
#define SERVICE_CONTROL_CONTINUE       3
#define SERVICE_CONTROL_INTERROGATE    4
#define SERVICE_CONTROL_SHUTDOWN       5
#define SERVICE_CONTROL_PARAMCHANGE    6
#define SERVICE_CONTROL_POWEREVENT     13
#define SERVICE_CONTROL_SESSIONCHANGE  14
#define SERVICE_CONTROL_PRESHUTDOWN    15
#define SERVICE_QUERY_CONFIG           1
#define SERVICE_CHANGE_CONFIG          2
#define SERVICE_QUERY_STATUS           4
#define SERVICE_ENUMERATE_DEPENDENTS   8
#define SERVICE_START                  0x10
#define SERVICE_STOP                   0x20
#define SERVICE_PAUSE_CONTINUE         0x40
#define SERVICE_INTERROGATE            0x80
#define SERVICE_USER_DEFINED_CONTROL   0x100
#define SERVICE_ALL_ACCESS             0xF01FF
#define SERVICE_NO_CHANGE              0xFFFFFFFF
#define SERVICE_CONFIG_DESCRIPTION     1
#define SERVICE_CONFIG_FAILURE_ACTIONS 2
#define SC_MANAGER_CONNECT             1
#define SC_MANAGER_CREATE_SERVICE      2
#define SC_MANAGER_ENUMERATE_SERVICE   4
#define SC_MANAGER_LOCK                8
#define SC_MANAGER_QUERY_LOCK_STATUS   0x10
#define SC_MANAGER_MODIFY_BOOT_CONFIG  0x20
#define SC_MANAGER_ALL_ACCESS          0xF003F
#define SERVICES_ACTIVE_DATABASEA "ServicesActive"
#define SERVICES_ACTIVE_DATABASEW L"ServicesActive"

DECLARE_HANDLE(SC_HANDLE);
DECLARE_HANDLE(SERVICE_STATUS_HANDLE);
typedef SC_HANDLE *LPSC_HANDLE;

typedef struct _SERVICE_STATUS {
    DWORD dwServiceType, dwCurrentState, dwControlsAccepted, dwWin32ExitCode,
        dwServiceSpecificExitCode;
    DWORD dwCheckPoint, dwWaitHint;
} SERVICE_STATUS, *LPSERVICE_STATUS;

typedef VOID(WINAPI *LPSERVICE_MAIN_FUNCTIONA)(DWORD dwNumServicesArgs, LPSTR *lpServiceArgVectors);
typedef VOID(WINAPI *LPSERVICE_MAIN_FUNCTIONW)(
    DWORD dwNumServicesArgs, LPWSTR *lpServiceArgVectors);
typedef VOID (WINAPI *LPHANDLER_FUNCTION)(DWORD dwControl);
typedef DWORD(WINAPI *LPHANDLER_FUNCTION_EX)(
    DWORD dwControl, DWORD dwEventType, LPVOID lpEventData, LPVOID lpContext);
typedef struct _SERVICE_TABLE_ENTRYA {
    LPSTR                    lpServiceName;
    LPSERVICE_MAIN_FUNCTIONA lpServiceProc;
} SERVICE_TABLE_ENTRYA, *LPSERVICE_TABLE_ENTRYA;
typedef struct _SERVICE_TABLE_ENTRYW {
    LPWSTR                   lpServiceName;
    LPSERVICE_MAIN_FUNCTIONW lpServiceProc;
} SERVICE_TABLE_ENTRYW, *LPSERVICE_TABLE_ENTRYW;

LONGSHORE_C_BEGIN
/* Fails as in a program that no service manager started.
   [winsvc.h StartServiceCtrlDispatcherA/W] */
LONGSHORE_ABSENT(StartServiceCtrlDispatcherA)
BOOL WINAPI StartServiceCtrlDispatcherA(const SERVICE_TABLE_ENTRYA *lpServiceStartTable);
LONGSHORE_ABSENT(StartServiceCtrlDispatcherW)
BOOL WINAPI StartServiceCtrlDispatcherW(const SERVICE_TABLE_ENTRYW *lpServiceStartTable);
/* Fails: the process is no service. [winsvc.h RegisterServiceCtrlHandlerA/W] */
LONGSHORE_ABSENT(RegisterServiceCtrlHandlerA)
SERVICE_STATUS_HANDLE WINAPI RegisterServiceCtrlHandlerA(LPCSTR lpServiceName,
    LPHANDLER_FUNCTION lpHandlerProc);
LONGSHORE_ABSENT(RegisterServiceCtrlHandlerW)
SERVICE_STATUS_HANDLE WINAPI RegisterServiceCtrlHandlerW(LPCWSTR lpServiceName,
    LPHANDLER_FUNCTION lpHandlerProc);
/* Fails: the process is no service. [winsvc.h RegisterServiceCtrlHandlerExA/W] */
LONGSHORE_ABSENT(RegisterServiceCtrlHandlerExA)
SERVICE_STATUS_HANDLE WINAPI RegisterServiceCtrlHandlerExA(LPCSTR lpServiceName,
    LPHANDLER_FUNCTION_EX lpHandlerProc, LPVOID lpContext);
LONGSHORE_ABSENT(RegisterServiceCtrlHandlerExW)
SERVICE_STATUS_HANDLE WINAPI RegisterServiceCtrlHandlerExW(LPCWSTR lpServiceName,
    LPHANDLER_FUNCTION_EX lpHandlerProc, LPVOID lpContext);
/* Fails: there is no service handle. [winsvc.h SetServiceStatus] */
LONGSHORE_ABSENT(SetServiceStatus)
BOOL WINAPI SetServiceStatus(SERVICE_STATUS_HANDLE hServiceStatus,
    LPSERVICE_STATUS lpServiceStatus);
/* Fails: there is no service manager. [winsvc.h OpenSCManagerA/W] */
LONGSHORE_ABSENT(OpenSCManagerA)
SC_HANDLE WINAPI OpenSCManagerA(LPCSTR lpMachineName, LPCSTR lpDatabaseName, DWORD dwDesiredAccess);
LONGSHORE_ABSENT(OpenSCManagerW)
SC_HANDLE WINAPI OpenSCManagerW(LPCWSTR lpMachineName, LPCWSTR lpDatabaseName,
    DWORD dwDesiredAccess);
/* Fails: there are no services. [winsvc.h OpenServiceA/W] */
LONGSHORE_ABSENT(OpenServiceA)
SC_HANDLE WINAPI OpenServiceA(SC_HANDLE hSCManager, LPCSTR lpServiceName, DWORD dwDesiredAccess);
LONGSHORE_ABSENT(OpenServiceW)
SC_HANDLE WINAPI OpenServiceW(SC_HANDLE hSCManager, LPCWSTR lpServiceName, DWORD dwDesiredAccess);
/* Fails: there is no service handle. [winsvc.h CloseServiceHandle] */
LONGSHORE_ABSENT(CloseServiceHandle)
BOOL WINAPI CloseServiceHandle(SC_HANDLE hSCObject);
LONGSHORE_C_END

#ifdef UNICODE
typedef LPSERVICE_MAIN_FUNCTIONW LPSERVICE_MAIN_FUNCTION;
typedef SERVICE_TABLE_ENTRYW SERVICE_TABLE_ENTRY;
typedef LPSERVICE_TABLE_ENTRYW LPSERVICE_TABLE_ENTRY;
#else
typedef LPSERVICE_MAIN_FUNCTIONA LPSERVICE_MAIN_FUNCTION;
typedef SERVICE_TABLE_ENTRYA SERVICE_TABLE_ENTRY;
typedef LPSERVICE_TABLE_ENTRYA LPSERVICE_TABLE_ENTRY;
#endif
#define SERVICES_ACTIVE_DATABASE     LONGSHORE_AW(SERVICES_ACTIVE_DATABASE)
#define StartServiceCtrlDispatcher   LONGSHORE_AW(StartServiceCtrlDispatcher)
#define RegisterServiceCtrlHandler   LONGSHORE_AW(RegisterServiceCtrlHandler)
#define RegisterServiceCtrlHandlerEx LONGSHORE_AW(RegisterServiceCtrlHandlerEx)
#define OpenSCManager                LONGSHORE_AW(OpenSCManager)
#define OpenService                  LONGSHORE_AW(OpenService)

#endif
