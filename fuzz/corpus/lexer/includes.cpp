#include <WinSock2.h>
#include "a\b.h"
auto s = R"x(")x"; // \
 int c = '''; /* */
