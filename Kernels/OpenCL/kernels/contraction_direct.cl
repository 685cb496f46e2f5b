// For GPUs: convolutions over few channels, and gradients whose upstream has few. A window has few elements then, so all of a tile's
// weights fit local memory at once, TILE_DEPTH by TILE_COLUMNS of them, and an item reads the image itself: eight neighbours share
// its rows, and read the same addresses. Nothing waits but for the weights, and taps outside the image are left out one by one.
__kernel __attribute__((reqd_work_group_size(GROUP, 1, 1)))
void contraction(__global const float *restrict a_data, __global const float *restrict b_data,
    //{parameters}
    const Arguments arguments) {
    __local float4 weights[TILE_DEPTH][TILE_COLUMNS / 4];
    FIND_TILE
    const int item_row = ITEM_ROW(item), item_column = ITEM_COLUMN(item);
    for (int e = item; e < TILE_DEPTH * TILE_COLUMNS; e += GROUP) {
        const INDEX column = first_column + e % TILE_COLUMNS;
        int element;
        float weight = 0.0f;
        if (column < arguments.columns)
            weight = b_data[position_of_b(e / TILE_COLUMNS, 0, column, z, first_image, &element, &arguments)];
        ((__local float *)weights[e / TILE_COLUMNS])[e % TILE_COLUMNS] = weight;
    }
    barrier(CLK_LOCAL_MEM_FENCE);

    float sums[ITEM_ROWS][ITEM_COLUMNS];
    // Of the window of each row: where its image begins, and its first tap.
    INDEX images[ITEM_ROWS], top[ITEM_ROWS], left[ITEM_ROWS];
    bool is_live[ITEM_ROWS];
#pragma unroll
    for (int i = 0; i < ITEM_ROWS; i++) {
        const INDEX row = first_row + ROW_OF_ITEM(i);
        is_live[i] = row < arguments.rows;
#if POOLED
        INDEX image = 0, grid_y = 0, grid_x = 0;
        is_live[i] = is_live[i] && find_in_window(row / WINDOW_AREA, row % WINDOW_AREA, &image, &grid_y, &grid_x, &arguments);
#else
        const INDEX grid_x = row % arguments.grid_width, rest = row / arguments.grid_width;
        const INDEX image = rest / arguments.grid_height, grid_y = rest % arguments.grid_height;
#endif
        images[i] = arguments.a_offset + z * arguments.a_z + image * arguments.height * arguments.width * arguments.pixel;
        top[i] = grid_y * arguments.stride_y + arguments.start_y;
        left[i] = grid_x * arguments.stride_x + arguments.start_x;
#pragma unroll
        for (int j = 0; j < ITEM_COLUMNS; j++) sums[i][j] = 0.0f;
    }
    int k = 0;
    for (INDEX tap_y = 0; tap_y < arguments.taps_y; tap_y++)
        for (INDEX tap_x = 0; tap_x < arguments.taps_x; tap_x++) {
            INDEX pixels[ITEM_ROWS];
            bool takes_part[ITEM_ROWS];
#pragma unroll
            for (int i = 0; i < ITEM_ROWS; i++) {
                const INDEX y = top[i] + tap_y * arguments.step_y, x = left[i] + tap_x * arguments.step_x;
                takes_part[i] = is_live[i] && y >= 0 && y < arguments.height && x >= 0 && x < arguments.width;
                pixels[i] = images[i] + (y * arguments.width + x) * arguments.pixel;
            }
            for (INDEX channel = 0; channel < arguments.channels; channel++, k++) {
                float b[ITEM_COLUMNS];
#pragma unroll
                for (int j = 0; j < ITEM_COLUMNS; j += 4) vstore4(weights[k][j / 4 * ITEMS_ACROSS + item_column], 0, b + j);
#pragma unroll
                for (int i = 0; i < ITEM_ROWS; i++) {
                    if (!takes_part[i]) continue;
                    const float a = a_data[pixels[i] + channel];
#pragma unroll
                    for (int j = 0; j < ITEM_COLUMNS; j++) sums[i][j] = fma(a, b[j], sums[i][j]);
                }
            }
        }

    //{finish}
}
