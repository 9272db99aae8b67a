/*
 * AES (FIPS 197), encryption only, bitsliced: word i of the state holds bit i of all 32 bytes of two blocks, so there is no
 * table and no index that depends on data. Bit 8 * row + 2 * column + block of each word is the byte at that row and column.
 * The S-box is the circuit of Boyar and Peralta, "A depth-16 circuit for the AES S-box" (IACR ePrint 2011/332), with the names
 * that the paper gives its wires. Stack: about 250 bytes.
 */
#include "aes.h"

static void sub_bytes(uint32_t *q)
{
    const uint32_t x0 = q[7], x1 = q[6], x2 = q[5], x3 = q[4], x4 = q[3], x5 = q[2], x6 = q[1], x7 = q[0];

    /* Top linear layer. */
    const uint32_t y14 = x3 ^ x5, y13 = x0 ^ x6, y9 = x0 ^ x3, y8 = x0 ^ x5, t0 = x1 ^ x2, y1 = t0 ^ x7, y4 = y1 ^ x3;
    const uint32_t y12 = y13 ^ y14, y2 = y1 ^ x0, y5 = y1 ^ x6, y3 = y5 ^ y8, t1 = x4 ^ y12, y15 = t1 ^ x5, y20 = t1 ^ x1;
    const uint32_t y6 = y15 ^ x7, y10 = y15 ^ t0, y11 = y20 ^ y9, y7 = x7 ^ y11, y17 = y10 ^ y11, y19 = y10 ^ y8;
    const uint32_t y16 = t0 ^ y11, y21 = y13 ^ y16, y18 = x0 ^ y16;

    /* The inversion in GF(2^8). */
    const uint32_t t2 = y12 & y15, t3 = y3 & y6, t4 = t3 ^ t2, t5 = y4 & x7, t6 = t5 ^ t2, t7 = y13 & y16, t8 = y5 & y1;
    const uint32_t t9 = t8 ^ t7, t10 = y2 & y7, t11 = t10 ^ t7, t12 = y9 & y11, t13 = y14 & y17, t14 = t13 ^ t12;
    const uint32_t t15 = y8 & y10, t16 = t15 ^ t12, t17 = t4 ^ t14, t18 = t6 ^ t16, t19 = t9 ^ t14, t20 = t11 ^ t16;
    const uint32_t t21 = t17 ^ y20, t22 = t18 ^ y19, t23 = t19 ^ y21, t24 = t20 ^ y18, t25 = t21 ^ t22, t26 = t21 & t23;
    const uint32_t t27 = t24 ^ t26, t28 = t25 & t27, t29 = t28 ^ t22, t30 = t23 ^ t24, t31 = t22 ^ t26, t32 = t31 & t30;
    const uint32_t t33 = t32 ^ t24, t34 = t23 ^ t33, t35 = t27 ^ t33, t36 = t24 & t35, t37 = t36 ^ t34, t38 = t27 ^ t36;
    const uint32_t t39 = t29 & t38, t40 = t25 ^ t39, t41 = t40 ^ t37, t42 = t29 ^ t33, t43 = t29 ^ t40, t44 = t33 ^ t37;
    const uint32_t t45 = t42 ^ t41, z0 = t44 & y15, z1 = t37 & y6, z2 = t33 & x7, z3 = t43 & y16, z4 = t40 & y1;
    const uint32_t z5 = t29 & y7, z6 = t42 & y11, z7 = t45 & y17, z8 = t41 & y10, z9 = t44 & y12, z10 = t37 & y3;
    const uint32_t z11 = t33 & y4, z12 = t43 & y13, z13 = t40 & y5, z14 = t29 & y2, z15 = t42 & y9, z16 = t45 & y14;
    const uint32_t z17 = t41 & y8;

    /* Bottom linear layer. */
    const uint32_t t46 = z15 ^ z16, t47 = z10 ^ z11, t48 = z5 ^ z13, t49 = z9 ^ z10, t50 = z2 ^ z12, t51 = z2 ^ z5;
    const uint32_t t52 = z7 ^ z8, t53 = z0 ^ z3, t54 = z6 ^ z7, t55 = z16 ^ z17, t56 = z12 ^ t48, t57 = t50 ^ t53;
    const uint32_t t58 = z4 ^ t46, t59 = z3 ^ t54, t60 = t46 ^ t57, t61 = z14 ^ t57, t62 = t52 ^ t58, t63 = t49 ^ t58;
    const uint32_t t64 = z4 ^ t59, t65 = t61 ^ t62, t66 = z1 ^ t63, t67 = t64 ^ t65, s3 = t53 ^ t66;
    q[7] = t59 ^ t63;
    q[6] = t64 ^ ~s3;
    q[5] = t55 ^ ~t67;
    q[4] = s3;
    q[3] = t51 ^ t66;
    q[2] = t47 ^ t65;
    q[1] = t56 ^ ~t62;
    q[0] = t48 ^ ~t60;
}

/* Exchanges the bits of *x that `mask` << shift selects with those of *y that `mask` selects. */
static inline void swap(uint32_t *x, uint32_t *y, uint32_t mask, unsigned shift)
{
    const uint32_t t = ((*x >> shift) ^ *y) & mask;
    *y ^= t;
    *x ^= t << shift;
}

/* Into the bitsliced form and back: bit i of a byte of word j changes places with bit j of that byte of word i. */
static void transpose(uint32_t *q)
{
    for (unsigned i = 0; i < 8; i += 2) swap(q + i, q + i + 1, 0x55555555, 1);
    for (unsigned i = 0; i < 8; i += (i & 1) ? 3 : 1) swap(q + i, q + i + 2, 0x33333333, 2);
    for (unsigned i = 0; i < 4; i++) swap(q + i, q + i + 4, 0x0f0f0f0f, 4);
}

/* Rows are bytes of the words, columns pairs of bits: rows 2 and 3 move by two columns, then rows 1 and 3 by one. */
static void shift_rows(uint32_t *q)
{
    for (unsigned i = 0; i < 8; i++) {
        uint32_t x = q[i];
        const uint32_t t = (x ^ x >> 4) & 0x0f0f0000;
        x ^= t ^ t << 4;
        q[i] = (x & 0x00ff00ff) | (x >> 2 & 0x3f003f00) | (x << 6 & 0xc000c000);
    }
}

/* Twice a row and thrice the next and the two after that, FIPS 197 §5.1.3; rows are bytes of the words. */
static void mix_columns(uint32_t *q)
{
    const uint32_t high = q[7] ^ rotate_right(q[7], 8);
    uint32_t doubled = high;
    for (unsigned i = 0; i < 8; i++) {
        const uint32_t next = rotate_right(q[i], 8);
        const uint32_t sum = q[i] ^ next;
        q[i] = doubled ^ next ^ rotate_right(sum, 16);
        /* x^8 is x^4 + x^3 + x + 1. */
        doubled = sum ^ (high & -(uint32_t)((0x0d >> i) & 1));
    }
}

static uint32_t substitute_word(uint32_t word)
{
    uint32_t q[8] = {word, 0, 0, 0, 0, 0, 0, 0};
    transpose(q);
    sub_bytes(q);
    transpose(q);
    return q[0];
}

void aes_expand_key(uint32_t *schedule, const uint8_t *key, size_t key_length)
{
    const unsigned key_words = (unsigned)key_length / 4;
    const unsigned words = 4 * key_words + 28;
    uint32_t *const last = schedule + 2 * words;
    /* The words first, FIPS 197 §5.2, at the end of the schedule: what is bitsliced stays behind what is read. */
    uint32_t *const w = last - words;
    uint32_t constant = 1;
    for (unsigned i = 0, phase = 0; i < words; i++, phase = phase + 1 == key_words ? 0 : phase + 1) {
        if (i < key_words) {
            w[i] = load_le32(key + 4 * i);
            continue;
        }
        uint32_t t = w[i - 1];
        if (phase == 0) {
            t = substitute_word(rotate_right(t, 8)) ^ constant;
            constant = constant << 1 ^ (constant >> 7) * 0x11b;
        } else if (phase == 4) {
            t = substitute_word(t);
        }
        w[i] = w[i - key_words] ^ t;
    }
    for (unsigned i = 0; i < words; i += 4) {
        uint32_t q[8];
        for (unsigned j = 0; j < 4; j++) q[2 * j] = q[2 * j + 1] = w[i + j];
        transpose(q);
        for (unsigned j = 0; j < 8; j++) schedule[2 * i + j] = q[j];
    }
}

void aes_two_blocks(const uint32_t *schedule, unsigned rounds, const uint32_t *nonce, uint32_t counter, uint8_t *into)
{
    uint32_t q[8];
    for (unsigned i = 0; i < 6; i++) q[i] = nonce[i >> 1];
    for (unsigned i = 0; i < 2; i++) {
        uint8_t bytes[4];
        store_be32(bytes, counter + i);
        q[6 + i] = load_le32(bytes);
    }
    transpose(q);
    for (unsigned round = 0;; round++) {
        for (unsigned i = 0; i < 8; i++) q[i] ^= *schedule++;
        if (round == rounds) break;
        sub_bytes(q);
        shift_rows(q);
        if (round + 1 < rounds) mix_columns(q);
    }
    transpose(q);
    for (unsigned i = 0; i < 8; i++) store_le32(into + 16 * (i & 1) + 4 * (i >> 1), q[i]);
}
