/*
 * The C of firmware-glue/thumb against BearSSL (Pornin; Debian: libbearssl-dev), an implementation that shares nothing with it:
 * `bearssl N SEED` takes N random and edge inputs of each primitive and ends with 1 at the first difference.
 */
#include <bearssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef int32_t entry(uintptr_t, uintptr_t, uintptr_t, uintptr_t);
#include "entries.h"

#define A(x) ((uintptr_t)(x))
#define LONGEST 1200

static uint64_t state;

static uint32_t below(uint32_t limit)
{
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(state >> 33) % limit;
}

/* Random, or all of them 0, or 255, or both mixed: carries and reductions are there. */
static void fill(uint8_t *bytes, size_t length)
{
    const uint32_t kind = below(5);
    for (size_t i = 0; i < length; i++) {
        const uint8_t byte = (uint8_t)below(256);
        bytes[i] = kind == 0 ? 0 : kind == 1 ? 255 : kind == 2 ? (byte & 1 ? 255 : 0) : byte;
    }
}

static void expect(int holds, const char *what, int run)
{
    if (holds) return;
    printf("%s, input %d: another answer than BearSSL's\n", what, run);
    exit(1);
}

static void hash(int run, unsigned bits, const br_hash_class *theirs)
{
    static uint8_t message[LONGEST];
    uint32_t context[68];
    uint8_t ours[64], expected[64], key[200];
    const size_t length = below(LONGEST);
    const size_t key_length = 1 + below(200);
    const size_t cut = below((uint32_t)length + 1);
    br_hash_compat_context hash_context;
    br_hmac_key_context key_context;
    br_hmac_context hmac_context;
    fill(message, length);
    fill(key, key_length);

    hash_start(A(context), bits, 0, 0);
    hash_update(A(context), A(message), cut, 0);
    hash_update(A(context), A(message + cut), length - cut, 0);
    hash_digest(A(context), A(ours), 0, 0);
    theirs->init(&hash_context.vtable);
    theirs->update(&hash_context.vtable, message, length);
    theirs->out(&hash_context.vtable, expected);
    expect(memcmp(ours, expected, bits / 8) == 0, "SHA-2", run);

    hash_start(A(context), bits, A(key), key_length);
    hash_update(A(context), A(message), length, 0);
    hash_digest(A(context), A(ours), 0, 0);
    br_hmac_key_init(&key_context, theirs, key, key_length);
    br_hmac_init(&hmac_context, &key_context, 0);
    br_hmac_update(&hmac_context, message, length);
    br_hmac_out(&hmac_context, expected);
    expect(memcmp(ours, expected, bits / 8) == 0, "HMAC", run);
}

static void aead(int run, size_t key_length, int kind)
{
    static uint8_t message[LONGEST], ours[LONGEST], expected[LONGEST];
    uint32_t context[165];
    uint8_t key[32], nonce[12], aad[40], tag[16], expected_tag[16];
    const size_t length = below(LONGEST);
    const size_t aad_length = below(41);
    const size_t cut = below((uint32_t)length + 1);
    fill(key, 32);
    fill(nonce, 12);
    fill(aad, aad_length);
    fill(message, length);
    memcpy(ours, message, length);
    memcpy(expected, message, length);

    aead_key(A(context), A(key), key_length, (uintptr_t)kind);
    aead_start(A(context), A(nonce), A(aad), aad_length);
    aead_update(A(context), A(ours), cut, 0);
    aead_update(A(context), A(ours + cut), length - cut, 0);
    aead_finish(A(context), A(tag), 0, 0);
    if (kind == 1) {
        br_poly1305_ctmul_run(key, nonce, expected, length, aad, aad_length, expected_tag, br_chacha20_ct_run, 1);
    } else {
        br_aes_ct_ctr_keys keys;
        br_gcm_context gcm;
        br_aes_ct_ctr_init(&keys, key, key_length);
        br_gcm_init(&gcm, &keys.vtable, br_ghash_ctmul);
        br_gcm_reset(&gcm, nonce, 12);
        br_gcm_aad_inject(&gcm, aad, aad_length);
        br_gcm_flip(&gcm);
        br_gcm_run(&gcm, 1, expected, length);
        br_gcm_get_tag(&gcm, expected_tag);
    }
    expect(memcmp(ours, expected, length) == 0 && memcmp(tag, expected_tag, 16) == 0, kind ? "ChaCha20" : "GCM", run);

    aead_start(A(context), A(nonce), A(aad), aad_length);
    aead_update(A(context), A(ours), length, 1);
    expect(aead_finish(A(context), A(tag), 1, 0) == 1 && memcmp(ours, message, length) == 0, "opening", run);
    tag[below(16)] ^= (uint8_t)(1 << below(8));
    aead_start(A(context), A(nonce), A(aad), aad_length);
    aead_update(A(context), A(expected), length, 1);
    expect(aead_finish(A(context), A(tag), 1, 0) == 0, "a wrong tag", run);
}

int main(int count, char **arguments)
{
    const int runs = count > 1 ? atoi(arguments[1]) : 1000;
    state = count > 2 ? strtoul(arguments[2], 0, 10) : 1;
    for (int run = 0; run < runs; run++) {
        hash(run, 256, &br_sha256_vtable);
        hash(run, 384, &br_sha384_vtable);
        hash(run, 512, &br_sha512_vtable);
        aead(run, 16, 0);
        aead(run, 32, 0);
        aead(run, 32, 1);
    }
    (void)ENTRIES;
    return 0;
}
