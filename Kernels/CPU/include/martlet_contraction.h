// Contractions: C = A · B, with A and B addressed so freely that matrix products and convolutions are the same thing.
//
// Every element of C is one chain `c = fma(A(m, k), B(k, n), c)` in ascending k, started from +0 or from the C that was
// there. How the work is cut into tiles, blocks and tasks changes neither the chain nor its bits.
#ifndef MARTLET_CONTRACTION_H
#define MARTLET_CONTRACTION_H

#include "martlet_isa.h"
#include <stddef.h>
#include <stdint.h>

// Where the operands of one step k of all chains lie, in elements after the base pointers of a tile. The list of steps
// is what other engines write out as an im2col matrix.
struct martlet_step {
    ptrdiff_t a, b;
};

enum martlet_activation { martlet_activation_none = 0, martlet_activation_relu = 1 };

// C over up to three axes of rows and one of columns; rows of the last axis share a tile.
//   C(i, j, m, n) = c[i·c_stride[0] + j·c_stride[1] + m·c_stride[2] + n]
//   A(i, j, m, k) = a[i·a_stride[0] + j·a_stride[1] + m·a_stride[2] + steps[k].a]
//   B(k, n)       = b[(n / panel)·b_panel_stride + steps[k].b + n % panel],   panel = the `panel_columns` of the table
struct martlet_contraction {
    const float *a;
    const float *b;
    float *c;
    ptrdiff_t row_count[3], a_stride[3], c_stride[3];
    ptrdiff_t columns;
    ptrdiff_t b_panel_stride;
    const struct martlet_step *steps;
    ptrdiff_t step_count;
    bool b_is_padded;  // the last panel of B may be read to its full width
    bool accumulate;   // chains start from C instead of +0
    const float *bias; // bias[n], added after the chain; or null
    enum martlet_activation activation;
};

// One table per instruction set.
struct martlet_contraction_kernels {
    ptrdiff_t panel_columns; // how many columns a panel of B has
    ptrdiff_t tile_rows;     // at most so many rows are computed at once

    // Computes units first_unit ..< last_unit of panels first_panel ..< last_panel. Units are counted over
    // (i, j, tile of the last axis) row-major; see `martlet_contraction_units`.
    void (*contract)(const struct martlet_contraction *, ptrdiff_t first_unit, ptrdiff_t last_unit,
                     ptrdiff_t first_panel, ptrdiff_t last_panel);
};

// The kernels for an available instruction set.
const struct martlet_contraction_kernels *martlet_contraction_table(enum martlet_isa isa);

#endif
