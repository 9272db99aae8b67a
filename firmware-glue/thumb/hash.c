/*
 * SHA-256, SHA-384 and SHA-512 (FIPS 180-4) over input in pieces, and HMAC (RFC 2104) with them.
 * Context: struct hash of hash.h, 272 bytes. Stack: about 700 bytes, most of it the copy that hash_result finishes.
 */
#include "hash.h"

/* FIPS 180-4 §5.3.4 and §5.3.5, the lower halves first; the upper ones of the second are SHA-256's, §5.3.3. */
static const uint32_t INITIAL_384[16] = {
    0xc1059ed8, 0xcbbb9d5d, 0x367cd507, 0x629a292a, 0x3070dd17, 0x9159015a, 0xf70e5939, 0x152fecd8,
    0xffc00b31, 0x67332667, 0x68581511, 0x8eb44a87, 0x64f98fa7, 0xdb0c2e0d, 0xbefa4fa4, 0x47b5481d,
};
static const uint32_t INITIAL_512[16] = {
    0xf3bcc908, 0x6a09e667, 0x84caa73b, 0xbb67ae85, 0xfe94f82b, 0x3c6ef372, 0x5f1d36f1, 0xa54ff53a,
    0xade682d1, 0x510e527f, 0x2b3e6c1f, 0x9b05688c, 0xfb41bd6b, 0x1f83d9ab, 0x137e2179, 0x5be0cd19,
};

static inline size_t block_length(const struct hash *hash)
{
    return hash->bits == 256 ? 64 : 128;
}

static void compress(struct hash *hash, const uint8_t *bytes, size_t length)
{
    if (hash->bits == 256)
        sha256_compress(hash->state, bytes, length);
    else
        sha512_compress(hash->state, bytes, length);
}

void hash_begin(struct hash *hash, unsigned bits)
{
    const uint32_t *initial = bits == 384 ? INITIAL_384 : INITIAL_512;
    hash->bits = bits;
    hash->length = 0;
    hash->keyed = 0;
    for (unsigned i = 0; i < 16; i++) hash->state[i] = bits != 256 ? initial[i] : i < 8 ? initial[2 * i + 1] : 0;
}

void hash_absorb(struct hash *hash, const uint8_t *bytes, size_t length)
{
    const size_t size = block_length(hash);
    size_t used = hash->length & (size - 1);
    hash->length += (uint32_t)length;
    if (used > 0) {
        const size_t piece = length < size - used ? length : size - used;
        copy_bytes(hash->block + used, bytes, piece);
        if (used + piece < size) return;
        compress(hash, hash->block, size);
        bytes += piece;
        length -= piece;
    }
    const size_t rest = length & (size - 1);
    compress(hash, bytes, length - rest);
    copy_bytes(hash->block, bytes + (length - rest), rest);
}

/* Pads (FIPS 180-4 §5.1), finishes, writes the digest. `hash` is of no use afterwards. */
static void finish(struct hash *hash, uint8_t *into)
{
    const size_t size = block_length(hash);
    const uint32_t length = hash->length;
    size_t used = length & (size - 1);
    hash->block[used++] = 0x80;
    /* The length in bits takes 8 of 64 bytes, or 16 of 128. */
    if (used > size - (size >> 3)) {
        wipe(hash->block + used, size - used);
        compress(hash, hash->block, size);
        used = 0;
    }
    wipe(hash->block + used, size - used);
    store_be32(hash->block + size - 8, length >> 29);
    store_be32(hash->block + size - 4, length << 3);
    compress(hash, hash->block, size);
    for (unsigned i = 0; i < hash->bits / 32; i++)
        store_be32(into + 4 * i, hash->state[hash->bits == 256 ? i : i ^ 1]);
}

/* Absorbs the key block, each byte of it XORed with `pad`. */
static void absorb_padded(struct hash *hash, unsigned bits, const uint8_t *key, size_t length, uint8_t pad)
{
    hash_begin(hash, bits);
    const size_t size = block_length(hash);
    for (size_t i = 0; i < size; i++) hash->block[i] = (uint8_t)((i < length ? key[i] : 0) ^ pad);
    compress(hash, hash->block, size);
    hash->length = (uint32_t)size;
}

void hash_key(struct hash *hash, unsigned bits, const uint8_t *key, size_t length)
{
    uint8_t digest[64];
    hash_begin(hash, bits);
    if (length > block_length(hash)) {
        hash_absorb(hash, key, length);
        finish(hash, digest);
        key = digest;
        length = bits / 8;
    }
    absorb_padded(hash, bits, key, length, 0x5c);
    copy_bytes((uint8_t *)hash->outer, (const uint8_t *)hash->state, sizeof hash->outer);
    absorb_padded(hash, bits, key, length, 0x36);
    hash->keyed = 1;
    wipe(digest, sizeof digest);
}

void hash_end(struct hash *hash, uint8_t *into)
{
    finish(hash, into);
    if (hash->keyed) {
        copy_bytes((uint8_t *)hash->state, (const uint8_t *)hash->outer, sizeof hash->state);
        hash->length = (uint32_t)block_length(hash);
        hash_absorb(hash, into, hash->bits / 8);
        finish(hash, into);
    }
}

void hash_result(const struct hash *hash, uint8_t *into)
{
    struct hash last;
    copy_bytes((uint8_t *)&last, (const uint8_t *)hash, sizeof last);
    hash_end(&last, into);
    wipe(&last, sizeof last);
}

/* context, bits (256, 384, 512), key or 0, key's length: with a key it is an HMAC. */
ENTRY(hash_start)
{
    if (c != 0)
        hash_key((struct hash *)a, (unsigned)b, (const uint8_t *)c, d);
    else
        hash_begin((struct hash *)a, (unsigned)b);
    return 0;
}

/* context, bytes, length */
ENTRY(hash_update)
{
    (void)d;
    hash_absorb((struct hash *)a, (const uint8_t *)b, c);
    return 0;
}

/* context, where to */
ENTRY(hash_digest)
{
    (void)c;
    (void)d;
    hash_result((const struct hash *)a, (uint8_t *)b);
    return 0;
}

/* where to, key, message, lengths: digest's (32, 48, 64) | key's << 8 | message's << 16 */
ENTRY(hmac)
{
    struct hash hash;
    hash_key(&hash, (unsigned)(d & 255) * 8, (const uint8_t *)b, d >> 8 & 255);
    hash_absorb(&hash, (const uint8_t *)c, d >> 16);
    hash_end(&hash, (uint8_t *)a);
    wipe(&hash, sizeof hash);
    return 0;
}
