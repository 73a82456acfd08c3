#include <longshore/crt/text/multibyte.h>
