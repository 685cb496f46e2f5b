// The system's libpng as a Swift module; Debian and Ubuntu install the header with libpng-dev.
#include <png.h>
