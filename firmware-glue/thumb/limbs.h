/* Numbers as arrays of 32-bit limbs, the lowest first, 4-byte aligned. `n` counts limbs. See limbs.c. */
#ifndef LIMBS_H
#define LIMBS_H

#include "ringlet.h"

/* t += a * b for t and b of n limbs, n a multiple of 4; answers the limb that is carried out. */
uint32_t limbs_mac(uint32_t *t, const uint32_t *b, uint32_t a, uint32_t n);

/* t = a * b, 2 n limbs; n a multiple of 4. a may be the upper half of t. */
void limbs_mul(uint32_t *t, const uint32_t *a, const uint32_t *b, uint32_t n);

/* r = a + (b & mask); n a multiple of 4; answers the carry, 0 or 1. r may be a or b. */
uint32_t limbs_add(uint32_t *r, const uint32_t *a, const uint32_t *b, uint32_t n, uint32_t mask);

/* r = a - b; n a multiple of 4; answers 1 if a >= b (nothing was borrowed), else 0. r may be a or b. */
uint32_t limbs_sub(uint32_t *r, const uint32_t *a, const uint32_t *b, uint32_t n);

/* r = a. */
void limbs_copy(uint32_t *r, const uint32_t *a, uint32_t n);

/* r = value. */
void limbs_set(uint32_t *r, uint32_t value, uint32_t n);

/* 1 if a is zero, else 0. */
uint32_t limbs_zero(const uint32_t *a, uint32_t n);

/* r = the big-endian number in `length` bytes, at most 4 n of them, at any address. */
void limbs_load(uint32_t *r, uint32_t n, const uint8_t *bytes, uint32_t length);

/* Writes the lowest `length` bytes of a, big-endian, to any address. */
void limbs_store(const uint32_t *a, uint8_t *bytes, uint32_t length);

#endif
