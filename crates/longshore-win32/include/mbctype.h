#include <longshore/crt/text/multibyte_types.h>
