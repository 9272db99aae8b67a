/* Copying and clearing. Compilers write calls to memcpy and memset of their own accord, so both are here. */
#include "ringlet.h"

void *memcpy(void *into, const void *from, size_t length);
void *memset(void *into, int value, size_t length);

#ifdef __arm__
void *memcpy(void *into, const void *from, size_t length)
{
    copy_bytes(into, from, length);
    return into;
}

void *memset(void *into, int value, size_t length)
{
    volatile uint8_t *p = into;
    while (length-- > 0) *p++ = (uint8_t)value;
    return into;
}
#endif

void copy_bytes(uint8_t *into, const uint8_t *from, size_t length)
{
    while (length-- > 0) *into++ = *from++;
}

void wipe(void *memory, size_t length)
{
    volatile uint8_t *p = memory;
    while (length-- > 0) *p++ = 0;
}
