/* check_files.c: files that hold no whole image, or another one than their names say. */
#include "data/decode/decoder.h"
#include "inspect/doctor/doctor.h"
#include <string.h>
#include <strings.h>

/* The decoder of that name; NULL if there is none. */
static const oc_decoder *decoder_of(const char *name) {
  const oc_decoder *decoder;
  for (int i = 0; (decoder = oc_decoder_at(i)); i++)
    if (strcmp(decoder->name, name) == 0) return decoder;
  return NULL;
}

static bool has_ending(const oc_decoder *decoder, const char *ending) {
  for (int k = 0; decoder->endings[k]; k++)
    if (strcasecmp(decoder->endings[k], ending) == 0) return true;
  return false;
}

/* The name's ending is of a format, but of another one. */
static oc_status check_ending(oc_doctor *d, int64_t index, oc_error *err) {
  const char *path = d->items.list[index].path, *slash = strrchr(path, '/'), *dot = strrchr(path, '.');
  const oc_decoder *decoder = decoder_of(d->features[index].format);
  if (!decoder || !dot || dot < slash || !oc_decoder_has_ending(path) || has_ending(decoder, dot))
    return OC_OK;
  return oc_doctor_add_item(d, &(oc_doctor_about){"wrong-extension", index, -1}, err, "content is %s",
                            decoder->formats);
}

static oc_status run(oc_doctor *d, oc_error *err) {
  static const char *const kinds[] = {[OC_FILE_EMPTY] = "empty",
                                      [OC_FILE_FOREIGN] = "not-an-image",
                                      [OC_FILE_TRUNCATED] = "truncated",
                                      [OC_FILE_BAD] = "unreadable"};
  for (int64_t i = 0; i < d->items.count; i++) {
    const oc_features *f = &d->features[i];
    if (f->state == OC_FILE_GOOD)
      TRY(check_ending(d, i, err));
    else
      TRY(oc_doctor_add_item(d, &(oc_doctor_about){kinds[f->state], i, -1}, err, "%s",
                             f->problem ? f->problem : "its end is missing"));
  }
  return OC_OK;
}

OC_DEFINE_CHECK(files,
                .kinds = {{"unreadable", "damaged, or cannot be opened"},
                          {"empty", "has no bytes"},
                          {"not-an-image", "of no format that is read"},
                          {"truncated", "its end is missing"},
                          {"wrong-extension", "the name says another format than the content"}},
                .run = run);
