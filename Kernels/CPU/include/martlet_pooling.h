// Pooling of images [batch, height, width, channels], vectorised over channels.
#ifndef MARTLET_POOLING_H
#define MARTLET_POOLING_H

#include "martlet_isa.h"
#include <stddef.h>
#include <stdint.h>

struct martlet_pooling {
    ptrdiff_t height, width, channels;
    ptrdiff_t output_height, output_width;
    ptrdiff_t size_height, size_width, stride_height, stride_width;
    ptrdiff_t margin_top, margin_left;
};

// One table per instruction set. Rows are rows of images, counted through the batch. An index is the row-major position
// in the window; `index8` and `index32` are two forms of it, of which one or both are null.
struct martlet_pooling_kernels {
    // Output rows first ..< last: the first largest element of each window, where NaN counts as largest.
    void (*maximum)(const struct martlet_pooling *, const float *x, float *y, uint8_t *index8, int32_t *index32,
                    ptrdiff_t first, ptrdiff_t last);
    // Output rows first ..< last: the elements of each window that lie in the image, added in row-major order from +0,
    // divided by their number.
    void (*average)(const struct martlet_pooling *, const float *x, float *y, ptrdiff_t first, ptrdiff_t last);
    // Input rows first ..< last: each element starts at +0 and receives dy of the windows whose index it is, in order.
    void (*maximum_backward)(const struct martlet_pooling *, const float *dy, const uint8_t *index8,
                             const int32_t *index32, float *dx, ptrdiff_t first, ptrdiff_t last);
    // Input rows first ..< last: each element starts at +0 and receives dy / (elements in the window), in order of
    // windows.
    void (*average_backward)(const struct martlet_pooling *, const float *dy, float *dx, ptrdiff_t first,
                             ptrdiff_t last);
};

// The kernels for an available instruction set.
const struct martlet_pooling_kernels *martlet_pooling_table(enum martlet_isa isa);

#endif
