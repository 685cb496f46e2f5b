// What every kernel begins with. Options: WIDTH, the elements an item computes at once (1, 4, 8 or 16); INDEX, the signed
// type that counts elements (int, or long where a tensor needs it).
//
// Arithmetic is written as it has to be rounded: nothing is contracted, and fused multiply-adds are spelled fma.
#pragma OPENCL FP_CONTRACT OFF

#define JOIN_(a, b) a##b
#define JOIN(a, b) JOIN_(a, b)

#if WIDTH == 1
#define VECTOR(type) type
#define LOAD(p) (*(p))
#define STORE(v, p) (*(p) = (v))
#define LANES (0)
#define GATHER(p, s) (*(p))
#else
#define VECTOR(type) JOIN(type, WIDTH)
#define LOAD(p) JOIN(vload, WIDTH)(0, p)
#define STORE(v, p) JOIN(vstore, WIDTH)(v, 0, p)
#if WIDTH == 4
#define LANES ((int4)(0, 1, 2, 3))
#define GATHER(p, s) ((p)[0], (p)[s], (p)[2 * (s)], (p)[3 * (s)])
#elif WIDTH == 8
#define LANES ((int8)(0, 1, 2, 3, 4, 5, 6, 7))
#define GATHER(p, s)                                                                                                   \
    ((p)[0], (p)[s], (p)[2 * (s)], (p)[3 * (s)], (p)[4 * (s)], (p)[5 * (s)], (p)[6 * (s)], (p)[7 * (s)])
#else
#define LANES ((int16)(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15))
#define GATHER(p, s)                                                                                                   \
    ((p)[0], (p)[s], (p)[2 * (s)], (p)[3 * (s)], (p)[4 * (s)], (p)[5 * (s)], (p)[6 * (s)], (p)[7 * (s)], (p)[8 * (s)], \
     (p)[9 * (s)], (p)[10 * (s)], (p)[11 * (s)], (p)[12 * (s)], (p)[13 * (s)], (p)[14 * (s)], (p)[15 * (s)])
#endif
#endif

#define REAL VECTOR(float)
#define INTEGER VECTOR(int)
#define UNSIGNED VECTOR(uint)
#define BYTES VECTOR(uchar)
// A truth value: what comparing two REALs gives, 0 and 1 in a scalar, 0 and all bits in each element of a vector.
#define MASK INTEGER
#define TRUE ((INTEGER)(0) == (INTEGER)(0))
#define FALSE ((INTEGER)(0) != (INTEGER)(0))

#define SPLAT(c) ((REAL)(c))
#define SPLAT_INTEGER(c) ((INTEGER)(c))
#define SELECT(m, a, b) select(b, a, m)
#define FMA(a, b, c) fma(a, b, c)
#define ABSOLUTE(x) fabs(x)
#define ROUND(x) rint(x)
#define TO_INTEGER(x) JOIN(convert_, INTEGER)(x)
#define TO_REAL(i) JOIN(convert_, REAL)(i)
#define TO_BYTES(i) JOIN(convert_, BYTES)(i)
#define AS_INTEGER(x) JOIN(as_, INTEGER)(x)
#define AS_UNSIGNED(x) JOIN(as_, UNSIGNED)(x)
#define AS_REAL(i) JOIN(as_, REAL)(i)
#define INFINITE as_float(0x7f800000u)
#define NOT_A_NUMBER as_float(0x7fc00000u)
#define ELEMENTARY static inline

// A vector whose first `live` elements come from memory, `stride` apart; the others are 0.
#if WIDTH > 1
#define DEFINE_LOAD_FIRST(name, type)                                                                                  \
    static inline VECTOR(type) name(__global const type *p, INDEX stride, int live) {                                  \
        type lanes[WIDTH];                                                                                             \
        for (int lane = 0; lane < WIDTH; lane++) lanes[lane] = lane < live ? p[lane * stride] : (type)0;               \
        return JOIN(vload, WIDTH)(0, lanes);                                                                           \
    }                                                                                                                  \
    static inline void JOIN(store_, name)(VECTOR(type) v, __global type *p, INDEX stride, int live) {                  \
        type lanes[WIDTH];                                                                                             \
        JOIN(vstore, WIDTH)(v, 0, lanes);                                                                              \
        for (int lane = 0; lane < live; lane++) p[lane * stride] = lanes[lane];                                        \
    }
#else
#define DEFINE_LOAD_FIRST(name, type)                                                                                  \
    static inline type name(__global const type *p, INDEX stride, int live) { return *p; }                             \
    static inline void JOIN(store_, name)(type v, __global type *p, INDEX stride, int live) { *p = v; }
#endif
DEFINE_LOAD_FIRST(first_float, float)
DEFINE_LOAD_FIRST(first_int, int)
DEFINE_LOAD_FIRST(first_uchar, uchar)

// Wrapping integer arithmetic: signed overflow is undefined in C, unsigned is not.
static inline INTEGER add_integers(INTEGER a, INTEGER b) { return AS_INTEGER(AS_UNSIGNED(a) + AS_UNSIGNED(b)); }
static inline INTEGER subtract_integers(INTEGER a, INTEGER b) { return AS_INTEGER(AS_UNSIGNED(a) - AS_UNSIGNED(b)); }
static inline INTEGER multiply_integers(INTEGER a, INTEGER b) { return AS_INTEGER(AS_UNSIGNED(a) * AS_UNSIGNED(b)); }

// Truncating division. Dividing by 0 gives 0 and by -1 wraps; a processor would trap on either, so neither reaches it.
static inline INTEGER divide_integers(INTEGER a, INTEGER b) {
    const INTEGER quotient = a / SELECT((b == 0) | (b == -1), SPLAT_INTEGER(1), b);
    return SELECT(b == 0, SPLAT_INTEGER(0), SELECT(b == -1, subtract_integers(SPLAT_INTEGER(0), a), quotient));
}
static inline INTEGER remainder_integers(INTEGER a, INTEGER b) {
    const INTEGER remainder = a % SELECT((b == 0) | (b == -1), SPLAT_INTEGER(1), b);
    return SELECT((b == 0) | (b == -1), SPLAT_INTEGER(0), remainder);
}

// Truncates and saturates; NaN gives 0. The value is bounded first, since converting one out of range is undefined.
static inline INTEGER saturate_to_integer(REAL x) {
    const MASK inside = (x >= -0x1p31f) & (x < 0x1p31f);
    const INTEGER y = TO_INTEGER(SELECT(inside, x, SPLAT(0.0f)));
    return SELECT(x >= 0x1p31f, SPLAT_INTEGER(INT_MAX), SELECT(x < -0x1p31f, SPLAT_INTEGER(INT_MIN), y));
}

// NaN wins and ties keep the first.
static inline REAL maximum_reals(REAL a, REAL b) { return SELECT((b > a) | (b != b), b, a); }
static inline REAL minimum_reals(REAL a, REAL b) { return SELECT((b < a) | (b != b), b, a); }
static inline INTEGER maximum_integers(INTEGER a, INTEGER b) { return SELECT(b > a, b, a); }
static inline INTEGER minimum_integers(INTEGER a, INTEGER b) { return SELECT(b < a, b, a); }
static inline REAL sign_reals(REAL x) {
    return SELECT(x > 0.0f, SPLAT(1.0f), SELECT(x < 0.0f, SPLAT(-1.0f), x));
}
static inline INTEGER sign_integers(INTEGER x) {
    return SELECT(x > 0, SPLAT_INTEGER(1), SELECT(x < 0, SPLAT_INTEGER(-1), SPLAT_INTEGER(0)));
}
