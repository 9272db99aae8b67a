#ifndef CHACHA20_H
#define CHACHA20_H

#include "ringlet.h"

/* One block of keystream (64 bytes), RFC 8439 §2.3; key (8) and nonce (3) as little-endian words. */
void chacha20_block(const uint32_t *key, const uint32_t *nonce, uint32_t counter, uint8_t *into);

#endif
