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
// POOLED           (convolutions) rows come window by window of the maximum pooling that follows, WINDOW_HEIGHT by WINDOW_WIDTH positions
//                  each; the maxima are stored, and with HAS_INDEX their positions in the windows.
// DIRECT           (convolutions) a window has few elements, TAPS_Y by TAPS_X of CHANNELS.
// UNPOOLED         (gradients) the upstream is that of the pooled results: what no index names is zero.
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
    INDEX pooled_height, pooled_width, pool_top, pool_left, convolved_height, convolved_width, index_offset;
    INDEX offsets[OPERANDS], strides[OPERANDS][4];
    uint parameters[PARAMETERS];
} Arguments;

// The images of a slice of the batch.
#define SLICE_START(slice) ((slice) * arguments.batch / arguments.slices)

#if POOLED || UNPOOLED
#define WINDOW_AREA (WINDOW_HEIGHT * WINDOW_WIDTH)
#else
#define WINDOW_AREA 1
#endif

#if POOLED
// The position of the grid that is element `element` of a window, or false where the window reaches beyond the grid.
static inline bool find_in_window(INDEX window, int element, INDEX *image, INDEX *y, INDEX *x, const Arguments *arguments) {
    const INDEX rest = window / arguments->pooled_width;
    *image = rest / arguments->pooled_height;
    *y = rest % arguments->pooled_height * WINDOW_HEIGHT + element / WINDOW_WIDTH - arguments->pool_top;
    *x = window % arguments->pooled_width * WINDOW_WIDTH + element % WINDOW_WIDTH - arguments->pool_left;
    return *y >= 0 && *y < arguments->grid_height && *x >= 0 && *x < arguments->grid_width;
}

#if HAS_INDEX && INDEX_IS_BYTE
#define STORE_POSITIONS(positions, p, live)                                                                            \
    if ((live) == WIDTH) STORE(TO_BYTES(positions), p);                                                                \
    else store_first_uchar(TO_BYTES(positions), p, 1, live);
#elif HAS_INDEX
#define STORE_POSITIONS(positions, p, live)                                                                            \
    if ((live) == WIDTH) STORE(positions, p);                                                                          \
    else store_first_int(positions, p, 1, live);
#else
#define STORE_POSITIONS(positions, p, live)
#endif

// Takes the maximum of `best` and `value`, which is element `element` of the window; NaN wins, and among equals the first.
#define TAKE_MAXIMUM(best, position, value, element)                                                                   \
    {                                                                                                                  \
        const MASK wins = ((value) > best) | (((value) != (value)) & (best == best)) | (position < 0);                 \
        best = SELECT(wins, value, best);                                                                              \
        position = SELECT(wins, SPLAT_INTEGER(element), position);                                                     \
    }
#endif
