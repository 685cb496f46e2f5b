// Running sums, sorting, and moving rows by index. Plain C for all instruction sets: chains of additions and memory
// decide their speed, not vectors.
#ifndef MARTLET_ROWS_H
#define MARTLET_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// y[i] = y[i - 1] + x[i], from the end where `reversed`; an exclusive sum leaves x[i] out. Rows first ..< last.
void martlet_scan_f32(const float *x, float *y, ptrdiff_t columns, bool exclusive, bool reversed, ptrdiff_t first,
                      ptrdiff_t last);
void martlet_scan_i32(const int32_t *x, int32_t *y, ptrdiff_t columns, bool exclusive, bool reversed, ptrdiff_t first,
                      ptrdiff_t last);

// Sorts a row stably, floats with NaN as the largest. x and values hold words; scratch has room for 2 · count.
void martlet_sort_row(const uint32_t *x, bool is_float, bool descending, ptrdiff_t count, uint32_t *values,
                      int32_t *indices, uint64_t *scratch);

// Rows of row_bytes bytes: to[unit] = from[outer · n + indices[j]], zeros where there is no such row;
// units first ..< last count (outer, j).
void martlet_gather(const void *from, const int32_t *indices, void *to, ptrdiff_t n, ptrdiff_t m, ptrdiff_t row_bytes,
                    ptrdiff_t first, ptrdiff_t last);

// to[indices[j], :] += updates[j, :] in ascending j, for target rows first ..< last only.
void martlet_scatter_add_f32(const float *updates, const int32_t *indices, float *to, ptrdiff_t m, ptrdiff_t inner,
                             ptrdiff_t first, ptrdiff_t last);
void martlet_scatter_add_i32(const int32_t *updates, const int32_t *indices, int32_t *to, ptrdiff_t m, ptrdiff_t inner,
                             ptrdiff_t first, ptrdiff_t last);

#endif
