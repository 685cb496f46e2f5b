// Where operands of a contraction lie, for the kernels that bring panels of them into local memory.
//
// A tap outside an image has to be left out of the sum. It is loaded as 0, which comes to the same unless the weight is infinite or
// NaN, or the sum a negative zero, which takes factors below 2^-63.
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

// An item of a group, and which of the group's items down and across it is. Of 32 neighbours 4 by 8 form a rectangle: they read
// few different words of a panel at a time.
#define ITEMS_ACROSS (TILE_COLUMNS / ITEM_COLUMNS)
#define ITEMS_DOWN (TILE_ROWS / ITEM_ROWS)
#if WARP_ROWS == 0 && ITEMS_ACROSS < 8
#define ITEM_ROW(item) ((item) / ITEMS_ACROSS)
#define ITEM_COLUMN(item) ((item) % ITEMS_ACROSS)
#else
#define ITEM_ROW(item) ((item) / 32 / (ITEMS_ACROSS / 8) * 4 + (item) % 32 / 8)
#define ITEM_COLUMN(item) ((item) / 32 % (ITEMS_ACROSS / 8) * 8 + (item) % 8)
#endif
// Rows and columns of an item come in fours, which lie side by side in a panel and are read in one go.
#define ROW_OF_ITEM(i) (((i) / 4 * ITEMS_DOWN + item_row) * 4 + (i) % 4)
#define COLUMN_OF_ITEM(j) (((j) / 4 * ITEMS_ACROSS + item_column) * 4 + (j) % 4)

// Which tap element k of a window belongs to, and its channel. Where channels are a multiple of a panel's depth (PANEL_IN_TAP), a panel
// has one tap, and its first k tells which: two divisions for all of a group's loads.
#if PANEL_IN_TAP
#define TAP_OF(k, panel_k) ((panel_k) / arguments->channels)
#define CHANNEL_OF(k, panel_k) ((panel_k) % arguments->channels + ((k) - (panel_k)))
#else
#define TAP_OF(k, panel_k) ((k) / arguments->channels)
#define CHANNEL_OF(k, panel_k) ((k) % arguments->channels)
#endif

// Where a(row, k) lies, or -1 for a tap outside the image. Only asked for rows and k within range. With UNPOOLED, in the gradient for
// the input, it is the place of the window, and `element` which element of the window the index has to name.
static inline INDEX position_of_a(INDEX row, INDEX k, INDEX panel_k, INDEX z, INDEX first_image, int *element,
                                  const Arguments *arguments) {
    *element = 0;
#if KIND == MATMUL
    return arguments->a_offset + z * arguments->a_z + row * arguments->a_row + k * arguments->a_k;
#else
#if KIND == CONVOLUTION
    const INDEX place = row, group = z, tap = TAP_OF(k, panel_k), channel = CHANNEL_OF(k, panel_k);
#else
    const INDEX place = k, group = z % arguments->groups;
    const INDEX tap = row / arguments->channels, channel = row % arguments->channels;
#endif
#if POOLED
    INDEX image, grid_y, grid_x;
    if (!find_in_window(place / WINDOW_AREA, place % WINDOW_AREA, &image, &grid_y, &grid_x, arguments)) return -1;
#else
    const INDEX grid_x = place % arguments->grid_width, rest = place / arguments->grid_width;
    const INDEX image = first_image + rest / arguments->grid_height, grid_y = rest % arguments->grid_height;
#endif
    INDEX y = grid_y * arguments->stride_y + arguments->start_y + tap / arguments->taps_x * arguments->step_y;
    INDEX x = grid_x * arguments->stride_x + arguments->start_x + tap % arguments->taps_x * arguments->step_x;
    if (y < 0 || y >= arguments->height || x < 0 || x >= arguments->width) return -1;
#if UNPOOLED && KIND == CONVOLUTION
    y += arguments->pool_top;
    x += arguments->pool_left;
    *element = (int)(y % WINDOW_HEIGHT * WINDOW_WIDTH + x % WINDOW_WIDTH);
    y /= WINDOW_HEIGHT;
    x /= WINDOW_WIDTH;
    if (y >= arguments->pooled_height || x >= arguments->pooled_width) return -1;
    return group * arguments->a_z +
           ((image * arguments->pooled_height + y) * arguments->pooled_width + x) * arguments->pixel + channel;
#else
    return arguments->a_offset + group * arguments->a_z +
           ((image * arguments->height + y) * arguments->width + x) * arguments->pixel + channel;
#endif
#endif
}

// Where b(k, column) lies. With UNPOOLED, in the gradient for the weights, as for a.
static inline INDEX position_of_b(INDEX k, INDEX panel_k, INDEX column, INDEX z, INDEX first_image, int *element,
                                  const Arguments *arguments) {
    *element = 0;
#if KIND == MATMUL
    const INDEX batch = z, row = k, begin = 0;
#elif KIND == CONVOLUTION
    const INDEX tap = TAP_OF(k, panel_k), batch = z, row = CHANNEL_OF(k, panel_k);
    const INDEX begin = arguments->tap_start + tap / arguments->taps_x * arguments->tap_y +
                        tap % arguments->taps_x * arguments->tap_x;
#else
    const INDEX batch = z % arguments->groups, begin = 0;
#if UNPOOLED
    const INDEX rest = k / arguments->grid_width;
    INDEX y = rest % arguments->grid_height + arguments->pool_top, x = k % arguments->grid_width + arguments->pool_left;
    *element = (int)(y % WINDOW_HEIGHT * WINDOW_WIDTH + x % WINDOW_WIDTH);
    y /= WINDOW_HEIGHT;
    x /= WINDOW_WIDTH;
    if (y >= arguments->pooled_height || x >= arguments->pooled_width) return -1;
    const INDEX image = first_image + rest / arguments->grid_height;
    return batch * arguments->b_z +
           ((image * arguments->pooled_height + y) * arguments->pooled_width + x) * arguments->b_k + column;
#else
    const INDEX row = first_image * arguments->grid_height * arguments->grid_width + k;
#endif
#endif
#if !(UNPOOLED && KIND == WEIGHT_GRADIENT)
    return arguments->b_offset + begin + batch * arguments->b_z + row * arguments->b_k + column * arguments->b_column;
#endif
}

// What lies at a position, 0 for none.
#if UNPOOLED
#define LOAD_UNPOOLED(data, offset, position, element)                                                                 \
    ((position) < 0 || index[arguments.index_offset + (position)] != (element) ? 0.0f : (data)[(offset) + (position)])
#endif
#define LOAD_PLAIN(data, position) ((position) < 0 ? 0.0f : (data)[position])
#if UNPOOLED && KIND == CONVOLUTION
#define LOAD_A(position, element) LOAD_UNPOOLED(a_data, arguments.a_offset, position, element)
#define LOAD_B(position, element) LOAD_PLAIN(b_data, position)
#elif UNPOOLED
#define LOAD_A(position, element) LOAD_PLAIN(a_data, position)
#define LOAD_B(position, element) LOAD_UNPOOLED(b_data, arguments.b_offset, position, element)
#else
#define LOAD_A(position, element) LOAD_PLAIN(a_data, position)
#define LOAD_B(position, element) LOAD_PLAIN(b_data, position)
#endif

// The panels' next elements of this item, from global memory into a_next and b_next.
#define LOAD_PANELS(next_k)                                                                                            \
    _Pragma("unroll") for (int l = 0; l < A_LOADS; l++) {                                                              \
        const int e = item + l * GROUP;                                                                                \
        const INDEX row = first_row + A_ROW(e), k = (next_k) + A_K(e);                                                 \
        int element = 0;                                                                                               \
        INDEX position = -1;                                                                                           \
        if (row < arguments.rows && k < depth)                                                                         \
            position = position_of_a(row, k, next_k, z, first_image, &element, &arguments);                            \
        a_next[l] = LOAD_A(position, element);                                                                         \
    }                                                                                                                  \
    _Pragma("unroll") for (int l = 0; l < B_LOADS; l++) {                                                              \
        const int e = item + l * GROUP;                                                                                \
        const INDEX column = first_column + B_COLUMN(e), k = (next_k) + B_K(e);                                        \
        int element = 0;                                                                                               \
        INDEX position = -1;                                                                                           \
        if (column < arguments.columns && k < depth)                                                                   \
            position = position_of_b(k, next_k, column, z, first_image, &element, &arguments);                         \
        b_next[l] = LOAD_B(position, element);                                                                         \
    }

// The tile of a group, and what it sums over.
#if KIND == WEIGHT_GRADIENT
#define FIND_DEPTH                                                                                                     \
    const INDEX group = z % arguments.groups, slice = z / arguments.groups;                                            \
    const INDEX first_image = SLICE_START(slice);                                                                      \
    const INDEX depth = (SLICE_START(slice + 1) - first_image) * arguments.grid_height * arguments.grid_width;
#else
#define FIND_DEPTH                                                                                                     \
    const INDEX group = KIND == CONVOLUTION ? z : 0, slice = 0, first_image = 0;                                       \
    const INDEX depth = arguments.depth;
#endif
#define FIND_TILE                                                                                                      \
    const int item = get_local_id(0);                                                                                  \
    const INDEX tile = get_group_id(0);                                                                                \
    const INDEX first_row = tile % arguments.row_tiles * TILE_ROWS;                                                    \
    const INDEX first_column = tile / arguments.row_tiles % arguments.column_tiles * TILE_COLUMNS;                     \
    const INDEX z = tile / arguments.row_tiles / arguments.column_tiles;                                               \
    FIND_DEPTH

// A sum to begin with.
#if KIND == MATMUL && ACCUMULATE
#define BEGIN_SUM(row, column)                                                                                         \
    ((row) < arguments.rows && (column) < arguments.columns                                                            \
         ? start[arguments.offsets[OPERANDS - 1] + z * arguments.strides[OPERANDS - 1][0] +                            \
                 (row) * arguments.strides[OPERANDS - 1][1] + (column) * arguments.strides[OPERANDS - 1][2]]           \
         : 0.0f)
#else
#define BEGIN_SUM(row, column) 0.0f
#endif
