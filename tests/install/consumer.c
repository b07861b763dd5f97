/* consumer.c: a program outside of the project: prints the version of the library it was linked with. */
#include <ocellus/ocellus.h>
#include <stdio.h>

int main(void) {
  return puts(oc_version()) < 0;
}
