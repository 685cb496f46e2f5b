#include "martlet_contraction.h"

#include "../simd/portable.h"

#include "family.inc"

#include "../simd/end.h"
