// Element-wise programs, reductions and what else runs along vectors.
//
// Inside a program every value is a word of 32 bits: a float, an int, or a truth value as the mask 0 or -1.
#ifndef MARTLET_VECTOR_H
#define MARTLET_VECTOR_H

#include "martlet_isa.h"
#include <stddef.h>
#include <stdint.h>

// The instructions of programs, and pairs of instructions that often follow upon each other: each step writes its
// results to memory, so a step less is worth more than the arithmetic in it. Pairs round twice, like the two
// instructions.
#define MARTLET_UNARY_OPERATIONS(USE)                                                                                  \
    USE(copy)                                                                                                          \
    USE(negate_f32)                                                                                                    \
    USE(absolute_f32)                                                                                                  \
    USE(sign_f32)                                                                                                      \
    USE(floor_f32)                                                                                                     \
    USE(ceiling_f32)                                                                                                   \
    USE(round_f32)                                                                                                     \
    USE(square_root_f32)                                                                                               \
    USE(exp_f32)                                                                                                       \
    USE(expm1_f32)                                                                                                     \
    USE(log_f32)                                                                                                       \
    USE(log1p_f32)                                                                                                     \
    USE(sin_f32)                                                                                                       \
    USE(cos_f32)                                                                                                       \
    USE(tanh_f32)                                                                                                      \
    USE(erf_f32)                                                                                                       \
    USE(negate_i32)                                                                                                    \
    USE(absolute_i32)                                                                                                  \
    USE(sign_i32)                                                                                                      \
    USE(not_i32)                                                                                                       \
    USE(f32_to_i32)                                                                                                    \
    USE(f32_to_bool)                                                                                                   \
    USE(i32_to_f32)                                                                                                    \
    USE(i32_to_bool)                                                                                                   \
    USE(bool_to_f32)                                                                                                   \
    USE(bool_to_i32)

#define MARTLET_BINARY_OPERATIONS(USE)                                                                                 \
    USE(add_f32)                                                                                                       \
    USE(subtract_f32)                                                                                                  \
    USE(multiply_f32)                                                                                                  \
    USE(divide_f32)                                                                                                    \
    USE(minimum_f32)                                                                                                   \
    USE(maximum_f32)                                                                                                   \
    USE(power_f32)                                                                                                     \
    USE(add_i32)                                                                                                       \
    USE(subtract_i32)                                                                                                  \
    USE(multiply_i32)                                                                                                  \
    USE(divide_i32)                                                                                                    \
    USE(remainder_i32)                                                                                                 \
    USE(minimum_i32)                                                                                                   \
    USE(maximum_i32)                                                                                                   \
    USE(and_i32)                                                                                                       \
    USE(or_i32)                                                                                                        \
    USE(xor_i32)                                                                                                       \
    USE(shift_left_i32)                                                                                                \
    USE(shift_right_i32)                                                                                               \
    USE(equal_f32)                                                                                                     \
    USE(not_equal_f32)                                                                                                 \
    USE(less_f32)                                                                                                      \
    USE(less_or_equal_f32)                                                                                             \
    USE(equal_i32)                                                                                                     \
    USE(not_equal_i32)                                                                                                 \
    USE(less_i32)                                                                                                      \
    USE(less_or_equal_i32)                                                                                             \
    USE(root_plus_f32)

#define MARTLET_TERNARY_OPERATIONS(USE)                                                                                \
    USE(fused_multiply_add_f32)                                                                                        \
    USE(select_word)                                                                                                   \
    USE(product_plus_f32)                                                                                              \
    USE(product_minus_f32)                                                                                             \
    USE(minus_product_f32)                                                                                             \
    USE(product_times_f32)                                                                                             \
    USE(product_over_f32)                                                                                              \
    USE(sum_plus_f32)                                                                                                  \
    USE(sum_times_f32)                                                                                                 \
    USE(difference_times_f32)                                                                                          \
    USE(maximum_of_sum_f32)                                                                                            \
    USE(where_less_f32)

#define MARTLET_DECLARE_OPERATION(name) martlet_##name,
enum martlet_operation {
    MARTLET_UNARY_OPERATIONS(MARTLET_DECLARE_OPERATION) MARTLET_BINARY_OPERATIONS(MARTLET_DECLARE_OPERATION)
        MARTLET_TERNARY_OPERATIONS(MARTLET_DECLARE_OPERATION) martlet_operation_count
};
#undef MARTLET_DECLARE_OPERATION

// to[i] = operation(a[i], b[i], c[i]) for i < count; `to` may be one of the operands.
typedef void (*martlet_routine)(void *to, const void *a, const void *b, const void *c, ptrdiff_t count);

// MARK: Programs

// What an operand consists of.
enum martlet_source {
    martlet_words,    // 32-bit words in memory
    martlet_truths,   // bytes 0 or 1 in memory; masks in a program
    martlet_bytes,    // bytes 0 to 255 in memory; ints in a program
    martlet_naturals, // 0, 1, 2 …: coordinates
    martlet_random    // the words of a Philox sequence
};

// How a program gets at the elements of an operand.
enum martlet_access {
    martlet_access_direct,   // they lie in order: read or written where they are
    martlet_access_scalar,   // all the same, or all of one row
    martlet_access_periodic, // they repeat: read from `base`, which holds a period and a chunk more
    martlet_access_fetched   // through a register, which is filled before or emptied after
};

struct martlet_random_key {
    uint32_t seed[2], salt, draw, stream;
};

// One operand: element (i, j, …) is at base + byte size · (i·strides[0] + j·strides[1] + …), or is the natural number
// first + i·strides[0] + …, or the random word with that number.
struct martlet_operand {
    char *base;
    ptrdiff_t first;
    ptrdiff_t shape[8], strides[8];
    int32_t rank;
    uint8_t source; // enum martlet_source
    uint8_t access; // enum martlet_access
    uint8_t slot;   // the slot through which the steps see it
    struct martlet_random_key key;
};

static inline void martlet_operand_set_axis(struct martlet_operand *operand, ptrdiff_t axis, ptrdiff_t extent,
                                            ptrdiff_t stride) {
    operand->shape[axis] = extent;
    operand->strides[axis] = stride;
}

enum { martlet_most_slots = 72, martlet_most_operands = 72, martlet_no_register = 255 };

// One step over a chunk. Without a routine: operand number `a` is fetched into slot `to`, or, where `is_store`, filled
// from slot `b`.
struct martlet_program_step {
    martlet_routine routine;
    uint8_t to, a, b, c;
    bool is_store;
};

struct martlet_word {
    uint32_t bits;
    uint8_t slot;
};

struct martlet_vector_kernels;

// A program over its operands, ready to run. The elements are numbered in row-major order of a shape; where
// `row_length` is not 0 the operands share the last axis of so many elements, else each has a shape of its own over the
// same elements.
struct martlet_map {
    const struct martlet_vector_kernels *kernels;
    const struct martlet_program_step *uniform_steps, *steps; // the uniform ones work on single words
    int32_t uniform_step_count, step_count;
    const uint8_t *registers; // per slot: the number of its register, or martlet_no_register
    int32_t slot_count, register_count;
    const struct martlet_word *words; // constants and run-time arguments
    int32_t word_count, operand_count;
    const struct martlet_operand *operands;
    ptrdiff_t row_length;
};

// Evaluates elements begin ..< end.
void martlet_map_run(const struct martlet_map *map, ptrdiff_t begin, ptrdiff_t end);

// The most elements one pass over the steps takes, for so many registers; a multiple of 64.
ptrdiff_t martlet_chunk_length(ptrdiff_t register_count);

// MARK: Reductions

// The combiners of reductions, with the routine that combines.
enum martlet_combiner {
    martlet_sum_f32,
    martlet_product_f32,
    martlet_maximum_of_f32,
    martlet_minimum_of_f32,
    martlet_sum_i32,
    martlet_product_i32,
    martlet_maximum_of_i32,
    martlet_minimum_of_i32,
    martlet_argument_of_maximum_f32,
    martlet_argument_of_minimum_f32,
    martlet_argument_of_maximum_i32,
    martlet_argument_of_minimum_i32
};

enum { martlet_reduction_chunk = 1024, martlet_reduction_lanes = 16, martlet_most_results = 4 };

struct martlet_reduction_result {
    uint8_t slot;      // holds the values to combine
    uint8_t combiner;  // enum martlet_combiner
    uint32_t *partial; // [chunks, outer, inner]: the combined values of each chunk
    int32_t *index;    // the same shape; for arguments only
};

// Elements numbered over [outer, reduced, inner] are combined along the middle axis.
struct martlet_reduction {
    const struct martlet_map *map;
    ptrdiff_t outer, reduced, inner;
    const struct martlet_reduction_result *results; // at most martlet_most_results
    int32_t result_count;
};

// Where inner is 1. Units count (outer, chunk); computes units begin ..< end.
void martlet_reduce_rows(const struct martlet_reduction *reduction, ptrdiff_t begin, ptrdiff_t end);

// The most columns that one call of `martlet_reduce_columns` takes.
ptrdiff_t martlet_most_columns(const struct martlet_reduction *reduction);

// Columns first ..< first + count of one chunk of one outer index.
void martlet_reduce_columns(const struct martlet_reduction *reduction, ptrdiff_t outer, ptrdiff_t chunk,
                            ptrdiff_t first, ptrdiff_t count);

// Combines chunks of `width` words each, in order, into the first.
void martlet_combine_chunks(const struct martlet_vector_kernels *kernels, enum martlet_combiner combiner,
                            uint32_t *partial, int32_t *index, ptrdiff_t chunks, ptrdiff_t width);

// MARK: Recurrent cells

// The steps that have a routine.
enum martlet_cell_step {
    martlet_lstm_forward,
    martlet_lstm_backward,
    martlet_gru_forward,
    martlet_gru_backward,
    martlet_cell_step_count
};

// Rows of neighbouring floats.
struct martlet_cell_operand {
    float *base;
    ptrdiff_t row_stride;
};

enum { martlet_most_cell_operands = 14 };

// A program over so many rows and columns; operands are its inputs, then its outputs.
typedef void (*martlet_cell_routine)(const struct martlet_cell_operand *operands, ptrdiff_t rows, ptrdiff_t columns);

// MARK: Optimizers

// What Adam keeps: arrays of as many elements each.
struct martlet_adam_state {
    float *parameter, *momentum, *velocity;
};

// MARK: Tables

struct martlet_vector_kernels {
    // By operation, and by which operands are single words: 1 for a, 2 for b, 4 for c. Null where all would be.
    martlet_routine routines[martlet_operation_count][8];
    // Fills with one word.
    martlet_routine copy_scalar;

    // count elements of an operand beginning at element `start`, converted to words; and back.
    void (*fetch)(const struct martlet_operand *, ptrdiff_t start, ptrdiff_t count, uint32_t *to);
    void (*put)(const struct martlet_operand *, ptrdiff_t start, ptrdiff_t count, const uint32_t *from);

    // Element i is combined into lane i mod 16.
    void (*combine_lanes)(enum martlet_combiner, uint32_t *lanes, const uint32_t *x, ptrdiff_t count);
    uint32_t (*fold_lanes)(enum martlet_combiner, uint32_t *lanes);
    // The reductions of rows of at most 1024.
    void (*reduce_rows)(enum martlet_combiner, const uint32_t *x, ptrdiff_t rows, ptrdiff_t columns, uint32_t *to);
    // to[i] = combine(to[i], x[i]).
    void (*combine)(enum martlet_combiner, uint32_t *to, const uint32_t *x, ptrdiff_t count);
    // Where x[i] is better than best[i]: best[i] = x[i], index[i] = row.
    void (*improve_row)(enum martlet_combiner, uint32_t *best, int32_t *index, const uint32_t *x, ptrdiff_t count,
                        int32_t row);
    // The same for lanes: element i has index position + i and goes to lane i mod 16. Then the best of all to lane 0.
    void (*improve_lanes)(enum martlet_combiner, uint32_t *best, int32_t *index, const uint32_t *x, ptrdiff_t count,
                          int32_t position);
    void (*fold_argument_lanes)(enum martlet_combiner, uint32_t *best, int32_t *index);

    // Rows first ..< last; x and y are row-major with so many columns.
    void (*softmax_rows)(const float *x, float *y, ptrdiff_t columns, bool logarithmic, ptrdiff_t first,
                         ptrdiff_t last);

    // to[row · to_stride + column] = from[column · from_stride + row], words.
    void (*transpose)(const uint32_t *from, ptrdiff_t from_stride, uint32_t *to, ptrdiff_t to_stride, ptrdiff_t rows,
                      ptrdiff_t columns);

    // x[i] = y[i] + factor · z[i], for measuring what memory delivers. A count that is no multiple of a vector is rounded
    // down. Streaming stores go around the caches and want x aligned to 64 bytes.
    void (*triad)(float *x, const float *y, const float *z, float factor, ptrdiff_t count, bool streaming);

    // A step of Adam over n elements, in place or to other memory; scalars: rate, 1 - beta1, 1 - beta2, epsilon.
    void (*adam_step)(struct martlet_adam_state from, const float *gradient, const float *scalars,
                      struct martlet_adam_state to, ptrdiff_t n);

    // By step, and by whether there is a sequence: of results forwards, of upstreams backwards.
    martlet_cell_routine cell_steps[martlet_cell_step_count][2];
};

static inline martlet_cell_routine martlet_vector_cell_step(const struct martlet_vector_kernels *kernels,
                                                            enum martlet_cell_step step, bool has_sequence) {
    return kernels->cell_steps[step][has_sequence];
}

static inline martlet_routine martlet_vector_routine(const struct martlet_vector_kernels *kernels,
                                                     enum martlet_operation operation, int scalars) {
    return kernels->routines[operation][scalars];
}

// The kernels for an available instruction set.
const struct martlet_vector_kernels *martlet_vector_table(enum martlet_isa isa);

// Lanes start from this word.
uint32_t martlet_identity(enum martlet_combiner combiner);

#endif
