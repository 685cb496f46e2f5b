// Compiles what follows, up to "end.h", for any processor: vectors of 4 lanes that the compiler maps to what there is,
// `fma` from the C library.
#include <stddef.h>
#include <stdint.h>

#define ISA(name) name##_portable
#define LANES 4
#define TILE_ROWS 6
#define PRODUCT_ROWS 6 // rows and vectors of a tile of a matrix product
#define PRODUCT_VECTORS 2
#define FOR_EACH_TILE_ROW_COUNT(USE) USE(1) USE(2) USE(3) USE(4) USE(5) USE(6)

#pragma clang attribute push
#include "vectors.inc"

// The first `count` lanes from memory, zero in the others; nothing behind the last is touched.
INLINE vf load_first(const float *p, ptrdiff_t count) {
    if (count >= LANES) return load(p);
    vf v = {0};
    for (ptrdiff_t i = 0; i < count; i++) v[i] = p[i];
    return v;
}

INLINE void store_first(float *p, vf v, ptrdiff_t count) {
    if (count >= LANES)
        store(p, v);
    else
        for (ptrdiff_t i = 0; i < count; i++) p[i] = v[i];
}
