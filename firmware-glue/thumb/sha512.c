/*
 * SHA-512's compression, FIPS 180-4 §6.4.2, which SHA-384 uses as well. The schedule is 16 words, overwritten as they are used;
 * the eight variables move down by one a round, instead of changing places. Stack: about 450 bytes.
 */
#include "hash.h"

/* FIPS 180-4 §4.2.3, the lower halves first. The upper ones of the first 64 are SHA-256's, §4.2.2. */
const uint32_t sha2_constants[160] = {
    0xd728ae22, 0x428a2f98, 0x23ef65cd, 0x71374491, 0xec4d3b2f, 0xb5c0fbcf, 0x8189dbbc, 0xe9b5dba5,
    0xf348b538, 0x3956c25b, 0xb605d019, 0x59f111f1, 0xaf194f9b, 0x923f82a4, 0xda6d8118, 0xab1c5ed5,
    0xa3030242, 0xd807aa98, 0x45706fbe, 0x12835b01, 0x4ee4b28c, 0x243185be, 0xd5ffb4e2, 0x550c7dc3,
    0xf27b896f, 0x72be5d74, 0x3b1696b1, 0x80deb1fe, 0x25c71235, 0x9bdc06a7, 0xcf692694, 0xc19bf174,
    0x9ef14ad2, 0xe49b69c1, 0x384f25e3, 0xefbe4786, 0x8b8cd5b5, 0x0fc19dc6, 0x77ac9c65, 0x240ca1cc,
    0x592b0275, 0x2de92c6f, 0x6ea6e483, 0x4a7484aa, 0xbd41fbd4, 0x5cb0a9dc, 0x831153b5, 0x76f988da,
    0xee66dfab, 0x983e5152, 0x2db43210, 0xa831c66d, 0x98fb213f, 0xb00327c8, 0xbeef0ee4, 0xbf597fc7,
    0x3da88fc2, 0xc6e00bf3, 0x930aa725, 0xd5a79147, 0xe003826f, 0x06ca6351, 0x0a0e6e70, 0x14292967,
    0x46d22ffc, 0x27b70a85, 0x5c26c926, 0x2e1b2138, 0x5ac42aed, 0x4d2c6dfc, 0x9d95b3df, 0x53380d13,
    0x8baf63de, 0x650a7354, 0x3c77b2a8, 0x766a0abb, 0x47edaee6, 0x81c2c92e, 0x1482353b, 0x92722c85,
    0x4cf10364, 0xa2bfe8a1, 0xbc423001, 0xa81a664b, 0xd0f89791, 0xc24b8b70, 0x0654be30, 0xc76c51a3,
    0xd6ef5218, 0xd192e819, 0x5565a910, 0xd6990624, 0x5771202a, 0xf40e3585, 0x32bbd1b8, 0x106aa070,
    0xb8d2d0c8, 0x19a4c116, 0x5141ab53, 0x1e376c08, 0xdf8eeb99, 0x2748774c, 0xe19b48a8, 0x34b0bcb5,
    0xc5c95a63, 0x391c0cb3, 0xe3418acb, 0x4ed8aa4a, 0x7763e373, 0x5b9cca4f, 0xd6b2b8a3, 0x682e6ff3,
    0x5defb2fc, 0x748f82ee, 0x43172f60, 0x78a5636f, 0xa1f0ab72, 0x84c87814, 0x1a6439ec, 0x8cc70208,
    0x23631e28, 0x90befffa, 0xde82bde9, 0xa4506ceb, 0xb2c67915, 0xbef9a3f7, 0xe372532b, 0xc67178f2,
    0xea26619c, 0xca273ece, 0x21c0c207, 0xd186b8c7, 0xcde0eb1e, 0xeada7dd6, 0xee6ed178, 0xf57d4f7f,
    0x72176fba, 0x06f067aa, 0xa2c898a6, 0x0a637dc5, 0xbef90dae, 0x113f9804, 0x131c471b, 0x1b710b35,
    0x23047d84, 0x28db77f5, 0x40c72493, 0x32caab7b, 0x15c9bebc, 0x3c9ebe0a, 0x9c100d4c, 0x431d67c4,
    0xcb3e42b6, 0x4cc5d4be, 0xfc657e2a, 0x597f299c, 0x3ad6faec, 0x5fcb6fab, 0x4a475817, 0x6c44198c,
};

static inline uint64_t rotate(uint64_t x, unsigned count)
{
    return x >> count | x << (64 - count);
}

/* One for all four functions of §4.1.3: `shift` is a third rotation or, from 64 on, a shift by so much less 64. */
static uint64_t mix(uint64_t x, unsigned r1, unsigned r2, unsigned shift)
{
    return rotate(x, r1) ^ rotate(x, r2) ^ (shift < 64 ? rotate(x, shift) : x >> (shift - 64));
}

static inline uint64_t load(const uint32_t *p)
{
    return (uint64_t)p[1] << 32 | p[0];
}

void sha512_compress(uint32_t *state, const uint8_t *bytes, size_t length)
{
    uint64_t w[16];
    uint64_t window[24];
    while (length > 0) {
        for (unsigned i = 0; i < 16; i++) w[i] = (uint64_t)load_be32(bytes + 8 * i) << 32 | load_be32(bytes + 8 * i + 4);
        for (unsigned i = 0; i < 8; i++) window[i] = load(state + 2 * i);
        const uint32_t *k = sha2_constants;
        for (unsigned turn = 0; turn < 5; turn++) {
            uint64_t *p = window + 16;
            for (unsigned i = 0; i < 8; i++) p[i] = window[i];
            for (unsigned i = 0; i < 16; i++, p--, k += 2) {
                const uint64_t word = w[i];
                const uint64_t t1 = p[7] + mix(p[4], 14, 18, 41) + (p[6] ^ (p[4] & (p[5] ^ p[6]))) + load(k) + word;
                p[3] += t1;
                p[-1] = t1 + mix(p[0], 28, 34, 39) + ((p[0] & p[1]) | (p[2] & (p[0] | p[1])));
                w[i] = word + mix(w[(i + 1) & 15], 1, 8, 64 + 7) + w[(i + 9) & 15] + mix(w[(i + 14) & 15], 19, 61, 64 + 6);
            }
        }
        for (unsigned i = 0; i < 8; i++) {
            const uint64_t sum = load(state + 2 * i) + window[i];
            state[2 * i] = (uint32_t)sum;
            state[2 * i + 1] = (uint32_t)(sum >> 32);
        }
        bytes += 128;
        length -= 128;
    }
    wipe(w, sizeof w);
    wipe(window, sizeof window);
}
