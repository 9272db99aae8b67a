/* Points of a short Weierstrass curve y^2 = x^3 - 3 x + b of prime order. See curve.c. */
#ifndef CURVE_H
#define CURVE_H

#include "field.h"

/* A curve's constants, each of n limbs, one behind the other. */
enum { PRIME, ORDER, COEFFICIENT, GENERATOR };

/* Registers: a point, another one, the result, the coefficient b, and t0 to t4. */
enum { X, Y, Z, U, V, W, X3, Y3, Z3, K, T0, T1, T2, T3, T4, REGISTERS };

/* Limbs at `work` of curve_init: the field, the registers, and a table of 16 points. */
#define CURVE_LIMBS(n) (FIELD_LIMBS(n) + REGISTERS * (n) + 16 * 3 * (n))

/* Where in the table (see curve_multiply) the first and the second point belong. */
enum { FIRST = 1, SECOND = 4 };

void curve_init(struct field *f, uint32_t n, const uint32_t *constants, uint32_t *work);

/* Point number i of the table: x, y and z, in Montgomery form. */
uint32_t *curve_point(const struct field *f, uint32_t i);

/* Puts the affine point x, y (2 n limbs) into XYZ and into the table at i. Answers 0 if it is not on the curve. */
int32_t curve_enter(const struct field *f, uint32_t i, const uint32_t *xy);

/* The same for an uncompressed point: 0x04, x, y, big-endian, at any address. */
int32_t curve_read(const struct field *f, uint32_t i, const uint8_t *bytes);

/* XYZ doubled `times` times. */
void curve_double(const struct field *f, uint32_t times);

/* XYZ = a * FIRST + b * SECOND, two numbers of `bits` bits (even). */
void curve_multiply(const struct field *f, const uint32_t *a, const uint32_t *b, uint32_t bits);

#endif
