// Multiplies one block of a by one of b on tensor cores, if they are what the statement says: 16 by MMA_DEPTH times MMA_DEPTH by 8.
__kernel __attribute__((reqd_work_group_size(32, 1, 1)))
void probe_mma(__global const float *a, __global const float *b, __global float *c) {
    __local float a_panel[MMA_DEPTH][16], b_panel[MMA_DEPTH][8];
    __local uint exchange[EXCHANGE_WORDS];
    const int lane = get_local_id(0);
    for (int e = lane; e < 16 * MMA_DEPTH; e += 32) a_panel[e % MMA_DEPTH][e / MMA_DEPTH] = rounded_factor(a[e]);
    for (int e = lane; e < 8 * MMA_DEPTH; e += 32) b_panel[e / 8][e % 8] = rounded_factor(b[e]);
    barrier(CLK_LOCAL_MEM_FENCE);
    float sums[4] = {0.0f, 0.0f, 0.0f, 0.0f};
    uint a_words[4], b_words[2];
    for (int w = 0; w < 4; w++) a_words[w] = A_WORD(a_panel, 0, 0, lane, w);
    for (int w = 0; w < 2; w++) b_words[w] = B_WORD(b_panel, 0, 0, lane, w);
    multiply_blocks(sums, a_words, b_words, exchange, lane);
    for (int s = 0; s < 4; s++) c[SUM_ROW(lane, s) * 8 + SUM_COLUMN(lane, s)] = sums[s];
}
