// output[o, j, i] = table[o, indices[j], i], zero for an index outside. TYPE has the elements' size. An item copies
// `block_length` elements along i.
typedef struct {
    INDEX outer, count, inner, table_count, blocks_per_row, block_length;
    INDEX table_offset, table_outer, table_row, table_inner, indices_offset, indices_stride;
    INDEX output_offset, output_outer, output_row, output_inner;
} Arguments;

__kernel __attribute__((reqd_work_group_size(GROUP, 1, 1)))
void gather(__global const TYPE *table, __global const int *indices, __global TYPE *output, const Arguments arguments) {
    const INDEX item = get_global_id(0);
    const INDEX row = item / arguments.blocks_per_row;
    if (row >= arguments.outer * arguments.count) return;
    const INDEX o = row / arguments.count, j = row % arguments.count;
    const INDEX first = item % arguments.blocks_per_row * arguments.block_length;
    const INDEX last = min(first + arguments.block_length, arguments.inner);
    const int index = indices[arguments.indices_offset + j * arguments.indices_stride];
    const bool is_inside = index >= 0 && index < arguments.table_count;
    __global const TYPE *source =
        table + arguments.table_offset + o * arguments.table_outer + (is_inside ? index : 0) * arguments.table_row;
    __global TYPE *target = output + arguments.output_offset + o * arguments.output_outer + j * arguments.output_row;
    for (INDEX i = first; i < last; i++)
        target[i * arguments.output_inner] = is_inside ? source[i * arguments.table_inner] : (TYPE)0;
}
