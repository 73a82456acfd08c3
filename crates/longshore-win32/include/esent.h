/*
 * Longshore: the basic types of the Extensible Storage Engine, which is not here. Editors insert
 * this header into programs that use nothing of it.
 */
#ifndef LONGSHORE_ESENT_H
#define LONGSHORE_ESENT_H

#include <longshore/abi/types.h>

#define JET_API       __stdcall
#define JET_errSuccess 0
typedef LONG JET_ERR;
typedef ULONG JET_GRBIT, JET_DBID, JET_COLUMNID;
typedef ULONG_PTR JET_API_PTR, JET_INSTANCE, JET_SESID, JET_TABLEID;

#endif
