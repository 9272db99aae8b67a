/* Reduction modulo primes whose multiples are sums of few powers of 2^32. See sparse.c. */
#ifndef SPARSE_H
#define SPARSE_H

#include "limbs.h"

/*
 * Adds to the 16 limbs of t the multiple of P-256's prime that makes the lower 8 zero (what is left in these has no meaning);
 * answers the carry, 0 or 1.
 */
uint32_t sparse_p256(uint32_t *t);

/* The same for P-384's prime, 24 limbs and 12. */
uint32_t sparse_p384(uint32_t *t);

#endif
