/*
 * Longshore: the warnings for functions that always fail or only answer. The declaration of f
 * begins with LONGSHORE_ABSENT(f). docs/absent.md of the source tree lists them.
 *
 * Generated from the marks in the library's sources by the test `absent`;
 * LONGSHORE_BLESS=1 writes it anew.
 */
#ifndef LONGSHORE_ABSENT_H
#define LONGSHORE_ABSENT_H

#ifdef LONGSHORE_ABSENT_IS_KNOWN
#define LONGSHORE_ABSENT(name)
#else
#define LONGSHORE_ABSENT(name) __attribute__((__deprecated__(LONGSHORE_ABSENT_##name)))
#endif

#define LONGSHORE_ABSENT_CallNamedPipeA \
    "always fails in Longshore: named pipes are not there yet"
#define LONGSHORE_ABSENT_CallNamedPipeW \
    "always fails in Longshore: named pipes are not there yet"
#define LONGSHORE_ABSENT_ClearCommBreak \
    "always fails in Longshore: serial lines are not supported"
#define LONGSHORE_ABSENT_CloseServiceHandle \
    "only answers in Longshore: there are no services of Windows"
#define LONGSHORE_ABSENT_CoCreateInstance \
    "only answers in Longshore: no COM class is registered"
#define LONGSHORE_ABSENT_ConnectNamedPipe \
    "always fails in Longshore: named pipes are not there yet"
#define LONGSHORE_ABSENT_CreateNamedPipeA \
    "always fails in Longshore: named pipes are not there yet"
#define LONGSHORE_ABSENT_CreateNamedPipeW \
    "always fails in Longshore: named pipes are not there yet"
#define LONGSHORE_ABSENT_CreateProcessA \
    "always fails in Longshore: other processes cannot be started yet"
#define LONGSHORE_ABSENT_CreateProcessW \
    "always fails in Longshore: other processes cannot be started yet"
#define LONGSHORE_ABSENT_DisconnectNamedPipe \
    "always fails in Longshore: named pipes are not there yet"
#define LONGSHORE_ABSENT_EscapeCommFunction \
    "always fails in Longshore: serial lines are not supported"
#define LONGSHORE_ABSENT_FillConsoleOutputAttribute \
    "only answers in Longshore: a terminal cannot colour text that is there already"
#define LONGSHORE_ABSENT_FindCloseChangeNotification \
    "always fails in Longshore: directories cannot be watched yet"
#define LONGSHORE_ABSENT_FindFirstChangeNotificationA \
    "always fails in Longshore: directories cannot be watched yet"
#define LONGSHORE_ABSENT_FindFirstChangeNotificationW \
    "always fails in Longshore: directories cannot be watched yet"
#define LONGSHORE_ABSENT_FindNextChangeNotification \
    "always fails in Longshore: directories cannot be watched yet"
#define LONGSHORE_ABSENT_GetAdaptersInfo \
    "always fails in Longshore: use WSAIoctl with SIO_ADDRESS_LIST_QUERY"
#define LONGSHORE_ABSENT_GetBestInterface \
    "always fails in Longshore: use WSAIoctl with SIO_ADDRESS_LIST_QUERY"
#define LONGSHORE_ABSENT_GetCommState \
    "always fails in Longshore: serial lines are not supported"
#define LONGSHORE_ABSENT_GetCommTimeouts \
    "always fails in Longshore: serial lines are not supported"
#define LONGSHORE_ABSENT_GetConsoleWindow \
    "only answers in Longshore: a terminal has no window"
#define LONGSHORE_ABSENT_GetNamedPipeClientProcessId \
    "always fails in Longshore: named pipes are not there yet"
#define LONGSHORE_ABSENT_GetNamedPipeHandleStateA \
    "always fails in Longshore: named pipes are not there yet"
#define LONGSHORE_ABSENT_GetNamedPipeHandleStateW \
    "always fails in Longshore: named pipes are not there yet"
#define LONGSHORE_ABSENT_GetNamedPipeInfo \
    "always fails in Longshore: named pipes are not there yet"
#define LONGSHORE_ABSENT_GetNamedPipeServerProcessId \
    "always fails in Longshore: named pipes are not there yet"
#define LONGSHORE_ABSENT_GetNumberOfInterfaces \
    "always fails in Longshore: use WSAIoctl with SIO_ADDRESS_LIST_QUERY"
#define LONGSHORE_ABSENT_GetSystemMetrics \
    "only answers in Longshore: there is no desktop, every size is 0"
#define LONGSHORE_ABSENT_GetThreadContext \
    "always fails in Longshore: the registers of another thread are not given out"
#define LONGSHORE_ABSENT_MiniDumpWriteDump \
    "always fails in Longshore: the kernel of Linux writes core dumps"
#define LONGSHORE_ABSENT_OpenSCManagerA \
    "only answers in Longshore: there is no service manager of Windows"
#define LONGSHORE_ABSENT_OpenSCManagerW \
    "only answers in Longshore: there is no service manager of Windows"
#define LONGSHORE_ABSENT_OpenServiceA \
    "only answers in Longshore: there are no services of Windows"
#define LONGSHORE_ABSENT_OpenServiceW \
    "only answers in Longshore: there are no services of Windows"
#define LONGSHORE_ABSENT_PurgeComm \
    "always fails in Longshore: serial lines are not supported"
#define LONGSHORE_ABSENT_ReadDirectoryChangesW \
    "always fails in Longshore: directories cannot be watched yet"
#define LONGSHORE_ABSENT_RegCreateKeyExA \
    "only answers in Longshore: no registry key can be made"
#define LONGSHORE_ABSENT_RegCreateKeyExW \
    "only answers in Longshore: no registry key can be made"
#define LONGSHORE_ABSENT_RegOpenKeyExA \
    "only answers in Longshore: the registry is empty, every key is missing"
#define LONGSHORE_ABSENT_RegOpenKeyExW \
    "only answers in Longshore: the registry is empty, every key is missing"
#define LONGSHORE_ABSENT_RegQueryValueExA \
    "only answers in Longshore: the registry is empty, every value is missing"
#define LONGSHORE_ABSENT_RegQueryValueExW \
    "only answers in Longshore: the registry is empty, every value is missing"
#define LONGSHORE_ABSENT_RegSetValueExA \
    "only answers in Longshore: no registry value can be written"
#define LONGSHORE_ABSENT_RegSetValueExW \
    "only answers in Longshore: no registry value can be written"
#define LONGSHORE_ABSENT_RegisterServiceCtrlHandlerA \
    "only answers in Longshore: the process was not started by a service manager of Windows"
#define LONGSHORE_ABSENT_RegisterServiceCtrlHandlerExA \
    "only answers in Longshore: the process was not started by a service manager of Windows"
#define LONGSHORE_ABSENT_RegisterServiceCtrlHandlerExW \
    "only answers in Longshore: the process was not started by a service manager of Windows"
#define LONGSHORE_ABSENT_RegisterServiceCtrlHandlerW \
    "only answers in Longshore: the process was not started by a service manager of Windows"
#define LONGSHORE_ABSENT_SetCommBreak \
    "always fails in Longshore: serial lines are not supported"
#define LONGSHORE_ABSENT_SetCommState \
    "always fails in Longshore: serial lines are not supported"
#define LONGSHORE_ABSENT_SetCommTimeouts \
    "always fails in Longshore: serial lines are not supported"
#define LONGSHORE_ABSENT_SetConsoleScreenBufferSize \
    "only answers in Longshore: the size of a terminal stays as it is"
#define LONGSHORE_ABSENT_SetConsoleWindowInfo \
    "only answers in Longshore: the size of a terminal stays as it is"
#define LONGSHORE_ABSENT_SetLocalTime \
    "always fails in Longshore: the clock is set by the administrator"
#define LONGSHORE_ABSENT_SetNamedPipeHandleState \
    "always fails in Longshore: named pipes are not there yet"
#define LONGSHORE_ABSENT_SetServiceStatus \
    "only answers in Longshore: the process was not started by a service manager of Windows"
#define LONGSHORE_ABSENT_SetSystemTime \
    "always fails in Longshore: the clock is set by the administrator"
#define LONGSHORE_ABSENT_SetupComm \
    "always fails in Longshore: serial lines are not supported"
#define LONGSHORE_ABSENT_ShowWindow \
    "only answers in Longshore: there are no windows"
#define LONGSHORE_ABSENT_StartServiceCtrlDispatcherA \
    "only answers in Longshore: the process was not started by a service manager of Windows"
#define LONGSHORE_ABSENT_StartServiceCtrlDispatcherW \
    "only answers in Longshore: the process was not started by a service manager of Windows"
#define LONGSHORE_ABSENT_SymGetLineFromAddr64 \
    "always fails in Longshore: line tables are not read"
#define LONGSHORE_ABSENT_SymInitialize \
    "always fails in Longshore: symbols of Windows' kind do not exist"
#define LONGSHORE_ABSENT_SymInitializeW \
    "always fails in Longshore: symbols of Windows' kind do not exist"
#define LONGSHORE_ABSENT_TransactNamedPipe \
    "always fails in Longshore: named pipes are not there yet"
#define LONGSHORE_ABSENT_TransmitPackets \
    "always fails in Longshore: use TransmitFile or WSASend"
#define LONGSHORE_ABSENT_WSAConnectByList \
    "always fails in Longshore: use WSAConnectByName, or connect to each address"
#define LONGSHORE_ABSENT_WSAGetQOSByName \
    "always fails in Longshore: there is no quality of service"
#define LONGSHORE_ABSENT_WSAJoinLeaf \
    "always fails in Longshore: use setsockopt with IP_ADD_MEMBERSHIP"
#define LONGSHORE_ABSENT_WaitNamedPipeA \
    "always fails in Longshore: named pipes are not there yet"
#define LONGSHORE_ABSENT_WaitNamedPipeW \
    "always fails in Longshore: named pipes are not there yet"

#endif
