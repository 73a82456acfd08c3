#include <longshore/system/process_status.h>
