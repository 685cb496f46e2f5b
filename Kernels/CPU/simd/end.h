// Ends what "avx512.h", "avx2.h", "neon.h" or "portable.h" began.
#pragma clang attribute pop
