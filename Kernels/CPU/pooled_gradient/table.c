#include "martlet_pooled_gradient.h"

extern const struct martlet_pooled_gradient_kernels martlet_pooled_gradient_kernels_avx512;
extern const struct martlet_pooled_gradient_kernels martlet_pooled_gradient_kernels_avx2;
extern const struct martlet_pooled_gradient_kernels martlet_pooled_gradient_kernels_neon;
extern const struct martlet_pooled_gradient_kernels martlet_pooled_gradient_kernels_portable;

const struct martlet_pooled_gradient_kernels *martlet_pooled_gradient_table(enum martlet_isa isa) {
    switch (isa) {
#if defined(__x86_64__)
    case martlet_isa_avx512:
        return &martlet_pooled_gradient_kernels_avx512;
    case martlet_isa_avx2:
        return &martlet_pooled_gradient_kernels_avx2;
#endif
#if defined(__aarch64__)
    case martlet_isa_neon:
        return &martlet_pooled_gradient_kernels_neon;
#endif
    default:
        return &martlet_pooled_gradient_kernels_portable;
    }
}
