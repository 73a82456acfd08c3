//! A1 and its neighbours: the structures of the C headers are laid out as `windows-sys` has them.

use longshore_fixtures::needs;
use std::mem::{align_of, offset_of, size_of};
use std::path::Path;
use std::process::Command;

use windows_sys::Win32::Foundation::{FILETIME, SYSTEMTIME};
use windows_sys::Win32::Networking::WinSock::{
    ADDRINFOA, CMSGHDR, HOSTENT, IN_ADDR, IN_PKTINFO, IN6_ADDR, IN6_PKTINFO, IP_MREQ, IPV6_MREQ, LINGER,
    PROTOENT, RIO_BUF, RIO_EXTENSION_FUNCTION_TABLE, RIO_NOTIFICATION_COMPLETION, RIORESULT, SERVENT,
    SOCKADDR, SOCKADDR_IN, SOCKADDR_IN6, SOCKADDR_STORAGE, SOCKADDR_UN, SOCKET_ADDRESS,
    TRANSMIT_FILE_BUFFERS, TRANSMIT_PACKETS_ELEMENT, WSABUF, WSADATA, WSAMSG, WSANETWORKEVENTS, WSAPOLLFD,
    WSAPROTOCOL_INFOA, tcp_keepalive,
};
use windows_sys::Win32::Security::SECURITY_ATTRIBUTES;
use windows_sys::Win32::Storage::FileSystem::{
    BY_HANDLE_FILE_INFORMATION, CREATEFILE2_EXTENDED_PARAMETERS, FILE_BASIC_INFO, FILE_ID_INFO,
    FILE_SEGMENT_ELEMENT, FILE_STANDARD_INFO, WIN32_FILE_ATTRIBUTE_DATA, WIN32_FIND_DATAA,
};
use windows_sys::Win32::System::Console::{
    CONSOLE_CURSOR_INFO, CONSOLE_SCREEN_BUFFER_INFO, COORD, SMALL_RECT,
};
use windows_sys::Win32::System::Diagnostics::Debug::{
    EXCEPTION_RECORD, MINIDUMP_USER_STREAM, MINIDUMP_USER_STREAM_INFORMATION,
};
use windows_sys::Win32::System::IO::{OVERLAPPED, OVERLAPPED_ENTRY};
use windows_sys::Win32::System::Ioctl::{
    DISK_GEOMETRY, DISK_GEOMETRY_EX, DUPLICATE_EXTENTS_DATA, FILE_ALLOCATED_RANGE_BUFFER, FILE_LEVEL_TRIM,
    FILE_OBJECTID_BUFFER, FILE_ZERO_DATA_INFORMATION, RETRIEVAL_POINTERS_BUFFER, STORAGE_DEVICE_DESCRIPTOR,
    STORAGE_DEVICE_NUMBER, STORAGE_PROPERTY_QUERY, VOLUME_DISK_EXTENTS,
};
use windows_sys::Win32::System::Kernel::LIST_ENTRY;
use windows_sys::Win32::System::Memory::MEMORY_BASIC_INFORMATION;
use windows_sys::Win32::System::Services::{SERVICE_STATUS, SERVICE_TABLE_ENTRYA};
use windows_sys::Win32::System::SystemInformation::{MEMORYSTATUSEX, OSVERSIONINFOEXA, SYSTEM_INFO};
use windows_sys::Win32::System::Threading::{
    CRITICAL_SECTION, PROCESS_INFORMATION, STARTUPINFOA, SYNCHRONIZATION_BARRIER, TP_CALLBACK_ENVIRON_V3,
};
use windows_sys::core::GUID;

/// Turns Rust's view of a structure into C assertions: size, alignment, and each field's offset.
/// `Field as name` where windows-sys and C call it differently.
macro_rules! assertions {
    ($($name:ident as $c:literal { $($field:ident $(as $c_field:literal)?),* })*) => {{
        let mut text = String::new();
        $(
            text += &format!("HOLDS({0}_size, sizeof({0}) == {1});\n", $c, size_of::<$name>());
            text += &format!("HOLDS({0}_align, _Alignof({0}) == {1});\n", $c, align_of::<$name>());
            $(
                let field = [stringify!($field), $($c_field)?].last().copied().expect("not empty");
                text += &format!("HOLDS({0}_{2}, offsetof({0}, {3}) == {1});\n",
                    $c, offset_of!($name, $field), stringify!($field), field);
            )*
        )*
        text
    }};
}

#[test]
fn structures_are_laid_out_as_windows_sys_has_them() {
    needs!("gcc");
    let assertions = assertions! {
        GUID as "GUID" { data1 as "Data1", data2 as "Data2", data3 as "Data3", data4 as "Data4" }
        FILETIME as "FILETIME" { dwLowDateTime, dwHighDateTime }
        SYSTEMTIME as "SYSTEMTIME" { wYear, wDayOfWeek, wDay, wMilliseconds }
        SECURITY_ATTRIBUTES as "SECURITY_ATTRIBUTES" { nLength, lpSecurityDescriptor, bInheritHandle }
        LIST_ENTRY as "LIST_ENTRY" { Flink, Blink }
        OVERLAPPED as "OVERLAPPED" { Internal, InternalHigh, Anonymous as "Offset", hEvent }
        OVERLAPPED_ENTRY as "OVERLAPPED_ENTRY" { lpCompletionKey, lpOverlapped, Internal, dwNumberOfBytesTransferred }
        CRITICAL_SECTION as "CRITICAL_SECTION" { LockCount, RecursionCount, OwningThread, SpinCount }
        SYNCHRONIZATION_BARRIER as "SYNCHRONIZATION_BARRIER" { }
        TP_CALLBACK_ENVIRON_V3 as "TP_CALLBACK_ENVIRON" { Pool, CleanupGroup, RaceDll, FinalizationCallback, u, CallbackPriority, Size }
        STARTUPINFOA as "STARTUPINFOA" { lpReserved, dwFlags, wShowWindow, lpReserved2, hStdInput, hStdError }
        PROCESS_INFORMATION as "PROCESS_INFORMATION" { hProcess, hThread, dwProcessId, dwThreadId }
        EXCEPTION_RECORD as "EXCEPTION_RECORD" { ExceptionCode, ExceptionAddress, NumberParameters, ExceptionInformation }

        WSADATA as "WSADATA" { wVersion, wHighVersion, iMaxSockets, iMaxUdpDg, lpVendorInfo, szDescription, szSystemStatus }
        WSABUF as "WSABUF" { len, buf }
        WSAMSG as "WSAMSG" { name, namelen, lpBuffers, dwBufferCount, Control, dwFlags }
        CMSGHDR as "WSACMSGHDR" { cmsg_len, cmsg_level, cmsg_type }
        WSAPOLLFD as "WSAPOLLFD" { fd, events, revents }
        WSANETWORKEVENTS as "WSANETWORKEVENTS" { lNetworkEvents, iErrorCode }
        WSAPROTOCOL_INFOA as "WSAPROTOCOL_INFOA" { ProviderId, ProtocolChain, iAddressFamily, iProtocol, dwMessageSize, szProtocol }
        IN_ADDR as "IN_ADDR" { }
        IN6_ADDR as "IN6_ADDR" { }
        SOCKADDR as "SOCKADDR" { sa_family, sa_data }
        SOCKADDR_IN as "SOCKADDR_IN" { sin_family, sin_port, sin_addr, sin_zero }
        SOCKADDR_IN6 as "SOCKADDR_IN6" { sin6_family, sin6_port, sin6_flowinfo, sin6_addr, Anonymous as "sin6_scope_id" }
        SOCKADDR_STORAGE as "SOCKADDR_STORAGE" { ss_family }
        SOCKADDR_UN as "SOCKADDR_UN" { sun_family, sun_path }
        SOCKET_ADDRESS as "SOCKET_ADDRESS" { lpSockaddr, iSockaddrLength }
        ADDRINFOA as "ADDRINFOA" { ai_flags, ai_family, ai_socktype, ai_protocol, ai_addrlen, ai_canonname, ai_addr, ai_next }
        HOSTENT as "HOSTENT" { h_name, h_aliases, h_addrtype, h_length, h_addr_list }
        SERVENT as "SERVENT" { s_name, s_aliases, s_proto, s_port }
        PROTOENT as "PROTOENT" { p_name, p_aliases, p_proto }
        LINGER as "LINGER" { l_onoff, l_linger }
        IP_MREQ as "IP_MREQ" { imr_multiaddr, imr_interface }
        IPV6_MREQ as "IPV6_MREQ" { ipv6mr_multiaddr, ipv6mr_interface }
        IN_PKTINFO as "IN_PKTINFO" { ipi_addr, ipi_ifindex }
        IN6_PKTINFO as "IN6_PKTINFO" { ipi6_addr, ipi6_ifindex }
        TRANSMIT_FILE_BUFFERS as "TRANSMIT_FILE_BUFFERS" { Head, HeadLength, Tail, TailLength }
        TRANSMIT_PACKETS_ELEMENT as "TRANSMIT_PACKETS_ELEMENT" { dwElFlags, cLength, Anonymous as "pBuffer" }
        tcp_keepalive as "struct_tcp_keepalive" { onoff, keepalivetime, keepaliveinterval }

        BY_HANDLE_FILE_INFORMATION as "BY_HANDLE_FILE_INFORMATION" { ftCreationTime, dwVolumeSerialNumber, nNumberOfLinks, nFileIndexLow }
        WIN32_FIND_DATAA as "WIN32_FIND_DATAA" { ftCreationTime, nFileSizeHigh, cFileName, cAlternateFileName }
        WIN32_FILE_ATTRIBUTE_DATA as "WIN32_FILE_ATTRIBUTE_DATA" { ftLastWriteTime, nFileSizeLow }
        CREATEFILE2_EXTENDED_PARAMETERS as "CREATEFILE2_EXTENDED_PARAMETERS" { dwFileFlags, lpSecurityAttributes, hTemplateFile }
        FILE_SEGMENT_ELEMENT as "FILE_SEGMENT_ELEMENT" { Buffer, Alignment }
        FILE_BASIC_INFO as "FILE_BASIC_INFO" { CreationTime, ChangeTime, FileAttributes }
        FILE_STANDARD_INFO as "FILE_STANDARD_INFO" { AllocationSize, EndOfFile, NumberOfLinks, DeletePending, Directory }
        FILE_ID_INFO as "FILE_ID_INFO" { VolumeSerialNumber, FileId }

        FILE_ZERO_DATA_INFORMATION as "FILE_ZERO_DATA_INFORMATION" { FileOffset, BeyondFinalZero }
        FILE_ALLOCATED_RANGE_BUFFER as "FILE_ALLOCATED_RANGE_BUFFER" { FileOffset, Length }
        DUPLICATE_EXTENTS_DATA as "DUPLICATE_EXTENTS_DATA" { FileHandle, SourceFileOffset, TargetFileOffset, ByteCount }
        RETRIEVAL_POINTERS_BUFFER as "RETRIEVAL_POINTERS_BUFFER" { ExtentCount, StartingVcn, Extents }
        FILE_LEVEL_TRIM as "FILE_LEVEL_TRIM" { Key, NumRanges, Ranges }
        FILE_OBJECTID_BUFFER as "FILE_OBJECTID_BUFFER" { ObjectId }
        DISK_GEOMETRY as "DISK_GEOMETRY" { Cylinders, MediaType, BytesPerSector }
        DISK_GEOMETRY_EX as "DISK_GEOMETRY_EX" { DiskSize, Data }
        STORAGE_DEVICE_NUMBER as "STORAGE_DEVICE_NUMBER" { DeviceType, PartitionNumber }
        STORAGE_PROPERTY_QUERY as "STORAGE_PROPERTY_QUERY" { QueryType, AdditionalParameters }
        STORAGE_DEVICE_DESCRIPTOR as "STORAGE_DEVICE_DESCRIPTOR" { VendorIdOffset, BusType, RawDeviceProperties }
        VOLUME_DISK_EXTENTS as "VOLUME_DISK_EXTENTS" { Extents }

        RIORESULT as "RIORESULT" { Status, BytesTransferred, SocketContext, RequestContext }
        RIO_BUF as "RIO_BUF" { BufferId, Offset, Length }
        RIO_NOTIFICATION_COMPLETION as "RIO_NOTIFICATION_COMPLETION" { Type, Anonymous as "Event" }
        RIO_EXTENSION_FUNCTION_TABLE as "RIO_EXTENSION_FUNCTION_TABLE" { cbSize, RIOReceive, RIOSendEx, RIONotify, RIOResizeRequestQueue }
        SERVICE_STATUS as "SERVICE_STATUS" { dwServiceType, dwCurrentState, dwWin32ExitCode, dwWaitHint }
        SERVICE_TABLE_ENTRYA as "SERVICE_TABLE_ENTRYA" { lpServiceName, lpServiceProc }
        MINIDUMP_USER_STREAM as "MINIDUMP_USER_STREAM" { Type, BufferSize, Buffer }
        MINIDUMP_USER_STREAM_INFORMATION as "MINIDUMP_USER_STREAM_INFORMATION" { UserStreamCount, UserStreamArray }

        SYSTEM_INFO as "SYSTEM_INFO" { dwPageSize, lpMinimumApplicationAddress, dwActiveProcessorMask, dwNumberOfProcessors, dwAllocationGranularity, wProcessorRevision }
        MEMORYSTATUSEX as "MEMORYSTATUSEX" { dwMemoryLoad, ullTotalPhys, ullAvailExtendedVirtual }
        MEMORY_BASIC_INFORMATION as "MEMORY_BASIC_INFORMATION" { AllocationProtect, RegionSize, Type }
        OSVERSIONINFOEXA as "OSVERSIONINFOEXA" { dwPlatformId, szCSDVersion, wServicePackMajor, wProductType }
        CONSOLE_SCREEN_BUFFER_INFO as "CONSOLE_SCREEN_BUFFER_INFO" { dwCursorPosition, wAttributes, srWindow, dwMaximumWindowSize }
        CONSOLE_CURSOR_INFO as "CONSOLE_CURSOR_INFO" { dwSize, bVisible }
        COORD as "COORD" { X, Y }
        SMALL_RECT as "SMALL_RECT" { Left, Bottom }
    };
    let source = format!(
        "#include <stddef.h>\n#include <winsock2.h>\n#include <ws2tcpip.h>\n#include <mswsock.h>\n#include <mstcpip.h>\n\
         #include <afunix.h>\n#include <winioctl.h>\n#include <dbghelp.h>\n#define HOLDS(name, condition) _Static_assert(condition, #name)\n\
         typedef struct tcp_keepalive struct_tcp_keepalive;\n{assertions}"
    );
    let directory = std::env::temp_dir().join(format!("longshore-layouts-{}", std::process::id()));
    std::fs::create_dir_all(&directory).expect("a temporary directory");
    let file = directory.join("layouts.c");
    std::fs::write(&file, &source).expect("a writable temporary directory");
    let output = Command::new("gcc")
        .args(["-std=c11", "-fsyntax-only", "-isystem"])
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("include"))
        .arg(&file)
        .output()
        .expect("gcc is needed to test the headers");
    std::fs::remove_dir_all(&directory).expect("ours to remove");
    assert!(source.matches("HOLDS(").count() > 200, "the list of structures has shrunk");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
