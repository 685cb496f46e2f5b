// For GPUs: a group of GROUP items computes a tile of TILE_ROWS by TILE_COLUMNS sums, ITEM_ROWS by ITEM_COLUMNS in the registers of
// each item, multiples of four. Panels of a and b, TILE_DEPTH deep, go through two stages of local memory: while one is computed
// with, the next is on its way from global memory, and one barrier separates them.
//
// When a group has seen numbers for which a tap outside the image must not be loaded as 0, it checks taps one by one from then on.
static inline bool is_ordinary(float x) {
    const uint magnitude = as_uint(x) & 0x7fffffffu;
    return magnitude == 0 || (magnitude >= 0x20000000u && magnitude < 0x7f800000u);
}

// An item's factors, read in fours.
#define LOAD_FACTORS(k)                                                                                                \
    float a[ITEM_ROWS], b[ITEM_COLUMNS];                                                                               \
    _Pragma("unroll") for (int i = 0; i < ITEM_ROWS; i += 4)                                                           \
        vstore4(a_panel[stage][k][i / 4 * ITEMS_DOWN + item_row], 0, a + i);                                           \
    _Pragma("unroll") for (int j = 0; j < ITEM_COLUMNS; j += 4)                                                        \
        vstore4(b_panel[stage][k][j / 4 * ITEMS_ACROSS + item_column], 0, b + j);

__kernel __attribute__((reqd_work_group_size(GROUP, 1, 1)))
void contraction(__global const float *restrict a_data, __global const float *restrict b_data,
    //{parameters}
    const Arguments arguments) {
    __local float4 a_panel[2][TILE_DEPTH][TILE_ROWS / 4 + 1];
    __local float4 b_panel[2][TILE_DEPTH][TILE_COLUMNS / 4 + 1];
    __local int is_marked[2];
    FIND_TILE
    const int item_row = ITEM_ROW(item), item_column = ITEM_COLUMN(item);

    float sums[ITEM_ROWS][ITEM_COLUMNS];
#pragma unroll
    for (int i = 0; i < ITEM_ROWS; i++)
#pragma unroll
        for (int j = 0; j < ITEM_COLUMNS; j++)
            sums[i][j] = BEGIN_SUM(first_row + ROW_OF_ITEM(i), first_column + COLUMN_OF_ITEM(j));

    float a_next[A_LOADS], b_next[B_LOADS];
    if (item < 2) is_marked[item] = 0;
    barrier(CLK_LOCAL_MEM_FENCE);
    int stage = 0;
    bool checks_taps = false;
    // Trip -1 loads the first panel only.
    for (INDEX first_k = -TILE_DEPTH; first_k < depth; first_k += TILE_DEPTH) {
        const INDEX next_k = first_k + TILE_DEPTH;
        if (next_k < depth) {
            LOAD_PANELS(next_k)
        }
        if (first_k >= 0) {
            const int live = min(depth - first_k, (INDEX)TILE_DEPTH);
            if (KIND != MATMUL && arguments.leaves_image) checks_taps |= is_marked[stage];
            if (!checks_taps) {
                for (int k = 0; k < live; k++) {
                    LOAD_FACTORS(k)
#pragma unroll
                    for (int i = 0; i < ITEM_ROWS; i++)
#pragma unroll
                        for (int j = 0; j < ITEM_COLUMNS; j++) sums[i][j] = fma(a[i], b[j], sums[i][j]);
                }
            } else {
                for (int k = 0; k < live; k++) {
                    LOAD_FACTORS(k)
#pragma unroll
                    for (int i = 0; i < ITEM_ROWS; i++) {
                        const INDEX row = first_row + ROW_OF_ITEM(i);
                        int element;
                        if (row >= arguments.rows ||
                            position_of_a(row, first_k + k, first_k, z, first_image, &element, &arguments) < 0)
                            continue;
#pragma unroll
                        for (int j = 0; j < ITEM_COLUMNS; j++) sums[i][j] = fma(a[i], b[j], sums[i][j]);
                    }
                }
            }
            stage = 1 - stage;
        }
        if (next_k < depth) {
            // This stage was last read before the barrier of the trip before.
            bool is_ordinary_panel = true;
#pragma unroll
            for (int l = 0; l < A_LOADS; l++) {
                const int e = item + l * GROUP;
                ((__local float *)a_panel[stage][A_K(e)])[A_ROW(e)] = a_next[l];
                is_ordinary_panel &= is_ordinary(a_next[l]);
            }
#pragma unroll
            for (int l = 0; l < B_LOADS; l++) {
                const int e = item + l * GROUP;
                ((__local float *)b_panel[stage][B_K(e)])[B_COLUMN(e)] = b_next[l];
                is_ordinary_panel &= is_ordinary(b_next[l]);
            }
            if (!is_ordinary_panel) is_marked[stage] = 1;
        }
        barrier(CLK_LOCAL_MEM_FENCE);
    }

    //{finish}
}
