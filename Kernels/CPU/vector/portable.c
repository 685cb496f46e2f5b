#include "martlet_vector.h"
#include <string.h>

#include "../simd/portable.h"

#include "family.inc"

#include "../simd/end.h"
