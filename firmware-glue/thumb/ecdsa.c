/*
 * ECDSA verification (FIPS 186-5 §6.4.2) of DER signatures (RFC 3279 §2.2.3), strictly: minimal lengths and integers, nothing
 * behind them.
 *
 * Not constant time: everything in it is public.
 *
 * The workspace is 2476 bytes for P-256, 3580 for P-384: the public key at 3 (0x04, x, y), so that x is aligned; the digest
 * at 100 (64 bytes at most), the signature at 164 (104 bytes at most). Answers 1 if it is good, else 0.
 */
#include "ecdsa.h"

enum { POINT = 3, DIGEST = 100, SIGNATURE = 164, LONGEST = 104, INPUT = SIGNATURE + LONGEST };

/* Reads a DER INTEGER that is positive, minimal and of n limbs at most; answers where it ends, or 0. */
static uint32_t read_integer(uint32_t *r, uint32_t n, const uint8_t *bytes, uint32_t at, uint32_t end)
{
    const uint8_t *p = bytes + at;
    uint32_t length = p[1];

    at += 2 + length;
    if (p[0] != 2 || length == 0 || at > end || p[2] > 127)
        return 0;
    p += 2;
    if (p[0] == 0 && length > 1) {
        p++;
        length--;
        if (p[0] < 128)
            return 0;
    }
    if (length > 4 * n)
        return 0;
    limbs_load(r, n, p, length);
    return at;
}

int32_t ecdsa_verify(uint32_t n, const uint32_t *constants, uint32_t *workspace, uint32_t length, uint32_t hashed)
{
    const uint8_t *input = (const uint8_t *)workspace;
    const uint8_t *signature = input + SIGNATURE;
    const uint32_t *order = constants + ORDER * n;
    uint32_t *r = workspace + INPUT / 4;
    uint32_t *a = r + n;
    uint32_t *b = a + n;
    uint32_t *work = b + n;
    struct field f;
    uint32_t middle;

    field_init(&f, ANY, n, order, work);
    /* Two integers of 49 bytes at most: every length is one byte. */
    if (length < 8 || length > LONGEST || signature[0] != 0x30 || signature[1] != length - 2)
        return 0;
    middle = read_integer(r, n, signature, 2, length);
    if (middle == 0 || read_integer(b, n, signature, middle, length) != length)
        return 0;
    if (limbs_zero(r, n) || limbs_zero(b, n) || !field_holds(&f, r) || !field_holds(&f, b))
        return 0;

    /* The leftmost bits of the digest, divided by s. Only 1 / s is in Montgomery form, so that the quotients are not. */
    field_enter(&f, reg(&f, 1), b);
    field_power(&f, reg(&f, 0), reg(&f, 1), order, n, 2);
    limbs_load(a, n, input + DIGEST, hashed < 4 * n ? hashed : 4 * n);
    field_mul(&f, a, reg(&f, 0), a);
    field_mul(&f, b, reg(&f, 0), r);

    curve_init(&f, n, constants, work);
    curve_enter(&f, FIRST, constants + GENERATOR * n);
    if (!curve_read(&f, SECOND, input + POINT))
        return 0;
    curve_multiply(&f, a, b, 32 * n);
    if (limbs_zero(reg(&f, Z), n))
        return 0;

    /* x / z was reduced modulo the order, which is a little below the prime: it was r, or r + order. */
    for (uint32_t i = 0; i < 2 && field_holds(&f, r); i++) {
        field_enter(&f, a, r);
        field_mul(&f, a, a, reg(&f, Z));
        field_sub(&f, a, a, reg(&f, X));
        if (limbs_zero(a, n))
            return 1;
        if (limbs_add(r, r, order, n, 0xffffffff))
            break;
    }
    return 0;
}
