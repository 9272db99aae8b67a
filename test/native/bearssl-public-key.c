/*
 * The public-key part of firmware-glue/thumb against BearSSL (Pornin; Debian: libbearssl-dev), an implementation that shares
 * nothing with it: `bearssl-public-key N SEED` takes N random and edge inputs of each primitive and ends with 1 at the first
 * difference.
 */
#include <bearssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef int32_t entry(uintptr_t, uintptr_t, uintptr_t, uintptr_t);
#include "entries.h"

static uint64_t state;

static uint32_t below(uint32_t limit)
{
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(state >> 33) % limit;
}

/* Random, or all of them 0, or 255, or words of both: carries and reductions are there. */
static void fill(uint8_t *bytes, size_t length)
{
    const uint32_t kind = below(6);
    uint8_t word = 0;

    for (size_t i = 0; i < length; i++) {
        const uint8_t byte = (uint8_t)below(256);

        if (i % 4 == 0) word = byte & 1 ? 255 : 0;
        bytes[i] = kind == 0 ? 0 : kind == 1 ? 255 : kind == 2 ? word : byte;
    }
    if (below(3) == 0) bytes[below((uint32_t)length)] ^= (uint8_t)(1 << below(8));
}

static void expect(int holds, const char *what, int run)
{
    if (holds) return;
    printf("%s, input %d: another answer than BearSSL's\n", what, run);
    exit(1);
}

static void reverse(uint8_t *to, const uint8_t *from, size_t length)
{
    for (size_t i = 0; i < length; i++)
        to[i] = from[length - 1 - i];
}

static void agreement_25519(int run)
{
    uint32_t workspace[123];
    uint8_t *bytes = (uint8_t *)workspace;
    uint8_t scalar[32], u[32];
    uint32_t bits = 0;
    int32_t answer;

    fill(scalar, 32);
    fill(u, 32);
    memcpy(bytes, scalar, 32);
    memcpy(bytes + 44, u, 32);
    answer = x25519((uintptr_t)workspace, 0, 0, 0);
    br_ec_c25519_m31.mul(u, 32, scalar, 32, BR_EC_curve25519);
    for (int i = 0; i < 32; i++)
        bits |= u[i];
    expect(memcmp(bytes + 44, u, 32) == 0, "x25519", run);
    expect(answer == (bits != 0), "x25519, zero", run);
}

static void agreement_p256(int run)
{
    uint32_t workspace[555];
    uint8_t *bytes = (uint8_t *)workspace;
    uint8_t drawn[40], scalar[32], point[65], theirs[65], secret[65];
    int32_t answer;

    fill(drawn, 40);
    memcpy(bytes, drawn, 40);
    answer = p256_generate((uintptr_t)workspace, 0, 0, 0);
    expect(answer == 1, "p256_generate", run);
    reverse(scalar, bytes, 32);
    br_ec_p256_m31.mulgen(point, scalar, 32, BR_EC_secp256r1);
    expect(memcmp(bytes + 43, point, 65) == 0, "p256_generate", run);

    uint8_t other[32];
    fill(other, 32);
    other[0] &= 127;
    other[31] |= 1;
    br_ec_p256_m31.mulgen(theirs, other, 32, BR_EC_secp256r1);
    if (below(8) == 0) theirs[below(65)] ^= (uint8_t)(1 << below(8));
    memcpy(bytes + 43, theirs, 65);
    answer = p256_agree((uintptr_t)workspace, 0, 0, 0);
    memcpy(secret, theirs, 65);
    expect((answer != 0) == (br_ec_p256_m31.mul(secret, 65, scalar, 32, BR_EC_secp256r1) != 0), "p256_agree, validity", run);
    if (answer) expect(memcmp(bytes + 44, secret + 1, 32) == 0, "p256_agree", run);
}

static void verification(int run, int curve, size_t size, entry *verify, uint32_t *workspace)
{
    static const br_hash_class *const hashes[] = {&br_sha256_vtable, &br_sha384_vtable, &br_sha512_vtable};
    static const size_t lengths[] = {32, 48, 64};
    uint8_t *bytes = (uint8_t *)workspace;
    uint8_t x[48], point[97], digest[64], signature[140];
    const uint32_t which = below(3);
    br_ec_private_key private_key = {curve, x, size};
    br_ec_public_key public_key = {curve, point, 2 * size + 1};

    fill(x, size);
    x[0] &= 127;
    x[size - 1] |= 1;
    br_ec_all_m31.mulgen(point, x, size, curve);
    fill(digest, 64);
    /* BearSSL refuses a digest of zero, which is as good as any. */
    digest[5] |= 2;
    size_t length = br_ecdsa_i31_sign_asn1(&br_ec_all_m31, hashes[which], digest, &private_key, signature);
    expect(length > 0, "signing", run);
    switch (below(4)) {
    case 0:
        /* Not in the encoding, with which BearSSL is laxer. */
        signature[length - 1 - below((uint32_t)size / 2)] ^= (uint8_t)(1 << below(8));
        break;
    case 1:
        digest[below((uint32_t)(size < lengths[which] ? size : lengths[which]))] ^= (uint8_t)(1 << below(8));
        break;
    }
    memset(bytes, 0, 268);
    memcpy(bytes + 3, point, 2 * size + 1);
    memcpy(bytes + 100, digest, lengths[which]);
    memcpy(bytes + 164, signature, length);
    const uint32_t theirs =
        br_ecdsa_i31_vrfy_asn1(&br_ec_all_m31, digest, lengths[which], &public_key, signature, length);
    const int32_t ours = verify((uintptr_t)workspace, length, lengths[which], 0);
    expect((uint32_t)ours == theirs, size == 32 ? "p256_verify" : "p384_verify", run);
}

/* Of rsa.c, below its entries. */
int32_t rsa_public(uint8_t *modulus, uint32_t length, uint32_t exponent);

static void power(int run)
{
    static uint32_t workspace[(8 * 512 + 96) / 4];
    uint8_t *bytes = (uint8_t *)workspace;
    uint8_t modulus[512], signature[512], exponent[4];
    const size_t size = run % 8 ? 256 + below(20) : 257 + below(256);
    uint32_t e = run % 4 ? 65537 : below(0x7fffffff) | 1;

    if (run % 16 == 1) e = 3;
    fill(modulus, size);
    modulus[0] |= (uint8_t)(1 << below(8));
    modulus[size - 1] |= 1;
    fill(signature, size);
    if (below(8) > 0) signature[0] = 0;
    for (int i = 0; i < 4; i++)
        exponent[i] = (uint8_t)(e >> (24 - 8 * i));
    memcpy(bytes, modulus, size);
    memcpy(bytes + size, signature, size);
    br_rsa_public_key key = {modulus, size, exponent, 4};
    const uint32_t theirs = br_rsa_i31_public(signature, size, &key);
    const int32_t ours = rsa_public(bytes, (uint32_t)size, e);
    expect((uint32_t)ours == theirs, "rsa_public, range", run);
    if (ours) expect(memcmp(bytes + size, signature, size) == 0, "rsa_public", run);
}

int main(int count, char **arguments)
{
    static uint32_t workspace256[2476 / 4], workspace384[3580 / 4];

    if (count != 3) return 2;
    const int runs = atoi(arguments[1]);
    state = strtoull(arguments[2], 0, 10);
    for (int run = 0; run < runs; run++) {
        agreement_25519(run);
        agreement_p256(run);
        verification(run, BR_EC_secp256r1, 32, p256_verify, workspace256);
        verification(run, BR_EC_secp384r1, 48, p384_verify, workspace384);
        power(run);
    }
    return 0;
}
