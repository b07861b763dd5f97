/* graph.h (internal): the graph as the planner, the layers and the optimizers see it. */
#ifndef OC_GRAPH_GRAPH_H
#define OC_GRAPH_GRAPH_H
#include "base/memory.h"
#include "base/registry.h"
#include "graph/op.h"

typedef struct oc_graph_node {
  oc_op_info info;
  oc_node *in;      /* [info.n_in], in the graph's arena */
  int32_t variable; /* index in the table of variables, or -1 */
  int32_t numbered; /* its name followed by _1 to _numbered is also taken */
} oc_graph_node;

typedef struct oc_graph_variable {
  int32_t op;
  oc_init init;
  int32_t slot_of; /* of an optimizer's slot: the variable that it belongs to; else -1 */
} oc_graph_variable;

/* Values of a constant, of the type of its output, in the graph's arena. */
typedef struct oc_constant_attrs {
  const void *data;
} oc_constant_attrs;

/* The gradient that a training step uses for a variable. */
typedef struct oc_graph_gradient {
  int32_t variable;
  oc_node node;
} oc_graph_gradient;

/* A training step: its operations first .. last, and what must be finite before it may change a variable. */
typedef struct oc_graph_step {
  int32_t first, last;
  oc_node loss;
  oc_node scale;                      /* of clipped gradients; the invalid node without clipping */
  const oc_graph_gradient *gradients; /* [gradient_count], in the graph's arena, before they are clipped */
  int32_t gradient_count;
} oc_graph_step;

#define OC_SCOPE_BYTES 256
/* A full name with its closing 0. */
#define OC_NAME_BYTES 400

struct oc_graph {
  oc_arena arena;        /* names, attributes, constants */
  oc_registry *registry; /* a share; NULL: the built-in rows alone */
  oc_dtype real;
  oc_error error; /* the first one; code OC_OK: none */
  oc_graph_node *nodes;
  int32_t count, capacity;
  oc_graph_variable *variables;
  int32_t variable_count, variable_capacity;
  oc_node *updates;
  int32_t update_count, update_capacity;
  oc_graph_step *steps;
  int32_t step_count, step_capacity;
  int32_t *names;                     /* open-addressed hash table: node index + 1, 0 = free */
  int32_t names_capacity, names_used; /* used: not free, with marks of removed ones */
  bool exact; /* while a graph is copied or read: names are whole, and each must be free */
  char scope[OC_SCOPE_BYTES];
  uint8_t outer[128]; /* length of the scope around each pushed one; a push adds at least two characters */
  int32_t depth;
};

/* Room for one more element in a growing array of the graph; false (and a failed graph) if there is none. */
bool oc_graph_reserve(oc_graph *g, void **array, int32_t count, int32_t *capacity, size_t size);
int oc_graph_variable_count(const oc_graph *g);
/* Output of the i-th variable, in the order they were added. */
oc_node oc_graph_variable_at(const oc_graph *g, int i);
const oc_init *oc_graph_variable_init(const oc_graph *g, int i);
void oc_graph_add_step(oc_graph *g, const oc_graph_step *step);
/* True if any of the needed nodes (needed[count]) changes a variable in this training step. */
bool oc_graph_step_needed(const oc_graph *g, const oc_graph_step *step, const bool *needed);
/* Index of the node of this full name, or -1. */
int32_t oc_graph_lookup(const oc_graph *g, const char *name);

/* names.c */
/* Puts `wanted` into the current scope, makes it unique with _1, _2 and so on, copies it into the arena.
 * NULL: failed. */
const char *oc_graph_name(oc_graph *g, const char *wanted);
/* Enters node `op` under its info.name; false when there is no memory. */
bool oc_graph_names_enter(oc_graph *g, int32_t op);
void oc_graph_names_remove(oc_graph *g, int32_t op);

#endif
