"""Gives every numeric option of every command its largest value, with 1 GB of address space: within a minute the program has
answered, has refused with one error, or is working and ends cleanly on SIGINT.

The options are read from `ocellus help --markdown`, so a new option is covered by itself, and a new command needs a line in BASE.
"""
import os
import re
import resource
import signal
import subprocess
import sys
import tempfile
import time

PROGRAM = os.environ["OCELLUS"]
SPACE = 1 << 30
GUARD = 600  # seconds; on a quiet machine each takes less than 60
WHOLE, REAL, INDEX = str(2**53 - 1), "1.7976931348623157e+308", str(2**63 - 1)
NET = "conv 3x3x2 relu | dense CLASSES"
# The other arguments of each command; {m} is a model, {r} a run, {o} an ONNX file, {x} a tensor that it takes, and {f}
# an ONNX file of another program.
BASE = {
    "doctor": ["photos"],
    "fetch": ["mnist", "--mirror", "http://127.0.0.1:9"],  # nobody answers there
    "train": ["digits:200:20", "--net", NET, "--epochs", "2", "--threads", "1", "--quiet"],
    "test": ["{m}", "digits:20:20", "--threads", "1"],
    "predict": ["{m}", "digits:20:20[0:4]", "--threads", "1"],
    "show": ["lecture"],
    "trace": ["{m}", "digits:20:20[0]"],
    "plan": ["lecture"],
    "bench": ["tiny", "--only", "training", "--threads", "1", "--seconds", "0.1"],
    "conv": ["1,2,3;4,5,6;7,8,9", "--w", "1,2;3,4"],
    "pool": ["1,2,3;4,5,6;7,8,9"],
    "explain": ["xo"],
    "demo": [],
    "draw": ["filters", "{m}"],
    "report": ["{r}", "--out", "report.html"],
    "import": ["{f}", "--white", "255", "--out", "imported.safetensors"],
    "run": ["{o}", "--feed", "image={x}"],
    "export": ["{m}", "--to", "c"],
    "budget": ["tiny"],
    "help": [],
    "completion": ["bash"],
    "version": [],
}
# The other options that an option needs to have an effect.
BESIDE = {
    ("trace", "label"): ["--gradient", "conv_1/_weights[0,0,0,0]"],
    ("trace", "terms"): ["--at", "conv_1/Conv2D[0,0,0]"],
    ("bench", "steps"): ["--seconds", "2"],
    ("demo", "images"): ["--epochs", "1"],
    ("demo", "epochs"): ["--images", "200"],
    ("demo", "threads"): ["--images", "200", "--epochs", "1"],
    ("demo", "out"): ["--images", "200", "--epochs", "1"],
}
WORKS_LONG = {"train", "demo", "bench", "explain"}  # and so may be interrupted
# Numbers that are not options. They may be refused, but must not cost memory or time.
OPERANDS = [
    ["train", "digits:%d:20" % 2**40, "--net", NET],
    ["train", "digits:200:%d" % 2**40, "--net", NET, "--epochs", "1", "--quiet"],
    ["train", "digits:200:20", "--net", "dense 9223372036854775807 | dense CLASSES"],
    ["train", "digits:200:20", "--net", "dense 1000000000 | dense 1000000000 | dense CLASSES"],
    ["train", "digits:200:20", "--net", "conv 3x3x1000000000 | dense CLASSES"],
    ["show", "digits:20:20", "--samples=1000"],
    ["test", "{m}", "digits:20:%d" % 2**40],
    ["predict", "{m}", "digits:20:20[0:%s]" % INDEX],
    ["predict", "{m}", "digits:%d:1[0]" % 2**40],
    ["conv", "1,2,3", "--w", "1", "--pad", INDEX],
    ["bench", "dense 1000000000 | dense CLASSES", "--only", "training", "--seconds", "0.1"],
]


FORMS = {"SPLIT": [WHOLE, "last:" + INDEX, "stratified:" + INDEX], "WHICH": [INDEX], "POSITION": [INDEX + "," + INDEX], "B": [REAL],
         "BYTES": ["900000G", "4G"]}
# Values that are not numbers. A metavariable that is not in this list gets a large number.
TEXTS = {"NAME", "NET", "TEXT", "HOW", "RUN", "DIR", "WHEN", "PART", "COLOR", "FILE", "X", "W", "MODE", "KIND", "LETTER", "PHI", "X2"}


def largest(metavar, text):
    """The largest values of an option whose help says `text`, [] if it takes no number."""
    limits = re.findall(r"\(([^()]*)\)$", text.split(" | ")[-1].strip())
    span = limits[0].split(";")[0] if limits else ""
    to, most = re.search(r"^\S+ to (\S+)$", span), re.search(r"at most (\S+)$", span)
    if to or most:
        return [(to or most).group(1)]
    if span.endswith("below 1"):
        return ["0.9999999999999999"]
    if span.endswith("or more") or span.startswith("above"):
        return [WHOLE if metavar == "N" else REAL]
    if metavar in FORMS:
        return FORMS[metavar]
    values = []
    for form in re.split(r"\\?\|", metavar):
        word = re.sub(r"(?<![A-Za-z])(N|S|D|P|R|C|H|W|ROW|COLUMN|TOP|BOTTOM|LEFT|RIGHT|i|j)(?![a-z]{2})(?=x|,|:|\]|$)", INDEX, form)
        word = re.sub(r"(?<=x)(C|W|R)(?=x|$)", INDEX, word)
        if word != form:
            values.append(word.replace("NAME", "conv_1/_weights").replace(",..", ""))
    return values if metavar not in TEXTS else []


def options():
    """(command, option, metavar, help) of every option that takes a value."""
    page = subprocess.run([PROGRAM, "help", "--markdown"], capture_output=True, text=True, check=True).stdout
    command = None
    for line in page.splitlines():
        if line.startswith("## ocellus "):
            command = line.split()[2]
        elif command and line.startswith("| `-"):
            name, text = re.match(r"\| `([^`]*)` \| (.*) \|$", line).groups()
            found = re.search(r"--([a-z0-9-]+) (.+)$", name)
            if found:
                yield command, found.group(1), found.group(2), text


def run(arguments, files):
    """(exit code or negative signal, seconds, whether it was interrupted, standard error)."""
    def limit():
        resource.setrlimit(resource.RLIMIT_AS, (SPACE, SPACE))
        signal.signal(signal.SIGINT, signal.SIG_DFL)

    start = time.monotonic()
    with tempfile.TemporaryDirectory(dir=".") as folder:
        command = [PROGRAM] + [re.sub(r"\{([mroxf])\}", lambda m: files[m[1]], a) for a in arguments]
        process = subprocess.Popen(command, cwd=folder, preexec_fn=limit, stdin=subprocess.DEVNULL,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        stopped = False
        try:
            error = process.communicate(timeout=PATIENCE if arguments[0] in WORKS_LONG else GUARD)[1]
        except subprocess.TimeoutExpired:
            stopped = arguments[0] in WORKS_LONG
            process.send_signal(signal.SIGINT if stopped else signal.SIGKILL)
            try:
                error = process.communicate(timeout=GUARD)[1]
            except subprocess.TimeoutExpired:
                process.kill()
                error = process.communicate()[1]
        return process.returncode, time.monotonic() - start, stopped, error


PATIENCE = 5


def judge(code, stopped, error):
    """None, or what is wrong."""
    if stopped:
        return None if code in (0, 130) else "asked to stop, it ended with %d: %s" % (code, error)  # 0: it was done just then
    if code < 0:
        return "ended by signal %d" % -code
    if code in (0, 1):
        return None if code == 0 or error.count("error:") == 1 else "exit code 1 without one error"
    if code in (64, 65, 66, 69, 71, 73, 74, 78) and error.count("error:") == 1:
        return None
    return "exit code %d with %d errors" % (code, error.count("error:"))


def cases():
    for command, option, metavar, text in options():
        if command not in BASE:
            yield None, "command %s is not in BASE of this test" % command
            continue
        values = largest(metavar, text) or ([] if metavar in TEXTS else [INDEX])
        for value in values:
            taker = re.search(r"for the (optimizer|schedule)s? (\w+)", text)  # of a hyperparameter
            beside = ["--" + taker[1], taker[2]] if command == "train" and taker else []
            given = beside + BESIDE.get((command, option), []) + ["--" + option + "=" + value]
            base = BASE[command]
            at = base.index("--" + option) if "--" + option in base else len(base)
            yield [command] + base[:at] + base[at + 2:] + given, None
    for operand in OPERANDS:
        yield operand, None


def accepted(arguments, error):
    """The same arguments with the largest number that a refusal says is accepted; None if it says none."""
    limit = re.search(r"(?:\.\.| to |at most )(\d+)", error)
    if not limit or INDEX not in arguments[-1]:
        return None
    return arguments[:-1] + [arguments[-1].replace(INDEX, limit.group(1))]


def make_files():
    """What the commands take, by letter."""
    files = {"r": "model", "m": "model/model.safetensors", "o": "model.onnx", "x": "x.npy",
             "f": os.path.join(os.path.dirname(__file__), "../golden/blocks/lenet.onnx")}
    header = "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 1, 28, 28), }".ljust(117) + "\n"
    with open(files["x"], "wb") as f:
        f.write(b"\x93NUMPY\1\0" + len(header).to_bytes(2, "little") + header.encode() + bytes(4 * 28 * 28))
    for command in (["train", "digits:200:20", "--net", NET, "--epochs", "1", "--out", files["r"], "--quiet"],
                    ["export", files["r"], "--to", "onnx", "-o", files["o"]]):
        subprocess.run([PROGRAM, *command], check=True, capture_output=True)
    return {letter: os.path.abspath(path) for letter, path in files.items()}


def main():
    files = make_files()
    code, _, _, error = run(["version"], files)
    if code != 0:
        print("SKIP  this build does not run in 1 GB of address space (a sanitizer?)")
        return 0
    failed = 0
    queue = list(cases())
    for arguments, wrong in queue:
        seconds, error = 0, ""
        if not wrong:
            code, seconds, stopped, error = run(arguments, files)
            wrong = judge(code, stopped, error)
            smaller = accepted(arguments, error) if code == 64 else None
            if smaller:
                queue.append((smaller, None))
        failed += wrong is not None
        print("%s %5.1f s  %s%s" % ("FAIL" if wrong else "ok  ", seconds, " ".join(arguments or []), ": " + wrong if wrong else ""))
        if wrong or "-v" in sys.argv:
            print("      " + error.strip()[:300].replace("\n", "\n      "))
    return failed != 0


if __name__ == "__main__":
    sys.exit(main())
