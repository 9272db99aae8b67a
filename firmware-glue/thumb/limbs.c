/*
 * Rows of limbs, of which all public-key arithmetic here is made.
 *
 * Constant time, all of it: straight-line code, and loops over lengths, which are public.
 *
 * ARMv6-M multiplies 32 by 32 bits to 32 bits, so a product is made of four of 16 by 16 bits. The machine code
 * is for that instruction set, whose MULS, LDM, STM and MOVS leave the carry alone; any later Thumb core runs it as well.
 * Cycles a limb, from the Cortex-M0+ manual's instruction timings: limbs_mac 30.5, limbs_mul 29.75 a row, limbs_add 9.25,
 * limbs_sub 8.25.
 */
#include "limbs.h"

#if defined(__thumb__)

/* The machine code takes them from r0 to r3. */
#pragma GCC diagnostic ignored "-Wunused-parameter"

/*
 * One limb of t += a * b: r0 where in t, r1 where in b, r2 and r3 the lower and the upper half of a, ip the carry. r7:r4
 * gathers a * b + t + carry, which is at most (2^32 - 1)^2 + 2 (2^32 - 1) = 2^64 - 1.
 */
#define STEP                                                                                                           \
    "ldmia r1!, {r5}\n"                                                                                                \
    "lsrs r6, r5, #16\n"                                                                                               \
    "uxth r5, r5\n"                                                                                                    \
    "movs r4, r5\n"                                                                                                    \
    "muls r4, r2, r4\n"                                                                                                \
    "muls r5, r3, r5\n"                                                                                                \
    "lsls r7, r5, #16\n"                                                                                               \
    "lsrs r5, r5, #16\n"                                                                                               \
    "adds r4, r4, r7\n"                                                                                                \
    "movs r7, r6\n"                                                                                                    \
    "muls r7, r3, r7\n"                                                                                                \
    "adcs r7, r7, r5\n"                                                                                                \
    "muls r6, r2, r6\n"                                                                                                \
    "lsls r5, r6, #16\n"                                                                                               \
    "lsrs r6, r6, #16\n"                                                                                               \
    "adds r4, r4, r5\n"                                                                                                \
    "adcs r7, r7, r6\n"                                                                                                \
    "ldr r6, [r0]\n"                                                                                                   \
    "movs r5, #0\n"                                                                                                    \
    "adds r4, r4, r6\n"                                                                                                \
    "adcs r7, r7, r5\n"                                                                                                \
    "mov r6, ip\n"                                                                                                     \
    "adds r4, r4, r6\n"                                                                                                \
    "adcs r7, r7, r5\n"                                                                                                \
    "stmia r0!, {r4}\n"                                                                                                \
    "mov ip, r7\n"

/* lr is the end of b. */
__attribute__((naked)) uint32_t limbs_mac(uint32_t *t, const uint32_t *b, uint32_t a, uint32_t n)
{
    __asm__(".syntax unified\n"
            "push {r4-r7, lr}\n"
            "lsls r3, r3, #2\n"
            "adds r3, r3, r1\n"
            "mov lr, r3\n"
            "lsrs r3, r2, #16\n"
            "uxth r2, r2\n"
            "movs r4, #0\n"
            "mov ip, r4\n"
            "1:\n"
            STEP STEP
            "cmp r1, lr\n"
            "bne 1b\n"
            "mov r0, ip\n"
            "pop {r4-r7, pc}\n");
}

/* r8 and lr are the begin and the end of b, r9 is where in a, r10 the end of a. */
__attribute__((naked)) void limbs_mul(uint32_t *t, const uint32_t *a, const uint32_t *b, uint32_t n)
{
    __asm__(".syntax unified\n"
            "push {r4-r7, lr}\n"
            "mov r4, r8\n"
            "mov r5, r9\n"
            "mov r6, r10\n"
            "push {r4-r6}\n"
            "mov r9, r1\n"
            "mov r8, r2\n"
            "lsls r3, r3, #2\n"
            "adds r1, r1, r3\n"
            "mov r10, r1\n"
            "adds r2, r2, r3\n"
            "mov lr, r2\n"
            "movs r4, #0\n"
            "1:\n"
            "subs r3, r3, #4\n"
            "str r4, [r0, r3]\n"
            "bne 1b\n"
            "2:\n"
            "mov r1, r9\n"
            "ldmia r1!, {r2}\n"
            "mov r9, r1\n"
            "lsrs r3, r2, #16\n"
            "uxth r2, r2\n"
            "mov r1, r8\n"
            "movs r4, #0\n"
            "mov ip, r4\n"
            "3:\n"
            STEP STEP STEP STEP
            "cmp r1, lr\n"
            "bne 3b\n"
            "str r7, [r0]\n"
            /* Back to where the row began, and one on. */
            "mov r4, r8\n"
            "subs r1, r1, r4\n"
            "subs r1, r1, #4\n"
            "subs r0, r0, r1\n"
            "cmp r9, r10\n"
            "bne 2b\n"
            "pop {r4-r6}\n"
            "mov r8, r4\n"
            "mov r9, r5\n"
            "mov r10, r6\n"
            "pop {r4-r7, pc}\n");
}

/* r4 is the carry between the turns, which must not count in it: ADCS makes it 0 or 1, LSRS puts it back. */
__attribute__((naked)) uint32_t limbs_add(uint32_t *r, const uint32_t *a, const uint32_t *b, uint32_t n, uint32_t mask)
{
    __asm__(".syntax unified\n"
            "push {r4-r7, lr}\n"
            "ldr r7, [sp, #20]\n"
            "movs r4, #0\n"
            "1:\n"
            "lsrs r4, r4, #1\n"
            ".rept 4\n"
            "ldmia r1!, {r5}\n"
            "ldmia r2!, {r6}\n"
            "ands r6, r6, r7\n"
            "adcs r5, r5, r6\n"
            "stmia r0!, {r5}\n"
            ".endr\n"
            "adcs r4, r4, r4\n"
            "subs r3, r3, #4\n"
            "bne 1b\n"
            "movs r0, r4\n"
            "pop {r4-r7, pc}\n");
}

__attribute__((naked)) uint32_t limbs_sub(uint32_t *r, const uint32_t *a, const uint32_t *b, uint32_t n)
{
    __asm__(".syntax unified\n"
            "push {r4-r6, lr}\n"
            "movs r4, #1\n"
            "1:\n"
            "lsrs r4, r4, #1\n"
            ".rept 4\n"
            "ldmia r1!, {r5}\n"
            "ldmia r2!, {r6}\n"
            "sbcs r5, r5, r6\n"
            "stmia r0!, {r5}\n"
            ".endr\n"
            "adcs r4, r4, r4\n"
            "subs r3, r3, #4\n"
            "bne 1b\n"
            "movs r0, r4\n"
            "pop {r4-r6, pc}\n");
}

#else

uint32_t limbs_mac(uint32_t *t, const uint32_t *b, uint32_t a, uint32_t n)
{
    uint32_t carry = 0;

    for (uint32_t i = 0; i < n; i++) {
        uint64_t sum = (uint64_t)a * b[i] + t[i] + carry;
        t[i] = (uint32_t)sum;
        carry = (uint32_t)(sum >> 32);
    }
    return carry;
}

void limbs_mul(uint32_t *t, const uint32_t *a, const uint32_t *b, uint32_t n)
{
    limbs_set(t, 0, n);
    for (uint32_t i = 0; i < n; i++)
        t[n + i] = limbs_mac(t + i, b, a[i], n);
}

uint32_t limbs_add(uint32_t *r, const uint32_t *a, const uint32_t *b, uint32_t n, uint32_t mask)
{
    uint32_t carry = 0;

    for (uint32_t i = 0; i < n; i++) {
        uint64_t sum = (uint64_t)a[i] + (b[i] & mask) + carry;
        r[i] = (uint32_t)sum;
        carry = (uint32_t)(sum >> 32);
    }
    return carry;
}

uint32_t limbs_sub(uint32_t *r, const uint32_t *a, const uint32_t *b, uint32_t n)
{
    uint32_t enough = 1;

    for (uint32_t i = 0; i < n; i++) {
        uint64_t sum = (uint64_t)a[i] + (uint32_t)~b[i] + enough;
        r[i] = (uint32_t)sum;
        enough = (uint32_t)(sum >> 32);
    }
    return enough;
}

#endif

void limbs_copy(uint32_t *r, const uint32_t *a, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        r[i] = a[i];
}

void limbs_set(uint32_t *r, uint32_t value, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        r[i] = 0;
    r[0] = value;
}

uint32_t limbs_zero(const uint32_t *a, uint32_t n)
{
    uint32_t bits = 0;

    for (uint32_t i = 0; i < n; i++)
        bits |= a[i];
    return (~bits & (bits - 1)) >> 31;
}

void limbs_load(uint32_t *r, uint32_t n, const uint8_t *bytes, uint32_t length)
{
    limbs_set(r, 0, n);
    for (uint32_t i = 0; i < length; i++)
        r[i >> 2] |= (uint32_t)bytes[length - 1 - i] << 8 * (i & 3);
}

void limbs_store(const uint32_t *a, uint8_t *bytes, uint32_t length)
{
    for (uint32_t i = 0; i < length; i++)
        bytes[length - 1 - i] = (uint8_t)(a[i >> 2] >> 8 * (i & 3));
}
