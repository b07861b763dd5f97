/* augment_runner: applies single transforms, or whole augmentations, for the oracle tests. Reads requests
 * from stdin until its end, answers on stdout.
 *
 *   list                                              the names of the transforms, on one line
 *   drawn NAME HxWxC SEED ITEM X,X,..   and the image  one transform with the numbers that it would draw;
 *                                                      EDGE/NAME: with this border
 *   draw NAME COUNT HxWxC X,X,..                       the same of a transform; "identity" where it draws
 *                                                      that an image stays
 *   pick NAME COUNT HxWxC X,X,..                       what a policy with these numbers draws for items 0 to
 *                                                      COUNT-1: for each a line NAME X,X,.. per transform
 *   mix NAME HxWxC X,X,..  and two images   a mixture with these numbers: the image, and its share on a line
 *   text SEED EPOCH ITEM HxWxC TEXT     and the image  oc_augmentation_apply
 *
 * The image is raw bytes, and so is the answer. The random numbers of "drawn" are those of stream
 * OC_STREAM_AUGMENT. A wrong request ends the program. */
#include "data/augment/transform.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void die(const char *what) {
  fprintf(stderr, "augment_runner: %s\n", what);
  exit(2);
}

static oc_image_shape shape_of(const char *text) {
  long long h, w, c;
  if (sscanf(text, "%lldx%lldx%lld", &h, &w, &c) != 3) die("bad shape");
  return (oc_image_shape){h, w, c};
}

static uint8_t *read_image(oc_image_shape s, size_t *size) {
  *size = (size_t)(s.height * s.width * s.channels);
  uint8_t *pixels = malloc(*size);
  if (!pixels || fread(pixels, 1, *size, stdin) != *size) die("the image is too short");
  return pixels;
}

static void list(void) {
  const char *name;
  for (int i = 0; (name = oc_transform_name(i)); i++) printf("%s%s", i ? " " : "", name);
  putchar('\n');
}

static void read_numbers(char *at, double drawn[OC_DRAWN_MAX]) {
  for (int i = 0; *at && *at != '\n'; i++) {
    char *end;
    if (i == OC_DRAWN_MAX) die("too many numbers");
    drawn[i] = strtod(at, &end);
    if (end == at) die("bad number");
    at = end + (*end == ',');
  }
}

/* The transform of a name, and the border that is written before it. */
static const oc_transform *with_border(const char *name, oc_border *border) {
  const char *slash = strchr(name, '/');
  *border = OC_BORDER_BACKGROUND;
  if (slash) *border = name[0] == 'e' ? OC_BORDER_EDGE : OC_BORDER_REFLECT;
  if (slash) name = slash + 1;
  return oc_transform_find(name, strlen(name));
}

static void apply_drawn(const char *line) {
  char name[32], shape[64], numbers[512];
  unsigned long long seed, item;
  double drawn[OC_DRAWN_MAX] = {0};
  if (sscanf(line, "drawn %31s %63s %llu %llu %511s", name, shape, &seed, &item, numbers) != 5)
    die("bad request");
  oc_border border;
  const oc_transform *t = with_border(name, &border);
  if (!t) die("no such transform");
  const oc_image_shape s = shape_of(shape);
  const uint8_t black[3] = {0};
  oc_random r = oc_random_at(seed, OC_STREAM_AUGMENT, 0, item);
  size_t size;
  uint8_t *pixels = read_image(s, &size), *spare = malloc(size);
  float *planes = malloc(3 * (size_t)(s.height * s.width) * sizeof *planes);
  oc_canvas c = {s, pixels, spare, planes, black, border, &r};
  read_numbers(numbers, drawn);
  if (t->map) {
    const oc_map map = t->map(s, drawn);
    oc_map_apply(&map, &c);
  } else {
    t->change(&c, drawn);
  }
  fwrite(c.pixels, 1, size, stdout);
  free(pixels);
  free(spare);
  free(planes);
}

static void apply_mix(const char *line) {
  char name[32], shape[64], numbers[512];
  double drawn[OC_DRAWN_MAX] = {0};
  if (sscanf(line, "mix %31s %63s %511s", name, shape, numbers) != 3) die("bad request");
  const oc_transform *t = oc_transform_find(name, strlen(name));
  if (!t || !t->mix) die("no such mixture");
  size_t size;
  uint8_t *pixels = read_image(shape_of(shape), &size), *other = read_image(shape_of(shape), &size);
  read_numbers(numbers, drawn);
  const double share = t->mix(shape_of(shape), drawn, other, pixels);
  fwrite(pixels, 1, size, stdout);
  printf("%.17g\n", share);
  free(pixels);
  free(other);
}

static void apply_text(const char *line) {
  unsigned long long seed, epoch, item;
  char shape[64];
  int used = 0;
  oc_augmentation *a;
  oc_error err;
  if (sscanf(line, "text %llu %llu %llu %63s %n", &seed, &epoch, &item, shape, &used) != 4)
    die("bad request");
  if (oc_augmentation_create(line + used, shape_of(shape), NULL, &a, &err) != OC_OK) die(err.message);
  size_t size;
  uint8_t *pixels = read_image(shape_of(shape), &size);
  void *scratch = malloc(oc_augmentation_scratch(a));
  oc_augmentation_apply(a, &(oc_augment_key){seed, epoch, item, 0}, pixels, scratch);
  fwrite(pixels, 1, size, stdout);
  free(scratch);
  free(pixels);
  oc_augmentation_free(a);
}

static void print_picked(const oc_drawn *d) {
  printf("%s ", d->transform ? d->transform->name : "identity");
  for (int i = 0; i < OC_DRAWN_MAX; i++) printf("%s%.17g", i ? "," : "", d->values[i]);
  putchar('\n');
}

static void pick(const char *line) {
  char name[32], shape[64], numbers[512];
  unsigned long long count;
  double values[OC_DRAWN_MAX] = {0};
  oc_drawn d;
  if (sscanf(line, "pick %31s %llu %63s %511s", name, &count, shape, numbers) != 4) die("bad request");
  const oc_transform *t = oc_transform_find(name, strlen(name));
  if (!t || !t->pick) die("no such policy");
  read_numbers(numbers, values);
  for (uint64_t item = 0; item < count; item++) {
    oc_random r = oc_random_at(1, OC_STREAM_AUGMENT, 0, item);
    for (int round = 0; t->pick(&r, values, shape_of(shape), round, &d); round++) print_picked(&d);
  }
  puts("end");
}

static void draw(const char *line) {
  char name[32], shape[64], numbers[512];
  unsigned long long count;
  double values[OC_DRAWN_MAX] = {0};
  if (sscanf(line, "draw %31s %llu %63s %511s", name, &count, shape, numbers) != 4) die("bad request");
  const oc_transform *t = oc_transform_find(name, strlen(name));
  if (!t || !t->draw) die("no such transform");
  read_numbers(numbers, values);
  for (uint64_t item = 0; item < count; item++) {
    oc_random r = oc_random_at(1, OC_STREAM_AUGMENT, 0, item);
    oc_drawn d = {.transform = t};
    if (!t->draw(&r, values, shape_of(shape), d.values)) d.transform = NULL;
    print_picked(&d);
  }
  puts("end");
}

int main(void) {
  char line[4096];
  while (fgets(line, sizeof line, stdin)) {
    if (strncmp(line, "list", 4) == 0)
      list();
    else if (strncmp(line, "drawn ", 6) == 0)
      apply_drawn(line);
    else if (strncmp(line, "mix ", 4) == 0)
      apply_mix(line);
    else if (strncmp(line, "pick ", 5) == 0)
      pick(line);
    else if (strncmp(line, "draw ", 5) == 0)
      draw(line);
    else if (strncmp(line, "text ", 5) == 0)
      apply_text(line);
    else
      die("bad request");
    fflush(stdout);
  }
  return 0;
}
