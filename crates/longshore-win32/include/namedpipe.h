#include <longshore/file/pipes.h>
