/* arguments.h: what the programs of this folder take on the command line: --help always, and a table of the
 * rest. */
#ifndef LECTURE_ARGUMENTS_H
#define LECTURE_ARGUMENTS_H
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One argument: an option if `name` begins with --, else the operand. Where its value goes decides what it
 * is: a flag has none, a count is a whole number from 0, a number is finite. */
typedef struct argument {
  const char *name, *help;
  bool *flag;
  int64_t *count, least; /* a whole number, from `least` on */
  double *number;
  const char **text;
} argument;

static inline void print_help(const char *program, const char *about, const argument *known) {
  const char *slash = strrchr(program, '/');
  printf("%s\n\nUsage: %s", about, slash ? slash + 1 : program);
  for (const argument *a = known; a->name; a++)
    printf(" [%s%s]", a->name, a->count || a->number ? " N" : a->text && a->name[0] == '-' ? " TEXT" : "");
  printf(" [--help]\n");
  for (const argument *a = known; a->name; a++) printf("  %-16s %s\n", a->name, a->help);
}

static inline void bad_argument(const char *what, const char *problem) {
  fprintf(stderr, "%s: %s\nSee --help.\n", what, problem);
  exit(64);
}

static inline double number_after(const char *name, const char *value, bool whole, int64_t least) {
  char *end = NULL;
  const double number = value ? strtod(value, &end) : 0;
  const bool good = value && end != value && !*end && number - number == 0;
  if (!good) bad_argument(name, "expected a number after it");
  if (whole && !(number >= (double)least && number <= 1e9 && number == (double)(int64_t)number))
    bad_argument(name, least ? "expected a whole number from 1 after it"
                             : "expected a whole number from 0 after it");
  return number;
}

/* Reads the arguments into the places that `known` names (it ends with an empty entry). Ends the program
 * after --help, and with exit code 64 after one that is not known. */
static inline void read_arguments(int argc, char **argv, const char *about, const argument *known) {
  for (int i = 1; i < argc; i++) {
    if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
      print_help(argv[0], about, known);
      exit(0);
    }
    const argument *a = known;
    while (a->name && strcmp(a->name, argv[i]) != 0 && (a->name[0] == '-' || argv[i][0] == '-')) a++;
    if (!a->name) bad_argument(argv[i], "unknown argument");
    if (a->flag)
      *a->flag = true;
    else if (a->count)
      *a->count = (int64_t)number_after(a->name, argv[++i], true, a->least);
    else if (a->number)
      *a->number = number_after(a->name, argv[++i], false, 0);
    else if (a->name[0] != '-')
      *a->text = argv[i];
    else if (argv[i + 1])
      *a->text = argv[++i];
    else
      bad_argument(argv[i], "expected a value after it");
  }
}

/* For a program that takes none but --help. */
static inline void no_arguments(int argc, char **argv, const char *about) {
  read_arguments(argc, argv, about, &(argument){0});
}

#endif
