// Exponentials, logarithms, circular functions and their like, spelled out operation by operation as in the Swift type
// `Elementary`, which explains the mathematics. One text for every compiler: the CPU kernels read it as C over vectors
// (clang's vector extensions), OpenCL devices as OpenCL C 1.2, scalar or vector. All give the same bits; only the
// payload of a NaN is left open. Branches are both computed, then selected.
//
// Whoever includes this text turns contraction of floating-point expressions off and defines
//   REAL, INTEGER       float and int, or vectors of as many of each; comparing REALs gives a MASK
//   MASK                what a comparison gives; `&` and `|` combine masks
//   ELEMENTARY          what stands before a function: storage class, inlining, attributes
//   SPLAT(c)            the float c as a REAL
//   SELECT(m, a, b)     a where m holds, else b; for REALs and for INTEGERs
//   FMA(a, b, c)        a·b + c with one rounding
//   ABSOLUTE(x)         x without its sign
//   ROUND(x)            the nearest whole number, halves to even
//   TO_INTEGER(x)       x converted; only asked for whole numbers within range
//   TO_REAL(i)          i converted, rounded to nearest
//   AS_INTEGER, AS_REAL the same bits as the other type
//   INFINITE, NOT_A_NUMBER   float constants
// and, where there is an instruction for it,
//   SCALE(y, n)         y·2ⁿ with one rounding, for a whole REAL n from -252 to 254

#define POLYNOMIAL_STEP(p, x, c) p = FMA(p, x, SPLAT(c))
#define ELEMENTARY_SHIFT 0x1.8p23f
#define ELEMENTARY_LN2_HIGH 0x1.62e4p-1f
#define ELEMENTARY_LN2_LOW 0x1.7f7d1cp-20f

// 2ⁿ for n from -126 to 127.
ELEMENTARY REAL elementary_power_of_two(INTEGER n) { return AS_REAL((n + 127) << 23); }

// y·2ⁿ for n from -252 to 254 and y near 1, so that the first product is exact.
ELEMENTARY REAL elementary_scale(REAL y, INTEGER n) {
    INTEGER half_n = n >> 1;
    return y * elementary_power_of_two(half_n) * elementary_power_of_two(n - half_n);
}

#ifndef SCALE
#define SCALE(y, n) elementary_scale(y, TO_INTEGER(n))
#endif

// eʳ - 1 for |r| ≤ 0.35.
ELEMENTARY REAL elementary_expm1_reduced(REAL r) {
    REAL q = SPLAT(0x1.a1256cp-13f);
    POLYNOMIAL_STEP(q, r, 0x1.6d43b0p-10f);
    POLYNOMIAL_STEP(q, r, 0x1.1110e0p-7f);
    POLYNOMIAL_STEP(q, r, 0x1.5554e8p-5f);
    POLYNOMIAL_STEP(q, r, 0x1.555556p-3f);
    POLYNOMIAL_STEP(q, r, 0x1p-1f);
    return FMA(r * r, q, r);
}

ELEMENTARY REAL elementary_exp(REAL x) {
    // NaN takes the lower bound on its way, so that every lane converts to an integer, and comes back in the last line.
    REAL bounded = SELECT(x > -105.0f, x, SPLAT(-105.0f));
    bounded = SELECT(bounded < 89.0f, bounded, SPLAT(89.0f));
    REAL n = FMA(bounded, SPLAT(0x1.715476p+0f), SPLAT(ELEMENTARY_SHIFT)) - ELEMENTARY_SHIFT;
    REAL r = FMA(n, SPLAT(-ELEMENTARY_LN2_HIGH), bounded);
    r = FMA(n, SPLAT(-ELEMENTARY_LN2_LOW), r);
    REAL y = SCALE(elementary_expm1_reduced(r) + 1.0f, n);
    return SELECT(x == x, y, x);
}

ELEMENTARY REAL elementary_expm1(REAL x) {
    return SELECT(ABSOLUTE(x) < 0.34375f, elementary_expm1_reduced(x), elementary_exp(x) - 1.0f);
}

ELEMENTARY REAL elementary_log(REAL x) {
    MASK is_subnormal = x < 0x1p-126f;
    INTEGER bits = AS_INTEGER(SELECT(is_subnormal, x * 0x1p24f, x));
    // The mantissa moves to [√½, √2): subtract the bits of √½, and the exponent that remains is the one to take out.
    INTEGER shifted = bits - 0x3f3504f3;
    INTEGER exponent = shifted >> 23;
    exponent = SELECT(is_subnormal, exponent - 24, exponent);
    REAL m = AS_REAL((shifted & 0x007fffff) + 0x3f3504f3);
    REAL e = TO_REAL(exponent);
    REAL f = m - 1.0f;
    REAL p = SPLAT(0x1.1d8ea6p-4f);
    POLYNOMIAL_STEP(p, f, -0x1.d635bcp-4f);
    POLYNOMIAL_STEP(p, f, 0x1.dea282p-4f);
    POLYNOMIAL_STEP(p, f, -0x1.fcf4c6p-4f);
    POLYNOMIAL_STEP(p, f, 0x1.23d21ap-3f);
    POLYNOMIAL_STEP(p, f, -0x1.555b4ap-3f);
    POLYNOMIAL_STEP(p, f, 0x1.999d5ap-3f);
    POLYNOMIAL_STEP(p, f, -0x1.fffffcp-3f);
    POLYNOMIAL_STEP(p, f, 0x1.555554p-2f);
    REAL square = f * f;
    REAL y = f * square * p;
    y = FMA(e, SPLAT(ELEMENTARY_LN2_LOW), y);
    y = FMA(SPLAT(-0.5f), square, y);
    y = FMA(e, SPLAT(ELEMENTARY_LN2_HIGH), f + y);
    y = SELECT(x == INFINITE, x, y);
    y = SELECT(x == 0.0f, SPLAT(-INFINITE), y);
    return SELECT(x >= 0.0f, y, SPLAT(NOT_A_NUMBER));
}

ELEMENTARY REAL elementary_log1p(REAL x) {
    REAL u = x + 1.0f;
    REAL y = elementary_log(u) * (x / (u - 1.0f));
    y = SELECT(u == INFINITE, u, y);
    return SELECT(u == 1.0f, x, y);
}

// What is left of x after taking out n·π/2, the nearest multiple; and n.
ELEMENTARY REAL elementary_quadrant(REAL x, INTEGER *quadrant) {
    REAL n = FMA(x, SPLAT(0x1.45f306p-1f), SPLAT(ELEMENTARY_SHIFT)) - ELEMENTARY_SHIFT;
    REAL r = FMA(n, SPLAT(-0x1.921fb6p+0f), x);
    r = FMA(n, SPLAT(0x1.777a5cp-25f), r);
    r = FMA(n, SPLAT(0x1.ee59dap-50f), r);
    *quadrant = TO_INTEGER(SELECT(ABSOLUTE(n) < 0x1p23f, n, SPLAT(0.0f)));
    return r;
}

ELEMENTARY REAL elementary_sin_reduced(REAL r) {
    REAL z = r * r;
    REAL p = SPLAT(0x1.6dbcfcp-19f);
    POLYNOMIAL_STEP(p, z, -0x1.a013a4p-13f);
    POLYNOMIAL_STEP(p, z, 0x1.11110ep-7f);
    POLYNOMIAL_STEP(p, z, -0x1.555556p-3f);
    return FMA(r * z, p, r);
}

ELEMENTARY REAL elementary_cos_reduced(REAL r) {
    REAL z = r * r;
    REAL p = SPLAT(-0x1.25239ap-22f);
    POLYNOMIAL_STEP(p, z, 0x1.a015c2p-16f);
    POLYNOMIAL_STEP(p, z, -0x1.6c16c0p-10f);
    POLYNOMIAL_STEP(p, z, 0x1.555556p-5f);
    return FMA(z * z, p, FMA(z, SPLAT(-0.5f), SPLAT(1.0f)));
}

ELEMENTARY REAL elementary_sin(REAL x) {
    INTEGER n;
    REAL r = elementary_quadrant(x, &n);
    REAL y = SELECT((n & 1) == 0, elementary_sin_reduced(r), elementary_cos_reduced(r));
    return SELECT((n & 2) == 0, y, -y);
}

ELEMENTARY REAL elementary_cos(REAL x) {
    INTEGER n;
    REAL r = elementary_quadrant(x, &n);
    REAL y = SELECT((n & 1) == 0, elementary_cos_reduced(r), elementary_sin_reduced(r));
    return SELECT(((n + 1) & 2) == 0, y, -y);
}

ELEMENTARY REAL elementary_tanh(REAL x) {
    REAL a = ABSOLUTE(x);
    REAL z = x * x;
    REAL p = SPLAT(0x1.2c83c0p-9f);
    POLYNOMIAL_STEP(p, z, -0x1.116a16p-7f);
    POLYNOMIAL_STEP(p, z, 0x1.64a976p-6f);
    POLYNOMIAL_STEP(p, z, -0x1.ba08c4p-5f);
    POLYNOMIAL_STEP(p, z, 0x1.1110eap-3f);
    POLYNOMIAL_STEP(p, z, -0x1.555556p-2f);
    REAL small = FMA(x * z, p, x);
    REAL y = 1.0f - 2.0f / (elementary_exp(a + a) + 1.0f);
    return SELECT(a < 0.625f, small, SELECT(x < 0.0f, -y, y));
}

ELEMENTARY REAL elementary_erf(REAL x) {
    REAL a = ABSOLUTE(x);
    REAL z = x * x;
    REAL s = SPLAT(-0x1.445f48p-17f);
    POLYNOMIAL_STEP(s, z, 0x1.d88750p-14f);
    POLYNOMIAL_STEP(s, z, -0x1.bccf66p-11f);
    POLYNOMIAL_STEP(s, z, 0x1.562a60p-8f);
    POLYNOMIAL_STEP(s, z, -0x1.b829c8p-6f);
    POLYNOMIAL_STEP(s, z, 0x1.ce2f08p-4f);
    POLYNOMIAL_STEP(s, z, -0x1.812746p-2f);
    POLYNOMIAL_STEP(s, z, 0x1.20dd76p+0f);
    REAL t = SELECT(a > 4.0f, SPLAT(4.0f), a);
    REAL p = SPLAT(0x1.b7de4cp-20f);
    POLYNOMIAL_STEP(p, t, -0x1.829c0ap-15f);
    POLYNOMIAL_STEP(p, t, 0x1.390718p-11f);
    POLYNOMIAL_STEP(p, t, -0x1.380018p-8f);
    POLYNOMIAL_STEP(p, t, 0x1.b0efd8p-6f);
    POLYNOMIAL_STEP(p, t, -0x1.c2e934p-4f);
    POLYNOMIAL_STEP(p, t, -0x1.437df2p-1f);
    POLYNOMIAL_STEP(p, t, -0x1.215732p+0f);
    POLYNOMIAL_STEP(p, t, 0x1.5080ccp-12f);
    REAL y = 1.0f - elementary_exp(p);
    return SELECT(a < 1.0f, x * s, SELECT(x < 0.0f, -y, y));
}

ELEMENTARY REAL elementary_power(REAL x, REAL y) {
    REAL a = ABSOLUTE(x);
    REAL y_size = ABSOLUTE(y);
    MASK y_is_whole = (y_size >= 0x1p23f) | (y == ROUND(y));
    MASK y_is_odd = y_is_whole & ((TO_INTEGER(SELECT(y_size < 0x1p24f, y, SPLAT(0.0f))) & 1) == 1);
    REAL sign = SELECT((AS_INTEGER(x) < 0) & y_is_odd, SPLAT(-1.0f), SPLAT(1.0f));

    MASK is_subnormal = a < 0x1p-126f;
    INTEGER bits = AS_INTEGER(SELECT(is_subnormal, a * 0x1p24f, a));
    INTEGER shifted = bits - 0x3f3504f3;
    INTEGER exponent = shifted >> 23;
    REAL e = TO_REAL(SELECT(is_subnormal, exponent - 24, exponent));
    REAL m = AS_REAL((shifted & 0x007fffff) + 0x3f3504f3);
    REAL f = m - 1.0f;
    REAL d = m + 1.0f;
    REAL d_low = m - (d - 1.0f);
    REAL s = f / d;
    REAL s_low = FMA(-s, d_low, FMA(-s, d, f)) / d;
    REAL z = s * s;
    REAL p = SPLAT(0x1.de0b02p-4f);
    POLYNOMIAL_STEP(p, z, 0x1.245b28p-3f);
    POLYNOMIAL_STEP(p, z, 0x1.9999eep-3f);
    POLYNOMIAL_STEP(p, z, 0x1.555556p-2f);
    REAL tail = FMA(s * z, p, s_low);
    REAL high = s * 0x1.715476p+1f;
    REAL low = FMA(s, SPLAT(0x1.715476p+1f), -high);
    low = FMA(s, SPLAT(0x1.4ae0c0p-25f), low);
    low = FMA(tail, SPLAT(0x1.715476p+1f), low);
    REAL sum = e + high;
    REAL rest = ((e - sum) + high) + low;
    REAL log_high = sum + rest;
    REAL log_low = (sum - log_high) + rest;

    REAL product = y * log_high;
    MASK is_in_range = (product >= -170.0f) & (product <= 150.0f);
    REAL product_low = FMA(y, log_low, FMA(y, log_high, -product));
    REAL n = (product + ELEMENTARY_SHIFT) - ELEMENTARY_SHIFT;
    REAL r = (product - n) + product_low;
    REAL q = SPLAT(0x1.00a646p-16f);
    POLYNOMIAL_STEP(q, r, 0x1.444140p-13f);
    POLYNOMIAL_STEP(q, r, 0x1.5d879ep-10f);
    POLYNOMIAL_STEP(q, r, 0x1.3b2a1ap-7f);
    POLYNOMIAL_STEP(q, r, 0x1.c6b08ep-5f);
    POLYNOMIAL_STEP(q, r, 0x1.ebfbe0p-3f);
    POLYNOMIAL_STEP(q, r, 0x1.62e430p-1f);
    REAL inside = SCALE(FMA(q, r, SPLAT(1.0f)), SELECT(is_in_range, n, SPLAT(0.0f)));
    REAL outside = SELECT(product > 150.0f, SPLAT(INFINITE), SPLAT(0.0f));

    // The special cases, the weakest first.
    MASK y_is_positive = y > 0.0f;
    REAL result = SELECT(is_in_range, inside, outside);
    result = SELECT(x < 0.0f, SELECT(y_is_whole, result, SPLAT(NOT_A_NUMBER)), result);
    REAL grown = SELECT(y_is_positive, SPLAT(INFINITE), SPLAT(0.0f));
    REAL shrunk = SELECT(y_is_positive, SPLAT(0.0f), SPLAT(INFINITE));
    result = SELECT(a == INFINITE, grown, result);
    result = SELECT(a == 0.0f, shrunk, result);
    result = sign * result;
    REAL y_infinite = SELECT(a > 1.0f, grown, SELECT(a == 1.0f, SPLAT(1.0f), shrunk));
    result = SELECT(y_size == INFINITE, y_infinite, result);
    result = SELECT((x == x) & (y == y), result, SPLAT(NOT_A_NUMBER));
    return SELECT((y == 0.0f) | (x == 1.0f), SPLAT(1.0f), result);
}
