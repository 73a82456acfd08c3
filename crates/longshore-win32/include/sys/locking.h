/* What _locking is asked for. The function itself is not there: LockFileEx locks ranges. */
#ifndef LONGSHORE_SYS_LOCKING_H
#define LONGSHORE_SYS_LOCKING_H
#define _LK_UNLCK  0
#define _LK_LOCK   1
#define _LK_NBLCK  2
#define _LK_RLCK   3
#define _LK_NBRLCK 4
#define LK_UNLCK   _LK_UNLCK
#define LK_LOCK    _LK_LOCK
#define LK_NBLCK   _LK_NBLCK
#define LK_RLCK    _LK_RLCK
#define LK_NBRLCK  _LK_NBRLCK
#endif
