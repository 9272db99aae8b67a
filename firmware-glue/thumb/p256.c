/*
 * The curve P-256 (SP 800-186 §3.2.1.3): key pairs and Diffie-Hellman (SP 800-56A §5.7.1.2) with it, and ECDSA's constants.
 *
 * Constant time in the private key and in the shared secret; whether a point was valid is public. p256_verify: see ecdsa.c.
 *
 * A key pair or a secret: 16.5 million cycles (132 ms at 125 MHz), a verification 21.2 million (170 ms), stack below 340 bytes,
 * on rp2040js' Cortex-M0+ (test/native/public-key.test.ts prints them).
 *
 * p256_generate(workspace) and p256_agree(workspace): workspace of 2220 bytes.
 * p256_generate: 40 random bytes at 0 become the private key, 32 bytes (a number in 1..order-1, the lowest byte first: FIPS 186-5
 *   A.2.1), and the public key is written to 43 (0x04, x, y). Answers 1.
 * p256_agree: the private key at 0, the peer's point at 43 (0x04, x, y). The secret is written to 44 (32 bytes). Answers 1, or 0
 *   if the point is not on the curve.
 * p256_verify(workspace, length of the signature, length of the digest): see ecdsa.c.
 */
#include "ecdsa.h"

#define N 8

enum { POINT = 43, INPUT = 108 };

static const uint32_t p256[] = {
    /* p */
    0xffffffff, 0xffffffff, 0xffffffff, 0x00000000, 0x00000000, 0x00000000, 0x00000001, 0xffffffff,
    /* order */
    0xfc632551, 0xf3b9cac2, 0xa7179e84, 0xbce6faad, 0xffffffff, 0xffffffff, 0x00000000, 0xffffffff,
    /* b */
    0x27d2604b, 0x3bce3c3e, 0xcc53b0f6, 0x651d06b0, 0x769886bc, 0xb3ebbd55, 0xaa3a93e7, 0x5ac635d8,
    /* Gx */
    0xd898c296, 0xf4a13945, 0x2deb33a0, 0x77037d81, 0x63a440f2, 0xf8bce6e5, 0xe12c4247, 0x6b17d1f2,
    /* Gy */
    0x37bf51f5, 0xcbb64068, 0x6b315ece, 0x2bce3357, 0x7c0f9e16, 0x8ee7eb4a, 0xfe1a7f9b, 0x4fe342e2,
};

/* Writes private key times FIRST (which is in XYZ, too) to POINT. Answers 0 if that is the neutral point. */
static int32_t multiply(const struct field *f, uint32_t *workspace)
{
    uint8_t *point = (uint8_t *)workspace + POINT;

    curve_double(f, 16 * N);
    limbs_copy(curve_point(f, SECOND), reg(f, X), 3 * N);
    curve_multiply(f, workspace, workspace + N / 2, 16 * N);
    field_power(f, reg(f, U), reg(f, Z), p256, N, 2);
    point[0] = 4;
    for (uint32_t i = X; i <= Y; i++) {
        field_mul(f, reg(f, i), reg(f, i), reg(f, U));
        field_leave(f, reg(f, i));
        limbs_store(reg(f, i), point + 1 + 32 * i, 32);
    }
    return (int32_t)(1 - limbs_zero(reg(f, Z), N));
}

ENTRY(p256_generate)
{
    uint32_t *workspace = (uint32_t *)a;
    struct field f;

    (void)b;
    (void)c;
    (void)d;
    /* lower + R upper modulo the order: entering multiplies by R. */
    field_init(&f, ANY, N, p256 + ORDER * N, workspace + INPUT / 4);
    field_enter(&f, reg(&f, 0), workspace);
    limbs_set(reg(&f, 1), workspace[N], N);
    reg(&f, 1)[1] = workspace[N + 1];
    field_enter(&f, reg(&f, 1), reg(&f, 1));
    field_enter(&f, reg(&f, 1), reg(&f, 1));
    field_add(&f, workspace, reg(&f, 0), reg(&f, 1));
    field_leave(&f, workspace);
    /* 0, which nobody will see, becomes 1. */
    workspace[0] |= limbs_zero(workspace, N);

    curve_init(&f, N, p256, workspace + INPUT / 4);
    curve_enter(&f, FIRST, p256 + GENERATOR * N);
    return multiply(&f, workspace);
}

ENTRY(p256_agree)
{
    uint32_t *workspace = (uint32_t *)a;
    struct field f;

    (void)b;
    (void)c;
    (void)d;
    curve_init(&f, N, p256, workspace + INPUT / 4);
    return curve_read(&f, FIRST, (const uint8_t *)workspace + POINT) && multiply(&f, workspace);
}

ENTRY(p256_verify)
{
    (void)d;
    return ecdsa_verify(N, p256, (uint32_t *)a, b, c);
}
