/* What all files of the blob share. The rules that every entry keeps are in README.md. */
#ifndef RINGLET_H
#define RINGLET_H

#include <stddef.h>
#include <stdint.h>

/* Also what is declared only: otherwise it is looked up in a table of addresses that the blob cannot have. */
#pragma GCC visibility push(hidden)

/* Declares and begins an entry: arguments are addresses or numbers. */
#define ENTRY(name)                                                       \
    int32_t name(uintptr_t a, uintptr_t b, uintptr_t c, uintptr_t d); \
    int32_t name(uintptr_t a, uintptr_t b, uintptr_t c, uintptr_t d)

/* Bytes at any address. */

static inline uint32_t load_be32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static inline uint32_t load_le32(const uint8_t *p)
{
    return (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[1] << 8 | p[0];
}

static inline void store_be32(uint8_t *p, uint32_t word)
{
    p[0] = (uint8_t)(word >> 24);
    p[1] = (uint8_t)(word >> 16);
    p[2] = (uint8_t)(word >> 8);
    p[3] = (uint8_t)word;
}

static inline void store_le32(uint8_t *p, uint32_t word)
{
    p[0] = (uint8_t)word;
    p[1] = (uint8_t)(word >> 8);
    p[2] = (uint8_t)(word >> 16);
    p[3] = (uint8_t)(word >> 24);
}

static inline uint32_t rotate_right(uint32_t word, unsigned count)
{
    return word >> count | word << (32 - count);
}

/* memory.c */
void copy_bytes(uint8_t *into, const uint8_t *from, size_t length);
/* Zeros that no compiler leaves out. */
void wipe(void *memory, size_t length);

#endif
