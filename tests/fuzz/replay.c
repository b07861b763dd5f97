/* replay.c: runs a fuzz target over every file of a folder, without libFuzzer: what once broke is tried in
 * every run of the tests, with any compiler. Usage: fuzz_NAME FOLDER */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The memory is exactly as large as the file, so that a sanitizer sees a read past its end. */
static int replay(const char *path) {
  struct stat st;
  FILE *f = fopen(path, "rb");
  if (!f || fstat(fileno(f), &st) != 0) {
    perror(path);
    return 1;
  }
  const size_t size = (size_t)st.st_size;
  uint8_t *data = malloc(size ? size : 1);
  const int failed = !data || fread(data, 1, size, f) != size;
  fclose(f);
  if (failed)
    fprintf(stderr, "%s: cannot be read\n", path);
  else
    LLVMFuzzerTestOneInput(data, size);
  free(data);
  return failed;
}

int main(int argc, char **argv) {
  int files = 0, failures = 0;
  DIR *folder = argc == 2 ? opendir(argv[1]) : NULL;
  if (!folder) {
    fprintf(stderr, "usage: %s FOLDER (with inputs, one a file)\n", argv[0]);
    return 2;
  }
  for (struct dirent *entry; (entry = readdir(folder));) {
    char path[4096];
    if (entry->d_name[0] == '.') continue;
    snprintf(path, sizeof path, "%s/%s", argv[1], entry->d_name);
    failures += replay(path);
    files++;
  }
  closedir(folder);
  printf("%d inputs, %d cannot be read\n", files, failures);
  return files == 0 || failures > 0;
}
