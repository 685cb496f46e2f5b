// Products on tensor cores. A warp, 32 neighbouring items, multiplies a block of a, 16 rows by MMA_DEPTH, by a block of b, MMA_DEPTH by
// 8 columns, and adds the result to a block of sums; each item holds some elements of every block, as `mma.sync` wants them. Factors
// have been rounded to TF32 or bfloat16 before.
//
// LEVEL    TENSOR_FLOAT_32 or BFLOAT_16.
// USE_PTX  1: the statement of NVIDIA's assembly. 0: its twin in C, in which the items of a warp show each other their factors in local
//          memory. The twin adds products one after the other in ascending k, each with one rounding; the hardware has an order and
//          a width of its own.
#define TENSOR_FLOAT_32 1
#define BFLOAT_16 2

#if LEVEL == TENSOR_FLOAT_32
#define MMA_DEPTH 8
#else
#define MMA_DEPTH 16
#endif

// To the nearest number with 10 bits of mantissa, ties away from zero, as cvt.rna.tf32.f32; or with 7, ties to even, as
// cvt.rn.bf16.f32. Infinities stay, and NaN stays NaN.
static inline float rounded_factor(float x) {
    const uint bits = as_uint(x);
    const bool is_finite = (bits & 0x7f800000u) != 0x7f800000u;
#if LEVEL == TENSOR_FLOAT_32
    const uint rounded = (bits + 0x1000u) & 0xffffe000u;
    const uint not_finite = (bits & 0x7fffffffu) > 0x7f800000u ? 0x7fc00000u : bits;
#else
    const uint rounded = (bits + 0x7fffu + ((bits >> 16) & 1u)) & 0xffff0000u;
    const uint not_finite = (bits & 0x7fffffffu) > 0x7f800000u ? 0x7fc00000u : bits;
#endif
    return as_float(is_finite ? rounded : not_finite);
}

// The row of element i of an item's sums, and its column. Row and column of lane `lane` in the warp's pattern are lane / 4 and lane % 4.
#define SUM_ROW(lane, i) ((lane) / 4 + (i) / 2 * 8)
#define SUM_COLUMN(lane, i) ((lane) % 4 * 2 + (i) % 2)

// An item's factors: words of one TF32 or two bfloat16 numbers, the one with the lower k in the lower half.
#if LEVEL == TENSOR_FLOAT_32
#define A_WORD(panel, row, k, lane, i) as_uint((panel)[(k) + (lane) % 4 + (i) / 2 * 4][(row) + (lane) / 4 + (i) % 2 * 8])
#define B_WORD(panel, k, column, lane, i) as_uint((panel)[(k) + (lane) % 4 + (i) * 4][(column) + (lane) / 4])
#else
#define PAIR(low, high) ((as_uint(low) >> 16) | (as_uint(high) & 0xffff0000u))
#define A_WORD(panel, row, k, lane, i)                                                                                 \
    PAIR((panel)[(k) + (lane) % 4 * 2 + (i) / 2 * 8][(row) + (lane) / 4 + (i) % 2 * 8],                                \
         (panel)[(k) + (lane) % 4 * 2 + (i) / 2 * 8 + 1][(row) + (lane) / 4 + (i) % 2 * 8])
#define B_WORD(panel, k, column, lane, i)                                                                              \
    PAIR((panel)[(k) + (lane) % 4 * 2 + (i) * 8][(column) + (lane) / 4],                                               \
         (panel)[(k) + (lane) % 4 * 2 + (i) * 8 + 1][(column) + (lane) / 4])
#endif

#if USE_PTX
#define EXCHANGE_WORDS 1
#if LEVEL == TENSOR_FLOAT_32
#define MMA_STATEMENT "mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32"
#else
#define MMA_STATEMENT "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32"
#endif
static inline void multiply_blocks(float *sums, const uint *a, const uint *b, __local uint *exchange, int lane) {
    asm volatile(MMA_STATEMENT " {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
                 : "+f"(sums[0]), "+f"(sums[1]), "+f"(sums[2]), "+f"(sums[3])
                 : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1])
                 : "memory");
}
#else
// Words of the 32 items of a warp: four of a and two of b each.
#define EXCHANGE_WORDS (32 * 6)
// Which item holds a(row, k) or b(k, column), in which word, and, of two bfloat16 numbers, in which half.
#if LEVEL == TENSOR_FLOAT_32
#define A_HOLDER(row, k) ((row) % 8 * 4 + (k) % 4)
#define A_NUMBER(row, k) ((row) / 8 + (k) / 4 * 2)
#define B_HOLDER(k, column) ((column) * 4 + (k) % 4)
#define B_NUMBER(k, column) ((k) / 4)
#define FACTOR(word, k) as_float(word)
#else
#define A_HOLDER(row, k) ((row) % 8 * 4 + (k) % 8 / 2)
#define A_NUMBER(row, k) ((row) / 8 + (k) / 8 * 2)
#define B_HOLDER(k, column) ((column) * 4 + (k) % 8 / 2)
#define B_NUMBER(k, column) ((k) / 8)
#define FACTOR(word, k) as_float((k) % 2 ? (word) & 0xffff0000u : (word) << 16)
#endif
static inline void multiply_blocks(float *sums, const uint *a, const uint *b, __local uint *exchange, int lane) {
    barrier(CLK_LOCAL_MEM_FENCE);
    for (int i = 0; i < 4; i++) exchange[lane * 6 + i] = a[i];
    for (int i = 0; i < 2; i++) exchange[lane * 6 + 4 + i] = b[i];
    barrier(CLK_LOCAL_MEM_FENCE);
    for (int i = 0; i < 4; i++) {
        const int row = SUM_ROW(lane, i), column = SUM_COLUMN(lane, i);
        for (int k = 0; k < MMA_DEPTH; k++) {
            const uint a_word = exchange[A_HOLDER(row, k) * 6 + A_NUMBER(row, k)];
            const uint b_word = exchange[B_HOLDER(k, column) * 6 + 4 + B_NUMBER(k, column)];
            sums[i] = fma(FACTOR(a_word, k), FACTOR(b_word, k), sums[i]);
        }
    }
}
#endif
