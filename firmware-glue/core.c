/* The table of thumb/entries.txt, for firmware that links the C files of thumb/; those whose entries it does not want it may leave out. */
#include "core.h"

/* In the order of thumb/entries.txt: a test compares. */
#define ENTRIES(X)     \
  X (hash_start)       \
  X (hash_update)      \
  X (hash_digest)      \
  X (hmac)             \
  X (aead_key)         \
  X (aead_start)       \
  X (aead_update)      \
  X (aead_finish)      \
  X (x25519)           \
  X (p256_generate)    \
  X (p256_agree)       \
  X (p256_verify)      \
  X (p384_verify)      \
  X (rsa_pkcs1_verify) \
  X (rsa_pss_verify)   \
  X (unpack)

typedef int32_t entry_t (uintptr_t a, uintptr_t b, uintptr_t c, uintptr_t d);

#define DECLARED(name) extern entry_t name __attribute__ ((weak, visibility ("hidden")));
ENTRIES (DECLARED)

#define LISTED(name) name,
static entry_t *const entries[] = { ENTRIES (LISTED) };

bool
ringlet_core_call (unsigned entry, const uintptr_t arguments[4], int32_t *answer)
{
  if (entry >= sizeof (entries) / sizeof (entries[0]) || entries[entry] == 0)
  {
    return false;
  }
  *answer = entries[entry](arguments[0], arguments[1], arguments[2], arguments[3]);
  return true;
}

uintptr_t
ringlet_core_argument (double number)
{
  return number < 0 ? (uintptr_t) (intptr_t) number : (uintptr_t) number;
}
