// The system's zlib as a Swift module; Debian and Ubuntu install the header with zlib1g-dev.
#include <zlib.h>
