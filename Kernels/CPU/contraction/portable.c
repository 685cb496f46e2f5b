#include "martlet_contraction.h"

#include "../simd/portable.h"

#include "contract.inc"

#include "../simd/end.h"
