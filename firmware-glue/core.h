/*
 * The machine code of thumb/ linked into a firmware instead of lying in flash as a blob: entries by number, as src/crypto/native/native-code.ts
 * calls them.
 */
#ifndef RINGLET_CORE_H
#define RINGLET_CORE_H

#include <stdbool.h>
#include <stdint.h>

/* Calls entry number `entry` (thumb/README.md) with four addresses or numbers. Answers false, and does nothing, if there is no such entry. */
bool ringlet_core_call (unsigned entry, const uintptr_t arguments[4], int32_t *answer);

/* Numbers of JavaScript are doubles, and addresses of 64-bit machines are below 2^53: every argument of an entry fits. */
uintptr_t ringlet_core_argument (double number);

#endif
