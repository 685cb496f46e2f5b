// Compiles what follows, up to "end.h", for AVX2 with FMA: 16 registers of 8 lanes.
#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>

#define ISA(name) name##_avx2
#define LANES 8
#define TILE_ROWS 6 // rows of a contraction tile: 6 × 2 accumulators, two vectors of B and one of A fill 15 registers
#define PRODUCT_ROWS 6 // rows and vectors of a tile of a matrix product
#define PRODUCT_VECTORS 2
#define FOR_EACH_TILE_ROW_COUNT(USE) USE(1) USE(2) USE(3) USE(4) USE(5) USE(6)

#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#include "vectors.inc"

INLINE __m256i first_lanes(ptrdiff_t count) {
    return _mm256_cmpgt_epi32(_mm256_set1_epi32((int)count), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}

// The first `count` lanes from memory, zero in the others; nothing behind the last is touched.
INLINE vf load_first(const float *p, ptrdiff_t count) {
    return count >= LANES ? load(p) : (vf)_mm256_maskload_ps(p, first_lanes(count));
}

INLINE void store_first(float *p, vf v, ptrdiff_t count) {
    if (count >= LANES)
        store(p, v);
    else
        _mm256_maskstore_ps(p, first_lanes(count), (__m256)v);
}
