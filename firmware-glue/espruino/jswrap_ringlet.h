#include "jsvar.h"

JsVarInt jswrap_ringlet_call(JsVar *args);
JsVarFloat jswrap_ringlet_addressOf(JsVar *array);
