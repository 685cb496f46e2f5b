// output[o, indices[j], i] += updates[o, j, i] in ascending j; an index outside is left out. TYPE is float or int.
// An item owns `block_length` elements along i of a segment of the output's rows and walks all updates in order: no two items
// write to the same place, and every sum has one order.
typedef struct {
    INDEX outer, count, inner, output_count, blocks_per_row, block_length, segments, segment_length;
    INDEX updates_offset, updates_outer, updates_row, updates_inner, indices_offset, indices_stride;
    INDEX output_offset, output_outer, output_row, output_inner;
} Arguments;

#if IS_FLOAT
#define TYPE float
#define ADD(a, b) ((a) + (b))
#else
#define TYPE int
#define ADD(a, b) as_int(as_uint(a) + as_uint(b))
#endif

__kernel __attribute__((reqd_work_group_size(GROUP, 1, 1)))
void scatter_add(__global const TYPE *updates, __global const int *indices, __global TYPE *output,
                 const Arguments arguments) {
    const INDEX item = get_global_id(0);
    const INDEX first = item % arguments.blocks_per_row * arguments.block_length;
    const INDEX last = min(first + arguments.block_length, arguments.inner);
    const INDEX segment = item / arguments.blocks_per_row % arguments.segments;
    const INDEX o = item / arguments.blocks_per_row / arguments.segments;
    if (o >= arguments.outer) return;
    const INDEX lowest = segment * arguments.segment_length;
    const INDEX end = min(lowest + arguments.segment_length, arguments.output_count);
    for (INDEX j = 0; j < arguments.count; j++) {
        const INDEX index = indices[arguments.indices_offset + j * arguments.indices_stride];
        if (index < lowest || index >= end) continue;
        __global const TYPE *source =
            updates + arguments.updates_offset + o * arguments.updates_outer + j * arguments.updates_row;
        __global TYPE *target =
            output + arguments.output_offset + o * arguments.output_outer + index * arguments.output_row;
        for (INDEX i = first; i < last; i++)
            target[i * arguments.output_inner] =
                ADD(target[i * arguments.output_inner], source[i * arguments.updates_inner]);
    }
}
