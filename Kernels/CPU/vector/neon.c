#if defined(__aarch64__)
#include "martlet_vector.h"
#include <string.h>

#include "../simd/neon.h"

#include "family.inc"

#include "../simd/end.h"
#endif
