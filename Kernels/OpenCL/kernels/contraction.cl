// The sums of all contractions, c[z, row, column] = sum over k of a(row, k) b(k, column), each one chain of fused
// multiply-adds in ascending k. KIND says what a, b and k are:
//
// MATMUL           a and b are matrices with free strides, z counts the batch.
// CONVOLUTION      a row is a position (image, y, x) of a grid, a(row, k) the channel of the image under a tap of a window there,
//                  b(k, column) a weight, and k runs over (tap row, tap column, channel); taps outside the image are left out.
//                  The gradient for the input is the same sum over the upstream with other weights, one grid per stride phase.
//                  z counts groups of channels.
// WEIGHT_GRADIENT  a row is a weight (tap row, tap column, channel), k a position of the grid, a(row, k) what lies under that tap,
//                  b(k, column) the upstream; z counts slices of images and, inside them, groups.
//
// All sizes are arguments. Tap (i, j) lies at row y * stride_y + start_y + i * step_y of the image, and alike for columns.
#define MATMUL 0
#define CONVOLUTION 1
#define WEIGHT_GRADIENT 2

typedef struct {
    INDEX rows, columns, depth, row_tiles, column_tiles, tile_count;
    INDEX a_offset, a_z, a_row, a_k, b_offset, b_z, b_panel, b_k, b_column;
    INDEX height, width, pixel, channels, grid_height, grid_width;
    INDEX stride_y, stride_x, start_y, start_x, step_y, step_x, taps_y, taps_x, tap_start, tap_y, tap_x;
    INDEX batch, slices, groups, leaves_image;
    INDEX offsets[OPERANDS], strides[OPERANDS][4];
    uint parameters[PARAMETERS];
} Arguments;

// The images of a slice of the batch.
#define SLICE_START(slice) ((slice) * arguments.batch / arguments.slices)
