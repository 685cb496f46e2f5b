// Compiles what follows, up to "end.h", for 64-bit Arm Advanced SIMD: 32 registers of 4 lanes.
#include <stddef.h>
#include <stdint.h>

#define ISA(name) name##_neon
#define LANES 4
#define TILE_ROWS 12 // rows of a contraction tile: 12 × 2 accumulators and two vectors of B leave six registers for A
#define PRODUCT_ROWS 6 // rows and vectors of a tile of a matrix product: 6 × 4 accumulators and four vectors of B leave four registers for A
#define PRODUCT_VECTORS 4
#define FOR_EACH_TILE_ROW_COUNT(USE)                                                                                   \
    USE(1) USE(2) USE(3) USE(4) USE(5) USE(6) USE(7) USE(8) USE(9) USE(10) USE(11) USE(12)

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
