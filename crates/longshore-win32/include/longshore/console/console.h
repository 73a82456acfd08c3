/* Longshore: the console, as a terminal can play it. */
#ifndef LONGSHORE_CONSOLE_H
#define LONGSHORE_CONSOLE_H

#include <longshore/abi/types.h>

#define STD_INPUT_HANDLE  ((DWORD)-10)
#define STD_OUTPUT_HANDLE ((DWORD)-11)
#define STD_ERROR_HANDLE  ((DWORD)-12)
#define CTRL_C_EVENT        0
#define CTRL_BREAK_EVENT    1
#define CTRL_CLOSE_EVENT    2
#define CTRL_LOGOFF_EVENT   5
#define CTRL_SHUTDOWN_EVENT 6
#define FOREGROUND_BLUE                    1
#define FOREGROUND_GREEN                   2
#define FOREGROUND_RED                     4
#define FOREGROUND_INTENSITY               8
#define BACKGROUND_BLUE                    0x0010
#define BACKGROUND_GREEN                   0x0020
#define BACKGROUND_RED                     0x0040
#define BACKGROUND_INTENSITY               0x0080
#define COMMON_LVB_REVERSE_VIDEO           0x4000
#define COMMON_LVB_UNDERSCORE              0x8000
#define ENABLE_PROCESSED_INPUT             1
#define ENABLE_LINE_INPUT                  2
#define ENABLE_ECHO_INPUT                  4
#define ENABLE_WINDOW_INPUT                8
#define ENABLE_MOUSE_INPUT                 0x0010
#define ENABLE_INSERT_MODE                 0x0020
#define ENABLE_QUICK_EDIT_MODE             0x0040
#define ENABLE_EXTENDED_FLAGS              0x0080
#define ENABLE_VIRTUAL_TERMINAL_INPUT      0x0200
#define ENABLE_PROCESSED_OUTPUT            1
#define ENABLE_WRAP_AT_EOL_OUTPUT          2
#define ENABLE_VIRTUAL_TERMINAL_PROCESSING 4
#define DISABLE_NEWLINE_AUTO_RETURN        8
#define KEY_EVENT                          1
#define MOUSE_EVENT                        2
#define WINDOW_BUFFER_SIZE_EVENT           4
#define MENU_EVENT                         8
#define FOCUS_EVENT                        0x0010
#define CONSOLE_TEXTMODE_BUFFER            1

#define RIGHT_ALT_PRESSED            1
#define LEFT_ALT_PRESSED             2
#define RIGHT_CTRL_PRESSED           4
#define LEFT_CTRL_PRESSED            8
#define SHIFT_PRESSED                0x10
#define NUMLOCK_ON                   0x20
#define SCROLLLOCK_ON                0x40
#define CAPSLOCK_ON                  0x80
#define ENHANCED_KEY                 0x100
#define FROM_LEFT_1ST_BUTTON_PRESSED 1
#define RIGHTMOST_BUTTON_PRESSED     2
#define FROM_LEFT_2ND_BUTTON_PRESSED 4
#define FROM_LEFT_3RD_BUTTON_PRESSED 8
#define FROM_LEFT_4TH_BUTTON_PRESSED 0x10
#define MOUSE_MOVED                  1
#define DOUBLE_CLICK                 2
#define MOUSE_WHEELED                4
#define MOUSE_HWHEELED               8
#define ATTACH_PARENT_PROCESS        0xFFFFFFFF

typedef struct _COORD { SHORT X; SHORT Y; } COORD, *PCOORD;
typedef struct _SMALL_RECT { SHORT Left, Top, Right, Bottom; } SMALL_RECT, *PSMALL_RECT;
typedef struct _CONSOLE_SCREEN_BUFFER_INFO {
    COORD dwSize;
    COORD dwCursorPosition;
    WORD  wAttributes;
    SMALL_RECT srWindow;
    COORD dwMaximumWindowSize;
} CONSOLE_SCREEN_BUFFER_INFO, *PCONSOLE_SCREEN_BUFFER_INFO;
typedef struct _CONSOLE_CURSOR_INFO {
    DWORD dwSize;
    BOOL bVisible;
} CONSOLE_CURSOR_INFO, *PCONSOLE_CURSOR_INFO;
typedef struct _CHAR_INFO {
    union {
        WCHAR UnicodeChar;
        CHAR AsciiChar;
    } Char;
    WORD Attributes;
} CHAR_INFO, *PCHAR_INFO;
typedef struct _KEY_EVENT_RECORD {
    BOOL  bKeyDown;
    WORD  wRepeatCount, wVirtualKeyCode, wVirtualScanCode;
    union { WCHAR UnicodeChar; CHAR AsciiChar; } uChar;
    DWORD dwControlKeyState;
} KEY_EVENT_RECORD, *PKEY_EVENT_RECORD;
typedef struct _MOUSE_EVENT_RECORD {
    COORD dwMousePosition;
    DWORD dwButtonState, dwControlKeyState, dwEventFlags;
} MOUSE_EVENT_RECORD, *PMOUSE_EVENT_RECORD;
typedef struct _WINDOW_BUFFER_SIZE_RECORD {
    COORD dwSize;
} WINDOW_BUFFER_SIZE_RECORD, *PWINDOW_BUFFER_SIZE_RECORD;
typedef struct _MENU_EVENT_RECORD { UINT dwCommandId; } MENU_EVENT_RECORD, *PMENU_EVENT_RECORD;
typedef struct _FOCUS_EVENT_RECORD { BOOL bSetFocus; } FOCUS_EVENT_RECORD, *PFOCUS_EVENT_RECORD;
typedef struct _INPUT_RECORD {
    WORD EventType;
    union {
        KEY_EVENT_RECORD KeyEvent;
        MOUSE_EVENT_RECORD MouseEvent;
        WINDOW_BUFFER_SIZE_RECORD WindowBufferSizeEvent;
        MENU_EVENT_RECORD MenuEvent;
        FOCUS_EVENT_RECORD FocusEvent;
    } Event;
} INPUT_RECORD, *PINPUT_RECORD;
typedef BOOL (WINAPI *PHANDLER_ROUTINE)(DWORD CtrlType);
typedef struct _CONSOLE_READCONSOLE_CONTROL {
    ULONG nLength, nInitialChars, dwCtrlWakeupMask, dwControlKeyState;
} CONSOLE_READCONSOLE_CONTROL, *PCONSOLE_READCONSOLE_CONTROL;

LONGSHORE_C_BEGIN
/* Gives a standard handle; NULL if the process was started without it.
   [processenv.h GetStdHandle] */
HANDLE WINAPI GetStdHandle(DWORD nStdHandle);
/* Sets a standard handle. The streams of the C library stay. [processenv.h SetStdHandle] */
BOOL WINAPI SetStdHandle(DWORD nStdHandle, HANDLE hHandle);
/* Adds or removes a handler of Ctrl-C; with NULL, ignores Ctrl-C or heeds it again.
   [console SetConsoleCtrlHandler] */
BOOL WINAPI SetConsoleCtrlHandler(PHANDLER_ROUTINE HandlerRoutine, BOOL Add);
/* Sends Ctrl-C or Ctrl-Break to a process group; 0 is the caller's.
   [console GenerateConsoleCtrlEvent] */
BOOL WINAPI GenerateConsoleCtrlEvent(DWORD dwCtrlEvent, DWORD dwProcessGroupId);
/* Gives the process a console: the terminal it was started with. [console AllocConsole] */
BOOL WINAPI AllocConsole(VOID);
/* Gives the console up: the terminal stays. [console FreeConsole] */
BOOL WINAPI FreeConsole(VOID);
/* Takes another process's console: the terminal stays the one it was. [console AttachConsole] */
BOOL WINAPI AttachConsole(DWORD dwProcessId);
/* Gives the window of the console: NULL, there is none. [console GetConsoleWindow] */
LONGSHORE_ABSENT(GetConsoleWindow)
HWND WINAPI GetConsoleWindow(VOID);
/* Gives the code page of console input. [console GetConsoleCP] */
UINT WINAPI GetConsoleCP(VOID);
/* Gives the code page of console output. [console GetConsoleOutputCP] */
UINT WINAPI GetConsoleOutputCP(VOID);
/* Remembers the code page of input. Terminals speak UTF-8 in any case. [console SetConsoleCP] */
BOOL WINAPI SetConsoleCP(UINT wCodePageID);
/* Remembers the code page of output. Terminals speak UTF-8 in any case.
   [console SetConsoleOutputCP] */
BOOL WINAPI SetConsoleOutputCP(UINT wCodePageID);
/* Gives the mode of a console. [console GetConsoleMode] */
BOOL WINAPI GetConsoleMode(HANDLE hConsoleHandle, LPDWORD lpMode);
/* Sets the mode of a console. [console SetConsoleMode] */
BOOL WINAPI SetConsoleMode(HANDLE hConsoleHandle, DWORD dwMode);
/* Gives the title that the program set. [console GetConsoleTitleA/W] */
DWORD WINAPI GetConsoleTitleA(LPSTR lpConsoleTitle, DWORD nSize);
DWORD WINAPI GetConsoleTitleW(LPWSTR lpConsoleTitle, DWORD nSize);
/* Sets the title of the terminal's window. [console SetConsoleTitleA/W] */
BOOL WINAPI SetConsoleTitleA(LPCSTR lpConsoleTitle);
BOOL WINAPI SetConsoleTitleW(LPCWSTR lpConsoleTitle);
/* Gives the size, the colours and the cursor of the screen. [console GetConsoleScreenBufferInfo] */
BOOL WINAPI GetConsoleScreenBufferInfo(HANDLE hConsoleOutput,
    PCONSOLE_SCREEN_BUFFER_INFO lpConsoleScreenBufferInfo);
/* Gives the size of the terminal. [console GetLargestConsoleWindowSize] */
COORD WINAPI GetLargestConsoleWindowSize(HANDLE hConsoleOutput);
/* Does nothing: a terminal's size is its user's choice. [console SetConsoleScreenBufferSize] */
LONGSHORE_ABSENT(SetConsoleScreenBufferSize)
BOOL WINAPI SetConsoleScreenBufferSize(HANDLE hConsoleOutput, COORD dwSize);
/* Does nothing: a terminal's size is its user's choice. [console SetConsoleWindowInfo] */
LONGSHORE_ABSENT(SetConsoleWindowInfo)
BOOL WINAPI SetConsoleWindowInfo(HANDLE hConsoleOutput, BOOL bAbsolute,
    const SMALL_RECT *lpConsoleWindow);
/* Sets the colours of the text that follows. [console SetConsoleTextAttribute] */
BOOL WINAPI SetConsoleTextAttribute(HANDLE hConsoleOutput, WORD wAttributes);
/* Moves the cursor. [console SetConsoleCursorPosition] */
BOOL WINAPI SetConsoleCursorPosition(HANDLE hConsoleOutput, COORD dwCursorPosition);
/* Says whether the cursor is shown. [console GetConsoleCursorInfo] */
BOOL WINAPI GetConsoleCursorInfo(HANDLE hConsoleOutput, PCONSOLE_CURSOR_INFO lpConsoleCursorInfo);
/* Shows or hides the cursor. [console SetConsoleCursorInfo] */
BOOL WINAPI SetConsoleCursorInfo(HANDLE hConsoleOutput,
    const CONSOLE_CURSOR_INFO *lpConsoleCursorInfo);
/* Writes a character several times; blanks over the whole screen clear it.
   [console FillConsoleOutputCharacterA/W] */
BOOL WINAPI FillConsoleOutputCharacterA(HANDLE hConsoleOutput, CHAR cCharacter, DWORD nLength,
    COORD dwWriteCoord, LPDWORD lpNumberOfCharsWritten);
BOOL WINAPI FillConsoleOutputCharacterW(HANDLE hConsoleOutput, WCHAR cCharacter, DWORD nLength,
    COORD dwWriteCoord, LPDWORD lpNumberOfCharsWritten);
/* Does nothing: a terminal cannot colour text that is there already.
   [console FillConsoleOutputAttribute] */
LONGSHORE_ABSENT(FillConsoleOutputAttribute)
BOOL WINAPI FillConsoleOutputAttribute(HANDLE hConsoleOutput, WORD wAttribute, DWORD nLength,
    COORD dwWriteCoord, LPDWORD lpNumberOfAttrsWritten);
/* Writes text to a console, or to where standard output leads. [console WriteConsoleA/W] */
BOOL WINAPI WriteConsoleA(HANDLE hConsoleOutput, const VOID *lpBuffer, DWORD nNumberOfCharsToWrite,
    LPDWORD lpNumberOfCharsWritten, LPVOID lpReserved);
BOOL WINAPI WriteConsoleW(HANDLE hConsoleOutput, const VOID *lpBuffer, DWORD nNumberOfCharsToWrite,
    LPDWORD lpNumberOfCharsWritten, LPVOID lpReserved);
/* Reads a line, with CR and LF at its end, or as much as fits. [console ReadConsoleA/W] */
BOOL WINAPI ReadConsoleA(HANDLE hConsoleInput, LPVOID lpBuffer, DWORD nNumberOfCharsToRead,
    LPDWORD lpNumberOfCharsRead, PCONSOLE_READCONSOLE_CONTROL pInputControl);
BOOL WINAPI ReadConsoleW(HANDLE hConsoleInput, LPVOID lpBuffer, DWORD nNumberOfCharsToRead,
    LPDWORD lpNumberOfCharsRead, PCONSOLE_READCONSOLE_CONTROL pInputControl);
/* Takes key events; waits for the first. [console ReadConsoleInputA/W] */
BOOL WINAPI ReadConsoleInputA(HANDLE hConsoleInput, PINPUT_RECORD lpBuffer, DWORD nLength,
    LPDWORD lpNumberOfEventsRead);
BOOL WINAPI ReadConsoleInputW(HANDLE hConsoleInput, PINPUT_RECORD lpBuffer, DWORD nLength,
    LPDWORD lpNumberOfEventsRead);
/* Looks at key events without waiting or taking them. [console PeekConsoleInputA/W] */
BOOL WINAPI PeekConsoleInputA(HANDLE hConsoleInput, PINPUT_RECORD lpBuffer, DWORD nLength,
    LPDWORD lpNumberOfEventsRead);
BOOL WINAPI PeekConsoleInputW(HANDLE hConsoleInput, PINPUT_RECORD lpBuffer, DWORD nLength,
    LPDWORD lpNumberOfEventsRead);
/* Counts the key events that wait. [console GetNumberOfConsoleInputEvents] */
BOOL WINAPI GetNumberOfConsoleInputEvents(HANDLE hConsoleInput, LPDWORD lpNumberOfEvents);
/* Drops the key events that wait. [console FlushConsoleInputBuffer] */
BOOL WINAPI FlushConsoleInputBuffer(HANDLE hConsoleInput);
LONGSHORE_C_END

#define GetConsoleTitle            LONGSHORE_AW(GetConsoleTitle)
#define SetConsoleTitle            LONGSHORE_AW(SetConsoleTitle)
#define FillConsoleOutputCharacter LONGSHORE_AW(FillConsoleOutputCharacter)
#define WriteConsole               LONGSHORE_AW(WriteConsole)
#define ReadConsole                LONGSHORE_AW(ReadConsole)
#define ReadConsoleInput           LONGSHORE_AW(ReadConsoleInput)
#define PeekConsoleInput           LONGSHORE_AW(PeekConsoleInput)

#endif
