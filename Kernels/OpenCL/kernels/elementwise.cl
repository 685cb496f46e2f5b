// An element-wise program over a row-major iteration space. An item takes `rows_per_item` rows, or one block of
// `block_length` elements of a row where rows are long, and walks along the innermost axis in vectors of WIDTH.
// RANK is the number of axes. The lines in braces stand for text printed from the program and its operands.
__kernel __attribute__((reqd_work_group_size(GROUP, 1, 1)))
void elementwise(
    //{parameters}
    const Arguments arguments) {
    const INDEX item = get_global_id(0);
    const INDEX inner = arguments.extents[RANK - 1];
    const INDEX start = item % arguments.blocks_per_row * arguments.block_length;
    const INDEX end = min(start + arguments.block_length, inner);
    const INDEX first_row = item / arguments.blocks_per_row * arguments.rows_per_item;
    const INDEX last_row = min(first_row + arguments.rows_per_item, arguments.row_count);
    for (INDEX row = first_row; row < last_row; row++) {
        //{offsets}
        for (INDEX j = start; j < end; j += WIDTH) {
            const int live = min(end - j, (INDEX)WIDTH);
            //{load}
            //{program}
            //{store}
        }
    }
}
