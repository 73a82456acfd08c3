#include <longshore/file/files.h>
#include <longshore/directory/directories.h>
