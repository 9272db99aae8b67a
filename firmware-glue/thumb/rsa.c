/*
 * RSA verification: RSASSA-PKCS1-v1_5 (RFC 8017 §8.2.2) and RSASSA-PSS (§8.1.2, its salt as long as the digest). Not constant
 * time: everything in it is public.
 *
 * With the exponent 65537: RSA-2048 6.3 million cycles (50 ms at 125 MHz), RSA-4096 24.6 million (197 ms), on rp2040js'
 * Cortex-M0+ (test/native/public-key.test.ts prints them).
 *
 * The workspace is 8 * length + 260 bytes: the public exponent at 96 (big-endian, 4 bytes), the digest at 100 (64 bytes at
 * most), the modulus at 164 (`length` bytes, 256 to 512, no leading zero), the signature behind it (as many). What is
 * computed overwrites the signature. Answers 1 if it is good, else 0.
 */
#include "field.h"
#include "hash.h"

enum { EXPONENT = 96, DIGEST = 100, MODULUS = 164 };

/* What is behind modulus and signature. */
static uint32_t *memory_behind(uint8_t *modulus, uint32_t length)
{
    return (uint32_t *)(modulus + ((2 * length + 3) & ~3u));
}

/*
 * RSAVP1 (§5.2.2): the signature lies behind the modulus (4-byte aligned, 32 to 512 bytes). Writes the message representative over
 * it; answers 0 if the modulus is even or the signature is not below it. Takes 6 * length + 93 bytes behind the signature.
 */
int32_t rsa_public(uint8_t *modulus, uint32_t length, uint32_t exponent);
int32_t rsa_public(uint8_t *modulus, uint32_t length, uint32_t exponent)
{
    uint8_t *signature = modulus + length;
    uint32_t n = (length + 15) / 16 * 4;
    uint32_t *p = memory_behind(modulus, length);
    uint32_t *s = p + n;
    uint32_t *work = s + n;
    struct field f;

    limbs_load(p, n, modulus, length);
    limbs_load(s, n, signature, length);
    if ((p[0] & 1) == 0)
        return 0;
    field_init(&f, ANY, n, p, work);
    if (!field_holds(&f, s))
        return 0;
    field_enter(&f, s, s);
    field_power(&f, reg(&f, 0), s, &exponent, 1, 0);
    field_leave(&f, reg(&f, 0));
    limbs_store(reg(&f, 0), signature, length);
    return 1;
}

/* RSAVP1 for keys of 2048 to 4096 bits with odd exponents of 3 or more. */
static int32_t recover(uintptr_t workspace, uintptr_t length, uintptr_t hashed)
{
    const uint32_t exponent = load_be32((uint8_t *)workspace + EXPONENT);
    uint8_t *modulus = (uint8_t *)workspace + MODULUS;

    if (length < 256 || length > 512 || hashed < 32 || hashed > 64 || modulus[0] < (length == 256 ? 128 : 1))
        return 0;
    if (exponent < 3 || (exponent & 1) == 0)
        return 0;
    return rsa_public(modulus, (uint32_t)length, exponent);
}

/* workspace, length, digest's: EMSA-PKCS1-v1_5 (§9.2) is unique, so that there is nothing to parse. */
ENTRY(rsa_pkcs1_verify)
{
    /* DigestInfo up to the digest, but for what follows from its length: .1 is SHA-256, .2 SHA-384, .3 SHA-512. */
    static const uint8_t INFO[20] = {
        0, 0x30, 17, 0x30, 13, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 0, 5, 0, 4, 0,
    };
    const uint8_t *digest = (const uint8_t *)a + DIGEST;
    const uint8_t *encoded = (const uint8_t *)a + MODULUS + b;
    uint32_t wrong;

    (void)d;
    if (!recover(a, b, c))
        return 0;
    wrong = encoded[0] | (encoded[1] ^ 1u);
    for (uint32_t i = 2; i < b; i++) {
        const uint32_t behind = (uint32_t)(b - i);
        uint32_t expected = 255;
        if (behind <= c) {
            expected = digest[c - behind];
        } else if (behind <= c + 20) {
            const uint32_t at = (uint32_t)(c + 20 - behind);
            expected = INFO[at];
            if (at == 2 || at == 19)
                expected += (uint32_t)c;
            if (at == 15)
                expected = (uint32_t)(c / 16 - 1);
        }
        wrong |= encoded[i] ^ expected;
    }
    return wrong == 0;
}

/* workspace, length, digest's: EMSA-PSS-VERIFY (§9.1.2), whose encoding has one bit less than the modulus. */
ENTRY(rsa_pss_verify)
{
    const uint8_t *digest = (const uint8_t *)a + DIGEST;
    uint8_t *encoded = (uint8_t *)a + MODULUS + b;
    uint8_t *hashed = encoded + b - 1 - c;
    uint8_t *salt = hashed - c;
    struct hash *hash = (struct hash *)memory_behind((uint8_t *)a + MODULUS, (uint32_t)b);
    uint8_t *block = (uint8_t *)(hash + 1);
    uint32_t bits = ((uint8_t *)a)[MODULUS];
    uint32_t wrong;

    (void)d;
    if (!recover(a, b, c))
        return 0;
    /* The bits below the modulus' highest; if its first byte has no more, the encoding begins with the second one. */
    bits |= bits >> 1;
    bits |= bits >> 2;
    bits |= bits >> 4;
    bits >>= 1;
    if ((encoded[0] & ~bits) != 0 || hashed[c] != 0xbc)
        return 0;
    if (bits == 0) {
        encoded++;
        bits = 255;
    }

    /* MGF1 (§B.2.1) of the hash, over everything before it. */
    uint8_t *at = encoded;
    for (uint32_t counter = 0; at < hashed; counter++) {
        store_be32(block, counter);
        hash_begin(hash, (unsigned)c * 8);
        hash_absorb(hash, hashed, c);
        hash_absorb(hash, block, 4);
        hash_end(hash, block);
        for (uint32_t i = 0; i < c && at < hashed; i++) *at++ ^= block[i];
    }
    encoded[0] &= (uint8_t)bits;
    wrong = salt[-1] ^ 1u;
    for (at = encoded; at < salt - 1; at++) wrong |= *at;

    wipe(block, 8);
    hash_begin(hash, (unsigned)c * 8);
    hash_absorb(hash, block, 8);
    hash_absorb(hash, digest, c);
    hash_absorb(hash, salt, c);
    hash_end(hash, block);
    for (uint32_t i = 0; i < c; i++) wrong |= block[i] ^ hashed[i];
    return wrong == 0;
}
