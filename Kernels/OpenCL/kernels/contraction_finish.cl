// What happens to the sums of an item, ITEM_ROWS by ITEM_COLUMNS in fours: the epilogue, the maximum of each window with POOLED, and
// the stores.
#if POOLED
#pragma unroll
for (int i = 0; i < ITEM_ROWS; i += WINDOW_AREA) {
    const INDEX window = (first_row + ROW_OF_ITEM(i)) / WINDOW_AREA;
    if (window * WINDOW_AREA >= arguments.rows) break;
#pragma unroll
    for (int j = 0; j < ITEM_COLUMNS; j += 4) {
        const INDEX column = first_column + COLUMN_OF_ITEM(j);
        const int live = min(arguments.columns - column, (INDEX)WIDTH);
        if (live <= 0) break;
        REAL best = SPLAT(-INFINITE);
        INTEGER position = SPLAT_INTEGER(-1);
#pragma unroll
        for (int element = 0; element < WINDOW_AREA; element++) {
            INDEX grid_image, grid_y, grid_x;
            if (!find_in_window(window, element, &grid_image, &grid_y, &grid_x, &arguments)) continue;
            //{offsets}
            const REAL result = (REAL)(sums[i + element][j], sums[i + element][j + 1], sums[i + element][j + 2],
                                       sums[i + element][j + 3]);
            //{load}
            //{program}
            TAKE_MAXIMUM(best, position, VALUE, element)
        }
        //{maximum}
    }
}
#else
#pragma unroll
for (int i = 0; i < ITEM_ROWS; i++) {
    const INDEX row = first_row + ROW_OF_ITEM(i);
    if (row >= arguments.rows) break;
    //{offsets}
#pragma unroll
    for (int j = 0; j < ITEM_COLUMNS; j += 4) {
        const INDEX column = first_column + COLUMN_OF_ITEM(j);
        const int live = min(arguments.columns - column, (INDEX)WIDTH);
        if (live <= 0) break;
        const REAL result = (REAL)(sums[i][j], sums[i][j + 1], sums[i][j + 2], sums[i][j + 3]);
        //{load}
        //{program}
        //{store}
    }
}
#endif
