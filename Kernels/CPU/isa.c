#define _GNU_SOURCE // for sched_getaffinity
#include "martlet_isa.h"

#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#if defined(__x86_64__)
#include <cpuid.h>
#include <immintrin.h>
#endif

bool martlet_isa_available(enum martlet_isa isa) {
    switch (isa) {
#if defined(__x86_64__)
    case martlet_isa_avx512:
        return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
               __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
               __builtin_cpu_supports("fma");
    case martlet_isa_avx2:
        return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
#endif
#if defined(__aarch64__)
    case martlet_isa_neon:
        return true; // part of the base architecture
#endif
    case martlet_isa_portable:
        return true;
    default:
        return false;
    }
}

void martlet_spin_pause(void) {
#if defined(__x86_64__)
    _mm_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

#if defined(__linux__)
// The processors' worth of time that the control group of a container grants; 0 where it does not limit it.
static int granted_processors(void) {
    long long quota = -1, period = 0;
    FILE *file = fopen("/sys/fs/cgroup/cpu.max", "r"); // version 2: "max 100000" or "200000 100000"
    if (file) {
        if (fscanf(file, "%lld %lld", &quota, &period) != 2) quota = -1;
        fclose(file);
    } else if ((file = fopen("/sys/fs/cgroup/cpu/cpu.cfs_quota_us", "r"))) { // version 1, -1 for no limit
        if (fscanf(file, "%lld", &quota) != 1) quota = -1;
        fclose(file);
        file = fopen("/sys/fs/cgroup/cpu/cpu.cfs_period_us", "r");
        if (file) {
            if (fscanf(file, "%lld", &period) != 1) period = 0;
            fclose(file);
        }
    }
    if (quota <= 0 || period <= 0 || quota / period >= INT_MAX) return 0;
    return (int)((quota + period - 1) / period);
}
#endif

int martlet_available_processors(void) {
    long available = sysconf(_SC_NPROCESSORS_ONLN);
#if defined(__linux__)
    cpu_set_t allowed;
    if (sched_getaffinity(0, sizeof allowed, &allowed) == 0 && CPU_COUNT(&allowed) > 0) available = CPU_COUNT(&allowed);
    const int granted = granted_processors();
    if (granted > 0 && granted < available) available = granted;
#endif
    return available > 0 ? (int)available : 1;
}

void martlet_processor_name(char *name, size_t capacity) {
    memset(name, 0, capacity);
#if defined(__x86_64__)
    unsigned int words[12] = {0};
    if (__get_cpuid_max(0x80000000u, NULL) < 0x80000004u || capacity <= sizeof words) return;
    for (unsigned int i = 0; i < 3; i++)
        __cpuid(0x80000002u + i, words[4 * i], words[4 * i + 1], words[4 * i + 2], words[4 * i + 3]);
    memcpy(name, words, sizeof words);
#endif
}

struct martlet_thread {
    pthread_t id;
    void (*body)(void *);
    void *context;
};

static _Thread_local bool is_worker = false;

static void *run_thread(void *thread) {
    const struct martlet_thread *self = thread;
    is_worker = true;
    self->body(self->context);
    return NULL;
}

struct martlet_thread *martlet_thread_start(void (*body)(void *), void *context) {
    struct martlet_thread *thread = malloc(sizeof *thread);
    if (!thread) return NULL;
    *thread = (struct martlet_thread){.body = body, .context = context};
    if (pthread_create(&thread->id, NULL, run_thread, thread) == 0) return thread;
    free(thread);
    return NULL;
}

bool martlet_thread_is_worker(void) { return is_worker; }

void martlet_thread_join(struct martlet_thread *thread) {
    pthread_join(thread->id, NULL);
    free(thread);
}

void *martlet_allocate(size_t byte_count) {
    const size_t huge_page = (size_t)2 << 20;
    const size_t alignment = byte_count >= 2 * huge_page ? huge_page : 64;
    if (byte_count > SIZE_MAX - alignment) return NULL;
    const size_t rounded = (byte_count + 63) / 64 * 64;
    void *block = NULL;
    if (posix_memalign(&block, alignment, rounded) != 0) return NULL;
#if defined(__linux__)
    // Strided walks over large operands touch a page per step; with huge pages the processor's page table cache
    // suffices.
    if (alignment == huge_page) madvise(block, rounded / huge_page * huge_page, MADV_HUGEPAGE);
#endif
    return block;
}

void martlet_free(void *block) { free(block); }
