#if defined(__aarch64__)
#include "martlet_pooled_gradient.h"

#include "../simd/neon.h"

#include "family.inc"

#include "../simd/end.h"
#endif
