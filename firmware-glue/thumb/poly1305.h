#ifndef POLY1305_H
#define POLY1305_H

#include "ringlet.h"

struct poly1305 {
    /* 13 bits each, the lowest first; the accumulator's first may be a little more. */
    uint16_t sum[10];
    uint16_t r[10];
    uint8_t s[16];
};

/* `key` is the one-time key, 32 bytes: r and s. */
void poly1305_start(struct poly1305 *poly, const uint8_t *key);
/* 16 bytes, and the bit above them. */
void poly1305_block(struct poly1305 *poly, const uint8_t *block);
void poly1305_finish(struct poly1305 *poly, uint8_t *tag);

#endif
