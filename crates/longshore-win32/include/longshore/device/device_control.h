/* Longshore: DeviceIoControl, its codes and their structures (section 10 of the semantics). */
#ifndef LONGSHORE_DEVICE_CONTROL_H
#define LONGSHORE_DEVICE_CONTROL_H

#include <longshore/abi/types.h>
#include <longshore/file/files.h>

#define CTL_CODE(device, function, method, access) \
    (((device) << 16) | ((access) << 14) | ((function) << 2) | (method))
#define DEVICE_TYPE_FROM_CTL_CODE(code) (((DWORD)((code) & 0xffff0000)) >> 16)
#define METHOD_FROM_CTL_CODE(code)      ((DWORD)((code) & 3))
#define DEVICE_TYPE DWORD
#define METHOD_BUFFERED   0
#define METHOD_IN_DIRECT  1
#define METHOD_OUT_DIRECT 2
#define METHOD_NEITHER    3
#define FILE_ANY_ACCESS     0
#define FILE_SPECIAL_ACCESS 0
#define FILE_READ_ACCESS    1
#define FILE_WRITE_ACCESS   2
#define FILE_DEVICE_DISK         7
#define FILE_DEVICE_FILE_SYSTEM  9
#define FILE_DEVICE_NAMED_PIPE   0x0011
#define FILE_DEVICE_NETWORK      0x0012
#define FILE_DEVICE_UNKNOWN      0x0022
#define FILE_DEVICE_MASS_STORAGE 0x002D

#define FSCTL_SET_SPARSE                   0x000900C4
#define FSCTL_SET_ZERO_DATA                0x000980C8
#define FSCTL_QUERY_ALLOCATED_RANGES       0x000940CF
#define FSCTL_GET_REPARSE_POINT            0x000900A8
#define FSCTL_SET_REPARSE_POINT            0x000900A4
#define FSCTL_DELETE_REPARSE_POINT         0x000900AC
#define FSCTL_GET_COMPRESSION              0x0009003C
#define FSCTL_SET_COMPRESSION              0x0009C040
#define FSCTL_DUPLICATE_EXTENTS_TO_FILE    0x00098344
#define FSCTL_DUPLICATE_EXTENTS_TO_FILE_EX 0x000983E8
#define FSCTL_GET_RETRIEVAL_POINTERS       0x00090073
#define FSCTL_FILE_LEVEL_TRIM              0x00098208
#define FSCTL_GET_OBJECT_ID                0x0009009C
#define FSCTL_LOCK_VOLUME                  0x00090018
#define FSCTL_UNLOCK_VOLUME                0x0009001C
#define FSCTL_DISMOUNT_VOLUME              0x00090020
#define FSCTL_IS_VOLUME_MOUNTED            0x00090028
#define FSCTL_GET_INTEGRITY_INFORMATION    0x0009027C
#define FSCTL_SET_INTEGRITY_INFORMATION    0x0009C280
#define FSCTL_REQUEST_OPLOCK               0x00090240
#define FSCTL_FILESYSTEM_GET_STATISTICS    0x00090060
#define FSCTL_PIPE_LISTEN                  0x00110008
#define FSCTL_PIPE_DISCONNECT              0x00110004
#define FSCTL_PIPE_PEEK                    0x0011400C
#define FSCTL_PIPE_WAIT                    0x00110018
#define FSCTL_PIPE_TRANSCEIVE              0x0011C017

#define IOCTL_DISK_GET_LENGTH_INFO               0x0007405C
#define IOCTL_DISK_GET_DRIVE_GEOMETRY            0x00070000
#define IOCTL_DISK_GET_DRIVE_GEOMETRY_EX         0x000700A0
#define IOCTL_DISK_GET_PARTITION_INFO_EX         0x00070048
#define IOCTL_STORAGE_QUERY_PROPERTY             0x002D1400
#define IOCTL_STORAGE_GET_DEVICE_NUMBER          0x002D1080
#define IOCTL_STORAGE_CHECK_VERIFY               0x002D4800
#define IOCTL_STORAGE_CHECK_VERIFY2              0x002D0800
#define IOCTL_STORAGE_MANAGE_DATA_SET_ATTRIBUTES 0x002D9404
#define IOCTL_VOLUME_GET_VOLUME_DISK_EXTENTS     0x00560000
#define IOCTL_AFD_POLL                           0x00012024

#define COMPRESSION_FORMAT_NONE    0
#define COMPRESSION_FORMAT_DEFAULT 1
#define COMPRESSION_FORMAT_LZNT1   2
#define IO_REPARSE_TAG_MOUNT_POINT 0xA0000003
#define IO_REPARSE_TAG_SYMLINK     0xA000000C
#define SYMLINK_FLAG_RELATIVE      1
#define MAXIMUM_REPARSE_DATA_BUFFER_SIZE (16 * 1024)

typedef struct _FILE_SET_SPARSE_BUFFER {
    BOOLEAN SetSparse;
} FILE_SET_SPARSE_BUFFER, *PFILE_SET_SPARSE_BUFFER;
typedef struct _FILE_ZERO_DATA_INFORMATION {
    LARGE_INTEGER FileOffset;
    LARGE_INTEGER BeyondFinalZero;
} FILE_ZERO_DATA_INFORMATION, *PFILE_ZERO_DATA_INFORMATION;
typedef struct _FILE_ALLOCATED_RANGE_BUFFER {
    LARGE_INTEGER FileOffset;
    LARGE_INTEGER Length;
} FILE_ALLOCATED_RANGE_BUFFER, *PFILE_ALLOCATED_RANGE_BUFFER;
typedef struct _DUPLICATE_EXTENTS_DATA {
    HANDLE        FileHandle;
    LARGE_INTEGER SourceFileOffset, TargetFileOffset, ByteCount;
} DUPLICATE_EXTENTS_DATA, *PDUPLICATE_EXTENTS_DATA;
typedef struct _DUPLICATE_EXTENTS_DATA_EX {
    SIZE_T        Size;
    HANDLE        FileHandle;
    LARGE_INTEGER SourceFileOffset, TargetFileOffset, ByteCount;
    DWORD         Flags;
} DUPLICATE_EXTENTS_DATA_EX, *PDUPLICATE_EXTENTS_DATA_EX;
typedef struct STARTING_VCN_INPUT_BUFFER {
    LARGE_INTEGER StartingVcn;
} STARTING_VCN_INPUT_BUFFER, *PSTARTING_VCN_INPUT_BUFFER;
typedef struct RETRIEVAL_POINTERS_BUFFER {
    DWORD         ExtentCount;
    LARGE_INTEGER StartingVcn;
    struct { LARGE_INTEGER NextVcn; LARGE_INTEGER Lcn; } Extents[1];
} RETRIEVAL_POINTERS_BUFFER, *PRETRIEVAL_POINTERS_BUFFER;
typedef struct _FILE_LEVEL_TRIM_RANGE {
    DWORDLONG Offset;
    DWORDLONG Length;
} FILE_LEVEL_TRIM_RANGE, *PFILE_LEVEL_TRIM_RANGE;
typedef struct _FILE_LEVEL_TRIM {
    DWORD Key;
    DWORD NumRanges;
    FILE_LEVEL_TRIM_RANGE Ranges[1];
} FILE_LEVEL_TRIM, *PFILE_LEVEL_TRIM;
typedef struct _FILE_LEVEL_TRIM_OUTPUT {
    DWORD NumRangesProcessed;
} FILE_LEVEL_TRIM_OUTPUT, *PFILE_LEVEL_TRIM_OUTPUT;
typedef struct _FILE_OBJECTID_BUFFER {
    BYTE ObjectId[16];
    __extension__ union {
        __extension__ struct { BYTE BirthVolumeId[16]; BYTE BirthObjectId[16]; BYTE DomainId[16]; };
        BYTE ExtendedInfo[48];
    };
} FILE_OBJECTID_BUFFER, *PFILE_OBJECTID_BUFFER;
typedef struct _REPARSE_DATA_BUFFER {
    DWORD ReparseTag;
    WORD  ReparseDataLength;
    WORD  Reserved;
    __extension__ union {
        struct {
            WORD SubstituteNameOffset, SubstituteNameLength, PrintNameOffset, PrintNameLength;
            ULONG Flags;
            WCHAR PathBuffer[1];
        } SymbolicLinkReparseBuffer;
        struct {
            WORD SubstituteNameOffset, SubstituteNameLength, PrintNameOffset, PrintNameLength;
            WCHAR PathBuffer[1];
        } MountPointReparseBuffer;
        struct { UCHAR DataBuffer[1]; } GenericReparseBuffer;
    };
} REPARSE_DATA_BUFFER, *PREPARSE_DATA_BUFFER;

typedef struct _GET_LENGTH_INFORMATION {
    LARGE_INTEGER Length;
} GET_LENGTH_INFORMATION, *PGET_LENGTH_INFORMATION;
typedef enum _MEDIA_TYPE { Unknown, RemovableMedia = 11, FixedMedia = 12 } MEDIA_TYPE, *PMEDIA_TYPE;
typedef struct _DISK_GEOMETRY {
    LARGE_INTEGER Cylinders;
    MEDIA_TYPE    MediaType;
    DWORD         TracksPerCylinder, SectorsPerTrack, BytesPerSector;
} DISK_GEOMETRY, *PDISK_GEOMETRY;
typedef struct _DISK_GEOMETRY_EX {
    DISK_GEOMETRY Geometry;
    LARGE_INTEGER DiskSize;
    BYTE Data[1];
} DISK_GEOMETRY_EX, *PDISK_GEOMETRY_EX;
typedef enum _PARTITION_STYLE {
    PARTITION_STYLE_MBR,
    PARTITION_STYLE_GPT,
    PARTITION_STYLE_RAW
} PARTITION_STYLE;
typedef struct _PARTITION_INFORMATION_MBR {
    BYTE    PartitionType;
    BOOLEAN BootIndicator, RecognizedPartition;
    DWORD   HiddenSectors;
    GUID    PartitionId;
} PARTITION_INFORMATION_MBR, *PPARTITION_INFORMATION_MBR;
typedef struct _PARTITION_INFORMATION_GPT {
    GUID PartitionType;
    GUID PartitionId;
    DWORD64 Attributes;
    WCHAR Name[36];
} PARTITION_INFORMATION_GPT, *PPARTITION_INFORMATION_GPT;
typedef struct _PARTITION_INFORMATION_EX {
    PARTITION_STYLE PartitionStyle;
    LARGE_INTEGER   StartingOffset, PartitionLength;
    DWORD           PartitionNumber;
    BOOLEAN         RewritePartition, IsServicePartition;
    __extension__ union { PARTITION_INFORMATION_MBR Mbr; PARTITION_INFORMATION_GPT Gpt; };
} PARTITION_INFORMATION_EX, *PPARTITION_INFORMATION_EX;

typedef struct _STORAGE_DEVICE_NUMBER {
    DEVICE_TYPE DeviceType;
    DWORD DeviceNumber;
    DWORD PartitionNumber;
} STORAGE_DEVICE_NUMBER, *PSTORAGE_DEVICE_NUMBER;
typedef enum _STORAGE_QUERY_TYPE {
    PropertyStandardQuery,
    PropertyExistsQuery,
    PropertyMaskQuery,
    PropertyQueryMaxDefined
} STORAGE_QUERY_TYPE;
typedef enum _STORAGE_PROPERTY_ID {
    StorageDeviceProperty,
    StorageAdapterProperty,
    StorageDeviceIdProperty,
    StorageDeviceUniqueIdProperty,
    StorageDeviceWriteCacheProperty,
    StorageMiniportProperty,
    StorageAccessAlignmentProperty,
    StorageDeviceSeekPenaltyProperty,
    StorageDeviceTrimProperty
} STORAGE_PROPERTY_ID;
typedef struct _STORAGE_PROPERTY_QUERY {
    STORAGE_PROPERTY_ID PropertyId;
    STORAGE_QUERY_TYPE QueryType;
    BYTE AdditionalParameters[1];
} STORAGE_PROPERTY_QUERY, *PSTORAGE_PROPERTY_QUERY;
typedef struct _STORAGE_DESCRIPTOR_HEADER {
    DWORD Version;
    DWORD Size;
} STORAGE_DESCRIPTOR_HEADER, *PSTORAGE_DESCRIPTOR_HEADER;
typedef struct _STORAGE_ACCESS_ALIGNMENT_DESCRIPTOR {
    DWORD Version, Size, BytesPerCacheLine, BytesOffsetForCacheAlignment;
    DWORD BytesPerLogicalSector, BytesPerPhysicalSector, BytesOffsetForSectorAlignment;
} STORAGE_ACCESS_ALIGNMENT_DESCRIPTOR, *PSTORAGE_ACCESS_ALIGNMENT_DESCRIPTOR;
typedef struct _DEVICE_SEEK_PENALTY_DESCRIPTOR {
    DWORD Version;
    DWORD Size;
    BOOLEAN IncursSeekPenalty;
} DEVICE_SEEK_PENALTY_DESCRIPTOR, *PDEVICE_SEEK_PENALTY_DESCRIPTOR;
typedef struct _DEVICE_TRIM_DESCRIPTOR {
    DWORD Version;
    DWORD Size;
    BOOLEAN TrimEnabled;
} DEVICE_TRIM_DESCRIPTOR, *PDEVICE_TRIM_DESCRIPTOR;
typedef enum _STORAGE_BUS_TYPE {
    BusTypeUnknown,
    BusTypeScsi,
    BusTypeAtapi,
    BusTypeAta,
    BusType1394,
    BusTypeSsa,
    BusTypeFibre,
    BusTypeUsb,
    BusTypeRAID,
    BusTypeiScsi,
    BusTypeSas,
    BusTypeSata,
    BusTypeSd,
    BusTypeMmc,
    BusTypeVirtual,
    BusTypeFileBackedVirtual,
    BusTypeSpaces,
    BusTypeNvme
} STORAGE_BUS_TYPE;
typedef struct _STORAGE_DEVICE_DESCRIPTOR {
    DWORD            Version, Size;
    BYTE             DeviceType, DeviceTypeModifier;
    BOOLEAN          RemovableMedia, CommandQueueing;
    DWORD            VendorIdOffset, ProductIdOffset, ProductRevisionOffset, SerialNumberOffset;
    STORAGE_BUS_TYPE BusType;
    DWORD            RawPropertiesLength;
    BYTE             RawDeviceProperties[1];
} STORAGE_DEVICE_DESCRIPTOR, *PSTORAGE_DEVICE_DESCRIPTOR;
typedef DWORD DEVICE_DATA_MANAGEMENT_SET_ACTION;
#define DeviceDsmAction_Trim 1
typedef struct _DEVICE_MANAGE_DATA_SET_ATTRIBUTES {
    DWORD Size;
    DEVICE_DATA_MANAGEMENT_SET_ACTION Action;
    DWORD Flags, ParameterBlockOffset, ParameterBlockLength, DataSetRangesOffset,
        DataSetRangesLength;
} DEVICE_MANAGE_DATA_SET_ATTRIBUTES, *PDEVICE_MANAGE_DATA_SET_ATTRIBUTES;
typedef struct _DEVICE_DATA_SET_RANGE {
    LONGLONG StartingOffset;
    DWORDLONG LengthInBytes;
} DEVICE_DATA_SET_RANGE, *PDEVICE_DATA_SET_RANGE;
typedef struct _DISK_EXTENT {
    DWORD DiskNumber;
    LARGE_INTEGER StartingOffset;
    LARGE_INTEGER ExtentLength;
} DISK_EXTENT, *PDISK_EXTENT;
typedef struct _VOLUME_DISK_EXTENTS {
    DWORD NumberOfDiskExtents;
    DISK_EXTENT Extents[1];
} VOLUME_DISK_EXTENTS, *PVOLUME_DISK_EXTENTS;

#endif
