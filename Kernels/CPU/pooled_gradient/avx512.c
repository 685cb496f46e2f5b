#if defined(__x86_64__)
#include "martlet_pooled_gradient.h"

#include "../simd/avx512.h"

#include "family.inc"

#include "../simd/end.h"
#endif
