// The second pass of a reduction: the chunks of each output, [component][chunk][output], are combined in order. An item takes
// WIDTH neighbouring outputs. The lines in braces stand for text printed from the combiners and the epilogue.
__kernel __attribute__((reqd_work_group_size(GROUP, 1, 1)))
void reduce_chunks(
    //{parameters}
    const Arguments arguments) {
    const INDEX item = get_global_id(0);
    const INDEX inner = arguments.extents[RANK - 1];
    const INDEX blocks_per_row = (inner + WIDTH - 1) / WIDTH;
    const INDEX j = item % blocks_per_row * WIDTH;
    const INDEX row = item / blocks_per_row;
    const INDEX output = row * inner + j;
    if (output >= arguments.output_count) return;
    const int live = min(inner - j, (INDEX)WIDTH);
    //{offsets}
    INDEX chunk = 0;
    State total, arrival;
    //{first}
    for (chunk = 1; chunk < arguments.chunk_count; chunk++) {
        //{next}
        total = combine_states(total, arrival);
    }
    //{finish}
}
