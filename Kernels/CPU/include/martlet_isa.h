// Which instruction sets the kernels were compiled for, and which of them this machine can run.
#ifndef MARTLET_ISA_H
#define MARTLET_ISA_H

#include <stdbool.h>

enum martlet_isa {
    martlet_isa_avx512 = 0, // AVX-512 F, VL, BW and DQ, with FMA
    martlet_isa_avx2 = 1,   // AVX2 with FMA
    martlet_isa_neon = 2,   // Arm Advanced SIMD, 64-bit
    martlet_isa_portable = 3
};

// Whether kernels for `isa` are in this binary and this machine and operating system can run them.
bool martlet_isa_available(enum martlet_isa isa);

// How many processors this process may use, its affinity respected; at least 1.
int martlet_available_processors(void);

// Tells the processor that the caller is waiting in a loop.
void martlet_spin_pause(void);

#endif
