/* ECDSA verification. See ecdsa.c. */
#ifndef ECDSA_H
#define ECDSA_H

#include "curve.h"

/* What p256_verify and p384_verify do, on a curve of n limbs. */
int32_t ecdsa_verify(uint32_t n, const uint32_t *constants, uint32_t *workspace, uint32_t length, uint32_t hashed);

#endif
