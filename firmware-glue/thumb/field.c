/*
 * Arithmetic modulo any odd number p of n limbs, after P. L. Montgomery, "Modular multiplication without trial division"
 * (1985): an element a is kept as a * R modulo p, R = 2^(32 n). One multiplication for all moduli, and formulas as
 * programs of two bytes an operation, are what makes the public-key code small. Where a prime is next to a power of 2^32,
 * its multiples are sums (sparse.c); that of X25519 needs no Montgomery form, because 2^256 is 38 there.
 *
 * A multiplication takes about 2800 cycles modulo the primes of X25519 and P-256, of which limbs_mul has 2112, an addition or
 * subtraction 200 to 330; counted on rp2040js' Cortex-M0+.
 *
 * Constant time in the elements. Not in the modulus, and not in the exponent of field_power: those are public.
 */
#include "field.h"
#include "sparse.h"

/* r = t - p if t + carry * R >= p, else t. Needs t + carry * R < 2 p. */
static void reduce(const struct field *f, uint32_t *r, const uint32_t *t, uint32_t carry)
{
    carry |= limbs_sub(r, t, f->p, f->n);
    limbs_add(r, r, f->p, f->n, carry - 1);
}

/* Adds to the 2 n limbs of t the multiple of p that makes the lower n of them zero (or says so); answers the carry, 0 or 1. */
static uint32_t clear(const struct field *f, uint32_t *t)
{
    uint32_t n = f->n;
    uint32_t carry = 0;

    if (f->reduction == P256)
        return sparse_p256(t);
    if (f->reduction == P384)
        return sparse_p384(t);
    for (uint32_t i = 0; i < n; i++) {
        uint64_t sum = (uint64_t)t[n] + limbs_mac(t, f->p, t[0] * f->inverse, n) + carry;

        t[n] = (uint32_t)sum;
        carry = (uint32_t)(sum >> 32);
        t++;
    }
    return carry;
}

/* r = t + 2^256 h for the 8 limbs h, modulo 2^256 - 38. */
static void fold(const struct field *f, uint32_t *r, uint32_t *t, uint32_t *h)
{
    limbs_set(h, 38 * limbs_mac(t, h, 38, 8), 8);
    reduce(f, r, t, limbs_add(t, t, h, 8, 0xffffffff));
}

void field_mul(const struct field *f, uint32_t *r, const uint32_t *a, const uint32_t *b)
{
    uint32_t n = f->n;
    uint32_t *t = f->product;

    limbs_mul(t, a, b, n);
    if (f->reduction == MODULO_2_256_38)
        fold(f, r, t, t + n);
    else
        reduce(f, r, t + n, clear(f, t));
}

void field_add(const struct field *f, uint32_t *r, const uint32_t *a, const uint32_t *b)
{
    uint32_t carry = limbs_add(r, a, b, f->n, 0xffffffff);

    reduce(f, r, r, carry);
}

void field_sub(const struct field *f, uint32_t *r, const uint32_t *a, const uint32_t *b)
{
    uint32_t enough = limbs_sub(r, a, b, f->n);

    limbs_add(r, r, f->p, f->n, enough - 1);
}

uint32_t field_holds(const struct field *f, const uint32_t *a)
{
    return 1 - limbs_sub(f->product, a, f->p, f->n);
}

void field_enter(const struct field *f, uint32_t *r, const uint32_t *a)
{
    field_mul(f, r, f->square, a);
}

void field_leave(const struct field *f, uint32_t *a)
{
    /* limbs_mul allows that. */
    uint32_t *one = f->product + f->n;

    limbs_set(one, 1, f->n);
    field_mul(f, a, one, a);
}

void field_init(struct field *f, enum reduction reduction, uint32_t n, const uint32_t *p, uint32_t *work)
{
    uint32_t *square = work + 2 * n;
    uint32_t inverse;
    uint32_t bit = 32 * n - 1;

    f->reduction = reduction;
    f->n = n;
    f->p = p;
    f->product = work;
    f->square = square;
    f->registers = square + n;
    if (reduction == MODULO_2_256_38) {
        for (uint32_t i = 1; i < n; i++)
            square[i] = 0xffffffff;
        square[0] = (uint32_t)-38;
        f->p = square;
        return;
    }

    /* Right modulo 2^3 as it stands; every turn doubles the bits that are (Newton). */
    inverse = p[0];
    for (uint32_t i = 0; i < 4; i++)
        inverse *= 2 - p[0] * inverse;
    f->inverse = -inverse;

    /* From p's highest bit, which is below p, by doubling to 2^n R; then by squaring to 2^(32 n) R = R * R. */
    while ((p[bit >> 5] >> (bit & 31) & 1) == 0)
        bit--;
    limbs_set(square, 0, n);
    square[bit >> 5] = (uint32_t)1 << (bit & 31);
    for (uint32_t i = 33 * n - bit; i > 0; i--)
        field_add(f, square, square, square);
    for (uint32_t i = 0; i < 5; i++)
        field_mul(f, square, square, square);
}

void field_power(const struct field *f, uint32_t *r, const uint32_t *a, const uint32_t *exponent, uint32_t words,
                 uint32_t less)
{
    uint32_t started = 0;

    for (uint32_t i = words; i-- > 0;) {
        uint32_t limb = exponent[i];

        if (i == 0)
            limb -= less;
        for (uint32_t bit = 32; bit-- > 0;) {
            if (started)
                field_mul(f, r, r, r);
            if ((limb >> bit & 1) == 0)
                continue;
            if (started)
                field_mul(f, r, r, a);
            else
                limbs_copy(r, a, f->n);
            started = 1;
        }
    }
}

void field_run(const struct field *f, const uint16_t *program)
{
    for (uint32_t step; (step = *program) != END; program++) {
        uint32_t *r = reg(f, step >> 8 & 15);
        const uint32_t *a = reg(f, step >> 4 & 15);
        const uint32_t *b = reg(f, step & 15);

        if (step >> 12 == 1)
            field_mul(f, r, a, b);
        else if (step >> 12 == 2)
            field_add(f, r, a, b);
        else
            field_sub(f, r, a, b);
    }
}
