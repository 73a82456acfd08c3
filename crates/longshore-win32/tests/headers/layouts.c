/* Layouts that hold WCHARs, where windows-sys has two bytes and we have four, and the sizes of
 * what programs keep in their own memory. The others are compared with windows-sys in tests/layouts.rs. */
#include <windows.h>
#include <winsock2.h>
#include <ws2tcpip.h>
#include <mswsock.h>
#include <stddef.h>

#define HOLDS(name, condition) typedef char name[(condition) ? 1 : -1]

HOLDS(dword_has_32_bits, sizeof(DWORD) == 4 && sizeof(LONG) == 4 && sizeof(ULONG) == 4 && sizeof(BOOL) == 4);
HOLDS(u_long_has_32_bits, sizeof(u_long) == 4 && sizeof(u_int) == 4 && sizeof(u_short) == 2);
HOLDS(pointer_sized_integers, sizeof(ULONG_PTR) == 8 && sizeof(LONG_PTR) == 8 && sizeof(SIZE_T) == 8);
HOLDS(handles_and_sockets, sizeof(HANDLE) == 8 && sizeof(SOCKET) == 8);
HOLDS(wchar_is_the_compilers, sizeof(WCHAR) == sizeof(wchar_t) && sizeof(WCHAR) == 4);
HOLDS(boolean_is_a_byte, sizeof(BOOLEAN) == 1 && sizeof(BYTE) == 1);
HOLDS(hresult_has_32_bits, sizeof(HRESULT) == 4 && sizeof(NTSTATUS) == 4);

HOLDS(find_data_a, sizeof(WIN32_FIND_DATAA) == 320 && offsetof(WIN32_FIND_DATAA, cFileName) == 44);
HOLDS(find_data_w, sizeof(WIN32_FIND_DATAW) == 44 + 4 * (MAX_PATH + 14) && offsetof(WIN32_FIND_DATAW, cFileName) == 44);
HOLDS(notify_information, offsetof(FILE_NOTIFY_INFORMATION, FileName) == 12 && sizeof(FILE_NOTIFY_INFORMATION) == 16);
HOLDS(full_directory, offsetof(FILE_FULL_DIR_INFO, FileName) == 68 && offsetof(FILE_FULL_DIR_INFO, EaSize) == 64);
HOLDS(id_both_directory, offsetof(FILE_ID_BOTH_DIR_INFO, FileId) == 120 && offsetof(FILE_ID_BOTH_DIR_INFO, FileName) == 128);
BOOLEAN deletes(FILE_DISPOSITION_INFO *info);
BOOLEAN deletes(FILE_DISPOSITION_INFO *info) { return info->DeleteFile; }
HOLDS(disposition, sizeof(FILE_DISPOSITION_INFO) == 1 && sizeof(deletes) == 1);
HOLDS(rename_information, offsetof(FILE_RENAME_INFO, FileName) == 20);

HOLDS(critical_section, sizeof(CRITICAL_SECTION) == 40);
HOLDS(slim_locks, sizeof(SRWLOCK) == 8 && sizeof(CONDITION_VARIABLE) == 8 && sizeof(INIT_ONCE) == 8);
HOLDS(barrier, sizeof(SYNCHRONIZATION_BARRIER) == 32);
HOLDS(list_header, sizeof(SLIST_HEADER) == 16 && sizeof(SLIST_ENTRY) == 16);

HOLDS(fd_set_is_a_list, offsetof(fd_set, fd_array) == 8 && sizeof(fd_set) == 8 + 8 * FD_SETSIZE && FD_SETSIZE == 64);
HOLDS(in_addr_views, sizeof(struct in_addr) == 4 && offsetof(struct in_addr, S_un.S_un_b.s_b4) == 3);
HOLDS(wsadata_on_64_bits, offsetof(WSADATA, lpVendorInfo) == 8 && offsetof(WSADATA, szDescription) == 16);
HOLDS(servent_on_64_bits, offsetof(struct servent, s_proto) == 16 && offsetof(struct servent, s_port) == 24);

HOLDS(families, AF_INET == 2 && AF_INET6 == 23 && AF_UNIX == 1);
HOLDS(infinite, INFINITE == 0xFFFFFFFFu && WAIT_TIMEOUT == 258 && WAIT_FAILED == 0xFFFFFFFFu);
HOLDS(pending, ERROR_IO_PENDING == 997 && WSA_IO_PENDING == 997 && WSAEWOULDBLOCK == 10035);
HOLDS(abandoned, ERROR_ABANDONED_WAIT_0 == 735 && ERROR_NETNAME_DELETED == 64 && ERROR_OPERATION_ABORTED == 995);
HOLDS(keepalive, SIO_KEEPALIVE_VALS == 0x98000004u && SIO_GET_EXTENSION_FUNCTION_POINTER == 0xC8000006u);
HOLDS(sockets_options, SO_UPDATE_ACCEPT_CONTEXT == 0x700B && SO_REUSEADDR == 4 && SO_EXCLUSIVEADDRUSE == -5);
