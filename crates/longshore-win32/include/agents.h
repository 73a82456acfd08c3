#include <longshore/crt/parallel/agents.h>
