// For processors: the gradient of a convolution for images of few channels. Columns are too few for vectors, so vectors hold
// neighbouring positions of a grid row: the upstream was turned into planes, [image, group, channel, y, x]. An item takes ROWS grid
// rows, all their columns, and two vectors of positions at a time. Vectors may reach beyond a row, and 32 elements beyond the planes.
#define VECTORS 2
#define POSITIONS (VECTORS * WIDTH)

__kernel __attribute__((reqd_work_group_size(1, 1, 1)))
void contraction(__global const float *restrict a_data, __global const float *restrict b_data, __global float *restrict output,
                 const Arguments arguments) {
    const INDEX item = get_global_id(0);
    const INDEX blocks = (arguments.grid_height + ROWS - 1) / ROWS;
    const INDEX first_y = item % blocks * ROWS, last_y = min(first_y + ROWS, arguments.grid_height);
    const INDEX image = item / blocks % arguments.batch, z = item / blocks / arguments.batch;
    const INDEX plane = arguments.height * arguments.width;
    __global const float *const planes =
        a_data + arguments.a_offset + (image * arguments.groups + z) * arguments.channels * plane;
    __global const float *const weights = b_data + arguments.b_offset + z * arguments.b_z + arguments.tap_start;
    for (INDEX x = 0; x < arguments.grid_width; x += POSITIONS) {
        const int live = (int)min(arguments.grid_width - x, (INDEX)POSITIONS);
        REAL sums[ROWS][COLUMNS][VECTORS];
#pragma unroll
        for (int r = 0; r < ROWS; r++)
#pragma unroll
            for (int c = 0; c < COLUMNS; c++)
#pragma unroll
                for (int v = 0; v < VECTORS; v++) sums[r][c][v] = SPLAT(0.0f);
        for (INDEX i = 0; i < arguments.taps_y; i++) {
            INDEX lines[ROWS];
            bool is_line[ROWS];
#pragma unroll
            for (int r = 0; r < ROWS; r++) {
                const INDEX y = first_y + r + arguments.start_y + i * arguments.step_y;
                is_line[r] = first_y + r < last_y && y >= 0 && y < arguments.height;
                lines[r] = y * arguments.width;
            }
            for (INDEX j = 0; j < arguments.taps_x; j++) {
                const INDEX left = x + arguments.start_x + j * arguments.step_x;
                if (left <= -POSITIONS || left >= arguments.width) continue;
                const bool is_inside = left >= 0 && left + live <= arguments.width;
                MASK masks[VECTORS];
#pragma unroll
                for (int v = 0; v < VECTORS; v++) {
                    const INTEGER at = SPLAT_INTEGER((int)left + v * WIDTH) + LANES;
                    masks[v] = (at >= 0) & (at < (int)arguments.width);
                }
                for (INDEX channel = 0; channel < arguments.channels; channel++) {
                    __global const float *const weight =
                        weights + i * arguments.tap_y + j * arguments.tap_x + channel * arguments.b_k;
                    __global const float *const values = planes + channel * plane + left;
#pragma unroll
                    for (int r = 0; r < ROWS; r++) {
                        if (!is_line[r]) continue;
#pragma unroll
                        for (int v = 0; v < VECTORS; v++) {
                            const REAL value = LOAD(values + lines[r] + v * WIDTH);
#pragma unroll
                            for (int c = 0; c < COLUMNS; c++) {
                                const REAL next = fma(value, SPLAT(weight[c * arguments.b_column]), sums[r][c][v]);
                                sums[r][c][v] = is_inside ? next : SELECT(masks[v], next, sums[r][c][v]);
                            }
                        }
                    }
                }
            }
        }
        for (int r = 0; r < ROWS; r++) {
            if (first_y + r >= last_y) break;
            __global float *const target = output + arguments.offsets[0] + image * arguments.strides[0][0] +
                                           (first_y + r) * arguments.strides[0][1] + x * arguments.strides[0][2] +
                                           z * COLUMNS * arguments.strides[0][3];
            for (int c = 0; c < COLUMNS; c++) {
                float results[POSITIONS];
                for (int v = 0; v < VECTORS; v++) STORE(sums[r][c][v], results + v * WIDTH);
                for (int p = 0; p < live; p++) target[p * arguments.strides[0][2] + c * arguments.strides[0][3]] = results[p];
            }
        }
    }
}
