/*
 * Points of P-256 and P-384 in projective coordinates, with the complete formulas for a = -3 of J. Renes, C. Costello and
 * L. Batina, "Complete addition formulas for prime order elliptic curves" (2015), algorithms 4 and 6: no pair of points is
 * an exception, the neutral one (0, 1, 0) included.
 *
 * Two multiples are summed in one go, two bits of each number a step (Shamir's trick), from a table of 16 points. A single
 * multiple is done the same way from the halves of its number.
 *
 * Constant time in points and numbers: every entry of the table is read at every step. curve_enter's answer is public.
 */
#include "curve.h"

static const uint16_t addition[] = {
    MUL(T0, X, U),    MUL(T1, Y, V),    MUL(T2, Z, W),    ADD(T3, X, Y),    ADD(T4, U, V),    MUL(T3, T3, T4),
    ADD(T4, T0, T1),  SUB(T3, T3, T4),  ADD(T4, Y, Z),    ADD(X3, V, W),    MUL(T4, T4, X3),  ADD(X3, T1, T2),
    SUB(T4, T4, X3),  ADD(X3, X, Z),    ADD(Y3, U, W),    MUL(X3, X3, Y3),  ADD(Y3, T0, T2),  SUB(Y3, X3, Y3),
    MUL(Z3, K, T2),   SUB(X3, Y3, Z3),  ADD(Z3, X3, X3),  ADD(X3, X3, Z3),  SUB(Z3, T1, X3),  ADD(X3, T1, X3),
    MUL(Y3, K, Y3),   ADD(T1, T2, T2),  ADD(T2, T1, T2),  SUB(Y3, Y3, T2),  SUB(Y3, Y3, T0),  ADD(T1, Y3, Y3),
    ADD(Y3, T1, Y3),  ADD(T1, T0, T0),  ADD(T0, T1, T0),  SUB(T0, T0, T2),  MUL(T1, T4, Y3),  MUL(T2, T0, Y3),
    MUL(Y3, X3, Z3),  ADD(Y3, Y3, T2),  MUL(X3, T3, X3),  SUB(X3, X3, T1),  MUL(Z3, T4, Z3),  MUL(T1, T3, T0),
    ADD(Z3, Z3, T1),  END,
};

static const uint16_t doubling[] = {
    MUL(T0, X, X),    MUL(T1, Y, Y),    MUL(T2, Z, Z),    MUL(T3, X, Y),    ADD(T3, T3, T3),  MUL(Z3, X, Z),
    ADD(Z3, Z3, Z3),  MUL(Y3, K, T2),   SUB(Y3, Y3, Z3),  ADD(X3, Y3, Y3),  ADD(Y3, X3, Y3),  SUB(X3, T1, Y3),
    ADD(Y3, T1, Y3),  MUL(Y3, X3, Y3),  MUL(X3, X3, T3),  ADD(T3, T2, T2),  ADD(T2, T2, T3),  MUL(Z3, K, Z3),
    SUB(Z3, Z3, T2),  SUB(Z3, Z3, T0),  ADD(T3, Z3, Z3),  ADD(Z3, Z3, T3),  ADD(T3, T0, T0),  ADD(T0, T3, T0),
    SUB(T0, T0, T2),  MUL(T0, T0, Z3),  ADD(Y3, Y3, T0),  MUL(T0, Y, Z),    ADD(T0, T0, T0),  MUL(Z3, T0, Z3),
    SUB(X3, X3, Z3),  MUL(Z3, T0, T1),  ADD(Z3, Z3, Z3),  ADD(Z3, Z3, Z3),  END,
};

/* T0 = x^3 - 3 x + b - y^2. */
static const uint16_t equation[] = {
    MUL(T0, X, X), MUL(T0, T0, X), SUB(T0, T0, X), SUB(T0, T0, X), SUB(T0, T0, X), ADD(T0, T0, K), MUL(T1, Y, Y), SUB(T0, T0, T1), END,
};

/* XYZ becomes what `formula` makes of XYZ (and UVW). */
static void apply(const struct field *f, const uint16_t *formula)
{
    field_run(f, formula);
    limbs_copy(reg(f, X), reg(f, X3), 3 * f->n);
}

uint32_t *curve_point(const struct field *f, uint32_t i)
{
    return reg(f, REGISTERS + 3 * i);
}

/* XYZ = (0, 1, 0). */
static void neutral(const struct field *f)
{
    limbs_set(reg(f, X), 0, 3 * f->n);
    limbs_set(reg(f, T0), 1, f->n);
    field_enter(f, reg(f, Y), reg(f, T0));
}

/* UVW = point number `index` of the table. */
static void look_up(const struct field *f, uint32_t index)
{
    uint32_t length = 3 * f->n;
    uint32_t *to = reg(f, U);

    limbs_set(to, 0, length);
    for (uint32_t i = 0; i < 16; i++) {
        const uint32_t *from = curve_point(f, i);
        /* All ones if i is the index. */
        uint32_t mask = -(((i ^ index) - 1) >> 31);

        for (uint32_t j = 0; j < length; j++)
            to[j] |= from[j] & mask;
    }
}

void curve_init(struct field *f, uint32_t n, const uint32_t *constants, uint32_t *work)
{
    field_init(f, n == 8 ? P256 : P384, n, constants + PRIME * n, work);
    field_enter(f, reg(f, K), constants + COEFFICIENT * n);
}

int32_t curve_enter(const struct field *f, uint32_t i, const uint32_t *xy)
{
    uint32_t n = f->n;

    if (!field_holds(f, xy) || !field_holds(f, xy + n))
        return 0;
    neutral(f);
    limbs_copy(reg(f, Z), reg(f, Y), n);
    field_enter(f, reg(f, X), xy);
    field_enter(f, reg(f, Y), xy + n);
    limbs_copy(curve_point(f, i), reg(f, X), 3 * n);
    field_run(f, equation);
    return (int32_t)limbs_zero(reg(f, T0), n);
}

int32_t curve_read(const struct field *f, uint32_t i, const uint8_t *bytes)
{
    uint32_t n = f->n;
    uint32_t *xy = reg(f, T3);

    limbs_load(xy, n, bytes + 1, 4 * n);
    limbs_load(xy + n, n, bytes + 1 + 4 * n, 4 * n);
    return bytes[0] == 4 && curve_enter(f, i, xy);
}

void curve_double(const struct field *f, uint32_t times)
{
    while (times-- > 0)
        apply(f, doubling);
}

void curve_multiply(const struct field *f, const uint32_t *a, const uint32_t *b, uint32_t bits)
{
    uint32_t length = 3 * f->n;

    /* Point i + 4 j of the table is i * FIRST + j * SECOND. */
    neutral(f);
    limbs_copy(curve_point(f, 0), reg(f, X), length);
    for (uint32_t i = 2; i < 16; i++) {
        uint32_t step = (i & 3) == 0 ? SECOND : FIRST;

        if (i == SECOND)
            continue;
        limbs_copy(reg(f, X), curve_point(f, i - step), length);
        limbs_copy(reg(f, U), curve_point(f, step), length);
        apply(f, addition);
        limbs_copy(curve_point(f, i), reg(f, X), length);
    }
    neutral(f);
    for (uint32_t bit = bits; bit > 0;) {
        uint32_t limb;
        uint32_t shift;

        bit -= 2;
        limb = bit >> 5;
        shift = bit & 31;
        curve_double(f, 2);
        look_up(f, (a[limb] >> shift & 3) | (b[limb] >> shift & 3) << 2);
        apply(f, addition);
    }
}
