// Softmax of rows, or its logarithm. The maximum and the sum are canonical reductions: 16 lanes per chunk of 1024 columns, in one
// vector on a processor (WIDTH 16), or 16 items of a group on a GPU (COOPERATIVE).
typedef struct {
    INDEX rows, columns, x_offset, x_row, x_column, y_offset, y_row, y_column;
} Arguments;

static inline float larger(float a, float b) { return b > a || b != b ? b : a; }
static inline float total(float a, float b) { return a + b; }

// Folds the lanes 8, 4, 2 and 1 apart with `combine`; the result reaches every item.
#if COOPERATIVE
#define FOLD(lanes, combine)                                                                                           \
    scratch[get_local_id(0)] = lanes;                                                                                  \
    for (int distance = 8; distance > 0; distance /= 2) {                                                              \
        barrier(CLK_LOCAL_MEM_FENCE);                                                                                  \
        if (lane < distance)                                                                                           \
            scratch[get_local_id(0)] = combine(scratch[get_local_id(0)], scratch[get_local_id(0) + distance]);         \
    }                                                                                                                  \
    barrier(CLK_LOCAL_MEM_FENCE);                                                                                      \
    const float folded = scratch[get_local_id(0) - lane];                                                              \
    barrier(CLK_LOCAL_MEM_FENCE)
#else
#define FOLD(lanes, combine)                                                                                           \
    float scratch[WIDTH];                                                                                              \
    STORE(lanes, scratch);                                                                                             \
    for (int distance = 8; distance > 0; distance /= 2)                                                                \
        for (int l = 0; l < distance; l++) scratch[l] = combine(scratch[l], scratch[l + distance]);                    \
    const float folded = scratch[0]
#endif

static inline REAL load_columns(__global const float *p, INDEX stride, int live) {
    return live == WIDTH && stride == 1 ? LOAD(p) : first_float(p, stride, live);
}

__kernel __attribute__((reqd_work_group_size(GROUP, 1, 1)))
void softmax(__global const float *x, __global float *y, const Arguments arguments) {
#if COOPERATIVE
    __local float scratch[GROUP];
    const INDEX item = get_global_id(0) / 16;
    const int lane = get_local_id(0) % 16;
#else
    const INDEX item = get_global_id(0);
    const int lane = 0;
#endif
    // An item behind the last row computes that row once more, since every item has to reach the barriers.
    const INDEX row = min(item, arguments.rows - 1);
    const INDEX columns = arguments.columns;
    __global const float *x_row = x + arguments.x_offset + row * arguments.x_row;

    float maximum = 0;
    for (INDEX first = 0; first < columns; first += 1024) {
        REAL lanes = SPLAT(-INFINITE);
        const INDEX last = min(first + 1024, columns);
        for (INDEX j = first + lane; j < last; j += 16) {
            const int live = min(last - j, (INDEX)WIDTH);
            const REAL next = maximum_reals(lanes, load_columns(x_row + j * arguments.x_column, arguments.x_column, live));
            lanes = live == WIDTH ? next : SELECT(LANES < live, next, lanes);
        }
        FOLD(lanes, larger);
        maximum = first == 0 ? folded : larger(maximum, folded);
    }

    float sum = 0;
    for (INDEX first = 0; first < columns; first += 1024) {
        REAL lanes = SPLAT(0.0f);
        const INDEX last = min(first + 1024, columns);
        for (INDEX j = first + lane; j < last; j += 16) {
            const int live = min(last - j, (INDEX)WIDTH);
            const REAL values = load_columns(x_row + j * arguments.x_column, arguments.x_column, live);
            const REAL next = lanes + elementary_exp(values - maximum);
            lanes = live == WIDTH ? next : SELECT(LANES < live, next, lanes);
        }
        FOLD(lanes, total);
        sum = first == 0 ? folded : sum + folded;
    }

    if (item >= arguments.rows) return;
    __global float *y_row = y + arguments.y_offset + row * arguments.y_row;
    const REAL logarithm = elementary_log(SPLAT(sum));
    for (INDEX j = lane; j < columns; j += 16) {
        const int live = min(columns - j, (INDEX)WIDTH);
        const REAL shifted = load_columns(x_row + j * arguments.x_column, arguments.x_column, live) - maximum;
#if LOGARITHMIC
        const REAL result = shifted - logarithm;
#else
        const REAL result = elementary_exp(shifted) / sum;
#endif
        __global float *target = y_row + j * arguments.y_column;
        if (live == WIDTH && arguments.y_column == 1) STORE(result, target);
        else store_first_float(result, target, arguments.y_column, live);
    }
}
