// For GPUs with tensor cores: as `contraction_tiled.cl`, but warps compute, each WARP_ROWS by WARP_COLUMNS sums in blocks of 16 by 8.
// Factors are rounded on their way into local memory. Taps outside the image are zeros whatever the other factor.
#define WARPS_ACROSS (TILE_COLUMNS / WARP_COLUMNS)
#define BLOCKS_DOWN (WARP_ROWS / 16)
#define BLOCKS_ACROSS (WARP_COLUMNS / 8)

__kernel __attribute__((reqd_work_group_size(GROUP, 1, 1)))
void contraction(__global const float *restrict a_data, __global const float *restrict b_data,
    //{parameters}
    const Arguments arguments) {
    __local float a_panel[2][TILE_DEPTH][TILE_ROWS + 8];
    __local float b_panel[2][TILE_DEPTH][TILE_COLUMNS + 8];
    __local uint exchange[GROUP / 32][EXCHANGE_WORDS];
    FIND_TILE
    const int warp = item / 32, lane = item % 32;
    const int warp_row = warp / WARPS_ACROSS * WARP_ROWS, warp_column = warp % WARPS_ACROSS * WARP_COLUMNS;

    float sums[BLOCKS_DOWN][BLOCKS_ACROSS][4];
#pragma unroll
    for (int i = 0; i < BLOCKS_DOWN; i++)
#pragma unroll
        for (int j = 0; j < BLOCKS_ACROSS; j++)
#pragma unroll
            for (int s = 0; s < 4; s++)
                sums[i][j][s] = BEGIN_SUM(first_row + warp_row + i * 16 + SUM_ROW(lane, s),
                                          first_column + warp_column + j * 8 + SUM_COLUMN(lane, s));

    float a_next[A_LOADS], b_next[B_LOADS];
    int stage = 0;
    // Trip -1 loads the first panel only.
    for (INDEX first_k = -TILE_DEPTH; first_k < depth; first_k += TILE_DEPTH) {
        const INDEX next_k = first_k + TILE_DEPTH;
        if (next_k < depth) {
            LOAD_PANELS(next_k)
        }
        if (first_k >= 0) {
            // Behind the last k lie zeros.
#pragma unroll
            for (int k = 0; k < TILE_DEPTH; k += MMA_DEPTH) {
                uint b[BLOCKS_ACROSS][2];
#pragma unroll
                for (int j = 0; j < BLOCKS_ACROSS; j++)
#pragma unroll
                    for (int w = 0; w < 2; w++) b[j][w] = B_WORD(b_panel[stage], k, warp_column + j * 8, lane, w);
#pragma unroll
                for (int i = 0; i < BLOCKS_DOWN; i++) {
                    uint a[4];
#pragma unroll
                    for (int w = 0; w < 4; w++) a[w] = A_WORD(a_panel[stage], warp_row + i * 16, k, lane, w);
#pragma unroll
                    for (int j = 0; j < BLOCKS_ACROSS; j++) multiply_blocks(sums[i][j], a, b[j], exchange[warp], lane);
                }
            }
            stage = 1 - stage;
        }
        if (next_k < depth) {
            // This stage was last read before the barrier of the trip before.
#pragma unroll
            for (int l = 0; l < A_LOADS; l++) {
                const int e = item + l * GROUP;
                a_panel[stage][A_K(e)][A_ROW(e)] = rounded_factor(a_next[l]);
            }
#pragma unroll
            for (int l = 0; l < B_LOADS; l++) {
                const int e = item + l * GROUP;
                b_panel[stage][B_K(e)][B_COLUMN(e)] = rounded_factor(b_next[l]);
            }
        }
        barrier(CLK_LOCAL_MEM_FENCE);
    }

#pragma unroll
    for (int i = 0; i < BLOCKS_DOWN; i++)
#pragma unroll
        for (int s = 0; s < 4; s++) {
            const INDEX row = first_row + warp_row + i * 16 + SUM_ROW(lane, s);
            if (row >= arguments.rows) continue;
            //{offsets}
#pragma unroll
            for (int j = 0; j < BLOCKS_ACROSS; j++) {
                const INDEX column = first_column + warp_column + j * 8 + SUM_COLUMN(lane, s);
                const int live = 1;
                if (column < arguments.columns) {
                    const REAL result = sums[i][j][s];
                    //{load}
                    //{program}
                    //{store}
                }
            }
        }
}
