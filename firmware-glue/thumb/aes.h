/* AES in counter mode, two blocks at a time. */
#ifndef AES_H
#define AES_H

#include "ringlet.h"

/* Bytes of a schedule: 32 for the key and for each of 10 or 14 rounds. */
void aes_expand_key(uint32_t *schedule, const uint8_t *key, size_t key_length);
/* The keystream of two counter blocks: nonce (as load_le32 reads it) and counter, nonce and counter + 1. */
void aes_two_blocks(const uint32_t *schedule, unsigned rounds, const uint32_t *nonce, uint32_t counter, uint8_t *into);

#endif
