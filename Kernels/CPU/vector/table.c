#include "martlet_vector.h"

extern const struct martlet_vector_kernels martlet_vector_kernels_avx512;
extern const struct martlet_vector_kernels martlet_vector_kernels_avx2;
extern const struct martlet_vector_kernels martlet_vector_kernels_neon;
extern const struct martlet_vector_kernels martlet_vector_kernels_portable;

const struct martlet_vector_kernels *martlet_vector_table(enum martlet_isa isa) {
    switch (isa) {
#if defined(__x86_64__)
    case martlet_isa_avx512:
        return &martlet_vector_kernels_avx512;
    case martlet_isa_avx2:
        return &martlet_vector_kernels_avx2;
#endif
#if defined(__aarch64__)
    case martlet_isa_neon:
        return &martlet_vector_kernels_neon;
#endif
    default:
        return &martlet_vector_kernels_portable;
    }
}

uint32_t martlet_identity(enum martlet_combiner combiner) {
    switch (combiner) {
    case martlet_sum_f32:
    case martlet_sum_i32:
        return 0;
    case martlet_product_f32:
        return 0x3f800000; // 1
    case martlet_product_i32:
        return 1;
    case martlet_maximum_of_f32:
    case martlet_argument_of_maximum_f32:
        return 0xff800000; // -∞
    case martlet_minimum_of_f32:
    case martlet_argument_of_minimum_f32:
        return 0x7f800000; // +∞
    case martlet_maximum_of_i32:
    case martlet_argument_of_maximum_i32:
        return 0x80000000; // the least
    default:
        return 0x7fffffff; // the greatest
    }
}
