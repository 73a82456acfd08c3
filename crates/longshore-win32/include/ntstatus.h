#include <longshore/abi/ntstatus.h>
