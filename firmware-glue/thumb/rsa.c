/*
 * RSAVP1 (RFC 8017 §5.2.2): a signature to the power of the public exponent. Not constant time: everything in it is public.
 *
 * With the exponent 65537: RSA-2048 6.3 million cycles (50 ms at 125 MHz), RSA-4096 24.6 million (197 ms), 236 bytes of stack,
 * on rp2040js' Cortex-M0+ (test/native/public-key.test.ts prints them).
 *
 * rsa_public(workspace, length, exponent): the modulus (`length` bytes, 32 to 512, odd) at 0, the signature (as many) at
 * `length`; both big-endian. Writes the message representative over the signature; answers 1, or 0 if the modulus is even or
 * the signature is not below it. Workspace: 8 * length + 96 bytes.
 */
#include "field.h"

ENTRY(rsa_public)
{
    uint8_t *modulus = (uint8_t *)a;
    uint8_t *signature = modulus + b;
    uint32_t exponent = (uint32_t)c;
    uint32_t n = (uint32_t)(b + 15) / 16 * 4;
    uint32_t *p = (uint32_t *)(a + ((2 * b + 3) & ~(uintptr_t)3));
    uint32_t *s = p + n;
    uint32_t *work = s + n;
    struct field f;

    (void)d;
    limbs_load(p, n, modulus, (uint32_t)b);
    limbs_load(s, n, signature, (uint32_t)b);
    if ((p[0] & 1) == 0)
        return 0;
    field_init(&f, ANY, n, p, work);
    if (!field_holds(&f, s))
        return 0;
    field_enter(&f, s, s);
    field_power(&f, reg(&f, 0), s, &exponent, 1, 0);
    field_leave(&f, reg(&f, 0));
    limbs_store(reg(&f, 0), signature, (uint32_t)b);
    return 1;
}
