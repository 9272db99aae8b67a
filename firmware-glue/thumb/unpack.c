/*
 * Unpacks a text that tools/packer.mjs has packed: LZ77 whose symbols a range coder has made into digits of base 249, so that they are bytes without the seven
 * that a console takes for something else. Matches reach back into what is unpacked already and, beyond that, into what lies in flash before the packed string.
 *
 * A packed string is digits:
 *   3        how many bytes before it are its dictionary
 *   1        how many texts it has
 *   1, 1     length of the table of literals and lengths, and of that of distances
 *   2 each   where a text begins, from the begin of the string
 *   ...      the tables: a byte is 32 more than how often the next symbol comes, of 1024; from 232 on it stands for 1 to 24 symbols that never come
 *   ...      the texts
 *
 * Whatever the digits are, nothing is written outside of the text, and nothing read outside of dictionary and string, if the length of the former is right.
 */
#include "ringlet.h"

#define BASE 249
#define HEADER 6
#define NEVER 32
#define SKIPPING 232
/* Symbols below are lengths. */
#define LITERALS 24
#define SHORTEST 2
#define TOTAL_BITS 10
#define GROUP 16
/* A table has less than BASE bytes. */
#define GROUPS 16
/* So much is left of the range at least: what is multiplied by BASE stays below 2^32. */
#define SMALLEST (1u << 24)

struct coder
{
    const uint8_t *next;
    const uint8_t *end;
    uint32_t range;
    /* Of what was read, how far it is above the begin of the range. */
    uint32_t code;
};

/* Without 0, ^C, ^D, line ends, XON and XOFF. */
static uint32_t digit_of(uint32_t byte)
{
    return (byte - 1 - (byte > 3) - (byte > 4) - (byte > 10) - (byte > 13) - (byte > 17) - (byte > 19)) & 0xff;
}

static void narrow(struct coder *coder, uint32_t below, uint32_t range)
{
    coder->code -= below;
    coder->range = range;
    while (coder->range < SMALLEST)
    {
        coder->range *= BASE;
        coder->code = coder->code * BASE + (coder->next < coder->end ? digit_of(*coder->next++) : 0);
    }
}

/* How often, of 1024, the symbol comes that a byte of a table is for. */
static uint32_t share_of(uint32_t byte)
{
    return byte < NEVER ? 0 : byte - NEVER;
}

/* A table, and for every 16th of its bytes which symbol it is for and how often one before comes: so that no symbol is looked for from the begin. */
struct table
{
    const uint8_t *begin;
    const uint8_t *end;
    uint32_t groups;
    uint16_t symbol[GROUPS];
    uint16_t below[GROUPS];
};

static void prepare(struct table *table, const uint8_t *begin, const uint8_t *end)
{
    uint32_t symbol = 0;
    uint32_t below = 0;
    table->begin = begin;
    table->end = end;
    table->groups = 0;
    table->symbol[0] = 0;
    table->below[0] = 0;
    for (uint32_t i = 0; begin + i < end; i++)
    {
        if (i % GROUP == 0)
        {
            table->symbol[table->groups] = (uint16_t)symbol;
            table->below[table->groups++] = (uint16_t)below;
        }
        if (begin[i] >= SKIPPING) symbol += begin[i] - SKIPPING + 1;
        else
        {
            below += share_of(begin[i]);
            symbol++;
        }
    }
}

static uint32_t symbol(struct coder *coder, const struct table *table)
{
    uint32_t unit = coder->range >> TOTAL_BITS;
    uint32_t group = 0;
    while (group + 1 < table->groups && coder->code >= table->below[group + 1] * unit) group++;
    uint32_t below = table->below[group] * unit;
    uint32_t symbol = table->symbol[group];
    for (const uint8_t *at = table->begin + GROUP * group; at < table->end; at++)
    {
        if (*at >= SKIPPING)
        {
            symbol += *at - SKIPPING + 1;
            continue;
        }
        uint32_t share = share_of(*at) * unit;
        if (share > 0 && coder->code < below + share)
        {
            narrow(coder, below, share);
            break;
        }
        below += share;
        symbol++;
    }
    return symbol;
}

/* Below 8 a number is its symbol; else that tells its highest two bits and how many follow. */
static uint32_t number(struct coder *coder, uint32_t symbol)
{
    if (symbol < 8) return symbol;
    uint32_t value = 2 + (symbol & 1);
    uint32_t bits = ((symbol - 8) >> 1) + 2;
    while (bits-- > 0)
    {
        uint32_t half = coder->range >> 1;
        uint32_t bit = coder->code >= half;
        value = value << 1 | bit;
        narrow(coder, bit ? half : 0, half);
    }
    return value;
}

/* Where to, length of the text; packed string, its length + number of the text * 2^16. Answers 1, or 0 if they do not fit. */
ENTRY(unpack)
{
    uint8_t *into = (uint8_t *)a;
    const uint8_t *packed = (const uint8_t *)c;
    uint32_t length = d & 0xffff;
    uint32_t text = d >> 16;
    if (length < HEADER) return 0;
    uint32_t dictionary = (digit_of(packed[0]) * BASE + digit_of(packed[1])) * BASE + digit_of(packed[2]);
    uint32_t texts = digit_of(packed[3]);
    const uint8_t *literals = packed + HEADER + 2 * texts;
    const uint8_t *distances = literals + digit_of(packed[4]);
    const uint8_t *behind = distances + digit_of(packed[5]);
    if (text >= texts || behind > packed + length) return 0;
    const uint8_t *place = packed + HEADER + 2 * text;
    uint32_t begin = digit_of(place[0]) * BASE + digit_of(place[1]);
    if (begin > length) return 0;
    struct coder coder = { packed + begin, packed + length, 0, 0 };
    narrow(&coder, 0, 1);
    struct table literal;
    struct table distant;
    prepare(&literal, literals, distances);
    prepare(&distant, distances, behind);
    uint32_t at = 0;
    while (at < b)
    {
        uint32_t one = symbol(&coder, &literal);
        if (one >= LITERALS)
        {
            into[at++] = (uint8_t)(one - LITERALS);
            continue;
        }
        uint32_t count = number(&coder, one) + SHORTEST;
        uint32_t distance = number(&coder, symbol(&coder, &distant)) + 1;
        if (distance > at + dictionary) return 0;
        for (; count > 0 && at < b; count--, at++) into[at] = *(distance > at ? packed - (distance - at) : into + at - distance);
    }
    return 1;
}
