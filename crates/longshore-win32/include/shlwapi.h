#include <longshore/path/path_names.h>
