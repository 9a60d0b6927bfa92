/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/vs-language.h"

#include <string.h>

/* Entries of one length, a blank after each: the ISO 639-1 code followed by
 * its ISO 639-2/T code. */
static const gchar two_letters[] =
    "aaaar ababk aeave afafr akaka amamh anarg arara asasm avava ayaym "
    "azaze babak bebel bgbul bhbih bibis bmbam bnben bobod brbre bsbos "
    "cacat ceche chcha cocos crcre csces cuchu cvchv cycym dadan dedeu "
    "dvdiv dzdzo eeewe elell eneng eoepo esspa etest eueus fafas ffful "
    "fifin fjfij fofao frfra fyfry gagle gdgla glglg gngrn guguj gvglv "
    "hahau heheb hihin hohmo hrhrv hthat huhun hyhye hzher iaina idind "
    "ieile igibo iiiii ikipk ioido isisl itita iuiku jajpn jvjav kakat "
    "kgkon kikik kjkua kkkaz klkal kmkhm knkan kokor krkau kskas kukur "
    "kvkom kwcor kykir lalat lbltz lglug lilim lnlin lolao ltlit lulub "
    "lvlav mgmlg mhmah mimri mkmkd mlmal mnmon mrmar msmsa mtmlt mymya "
    "nanau nbnob ndnde nenep ngndo nlnld nnnno nonor nrnbl nvnav nynya "
    "ococi ojoji omorm orori ososs papan pipli plpol pspus ptpor quque "
    "rmroh rnrun roron rurus rwkin sasan scsrd sdsnd sesme sgsag sisin "
    "skslk slslv smsmo snsna sosom sqsqi srsrp ssssw stsot susun svswe "
    "swswa tatam tetel tgtgk ththa titir tktuk tltgl tntsn toton trtur "
    "tstso tttat twtwi tytah uguig ukukr ururd uzuzb veven vivie vovol "
    "wawln wowol xhxho yiyid yoyor zazha zhzho zuzul ";

/* The ISO 639-2/B code followed by the /T code, which is the one that
 * RFC 5646 and ISO/IEC 14496-12 ask for. */
static const gchar bibliographic[] =
    "albsqi armhye baqeus burmya chizho czeces dutnld frefra geokat "
    "gerdeu greell iceisl macmkd maomri maymsa perfas rumron sloslk "
    "tibbod welcym ";

static const gchar *
find_entry (const gchar *table, const gchar *key)
{
  gsize length = strlen (key);

  for (; *table != '\0'; table += length + 4)
    if (strncmp (table, key, length) == 0)
      return table + length;
  return NULL;
}

void
vs_language_to_iso639_2 (const gchar *tag, gchar code[4])
{
  gchar primary[4] = "";
  const gchar *found;
  gsize length;

  memcpy (code, "und", 4);
  if (tag == NULL)
    return;
  length = strcspn (tag, "-_");
  if (length != 2 && length != 3)
    return;
  for (gsize i = 0; i < length; i++) {
    if (!g_ascii_isalpha (tag[i]))
      return;
    primary[i] = g_ascii_tolower (tag[i]);
  }

  found = find_entry (length == 2 ? two_letters : bibliographic, primary);
  if (found != NULL)
    memcpy (code, found, 3);
  else if (length == 3)
    memcpy (code, primary, 3);
}
