#if defined(__x86_64__)
#include "martlet_pooling.h"

#include "../simd/avx2.h"

#include "family.inc"

#include "../simd/end.h"
#endif
