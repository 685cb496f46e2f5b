#include "martlet_rows.h"

#include <string.h>

// MARK: Running sums

#define SCAN(name, type, sum_type)                                                                                     \
    void name(const type *x, type *y, ptrdiff_t columns, bool exclusive, bool reversed, ptrdiff_t first,               \
              ptrdiff_t last) {                                                                                        \
        for (ptrdiff_t row = first; row < last; row++) {                                                               \
            const ptrdiff_t step = reversed ? -1 : 1;                                                                  \
            ptrdiff_t i = row * columns + (reversed ? columns - 1 : 0);                                                \
            sum_type sum = 0;                                                                                          \
            for (ptrdiff_t j = 0; j < columns; j++, i += step) {                                                       \
                const sum_type before = sum;                                                                           \
                sum = sum + (sum_type)x[i];                                                                            \
                y[i] = (type)(exclusive ? before : sum);                                                               \
            }                                                                                                          \
        }                                                                                                              \
    }
SCAN(martlet_scan_f32, float, float)
SCAN(martlet_scan_i32, int32_t, uint32_t) // unsigned, because sums wrap

// MARK: Sorting

// Words that compare, as unsigned numbers, like the values do: both zeros alike, every NaN alike and above everything.
static uint32_t sorting_key(uint32_t word, bool is_float, bool descending) {
    uint32_t key = word ^ 0x80000000;
    if (is_float) {
        const uint32_t size = word & 0x7fffffff;
        if (size > 0x7f800000)
            key = UINT32_MAX;
        else if (size == 0)
            key = 0x80000000;
        else
            key = word >> 31 ? ~word : word | 0x80000000;
    }
    return descending ? ~key : key;
}

// An item is a key above a position. Equal keys keep their order.
static void insertion_sort(uint64_t *items, ptrdiff_t count) {
    for (ptrdiff_t i = 1; i < count; i++) {
        const uint64_t item = items[i];
        ptrdiff_t j = i;
        for (; j > 0 && items[j - 1] > item; j--) items[j] = items[j - 1];
        items[j] = item;
    }
}

// Sorts by the four bytes of the key, the lowest first; gives back where the sorted items are.
static uint64_t *radix_sort(uint64_t *items, uint64_t *other, ptrdiff_t count) {
    ptrdiff_t counts[4][256] = {{0}};
    for (ptrdiff_t i = 0; i < count; i++)
        for (int digit = 0; digit < 4; digit++) counts[digit][items[i] >> (32 + 8 * digit) & 255]++;
    for (int digit = 0; digit < 4; digit++) {
        const int shift = 32 + 8 * digit;
        if (counts[digit][items[0] >> shift & 255] == count) continue; // all alike
        ptrdiff_t position = 0;
        for (int value = 0; value < 256; value++) {
            const ptrdiff_t here = counts[digit][value];
            counts[digit][value] = position;
            position += here;
        }
        for (ptrdiff_t i = 0; i < count; i++) other[counts[digit][items[i] >> shift & 255]++] = items[i];
        uint64_t *sorted = other;
        other = items;
        items = sorted;
    }
    return items;
}

void martlet_sort_row(const uint32_t *x, bool is_float, bool descending, ptrdiff_t count, uint32_t *values,
                      int32_t *indices, uint64_t *scratch) {
    enum { short_row = 64 };
    uint64_t *items = scratch;
    for (ptrdiff_t i = 0; i < count; i++)
        items[i] = (uint64_t)sorting_key(x[i], is_float, descending) << 32 | (uint64_t)i;
    if (count <= short_row)
        insertion_sort(items, count);
    else
        items = radix_sort(items, scratch + count, count);
    for (ptrdiff_t i = 0; i < count; i++) {
        indices[i] = (int32_t)(uint32_t)items[i];
        values[i] = x[indices[i]];
    }
}

// MARK: Rows by index

void martlet_gather(const void *from, const int32_t *indices, void *to, ptrdiff_t n, ptrdiff_t m, ptrdiff_t row_bytes,
                    ptrdiff_t first, ptrdiff_t last) {
    for (ptrdiff_t unit = first; unit < last; unit++) {
        const ptrdiff_t outer = unit / m, index = indices[unit % m];
        char *target = (char *)to + unit * row_bytes;
        const char *source = (const char *)from + (outer * n + index) * row_bytes;
        const bool exists = index >= 0 && index < n;
        if (row_bytes == 4) {
            uint32_t word = 0;
            if (exists) memcpy(&word, source, 4);
            memcpy(target, &word, 4);
        } else if (exists) {
            memcpy(target, source, (size_t)row_bytes);
        } else {
            memset(target, 0, (size_t)row_bytes);
        }
    }
}

#define SCATTER_ADD(name, type, sum_type)                                                                              \
    void name(const type *updates, const int32_t *indices, type *to, ptrdiff_t m, ptrdiff_t inner, ptrdiff_t first,    \
              ptrdiff_t last) {                                                                                        \
        for (ptrdiff_t j = 0; j < m; j++) {                                                                            \
            const ptrdiff_t row = indices[j];                                                                          \
            if (row < first || row >= last) continue;                                                                  \
            type *target = to + row * inner;                                                                           \
            const type *source = updates + j * inner;                                                                  \
            for (ptrdiff_t i = 0; i < inner; i++) target[i] = (type)((sum_type)target[i] + (sum_type)source[i]);       \
        }                                                                                                              \
    }
SCATTER_ADD(martlet_scatter_add_f32, float, float)
SCATTER_ADD(martlet_scatter_add_i32, int32_t, uint32_t)
