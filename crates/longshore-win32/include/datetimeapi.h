#include <longshore/strings/text.h>
