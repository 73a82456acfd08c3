#include <longshore/port/ports.h>
#include <longshore/file/files.h>
