/*
 * AES-GCM (NIST SP 800-38D) and ChaCha20-Poly1305 (RFC 8439 §2.8), nonces of 12 bytes, tags of 16, messages in pieces of any
 * length, in place. Ciphertext goes through the MAC in the same call.
 *
 * Context: struct aead, of which a key takes 176 bytes and its schedule: 32 bytes for ChaCha20, 352 for AES-128, 480 for AES-256.
 * The 8 bytes from offset 16 on are the mark of provider.ts, written by aead_update. Stack: about 600 bytes, most of it for wiping.
 */
#include "aes.h"
#include "chacha20.h"
#include "ghash.h"
#include "poly1305.h"

struct aead {
    /* AES's, 10 or 14; 0 is ChaCha20. */
    uint32_t rounds;
    /* Bytes of message so far. */
    uint32_t length;
    uint32_t aad_length;
    uint32_t reserved;
    uint16_t mark[4];
    uint32_t nonce[3];
    union {
        struct {
            uint32_t state[4];
            uint32_t key[4];
            /* The first counter block's keystream. */
            uint8_t mask[32];
        } ghash;
        struct poly1305 poly1305;
    } mac;
    /* Of the keystream's block that is in use. */
    uint8_t keystream[64];
    /* The beginning of a block of the MAC that is not complete yet. */
    uint8_t block[16];
    uint32_t schedule[];
};

enum { SEAL, OPEN, AUTHENTICATE };

/* The calls before have left what they worked with below. */
static __attribute__((noinline)) void wipe_stack(void)
{
    uint32_t dead[120];
    volatile uint32_t *p = dead;
    for (unsigned i = 0; i < 120; i++) *p++ = 0;
}

static void mac_block(struct aead *aead, const uint8_t *block)
{
    if (aead->rounds > 0)
        ghash_block(aead->mac.ghash.state, aead->mac.ghash.key, block);
    else
        poly1305_block(&aead->mac.poly1305, block);
}

/* `used` bytes of a block have come before. */
static void mac_absorb(struct aead *aead, unsigned used, const uint8_t *bytes, size_t length)
{
    while (length > 0) {
        if (used == 0 && length >= 16) {
            mac_block(aead, bytes);
            bytes += 16;
            length -= 16;
            continue;
        }
        aead->block[used++] = *bytes++;
        length--;
        if (used < 16) continue;
        mac_block(aead, aead->block);
        used = 0;
    }
}

/* Completes a block that has begun with zeros. */
static void mac_pad(struct aead *aead, uint32_t length)
{
    const unsigned used = length & 15;
    if (used == 0) return;
    wipe(aead->block + used, 16 - used);
    mac_block(aead, aead->block);
}

/* context, key, key's length (16 or 32), kind: 0 AES-GCM, 1 ChaCha20-Poly1305 */
ENTRY(aead_key)
{
    struct aead *const aead = (struct aead *)a;
    const uint8_t *const key = (const uint8_t *)b;
    if (d == 1) {
        aead->rounds = 0;
        for (unsigned i = 0; i < 8; i++) aead->schedule[i] = load_le32(key + 4 * i);
        return 0;
    }
    aead->rounds = (uint32_t)c / 4 + 6;
    aes_expand_key(aead->schedule, key, c);
    /* GHASH's key is the zero block, encrypted. */
    for (unsigned i = 0; i < 3; i++) aead->nonce[i] = 0;
    aes_two_blocks(aead->schedule, aead->rounds, aead->nonce, 0, aead->keystream);
    for (unsigned i = 0; i < 4; i++) aead->mac.ghash.key[i] = load_be32(aead->keystream + 12 - 4 * i);
    wipe_stack();
    return 0;
}

/* context, nonce, additional data, its length */
ENTRY(aead_start)
{
    struct aead *const aead = (struct aead *)a;
    aead->length = 0;
    aead->aad_length = (uint32_t)d;
    for (unsigned i = 0; i < 3; i++) aead->nonce[i] = load_le32((const uint8_t *)b + 4 * i);
    if (aead->rounds > 0) {
        for (unsigned i = 0; i < 4; i++) aead->mac.ghash.state[i] = 0;
        aes_two_blocks(aead->schedule, aead->rounds, aead->nonce, 1, aead->mac.ghash.mask);
    } else {
        chacha20_block(aead->schedule, aead->nonce, 0, aead->keystream);
        poly1305_start(&aead->mac.poly1305, aead->keystream);
    }
    mac_absorb(aead, 0, (const uint8_t *)c, d);
    mac_pad(aead, (uint32_t)d);
    wipe_stack();
    return 0;
}

/* Of the block that the message has come to, whose first byte is `at`: 32 bytes for AES, 64 for ChaCha20. */
static void next_keystream(struct aead *aead, uint32_t at)
{
    if (aead->rounds > 0)
        aes_two_blocks(aead->schedule, aead->rounds, aead->nonce, at / 16 + 2, aead->keystream);
    else
        chacha20_block(aead->schedule, aead->nonce, at / 64 + 1, aead->keystream);
}

/* context, bytes, length, mode: 0 seal, 1 open, 2 authenticate (whole 64 bytes, only after others of that kind) */
ENTRY(aead_update)
{
    struct aead *const aead = (struct aead *)a;
    uint8_t *bytes = (uint8_t *)b;
    size_t length = c;
    const unsigned step = aead->rounds > 0 ? 32 : 64;
    uint32_t at = aead->length;
    while (length > 0) {
        const unsigned used = at & (step - 1);
        const size_t piece = length < step - used ? length : step - used;
        if (d != SEAL) mac_absorb(aead, at & 15, bytes, piece);
        if (d != AUTHENTICATE) {
            if (used == 0) next_keystream(aead, at);
            for (unsigned i = 0; i < piece; i++) bytes[i] ^= aead->keystream[used + i];
        }
        if (d == SEAL) mac_absorb(aead, at & 15, bytes, piece);
        bytes += piece;
        at += (uint32_t)piece;
        length -= piece;
    }
    aead->length = at;
    const uint16_t *const state = (const uint16_t *)&aead->mac;
    /* Poly1305's limbs are 13 bits of 16. */
    for (unsigned i = 0; i < 4; i++)
        aead->mark[i] = (uint16_t)(aead->rounds > 0 ? state[i] : state[i] ^ state[4 + i] << 3);
    wipe_stack();
    return 0;
}

/* context, tag, mode: 0 writes it, 1 compares: 1 if equal */
ENTRY(aead_finish)
{
    struct aead *const aead = (struct aead *)a;
    uint8_t *const tag = (uint8_t *)b;
    const int bits = aead->rounds > 0;
    uint8_t *const block = aead->block;
    (void)d;
    mac_pad(aead, aead->length);
    /* The lengths: 64 bits each, GCM's in bits and big-endian. No message is as long as 2^29. */
    wipe(block, 16);
    if (bits) {
        store_be32(block + 4, aead->aad_length * 8);
        store_be32(block + 12, aead->length * 8);
    } else {
        store_le32(block, aead->aad_length);
        store_le32(block + 8, aead->length);
    }
    mac_block(aead, block);
    if (bits) {
        for (unsigned i = 0; i < 4; i++) store_be32(block + 12 - 4 * i, aead->mac.ghash.state[i]);
        for (unsigned i = 0; i < 16; i++) block[i] ^= aead->mac.ghash.mask[i];
    } else {
        poly1305_finish(&aead->mac.poly1305, block);
    }
    uint32_t difference = 0;
    for (unsigned i = 0; i < 16; i++) {
        difference |= block[i] ^ tag[i];
        if (c == 0) tag[i] = block[i];
    }
    wipe_stack();
    return (int32_t)((difference - 1) >> 31);
}
