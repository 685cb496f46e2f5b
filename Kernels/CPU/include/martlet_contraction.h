// Contractions: C = A · B, with A and B addressed so freely that matrix products and convolutions are the same thing.
//
// Every element of C is one chain `c = fma(A(m, k), B(k, n), c)` in ascending k, started from +0 or from the C that was
// there. How the work is cut into tiles, blocks and tasks changes neither the chain nor its bits.
#ifndef MARTLET_CONTRACTION_H
#define MARTLET_CONTRACTION_H

#include "martlet_isa.h"
#include <stddef.h>
#include <stdint.h>

// Where the operands of neighbouring steps of all chains lie, in elements after the base pointers of a tile: step k of
// the run at `a + k·a_step` and `b + k·b_step`. The list of runs is what other engines write out as an im2col matrix.
struct martlet_run {
    ptrdiff_t a, b, length;
};

enum martlet_activation {
    martlet_activation_none = 0,
    martlet_activation_relu = 1,              // 0 > x ? 0 : x, the program maximum(x, 0): -0 stays -0
    martlet_activation_relu_positive_zero = 2 // x > 0 or x is NaN ? x : 0, the program maximum(0, x): -0 becomes +0
};

// C over up to three axes of rows and one of columns; rows of the last axis share a tile.
//   C(i, j, m, n) = c[i·c_stride[0] + j·c_stride[1] + m·c_stride[2] + n]
//   A(i, j, m, k) = a[i·a_stride[0] + j·a_stride[1] + m·a_stride[2] + run.a + k·a_step]
//   B(i, k, n)    = b[i·b_stride + (n / panel)·b_panel_stride + run.b + k·b_step + n % panel],  panel = `panel_columns`
struct martlet_contraction {
    const float *a;
    const float *b;
    float *c;
    ptrdiff_t row_count[3], a_stride[3], c_stride[3];
    ptrdiff_t tile_rows; // at most so many rows of the last axis share a tile; at most that of the table
    ptrdiff_t columns;
    ptrdiff_t b_stride, b_panel_stride;
    const struct martlet_run *runs; // each of at most `run_length` steps
    ptrdiff_t run_count;
    ptrdiff_t a_step, b_step; // from step to step of a run
    ptrdiff_t step_count;     // of all runs together
    ptrdiff_t a_ahead; // what a tile's successors read first lies so far behind its own A; 0 if that is not known
    bool b_is_padded;  // the last panel of B may be read to its full width
    bool accumulate;   // chains start from C instead of +0
    bool copies_a;     // copy each tile of A first, because its strides would make it miss the cache (`contract` only;
                       // runs of at most `copied_run_length` steps)
    const float *bias; // bias[n], added after the chain; or null
    enum martlet_activation activation;
};

// Where one row of a depthwise convolution's results finds its operands, in elements.
struct martlet_depthwise_row {
    ptrdiff_t x, w; // the row of the image and the row of the kernel of the first tap that exists
    ptrdiff_t taps; // how many rows of the kernel exist
};

// A convolution whose channels have one partner each; or its data gradient, seen as one over the mirrored image.
//   y(image, row, column, n) = Σ over i < rows[row].taps and k < width of
//     x[image·x_image + rows[row].x + i·x_tap_row + (first_input + column·stride + k)·x_column + n]
//     · w[rows[row].w + i·w_tap_row + k·channels + n],
// one chain in this order over the inputs 0 ..< input_columns; then the bias and the activation.
struct martlet_depthwise {
    const float *x, *w;
    float *y; // y[image·y_image + row·y_row + column·y_column + n]
    ptrdiff_t x_image, x_tap_row, x_column, w_tap_row, y_image, y_row, y_column;
    ptrdiff_t channels, width, stride, columns, first_input, input_columns;
    const struct martlet_depthwise_row *rows;
    const float *bias; // or null
    enum martlet_activation activation;
};

// C = A · B for one pair of matrices that lie in memory by strides; columns of C are neighbours. Rows of C are taken in
// tiles of `product_rows`, columns in panels of `product_columns`.
//   A(m, k) = a[m / product_rows · a_tile + m % product_rows · a_row + k · a_step]
//   B(k, n) = b[k · b_step + n · b_column]
//   C(m, n) = c[m · c_row + n]
// Packed, the rows of a tile of A stand side by side, step after step, tile after tile: a_row = 1, a_step =
// product_rows, a_tile = product_rows · steps. Packed, the columns of a panel of B stand side by side, step after step,
// panel after panel; those of the last are rounded up to whole vectors with zeros. Either takes as many elements as it
// has in whole tiles or panels.
struct martlet_product {
    const float *a, *b;
    float *c;
    ptrdiff_t rows, columns, steps;
    ptrdiff_t a_tile, a_row, a_step;
    ptrdiff_t b_step, b_column;
    ptrdiff_t c_row;
    bool b_is_packed;
    bool accumulate;   // chains start from C instead of +0
    const float *bias; // bias[n], added after the chain; or null
    enum martlet_activation activation;
};

// Some tiles of rows, some panels of columns, and some steps of their chains.
struct martlet_product_part {
    ptrdiff_t first_tile, last_tile, first_panel, last_panel, first_step, last_step;
};

// One row of a weight gradient: a tap of the kernel and one input channel.
struct martlet_weight_row {
    ptrdiff_t x;                                            // its input element for output position (0, 0), in elements
    ptrdiff_t first_row, end_row, first_column, end_column; // the output positions for which that element exists
};

// dw(m, n) = Σ over images, output rows first_output_row ..< end_output_row and output columns of x(m, position) ·
// dy(position, n), one chain in this order over the positions that exist for row m.
//   x(m, i, r, c)  = x[i·x_stride[0] + r·x_stride[1] + c·x_stride[2] + rows[m].x]
//   dy(i, r, c, n) = dy[i·dy_stride[0] + r·dy_stride[1] + c·dy_stride[2] + n]
//   dw(m, n)       = dw[m·dw_stride + n]
struct martlet_weight_gradient {
    const float *x;
    const float *dy;
    float *dw;
    ptrdiff_t x_stride[3], dy_stride[3], dw_stride;
    ptrdiff_t first_output_row, end_output_row, output_columns;
    ptrdiff_t columns;
    const struct martlet_weight_row *rows;
};

// One table per instruction set.
struct martlet_contraction_kernels {
    ptrdiff_t panel_columns;     // how many columns a panel of B has
    ptrdiff_t tile_rows;         // at most so many rows are computed at once
    ptrdiff_t short_tile_rows;   // the same where chains are short
    ptrdiff_t channel_tile_rows; // the same for `contract_channels`
    ptrdiff_t run_length;        // how many steps a run has at most
    ptrdiff_t copied_run_length; // the same where tiles of A are copied

    // Computes units first_unit ..< last_unit of panels first_panel ..< last_panel. Units count the tiles of rows over
    // (i, j, tile): an axis of n rows has ceil(n / tile_rows) tiles of almost equal size, the larger ones first.
    void (*contract)(const struct martlet_contraction *, ptrdiff_t first_unit, ptrdiff_t last_unit,
                     ptrdiff_t first_panel, ptrdiff_t last_panel);

    // The same for one input channel per output channel: A(i, j, m, k, n) = a[… + k·a_step + n].
    void (*contract_channels)(const struct martlet_contraction *, ptrdiff_t first_unit, ptrdiff_t last_unit,
                              ptrdiff_t first_panel, ptrdiff_t last_panel);

    // Whether `depthwise` is made for so many channels, kernels of this width and this horizontal stride.
    bool (*supports_depthwise)(ptrdiff_t channels, ptrdiff_t width, ptrdiff_t stride);

    // Computes rows first ..< last of an image.
    void (*depthwise)(const struct martlet_depthwise *, ptrdiff_t image, ptrdiff_t first, ptrdiff_t last);

    // panel[k · panel_columns + n] = source[k · step_stride + n · column_stride], 0 for the columns that are missing.
    void (*pack)(const float *source, ptrdiff_t step_count, ptrdiff_t step_stride, ptrdiff_t columns,
                 ptrdiff_t column_stride, float *panel);

    ptrdiff_t product_rows, product_columns; // the tiles of `multiply`

    // Advances the chains of a part of C by its steps: those from 0 on begin them, those up to `steps` finish them.
    // Columns of B are neighbours, or B is packed.
    void (*multiply)(const struct martlet_product *, const struct martlet_product_part *);

    // The same for B in any order: packs pieces of it that stay in the first cache, each of them for all tiles of the
    // part.
    void (*multiply_packing)(const struct martlet_product *, const struct martlet_product_part *);

    // Packs tiles of A, or panels of B; the other operand and C do not matter. Steps of a part other than the last are
    // a multiple of 16, so that blocks can be transposed.
    void (*pack_a)(const struct martlet_product *, const struct martlet_product_part *, float *packed);
    void (*pack_b)(const struct martlet_product *, const struct martlet_product_part *, float *packed);

    // Rows first_row ..< first_row + row_count (at most tile_rows) over images first_image ..< last_image; chains start
    // from dw if `accumulate`, else from +0.
    void (*weight_gradient)(const struct martlet_weight_gradient *, ptrdiff_t first_row, ptrdiff_t row_count,
                            ptrdiff_t first_image, ptrdiff_t last_image, bool accumulate);

    // The same for one input channel per output channel: x(m, i, r, c, n) = x[… + rows[m].x + n].
    void (*weight_gradient_channels)(const struct martlet_weight_gradient *, ptrdiff_t first_row, ptrdiff_t row_count,
                                     ptrdiff_t first_image, ptrdiff_t last_image, bool accumulate);

    // total[i] = slices[i] + slices[count + i] + slices[2·count + i] + …, from left to right.
    void (*add_slices)(const float *slices, ptrdiff_t slice_count, ptrdiff_t count, ptrdiff_t first, ptrdiff_t last,
                       float *total);

    // Nothing but independent fused multiply-adds, `rounds` times `operations_per_round` (a multiply-add counts as
    // two).
    void (*multiply_add)(ptrdiff_t rounds);
    ptrdiff_t operations_per_round;
};

// The kernels for an available instruction set.
const struct martlet_contraction_kernels *martlet_contraction_table(enum martlet_isa isa);

#endif
