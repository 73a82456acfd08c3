#ifndef LONGSHORE_FORWARD_FILEAPI_H
#define LONGSHORE_FORWARD_FILEAPI_H
#include "longshore/files.h"
#include "longshore/directories.h"
#endif
