/* thumbs.c: reads all images once and keeps what the checks need of each. */
#include "base/checked.h"
#include "base/sha256.h"
#include "data/items/visit.h"
#include "inspect/doctor/doctor.h"
#include <math.h>
#include <pthread.h>
#include <string.h>

typedef struct read_job {
  oc_doctor *doctor;
  pthread_mutex_t lock; /* of the doctor's arena */
} read_job;

/* Gray, as oc_image_convert makes it, in 16 bits of fraction. */
static uint32_t gray_at(const oc_image *image, int64_t pixel) {
  const uint8_t *p = image->pixels + pixel * image->size.channels;
  return image->size.channels == 1 ? (uint32_t)p[0] << 16 : 19595u * p[0] + 38470u * p[1] + 7471u * p[2];
}

/* How much of pixel i lies in a part, where n pixels have OC_THUMB parts: 0 to OC_THUMB. In units in which a
 * pixel is OC_THUMB long, and a part n. */
static int64_t overlap(int64_t i, int64_t part, int64_t n) {
  const int64_t begin = oc_max_i64(i * OC_THUMB, part * n),
                end = oc_min_i64((i + 1) * OC_THUMB, (part + 1) * n);
  return oc_max_i64(0, end - begin);
}

static uint8_t mean_of_part(const oc_image *image, int64_t y, int64_t x) {
  const int64_t h = image->size.height, w = image->size.width;
  uint64_t sum = 0; /* at most h * w < 2^27 times 2^24 */
  for (int64_t i = y * h / OC_THUMB; i * OC_THUMB < (y + 1) * h; i++)
    for (int64_t k = x * w / OC_THUMB; k * OC_THUMB < (x + 1) * w; k++)
      sum += (uint64_t)(overlap(i, y, h) * overlap(k, x, w)) * gray_at(image, i * w + k);
  return (uint8_t)((sum / (uint64_t)(h * w) + 32768) >> 16);
}

/* The largest difference of two values of a channel. */
static uint8_t range_of(const oc_image *image) {
  const int64_t channels = image->size.channels, values = image->size.height * image->size.width * channels;
  int range = 0;
  for (int64_t c = 0; c < channels; c++) {
    int low = 255, high = 0;
    for (int64_t i = c; i < values; i += channels) {
      low = image->pixels[i] < low ? image->pixels[i] : low;
      high = image->pixels[i] > high ? image->pixels[i] : high;
    }
    range = high - low > range ? high - low : range;
  }
  return (uint8_t)range;
}

static void describe(const oc_image *image, oc_features *f) {
  double sum = 0, squares = 0;
  f->range = range_of(image);
  for (int i = 0; i < OC_THUMB_PIXELS; i++) {
    f->thumb[i] = mean_of_part(image, i / OC_THUMB, i % OC_THUMB);
    sum += f->thumb[i];
    squares += f->thumb[i] * f->thumb[i];
  }
  const double mean = sum / OC_THUMB_PIXELS;
  f->mean = (float)mean;
  f->deviation = (float)sqrt(fmax(0, squares / OC_THUMB_PIXELS - mean * mean));
}

static oc_file_state state_of(const unsigned char *bytes, size_t size, const oc_image_details *d,
                              oc_status status) {
  if (size == 0) return OC_FILE_EMPTY;
  if (!oc_image_is_known(bytes, size)) return OC_FILE_FOREIGN;
  if (status != OC_OK) return OC_FILE_BAD;
  return d->truncated ? OC_FILE_TRUNCATED : OC_FILE_GOOD;
}

static oc_status keep_problem(read_job *job, oc_features *f, const char *message, oc_error *err) {
  pthread_mutex_lock(&job->lock);
  f->problem = oc_arena_string(&job->doctor->text, message);
  pthread_mutex_unlock(&job->lock);
  return f->problem ? OC_OK : oc_fail_memory(err, strlen(message) + 1);
}

static oc_status read_item(void *context, int64_t index, oc_error *err) {
  read_job *job = context;
  oc_features *f = &job->doctor->features[index];
  oc_image_options options = oc_image_defaults();
  oc_image_details details = {0};
  oc_error problem = {0};
  char where[256];
  unsigned char *bytes;
  size_t size;
  options.accept_truncated = true;
  oc_status status = oc_item_read(&job->doctor->items, index, where, &bytes, &size, &problem);
  if (status == OC_OK) {
    oc_sha256_of(bytes, size, f->sum);
    status = oc_image_decode_with(where, bytes, size, &options, &details, &problem);
    f->state = state_of(bytes, size, &details, status);
  } else {
    f->state = OC_FILE_BAD;
  }
  oc_memory_free(bytes);
  f->format = details.format ? details.format : "";
  f->size = details.stored;
  if (status == OC_OK) describe(&details.image, f);
  oc_image_release(&details.image);
  if (status == OC_E_MEMORY && err) *err = problem;
  if (status == OC_E_MEMORY || status == OC_OK) return status;
  return keep_problem(job, f, problem.message, err);
}

oc_status oc_doctor_read(oc_doctor *d, const oc_data_options *options, oc_error *err) {
  read_job job = {.doctor = d};
  const oc_visit v = {&d->items, options, "Examining", read_item, &job};
  pthread_mutex_init(&job.lock, NULL); /* cannot fail on Linux with default attributes */
  const oc_status status = oc_items_visit(&v, err);
  pthread_mutex_destroy(&job.lock);
  return status;
}
