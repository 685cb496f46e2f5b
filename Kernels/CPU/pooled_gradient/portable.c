#include "martlet_pooled_gradient.h"

#include "../simd/portable.h"

#include "family.inc"

#include "../simd/end.h"
