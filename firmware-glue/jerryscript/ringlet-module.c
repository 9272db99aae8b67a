/*
 * The global `ringletNative` of a JerryScript firmware (API of 3.0): SPI, clock, randomness and the cryptography of firmware-glue/thumb, for
 * boards/jerryscript-w5500.ts, which declares it (boards/globals/ringlet-native.d.ts). Everything is checked but the addresses that `call` takes: they come
 * from `addressOf`, and are as good as what src/crypto/native does with them. Give untrusted script no such global.
 */
#include "ringlet-module.h"

#include "core.h"
#include "jerryscript.h"
#include "ringlet-port.h"

enum
{
  HEADER = 3,
  UNIQUE_ID = 8,
};

#define HANDLER(name) \
  static jerry_value_t name (const jerry_call_info_t *info, const jerry_value_t args[], const jerry_length_t argc)

static jerry_value_t
refuse (const char *why)
{
  return jerry_throw_sz (JERRY_ERROR_TYPE, why);
}

static double
number_at (const jerry_value_t args[], jerry_length_t argc, jerry_length_t index)
{
  return index < argc && jerry_value_is_number (args[index]) ? jerry_value_as_number (args[index]) : -1;
}

/* The memory behind argument `index`, an array of bytes, and its length; NULL if it is none or there is no memory for it. */
static uint8_t *
bytes_at (const jerry_value_t args[], jerry_length_t argc, jerry_length_t index, jerry_length_t *length)
{
  *length = 0;
  if (index >= argc || !jerry_value_is_typedarray (args[index]))
  {
    return NULL;
  }
  jerry_length_t offset = 0;
  jerry_value_t buffer = jerry_typedarray_buffer (args[index], &offset, length);
  uint8_t *data = jerry_arraybuffer_data (buffer);
  jerry_value_free (buffer);
  return data == NULL ? NULL : data + offset;
}

/* Bytes of argument `index` from the number in the next one, as many as the number behind that says, one at least; NULL if it has not so many. */
static uint8_t *
range_at (const jerry_value_t args[], jerry_length_t argc, jerry_length_t index, size_t *count)
{
  jerry_length_t length;
  uint8_t *data = bytes_at (args, argc, index, &length);
  double offset = number_at (args, argc, index + 1);
  double wanted = number_at (args, argc, index + 2);
  if (data == NULL || !(offset >= 0) || !(wanted >= 1) || offset + wanted > length)
  {
    return NULL;
  }
  *count = (size_t) wanted;
  return data + (size_t) offset;
}

/* call(entry, a, b, c, d) */
HANDLER (module_call)
{
  (void) info;
  uintptr_t arguments[4];
  int32_t answer;
  for (jerry_length_t i = 0; i < 5; i++)
  {
    if (i >= argc || !jerry_value_is_number (args[i]))
    {
      return refuse ("ringletNative.call takes five numbers");
    }
    if (i > 0)
    {
      arguments[i - 1] = ringlet_core_argument (jerry_value_as_number (args[i]));
    }
  }
  double entry = jerry_value_as_number (args[0]);
  if (!(entry >= 0) || entry > 255 || !ringlet_core_call ((unsigned) entry, arguments, &answer))
  {
    return refuse ("ringletNative.call: this firmware has no such entry");
  }
  return jerry_number (answer);
}

/* addressOf(array) */
HANDLER (module_address_of)
{
  (void) info;
  jerry_length_t length;
  return jerry_number ((double) (uintptr_t) bytes_at (args, argc, 0, &length));
}

/* read(header, into, offset, length), write(header, data, offset, length) */
static jerry_value_t
transfer (const jerry_value_t args[], jerry_length_t argc, bool reading)
{
  jerry_length_t header_length;
  size_t length;
  uint8_t *header = bytes_at (args, argc, 0, &header_length);
  uint8_t *data = range_at (args, argc, 1, &length);
  if (header == NULL || header_length != HEADER || data == NULL)
  {
    return refuse ("ringletNative: a frame is a header of 3 bytes, an array, and an offset and a length within it");
  }
  if (reading)
  {
    ringlet_port_spi_read (header, data, length);
  }
  else
  {
    ringlet_port_spi_write (header, data, length);
  }
  return jerry_undefined ();
}

HANDLER (module_read)
{
  (void) info;
  return transfer (args, argc, true);
}

HANDLER (module_write)
{
  (void) info;
  return transfer (args, argc, false);
}

HANDLER (module_now)
{
  (void) info;
  (void) args;
  (void) argc;
  return jerry_number (ringlet_port_now ());
}

/* random(into, offset, length): false if there is no randomness */
HANDLER (module_random)
{
  (void) info;
  size_t length;
  uint8_t *into = range_at (args, argc, 0, &length);
  if (into == NULL)
  {
    return refuse ("ringletNative.random takes an array, and an offset and a length within it");
  }
  return jerry_boolean (ringlet_port_random (into, length));
}

/* uniqueId(into): 8 bytes */
HANDLER (module_unique_id)
{
  (void) info;
  jerry_length_t length;
  uint8_t *into = bytes_at (args, argc, 0, &length);
  if (into == NULL || length != UNIQUE_ID)
  {
    return refuse ("ringletNative.uniqueId takes an array of 8 bytes");
  }
  ringlet_port_unique_id (into);
  return jerry_undefined ();
}

void
ringlet_module_register (void)
{
  static const struct
  {
    const char *name;
    jerry_external_handler_t handler;
  } functions[] = {
    { "call", module_call },
    { "addressOf", module_address_of },
    { "read", module_read },
    { "write", module_write },
    { "now", module_now },
    { "random", module_random },
    { "uniqueId", module_unique_id },
  };
  jerry_value_t global = jerry_current_realm ();
  jerry_value_t module = jerry_object ();
  for (size_t i = 0; i < sizeof (functions) / sizeof (functions[0]); i++)
  {
    jerry_value_t function = jerry_function_external (functions[i].handler);
    jerry_value_free (jerry_object_set_sz (module, functions[i].name, function));
    jerry_value_free (function);
  }
  jerry_value_free (jerry_object_set_sz (global, "ringletNative", module));
  jerry_value_free (module);
  jerry_value_free (global);
}
