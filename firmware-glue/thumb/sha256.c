/*
 * SHA-256's compression, FIPS 180-4 §6.2.2. The message schedule is 16 words that are overwritten as they are used (§6.1.3 has
 * the idea for SHA-1). Stack: about 130 bytes.
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
    while (length > 0) {
        uint32_t a = state[0], b = state[1], c = state[2], d = state[3];
        uint32_t e = state[4], f = state[5], g = state[6], h = state[7];
        for (unsigned i = 0; i < 16; i++) w[i] = load_be32(bytes + 4 * i);
        for (unsigned i = 0; i < 64; i++) {
            uint32_t word = w[i & 15];
            uint32_t t1 = h + Sigma(e, 6, 11, 25) + (g ^ (e & (f ^ g))) + sha2_constants[2 * i + 1] + word;
            uint32_t t2 = Sigma(a, 2, 13, 22) + ((a & b) | (c & (a | b)));
            w[i & 15] = word + sigma(w[(i + 1) & 15], 7, 18, 3) + w[(i + 9) & 15] + sigma(w[(i + 14) & 15], 17, 19, 10);
            h = g;
            g = f;
            f = e;
            e = d + t1;
            d = c;
            c = b;
            b = a;
            a = t1 + t2;
        }
        state[0] += a;
        state[1] += b;
        state[2] += c;
        state[3] += d;
        state[4] += e;
        state[5] += f;
        state[6] += g;
        state[7] += h;
        bytes += 64;
        length -= 64;
    }
    wipe(w, sizeof w);
}
