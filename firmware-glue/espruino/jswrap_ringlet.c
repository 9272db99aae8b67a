/*
 * ringlet's cryptography as a library of an Espruino firmware, `require("ringlet")`: the C of firmware-glue/thumb, linked in. What calls it is
 * src/crypto/native of ringlet; README.md here says how to build it in.
 */
#include "jswrap_ringlet.h"
#include "core.h"
#include "jsparse.h"
#include "jsvariterator.h"

/*JSON{
  "type" : "library",
  "class" : "ringlet"
}
Cryptography for ringlet, a TLS client: hashes, HKDF, AES-GCM, ChaCha20-Poly1305, X25519, P-256, P-384 and RSA verification. Not for
direct use: arguments are addresses, and nothing checks what lies there (as with `E.nativeCall`).
*/

/*JSON{
  "type" : "staticmethod",
  "class" : "ringlet",
  "name" : "call",
  "generate" : "jswrap_ringlet_call",
  "params" : [
    ["args","JsVarArray","The number of an entry, and four addresses (of `addressOf`) or numbers for it"]
  ],
  "return" : ["int","What the entry answers"]
}
*/
JsVarInt jswrap_ringlet_call(JsVar *args) {
  uintptr_t arguments[5] = { 0 };
  unsigned int given = 0;
  JsvObjectIterator it;
  jsvObjectIteratorNew(&it, args);
  for (; given < 5 && jsvObjectIteratorHasValue(&it); given++) {
    arguments[given] = ringlet_core_argument(jsvGetFloatAndUnLock(jsvObjectIteratorGetValue(&it)));
    jsvObjectIteratorNext(&it);
  }
  jsvObjectIteratorFree(&it);
  int32_t answer = 0;
  if (given != 5 || !ringlet_core_call((unsigned int)arguments[0], arguments + 1, &answer))
    jsExceptionHere(JSET_ERROR, "ringlet.call: no such entry, or not four arguments for it");
  return answer;
}

/*JSON{
  "type" : "staticmethod",
  "class" : "ringlet",
  "name" : "addressOf",
  "generate" : "jswrap_ringlet_addressOf",
  "params" : [
    ["array","JsVar","A typed array"]
  ],
  "return" : ["float","The address of its first byte, or 0 if its memory is not in one piece"]
}
*/
JsVarFloat jswrap_ringlet_addressOf(JsVar *array) {
  size_t length = 0;
  char *data = jsvIsArrayBuffer(array) ? jsvGetDataPointer(array, &length) : 0;
  return (JsVarFloat)(uintptr_t)data;
}
