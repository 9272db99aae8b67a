/*
 * Poly1305, RFC 8439 §2.5, over whole blocks. Ten limbs of 13 bits, because M0+ multiplies 32 bits by 32 and keeps 32: a column
 * of ten products of 13 by 14 bits fits. Stack: about 120 bytes.
 */
#include "poly1305.h"

#define LIMBS 10
#define BITS 13
#define MASK 0x1fff

/* limbs = bytes, of 19, as a number of 130 bits. */
static void split(uint16_t *limbs, const uint8_t *bytes)
{
    for (unsigned i = 0; i < LIMBS; i++) {
        const unsigned bit = BITS * i;
        const uint8_t *p = bytes + bit / 8;
        limbs[i] = (uint16_t)(((uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16) >> (bit & 7) & MASK);
    }
}

static void load_block(uint16_t *limbs, const uint8_t *block, uint8_t above)
{
    uint8_t bytes[19];
    copy_bytes(bytes, block, 16);
    bytes[16] = above;
    bytes[17] = bytes[18] = 0;
    split(limbs, bytes);
}

void poly1305_start(struct poly1305 *poly, const uint8_t *key)
{
    uint8_t r[16];
    for (unsigned i = 0; i < 16; i++) r[i] = key[i] & ((i & 3) == 3 ? 15 : (i & 3) == 0 && i > 0 ? 252 : 255);
    load_block(poly->r, r, 0);
    copy_bytes(poly->s, key + 16, 16);
    for (unsigned i = 0; i < LIMBS; i++) poly->sum[i] = 0;
    wipe(r, sizeof r);
}

void poly1305_block(struct poly1305 *poly, const uint8_t *block)
{
    uint16_t *const sum = poly->sum;
    uint16_t limbs[LIMBS];
    uint16_t product[2 * LIMBS];
    load_block(limbs, block, 1);
    for (unsigned i = 0; i < LIMBS; i++) limbs[i] = (uint16_t)(limbs[i] + sum[i]);
    uint32_t carry = 0;
    for (unsigned k = 0; k < 2 * LIMBS - 1; k++) {
        /* The pairs of limbs whose numbers add up to k. */
        const unsigned first = k < LIMBS ? 0 : k - (LIMBS - 1);
        const uint16_t *const end = limbs + (k - first);
        const uint16_t *factor = poly->r + (k - first);
        for (const uint16_t *limb = limbs + first; limb <= end;) carry += (uint32_t)*limb++ * *factor--;
        product[k] = carry & MASK;
        carry >>= BITS;
    }
    product[2 * LIMBS - 1] = (uint16_t)carry;
    /* 2^130 is 5. */
    carry = 0;
    for (unsigned i = 0; i < LIMBS; i++) {
        carry += product[i] + 5 * (uint32_t)product[LIMBS + i];
        sum[i] = carry & MASK;
        carry >>= BITS;
    }
    sum[0] = (uint16_t)(sum[0] + 5 * carry);
}

void poly1305_finish(struct poly1305 *poly, uint8_t *tag)
{
    uint16_t *const sum = poly->sum;
    uint32_t carry = 0;
    /* Below 2^130 first; then it is less than twice the prime. */
    for (unsigned round = 0; round < 2; round++) {
        for (unsigned i = 0; i < LIMBS; i++) {
            carry += sum[i];
            sum[i] = carry & MASK;
            carry >>= BITS;
        }
        carry *= 5;
    }
    uint16_t reduced[LIMBS];
    carry = 5;
    for (unsigned i = 0; i < LIMBS; i++) {
        carry += sum[i];
        reduced[i] = carry & MASK;
        carry >>= BITS;
    }
    /* A carry out of 2^130 when 5 is added: it was the prime or more. */
    const uint32_t mask = 0u - carry;
    uint32_t held = 0;
    unsigned bits = 0;
    unsigned limb = 0;
    carry = 0;
    for (unsigned i = 0; i < 16; i++) {
        while (bits < 8) {
            held |= (sum[limb] ^ ((sum[limb] ^ reduced[limb]) & mask)) << bits;
            limb++;
            bits += BITS;
        }
        carry += (held & 255) + poly->s[i];
        tag[i] = (uint8_t)carry;
        carry >>= 8;
        held >>= 8;
        bits -= 8;
    }
    wipe(reduced, sizeof reduced);
}
