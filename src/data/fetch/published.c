/* published.c: lists the data sets that `ocellus fetch` gets, and finds those that are there.
 *
 * Sizes and hashes are those of the published gzip files. MNIST's were compared with copies of its
 * publication (the training images by the hash that other programs carry), Fashion-MNIST's with Debian's
 * source package. */
#include "data/fetch/published.h"
#include "base/file.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/text.h"
#include <string.h>

static const char *const mnist_addresses[] = {"https://storage.googleapis.com/cvdf-datasets/mnist/",
                                              "https://ossci-datasets.s3.amazonaws.com/mnist/", NULL};
static const oc_published_file mnist_files[] = {
    {"train-images-idx3-ubyte.gz", 9912422,
     "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609"},
    {"train-labels-idx1-ubyte.gz", 28881, "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c"},
    {"t10k-images-idx3-ubyte.gz", 1648877,
     "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6"},
    {"t10k-labels-idx1-ubyte.gz", 4542, "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6"},
    {0}};

static const char *const fashion_addresses[] = {
    "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
    "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/", NULL};
static const oc_published_file fashion_files[] = {
    {"train-images-idx3-ubyte.gz", 26421880,
     "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84"},
    {"train-labels-idx1-ubyte.gz", 29515, "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845"},
    {"t10k-images-idx3-ubyte.gz", 4422102,
     "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073"},
    {"t10k-labels-idx1-ubyte.gz", 5148, "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5"},
    {0}};
static const char *const fashion_classes[] = {"T-shirt/top", "Trouser", "Pullover", "Dress", "Coat",
                                              "Sandal",      "Shirt",   "Sneaker",  "Bag",   "Ankle boot"};

static const oc_published sets[] = {
    {"mnist", "handwritten digits, 28x28 gray, 60000 and 10000 (11.6 MB)", mnist_addresses, mnist_files, NULL,
     NULL, 0, true},
    {"fashion-mnist", "images of clothes, 28x28 gray, 60000 and 10000 (30.9 MB)", fashion_addresses,
     fashion_files, "/usr/share/datasets/fashion-mnist", fashion_classes, 10, false}};

const oc_published *oc_published_at(int index) {
  return index >= 0 && (size_t)index < sizeof sets / sizeof sets[0] ? &sets[index] : NULL;
}

const oc_published *oc_published_named(const char *name) {
  const oc_published *p = NULL;
  for (int i = 0; (p = oc_published_at(i)) && strcmp(p->name, name) != 0; i++) continue;
  return p;
}

oc_status oc_published_folder(const char *name, char **path, oc_error *err) {
  const char *data = oc_env_data_home(), *home = oc_env_home();
  oc_text text = {0};
  *path = NULL;
  if (data && *data == '/') /* a relative one is to be ignored, by the rule of XDG */
    oc_text_add(&text, "%s/ocellus/%s", data, name);
  else if (home && *home)
    oc_text_add(&text, "%s/.local/share/ocellus/%s", home, name);
  else
    return oc_fail(err, OC_E_NO_INPUT, name, "Set HOME or XDG_DATA_HOME.",
                   "no folder for data: neither XDG_DATA_HOME nor HOME is set");
  *path = oc_text_take(&text);
  return *path ? OC_OK : oc_fail_memory(err, strlen(name));
}

/* The files of `p`, packed or not. *all is false if one is missing. */
static oc_status has_all(const char *folder, const oc_published *p, bool *all, oc_error *err) {
  *all = true;
  for (const oc_published_file *f = p->files; *all && f->name; f++) {
    char *file = oc_path_join(folder, f->name);
    if (!file) return oc_fail_memory(err, strlen(folder) + strlen(f->name) + 2);
    *all = oc_file_exists(file);
    file[strlen(file) - strlen(".gz")] = 0;
    *all = *all || oc_file_exists(file);
    oc_memory_free(file);
  }
  return OC_OK;
}

oc_status oc_published_find(const oc_published *p, char **path, oc_error *err) {
  bool all = false;
  oc_status status = oc_published_folder(p->name, path, NULL);
  if (status == OC_E_MEMORY) return oc_fail_memory(err, strlen(p->name));
  status = *path ? has_all(*path, p, &all, err) : OC_OK;
  if (status == OC_OK && all) return OC_OK;
  oc_memory_free(*path);
  *path = NULL;
  if (status != OC_OK || !p->packaged) return status;
  TRY(has_all(p->packaged, p, &all, err));
  if (!all) return OC_OK;
  *path = oc_memory_string(p->packaged);
  return *path ? OC_OK : oc_fail_memory(err, strlen(p->packaged) + 1);
}
