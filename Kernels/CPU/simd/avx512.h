// Compiles what follows, up to "end.h", for AVX-512: 32 registers of 16 lanes.
#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>

#define ISA(name) name##_avx512
#define LANES 16
#define TILE_ROWS 14 // rows of a contraction tile: 14 × 2 accumulators, two vectors of B and one of A fill 31 registers
// Rows and vectors of a tile of a matrix product: 6 × 4 accumulators, four vectors of B and one of A fill 29 registers.
#define PRODUCT_ROWS 6
#define PRODUCT_VECTORS 4
#define FOR_EACH_TILE_ROW_COUNT(USE)                                                                                   \
    USE(1) USE(2) USE(3) USE(4) USE(5) USE(6) USE(7) USE(8) USE(9) USE(10) USE(11) USE(12) USE(13) USE(14)

// Every processor with AVX-512 can prefetch lines to write them.
#pragma clang attribute push(__attribute__((target("avx512f,avx512vl,avx512bw,avx512dq,fma,avx2,prfchw"))),            \
                             apply_to = function)
#include "vectors.inc"

#define SCALE(y, n) ((vf)_mm512_scalef_ps((__m512)(y), (__m512)(n)))

// The first `count` lanes from memory, zero in the others; nothing behind the last is touched.
INLINE vf load_first(const float *p, ptrdiff_t count) {
    return count >= LANES ? load(p) : (vf)_mm512_maskz_loadu_ps((__mmask16)((1u << count) - 1), p);
}

INLINE void store_first(float *p, vf v, ptrdiff_t count) {
    if (count >= LANES)
        store(p, v);
    else
        _mm512_mask_storeu_ps(p, (__mmask16)((1u << count) - 1), (__m512)v);
}
