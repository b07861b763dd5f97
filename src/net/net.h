/* net.h (internal): a network between its text and its graph: a flat list of layers.
 *
 *   text -> words (net_scan.c) -> layers (net_parse.c) -> operations (net_build.c)
 *                                                      -> text again (net_print.c)
 *
 * A layer is a descriptor at the end of a src/net/layer_*.c and a row in layers.def. The descriptor says
 * what the text may hold, so that reading and printing need no code of the layer's own. A block is an entry
 * of the list where it opens, one between two of its branches, and one where it closes; nothing recurs. */
#ifndef OC_NET_NET_H
#define OC_NET_NET_H
#include "base/error.h"
#include "base/hyperparameter.h"
#include "base/text.h"
#include "base/registry.h"
#include "ocellus/net.h"
#include "ocellus/registry.h"

#define OC_NET_MAX_BYTES    65536
#define OC_NET_MAX_LAYERS   1024
#define OC_NET_MAX_DEPTH    16 /* blocks within each other */
#define OC_NET_MAX_BRANCHES 16 /* of a block */
/* Limits of the numbers in a text; with them no product of sizes comes near the end of int64_t unnoticed. */
#define OC_NET_MAX_SIDE     1024     /* windows, strides, dilations, padding */
#define OC_NET_MAX_CHANNELS 16777216 /* channels, units, groups */

/* ---- words --------------------------------------------------------------------------------------------- */

typedef enum oc_word_kind {
  OC_WORD,
  OC_WORD_BAR,
  OC_WORD_NEWLINE,
  OC_WORD_OPEN,
  OC_WORD_NEXT,
  OC_WORD_CLOSE,
  OC_WORD_END
} oc_word_kind;

typedef struct oc_word {
  oc_word_kind kind;
  size_t at, length; /* bytes of the text */
} oc_word;

/* Reads the word at *at and moves *at past it; spaces and comments are skipped. */
oc_status oc_net_scan(const char *text, size_t *at, oc_word *out, oc_error *err);
bool oc_word_is(const char *text, oc_word word, const char *is);
/* "5x5x32" -> {5,5,32}: exactly between `low` and `high` numbers, each 1..limit; *count of them. `what` is
 * named in messages, such as "HxWxC". */
typedef struct oc_word_sizes {
  const char *what;
  int low, high;
  int64_t limit[3];
} oc_word_sizes;
oc_status oc_word_read_sizes(const char *text, oc_word word, const oc_word_sizes *rule, int64_t *out,
                             int *count, oc_error *err);
/* A decimal number such as 0.5 or 1e-3, correctly rounded, the same in every locale. */
oc_status oc_word_read_number(const char *text, oc_word word, double *out, oc_error *err);
/* OC_E_NET about the character at `at`: where, and a message with the line and a caret below it. */
oc_status oc_net_fail(oc_error *err, const char *text, size_t at, const char *hint, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

/* ---- layers -------------------------------------------------------------------------------------------- */

/* The options of a layer's text after its sizes, in any order, each once. */
enum {
  OC_OPTION_ACT = 1 << 0,
  OC_OPTION_STRIDE = 1 << 1,
  OC_OPTION_SAME = 1 << 2, /* same, valid */
  OC_OPTION_FULL = 1 << 3, /* and full, pad N */
  OC_OPTION_DILATION = 1 << 4,
  OC_OPTION_GROUPS = 1 << 5,
  OC_OPTION_NOBIAS = 1 << 6,
  OC_OPTION_INIT = 1 << 7,
  OC_OPTION_BN = 1 << 8,
  OC_OPTION_ABOVE = 1 << 9
};

struct oc_layer_kind;

/* The entries of a block; a layer that is not a block is one entry, OC_PART_LAYER. */
typedef enum oc_layer_part { OC_PART_LAYER = 0, OC_PART_OPENS, OC_PART_NEXT, OC_PART_CLOSES } oc_layer_part;

struct oc_layer {
  const struct oc_layer_kind *kind;
  size_t at;  /* in the text */
  int number; /* conv_1, conv_2, fc_3; maxpool_1 and so on */
  oc_layer_part part;
  int other;    /* of a block: index of the entry that closes it; of its other entries, that opens it */
  bool project; /* of the entry that closes a residual block */
  int64_t size[3];
  double value[OC_HYPERPARAMETERS_MAX]; /* of the kind's hyperparameters */
  const struct oc_layer_kind *act;      /* NULL: none */
  int64_t stride[2], dilation[2], groups;
  int64_t above; /* the stride is 1 unless rows and columns are both more than this; 0: always as it is */
  oc_padding padding;
  int64_t pad;
  bool nobias, bn;
  oc_init_kind init;
};

/* What a block joins. */
typedef struct oc_branches {
  oc_node x; /* its input */
  oc_node output[OC_NET_MAX_BRANCHES];
  int count;
} oc_branches;

typedef struct oc_layer_kind {
  const char *name;
  const char *summary; /* one line for help, without a period */
  const char *scope;   /* "conv": the layer's scope is conv_1 */
  bool weighted;       /* numbered together with all others that are */
  oc_word_sizes sizes; /* what == NULL: none */
  bool classes;        /* CLASSES may stand for the size */
  bool square;         /* pooling: N stands for NxN, and the stride is the size by default */
  /* Decimal numbers after the layer's name and sizes, in this order; those that are required come first. */
  oc_hyperparameter hyperparameters[OC_HYPERPARAMETERS_MAX];
  unsigned options;
  /* Adds the layer's operations to x, in its scope. NULL: a block. */
  oc_node (*build)(oc_graph *g, const oc_layer *l, oc_node x);
  /* Of a block: adds what makes one tensor of its branches; l is the entry that closes it. */
  oc_node (*join)(oc_graph *g, const oc_layer *l, const oc_branches *branches);
  bool branches; /* a block written as { LAYERS ; LAYERS } NAME, else as NAME { LAYERS } [project] */
  /* Layers that may be named as ACT of another one. */
  oc_node (*activate)(oc_graph *g, oc_node x);
  bool activates; /* the same of a caller's layer: by its build, with all defaults */
} oc_layer_kind;

#define OC_ROW(name) extern const oc_layer_kind oc_layer_##name;
#include "net/layers.def"
#undef OC_ROW

/* The i-th kind of layer, the built-in ones before those of a registry (NULL: none); NULL past the end. */
const oc_layer_kind *oc_layer_kind_at(const oc_registry *r, int index);
/* The kind of this name, or NULL. */
const oc_layer_kind *oc_layer_kind_find(const oc_registry *r, const char *name);

/* How a layer is written, as help prints it: "conv HxWxC [ACT] [stride N|NxM] ..". Returns `text`. */
#define OC_LAYER_USAGE_MAX 256
char *oc_layer_usage(const oc_layer_kind *kind, char text[OC_LAYER_USAGE_MAX]);

typedef struct oc_init_row {
  const char *name;
  oc_init_kind kind;
} oc_init_row;
/* The initializers that a text can name; the first is the default. NULL past the end. */
const oc_init_row *oc_init_row_at(int index);

/* A layer of this kind with all defaults. */
oc_layer oc_layer_make(const oc_layer_kind *kind);

/* ---- shared by layers ---------------------------------------------------------------------------------- */

/* A trainable variable; false (and a failed graph) if it would be too large. */
oc_node oc_layer_variable(oc_graph *g, const char *name, oc_shape shape, oc_init_kind init);
/* True if x is (n, rows, columns, channels). If not, the graph is marked as failed. */
bool oc_layer_expects_images(oc_graph *g, const oc_layer *l, oc_node x);
/* oc_layer_finish (ocellus/registry.h) names what it adds net_pre-activation and activation. */
/* The stride for an input x: {1, 1} where `above` says so. */
void oc_layer_stride(oc_graph *g, const oc_layer *l, oc_node x, int64_t stride[2]);
/* Batch normalization of x with variables of its own in the current scope. */
oc_node oc_layer_normalize(oc_graph *g, oc_node x, double epsilon, double momentum);

/* ---- networks ------------------------------------------------------------------------------------------ */

typedef struct oc_net {
  const char *text; /* of the caller, or of the preset */
  oc_layer *layers;
  int count;
  int64_t capacity;
} oc_net;

/* CLASSES and the options' dropout are filled in. The caller releases *net, whatever is returned. */
oc_status oc_net_parse(const char *text, int64_t classes, const oc_net_options *options, oc_net *net,
                       oc_error *err);
void oc_net_release(oc_net *net);
/* The canonical form of layers first .. last (blocks whole). */
void oc_net_print(const oc_net *net, int first, int last, oc_text *out);

/* What became of a layer on the outermost level. */
typedef struct oc_net_layer {
  char name[64]; /* full scope: "conv_1" */
  char *text;    /* canonical form: "conv 5x5x32 relu" */
  oc_node output;
} oc_net_layer;

/* The source of a network: a text, the number of classes, and whether the network must end in it. */
typedef struct oc_net_source {
  const char *text;
  int64_t classes;
  bool logits;
  const oc_net_options *options; /* NULL: the defaults */
} oc_net_source;

typedef struct oc_net_layers {
  oc_net_layer *list;
  int count;
} oc_net_layers;

/* Builds a text and lists its layers. The caller releases *layers, also after a failure. With `logits` the
 * last layer must give one value per class. */
oc_status oc_net_build_layers(oc_graph *g, oc_node x, const oc_net_source *from, oc_net_layers *layers,
                              oc_error *err);
void oc_net_layers_release(oc_net_layers *layers);

#endif
