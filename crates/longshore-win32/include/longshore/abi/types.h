/* Longshore: the basic types of Windows (basetsd.h, minwindef.h, windef.h, winnt.h).
 *
 * DWORD and LONG have 32 bits as on Windows, so they are int and not long. A WCHAR is the
 * compiler's wchar_t, four bytes on Linux, so that L"..." and std::wstring work unchanged. */
#ifndef LONGSHORE_TYPES_H
#define LONGSHORE_TYPES_H

#include <longshore/abi/compiler.h>
#include <longshore/abi/sal.h>

#ifndef VOID
#define VOID void
#endif
#ifndef CONST
#define CONST const
#endif
#ifndef IN
#define IN
#endif
#ifndef OUT
#define OUT
#endif
#ifndef OPTIONAL
#define OPTIONAL
#endif
#ifndef NULL
#define NULL 0
#endif
#ifndef FALSE
#define FALSE 0
#endif
#ifndef TRUE
#define TRUE 1
#endif

typedef char CHAR, *PCHAR, *LPCH, *PCH, *NPSTR, *LPSTR, *PSTR, CCHAR, *PCCHAR;
typedef const char *LPCCH, *PCCH, *LPCSTR, *PCSTR, *PCZZSTR;
typedef PSTR PZZSTR, *PZPSTR;
typedef signed char INT8, *PINT8;
typedef unsigned char UCHAR, *PUCHAR, BYTE, *PBYTE, *LPBYTE, BOOLEAN, *PBOOLEAN, UINT8, *PUINT8;
typedef short SHORT, *PSHORT, INT16, *PINT16, CSHORT;
typedef unsigned short USHORT, *PUSHORT, WORD, *PWORD, *LPWORD, UINT16, *PUINT16, ATOM, LANGID;
typedef int INT, *PINT, *LPINT, LONG, *PLONG, *LPLONG, BOOL, *PBOOL, *LPBOOL, WINBOOL;
typedef int INT32, *PINT32, LONG32, *PLONG32, HFILE;
typedef unsigned int UINT, *PUINT, *LPUINT, ULONG, *PULONG, DWORD, *PDWORD, *LPDWORD;
typedef unsigned int UINT32, *PUINT32, ULONG32, *PULONG32, DWORD32, *PDWORD32;
typedef unsigned int COLORREF, *LPCOLORREF, LCID, *PLCID, LCTYPE, ACCESS_MASK, *PACCESS_MASK,
    REGSAM;
typedef long long LONGLONG, *PLONGLONG, INT64, *PINT64, LONG64, *PLONG64, USN;
typedef unsigned long long ULONGLONG, *PULONGLONG, UINT64, *PUINT64, ULONG64, *PULONG64;
typedef unsigned long long DWORDLONG, *PDWORDLONG, DWORD64, *PDWORD64, QWORD;
typedef float FLOAT, *PFLOAT;
typedef double DOUBLE;

/* Integers as wide as a pointer. */
typedef long INT_PTR, *PINT_PTR, LONG_PTR, *PLONG_PTR, SSIZE_T, *PSSIZE_T, LPARAM, LRESULT;
typedef unsigned long UINT_PTR, *PUINT_PTR, ULONG_PTR, *PULONG_PTR, DWORD_PTR, *PDWORD_PTR;
typedef unsigned long SIZE_T, *PSIZE_T, WPARAM, KAFFINITY, *PKAFFINITY;
typedef unsigned int UHALF_PTR, *PUHALF_PTR;
typedef int HALF_PTR, *PHALF_PTR;

typedef void *PVOID, *LPVOID, *HANDLE, *PVOID64;
typedef const void *LPCVOID, *PCVOID;
typedef HANDLE *PHANDLE, *LPHANDLE, *SPHANDLE, HGLOBAL, HLOCAL, GLOBALHANDLE, LOCALHANDLE;
typedef LONG HRESULT, NTSTATUS, *PNTSTATUS, SCODE;

typedef wchar_t WCHAR, *PWCHAR, *LPWCH, *PWCH, *NWPSTR, *LPWSTR, *PWSTR, *PZZWSTR;
typedef const wchar_t *LPCWCH, *PCWCH, *LPCWSTR, *PCWSTR, *PCZZWSTR, *LPCUWSTR;
typedef WCHAR OLECHAR, *LPOLESTR;
typedef const WCHAR *LPCOLESTR;

#ifdef UNICODE
typedef WCHAR TCHAR, *PTCHAR;
typedef LPWSTR PTSTR, LPTSTR, LPTCH, PTCH;
typedef LPCWSTR PCTSTR, LPCTSTR;
#define __TEXT(quote) L##quote
#else
typedef char TCHAR, *PTCHAR;
typedef LPSTR PTSTR, LPTSTR, LPTCH, PTCH;
typedef LPCSTR PCTSTR, LPCTSTR;
#define __TEXT(quote) quote
#endif
typedef unsigned char TBYTE, *PTBYTE;
#define _TCHAR_DEFINED
#define TEXT(quote) __TEXT(quote)

#define DECLARE_HANDLE(name) typedef struct name##__ { int unused; } *name
DECLARE_HANDLE(HINSTANCE);
DECLARE_HANDLE(HWND);
DECLARE_HANDLE(HKEY);
DECLARE_HANDLE(HICON);
DECLARE_HANDLE(HMENU);
DECLARE_HANDLE(HBRUSH);
DECLARE_HANDLE(HDC);
DECLARE_HANDLE(HRSRC);
DECLARE_HANDLE(HHOOK);
DECLARE_HANDLE(HDESK);
DECLARE_HANDLE(HWINSTA);
typedef HINSTANCE HMODULE;
typedef HICON HCURSOR;
typedef HKEY *PHKEY;
typedef void *HGDIOBJ;

typedef INT_PTR (WINAPI *FARPROC)();
typedef INT_PTR (WINAPI *NEARPROC)();
typedef INT_PTR (WINAPI *PROC)();

typedef struct _GUID {
    UINT   Data1;
    USHORT Data2;
    USHORT Data3;
    UCHAR  Data4[8];
} GUID, *LPGUID, IID, CLSID, UUID;
typedef const GUID *LPCGUID;
#define _REFGUID_DEFINED
#ifdef __cplusplus
#define REFGUID const GUID &
#define REFIID  const IID &
#define REFCLSID const CLSID &
#else
#define REFGUID const GUID *
#define REFIID  const IID *
#define REFCLSID const CLSID *
#endif
#ifdef INITGUID
#define DEFINE_GUID(name, l, w1, w2, b1, b2, b3, b4, b5, b6, b7, b8) \
    EXTERN_C const GUID DECLSPEC_SELECTANY name;                     \
    EXTERN_C const GUID name = { l, w1, w2, { b1, b2, b3, b4, b5, b6, b7, b8 } }
#else
#define DEFINE_GUID(name, l, w1, w2, b1, b2, b3, b4, b5, b6, b7, b8) EXTERN_C const GUID name
#endif
#ifdef __cplusplus
extern "C++" {
static inline bool operator==(const GUID &a, const GUID &b)
{
    return !__builtin_memcmp(&a, &b, sizeof a);
}
static inline bool operator!=(const GUID &a, const GUID &b) { return !(a == b); }
/* Whether two GUIDs are equal. [guiddef.h IsEqualGUID] */
static inline bool IsEqualGUID(const GUID &a, const GUID &b) { return a == b; }
static inline bool InlineIsEqualGUID(const GUID &a, const GUID &b) { return a == b; }
}
#else
#define IsEqualGUID(a, b)       (!__builtin_memcmp((a), (b), sizeof(GUID)))
#define InlineIsEqualGUID(a, b) IsEqualGUID(a, b)
#endif

typedef union _LARGE_INTEGER {
    __extension__ struct { DWORD LowPart; LONG HighPart; };
    struct { DWORD LowPart; LONG HighPart; } u;
    LONGLONG QuadPart;
} LARGE_INTEGER, *PLARGE_INTEGER, *LPLARGE_INTEGER;

typedef union _ULARGE_INTEGER {
    __extension__ struct { DWORD LowPart; DWORD HighPart; };
    struct { DWORD LowPart; DWORD HighPart; } u;
    ULONGLONG QuadPart;
} ULARGE_INTEGER, *PULARGE_INTEGER, *LPULARGE_INTEGER;

typedef struct _LUID { DWORD LowPart; LONG HighPart; } LUID, *PLUID;

typedef struct _FILETIME {
    DWORD dwLowDateTime;
    DWORD dwHighDateTime;
} FILETIME, *PFILETIME, *LPFILETIME;

typedef struct _SYSTEMTIME {
    WORD wYear, wMonth, wDayOfWeek, wDay, wHour, wMinute, wSecond, wMilliseconds;
} SYSTEMTIME, *PSYSTEMTIME, *LPSYSTEMTIME;

typedef struct _SECURITY_ATTRIBUTES {
    DWORD  nLength;
    LPVOID lpSecurityDescriptor;
    BOOL   bInheritHandle;
} SECURITY_ATTRIBUTES, *PSECURITY_ATTRIBUTES, *LPSECURITY_ATTRIBUTES;
typedef PVOID PSECURITY_DESCRIPTOR, PSID;
typedef DWORD SECURITY_INFORMATION, *PSECURITY_INFORMATION;

typedef struct _LIST_ENTRY {
    struct _LIST_ENTRY *Flink;
    struct _LIST_ENTRY *Blink;
} LIST_ENTRY, *PLIST_ENTRY;

typedef struct _SINGLE_LIST_ENTRY {
    struct _SINGLE_LIST_ENTRY *Next;
} SINGLE_LIST_ENTRY, *PSINGLE_LIST_ENTRY;

typedef struct tagPOINT { LONG x; LONG y; } POINT, *PPOINT, *LPPOINT;
typedef struct tagSIZE { LONG cx; LONG cy; } SIZE, *PSIZE, *LPSIZE;
typedef struct tagRECT { LONG left, top, right, bottom; } RECT, *PRECT, *LPRECT;
#define MAXIMUM_PROC_PER_GROUP 64
#define MAXIMUM_PROCESSORS     MAXIMUM_PROC_PER_GROUP
typedef struct _PROCESSOR_NUMBER {
    WORD Group;
    BYTE Number;
    BYTE Reserved;
} PROCESSOR_NUMBER, *PPROCESSOR_NUMBER;
typedef struct _GROUP_AFFINITY {
    KAFFINITY Mask;
    WORD Group;
    WORD Reserved[3];
} GROUP_AFFINITY, *PGROUP_AFFINITY;

#define MAXCHAR      0x7f
#define MINCHAR      0x80
#define MAXBYTE      0xff
#define MAXUCHAR     0xff
#define MAXSHORT     0x7fff
#define MINSHORT     0x8000
#define MAXUSHORT    0xffff
#define MAXWORD      0xffff
#define MAXINT       0x7fffffff
#define MAXLONG      0x7fffffff
#define MINLONG      0x80000000
#define MAXUINT      0xffffffff
#define MAXULONG     0xffffffff
#define MAXDWORD     0xffffffff
#define MAXLONGLONG  0x7fffffffffffffffLL
#define MAXULONGLONG 0xffffffffffffffffULL
#define MAXSIZE_T    ((SIZE_T)-1)
#define MAXUINT_PTR  ((UINT_PTR)-1)
#define MAXULONG_PTR ((ULONG_PTR)-1)
#define MAXDWORD_PTR ((DWORD_PTR)-1)
#define MAXLONG_PTR  ((LONG_PTR)(MAXULONG_PTR >> 1))
#define MAXINT_PTR   ((INT_PTR)(MAXUINT_PTR >> 1))
#define MAXUINT8     ((UINT8)-1)
#define MAXUINT16    ((UINT16)-1)
#define MAXUINT32    ((UINT32)-1)
#define MAXUINT64    ((UINT64)-1)

#define MAX_PATH 260
#define UNICODE_NULL ((WCHAR)0)
#define ANSI_NULL    ((CHAR)0)
#define INVALID_HANDLE_VALUE ((HANDLE)(LONG_PTR)-1)
#define INVALID_FILE_SIZE    ((DWORD)0xFFFFFFFF)
#define INVALID_SET_FILE_POINTER ((DWORD)-1)
#define INVALID_FILE_ATTRIBUTES  ((DWORD)-1)
#define HFILE_ERROR ((HFILE)-1)
#define INFINITE    0xFFFFFFFF

#define MAKEWORD(low, high) \
    ((WORD)(((BYTE)((DWORD_PTR)(low)&0xff)) | ((WORD)((BYTE)((DWORD_PTR)(high)&0xff))) << 8))
#define MAKELONG(low, high) \
    ((LONG)(((WORD)((DWORD_PTR)(low)&0xffff)) | ((DWORD)((WORD)((DWORD_PTR)(high)&0xffff))) << 16))
#define MAKEDWORD(low, high) ((DWORD)MAKELONG(low, high))
#define MAKELPARAM(l, h)     ((LPARAM)(DWORD)MAKELONG(l, h))
#define MAKEWPARAM(l, h)     ((WPARAM)(DWORD)MAKELONG(l, h))
#define LOWORD(l) ((WORD)((DWORD_PTR)(l) & 0xffff))
#define HIWORD(l) ((WORD)(((DWORD_PTR)(l) >> 16) & 0xffff))
#define LOBYTE(w) ((BYTE)((DWORD_PTR)(w) & 0xff))
#define HIBYTE(w) ((BYTE)(((DWORD_PTR)(w) >> 8) & 0xff))
#define Int32x32To64(a, b)  ((LONGLONG)(LONG)(a) * (LONGLONG)(LONG)(b))
#define UInt32x32To64(a, b) ((ULONGLONG)(UINT)(a) * (ULONGLONG)(UINT)(b))
#define MAKELANGID(p, s)  ((((WORD)(s)) << 10) | (WORD)(p))
#define MAKELCID(l, sort) ((DWORD)((((DWORD)((WORD)(sort))) << 16) | ((DWORD)((WORD)(l)))))
#define PRIMARYLANGID(l)  ((WORD)(l) & 0x3ff)
#define SUBLANGID(l)      ((WORD)(l) >> 10)
#define LANG_NEUTRAL 0x00
#define LANG_ENGLISH 0x09
#define LANG_KOREAN  0x12
#define LANG_CHINESE 0x04
#define LANG_JAPANESE 0x11
#define SUBLANG_NEUTRAL 0x00
#define SUBLANG_DEFAULT 0x01
#define SUBLANG_SYS_DEFAULT 0x02
#define SUBLANG_ENGLISH_US 0x01
#define SUBLANG_KOREAN 0x01
#define LANG_USER_DEFAULT     MAKELANGID(LANG_NEUTRAL, SUBLANG_DEFAULT)
#define LANG_SYSTEM_DEFAULT   MAKELANGID(LANG_NEUTRAL, SUBLANG_SYS_DEFAULT)
#define SORT_DEFAULT 0
#define LOCALE_SYSTEM_DEFAULT MAKELCID(LANG_SYSTEM_DEFAULT, SORT_DEFAULT)
#define LOCALE_USER_DEFAULT   MAKELCID(LANG_USER_DEFAULT, SORT_DEFAULT)
#define LOCALE_NEUTRAL        MAKELCID(MAKELANGID(LANG_NEUTRAL, SUBLANG_NEUTRAL), SORT_DEFAULT)
#define LOCALE_INVARIANT      0x7f

#define PtrToUlong(p)   ((ULONG)(ULONG_PTR)(p))
#define PtrToLong(p)    ((LONG)(LONG_PTR)(p))
#define PtrToUint(p)    ((UINT)(UINT_PTR)(p))
#define PtrToInt(p)     ((INT)(INT_PTR)(p))
#define UlongToPtr(u)   ((VOID *)(ULONG_PTR)(ULONG)(u))
#define ULongToPtr(u)   UlongToPtr(u)
#define LongToPtr(l)    ((VOID *)(LONG_PTR)(LONG)(l))
#define UIntToPtr(u)    ((VOID *)(UINT_PTR)(UINT)(u))
#define IntToPtr(i)     ((VOID *)(INT_PTR)(INT)(i))
#define HandleToUlong(h) ((ULONG)(ULONG_PTR)(h))
#define HandleToULong(h) HandleToUlong(h)
#define HandleToLong(h) ((LONG)(LONG_PTR)(h))
#define UlongToHandle(u) ((HANDLE)(ULONG_PTR)(ULONG)(u))
#define ULongToHandle(u) UlongToHandle(u)
#define LongToHandle(l) ((HANDLE)(LONG_PTR)(LONG)(l))

/* Every pointer has 64 bits already. */
#define POINTER_64
#define POINTER_32
#define FIRMWARE_PTR
typedef void *HANDLE64;
typedef HANDLE64 *PHANDLE64;
#define PtrToPtr64(p)       ((VOID *)(p))
#define Ptr64ToPtr(p)       ((VOID *)(p))
#define HandleToHandle64(h) ((HANDLE64)(h))
#define Handle64ToHandle(h) ((HANDLE)(h))

#define ARRAYSIZE(a)                 (sizeof(a) / sizeof((a)[0]))
#define _ARRAYSIZE(a)                ARRAYSIZE(a)
#define RTL_NUMBER_OF(a)             ARRAYSIZE(a)
#define FIELD_OFFSET(type, field)    ((LONG)(LONG_PTR)&(((type *)0)->field))
#define RTL_FIELD_SIZE(type, field)  (sizeof(((type *)0)->field))
#define RTL_SIZEOF_THROUGH_FIELD(type, field) \
    (FIELD_OFFSET(type, field) + RTL_FIELD_SIZE(type, field))
/* The address form, not offsetof: programs use it on classes with bases and virtual functions. */
#define CONTAINING_RECORD(address, type, field) \
    ((type *)((char *)(address) - (ULONG_PTR)(&((type *)0)->field)))
#define C_ASSERT(e) typedef char __C_ASSERT__[(e) ? 1 : -1] __attribute__((__unused__))

#define ZeroMemory(p, n)           __builtin_memset((p), 0, (n))
#define FillMemory(p, n, v)        __builtin_memset((p), (v), (n))
#define CopyMemory(to, from, n)    __builtin_memcpy((to), (from), (n))
#define MoveMemory(to, from, n)    __builtin_memmove((to), (from), (n))
#define RtlZeroMemory(p, n)        ZeroMemory(p, n)
#define RtlFillMemory(p, n, v)     FillMemory(p, n, v)
#define RtlCopyMemory(to, from, n) CopyMemory(to, from, n)
#define RtlMoveMemory(to, from, n) MoveMemory(to, from, n)
#define RtlEqualMemory(a, b, n)    (!__builtin_memcmp((a), (b), (n)))
/* Clears memory; the compiler never removes it. [winbase SecureZeroMemory] */
static inline PVOID SecureZeroMemory(PVOID p, SIZE_T n)
{
    __builtin_memset(p, 0, n);
    __asm__ volatile("" : : "r"(p) : "memory"); /* the stores are not dead */
    return p;
}
#define RtlSecureZeroMemory(p, n) SecureZeroMemory(p, n)

/* Access rights that several kinds of object share. */
#define DELETE                     0x00010000
#define READ_CONTROL               0x00020000
#define WRITE_DAC                  0x00040000
#define WRITE_OWNER                0x00080000
#define SYNCHRONIZE                0x00100000
#define STANDARD_RIGHTS_REQUIRED   0x000F0000
#define STANDARD_RIGHTS_READ       0x00020000
#define STANDARD_RIGHTS_WRITE      0x00020000
#define STANDARD_RIGHTS_EXECUTE    0x00020000
#define STANDARD_RIGHTS_ALL        0x001F0000
#define SPECIFIC_RIGHTS_ALL        0xFFFF
#define MAXIMUM_ALLOWED            0x02000000
#define GENERIC_READ               0x80000000
#define GENERIC_WRITE              0x40000000
#define GENERIC_EXECUTE            0x20000000
#define GENERIC_ALL                0x10000000

/* min and max: macros in C. In C++ they are templates, which survive the `#undef min` of the
 * standard headers; std::min stays the better match where both fit. */
#ifndef NOMINMAX
#ifdef __cplusplus
extern "C++" {
namespace longshore {
/* The type of `c ? a : b`, by value. */
template <class A, class B> struct common { typedef decltype(true ? A() : B()) type; };
} /* namespace longshore */
template <class A, class B>
inline constexpr typename longshore::common<A, B>::type min(const A &a, const B &b)
{
    typedef typename longshore::common<A, B>::type C;
    return static_cast<C>(b) < static_cast<C>(a) ? static_cast<C>(b) : static_cast<C>(a);
}
template <class A, class B>
inline constexpr typename longshore::common<A, B>::type max(const A &a, const B &b)
{
    typedef typename longshore::common<A, B>::type C;
    return static_cast<C>(a) < static_cast<C>(b) ? static_cast<C>(b) : static_cast<C>(a);
}
}
#else
#ifndef max
#define max(a, b) (((a) > (b)) ? (a) : (b))
#endif
#ifndef min
#define min(a, b) (((a) < (b)) ? (a) : (b))
#endif
#endif
#endif
#define __max(a, b) (((a) > (b)) ? (a) : (b))
#define __min(a, b) (((a) < (b)) ? (a) : (b))

#endif
