#!/usr/bin/python3
"""Writes a C program that calls every public function with all pointers NULL and all else 0, in a child process: an error or
a neutral answer, never a signal (status.h). The prototypes are read from the headers, so that a new function is called
without anybody's doing.

Usage: null_calls.py INCLUDE_FOLDER > null_calls.c"""
import pathlib
import re
import sys

# Arguments for which NULL is a choice of its own, by name, or by function and name.
CHOICE = {"err", "options", "session", "context", "class_names", "cache", "measured", "results", "folder", "feeds", "background"}
CHOICE_OF = {
    "oc_model_filters": {"layer"}, "oc_model_features": {"layer"}, "oc_convolve_activate": {"b", "h"},
    "oc_background_check": {"text"},
    "oc_dataset_from_memory": {"labels"}, "oc_dataset_read": {"pixels", "labels"}, "oc_batch_read": {"pixels", "labels"},
    "oc_model_fit": {"valid"}, "oc_convnn_train": {"valid"}, "oc_file_save": {"bytes"}, "oc_picture_decode": {"bytes"},
    "oc_matrix_parse": {"bytes"}, "oc_tensorboard_close": {"t"},
}
SKIPPED = {"oc_error_fill"}  # arguments after a format


def prototypes(folder):
    for path in sorted(pathlib.Path(folder).glob("*.h")):
        text = re.sub(r"/\*.*?\*/", " ", path.read_text(encoding="utf-8"), flags=re.S)
        for match in re.finditer(r"OC_API\s+([^;#]*?)\b(oc_\w+)\(([^;#]*)\)[^;()]*;", text):
            arguments = [] if match[3].strip() == "void" else [" ".join(a.split()) for a in match[3].split(",")]
            yield " ".join(match[1].split()), match[2], arguments


def split(argument):
    """The type and the name of a parameter; an array is a pointer."""
    array = re.match(r"(.*?)(\w+)\s*((?:\[[^\]]*\])+)$", argument)
    if array:
        return array[1].strip() + " *", array[2]
    plain = re.match(r"(.*?[\s*])(\w+)$", argument)
    return (plain[1].strip(), plain[2]) if plain else (argument, "")


def is_pointer(kind):
    return "*" in kind or re.fullmatch(r"oc_\w+_fn", kind) is not None


def call(result, name, arguments):
    kinds = [split(a) for a in arguments]
    values = ["NULL" if is_pointer(kind) else f"({kind}){{0}}" for kind, _ in kinds]
    needed = any(is_pointer(kind) and n not in CHOICE | CHOICE_OF.get(name, set()) for kind, n in kinds)
    line = f"{name}({', '.join(values)})"
    if result == "oc_status" and needed:
        line = f"refused = {line} != OC_OK"
    else:
        line = f"(void){line}"
    return f'  CHECK("{name}", {line});'


def main():
    calls = [call(*p) for p in prototypes(sys.argv[1]) if p[1] not in SKIPPED]
    headers = sorted(p.name for p in pathlib.Path(sys.argv[1]).glob("*.h"))
    print("/* Made by null_calls.py. */")
    print("\n".join(f"#include <ocellus/{h}>" for h in headers))
    print("""#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

static int failed;

static void judge(const char *name, int status) {
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return;
  failed++;
  printf("%s with NULL: %s %d\\n", name, WIFSIGNALED(status) ? "signal" : "not refused",
         WIFSIGNALED(status) ? WTERMSIG(status) : 0);
}

#define CHECK(name, call)                   \\
  do {                                      \\
    int refused = 1, status = 0;            \\
    const pid_t child = fork();             \\
    if (child == 0) {                       \\
      alarm(60);                            \\
      call;                                 \\
      _exit(refused ? 0 : 3);               \\
    }                                       \\
    waitpid(child, &status, 0);             \\
    judge(name, status);                    \\
  } while (0)
""".replace("\\\\", "\\"))
    print("int main(void) {\n" + "\n".join(calls))
    print(f'  printf("{len(calls)} functions, %d failed\\n", failed);\n  return failed ? 1 : 0;\n}}')


main()
