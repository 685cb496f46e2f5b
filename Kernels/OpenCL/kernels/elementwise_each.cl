// An element-wise program over SETS sets of operands that lie in memory without gaps. A set has as many items as its elements want,
// in whole groups, and an item `block_length` neighbouring elements in vectors of WIDTH.
__kernel __attribute__((reqd_work_group_size(GROUP, 1, 1)))
void elementwise_each(
    //{parameters}
    const Arguments arguments) {
    INDEX item = get_global_id(0), length;
    //{variables}
    //{choice}
    const INDEX start = item * arguments.block_length;
    const INDEX end = min(start + arguments.block_length, length);
    for (INDEX j = start; j < end; j += WIDTH) {
        const int live = min(end - j, (INDEX)WIDTH);
        //{load}
        //{program}
        //{store}
    }
}
