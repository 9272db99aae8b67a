/* Arithmetic modulo an odd number, in Montgomery form. See field.c. */
#ifndef FIELD_H
#define FIELD_H

#include "limbs.h"

/* Which multiples of p are cheap. The last one is no prime: arithmetic modulo 2^255 - 19 is done modulo its double. */
enum reduction { ANY, P256, P384, MODULO_2_256_38 };

struct field {
    enum reduction reduction;
    /* Limbs of an element: a multiple of 4. */
    uint32_t n;
    /* -1 / p modulo 2^32. */
    uint32_t inverse;
    const uint32_t *p;
    /* 2 n limbs for a product. */
    uint32_t *product;
    /* n limbs: R * R modulo p. */
    uint32_t *square;
    /* The registers, n limbs each, that programs work on. */
    uint32_t *registers;
};

/* Limbs that field_init takes from its caller's memory: product and square. The registers follow them. */
#define FIELD_LIMBS(n) (3 * (n))

/*
 * Makes arithmetic modulo p (odd, above 2; n limbs, of which the upper ones may be 0) in the memory at `work`; with
 * MODULO_2_256_38 that modulus is written to `square`, p is ignored, and elements are themselves: no Montgomery form.
 */
void field_init(struct field *f, enum reduction reduction, uint32_t n, const uint32_t *p, uint32_t *work);

/* r = a * b / R for a below p and b below R; the result is below p. r may be a or b. */
void field_mul(const struct field *f, uint32_t *r, const uint32_t *a, const uint32_t *b);

/* r = a * R: into Montgomery form, for any a below R. */
void field_enter(const struct field *f, uint32_t *r, const uint32_t *a);

/* a = a / R: out of Montgomery form, below p. */
void field_leave(const struct field *f, uint32_t *a);

/* r = a + b, r = a - b, for a and b below p; so is r, which may be either. */
void field_add(const struct field *f, uint32_t *r, const uint32_t *a, const uint32_t *b);
void field_sub(const struct field *f, uint32_t *r, const uint32_t *a, const uint32_t *b);

/* r = a to the power of (exponent of `words` limbs) - less, less being at most the lowest limb. r is not a. */
void field_power(const struct field *f, uint32_t *r, const uint32_t *a, const uint32_t *exponent, uint32_t words,
                 uint32_t less);

/* 1 if a is below p. */
uint32_t field_holds(const struct field *f, const uint32_t *a);

/* Register number i. */
static inline uint32_t *reg(const struct field *f, uint32_t i)
{
    return f->registers + i * f->n;
}

/* A program is an array of these, ended by END. The operands are numbers of registers. */
#define END 0
#define MUL(r, a, b) (1 << 12 | (r) << 8 | (a) << 4 | (b))
#define ADD(r, a, b) (2 << 12 | (r) << 8 | (a) << 4 | (b))
#define SUB(r, a, b) (3 << 12 | (r) << 8 | (a) << 4 | (b))

void field_run(const struct field *f, const uint16_t *program);

#endif
