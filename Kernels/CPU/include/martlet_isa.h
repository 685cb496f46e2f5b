// The machine: which instruction sets it has, how many processors, its name, its memory.
#ifndef MARTLET_ISA_H
#define MARTLET_ISA_H

#include <stdbool.h>
#include <stddef.h>

enum martlet_isa {
    martlet_isa_avx512 = 0, // AVX-512 F, VL, BW and DQ, with FMA
    martlet_isa_avx2 = 1,   // AVX2 with FMA
    martlet_isa_neon = 2,   // Arm Advanced SIMD, 64-bit
    martlet_isa_portable = 3
};

// Whether kernels for `isa` are in this binary and this machine and operating system can run them.
bool martlet_isa_available(enum martlet_isa isa);

// Tells the processor that the caller is waiting in a loop.
void martlet_spin_pause(void);

// How many processors this process may use, given its affinity and what a container grants it; at least 1.
int martlet_available_processors(void);

// The processor's name for itself, ended by 0; empty where it has none. `capacity` is at least 49.
void martlet_processor_name(char *name, size_t capacity);

// A thread that runs `body` to its end; null if the system refuses one. Every thread has to be joined, once.
struct martlet_thread;
struct martlet_thread *martlet_thread_start(void (*body)(void *context), void *context);
void martlet_thread_join(struct martlet_thread *thread);
// Whether the caller was started so.
bool martlet_thread_is_worker(void);

// Memory aligned to 64 bytes, large blocks on huge pages where the system has them; null when there is none.
void *martlet_allocate(size_t byte_count);
void martlet_free(void *block);

#endif
