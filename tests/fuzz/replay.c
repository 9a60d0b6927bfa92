/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * replay CORPUS [RUNS [SEED]]
 *
 * Feeds a fuzz target with every line of CORPUS (bytes in hex, blanks and
 * lines that begin with # are for the reader), and then RUNS times with a line
 * that was damaged by chance. The same seed gives the same run. Where the
 * target dies, its input is printed in hex: a new line for the corpus. */
#include <glib.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "fuzz.h"

#define MAX_BYTES 65536

/* For the signal handler. */
static guint8 current[MAX_BYTES];
static gsize current_size;

static void
on_death (int signal_number)
{
  static const gchar digits[] = "0123456789abcdef";
  static const gchar intro[] = "\n# the target died of:\n";
  gssize ignored = write (2, intro, sizeof (intro) - 1);

  for (gsize i = 0; i < current_size; i++) {
    gchar pair[2] = { digits[current[i] >> 4], digits[current[i] & 15] };

    ignored = write (2, pair, 2);
  }
  ignored = write (2, "\n", 1);
  (void) ignored;
  signal (signal_number, SIG_DFL);
  raise (signal_number);
}

/* In memory of the exact size, so that a checker sees a read past the end. */
static void
feed (const GByteArray *input)
{
  g_autofree guint8 *copy = NULL;

  current_size = MIN (input->len, MAX_BYTES);
  copy = g_memdup2 (input->data, current_size);
  if (current_size > 0)
    memcpy (current, copy, current_size);
  LLVMFuzzerTestOneInput (copy, current_size);
}

static GByteArray *
read_line (const gchar *line)
{
  GByteArray *bytes = g_byte_array_new ();
  gint high = -1;

  for (; *line != '\0'; line++) {
    gint digit = g_ascii_xdigit_value (*line);

    if (digit < 0)
      continue;
    if (high < 0) {
      high = digit;
    } else {
      guint8 byte = high << 4 | digit;

      g_byte_array_append (bytes, &byte, 1);
      high = -1;
    }
  }
  return bytes;
}

static GPtrArray *
read_corpus (const gchar *path)
{
  g_autoptr (GPtrArray) corpus =
      g_ptr_array_new_with_free_func ((GDestroyNotify) g_byte_array_unref);
  g_autoptr (GError) error = NULL;
  g_autofree gchar *text = NULL;
  g_auto (GStrv) lines = NULL;

  if (!g_file_get_contents (path, &text, NULL, &error)) {
    g_printerr ("%s\n", error->message);
    return NULL;
  }
  lines = g_strsplit (text, "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++)
    if (lines[i][0] != '#' && lines[i][0] != '\0')
      g_ptr_array_add (corpus, read_line (lines[i]));
  return g_steal_pointer (&corpus);
}

/* One small damage: a byte, a bit, a cut, a repeat. */
static void
damage (GByteArray *input, GRand *rand)
{
  guint at;

  if (input->len == 0)
    return;
  at = g_rand_int_range (rand, 0, input->len);
  switch (g_rand_int_range (rand, 0, 5)) {
    case 0:
      input->data[at] = g_rand_int (rand);
      break;
    case 1:
      input->data[at] ^= 1u << g_rand_int_range (rand, 0, 8);
      break;
    case 2:
      input->data[at] = g_rand_boolean (rand) ? 0xff : 0;
      break;
    case 3:
      g_byte_array_set_size (input, at);
      break;
    default: {
      g_autofree guint8 *tail = g_memdup2 (input->data + at, input->len - at);

      g_byte_array_append (input, tail, input->len - at);
      break;
    }
  }
}

int
main (int argc, char **argv)
{
  guint runs = argc > 2 ? g_ascii_strtoull (argv[2], NULL, 10) : 0;
  guint seed = argc > 3 ? g_ascii_strtoull (argv[3], NULL, 10) : 1;
  g_autoptr (GRand) rand = g_rand_new_with_seed (seed);
  g_autoptr (GPtrArray) corpus = argc > 1 ? read_corpus (argv[1]) : NULL;

  if (corpus == NULL || corpus->len == 0) {
    g_printerr ("usage: %s CORPUS [RUNS [SEED]]\n", argv[0]);
    return 64;
  }
  signal (SIGSEGV, on_death);
  signal (SIGABRT, on_death);
  for (guint i = 0; i < corpus->len; i++)
    feed (g_ptr_array_index (corpus, i));
  for (guint i = 0; i < runs; i++) {
    const GByteArray *line =
        g_ptr_array_index (corpus, g_rand_int_range (rand, 0, corpus->len));
    g_autoptr (GByteArray) input = g_byte_array_new ();

    g_byte_array_append (input, line->data, line->len);
    for (guint k = g_rand_int_range (rand, 1, 6); k > 0; k--)
      damage (input, rand);
    feed (input);
  }
  g_print ("%u inputs, %u damaged ones\n", corpus->len, runs);
  return 0;
}
