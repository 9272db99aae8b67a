#ifndef GHASH_H
#define GHASH_H

#include "ringlet.h"

/* state = (state + block) * key, NIST SP 800-38D §6.4. State and key are big-endian words, the last first; block is 16 bytes. */
void ghash_block(uint32_t *state, const uint32_t *key, const uint8_t *block);

#endif
