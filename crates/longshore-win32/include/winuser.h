#include <longshore/console/keyboard.h>
#include <longshore/system/modules.h>
#include <longshore/object/synchronization.h>
#include <longshore/strings/text.h>
