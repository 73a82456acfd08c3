#include <longshore/crt/text/strsafe.h>
