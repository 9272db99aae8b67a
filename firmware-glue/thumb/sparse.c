/*
 * Montgomery's reduction modulo the primes of P-256 and P-384 (SP 800-186 §3.2.1), whose multiples are sums:
 *   P-256: 2^256 - 2^224 + 2^192 + 2^96 - 1, P-384: 2^384 - 2^128 - 2^96 + 2^32 - 1.
 * Both are -1 modulo 2^32, so that a number whose lowest limb is m becomes a multiple of 2^32 with m * p added.
 *
 * Constant time. Cycles, from the Cortex-M0+ manual's instruction timings: 400 and 1450; with limbs_mac it would be 2500 and
 * 5100.
 */
#include "sparse.h"

#if defined(__thumb__)

/* The machine code takes it from r0. */
#pragma GCC diagnostic ignored "-Wunused-parameter"

/* r1 m; r6:r5 = 2^32 m - m, for limbs 7 and 8; r4 0; r7 the carry of the row before, for limb 8; r3 where the rows end. */
__attribute__((naked)) uint32_t sparse_p256(uint32_t *t)
{
    __asm__(".syntax unified\n"
            "push {r4-r7, lr}\n"
            "movs r3, #32\n"
            "adds r3, r3, r0\n"
            "movs r4, #0\n"
            "movs r7, #0\n"
            "1:\n"
            "ldr r1, [r0]\n"
            "rsbs r5, r1, #0\n"
            "movs r6, r1\n"
            "sbcs r6, r6, r4\n"
            "ldr r2, [r0, #12]\n"
            "adds r2, r2, r1\n"
            "str r2, [r0, #12]\n"
            "ldr r2, [r0, #16]\n"
            "adcs r2, r2, r4\n"
            "str r2, [r0, #16]\n"
            "ldr r2, [r0, #20]\n"
            "adcs r2, r2, r4\n"
            "str r2, [r0, #20]\n"
            "ldr r2, [r0, #24]\n"
            "adcs r2, r2, r1\n"
            "str r2, [r0, #24]\n"
            "ldr r2, [r0, #28]\n"
            "adcs r2, r2, r5\n"
            "str r2, [r0, #28]\n"
            "adcs r6, r6, r4\n"
            "lsrs r7, r7, #1\n"
            "ldr r2, [r0, #32]\n"
            "adcs r2, r2, r6\n"
            "str r2, [r0, #32]\n"
            "adcs r7, r7, r7\n"
            "adds r0, r0, #4\n"
            "cmp r0, r3\n"
            "bne 1b\n"
            "movs r0, r7\n"
            "pop {r4-r7, pc}\n");
}

/*
 * r1 m; r4 0; r7 the carry of the row before, for limb 12; r5 where the rows end. First -2^96 and -2^128, whose borrow is r3
 * (0 or -1), then 2^32, and 2^384 last.
 */
__attribute__((naked)) uint32_t sparse_p384(uint32_t *t)
{
    __asm__(".syntax unified\n"
            "push {r4-r7, lr}\n"
            "movs r5, #48\n"
            "adds r5, r5, r0\n"
            "movs r4, #0\n"
            "movs r7, #0\n"
            "1:\n"
            "ldr r1, [r0]\n"
            "ldr r2, [r0, #12]\n"
            "subs r2, r2, r1\n"
            "str r2, [r0, #12]\n"
            "ldr r2, [r0, #16]\n"
            "sbcs r2, r2, r1\n"
            "str r2, [r0, #16]\n"
            ".irp at, 20, 24, 28, 32, 36, 40, 44\n"
            "ldr r2, [r0, #\\at]\n"
            "sbcs r2, r2, r4\n"
            "str r2, [r0, #\\at]\n"
            ".endr\n"
            "sbcs r3, r3, r3\n"
            "ldr r2, [r0, #4]\n"
            "adds r2, r2, r1\n"
            "str r2, [r0, #4]\n"
            ".irp at, 8, 12, 16, 20, 24, 28, 32, 36, 40, 44\n"
            "ldr r2, [r0, #\\at]\n"
            "adcs r2, r2, r4\n"
            "str r2, [r0, #\\at]\n"
            ".endr\n"
            "adcs r1, r1, r3\n"
            "lsrs r7, r7, #1\n"
            "ldr r2, [r0, #48]\n"
            "adcs r2, r2, r1\n"
            "str r2, [r0, #48]\n"
            "adcs r7, r7, r7\n"
            "adds r0, r0, #4\n"
            "cmp r0, r5\n"
            "bne 1b\n"
            "movs r0, r7\n"
            "pop {r4-r7, pc}\n");
}

#else

/* `signs` are those of the powers of 2^32 in p, from the lowest on; the last one, of 2^(32 n), is 1. */
static uint32_t reduce(uint32_t *t, const int8_t *signs, uint32_t n)
{
    uint32_t carry = 0;

    for (uint32_t row = 0; row < n; row++, t++) {
        int64_t m = t[0];
        int64_t sum = 0;

        for (uint32_t i = 0; i < n; i++) {
            sum += (int64_t)t[i] + signs[i] * m;
            t[i] = (uint32_t)sum;
            sum >>= 32;
        }
        sum += (int64_t)t[n] + m + carry;
        t[n] = (uint32_t)sum;
        carry = (uint32_t)(sum >> 32);
    }
    return carry;
}

uint32_t sparse_p256(uint32_t *t)
{
    static const int8_t signs[] = {-1, 0, 0, 1, 0, 0, 1, -1};

    return reduce(t, signs, 8);
}

uint32_t sparse_p384(uint32_t *t)
{
    static const int8_t signs[] = {-1, 1, 0, -1, -1, 0, 0, 0, 0, 0, 0, 0};

    return reduce(t, signs, 12);
}

#endif
