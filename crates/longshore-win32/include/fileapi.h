#include <longshore/file/files.h>
#include <longshore/path/directories.h>
