/*
 * Calls entries of firmware-glue/thumb, compiled for this machine, as test/native/host-code.ts asks for them through two FIFOs.
 * A request, all in 32-bit words of this machine: entry; number of buffers; of each its length and its bytes; of each of four
 * arguments the number of its buffer (or -1) and its value or offset. The answer: the result, then the bytes of all buffers.
 * Every buffer is its own allocation of exactly its length, so that the sanitizers see what goes beyond.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

typedef int32_t entry(uintptr_t, uintptr_t, uintptr_t, uintptr_t);
/* Made by host-code.ts out of entries.txt: the declarations, and the table. */
#include "entries.h"

static int read_words(FILE *in, int32_t *words, size_t count)
{
    return fread(words, 4, count, in) == count;
}

int main(int count, char **arguments)
{
    if (count != 3) return 2;
    FILE *in = fopen(arguments[1], "rb");
    FILE *out = fopen(arguments[2], "wb");
    int32_t head[2];
    while (in && out && read_words(in, head, 2)) {
        uint8_t *buffers[8];
        int32_t lengths[8];
        int32_t given[8];
        uintptr_t values[4];
        for (int i = 0; i < head[1]; i++) {
            if (!read_words(in, lengths + i, 1)) return 2;
            buffers[i] = malloc((size_t)lengths[i] + (lengths[i] == 0));
            if (fread(buffers[i], 1, (size_t)lengths[i], in) != (size_t)lengths[i]) return 2;
        }
        if (!read_words(in, given, 8)) return 2;
        for (int i = 0; i < 4; i++)
            values[i] = given[2 * i] < 0 ? (uint32_t)given[2 * i + 1] : (uintptr_t)(buffers[given[2 * i]] + given[2 * i + 1]);
        const int32_t result = ENTRIES[head[0]](values[0], values[1], values[2], values[3]);
        fwrite(&result, 4, 1, out);
        for (int i = 0; i < head[1]; i++) {
            fwrite(buffers[i], 1, (size_t)lengths[i], out);
            free(buffers[i]);
        }
        fflush(out);
    }
    return 0;
}
