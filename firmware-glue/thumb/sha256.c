/*
 * SHA-256's compression, FIPS 180-4 §6.2.2. The message schedule is 16 words that are overwritten as they are used (§6.1.3 has
 * the idea for SHA-1). Stack: about 250 bytes.
 */
#include "hash.h"

static inline uint32_t sigma(uint32_t x, unsigned r1, unsigned r2, unsigned shift)
{
    return rotate_right(x, r1) ^ rotate_right(x, r2) ^ x >> shift;
}

static inline uint32_t Sigma(uint32_t x, unsigned r1, unsigned r2, unsigned r3)
{
    return rotate_right(x, r1) ^ rotate_right(x, r2) ^ rotate_right(x, r3);
}

void sha256_compress(uint32_t *state, const uint8_t *bytes, size_t length)
{
    uint32_t w[16];
    /* The variables a to h move down by one word a round, instead of changing places. */
    uint32_t window[24];
    while (length > 0) {
        for (unsigned i = 0; i < 16; i++) w[i] = load_be32(bytes + 4 * i);
        for (unsigned i = 0; i < 8; i++) window[i] = state[i];
        const uint32_t *k = sha2_constants + 1;
        for (unsigned turn = 0; turn < 4; turn++) {
            uint32_t *p = window + 16;
            for (unsigned i = 0; i < 8; i++) p[i] = window[i];
            for (unsigned i = 0; i < 16; i++, p--, k += 2) {
                const uint32_t word = w[i];
                const uint32_t a = p[0], b = p[1], c = p[2], e = p[4], f = p[5], g = p[6];
                const uint32_t t1 = p[7] + Sigma(e, 6, 11, 25) + (g ^ (e & (f ^ g))) + *k + word;
                p[3] += t1;
                p[-1] = t1 + Sigma(a, 2, 13, 22) + ((a & b) | (c & (a | b)));
                w[i] = word + sigma(w[(i + 1) & 15], 7, 18, 3) + w[(i + 9) & 15] + sigma(w[(i + 14) & 15], 17, 19, 10);
            }
        }
        for (unsigned i = 0; i < 8; i++) state[i] += window[i];
        bytes += 64;
        length -= 64;
    }
    wipe(w, sizeof w);
    wipe(window, sizeof window);
}
