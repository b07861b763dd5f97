/* entry.c: names the files of a container, and finds those that are never data. */
#include "data/container/container.h"
#include <stdio.h>
#include <string.h>

bool oc_entry_is_hidden(const char *name) {
  static const char *const names[] = {"Thumbs.db", "desktop.ini", "__MACOSX", "$RECYCLE.BIN", NULL};
  const size_t size = strcspn(name, "/");
  for (int i = 0; names[i]; i++)
    if (strlen(names[i]) == size && strncmp(name, names[i], size) == 0) return true;
  return name[0] == '.';
}

const char *oc_container_where(const char *container, const char *path, char text[256]) {
  if (path[0] == '/' || strcmp(container, ".") == 0) container = ""; /* a list may name any file */
  const size_t used = strlen(container);
  const char *slash = !used || !*path || container[used - 1] == '/' ? "" : "/";
  const int full = snprintf(text, 256, "%s%s%s", container, slash, path);
  if (full < 256) return text;
  const size_t rest = strlen(path); /* the end names the file */
  (void)snprintf(text, 256, "..%s", rest > 250 ? path + rest - 250 : path);
  return text;
}
