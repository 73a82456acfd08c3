/*
 * Longshore: security descriptors. They can be made and looked at; what guards files here are the
 * permissions of Linux, so nothing in a descriptor is enforced.
 */
#ifndef LONGSHORE_SECURITY_H
#define LONGSHORE_SECURITY_H

#include <longshore/abi/errors.h>
#include <longshore/abi/types.h>

#define SECURITY_DESCRIPTOR_REVISION   1
#define SECURITY_DESCRIPTOR_REVISION1  1
#define SECURITY_DESCRIPTOR_MIN_LENGTH (sizeof(SECURITY_DESCRIPTOR))
#define SE_OWNER_DEFAULTED             0x0001
#define SE_GROUP_DEFAULTED             0x0002
#define SE_DACL_PRESENT                0x0004
#define SE_DACL_DEFAULTED              0x0008
#define SE_SACL_PRESENT                0x0010
#define SE_SACL_DEFAULTED              0x0020
#define SE_SELF_RELATIVE               0x8000

typedef WORD SECURITY_DESCRIPTOR_CONTROL, *PSECURITY_DESCRIPTOR_CONTROL;
typedef struct _ACL {
    BYTE AclRevision;
    BYTE Sbz1;
    WORD AclSize;
    WORD AceCount;
    WORD Sbz2;
} ACL, *PACL;
typedef struct _SECURITY_DESCRIPTOR {
    BYTE Revision;
    BYTE Sbz1;
    SECURITY_DESCRIPTOR_CONTROL Control;
    PSID Owner;
    PSID Group;
    PACL Sacl;
    PACL Dacl;
} SECURITY_DESCRIPTOR, *PISECURITY_DESCRIPTOR;

LONGSHORE_C_BEGIN
/* Makes an empty descriptor. [securitybaseapi.h InitializeSecurityDescriptor] */
static __inline__ BOOL WINAPI InitializeSecurityDescriptor(
    PSECURITY_DESCRIPTOR pSecurityDescriptor, DWORD dwRevision)
{
    SECURITY_DESCRIPTOR *descriptor = (SECURITY_DESCRIPTOR *)pSecurityDescriptor;
    if (dwRevision != SECURITY_DESCRIPTOR_REVISION) {
        SetLastError(ERROR_UNKNOWN_REVISION);
        return FALSE;
    }
    __builtin_memset(descriptor, 0, sizeof *descriptor);
    descriptor->Revision = SECURITY_DESCRIPTOR_REVISION;
    return TRUE;
}
/* Says whether a descriptor is of a known revision.
   [securitybaseapi.h IsValidSecurityDescriptor] */
static __inline__ BOOL WINAPI IsValidSecurityDescriptor(PSECURITY_DESCRIPTOR pSecurityDescriptor)
{
    const SECURITY_DESCRIPTOR *descriptor = (const SECURITY_DESCRIPTOR *)pSecurityDescriptor;
    if (descriptor && descriptor->Revision == SECURITY_DESCRIPTOR_REVISION)
        return TRUE;
    SetLastError(ERROR_INVALID_SECURITY_DESCR);
    return FALSE;
}
/* Sets the list of access rights; it is kept, not enforced.
   [securitybaseapi.h SetSecurityDescriptorDacl] */
static __inline__ BOOL WINAPI SetSecurityDescriptorDacl(PSECURITY_DESCRIPTOR pSecurityDescriptor,
    BOOL bDaclPresent, PACL pDacl, BOOL bDaclDefaulted)
{
    SECURITY_DESCRIPTOR *descriptor = (SECURITY_DESCRIPTOR *)pSecurityDescriptor;
    if (!IsValidSecurityDescriptor(descriptor))
        return FALSE;
    descriptor->Control &= (SECURITY_DESCRIPTOR_CONTROL) ~(SE_DACL_PRESENT | SE_DACL_DEFAULTED);
    if (bDaclPresent)
        descriptor->Control |= SE_DACL_PRESENT;
    if (bDaclDefaulted)
        descriptor->Control |= SE_DACL_DEFAULTED;
    descriptor->Dacl = bDaclPresent ? pDacl : NULL;
    return TRUE;
}
LONGSHORE_C_END

#endif
