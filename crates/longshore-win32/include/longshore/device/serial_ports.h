/* Longshore: serial ports, declared because asio's headers name them. */
#ifndef LONGSHORE_SERIAL_PORTS_H
#define LONGSHORE_SERIAL_PORTS_H

#include <longshore/abi/types.h>

typedef struct _DCB {
    DWORD DCBlength;
    DWORD BaudRate;
    DWORD fBinary : 1, fParity : 1, fOutxCtsFlow : 1, fOutxDsrFlow : 1, fDtrControl : 2,
        fDsrSensitivity : 1, fTXContinueOnXoff : 1;
    DWORD fOutX : 1, fInX : 1, fErrorChar : 1, fNull : 1, fRtsControl : 2, fAbortOnError : 1,
        fDummy2 : 17;
    WORD  wReserved, XonLim, XoffLim;
    BYTE  ByteSize, Parity, StopBits;
    char  XonChar, XoffChar, ErrorChar, EofChar, EvtChar;
    WORD  wReserved1;
} DCB, *LPDCB;
typedef struct _COMMTIMEOUTS {
    DWORD ReadIntervalTimeout, ReadTotalTimeoutMultiplier, ReadTotalTimeoutConstant;
    DWORD WriteTotalTimeoutMultiplier, WriteTotalTimeoutConstant;
} COMMTIMEOUTS, *LPCOMMTIMEOUTS;
typedef struct _COMSTAT { DWORD fFlags, cbInQue, cbOutQue; } COMSTAT, *LPCOMSTAT;

#define NOPARITY                0
#define ODDPARITY               1
#define EVENPARITY              2
#define MARKPARITY              3
#define SPACEPARITY             4
#define ONESTOPBIT              0
#define ONE5STOPBITS            1
#define TWOSTOPBITS             2
#define DTR_CONTROL_DISABLE     0
#define DTR_CONTROL_ENABLE      1
#define DTR_CONTROL_HANDSHAKE   2
#define RTS_CONTROL_DISABLE     0
#define RTS_CONTROL_ENABLE      1
#define RTS_CONTROL_HANDSHAKE   2
#define RTS_CONTROL_TOGGLE      3
#define PURGE_TXABORT           1
#define PURGE_RXABORT           2
#define PURGE_TXCLEAR           4
#define PURGE_RXCLEAR           8
#define SETXOFF                 1
#define SETXON                  2
#define SETRTS                  3
#define CLRRTS                  4
#define SETDTR                  5
#define CLRDTR                  6
#define SETBREAK                8
#define CLRBREAK                9
#define CBR_110                 110
#define CBR_300                 300
#define CBR_600                 600
#define CBR_1200                1200
#define CBR_2400                2400
#define CBR_4800                4800
#define CBR_9600                9600
#define CBR_14400               14400
#define CBR_19200               19200
#define CBR_38400               38400
#define CBR_57600               57600
#define CBR_115200              115200

LONGSHORE_C_BEGIN
/* Reads the settings of a serial line. [winbase.h GetCommState] */
LONGSHORE_ABSENT(GetCommState)
BOOL WINAPI GetCommState(HANDLE hFile, LPDCB lpDCB);
/* Sets a serial line. [winbase.h SetCommState] */
LONGSHORE_ABSENT(SetCommState)
BOOL WINAPI SetCommState(HANDLE hFile, LPDCB lpDCB);
/* Reads the time limits of a serial line. [winbase.h GetCommTimeouts] */
LONGSHORE_ABSENT(GetCommTimeouts)
BOOL WINAPI GetCommTimeouts(HANDLE hFile, LPCOMMTIMEOUTS lpCommTimeouts);
/* Sets the time limits of a serial line. [winbase.h SetCommTimeouts] */
LONGSHORE_ABSENT(SetCommTimeouts)
BOOL WINAPI SetCommTimeouts(HANDLE hFile, LPCOMMTIMEOUTS lpCommTimeouts);
/* Sets a signal of a serial line. [winbase.h EscapeCommFunction] */
LONGSHORE_ABSENT(EscapeCommFunction)
BOOL WINAPI EscapeCommFunction(HANDLE hFile, DWORD dwFunc);
/* Drops what waits on a serial line. [winbase.h PurgeComm] */
LONGSHORE_ABSENT(PurgeComm)
BOOL WINAPI PurgeComm(HANDLE hFile, DWORD dwFlags);
/* Sets the buffers of a serial line. [winbase.h SetupComm] */
LONGSHORE_ABSENT(SetupComm)
BOOL WINAPI SetupComm(HANDLE hFile, DWORD dwInQueue, DWORD dwOutQueue);
/* Begins a break on a serial line. [winbase.h SetCommBreak] */
LONGSHORE_ABSENT(SetCommBreak)
BOOL WINAPI SetCommBreak(HANDLE hFile);
/* Ends a break on a serial line. [winbase.h ClearCommBreak] */
LONGSHORE_ABSENT(ClearCommBreak)
BOOL WINAPI ClearCommBreak(HANDLE hFile);
LONGSHORE_C_END

#endif
