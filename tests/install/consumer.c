/* consumer.c: a program outside of the project: loads images, if it is given any, and prints the version of
 * the library it was linked with. */
#include <ocellus/ocellus.h>
#include <stdio.h>

int main(int count, char **words) {
  for (int i = 1; i < count; i++) {
    oc_image image;
    oc_error err;
    if (oc_image_load(words[i], NULL, &image, &err) != OC_OK) {
      fprintf(stderr, "%s: %s\n", err.where, err.message);
      return 1;
    }
    oc_image_release(&image);
  }
  return puts(oc_version()) < 0;
}
