// Gradients of a convolution whose results go into maximum pooling with windows that do not overlap.
//
// A window hands its upstream to one of its elements, so at most one element in size_height · size_width of the
// convolution's upstream is not zero. These kernels visit nothing else: each (window, channel) becomes an entry of a
// list, its upstream and the offset of what it is multiplied by, and a gradient is a sum over entries. Leaving out
// terms that are zero changes no bit of a chain of finite terms.
#ifndef MARTLET_POOLED_GRADIENT_H
#define MARTLET_POOLED_GRADIENT_H

#include "martlet_isa.h"
#include <stddef.h>
#include <stdint.h>

// One image: its rows are `row_length` elements apart, margins included, so that tap (i, j) of the convolution's window
// at (r, c) lies at r·row_step + c·column_step + i·tap_row_step + j·channels, and a row of taps is a run of
// neighbours in memory.
struct martlet_pooled_gradient {
    ptrdiff_t row_step, column_step, tap_row_step;
    ptrdiff_t tap_rows, run_length; // a kernel has tap_rows runs of kernel width · channels elements
    ptrdiff_t padded_run_length;    // how far apart runs of weights are, a multiple of the lanes
    ptrdiff_t filters;              // channels of the upstream
    ptrdiff_t window_rows, window_columns;
    ptrdiff_t size_height, size_width, stride_height, stride_width; // of the pooling; at most 256 elements in a window
    ptrdiff_t margin_top, margin_left;
};

// One table per instruction set.
struct martlet_pooled_gradient_kernels {
    ptrdiff_t lanes;

    // Room that each of the following needs while it runs.
    ptrdiff_t (*scratch_byte_count)(const struct martlet_pooled_gradient *);

    // One image of the gradient for the convolution's input, added to `dx`, which is zero. Weights are
    // [tap row][filter][run].
    void (*data_gradient)(const struct martlet_pooled_gradient *, const float *dy, const uint8_t *index,
                          const float *weights, float *dx, void *scratch);

    // One image's part of the gradient for filters first ..< last of the weights, [filter][tap row][run]; chains start
    // from dw if `accumulate`, else from +0. What stands behind the runs in dw is undefined.
    void (*weight_gradient)(const struct martlet_pooled_gradient *, const float *x, const float *dy,
                            const uint8_t *index, ptrdiff_t first, ptrdiff_t last, bool accumulate, float *dw,
                            void *scratch);
};

// The kernels for an available instruction set.
const struct martlet_pooled_gradient_kernels *martlet_pooled_gradient_table(enum martlet_isa isa);

#endif
