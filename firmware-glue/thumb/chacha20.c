/* ChaCha20's block function, RFC 8439 §2.3. Stack: about 170 bytes. */
#include "chacha20.h"

static inline uint32_t word_of(unsigned i, const uint32_t *key, const uint32_t *nonce, uint32_t counter)
{
    static const uint32_t constants[4] = {0x61707865, 0x3320646e, 0x79622d32, 0x6b206574};
    return i < 4 ? constants[i] : i < 12 ? key[i - 4] : i == 12 ? counter : nonce[i - 13];
}

static void quarter_round(uint32_t *x, unsigned a, unsigned b, unsigned c, unsigned d)
{
    uint32_t xa = x[a], xb = x[b], xc = x[c], xd = x[d];
    xa += xb;
    xd = rotate_right(xd ^ xa, 16);
    xc += xd;
    xb = rotate_right(xb ^ xc, 20);
    xa += xb;
    xd = rotate_right(xd ^ xa, 24);
    xc += xd;
    xb = rotate_right(xb ^ xc, 25);
    x[a] = xa;
    x[b] = xb;
    x[c] = xc;
    x[d] = xd;
}

void chacha20_block(const uint32_t *key, const uint32_t *nonce, uint32_t counter, uint8_t *into)
{
    uint32_t x[16];
    for (unsigned i = 0; i < 16; i++) x[i] = word_of(i, key, nonce, counter);
    for (unsigned round = 0; round < 20; round++) {
        /* Columns in even rounds, diagonals in odd ones. */
        const unsigned shift = round & 1;
        for (unsigned i = 0; i < 4; i++)
            quarter_round(x, i, 4 + ((i + shift) & 3), 8 + ((i + 2 * shift) & 3), 12 + ((i + 3 * shift) & 3));
    }
    for (unsigned i = 0; i < 16; i++) store_le32(into + 4 * i, x[i] + word_of(i, key, nonce, counter));
    wipe(x, sizeof x);
}
