#include <longshore/directory/path_names.h>
