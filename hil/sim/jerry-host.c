/*
 * A board around JerryScript, for a desktop: what `jerry` itself lacks to be one. It has
 *
 *   a console    lines on stdin, text on stdout; see `obey` below
 *   a flash      files in the folder it is started in, 256 KB each at most
 *   timers, print, CRC-32
 *   ringlet      the native module of firmware-glue/jerryscript, whose SPI is descriptor 3, a stream to the simulated chip (hil/sim/spi-stream.ts)
 *   a watchdog   that starts the program again
 *
 * A reset is the program executing itself: nothing of the interpreter survives, the descriptors do. So does a fatal error of the engine
 * (out of memory, most of all) end: a board would start again, too. When stdin ends, or the chip is gone, the program ends.
 *
 * Script sees the globals `ringletNative` and `host`, and the functions print, setTimeout and clearTimeout. hil/engines/jerry.ts speaks to the console,
 * hil/entries/jerry.ts uses `host`. Built by hil/sim/jerry-host.ts; libjerry-port is not linked, its functions are here.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "jerryscript-port.h"
#include "jerryscript.h"
#include "ringlet-module.h"
#include "ringlet-port.h"

enum
{
  SPI = 3,
  SPI_HEAD = 5,
  SPI_LONGEST = 16384,
  LONGEST_LINE = 65536,
  LONGEST_NAME = 28,
  LONGEST_FILE = 262144,
  TIMERS = 64,
};

static char **arguments;

/* ---- output --------------------------------------------------------------------------------------------------------------- */

/* All of it, or the end: nobody is left to talk to. */
static void
put (int descriptor, const void *data, size_t length)
{
  const char *from = data;
  while (length > 0)
  {
    ssize_t written = write (descriptor, from, length);
    if (written < 0 && errno == EINTR)
    {
      continue;
    }
    if (written <= 0)
    {
      _exit (1);
    }
    from += written;
    length -= (size_t) written;
  }
}

static void
say (const char *text)
{
  put (1, text, strlen (text));
}

/* ---- reset ---------------------------------------------------------------------------------------------------------------- */

/* May be called from a signal handler. */
static void
start_again (const char *why)
{
  say (why);
  execv (arguments[0], arguments);
  _exit (1);
}

static void
watchdog_barks (int number)
{
  (void) number;
  start_again ("\r\nwatchdog: the program did not come back to its console\r\n");
}

static void
watchdog_arm (double seconds)
{
  struct itimerval time = { { 0, 0 }, { (time_t) seconds, (suseconds_t) ((seconds - (time_t) seconds) * 1e6) } };
  setitimer (ITIMER_REAL, &time, NULL);
}

/* ---- what the engine wants of its platform -------------------------------------------------------------------------------- */

void
jerry_port_init (void)
{
}

void
jerry_port_fatal (jerry_fatal_code_t code)
{
  char why[64];
  snprintf (why, sizeof (why), "\r\nfatal error %d%s\r\n", (int) code, code == JERRY_FATAL_OUT_OF_MEMORY ? ": out of memory" : "");
  start_again (why);
  _exit (1);
}

void
jerry_port_log (const char *message)
{
  say (message);
}

int32_t
jerry_port_local_tza (double unix_ms)
{
  (void) unix_ms;
  return 0;
}

double
jerry_port_current_time (void)
{
  struct timespec now;
  clock_gettime (CLOCK_REALTIME, &now);
  return (double) now.tv_sec * 1000 + (double) (now.tv_nsec / 1000000);
}

/* There are no modules. */
jerry_char_t *
jerry_port_path_normalize (const jerry_char_t *path, jerry_size_t size)
{
  (void) path;
  (void) size;
  return NULL;
}

void
jerry_port_path_free (jerry_char_t *path)
{
  (void) path;
}

jerry_size_t
jerry_port_path_base (const jerry_char_t *path)
{
  (void) path;
  return 0;
}

jerry_char_t *
jerry_port_source_read (const char *name, jerry_size_t *size)
{
  (void) name;
  (void) size;
  return NULL;
}

void
jerry_port_source_free (jerry_char_t *source)
{
  (void) source;
}

/* ---- values --------------------------------------------------------------------------------------------------------------- */

/* The bytes of ToString(value), UTF-8, with a NUL behind them; to be freed. A value that has no string is "?". */
static char *
text_of (jerry_value_t value, size_t *length)
{
  jerry_value_t string = jerry_value_to_string (value);
  if (jerry_value_is_exception (string))
  {
    jerry_value_free (string);
    string = jerry_string_sz ("?");
  }
  jerry_size_t size = jerry_string_size (string, JERRY_ENCODING_UTF8);
  char *text = malloc (size + 1);
  if (text == NULL)
  {
    _exit (1);
  }
  jerry_string_to_buffer (string, JERRY_ENCODING_UTF8, (jerry_char_t *) text, size);
  text[size] = 0;
  jerry_value_free (string);
  if (length != NULL)
  {
    *length = size;
  }
  return text;
}

/* As far as the console is concerned, `Uncaught` in front of an error means the same as on other boards. Frees the value. */
static void
say_if_exception (jerry_value_t result)
{
  if (jerry_value_is_exception (result))
  {
    jerry_value_t error = jerry_exception_value (result, false);
    char *text = text_of (error, NULL);
    say ("Uncaught ");
    say (text);
    say ("\r\n");
    free (text);
    jerry_value_free (error);
  }
  jerry_value_free (result);
}

static double
number_at (const jerry_value_t args[], jerry_length_t argc, jerry_length_t index)
{
  return index < argc && jerry_value_is_number (args[index]) ? jerry_value_as_number (args[index]) : 0;
}

#define HANDLER(name) \
  static jerry_value_t name (const jerry_call_info_t *info, const jerry_value_t args[], const jerry_length_t argc)
#define UNUSED ((void) info, (void) args, (void) argc)

static jerry_value_t
refuse (const char *why)
{
  return jerry_throw_sz (JERRY_ERROR_COMMON, why);
}

/* ---- print, checksum ----------------------------------------------------------------------------------- */

double
ringlet_port_now (void)
{
  struct timespec now;
  clock_gettime (CLOCK_MONOTONIC, &now);
  return (double) now.tv_sec * 1000 + (double) now.tv_nsec / 1e6;
}

/* One write for a line, so that nothing comes between it and its end. */
HANDLER (host_print)
{
  UNUSED;
  size_t length = 0;
  char *text = argc > 0 ? text_of (args[0], &length) : calloc (1, 1);
  char *line = malloc (length + 2);
  if (text == NULL || line == NULL)
  {
    _exit (1);
  }
  memcpy (line, text, length);
  memcpy (line + length, "\r\n", 2);
  put (1, line, length + 2);
  free (line);
  free (text);
  return jerry_undefined ();
}

static uint32_t
crc32_of (const uint8_t *data, size_t length)
{
  uint32_t crc = ~0u;
  while (length-- > 0)
  {
    crc ^= *data++;
    for (int k = 0; k < 8; k++)
    {
      crc = crc & 1 ? crc >> 1 ^ 0xedb88320u : crc >> 1;
    }
  }
  return ~crc;
}

/* crc32(text): of its UTF-8, which for the agent's frames is ASCII. */
HANDLER (host_crc32)
{
  UNUSED;
  size_t length = 0;
  char *text = argc > 0 ? text_of (args[0], &length) : calloc (1, 1);
  uint32_t crc = crc32_of ((const uint8_t *) text, length);
  free (text);
  return jerry_number (crc);
}

/* Bytes of heap that are free, -1 where the engine was built without JERRY_MEM_STATS. */
HANDLER (host_free)
{
  UNUSED;
  jerry_heap_stats_t stats = { 0 };
  jerry_heap_gc (JERRY_GC_PRESSURE_LOW);
  return jerry_number (jerry_heap_stats (&stats) ? (double) (stats.size - stats.allocated_bytes) : -1);
}

/* ---- timers --------------------------------------------------------------------------------------------------------------- */

static struct
{
  uint32_t id; /* 0: free */
  double due;
  jerry_value_t callback;
} timers[TIMERS];
static uint32_t last_timer;

HANDLER (host_set_timeout)
{
  UNUSED;
  if (argc == 0 || !jerry_value_is_function (args[0]))
  {
    return refuse ("setTimeout: no function");
  }
  double delay = number_at (args, argc, 1);
  for (int i = 0; i < TIMERS; i++)
  {
    if (timers[i].id == 0)
    {
      timers[i].id = ++last_timer;
      timers[i].due = ringlet_port_now () + (delay > 0 ? delay : 0);
      timers[i].callback = jerry_value_copy (args[0]);
      return jerry_number (last_timer);
    }
  }
  return refuse ("setTimeout: no timer is free");
}

HANDLER (host_clear_timeout)
{
  UNUSED;
  uint32_t id = (uint32_t) number_at (args, argc, 0);
  for (int i = 0; i < TIMERS; i++)
  {
    if (id != 0 && timers[i].id == id)
    {
      timers[i].id = 0;
      jerry_value_free (timers[i].callback);
    }
  }
  return jerry_undefined ();
}

/* The timer that is due first; -1 without any. */
static int
next_timer (void)
{
  int first = -1;
  for (int i = 0; i < TIMERS; i++)
  {
    bool sooner = first < 0 || timers[i].due < timers[first].due
                  || (timers[i].due == timers[first].due && timers[i].id < timers[first].id);
    if (timers[i].id != 0 && sooner)
    {
      first = i;
    }
  }
  return first;
}

/* Runs what is due now, but nothing that is set meanwhile: the console has its turn in between. */
static void
run_timers (void)
{
  double now = ringlet_port_now ();
  uint32_t newest = last_timer;
  for (int i = next_timer (); i >= 0 && timers[i].due <= now && timers[i].id <= newest; i = next_timer ())
  {
    jerry_value_t callback = timers[i].callback;
    jerry_value_t self = jerry_undefined ();
    timers[i].id = 0;
    say_if_exception (jerry_call (callback, self, NULL, 0));
    jerry_value_free (callback);
    say_if_exception (jerry_run_jobs ());
  }
}

/* ---- SPI ------------------------------------------------------------------------------------------------------------------ */

static double frames;

/* The head of a frame on the stream: 15 bits of length, whether data follows, and the chip's own header. */
static void
spi_head (uint8_t head[SPI_HEAD], const uint8_t header[3], size_t length, bool write)
{
  head[0] = (uint8_t) (length >> 8 | (write ? 0x80 : 0));
  head[1] = (uint8_t) length;
  memcpy (head + 2, header, 3);
  frames++;
}

/* Waits for all of it. */
static void
spi_fetch (uint8_t *into, size_t length)
{
  while (length > 0)
  {
    ssize_t got = read (SPI, into, length);
    if (got < 0 && errno == EINTR)
    {
      continue;
    }
    if (got <= 0)
    {
      _exit (1);
    }
    into += got;
    length -= (size_t) got;
  }
}

void
ringlet_port_spi_read (const uint8_t header[3], uint8_t *into, size_t length)
{
  uint8_t head[SPI_HEAD];
  spi_head (head, header, length, false);
  put (SPI, head, sizeof (head));
  spi_fetch (into, length);
}

void
ringlet_port_spi_write (const uint8_t header[3], const uint8_t *from, size_t length)
{
  static uint8_t frame[SPI_HEAD + SPI_LONGEST];
  spi_head (frame, header, length, true);
  memcpy (frame + SPI_HEAD, from, length);
  put (SPI, frame, SPI_HEAD + length);
}

/* frames(): so far */
HANDLER (host_frames)
{
  UNUSED;
  return jerry_number (frames);
}

/* What an earlier life asked for and did not fetch; then a hello, which says that it is over. */
static void
spi_begin (void)
{
  char scratch[512];
  struct pollfd chip = { SPI, POLLIN, 0 };
  while (poll (&chip, 1, 20) > 0 && (chip.revents & POLLIN) && read (SPI, scratch, sizeof (scratch)) > 0)
  {
  }
  uint8_t hello[SPI_HEAD] = { 0 };
  put (SPI, hello, sizeof (hello));
  spi_fetch (hello, 1);
}

/* ---- randomness, identity ------------------------------------------------------------------------------------------------- */

bool
ringlet_port_random (uint8_t *into, size_t length)
{
  int source = open ("/dev/urandom", O_RDONLY | O_CLOEXEC);
  ssize_t got = source < 0 ? -1 : read (source, into, length);
  if (source >= 0)
  {
    close (source);
  }
  return got == (ssize_t) length;
}

/* A board that has just been made. */
void
ringlet_port_unique_id (uint8_t into[8])
{
  ringlet_port_random (into, 8);
}

/* ---- flash ---------------------------------------------------------------------------------------------------------------- */

/* A name without any way out of the folder; to be freed, or NULL. */
static char *
name_of (const jerry_value_t args[], jerry_length_t argc)
{
  size_t length = 0;
  char *name = argc > 0 ? text_of (args[0], &length) : NULL;
  if (name != NULL
      && (length == 0 || length > LONGEST_NAME || name[0] == '.'
          || strspn (name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-") != length))
  {
    free (name);
    return NULL;
  }
  return name;
}

/* The whole file, to be freed, or NULL. */
static uint8_t *
file_read (const char *name, size_t *length)
{
  FILE *file = fopen (name, "rb");
  uint8_t *data = file == NULL ? NULL : malloc (LONGEST_FILE);
  if (data != NULL)
  {
    *length = fread (data, 1, LONGEST_FILE, file);
  }
  if (file != NULL)
  {
    fclose (file);
  }
  return data;
}

static int
base64_digit (char c)
{
  const char *digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const char *at = c == 0 ? NULL : strchr (digits, c);
  return at == NULL ? -1 : (int) (at - digits);
}

/* The bytes of a base64 text, in its place; -1 if it is none. */
static long
base64_decode (char *text, size_t length)
{
  if (length % 4 != 0)
  {
    return -1;
  }
  size_t done = 0;
  for (size_t i = 0; i < length; i += 4)
  {
    uint32_t group = 0;
    int padding = 0;
    for (int k = 0; k < 4; k++)
    {
      bool pad = text[i + (size_t) k] == '=' && i + 4 == length && k >= 2;
      int digit = pad ? 0 : base64_digit (text[i + (size_t) k]);
      if (digit < 0 || (padding > 0 && !pad))
      {
        return -1;
      }
      padding += pad;
      group = group << 6 | (uint32_t) digit;
    }
    for (int k = 0; k < 3 - padding; k++)
    {
      text[done++] = (char) (group >> (16 - 8 * k));
    }
  }
  return (long) done;
}

/* append(name, base64, offset): at the end of the file, which must be there; 0 begins a new one. Answers the new length. */
HANDLER (host_append)
{
  UNUSED;
  char *name = name_of (args, argc);
  size_t length = 0;
  char *text = argc > 1 ? text_of (args[1], &length) : NULL;
  long bytes = text == NULL ? -1 : base64_decode (text, length);
  double offset = number_at (args, argc, 2);
  jerry_value_t answer;
  struct stat about;
  if (name == NULL || bytes < 0)
  {
    answer = refuse ("append: no name or no base64");
  }
  else if (offset > 0 && (stat (name, &about) != 0 || (double) about.st_size != offset))
  {
    answer = refuse ("append: the file does not end there");
  }
  else if (offset + (double) bytes > LONGEST_FILE)
  {
    answer = refuse ("append: no room, 262144 bytes are all there is");
  }
  else
  {
    FILE *file = fopen (name, offset > 0 ? "ab" : "wb");
    bool good = file != NULL && fwrite (text, 1, (size_t) bytes, file) == (size_t) bytes;
    good = file != NULL && fclose (file) == 0 && good;
    answer = good ? jerry_number (offset + (double) bytes) : refuse ("append: the file cannot be written");
  }
  free (name);
  free (text);
  return answer;
}

/* stored(name): "length,crc32" of the file as it is, "" without one */
HANDLER (host_stored)
{
  UNUSED;
  char *name = name_of (args, argc);
  size_t length = 0;
  uint8_t *data = name == NULL ? NULL : file_read (name, &length);
  char answer[40] = "";
  if (data != NULL)
  {
    snprintf (answer, sizeof (answer), "%zu,%u", length, (unsigned) crc32_of (data, length));
  }
  free (name);
  free (data);
  return jerry_string_sz (answer);
}

static jerry_value_t
run_source (const uint8_t *source, size_t length, const char *name)
{
  jerry_parse_options_t options = { .options = JERRY_PARSE_HAS_SOURCE_NAME, .source_name = jerry_string_sz (name) };
  jerry_value_t script = jerry_parse (source, length, &options);
  jerry_value_free (options.source_name);
  if (jerry_value_is_exception (script))
  {
    return script;
  }
  jerry_value_t result = jerry_run (script);
  jerry_value_free (script);
  return result;
}

/* load(name): runs the file as a script of its own */
HANDLER (host_load)
{
  UNUSED;
  char *name = name_of (args, argc);
  size_t length = 0;
  uint8_t *data = name == NULL ? NULL : file_read (name, &length);
  jerry_value_t answer = data == NULL ? refuse ("load: no such file") : run_source (data, length, name);
  if (!jerry_value_is_exception (answer))
  {
    jerry_value_free (answer);
    answer = jerry_undefined ();
  }
  free (name);
  free (data);
  return answer;
}

/* ---- console -------------------------------------------------------------------------------------------------------------- */

static double watchdog_seconds;

/* watchdog(seconds): from now on the program comes back to its console that often, or starts again; 0 ends it */
HANDLER (host_watchdog)
{
  UNUSED;
  watchdog_seconds = number_at (args, argc, 0);
  watchdog_arm (watchdog_seconds);
  return jerry_undefined ();
}

HANDLER (host_reset)
{
  UNUSED;
  start_again ("\r\n");
  return jerry_undefined ();
}

/* Printable ASCII as it is, everything else as \u00XX, byte by byte of its UTF-8. */
static void
say_quoted (const char *text)
{
  char escape[8];
  say ("\"");
  for (; *text != 0; text++)
  {
    unsigned char c = (unsigned char) *text;
    bool plain = c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
    snprintf (escape, sizeof (escape), plain ? "%c" : "\\u%04x", c);
    say (escape);
  }
  say ("\"\r\n");
}

/*
 * One line:
 *
 *   05 alone              who is there
 *   ?<token> <script>     its value as a string: `=<token> "…"`, or of an error `!<token> "…"`
 *   <script>              nothing but what it prints, and an uncaught error
 */
static void
obey (const char *line, size_t length)
{
  if (length == 1 && line[0] == 0x05)
  {
    char who[80];
    snprintf (who, sizeof (who), "JerryScript %d.%d.%d ringlet-host\r\n", JERRY_API_MAJOR_VERSION, JERRY_API_MINOR_VERSION, JERRY_API_PATCH_VERSION);
    say (who);
    return;
  }
  const char *space = line[0] == '?' ? memchr (line, ' ', length) : NULL;
  if (space == NULL)
  {
    say_if_exception (run_source ((const uint8_t *) line, length, "console"));
    say_if_exception (jerry_run_jobs ());
    return;
  }
  const char *script = space + 1;
  jerry_value_t result = run_source ((const uint8_t *) script, length - (size_t) (script - line), "console");
  bool failed = jerry_value_is_exception (result);
  jerry_value_t value = failed ? jerry_exception_value (result, true) : result;
  char *text = text_of (value, NULL);
  say (failed ? "!" : "=");
  put (1, line + 1, (size_t) (script - line - 1));
  say_quoted (text);
  free (text);
  jerry_value_free (value);
  say_if_exception (jerry_run_jobs ());
}

/* Collects bytes to lines. 15 (Ctrl-U) forgets what there is of one; a line that is too long is forgotten as well. */
static void
console_read (void)
{
  static char line[LONGEST_LINE];
  static size_t length;
  char input[4096];
  ssize_t got = read (0, input, sizeof (input));
  if (got < 0 && errno == EINTR)
  {
    return;
  }
  if (got <= 0)
  {
    exit (0);
  }
  for (ssize_t i = 0; i < got; i++)
  {
    char c = input[i];
    if (c == 0x15 || length == LONGEST_LINE)
    {
      length = 0;
    }
    if (c == '\n' || c == '\r')
    {
      if (length > 0)
      {
        obey (line, length);
      }
      length = 0;
    }
    else if (c != 0x15 && c != 0)
    {
      line[length++] = c;
    }
  }
}

/* ---- program -------------------------------------------------------------------------------------------------------------- */

static void
give (jerry_value_t owner, const char *name, jerry_external_handler_t handler)
{
  jerry_value_t function = jerry_function_external (handler);
  jerry_value_free (jerry_object_set_sz (owner, name, function));
  jerry_value_free (function);
}

static void
give_everything (void)
{
  jerry_value_t global = jerry_current_realm ();
  jerry_value_t host = jerry_object ();
  give (global, "print", host_print);
  give (global, "setTimeout", host_set_timeout);
  give (global, "clearTimeout", host_clear_timeout);
  give (host, "crc32", host_crc32);
  give (host, "free", host_free);
  give (host, "frames", host_frames);
  give (host, "append", host_append);
  give (host, "stored", host_stored);
  give (host, "load", host_load);
  give (host, "watchdog", host_watchdog);
  give (host, "reset", host_reset);
  jerry_value_free (jerry_object_set_sz (global, "host", host));
  jerry_value_free (host);
  jerry_value_free (global);
}

int
main (int argc, char **argv)
{
  (void) argc;
  arguments = argv;
  /* A watchdog of the life before goes on counting across exec, and its signal may still be blocked. */
  watchdog_arm (0);
  signal (SIGALRM, watchdog_barks);
  sigset_t none;
  sigemptyset (&none);
  sigprocmask (SIG_SETMASK, &none, NULL);
  fcntl (SPI, F_SETFL, fcntl (SPI, F_GETFL) & ~O_NONBLOCK);
  spi_begin ();
  jerry_init (JERRY_INIT_EMPTY);
  ringlet_module_register ();
  give_everything ();
  say ("JerryScript is ready\r\n");
  for (;;)
  {
    if (watchdog_seconds > 0)
    {
      watchdog_arm (watchdog_seconds);
    }
    int first = next_timer ();
    double wait = first < 0 ? 1000 : timers[first].due - ringlet_port_now ();
    /* Rounded up: a timer never comes early. */
    int milliseconds = wait <= 0 ? 0 : wait > 1000 ? 1000 : (int) wait + 1;
    struct pollfd console = { 0, POLLIN, 0 };
    if (poll (&console, 1, milliseconds) > 0)
    {
      console_read ();
    }
    run_timers ();
  }
}
