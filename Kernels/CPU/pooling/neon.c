#if defined(__aarch64__)
#include "martlet_pooling.h"

#include "../simd/neon.h"

#include "family.inc"

#include "../simd/end.h"
#endif
