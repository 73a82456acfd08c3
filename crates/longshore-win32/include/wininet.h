/* Longshore: the types of WinInet, which is not here. Programs include it beside Winsock. */
#ifndef LONGSHORE_WININET_H
#define LONGSHORE_WININET_H
#include "windows.h"
typedef PVOID HINTERNET, *LPHINTERNET;
typedef WORD INTERNET_PORT, *LPINTERNET_PORT;
#endif
