/* A running SHA-2 hash or HMAC, as it lies in the caller's memory (4-byte aligned), and what works on it inside the blob. */
#ifndef HASH_H
#define HASH_H

#include "ringlet.h"

struct hash {
    /* 256, 384 or 512. */
    uint32_t bits;
    /* Bytes so far. */
    uint32_t length;
    /* 1 if this is an HMAC: `outer` is the state after the outer key then. */
    uint32_t keyed;
    uint32_t reserved;
    /* SHA-256: 8 words. Otherwise 8 words of 64 bits, the lower half first. */
    uint32_t state[16];
    uint32_t outer[16];
    /* SHA-256 uses the first half. */
    uint8_t block[128];
};

extern const uint32_t sha2_constants[160];

void hash_begin(struct hash *hash, unsigned bits);
void hash_key(struct hash *hash, unsigned bits, const uint8_t *key, size_t length);
void hash_absorb(struct hash *hash, const uint8_t *bytes, size_t length);
/* Writes bits / 8 bytes; `hash` is of no use afterwards. */
void hash_end(struct hash *hash, uint8_t *into);
/* As hash_end, but leaves `hash` as it was. */
void hash_result(const struct hash *hash, uint8_t *into);

/* `length` is a multiple of the block's: 64 or 128 bytes. */
void sha256_compress(uint32_t *state, const uint8_t *bytes, size_t length);
void sha512_compress(uint32_t *state, const uint8_t *bytes, size_t length);

#endif
