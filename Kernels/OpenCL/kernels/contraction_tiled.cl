// For GPUs: a group of GROUP items computes a tile of TILE_ROWS by TILE_COLUMNS sums, ITEM_ROWS by ITEM_COLUMNS in the registers of
// each item. Panels of a and b, TILE_DEPTH deep, go through two stages of local memory: while one is computed with, the
// next is on its way from global memory, and one barrier separates them.
//
// A tap outside an image has to be left out of the sum. It is loaded as 0, which comes to the same unless the weight is infinite or
// NaN, or the sum a negative zero, which takes factors below 2^-63. When a group has seen such numbers it checks taps one by
// one from then on.
#define ITEMS_ACROSS (TILE_COLUMNS / ITEM_COLUMNS)
#define A_LOADS (TILE_ROWS * TILE_DEPTH / GROUP)
#define B_LOADS (TILE_COLUMNS * TILE_DEPTH / GROUP)

// Element number e of a panel: neighbouring items load neighbouring k where those lie side by side, else neighbouring rows.
#if A_K_IS_INNER
#define A_ROW(e) ((e) / TILE_DEPTH)
#define A_K(e) ((e) % TILE_DEPTH)
#else
#define A_ROW(e) ((e) % TILE_ROWS)
#define A_K(e) ((e) / TILE_ROWS)
#endif
#if B_K_IS_INNER
#define B_COLUMN(e) ((e) / TILE_DEPTH)
#define B_K(e) ((e) % TILE_DEPTH)
#else
#define B_COLUMN(e) ((e) % TILE_COLUMNS)
#define B_K(e) ((e) / TILE_COLUMNS)
#endif

// Where a(row, k) lies, or -1 for a tap outside the image. Only asked for rows and k within range.
static inline INDEX position_of_a(INDEX row, INDEX k, INDEX z, INDEX first_image, const Arguments *arguments) {
#if KIND == MATMUL
    return arguments->a_offset + z * arguments->a_z + row * arguments->a_row + k * arguments->a_k;
#else
#if KIND == CONVOLUTION
    const INDEX place = row, weight = k, group = z;
#else
    const INDEX place = k, weight = row, group = z % arguments->groups;
#endif
    const INDEX tap = weight / arguments->channels, channel = weight % arguments->channels;
    const INDEX column = place % arguments->grid_width, rest = place / arguments->grid_width;
    const INDEX image = first_image + rest / arguments->grid_height;
    const INDEX y = rest % arguments->grid_height * arguments->stride_y + arguments->start_y +
                    tap / arguments->taps_x * arguments->step_y;
    const INDEX x = column * arguments->stride_x + arguments->start_x + tap % arguments->taps_x * arguments->step_x;
    if (y < 0 || y >= arguments->height || x < 0 || x >= arguments->width) return -1;
    return arguments->a_offset + group * arguments->a_z +
           ((image * arguments->height + y) * arguments->width + x) * arguments->pixel + channel;
#endif
}

// Where b(k, column) lies.
static inline INDEX position_of_b(INDEX k, INDEX column, INDEX z, INDEX first_image, const Arguments *arguments) {
#if KIND == MATMUL
    const INDEX batch = z, row = k, begin = 0;
#elif KIND == CONVOLUTION
    const INDEX tap = k / arguments->channels, batch = z, row = k % arguments->channels;
    const INDEX begin = arguments->tap_start + tap / arguments->taps_x * arguments->tap_y +
                        tap % arguments->taps_x * arguments->tap_x;
#else
    const INDEX batch = z % arguments->groups, begin = 0;
    const INDEX row = first_image * arguments->grid_height * arguments->grid_width + k;
#endif
    return arguments->b_offset + begin + batch * arguments->b_z + row * arguments->b_k + column * arguments->b_column;
}

static inline bool is_ordinary(float x) {
    const uint magnitude = as_uint(x) & 0x7fffffffu;
    return magnitude == 0 || (magnitude >= 0x20000000u && magnitude < 0x7f800000u);
}

__kernel __attribute__((reqd_work_group_size(GROUP, 1, 1)))
void contraction(__global const float *restrict a_data, __global const float *restrict b_data,
    //{parameters}
    const Arguments arguments) {
    __local float a_panel[2][TILE_DEPTH][TILE_ROWS + 4];
    __local float b_panel[2][TILE_DEPTH][TILE_COLUMNS + 4];
    __local int is_marked[2];
    const int item = get_local_id(0);
    const INDEX tile = get_group_id(0);
    const INDEX first_row = tile % arguments.row_tiles * TILE_ROWS;
    const INDEX first_column = tile / arguments.row_tiles % arguments.column_tiles * TILE_COLUMNS;
    const INDEX z = tile / arguments.row_tiles / arguments.column_tiles;
#if KIND == WEIGHT_GRADIENT
    const INDEX group = z % arguments.groups, slice = z / arguments.groups;
    const INDEX first_image = SLICE_START(slice);
    const INDEX depth = (SLICE_START(slice + 1) - first_image) * arguments.grid_height * arguments.grid_width;
#else
    const INDEX group = KIND == CONVOLUTION ? z : 0, slice = 0, first_image = 0;
    const INDEX depth = arguments.depth;
#endif
    // An item's rows are ITEMS_DOWN apart and its columns ITEMS_ACROSS: neighbouring items read neighbouring words.
    const int item_row = item / ITEMS_ACROSS, item_column = item % ITEMS_ACROSS;
    const int items_down = TILE_ROWS / ITEM_ROWS;

    float sums[ITEM_ROWS][ITEM_COLUMNS];
#pragma unroll
    for (int i = 0; i < ITEM_ROWS; i++)
#pragma unroll
        for (int j = 0; j < ITEM_COLUMNS; j++) {
            sums[i][j] = 0.0f;
#if KIND == MATMUL && ACCUMULATE
            const INDEX row = first_row + item_row + i * items_down, column = first_column + item_column + j * ITEMS_ACROSS;
            if (row < arguments.rows && column < arguments.columns)
                sums[i][j] = start[arguments.offsets[OPERANDS - 1] + z * arguments.strides[OPERANDS - 1][0] +
                                   row * arguments.strides[OPERANDS - 1][1] + column * arguments.strides[OPERANDS - 1][2]];
#endif
        }

    float a_next[A_LOADS], b_next[B_LOADS];
    if (item < 2) is_marked[item] = 0;
    barrier(CLK_LOCAL_MEM_FENCE);
    int stage = 0;
    bool checks_taps = false;
    // Trip -1 loads the first panel only.
    for (INDEX first_k = -TILE_DEPTH; first_k < depth; first_k += TILE_DEPTH) {
        const INDEX next_k = first_k + TILE_DEPTH;
        bool is_ordinary_panel = true;
        if (next_k < depth) {
#pragma unroll
            for (int l = 0; l < A_LOADS; l++) {
                const int e = item + l * GROUP;
                const INDEX row = first_row + A_ROW(e), k = next_k + A_K(e);
                INDEX position = -1;
                if (row < arguments.rows && k < depth) position = position_of_a(row, k, z, first_image, &arguments);
                a_next[l] = position < 0 ? 0.0f : a_data[position];
                is_ordinary_panel &= is_ordinary(a_next[l]);
            }
#pragma unroll
            for (int l = 0; l < B_LOADS; l++) {
                const int e = item + l * GROUP;
                const INDEX column = first_column + B_COLUMN(e), k = next_k + B_K(e);
                b_next[l] = column < arguments.columns && k < depth
                                ? b_data[position_of_b(k, column, z, first_image, &arguments)]
                                : 0.0f;
                is_ordinary_panel &= is_ordinary(b_next[l]);
            }
        }
        if (first_k >= 0) {
            const int live = min(depth - first_k, (INDEX)TILE_DEPTH);
            if (KIND != MATMUL && arguments.leaves_image) checks_taps |= is_marked[stage];
            for (int k = 0; k < live; k++) {
                float a[ITEM_ROWS], b[ITEM_COLUMNS];
#pragma unroll
                for (int i = 0; i < ITEM_ROWS; i++) a[i] = a_panel[stage][k][item_row + i * items_down];
#pragma unroll
                for (int j = 0; j < ITEM_COLUMNS; j++) b[j] = b_panel[stage][k][item_column + j * ITEMS_ACROSS];
#pragma unroll
                for (int i = 0; i < ITEM_ROWS; i++) {
                    bool takes_part = true;
                    if (checks_taps) {
                        const INDEX row = first_row + item_row + i * items_down;
                        takes_part = row < arguments.rows && position_of_a(row, first_k + k, z, first_image, &arguments) >= 0;
                    }
#pragma unroll
                    for (int j = 0; j < ITEM_COLUMNS; j++)
                        if (takes_part) sums[i][j] = fma(a[i], b[j], sums[i][j]);
                }
            }
            stage = 1 - stage;
        }
        if (next_k < depth) {
            // This stage was last read before the barrier of the trip before.
#pragma unroll
            for (int l = 0; l < A_LOADS; l++) {
                const int e = item + l * GROUP;
                a_panel[stage][A_K(e)][A_ROW(e)] = a_next[l];
            }
#pragma unroll
            for (int l = 0; l < B_LOADS; l++) {
                const int e = item + l * GROUP;
                b_panel[stage][B_K(e)][B_COLUMN(e)] = b_next[l];
            }
            if (!is_ordinary_panel) is_marked[stage] = 1;
        }
        barrier(CLK_LOCAL_MEM_FENCE);
    }

#pragma unroll
    for (int i = 0; i < ITEM_ROWS; i++) {
        const INDEX row = first_row + item_row + i * items_down;
        if (row >= arguments.rows) break;
        //{offsets}
#pragma unroll
        for (int j = 0; j < ITEM_COLUMNS; j++) {
            const INDEX column = first_column + item_column + j * ITEMS_ACROSS;
            const int live = 1;
            if (column < arguments.columns) {
                const REAL result = sums[i][j];
                //{load}
                //{program}
                //{store}
            }
        }
    }
}
