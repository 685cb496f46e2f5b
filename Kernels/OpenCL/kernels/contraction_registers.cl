// For processors: an item computes TILE_ROWS rows by TILE_VECTORS vectors of columns in registers, alone. Columns lie side by side
// in b. Loads of the last columns may reach up to 64 bytes behind a matrix, which every block of memory has to spare; what
// they yield is not stored. Rows behind the last repeat the last.
#define TILE_COLUMNS (TILE_VECTORS * WIDTH)

// Adds `length` steps of k to all sums: a advances by `a_step` in every row, b by `b_step`.
#define ACCUMULATE_RUN(length, a_step, b_step)                                                                         \
    for (INDEX k = 0; k < (length); k++) {                                                                             \
        REAL vectors[TILE_VECTORS];                                                                                    \
        _Pragma("unroll") for (int v = 0; v < TILE_VECTORS; v++) vectors[v] = LOAD(b + v * WIDTH);                     \
        _Pragma("unroll") for (int r = 0; r < TILE_ROWS; r++) {                                                        \
            const REAL value = SPLAT(a[r][k * (a_step)]);                                                              \
            _Pragma("unroll") for (int v = 0; v < TILE_VECTORS; v++) sums[r][v] = fma(value, vectors[v], sums[r][v]);  \
        }                                                                                                              \
        b += (b_step);                                                                                                 \
    }

// The same where some rows are left out; their pointers lead to memory that may be read.
#define ACCUMULATE_RUN_OF_SOME(length, a_step, b_step, takes_part)                                                     \
    for (INDEX k = 0; k < (length); k++) {                                                                             \
        REAL vectors[TILE_VECTORS];                                                                                    \
        _Pragma("unroll") for (int v = 0; v < TILE_VECTORS; v++) vectors[v] = LOAD(b + v * WIDTH);                     \
        _Pragma("unroll") for (int r = 0; r < TILE_ROWS; r++) {                                                        \
            const bool takes = (takes_part);                                                                           \
            const REAL value = SPLAT(takes ? a[r][k * (a_step)] : 0.0f);                                               \
            const MASK mask = SPLAT_INTEGER(takes ? -1 : 0);                                                           \
            _Pragma("unroll") for (int v = 0; v < TILE_VECTORS; v++)                                                   \
                sums[r][v] = select(sums[r][v], fma(value, vectors[v], sums[r][v]), mask);                             \
        }                                                                                                              \
        b += (b_step);                                                                                                 \
    }

__kernel __attribute__((reqd_work_group_size(1, 1, 1)))
void contraction(__global const float *restrict a_data, __global const float *restrict b_data,
    //{parameters}
    const Arguments arguments) {
    const INDEX item = get_global_id(0);
    const INDEX first_row = item % arguments.row_tiles * TILE_ROWS;
    const INDEX column_tile = item / arguments.row_tiles % arguments.column_tiles;
    const INDEX first_column = column_tile * TILE_COLUMNS;
    const INDEX z = item / arguments.row_tiles / arguments.column_tiles;
    __global const float *b = b_data + arguments.b_offset + column_tile * arguments.b_panel;
    __global const float *a[TILE_ROWS];
    REAL sums[TILE_ROWS][TILE_VECTORS];
#pragma unroll
    for (int r = 0; r < TILE_ROWS; r++)
#pragma unroll
        for (int v = 0; v < TILE_VECTORS; v++) sums[r][v] = SPLAT(0.0f);

#if KIND == MATMUL
    const INDEX group = 0;
    b += z * arguments.b_z;
#if ACCUMULATE
    float begin[TILE_ROWS][TILE_COLUMNS];
    for (int r = 0; r < TILE_ROWS; r++) {
        const INDEX row = min(first_row + r, arguments.rows - 1);
        for (int c = 0; c < TILE_COLUMNS; c++) {
            const INDEX column = min(first_column + c, arguments.columns - 1);
            begin[r][c] = start[arguments.offsets[OPERANDS - 1] + z * arguments.strides[OPERANDS - 1][0] +
                                row * arguments.strides[OPERANDS - 1][1] + column * arguments.strides[OPERANDS - 1][2]];
        }
    }
#pragma unroll
    for (int r = 0; r < TILE_ROWS; r++)
#pragma unroll
        for (int v = 0; v < TILE_VECTORS; v++) sums[r][v] = JOIN(vload, WIDTH)(0, begin[r] + v * WIDTH);
#endif
#pragma unroll
    for (int r = 0; r < TILE_ROWS; r++)
        a[r] = a_data + arguments.a_offset + z * arguments.a_z + min(first_row + r, arguments.rows - 1) * arguments.a_row;
    ACCUMULATE_RUN(arguments.depth, A_STEP, arguments.b_k)

#elif KIND == CONVOLUTION
    const INDEX group = z;
    b += z * arguments.b_z;
    __global const float *const images = a_data + arguments.a_offset + z * arguments.a_z;
    INDEX image[TILE_ROWS], top[TILE_ROWS], left[TILE_ROWS];
    INDEX least_left = INT_MAX, most_left = INT_MIN;
#if POOLED
    for (int r = 0; r < TILE_ROWS; r++) {
        INDEX grid_image, grid_y, grid_x;
        find_in_window(min(first_row + r, arguments.rows - 1) / WINDOW_AREA, r % WINDOW_AREA, &grid_image, &grid_y, &grid_x,
                       &arguments);
        image[r] = grid_image * arguments.height;
        top[r] = grid_y * arguments.stride_y + arguments.start_y;
        left[r] = grid_x * arguments.stride_x + arguments.start_x;
        least_left = min(least_left, left[r]);
        most_left = max(most_left, left[r]);
    }
#else
    INDEX grid_x = first_row % arguments.grid_width, grid_y = first_row / arguments.grid_width % arguments.grid_height;
    INDEX grid_image = first_row / arguments.grid_width / arguments.grid_height;
    for (int r = 0; r < TILE_ROWS; r++) {
        image[r] = grid_image * arguments.height;
        top[r] = grid_y * arguments.stride_y + arguments.start_y;
        left[r] = grid_x * arguments.stride_x + arguments.start_x;
        least_left = min(least_left, left[r]);
        most_left = max(most_left, left[r]);
        // On to the next position; behind the last row it stays, and nobody looks at the result.
        if (first_row + r + 1 < arguments.rows && ++grid_x == arguments.grid_width) {
            grid_x = 0;
            if (++grid_y == arguments.grid_height) {
                grid_y = 0;
                grid_image++;
            }
        }
    }
#endif
    // Where no row leaves the image sideways and taps follow each other in it, a row of taps is one run.
    const INDEX last_step = (arguments.taps_x - 1) * arguments.step_x;
    const bool is_inside = min(least_left, least_left + last_step) >= 0 &&
                           max(most_left, most_left + last_step) < arguments.width;
    const bool is_merged = is_inside && arguments.step_x == 1 && arguments.pixel == arguments.channels;
    __global const float *const weights = b;
#if DIRECT
    // Few taps and few channels, both known: where no row leaves the image at all, one stretch without a loop.
    const INDEX last_down = (TAPS_Y - 1) * arguments.step_y;
    bool is_within = is_inside;
    for (int r = 0; r < TILE_ROWS; r++)
        is_within &= min(top[r], top[r] + last_down) >= 0 && max(top[r], top[r] + last_down) < arguments.height;
    if (is_within) {
        const INDEX down = arguments.step_y * arguments.width * arguments.pixel, across = arguments.step_x * arguments.pixel;
#pragma unroll
        for (int r = 0; r < TILE_ROWS; r++)
            a[r] = images + ((image[r] + top[r]) * arguments.width + left[r]) * arguments.pixel;
#pragma unroll
        for (int i = 0; i < TAPS_Y; i++)
#pragma unroll
            for (int j = 0; j < TAPS_X; j++) {
                b = weights + arguments.tap_start + i * arguments.tap_y + j * arguments.tap_x;
#pragma unroll
                for (int channel = 0; channel < CHANNELS; channel++) {
                    REAL vectors[TILE_VECTORS];
#pragma unroll
                    for (int v = 0; v < TILE_VECTORS; v++) vectors[v] = LOAD(b + channel * arguments.b_k + v * WIDTH);
#pragma unroll
                    for (int r = 0; r < TILE_ROWS; r++) {
                        const REAL value = SPLAT(a[r][i * down + j * across + channel]);
#pragma unroll
                        for (int v = 0; v < TILE_VECTORS; v++) sums[r][v] = fma(value, vectors[v], sums[r][v]);
                    }
                }
            }
    } else
#endif
    for (INDEX i = 0; i < arguments.taps_y; i++) {
        bool row_is_inside[TILE_ROWS];
        bool all_are_inside = true;
        for (int r = 0; r < TILE_ROWS; r++) {
            const INDEX y = top[r] + i * arguments.step_y;
            row_is_inside[r] = y >= 0 && y < arguments.height;
            all_are_inside &= row_is_inside[r];
        }
        const INDEX runs = is_merged && all_are_inside ? 1 : arguments.taps_x;
        const INDEX length = runs == 1 ? arguments.taps_x * arguments.channels : arguments.channels;
        for (INDEX j = 0; j < runs; j++) {
            b = weights + arguments.tap_start + i * arguments.tap_y + j * arguments.tap_x;
            bool takes_part[TILE_ROWS];
            bool all_take_part = true;
#pragma unroll
            for (int r = 0; r < TILE_ROWS; r++) {
                const INDEX y = top[r] + i * arguments.step_y, x = left[r] + j * arguments.step_x;
                takes_part[r] = row_is_inside[r] && x >= 0 && x < arguments.width;
                all_take_part &= takes_part[r];
                a[r] = images + (takes_part[r] ? ((image[r] + y) * arguments.width + x) * arguments.pixel : 0);
            }
            if (all_take_part) {
                ACCUMULATE_RUN(length, 1, arguments.b_k)
            } else {
                ACCUMULATE_RUN_OF_SOME(length, 1, arguments.b_k, takes_part[r])
            }
        }
    }

#else
    const INDEX group = z % arguments.groups, slice = z / arguments.groups;
    __global const float *const images = a_data + arguments.a_offset + group * arguments.a_z;
    __global const float *const upstream = b + group * arguments.b_z;
    INDEX top[TILE_ROWS], left[TILE_ROWS], channel[TILE_ROWS], begin[TILE_ROWS], end[TILE_ROWS];
    INDEX first_inside = 0, last_inside = arguments.grid_width;
    for (int r = 0; r < TILE_ROWS; r++) {
        const INDEX row = min(first_row + r, arguments.rows - 1);
        const INDEX tap = row / arguments.channels;
        channel[r] = row % arguments.channels;
        top[r] = arguments.start_y + tap / arguments.taps_x * arguments.step_y;
        left[r] = arguments.start_x + tap % arguments.taps_x * arguments.step_x;
        // The positions [begin, end) of a grid row whose tap lies inside the image.
        begin[r] = left[r] >= 0 ? 0 : (-left[r] + arguments.stride_x - 1) / arguments.stride_x;
        end[r] = left[r] >= arguments.width ? 0 : (arguments.width - 1 - left[r]) / arguments.stride_x + 1;
        end[r] = min(end[r], arguments.grid_width);
        first_inside = max(first_inside, begin[r]);
        last_inside = min(last_inside, end[r]);
    }
    const INDEX a_step = arguments.stride_x * arguments.pixel;
    for (INDEX n = SLICE_START(slice); n < SLICE_START(slice + 1); n++)
        for (INDEX y = 0; y < arguments.grid_height; y++) {
            bool row_is_inside[TILE_ROWS];
            bool all_are_inside = true;
            for (int r = 0; r < TILE_ROWS; r++) {
                const INDEX source = y * arguments.stride_y + top[r];
                row_is_inside[r] = source >= 0 && source < arguments.height;
                all_are_inside &= row_is_inside[r];
            }
            // Left of `first_inside` and right of `last_inside` some taps are outside; in between none is.
            const bool has_middle = all_are_inside && first_inside < last_inside;
            const INDEX middle = has_middle ? first_inside : arguments.grid_width;
            const INDEX behind = has_middle ? last_inside : arguments.grid_width;
            INDEX x = 0;
#define POINT_AT(position)                                                                                             \
    b = upstream + ((n * arguments.grid_height + y) * arguments.grid_width + (position)) * arguments.b_k;              \
    _Pragma("unroll") for (int r = 0; r < TILE_ROWS; r++) a[r] =                                                       \
        images + (row_is_inside[r] ? ((n * arguments.height + y * arguments.stride_y + top[r]) * arguments.width +     \
                                      (position) * arguments.stride_x + left[r]) * arguments.pixel + channel[r]        \
                                   : 0);
            if (middle > 0) {
                POINT_AT(0)
                ACCUMULATE_RUN_OF_SOME(middle, a_step, arguments.b_k, row_is_inside[r] && k >= begin[r] && k < end[r])
            }
            if (has_middle) {
                POINT_AT(middle)
                ACCUMULATE_RUN(behind - middle, a_step, arguments.b_k)
            }
            if (behind < arguments.grid_width) {
                POINT_AT(behind)
                ACCUMULATE_RUN_OF_SOME(arguments.grid_width - behind, a_step, arguments.b_k,
                                       row_is_inside[r] && k + behind >= begin[r] && k + behind < end[r])
            }
        }
#endif

    float results[TILE_ROWS][TILE_COLUMNS];
#pragma unroll
    for (int r = 0; r < TILE_ROWS; r++)
#pragma unroll
        for (int v = 0; v < TILE_VECTORS; v++) JOIN(vstore, WIDTH)(sums[r][v], 0, results[r] + v * WIDTH);
    const INDEX last_row = min(first_row + TILE_ROWS, arguments.rows);
#if POOLED
    for (INDEX first = first_row; first < last_row; first += WINDOW_AREA) {
        const INDEX window = first / WINDOW_AREA;
        for (int begin = 0; begin < TILE_COLUMNS; begin += WIDTH) {
            const INDEX column = first_column + begin;
            const int live = min(arguments.columns - column, (INDEX)WIDTH);
            if (live <= 0) break;
            REAL best = SPLAT(-INFINITE);
            INTEGER position = SPLAT_INTEGER(-1);
            for (int element = 0; element < WINDOW_AREA; element++) {
                INDEX grid_image, grid_y, grid_x;
                if (!find_in_window(window, element, &grid_image, &grid_y, &grid_x, &arguments)) continue;
                //{offsets}
                const REAL result = JOIN(vload, WIDTH)(0, results[first - first_row + element] + begin);
                //{load}
                //{program}
                TAKE_MAXIMUM(best, position, VALUE, element)
            }
            //{maximum}
        }
    }
#else
    for (INDEX row = first_row; row < last_row; row++) {
        //{offsets}
        for (int first = 0; first < TILE_COLUMNS; first += WIDTH) {
            const INDEX column = first_column + first;
            const int live = min(arguments.columns - column, (INDEX)WIDTH);
            if (live <= 0) break;
            const REAL result = JOIN(vload, WIDTH)(0, results[row - first_row] + first);
            //{load}
            //{program}
            //{store}
        }
    }
#endif
}
