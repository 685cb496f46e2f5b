// Philox4x32-10: word `element mod 4` of the block at counter [element / 4, salt, draw, stream] under a 64-bit key.
// The high half of a product comes from a 64-bit multiplication, because mul_hi was wrong in some drivers.
static inline UNSIGNED high_half(UNSIGNED a, uint b) {
    return JOIN(convert_, UNSIGNED)((JOIN(convert_, VECTOR(ulong))(a) * (ulong)b) >> 32);
}

static inline INTEGER philox_word(INTEGER element, uint salt, uint seed_low, uint seed_high, uint stream, uint draw) {
    UNSIGNED x = AS_UNSIGNED(element) >> 2, y = (UNSIGNED)(salt), z = (UNSIGNED)(draw), w = (UNSIGNED)(stream);
    for (int round = 0; round < 10; round++) {
        const UNSIGNED next_x = high_half(z, 0xCD9E8D57u) ^ y ^ seed_low;
        const UNSIGNED next_z = high_half(x, 0xD2511F53u) ^ w ^ seed_high;
        y = z * 0xCD9E8D57u;
        w = x * 0xD2511F53u;
        x = next_x;
        z = next_z;
        seed_low += 0x9E3779B9u;
        seed_high += 0xBB67AE85u;
    }
    const INTEGER position = element & 3;
    return AS_INTEGER(SELECT(position < 2, SELECT(position == 0, x, y), SELECT(position == 2, z, w)));
}
