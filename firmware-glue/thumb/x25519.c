/*
 * X25519 (RFC 7748 §5): the Montgomery ladder of 255 steps with arithmetic swaps.
 *
 * Constant time in the private key and in the result; whether the result is zero is public (it ends the handshake).
 *
 * 9.4 million cycles (75 ms at 125 MHz) and 228 bytes of stack on rp2040js' Cortex-M0+ (test/native/public-key.test.ts prints them).
 *
 * x25519(workspace): workspace of 492 bytes; the private key at 0 (32 bytes, any; it is clamped in place), the peer's u at 44
 * (32 bytes; its highest bit is ignored). The product is written to 44. Answers 1, or 0 if it is zero (RFC 7748 §6.1).
 */
#include "field.h"

#define N 8

/* 2^255 - 19. */
static const uint32_t prime[N] = {
    0xffffffed, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0x7fffffff,
};

/* Registers, by their names in RFC 7748 §5. Z_2 lies behind X_2, and Z_3 behind X_3. */
enum { X_2, Z_2, X_3, Z_3, X_1, A24, A, B, C, D };

static const uint16_t ladder_step[] = {
    ADD(A, X_2, Z_2),
    SUB(B, X_2, Z_2),
    ADD(C, X_3, Z_3),
    SUB(D, X_3, Z_3),
    MUL(D, D, A),
    MUL(C, C, B),
    MUL(A, A, A),
    MUL(B, B, B),
    ADD(X_3, D, C),
    MUL(X_3, X_3, X_3),
    SUB(Z_3, D, C),
    MUL(Z_3, Z_3, Z_3),
    MUL(Z_3, Z_3, X_1),
    MUL(X_2, A, B),
    SUB(B, A, B),
    MUL(Z_2, A24, B),
    ADD(Z_2, Z_2, A),
    MUL(Z_2, Z_2, B),
    END,
};

/* Exchanges (X_2, Z_2) with (X_3, Z_3) if `bit` is 1. */
static void swap(const struct field *f, uint32_t bit)
{
    uint32_t *a = reg(f, X_2);
    uint32_t mask = -bit;

    for (uint32_t i = 0; i < 2 * N; i++) {
        uint32_t difference = (a[i] ^ a[i + 2 * N]) & mask;
        a[i] ^= difference;
        a[i + 2 * N] ^= difference;
    }
}

ENTRY(x25519)
{
    uint32_t *scalar = (uint32_t *)a;
    uint32_t *u = scalar + 11;
    struct field f;
    uint32_t swapped = 0;

    (void)b;
    (void)c;
    (void)d;
    field_init(&f, MODULO_2_256_38, N, prime, u + N);
    scalar[0] &= ~(uint32_t)7;
    scalar[N - 1] = (scalar[N - 1] & 0x3fffffff) | 0x40000000;
    u[N - 1] &= 0x7fffffff;

    limbs_copy(reg(&f, X_1), u, N);
    limbs_copy(reg(&f, X_3), u, N);
    limbs_set(reg(&f, X_2), 1, N);
    limbs_set(reg(&f, Z_2), 0, N);
    limbs_set(reg(&f, Z_3), 1, N);
    limbs_set(reg(&f, A24), 121665, N);

    for (uint32_t i = 255; i-- > 0;) {
        uint32_t bit = scalar[i >> 5] >> (i & 31) & 1;

        swap(&f, swapped ^ bit);
        swapped = bit;
        field_run(&f, ladder_step);
    }
    /* The lowest bits of the scalar are 0, so nothing is left to be swapped back. */
    field_power(&f, u, reg(&f, Z_2), prime, N, 2);
    field_mul(&f, u, u, reg(&f, X_2));
    /* From below 2 p to below p. */
    limbs_add(u, u, prime, N, limbs_sub(u, u, prime, N) - 1);
    return (int32_t)(1 - limbs_zero(u, N));
}
