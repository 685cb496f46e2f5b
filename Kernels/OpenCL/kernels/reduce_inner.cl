// Reductions whose elements lie side by side: one chunk of 1024 elements of one output at a time, in the canonical order.
// Element i goes into lane i mod 16; lanes are folded 8, 4, 2 and 1 apart. A processor keeps the 16 lanes in one vector
// (WIDTH 16); on a GPU (COOPERATIVE) they are 16 items, which fold through local memory.
// The lines in braces stand for text printed from the program, its operands and the combiners.
__kernel __attribute__((reqd_work_group_size(GROUP, 1, 1)))
void reduce_inner(
    //{parameters}
    const Arguments arguments) {
#if COOPERATIVE
    //{scratch}
    const INDEX item = get_global_id(0) / 16;
    const INDEX lane = get_local_id(0) % 16;
#else
    const INDEX item = get_global_id(0);
    const INDEX lane = 0;
#endif
    const bool is_active = item < arguments.output_count * arguments.chunk_count;
    const INDEX output = is_active ? item / arguments.chunk_count : 0;
    const INDEX chunk = item % arguments.chunk_count;
    const INDEX first = chunk * 1024;
    const INDEX last = is_active ? min(first + 1024, arguments.reduced_count) : 0;
    //{offsets}
    State total = identity_state();
    for (INDEX j = first + lane; j < last; j += 16) {
        const int live = min(last - j, (INDEX)WIDTH);
        //{load}
        //{program}
        //{arrival}
        const State next = combine_states(total, arrival);
        total = live == WIDTH ? next : select_state(LANES < live, next, total);
    }
    for (int distance = 8; distance > 0; distance /= 2) {
        State other = total;
        //{shift}
        total = combine_states(total, other);
    }
    if (is_active && lane == 0) {
        const int live = 1;
        //{finish}
    }
}
