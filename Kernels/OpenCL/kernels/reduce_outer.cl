// Reductions whose outputs lie side by side, such as the sum over the rows of a matrix: an item takes WIDTH neighbouring outputs
// and one chunk of 1024 elements of each, in the canonical order, with its 16 lanes in registers.
// The lines in braces stand for text printed from the program, its operands and the combiners.
__kernel __attribute__((reqd_work_group_size(GROUP, 1, 1)))
void reduce_outer(
    //{parameters}
    const Arguments arguments) {
    const INDEX item = get_global_id(0);
    const INDEX inner = arguments.extents[RANK - 1];
    const INDEX blocks_per_row = (inner + WIDTH - 1) / WIDTH;
    const INDEX j = item % blocks_per_row * WIDTH;
    const INDEX chunk = item / blocks_per_row % arguments.chunk_count;
    const INDEX row = item / blocks_per_row / arguments.chunk_count;
    const INDEX output = row * inner + j;
    if (output >= arguments.output_count) return;
    const int live = min(inner - j, (INDEX)WIDTH);
    const INDEX first = chunk * 1024;
    const INDEX last = min(first + 1024, arguments.reduced_count);
    //{offsets}
    State lanes[16];
    for (int lane = 0; lane < 16; lane++) lanes[lane] = identity_state();
    for (INDEX base = first; base < last; base += 16) {
#pragma unroll
        for (int lane = 0; lane < 16; lane++) {
            const INDEX i = base + lane;
            if (i < last) {
                //{load}
                //{program}
                //{arrival}
                lanes[lane] = combine_states(lanes[lane], arrival);
            }
        }
    }
    for (int distance = 8; distance > 0; distance /= 2)
        for (int lane = 0; lane < distance; lane++)
            lanes[lane] = combine_states(lanes[lane], lanes[lane + distance]);
    const State total = lanes[0];
    //{finish}
}
