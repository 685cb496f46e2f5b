// Depthwise convolutions and their gradients. Output channel o belongs to input channel o / MULTIPLIER and to nothing else, so there
// is nothing to share in tiles; neighbouring items take neighbouring channels, WIDTH each.
//
// KIND CONVOLUTION      an item takes PIXELS neighbouring positions of a grid row, or all of it (WHOLE_ROWS). With GRADIENT, for the
//                       input, columns are input channels with MULTIPLIER factors per tap, else output channels with one.
// KIND WEIGHT_GRADIENT  columns are output channels; an item takes TAPS taps of a slice.
static inline REAL load_channels(__global const float *p, INDEX step, int live) {
    return step == 1 && live == WIDTH ? LOAD(p) : first_float(p, step, live);
}

// The input channels that output channels `column` onwards belong to.
static inline REAL load_inputs(__global const float *pixel, INDEX column, int live) {
#if MULTIPLIER == 1
    return load_channels(pixel + column, 1, live);
#elif WIDTH == 1
    return pixel[column / MULTIPLIER];
#else
    float lanes[WIDTH];
    for (int lane = 0; lane < WIDTH; lane++) lanes[lane] = lane < live ? pixel[(column + lane) / MULTIPLIER] : 0.0f;
    return LOAD(lanes);
#endif
}

#if KIND == CONVOLUTION
#if GRADIENT
#define FACTORS MULTIPLIER
#define LOAD_IMAGE(pixel) load_channels((pixel) + column * MULTIPLIER + factor, MULTIPLIER, live)
#define LOAD_WEIGHTS(tap) load_channels((tap) + column * MULTIPLIER + factor, MULTIPLIER, live)
#else
#define FACTORS 1
#define LOAD_IMAGE(pixel) load_inputs(pixel, column, live)
#define LOAD_WEIGHTS(tap) load_channels((tap) + column, 1, live)
#endif

__kernel __attribute__((reqd_work_group_size(GROUP, 1, 1)))
void contraction(__global const float *restrict a_data, __global const float *restrict b_data,
    //{parameters}
    const Arguments arguments) {
    const INDEX item = get_global_id(0), group = 0;
    const INDEX vectors = (arguments.columns + WIDTH - 1) / WIDTH;
    const INDEX runs = WHOLE_ROWS ? 1 : (arguments.grid_width + PIXELS - 1) / PIXELS;
    const INDEX column = item % vectors * WIDTH;
    const int live = min(arguments.columns - column, (INDEX)WIDTH);
    const INDEX line = item / vectors / runs;
    if (line >= arguments.batch * arguments.grid_height) return;
    const INDEX first_x = item / vectors % runs * PIXELS;
    const INDEX last_x = WHOLE_ROWS ? arguments.grid_width : min(first_x + PIXELS, arguments.grid_width);
    const INDEX top = line % arguments.grid_height * arguments.stride_y + arguments.start_y;
    __global const float *const image =
        a_data + arguments.a_offset + line / arguments.grid_height * arguments.height * arguments.width * arguments.pixel;
    __global const float *const weights = b_data + arguments.b_offset + arguments.tap_start;
    for (INDEX x = first_x; x < last_x; x += PIXELS) {
        REAL sums[PIXELS];
#pragma unroll
        for (int p = 0; p < PIXELS; p++) sums[p] = SPLAT(0.0f);
        for (INDEX i = 0; i < arguments.taps_y; i++) {
            const INDEX y = top + i * arguments.step_y;
            if (y < 0 || y >= arguments.height) continue;
            for (INDEX j = 0; j < arguments.taps_x; j++) {
                const INDEX left = x * arguments.stride_x + arguments.start_x + j * arguments.step_x;
                const bool is_inside = left >= 0 && left + (PIXELS - 1) * arguments.stride_x < arguments.width;
                for (int factor = 0; factor < FACTORS; factor++) {
                    const REAL weight = LOAD_WEIGHTS(weights + i * arguments.tap_y + j * arguments.tap_x);
                    if (is_inside) {
                        __global const float *const pixel = image + (y * arguments.width + left) * arguments.pixel;
#pragma unroll
                        for (int p = 0; p < PIXELS; p++)
                            sums[p] = fma(LOAD_IMAGE(pixel + p * arguments.stride_x * arguments.pixel), weight, sums[p]);
                    } else {
#pragma unroll
                        for (int p = 0; p < PIXELS; p++) {
                            const INDEX at = left + p * arguments.stride_x;
                            if (at >= 0 && at < arguments.width)
                                sums[p] = fma(LOAD_IMAGE(image + (y * arguments.width + at) * arguments.pixel), weight, sums[p]);
                        }
                    }
                }
            }
        }
#pragma unroll
        for (int p = 0; p < PIXELS; p++) {
            const INDEX row = line * arguments.grid_width + x + p;
            const REAL result = sums[p];
            if (x + p < last_x) {
                //{offsets}
                //{load}
                //{program}
                //{store}
            }
        }
    }
}

#else
__kernel __attribute__((reqd_work_group_size(GROUP, 1, 1)))
void contraction(__global const float *restrict a_data, __global const float *restrict b_data,
                 __global float *restrict output, const Arguments arguments) {
    const INDEX item = get_global_id(0);
    const INDEX taps = arguments.taps_y * arguments.taps_x, tap_blocks = (taps + TAPS - 1) / TAPS;
    const INDEX vectors = (arguments.columns + WIDTH - 1) / WIDTH;
    const INDEX column = item % vectors * WIDTH;
    const int live = min(arguments.columns - column, (INDEX)WIDTH);
    const INDEX first_tap = item / vectors % tap_blocks * TAPS, slice = item / vectors / tap_blocks;
    if (slice >= arguments.slices) return;
    INDEX top[TAPS], left[TAPS], begin[TAPS], end[TAPS];
    INDEX first_inside = 0, last_inside = arguments.grid_width;
    REAL sums[TAPS];
#pragma unroll
    for (int t = 0; t < TAPS; t++) {
        const INDEX tap = min(first_tap + t, taps - 1);
        top[t] = arguments.start_y + tap / arguments.taps_x * arguments.step_y;
        left[t] = arguments.start_x + tap % arguments.taps_x * arguments.step_x;
        // The positions [begin, end) of a grid row whose tap lies inside the image.
        begin[t] = left[t] >= 0 ? 0 : (-left[t] + arguments.stride_x - 1) / arguments.stride_x;
        end[t] = left[t] >= arguments.width ? 0 : (arguments.width - 1 - left[t]) / arguments.stride_x + 1;
        first_inside = max(first_inside, begin[t]);
        last_inside = min(last_inside, end[t]);
        sums[t] = SPLAT(0.0f);
    }
    for (INDEX n = SLICE_START(slice); n < SLICE_START(slice + 1); n++)
        for (INDEX y = 0; y < arguments.grid_height; y++) {
            __global const float *lines[TAPS];
            bool is_line_inside[TAPS];
            bool all_are_inside = true;
#pragma unroll
            for (int t = 0; t < TAPS; t++) {
                const INDEX source = y * arguments.stride_y + top[t];
                is_line_inside[t] = source >= 0 && source < arguments.height;
                all_are_inside &= is_line_inside[t];
                lines[t] = a_data + arguments.a_offset +
                           ((n * arguments.height + (is_line_inside[t] ? source : 0)) * arguments.width) * arguments.pixel;
            }
            __global const float *const upstream =
                b_data + arguments.b_offset + (n * arguments.grid_height + y) * arguments.grid_width * arguments.b_k;
            for (INDEX x = 0; x < arguments.grid_width; x++) {
                const REAL factor = load_channels(upstream + x * arguments.b_k + column, 1, live);
                if (all_are_inside && x >= first_inside && x < last_inside) {
#pragma unroll
                    for (int t = 0; t < TAPS; t++)
                        sums[t] = fma(
                            load_inputs(lines[t] + (x * arguments.stride_x + left[t]) * arguments.pixel, column, live), factor,
                            sums[t]);
                } else {
#pragma unroll
                    for (int t = 0; t < TAPS; t++)
                        if (is_line_inside[t] && x >= begin[t] && x < end[t])
                            sums[t] = fma(
                                load_inputs(lines[t] + (x * arguments.stride_x + left[t]) * arguments.pixel, column, live),
                                factor, sums[t]);
                }
            }
        }
#pragma unroll
    for (int t = 0; t < TAPS; t++) {
        __global float *const target =
            output + arguments.offsets[0] + (slice * taps + first_tap + t) * arguments.columns + column;
        if (first_tap + t < taps && live == WIDTH) STORE(sums[t], target);
        else if (first_tap + t < taps) store_first_float(sums[t], target, 1, live);
    }
}
#endif
