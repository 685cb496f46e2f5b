// A recurrence. At every step come PRODUCTS products, c[z, row, column] = the chain of a[z, row, k] b[z, k, column] in ascending k, one
// after the other, and then an element-wise program over [rows, columns]. Rows never meet, so a block of rows can go through all
// steps of a launch alone: nobody waits for another block, and where one step hands something to the next there is a barrier at
// most. Blocks of columns, where there are several, meet at the next step; the host launches each step by itself then.
//
// Memory that one step writes and a later one reads comes through pointers of its own, so none of them is `restrict`.
typedef struct {
    INDEX a_offset, a_step, a_z, a_row, a_k, b_offset, b_z, b_panel, b_k, c_offset, c_step, c_z, c_row, c_column;
    INDEX matrices, depth, columns, accumulates;
} Product;

typedef struct {
    INDEX first_step, step_count, rows, columns, block_rows, block_columns, column_blocks;
    Product products[PRODUCTS];
    INDEX offsets[OPERANDS], strides[OPERANDS][3];
    uint parameters[PARAMETERS];
} Arguments;

#if COOPERATIVE
// A group takes TILE_ROWS rows at most. An item takes one column of one matrix and ITEM_ROWS rows at a time; rows of a come through
// local memory, TILE_DEPTH of their elements at once, and what lies behind the last row or k is 0 there.
#define PANEL_ROW (TILE_ROWS / 4 + 1)

static inline void multiply(__global const float *a, __global const float *b, __global float *c, const Product *product,
                            INDEX step, INDEX first_row, INDEX last_row, INDEX first_column, INDEX last_column,
                            __local float4 *panel) {
    const int item = get_local_id(0);
    const INDEX across = last_column - first_column;
    // Matrices that read the same rows are one with the columns of all of them.
    const INDEX joined = product->a_z == 0 ? product->matrices : 1;
    const INDEX pairs = joined * across, units = TILE_ROWS / ITEM_ROWS * pairs;
    for (INDEX z = 0; z < product->matrices; z += joined)
        for (INDEX first_unit = 0; first_unit < units; first_unit += GROUP) {
            const INDEX unit = first_unit + item, pair = unit % pairs;
            const INDEX matrix = z + pair / across, column = first_column + pair % across;
            const int block = (int)(unit / pairs) * ITEM_ROWS;
            const int live_rows = unit < units ? (int)clamp(last_row - first_row - block, (INDEX)0, (INDEX)ITEM_ROWS) : 0;
            const INDEX target = product->c_offset + step * product->c_step + matrix * product->c_z +
                                 (first_row + block) * product->c_row + column * product->c_column;
            float sums[ITEM_ROWS];
#pragma unroll
            for (int i = 0; i < ITEM_ROWS; i++)
                sums[i] = product->accumulates && i < live_rows ? c[target + i * product->c_row] : 0.0f;
            for (INDEX first_k = 0; first_k < product->depth; first_k += TILE_DEPTH) {
                barrier(CLK_LOCAL_MEM_FENCE); // the panel before has been read
                for (int e = item; e < TILE_ROWS * TILE_DEPTH; e += GROUP) {
                    const INDEX row = first_row + e / TILE_DEPTH, k = first_k + e % TILE_DEPTH;
                    float value = 0.0f;
                    if (row < last_row && k < product->depth)
                        value = a[product->a_offset + step * product->a_step + z * product->a_z + row * product->a_row +
                                  k * product->a_k];
                    ((__local float *)(panel + e % TILE_DEPTH * PANEL_ROW))[e / TILE_DEPTH] = value;
                }
                barrier(CLK_LOCAL_MEM_FENCE);
                if (live_rows > 0) {
                    const int live = (int)min(product->depth - first_k, (INDEX)TILE_DEPTH);
                    __global const float *factor =
                        b + product->b_offset + matrix * product->b_z + first_k * product->b_k + column;
#pragma unroll 8
                    for (int k = 0; k < live; k++) {
                        const float value = factor[k * product->b_k];
                        float rows[ITEM_ROWS];
#pragma unroll
                        for (int i = 0; i < ITEM_ROWS; i += 4) vstore4(panel[k * PANEL_ROW + (block + i) / 4], 0, rows + i);
#pragma unroll
                        for (int i = 0; i < ITEM_ROWS; i++) sums[i] = fma(rows[i], value, sums[i]);
                    }
                }
            }
#pragma unroll
            for (int i = 0; i < ITEM_ROWS; i++)
                if (i < live_rows) c[target + i * product->c_row] = sums[i];
        }
    // What was written is for all items of the group.
    barrier(CLK_LOCAL_MEM_FENCE | CLK_GLOBAL_MEM_FENCE);
}

#else
// An item takes its rows alone, TILE_ROWS by VECTORS vectors of columns at a time. Matrices b were packed into panels of as many
// columns; rows behind the last repeat the last.
#define TILE_COLUMNS (VECTORS * WIDTH)

static inline void multiply(__global const float *a, __global const float *b, __global float *c, const Product *product,
                            INDEX step, INDEX first_row, INDEX last_row, INDEX first_column, INDEX last_column) {
    const INDEX depth = product->depth, a_k = product->a_k, b_k = product->b_k;
    for (INDEX matrix = 0; matrix < product->matrices; matrix++)
        for (INDEX tile = first_column; tile < last_column; tile += TILE_COLUMNS)
            for (INDEX row = first_row; row < last_row; row += TILE_ROWS) {
                const INDEX target = product->c_offset + step * product->c_step + matrix * product->c_z + row * product->c_row;
                const int live = (int)min(last_column - tile, (INDEX)TILE_COLUMNS);
                const int live_rows = (int)min(last_row - row, (INDEX)TILE_ROWS);
                __global const float *rows[TILE_ROWS];
                REAL sums[TILE_ROWS][VECTORS];
#pragma unroll
                for (int r = 0; r < TILE_ROWS; r++) {
                    rows[r] = a + product->a_offset + step * product->a_step + matrix * product->a_z +
                              (row + min(r, live_rows - 1)) * product->a_row;
#pragma unroll
                    for (int v = 0; v < VECTORS; v++) sums[r][v] = SPLAT(0.0f);
                }
                float results[TILE_ROWS][TILE_COLUMNS];
                if (product->accumulates) {
                    for (int r = 0; r < TILE_ROWS; r++)
                        for (int j = 0; j < TILE_COLUMNS; j++)
                            results[r][j] = c[target + min(r, live_rows - 1) * product->c_row +
                                              (tile + min(j, live - 1)) * product->c_column];
#pragma unroll
                    for (int r = 0; r < TILE_ROWS; r++)
#pragma unroll
                        for (int v = 0; v < VECTORS; v++) sums[r][v] = LOAD(results[r] + v * WIDTH);
                }
                __global const float *factors =
                    b + product->b_offset + matrix * product->b_z + tile / TILE_COLUMNS * product->b_panel;
                for (INDEX k = 0; k < depth; k++) {
                    REAL vectors[VECTORS];
#pragma unroll
                    for (int v = 0; v < VECTORS; v++) vectors[v] = LOAD(factors + v * WIDTH);
#pragma unroll
                    for (int r = 0; r < TILE_ROWS; r++) {
                        const REAL value = SPLAT(rows[r][k * a_k]);
#pragma unroll
                        for (int v = 0; v < VECTORS; v++) sums[r][v] = fma(value, vectors[v], sums[r][v]);
                    }
                    factors += b_k;
                }
                if (live == TILE_COLUMNS && live_rows == TILE_ROWS && product->c_column == 1) {
#pragma unroll
                    for (int r = 0; r < TILE_ROWS; r++)
#pragma unroll
                        for (int v = 0; v < VECTORS; v++)
                            STORE(sums[r][v], c + target + r * product->c_row + tile + v * WIDTH);
                } else {
#pragma unroll
                    for (int r = 0; r < TILE_ROWS; r++)
#pragma unroll
                        for (int v = 0; v < VECTORS; v++) STORE(sums[r][v], results[r] + v * WIDTH);
                    for (int r = 0; r < live_rows; r++)
                        for (int j = 0; j < live; j++)
                            c[target + r * product->c_row + (tile + j) * product->c_column] = results[r][j];
                }
            }
}
#endif

__kernel __attribute__((reqd_work_group_size(GROUP, 1, 1)))
void recurrence(
    //{parameters}
    const Arguments arguments) {
#if COOPERATIVE
    __local float4 panel[TILE_DEPTH * PANEL_ROW];
#endif
    const INDEX group = get_group_id(0);
    const INDEX first_row = group / arguments.column_blocks * arguments.block_rows;
    const INDEX last_row = min(first_row + arguments.block_rows, arguments.rows);
    const INDEX first_column = group % arguments.column_blocks * arguments.block_columns;
    const INDEX last_column = min(first_column + arguments.block_columns, arguments.columns);
    for (INDEX step = arguments.first_step; step < arguments.first_step + arguments.step_count; step++) {
#if COOPERATIVE
        // One loop, though the products are known: compilers that run the items of a group one after the other between barriers (PoCL)
        // copy what lies between, and a body for each product would take them minutes.
#pragma unroll 1
        for (int p = 0; p < PRODUCTS; p++) {
            //{products}
            const Product product = arguments.products[p];
            const bool has_all = arguments.column_blocks == 1;
            multiply(a, b, c, &product, step, first_row, last_row, has_all ? 0 : first_column,
                     has_all ? product.columns : last_column, panel);
        }
        const INDEX across = last_column - first_column;
        for (INDEX element = get_local_id(0); element < (last_row - first_row) * across; element += GROUP) {
            const INDEX row = first_row + element / across, column = first_column + element % across;
            const int live = 1;
            //{offsets}
            //{load}
            //{program}
            //{store}
        }
        barrier(CLK_LOCAL_MEM_FENCE | CLK_GLOBAL_MEM_FENCE);
#else
        //{products}
        for (INDEX row = first_row; row < last_row; row++) {
            //{offsets}
            for (INDEX column = first_column; column < last_column; column += WIDTH) {
                const int live = (int)min(last_column - column, (INDEX)WIDTH);
                //{load}
                //{program}
                //{store}
            }
        }
#endif
    }
}
