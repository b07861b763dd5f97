/* names.c: scopes and unique names. A hash table with linear probing from full name to node; removal leaves a
 * mark. */
#include "graph/graph.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FREE = 0, REMOVED = -1, MAX_NAME = 100 };

static uint32_t hash_name(const char *name) {
  uint32_t h = 2166136261u; /* FNV-1a */
  for (; *name; name++) h = (h ^ (unsigned char)*name) * 16777619u;
  return h;
}

int32_t oc_graph_lookup(const oc_graph *g, const char *name) {
  if (g->names_capacity == 0) return -1;
  const uint32_t mask = (uint32_t)g->names_capacity - 1;
  for (uint32_t i = hash_name(name) & mask;; i = (i + 1) & mask) {
    const int32_t slot = g->names[i];
    if (slot == FREE) return -1;
    if (slot > 0 && strcmp(g->nodes[slot - 1].info.name, name) == 0) return slot - 1;
  }
}

static void put_name(oc_graph *g, int32_t op) {
  const uint32_t mask = (uint32_t)g->names_capacity - 1;
  uint32_t i = hash_name(g->nodes[op].info.name) & mask;
  while (g->names[i] > 0) i = (i + 1) & mask;
  if (g->names[i] == FREE) g->names_used++;
  g->names[i] = op + 1;
}

/* Room for one more name: keeps the table at most half full, marks of removed names included, by rebuilding
 * it from the first `live` nodes. A search ends at a free entry, so there must be some. */
static bool make_room(oc_graph *g, int32_t live) {
  if (2 * (g->names_used + 1) < g->names_capacity) return true;
  int32_t capacity = g->names_capacity ? g->names_capacity : 64;
  while (capacity < 4 * (live + 1)) capacity *= 2;
  int32_t *names = oc_memory_array((size_t)capacity, sizeof *names);
  if (!names) return false;
  oc_memory_free(g->names);
  g->names = names;
  g->names_capacity = capacity;
  g->names_used = 0;
  for (int32_t i = 0; i < live; i++) put_name(g, i);
  return true;
}

bool oc_graph_names_enter(oc_graph *g, int32_t op) {
  if (!make_room(g, op)) return false;
  g->nodes[op].numbered = 0;
  put_name(g, op);
  return true;
}

/* "a_7" is free again, so the node named "a" must not count 1 to 7 as taken. */
static void number_is_free(oc_graph *g, const char *name) {
  char plain[OC_NAME_BYTES];
  const char *end = strrchr(name, '_');
  if (!end || (size_t)(end - name) >= sizeof plain) return;
  const long number = strtol(end + 1, NULL, 10);
  memcpy(plain, name, (size_t)(end - name));
  plain[end - name] = 0;
  const int32_t owner = oc_graph_lookup(g, plain);
  if (owner >= 0 && number > 0 && number <= g->nodes[owner].numbered)
    g->nodes[owner].numbered = (int32_t)number - 1;
}

void oc_graph_names_remove(oc_graph *g, int32_t op) {
  const uint32_t mask = (uint32_t)g->names_capacity - 1;
  number_is_free(g, g->nodes[op].info.name);
  for (uint32_t i = hash_name(g->nodes[op].info.name) & mask; g->names[i] != FREE; i = (i + 1) & mask)
    if (g->names[i] == op + 1) {
      g->names[i] = REMOVED;
      return;
    }
}

static bool valid_name(const char *name, size_t most) {
  if (!*name || strlen(name) > most) return false;
  for (; *name; name++)
    if (!strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-/", *name)) return false;
  return true;
}

/* Appends the smallest number that makes `full` a new name. The node with the name alone stores up to which
 * number they are taken. */
static void make_unique(oc_graph *g, char *full, size_t length, size_t size) {
  const int32_t owner = oc_graph_lookup(g, full);
  if (owner < 0) return;
  int32_t *numbered = &g->nodes[owner].numbered;
  for (;; ++*numbered) {
    (void)snprintf(full + length, size - length, "_%d", *numbered + 1);
    if (oc_graph_lookup(g, full) < 0) return;
  }
}

static const char *keep_name(oc_graph *g, const char *full) {
  const char *name = oc_arena_string(&g->arena, full);
  if (!name) oc_graph_fail(g, OC_E_MEMORY, full, "", "no memory for a name");
  return name;
}

static const char *exact_name(oc_graph *g, const char *full) {
  const bool valid = full && valid_name(full, OC_NAME_BYTES - 1);
  if (valid && oc_graph_lookup(g, full) < 0) return keep_name(g, full);
  oc_graph_fail(g, OC_E_ARGUMENT, valid ? full : "name", "Give each node its own name.",
                valid ? "two nodes have the name '%.120s'" : "invalid name '%.120s'", full ? full : "");
  return NULL;
}

const char *oc_graph_name(oc_graph *g, const char *wanted) {
  if (oc_graph_failed(g)) return NULL;
  if (g->exact) return exact_name(g, wanted);
  if (!wanted || !valid_name(wanted, MAX_NAME)) {
    oc_graph_fail(g, OC_E_ARGUMENT, wanted ? wanted : "", "Use letters, digits, _ . - and /, at most 100.",
                  "invalid name '%s'", wanted ? wanted : "");
    return NULL;
  }
  char full[OC_NAME_BYTES];
  const int length = snprintf(full, sizeof full, "%s%s%s", g->scope, g->scope[0] ? "/" : "", wanted);
  make_unique(g, full, (size_t)length, sizeof full);
  return keep_name(g, full);
}

void oc_scope_push(oc_graph *g, const char *name) {
  if (oc_graph_failed(g)) return;
  if (!name || !valid_name(name, MAX_NAME) || g->depth == (int32_t)sizeof g->outer ||
      strlen(g->scope) + strlen(name) + 2 > sizeof g->scope) {
    oc_graph_fail(g, OC_E_ARGUMENT, name ? name : "",
                  "Use letters, digits, _ . - and /; 255 with outer scopes.", "invalid scope '%s' in '%s'",
                  name ? name : "", g->scope);
    return;
  }
  const size_t used = strlen(g->scope);
  g->outer[g->depth++] = (uint8_t)used;
  snprintf(g->scope + used, sizeof g->scope - used, "%s%s", used ? "/" : "", name);
}

void oc_scope_pop(oc_graph *g) {
  if (oc_graph_failed(g)) return;
  if (g->depth)
    g->scope[g->outer[--g->depth]] = 0;
  else
    oc_graph_fail(g, OC_E_ARGUMENT, "oc_scope_pop", "Call oc_scope_push once for each oc_scope_pop.",
                  "no scope is open");
}

oc_node oc_named(oc_graph *g, oc_node node, const char *name) {
  if (oc_graph_failed(g) || !oc_graph_has(g, node)) return OC_NO_NODE;
  const char *full = oc_graph_name(g, name);
  if (!full) return OC_NO_NODE;
  const int32_t op = oc_node_index(node);
  if (!make_room(g, g->count)) return oc_graph_fail(g, OC_E_MEMORY, full, "", "no memory for a name");
  oc_graph_names_remove(g, op);
  g->nodes[op].info.name = full;
  g->nodes[op].numbered = 0;
  put_name(g, op);
  return node;
}

oc_node oc_find(const oc_graph *g, const char *name) {
  if (!g || !name) return OC_NO_NODE;
  char plain[OC_NAME_BYTES];
  const char *colon = strrchr(name, ':');
  const size_t length = colon ? (size_t)(colon - name) : strlen(name);
  if (length >= sizeof plain) return OC_NO_NODE;
  memcpy(plain, name, length);
  plain[length] = 0;
  oc_node node = oc_node_of(oc_graph_lookup(g, plain), 0);
  if (!oc_node_valid(node)) return OC_NO_NODE;
  if (colon) {
    if (colon[1] < '0' || colon[1] > '9' || colon[2]) return OC_NO_NODE;
    node.out = colon[1] - '0';
    const int n_out = g->nodes[oc_node_index(node)].info.n_out;
    if (node.out >= (n_out ? n_out : 1)) return OC_NO_NODE;
  }
  return node;
}
