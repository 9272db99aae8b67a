/*
 * GHASH's multiplication in GF(2^128), NIST SP 800-38D §6.3, by integer multiplication: when only every fourth bit of a factor is
 * kept, a column of the product has at most eight ones, which a gap of three bits holds, so the lowest bit of each column is
 * the carry-less product's. That gives the lower half of a product of words; the upper half is the lower half of the product of
 * the words reversed. No table, nothing depends on data. Stack: about 250 bytes.
 */
#include "ghash.h"

/* The lower 32 bits of the carry-less product. */
static uint32_t multiply_low(uint32_t x, uint32_t y)
{
    const uint32_t mask = 0x11111111;
    const uint32_t x0 = x & mask, x1 = x & mask << 1, x2 = x & mask << 2, x3 = x & mask << 3;
    const uint32_t y0 = y & mask, y1 = y & mask << 1, y2 = y & mask << 2, y3 = y & mask << 3;
    const uint32_t z0 = x0 * y0 ^ x1 * y3 ^ x2 * y2 ^ x3 * y1;
    const uint32_t z1 = x0 * y1 ^ x1 * y0 ^ x2 * y3 ^ x3 * y2;
    const uint32_t z2 = x0 * y2 ^ x1 * y1 ^ x2 * y0 ^ x3 * y3;
    const uint32_t z3 = x0 * y3 ^ x1 * y2 ^ x2 * y1 ^ x3 * y0;
    return (z0 & mask) | (z1 & mask << 1) | (z2 & mask << 2) | (z3 & mask << 3);
}

static uint32_t reverse_bits(uint32_t x)
{
    x = (x >> 1 & 0x55555555) | (x & 0x55555555) << 1;
    x = (x >> 2 & 0x33333333) | (x & 0x33333333) << 2;
    x = (x >> 4 & 0x0f0f0f0f) | (x & 0x0f0f0f0f) << 4;
    x = (x >> 8 & 0x00ff00ff) | (x & 0x00ff00ff) << 8;
    return x >> 16 | x << 16;
}

/* The factors that three times three products of words need to make one of four words by four, after Karatsuba. */
static void factors(uint32_t *f, uint32_t x0, uint32_t x1, uint32_t x2, uint32_t x3)
{
    f[0] = x0;
    f[1] = x1;
    f[3] = x2;
    f[4] = x3;
    f[6] = x0 ^ x2;
    f[7] = x1 ^ x3;
    for (unsigned i = 0; i < 9; i += 3) f[i + 2] = f[i] ^ f[i + 1];
}

void ghash_block(uint32_t *state, const uint32_t *key, const uint8_t *block)
{
    uint32_t x[9], y[9];
    /* Three products of two words by two, the lowest word first, and in the end the whole one in the first eight. */
    uint32_t z[12];
    for (unsigned i = 0; i < 4; i++) state[i] ^= load_be32(block + 12 - 4 * i);
    factors(x, state[0], state[1], state[2], state[3]);
    factors(y, key[0], key[1], key[2], key[3]);
    for (unsigned i = 0; i < 3; i++) {
        uint32_t low[3], high[3];
        for (unsigned j = 0; j < 3; j++) {
            const uint32_t a = x[3 * i + j], b = y[3 * i + j];
            low[j] = multiply_low(a, b);
            high[j] = reverse_bits(multiply_low(reverse_bits(a), reverse_bits(b))) >> 1;
        }
        z[4 * i] = low[0];
        z[4 * i + 1] = high[0] ^ low[0] ^ low[1] ^ low[2];
        z[4 * i + 2] = low[1] ^ high[0] ^ high[1] ^ high[2];
        z[4 * i + 3] = high[1];
    }
    for (unsigned i = 0; i < 4; i++) z[8 + i] ^= z[i] ^ z[4 + i];
    for (unsigned i = 0; i < 4; i++) z[2 + i] ^= z[8 + i];
    /* GCM counts coefficients from the highest bit on: a product of 255 bits stands one bit too low. */
    for (unsigned i = 7; i > 0; i--) z[i] = z[i] << 1 | z[i - 1] >> 31;
    z[0] <<= 1;
    /* x^128 is x^7 + x^2 + x + 1, and the powers from 128 on are the lower half. */
    for (unsigned i = 0; i < 4; i++) {
        const uint32_t word = z[i];
        z[i + 4] ^= word ^ word >> 1 ^ word >> 2 ^ word >> 7;
        z[i + 3] ^= word << 31 ^ word << 30 ^ word << 25;
    }
    for (unsigned i = 0; i < 4; i++) state[i] = z[4 + i];
}
