/* consumer.c: a program of somebody else's: prints the version of the library it was linked with. */
#include <ocellus/ocellus.h>
#include <stdio.h>

int main(void) {
  return puts(oc_version()) < 0;
}
