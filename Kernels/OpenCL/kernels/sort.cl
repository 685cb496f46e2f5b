// Stable sorting of rows, one item per element. First every block of 64 elements is sorted by counting, for each element, those
// that go before it. Then sorted runs are merged in pairs, each element finding its place by a binary search in the other
// run, until one run is left. NaN counts as larger than everything. TYPE is float or int.
typedef struct {
    INDEX rows, columns, run;
    INDEX x_offset, x_row, x_column, p_offset, p_row, p_column;
    INDEX values_offset, values_row, values_column, indices_offset, indices_row, indices_column;
} Arguments;

static inline bool is_less(TYPE a, TYPE b) { return a < b || (b != b && a == a); }

// Whether a has to stand before b, where both are given and neither's position counts.
static inline bool precedes(TYPE a, TYPE b) { return DESCENDING ? is_less(b, a) : is_less(a, b); }

__kernel __attribute__((reqd_work_group_size(GROUP, 1, 1)))
void sort_blocks(__global const TYPE *x, __global TYPE *values, __global int *indices, const Arguments arguments) {
    const INDEX row = get_global_id(0) / arguments.columns, j = get_global_id(0) % arguments.columns;
    if (row >= arguments.rows) return;
    __global const TYPE *x_row = x + arguments.x_offset + row * arguments.x_row;
    const INDEX first = j / 64 * 64;
    const INDEX last = min(first + 64, arguments.columns);
    const TYPE value = x_row[j * arguments.x_column];
    INDEX place = first;
    for (INDEX other = first; other < last; other++) {
        const TYPE candidate = x_row[other * arguments.x_column];
        place += precedes(candidate, value) || (other < j && !precedes(value, candidate));
    }
    values[arguments.values_offset + row * arguments.values_row + place * arguments.values_column] = value;
    indices[arguments.indices_offset + row * arguments.indices_row + place * arguments.indices_column] = j;
}

// Merges runs of `run` elements into runs of twice as many; positions travel along.
__kernel __attribute__((reqd_work_group_size(GROUP, 1, 1)))
void sort_merge(__global const TYPE *x, __global const int *positions, __global TYPE *values, __global int *indices,
                const Arguments arguments) {
    const INDEX row = get_global_id(0) / arguments.columns, j = get_global_id(0) % arguments.columns;
    if (row >= arguments.rows) return;
    __global const TYPE *x_row = x + arguments.x_offset + row * arguments.x_row;
    const INDEX first = j / (2 * arguments.run) * (2 * arguments.run);
    const INDEX middle = min(first + arguments.run, arguments.columns);
    const INDEX last = min(middle + arguments.run, arguments.columns);
    const bool is_left = j < middle;
    const TYPE value = x_row[j * arguments.x_column];
    // How many elements of the other run go before this one; of equal ones the left goes first.
    INDEX low = is_left ? middle : first, high = is_left ? last : middle;
    const INDEX start = low;
    while (low < high) {
        const INDEX probe = low + (high - low) / 2;
        const TYPE candidate = x_row[probe * arguments.x_column];
        const bool goes_before = is_left ? precedes(candidate, value) : !precedes(value, candidate);
        if (goes_before) low = probe + 1;
        else high = probe;
    }
    const INDEX place = first + (j - (is_left ? first : middle)) + (low - start);
    values[arguments.values_offset + row * arguments.values_row + place * arguments.values_column] = value;
    indices[arguments.indices_offset + row * arguments.indices_row + place * arguments.indices_column] =
        positions[arguments.p_offset + row * arguments.p_row + j * arguments.p_column];
}
