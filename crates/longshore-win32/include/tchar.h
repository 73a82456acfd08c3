#include <longshore/crt/text/tchar.h>
