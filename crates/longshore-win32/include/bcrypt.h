#include <longshore/system/random_numbers.h>
