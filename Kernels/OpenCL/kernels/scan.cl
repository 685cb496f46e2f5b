// Running sums of rows, one item per row: the order of additions is the definition. TYPE is float or int.
typedef struct {
    INDEX rows, columns, x_offset, x_row, x_column, y_offset, y_row, y_column;
} Arguments;

#if IS_FLOAT
#define TYPE float
#define ADD(a, b) ((a) + (b))
#else
#define TYPE int
#define ADD(a, b) as_int(as_uint(a) + as_uint(b))
#endif

__kernel __attribute__((reqd_work_group_size(GROUP, 1, 1)))
void scan(__global const TYPE *x, __global TYPE *y, const Arguments arguments) {
    const INDEX row = get_global_id(0);
    if (row >= arguments.rows) return;
    TYPE sum = 0;
    for (INDEX step = 0; step < arguments.columns; step++) {
        const INDEX j = REVERSED ? arguments.columns - 1 - step : step;
        const TYPE next = ADD(sum, x[arguments.x_offset + row * arguments.x_row + j * arguments.x_column]);
        y[arguments.y_offset + row * arguments.y_row + j * arguments.y_column] = EXCLUSIVE ? sum : next;
        sum = next;
    }
}
