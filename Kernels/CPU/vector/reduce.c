// Runs reductions: programs whose results are combined instead of stored. See the contract in `Backend` for the order.
#include "map.h"

#include <string.h>

static ptrdiff_t least(ptrdiff_t a, ptrdiff_t b) { return a < b ? a : b; }

static bool is_argument(enum martlet_combiner combiner) { return combiner >= martlet_argument_of_maximum_f32; }

// The lanes of one result.
struct lanes {
    uint32_t values[martlet_reduction_lanes];
    int32_t indices[martlet_reduction_lanes];
};

static void fill(uint32_t *words, uint32_t word, ptrdiff_t count) {
    for (ptrdiff_t i = 0; i < count; i++) words[i] = word;
}

static void begin_lanes(struct lanes *lanes, enum martlet_combiner combiner) {
    fill(lanes->values, martlet_identity(combiner), martlet_reduction_lanes);
    fill((uint32_t *)lanes->indices, INT32_MAX, martlet_reduction_lanes);
}

// Elements position, position + 1 … of the reduced axis; position is a multiple of 16.
static void extend_lanes(const struct martlet_vector_kernels *kernels, struct lanes *lanes,
                         enum martlet_combiner combiner, const uint32_t *x, ptrdiff_t position, ptrdiff_t count) {
    if (!is_argument(combiner)) {
        kernels->combine_lanes(combiner, lanes->values, x, count);
        return;
    }
    kernels->improve_lanes(combiner, lanes->values, lanes->indices, x, count, (int32_t)position);
}

// Whether value a is better than value b: larger (smaller), or the only NaN.
static bool is_better(enum martlet_combiner combiner, uint32_t a, uint32_t b) {
    float x, y;
    memcpy(&x, &a, sizeof x);
    memcpy(&y, &b, sizeof y);
    switch (combiner) {
    case martlet_argument_of_maximum_f32:
        return x > y || (x != x && y == y);
    case martlet_argument_of_minimum_f32:
        return x < y || (x != x && y == y);
    case martlet_argument_of_maximum_i32:
        return (int32_t)a > (int32_t)b;
    default:
        return (int32_t)a < (int32_t)b;
    }
}

static void end_lanes(const struct martlet_vector_kernels *kernels, struct lanes *lanes,
                      const struct martlet_reduction_result *result, ptrdiff_t position, int32_t first_index) {
    if (!is_argument(result->combiner)) {
        result->partial[position] = kernels->fold_lanes(result->combiner, lanes->values);
        return;
    }
    kernels->fold_argument_lanes(result->combiner, lanes->values, lanes->indices);
    const int32_t index = lanes->indices[0];
    result->partial[position] = lanes->values[0];
    // No lane has an index where all elements equal the identity: the first is as good as any.
    result->index[position] = index == INT32_MAX ? first_index : index;
}

// Several short rows at once: rows first ..< last, of at most half a chunk of elements each.
static void reduce_short_rows(const struct martlet_reduction *r, struct martlet_frame *frame, ptrdiff_t first,
                              ptrdiff_t last) {
    const struct martlet_vector_kernels *kernels = r->map->kernels;
    const ptrdiff_t rows_at_once = frame->chunk / r->reduced;
    for (ptrdiff_t row = first; row < last; row += rows_at_once) {
        const ptrdiff_t rows = least(rows_at_once, last - row);
        martlet_frame_evaluate(frame, row * r->reduced, 0, rows * r->reduced);
        for (int i = 0; i < r->result_count; i++) {
            const struct martlet_reduction_result *result = &r->results[i];
            const uint32_t *x = frame->slots[result->slot];
            if (!is_argument(result->combiner)) {
                kernels->reduce_rows(result->combiner, x, rows, r->reduced, result->partial + row);
                continue;
            }
            for (ptrdiff_t j = 0; j < rows; j++) {
                struct lanes lanes;
                begin_lanes(&lanes, result->combiner);
                extend_lanes(kernels, &lanes, result->combiner, x + j * r->reduced, 0, r->reduced);
                end_lanes(kernels, &lanes, result, row + j, 0);
            }
        }
    }
}

void martlet_reduce_rows(const struct martlet_reduction *r, ptrdiff_t begin, ptrdiff_t end) {
    const struct martlet_vector_kernels *kernels = r->map->kernels;
    struct martlet_frame frame;
    martlet_frame_open(&frame, r->map);
    if (r->reduced > 0 && r->reduced <= frame.chunk / 2) {
        reduce_short_rows(r, &frame, begin, end);
        return;
    }
    const ptrdiff_t chunks = r->reduced == 0 ? 1 : (r->reduced + martlet_reduction_chunk - 1) / martlet_reduction_chunk;
    for (ptrdiff_t unit = begin; unit < end; unit++) {
        const ptrdiff_t row = unit / chunks, chunk = unit % chunks;
        const ptrdiff_t first = chunk * martlet_reduction_chunk;
        const ptrdiff_t last = least(r->reduced, first + martlet_reduction_chunk);
        struct lanes lanes[martlet_most_results];
        for (int i = 0; i < r->result_count; i++) begin_lanes(&lanes[i], r->results[i].combiner);
        for (ptrdiff_t position = first; position < last; position += frame.chunk) {
            const ptrdiff_t count = least(frame.chunk, last - position);
            martlet_frame_evaluate(&frame, row * r->reduced + position, 0, count);
            for (int i = 0; i < r->result_count; i++)
                extend_lanes(kernels, &lanes[i], r->results[i].combiner, frame.slots[r->results[i].slot], position,
                             count);
        }
        for (int i = 0; i < r->result_count; i++)
            end_lanes(kernels, &lanes[i], &r->results[i], chunk * r->outer + row, (int32_t)first);
    }
}

// MARK: Columns

enum { most_accumulators = 4096 };

// Rows of accumulators for each result, and their indices for an argument.
struct columns {
    uint32_t values[most_accumulators];
    int32_t indices[most_accumulators];
};

// Lanes that receive elements. The others hold the identity, and folding it in changes nothing, so they are left out.
static ptrdiff_t lane_count(const struct martlet_reduction *r) {
    ptrdiff_t lanes = 1;
    while (lanes < martlet_reduction_lanes && lanes < r->reduced) lanes *= 2;
    return lanes;
}

ptrdiff_t martlet_most_columns(const struct martlet_reduction *r) {
    return most_accumulators / (lane_count(r) * r->result_count);
}

// `count` values of consecutive elements of a window of columns; the first stands in this column of this row. Lanes are
// rows of accumulators, so the elements go around them.
static void extend_columns(const struct martlet_vector_kernels *kernels, enum martlet_combiner combiner,
                           uint32_t *accumulators, int32_t *indices, const uint32_t *x, ptrdiff_t row, ptrdiff_t column,
                           ptrdiff_t columns, ptrdiff_t count) {
    if (is_argument(combiner)) {
        while (count > 0) {
            const ptrdiff_t length = least(columns - column, count);
            kernels->improve_row(combiner, accumulators + column, indices + column, x, length, (int32_t)row);
            x += length;
            count -= length;
            column = 0;
            row++;
        }
        return;
    }
    ptrdiff_t position = row % martlet_reduction_lanes * columns + column;
    while (count > 0) {
        const ptrdiff_t length = least(martlet_reduction_lanes * columns - position, count);
        kernels->combine(combiner, accumulators + position, x, length);
        x += length;
        count -= length;
        position = 0;
    }
}

void martlet_reduce_columns(const struct martlet_reduction *r, ptrdiff_t outer, ptrdiff_t chunk, ptrdiff_t first,
                            ptrdiff_t count) {
    const struct martlet_vector_kernels *kernels = r->map->kernels;
    struct martlet_frame frame;
    martlet_frame_open(&frame, r->map);
    struct columns columns;
    uint32_t *accumulators[martlet_most_results];
    int32_t *indices[martlet_most_results];
    const ptrdiff_t lanes = lane_count(r);
    for (int i = 0; i < r->result_count; i++) {
        accumulators[i] = columns.values + i * lanes * count;
        indices[i] = columns.indices + i * count;
        fill(accumulators[i], martlet_identity(r->results[i].combiner), lanes * count);
        fill((uint32_t *)indices[i], INT32_MAX, count);
    }
    const ptrdiff_t first_row = chunk * martlet_reduction_chunk;
    const ptrdiff_t last_row = least(r->reduced, first_row + martlet_reduction_chunk);
    const bool is_whole = count == r->inner;
    // Whole rows follow upon each other; pieces of rows are evaluated one by one.
    const ptrdiff_t run = is_whole ? (last_row - first_row) * r->inner : count;
    for (ptrdiff_t row = first_row; row < last_row; row += is_whole ? last_row - first_row : 1) {
        const ptrdiff_t start = (outer * r->reduced + row) * r->inner + first;
        for (ptrdiff_t done = 0; done < run; done += frame.chunk) {
            const ptrdiff_t here = least(frame.chunk, run - done);
            martlet_frame_evaluate(&frame, start + done, 0, here);
            for (int i = 0; i < r->result_count; i++)
                extend_columns(kernels, r->results[i].combiner, accumulators[i], indices[i],
                               frame.slots[r->results[i].slot], row + done / count, done % count, count, here);
        }
    }
    for (int i = 0; i < r->result_count; i++) {
        const struct martlet_reduction_result *result = &r->results[i];
        const ptrdiff_t position = (chunk * r->outer + outer) * r->inner + first;
        if (is_argument(result->combiner)) {
            for (ptrdiff_t j = 0; j < count; j++)
                result->index[position + j] = indices[i][j] == INT32_MAX ? (int32_t)first_row : indices[i][j];
        } else {
            for (ptrdiff_t apart = lanes / 2; apart > 0; apart /= 2)
                kernels->combine(result->combiner, accumulators[i], accumulators[i] + apart * count, apart * count);
        }
        memcpy(result->partial + position, accumulators[i], (size_t)count * sizeof *result->partial);
    }
}

void martlet_combine_chunks(const struct martlet_vector_kernels *kernels, enum martlet_combiner combiner,
                            uint32_t *partial, int32_t *index, ptrdiff_t chunks, ptrdiff_t width) {
    for (ptrdiff_t chunk = 1; chunk < chunks; chunk++) {
        const uint32_t *next = partial + chunk * width;
        if (!is_argument(combiner)) {
            kernels->combine(combiner, partial, next, width);
            continue;
        }
        for (ptrdiff_t i = 0; i < width; i++) {
            if (!is_better(combiner, next[i], partial[i])) continue;
            partial[i] = next[i];
            index[i] = index[chunk * width + i];
        }
    }
}
