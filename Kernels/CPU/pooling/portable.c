#include "martlet_pooling.h"

#include "../simd/portable.h"

#include "family.inc"

#include "../simd/end.h"
