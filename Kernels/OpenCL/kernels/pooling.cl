// The maximum or mean of windows over [batch, height, width, channels], and its gradient as a gather: nobody adds to what another
// item writes. An item takes `pixels_per_item` neighbouring pixels of what it writes and `block_length` channels of each, in
// vectors of WIDTH. MAXIMUM chooses the kind; HAS_INDEX says whether positions of maxima are stored, as bytes
// (POSITION_IS_BYTE) or int.
typedef struct {
    INDEX batch, height, width, channels, out_height, out_width;
    INDEX window_height, window_width, stride_height, stride_width, top, left, blocks_per_row, block_length, pixels_per_item;
    INDEX image_offset, pooled_offset, index_offset;
} Arguments;

static inline REAL load_reals(__global const float *p, int live) { return live == WIDTH ? LOAD(p) : first_float(p, 1, live); }

static inline void store_reals(REAL value, __global float *p, int live) {
    if (live == WIDTH) STORE(value, p);
    else store_first_float(value, p, 1, live);
}

#if HAS_INDEX && POSITION_IS_BYTE
#define POSITION uchar
static inline INTEGER load_positions(__global const uchar *p, int live) {
    return TO_INTEGER(live == WIDTH ? LOAD(p) : first_uchar(p, 1, live));
}
static inline void store_positions(INTEGER value, __global uchar *p, int live) {
    if (live == WIDTH) STORE(TO_BYTES(value), p);
    else store_first_uchar(TO_BYTES(value), p, 1, live);
}
#elif HAS_INDEX
#define POSITION int
static inline INTEGER load_positions(__global const int *p, int live) {
    return live == WIDTH ? LOAD(p) : first_int(p, 1, live);
}
static inline void store_positions(INTEGER value, __global int *p, int live) {
    if (live == WIDTH) STORE(value, p);
    else store_first_int(value, p, 1, live);
}
#endif

#if !BACKWARD
__kernel __attribute__((reqd_work_group_size(GROUP, 1, 1)))
void pool(__global const float *image, __global float *pooled,
#if HAS_INDEX
          __global POSITION *index,
#endif
          const Arguments arguments) {
    const INDEX item = get_global_id(0);
    const INDEX first_pixel = item / arguments.blocks_per_row * arguments.pixels_per_item;
    const INDEX last_pixel =
        min(first_pixel + arguments.pixels_per_item, arguments.batch * arguments.out_height * arguments.out_width);
    const INDEX first = item % arguments.blocks_per_row * arguments.block_length;
    const INDEX last = min(first + arguments.block_length, arguments.channels);
    for (INDEX pixel = first_pixel; pixel < last_pixel; pixel++) {
        const INDEX x = pixel % arguments.out_width;
        const INDEX y = pixel / arguments.out_width % arguments.out_height;
        const INDEX n = pixel / arguments.out_width / arguments.out_height;
        const INDEX top = y * arguments.stride_height - arguments.top, left = x * arguments.stride_width - arguments.left;
        const INDEX y_first = max(top, (INDEX)0), y_last = min(top + arguments.window_height, arguments.height);
        const INDEX x_first = max(left, (INDEX)0), x_last = min(left + arguments.window_width, arguments.width);
        __global const float *source = image + arguments.image_offset + n * arguments.height * arguments.width * arguments.channels;
        for (INDEX c = first; c < last; c += WIDTH) {
            const int live = min(last - c, (INDEX)WIDTH);
            REAL result = SPLAT(MAXIMUM ? -INFINITE : 0.0f);
            INTEGER position = SPLAT_INTEGER(-1);
            for (INDEX iy = y_first; iy < y_last; iy++)
                for (INDEX ix = x_first; ix < x_last; ix++) {
                    __global const float *p = source + (iy * arguments.width + ix) * arguments.channels + c;
                    const REAL value = load_reals(p, live);
#if MAXIMUM
                    const MASK wins = (value > result) | ((value != value) & (result == result)) | (position < 0);
                    result = SELECT(wins, value, result);
                    position =
                        SELECT(wins, SPLAT_INTEGER((int)((iy - top) * arguments.window_width + ix - left)), position);
#else
                    result += value;
#endif
                }
#if !MAXIMUM
            result = result / (float)((y_last - y_first) * (x_last - x_first));
#endif
            const INDEX target = pixel * arguments.channels + c;
            store_reals(result, pooled + arguments.pooled_offset + target, live);
#if HAS_INDEX
            store_positions(position, index + arguments.index_offset + target, live);
#endif
        }
    }
}

#else
__kernel __attribute__((reqd_work_group_size(GROUP, 1, 1)))
void pool_backward(__global const float *upstream, __global float *gradient,
#if HAS_INDEX
                   __global const POSITION *index,
#endif
                   const Arguments arguments) {
    const INDEX item = get_global_id(0);
    const INDEX first_pixel = item / arguments.blocks_per_row * arguments.pixels_per_item;
    const INDEX last_pixel =
        min(first_pixel + arguments.pixels_per_item, arguments.batch * arguments.height * arguments.width);
    const INDEX first = item % arguments.blocks_per_row * arguments.block_length;
    const INDEX last = min(first + arguments.block_length, arguments.channels);
    for (INDEX pixel = first_pixel; pixel < last_pixel; pixel++) {
        const INDEX x = pixel % arguments.width;
        const INDEX y = pixel / arguments.width % arguments.height;
        const INDEX n = pixel / arguments.width / arguments.height;
        // The windows that hold this pixel: the first begins at most window - 1 before it, the last on it.
        const INDEX behind_y = y + arguments.top - arguments.window_height, behind_x = x + arguments.left - arguments.window_width;
        const INDEX y_first = behind_y < 0 ? 0 : behind_y / arguments.stride_height + 1;
        const INDEX x_first = behind_x < 0 ? 0 : behind_x / arguments.stride_width + 1;
        const INDEX y_last = min((y + arguments.top) / arguments.stride_height + 1, arguments.out_height);
        const INDEX x_last = min((x + arguments.left) / arguments.stride_width + 1, arguments.out_width);
        for (INDEX c = first; c < last; c += WIDTH) {
            const int live = min(last - c, (INDEX)WIDTH);
            REAL sum = SPLAT(0.0f);
            for (INDEX oy = y_first; oy < y_last; oy++)
                for (INDEX ox = x_first; ox < x_last; ox++) {
                    const INDEX source = ((n * arguments.out_height + oy) * arguments.out_width + ox) * arguments.channels + c;
                    const REAL value = load_reals(upstream + arguments.pooled_offset + source, live);
                    const INDEX top = oy * arguments.stride_height - arguments.top;
                    const INDEX left = ox * arguments.stride_width - arguments.left;
#if MAXIMUM
                    const INTEGER position = load_positions(index + arguments.index_offset + source, live);
                    const int here = (int)((y - top) * arguments.window_width + x - left);
                    sum = SELECT(position == here, sum + value, sum);
#else
                    const INDEX rows = min(top + arguments.window_height, arguments.height) - max(top, (INDEX)0);
                    const INDEX columns = min(left + arguments.window_width, arguments.width) - max(left, (INDEX)0);
                    sum += value / (float)(rows * columns);
#endif
                }
            store_reals(sum, gradient + arguments.image_offset + pixel * arguments.channels + c, live);
        }
    }
}
#endif
