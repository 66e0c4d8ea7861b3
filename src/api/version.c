/* The version, as CHANGELOG.md names it.
 */
#include "rove/runtime.h"

const char *rove_version(void)
{
    return "0.1.0";
}
