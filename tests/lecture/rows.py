"""The rows of the lecture: for each slide the commands that show it, and the slide's figures that they must give.

A check runs commands with lecture.run and returns what it compared, in words; anything else is an AssertionError.
"""
import dataclasses
import json
import pathlib
import re
import typing

NUMBER = re.compile(r"(?<![\w.])-?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?(?![\w.])")
X1 = "--x 1,3,2,4,5,6,1,3 --w 1,0,3,1,2"
A = "--x '1 3 2 4; 5 6 1 3; 1 2 0 2; 3 4 3 2'"
AW = A + " --w '1 0 3; 1 2 1; 0 1 1'"
B = "--x '2 1 2; 5 0 1; 1 7 3' --w '.5 .7 .4; .3 .4 .1; .5 1 .5'"
IMAGE = "--x '1 2 3 4 5; 6 7 8 9 1; 2 3 4 5 6; 7 8 9 1 2; 3 4 5 6 7' --w '1 0 1; 0 1 0; 1 0 1'"
TRAIN = "ocellus train {DATA} --epochs {EPOCHS} --seed 123 --out run-lecture"
LOW = "11_training {DATA} --epochs {EPOCHS}"
RESTORED = "13_prediction {DATA} --epoch {EPOCHS}"
CONVNN = "14_convnn {DATA} --epochs {EPOCHS}"
CONV_LAYER = ["variable {0}/_weights:0 ({1})", "variable {0}/_biases:0 ({2},)", "tensor {0}/Conv2D:0 ({3})",
              "tensor {0}/net_pre-activation:0 ({3})", "tensor {0}/activation:0 ({3})"]
FC_LAYER = [line.replace("Conv2D", "MatMul") for line in CONV_LAYER]
FIRST_TEN = "7 2 1 0 4 1 4 9 5 9"


@dataclasses.dataclass
class Row:
    number: int
    slide: str
    figure: str  # what the slide has
    needs_mnist: bool
    check: typing.Callable


ROWS = []


def row(number, slide, figure, needs_mnist=False):
    def add(check):
        ROWS.append(Row(number, slide, figure, needs_mnist, check))
        return check
    return add


# ---- comparing --------------------------------------------------------------------------------------------------------

def numbers(text):
    return [float(n) for n in NUMBER.findall(text)]


def need(text, *wanted):
    """Each of `wanted` stands in the text, blanks of any width."""
    flat = " ".join(text.split())
    for part in wanted:
        assert " ".join(part.split()) in flat, f"'{part}' is not there"


def found(text, pattern):
    """The numbers of the groups of the first match."""
    match = re.search(pattern, text, re.M)
    assert match, f"nothing like {pattern}"
    return [float(group.replace(",", "")) for group in match.groups()]


def near(got, wanted, tolerance, what):
    assert abs(got - wanted) <= tolerance, f"{what} is {got}, not {wanted} within {tolerance}"


def quiet(lecture, command, wanted):
    """`ocellus` with -q prints these numbers and no others."""
    got = numbers(lecture.run(f"ocellus {command} -q"))
    assert len(got) == len(wanted) and all(abs(g - w) < 1e-12 for g, w in zip(got, wanted)), f"{got}, not {wanted}"


def names(text):
    """A listing without the types."""
    lines = [" ".join(line.split()) for line in text.split("\n")]
    return [re.sub(r" (float32|int32|uint8)$", "", line) for line in lines if line]


def layer(pattern, *values):
    return [line.format(*values) for line in pattern]


def convolve(x, w):
    """numpy.convolve in full, from its definition."""
    return [sum(x[i - k] * w[k] for k in range(len(w)) if 0 <= i - k < len(x)) for i in range(len(x) + len(w) - 1)]


def convolve2d(x, w, pad):
    """True convolution with `pad` zeros on each side, from its definition."""
    turned = [line[::-1] for line in w[::-1]]
    side, m = len(x), len(w)

    def at(i, j):
        return x[i][j] if 0 <= i < side and 0 <= j < side else 0
    places = range(side + 2 * pad - m + 1)
    return [float(sum(at(i + a - pad, j + b - pad) * turned[a][b] for a in range(m) for b in range(m)))
            for i in places for j in places]


EPOCH = re.compile(r"^Epoch (\d+):? +Training Avg\. Loss: +(\S+) +Validation Acc: +(\S+)", re.M)
SUMS = {"low": (274.884, 76.537, 4.572), "layers": (262.962, 73.309, 4.726)}


def training(lecture, text, sums):
    """The epochs that a training run printed, compared with the slide's sums of 782 losses and, with MNIST, its accuracies."""
    epochs = [(int(n), float(loss), float(accuracy)) for n, loss, accuracy in EPOCH.findall(text)]
    assert [n for n, _, _ in epochs] == list(range(1, lecture.epochs + 1)), "not all epochs are there"
    assert epochs[-1][1] < epochs[0][1], "the loss did not fall"
    if not lecture.mnist:
        return f"{lecture.epochs} epochs of digits, the loss falls"
    first, second, last = (total / 782 for total in SUMS[sums])
    near(epochs[0][1], first, 0.06, "loss after epoch 1")
    near(epochs[1][1], second, 0.02, "loss after epoch 2")
    near(epochs[0][2], 0.973, 0.008, "accuracy after epoch 1")
    near(epochs[1][2], 0.981, 0.008, "accuracy after epoch 2")
    text = f"losses {epochs[0][1]} and {epochs[1][1]} (slide {first:.4f}, {second:.4f}), accuracy {epochs[1][2]}"
    if lecture.full:
        near(epochs[-1][1], last, 0.004, "loss after epoch 20")
        near(epochs[-1][2], 0.992, 0.004, "accuracy after epoch 20")
        text += f"; after epoch 20 {epochs[-1][1]} (slide {last:.4f}), accuracy {epochs[-1][2]} (slide 0.992)"
    return text


def test_accuracy(lecture, percent, slide):
    """A test accuracy in percent, against the slide's after 20 epochs, or a floor for 2."""
    if not lecture.mnist:
        assert percent > 50, f"{percent}% of digits"
        return f"{percent}% of digits"
    if lecture.full:
        near(percent, slide, 0.3, "test accuracy")
        return f"{percent}% (slide {slide}%)"
    near(percent, 98.4, 0.6, "test accuracy after 2 epochs")
    return f"{percent}% after 2 epochs (slide {slide}% after 20)"


# ---- features, convolution --------------------------------------------------------------------------------------------

@row(1, "Features in ML Algorithms", "features are learned, layer upon layer")
def _(lecture):
    need(lecture.run("ocellus explain xo"), "The features that it has learned", "The same again, on top", "nine 2x2 maps")
    return "learned features beside the ones made by hand, nine maps from three"


@row(2, "Convolutional Neural Networks: feature maps", "an image becomes feature maps")
def _(lecture):
    lecture.run(TRAIN)
    text = lecture.run("ocellus draw features run-lecture '{TEST}[0]' --layer conv_1 --maps 32")
    need(text, "32 maps of 24x24", "[31]")
    drawing = json.loads(lecture.run("ocellus draw features run-lecture '{TEST}[0]' --layer conv_1 --json"))
    assert drawing["shape"] == [24, 24, 32], drawing["shape"]
    return "32 maps of 24x24 of one digit, drawn and as numbers"


@row(3, "The same: sparse connectivity, shared weights", "5x5 pixels a value, one weight at 24x24 places")
def _(lecture):
    lecture.run(TRAIN)
    at = "ocellus trace run-lecture '{TEST}[0]' "
    need(lecture.run(at + "--at 'conv_1/net_pre-activation[10,10,1]'"), "rows 10 to 14, columns 10 to 14", "25 products")
    need(lecture.run(at + "--gradient 'conv_1/_weights[2,2,0,3]' --label 3"), "576 products")
    return "25 products of a value, 576 = 24x24 of a weight's gradient"


@row(4, "The same: CNNs are good at images", "the claim; 0.9743 against 0.9440 after one epoch", True)
def _(lecture):
    cnn = EPOCH.search(lecture.run(TRAIN))
    dense = EPOCH.search(lecture.run("ocellus train {DATA} --epochs 1 --out run-dense "
                                     "--net 'dense 1024 relu | dropout 0.5 | dense 10'"))
    cnn, dense = float(cnn.group(3)), float(dense.group(3))
    if lecture.mnist:
        assert cnn > dense + 0.01, f"{cnn} against {dense}"
        near(cnn, 0.9725, 0.008, "accuracy of the CNN")
        near(dense, 0.944, 0.01, "accuracy of the dense network")
    return f"after epoch 1 the CNN has {cnn}, a dense network {dense}"


@row(5, "Performing Discrete Convolutions", "5 14 16 26 24 34 19 22")
def _(lecture):
    text = lecture.run(f"ocellus conv {X1} --steps")
    need(text, "5 14 16 26 24 34 19 22", "2 1 3 0 1")
    assert len(re.findall(r"sum \d+", text)) == 8
    return "8 numbers, 8 windows with their products"


@row(6, "The same: figure with s = 2", "the kernel moves by 2")
def _(lecture):
    x, w = [3, 2, 1, 7, 1, 2, 5, 4], [.5, .75, 1, .25]
    wanted = convolve(x, w)[3:8:2]
    quiet(lecture, "conv --x 3,2,1,7,1,2,5,4 --w .5,.75,1,.25 --mode valid --stride 2", wanted)
    return f"{wanted} by the definition"


@row(7, "Effect of Zero-Padding", "full p = m-1, same, valid")
def _(lecture):
    full = convolve([1, 3, 2, 4, 5, 6, 1, 3], [1, 0, 3, 1, 2])
    for mode, wanted in ("full", full), ("same", full[2:10]), ("valid", full[4:8]):
        quiet(lecture, f"conv {X1} --mode {mode}", wanted)
        need(lecture.run("01_conv1d"), mode + " " + " ".join(map(str, wanted)))
    return "12, 8 and 4 numbers by the definition"


@row(8, "The same: full padding evens out the edges", "each x used equally often")
def _(lecture):
    for mode, uses in ("full", "3 3 3 3 3"), ("valid", "1 2 3 2 1"):
        text = lecture.run(f"ocellus conv --x 1,1,1,1,1 --w 1,1,1 --mode {mode} --uses")
        need(text, "number of windows that contain each value of x " + uses)
    return "full 3 3 3 3 3, valid 1 2 3 2 1"


@row(9, "Effect of Zero-Padding: figure in 2-D", "full, same, valid of an image")
def _(lecture):
    x = [[1, 2, 3, 4, 5], [6, 7, 8, 9, 1], [2, 3, 4, 5, 6], [7, 8, 9, 1, 2], [3, 4, 5, 6, 7]]
    w = [[1, 0, 1], [0, 1, 0], [1, 0, 1]]
    for mode, pad in ("full", 2), ("same", 1), ("valid", 0):
        quiet(lecture, f"conv {IMAGE} --mode {mode}", convolve2d(x, w, pad))
    return "7x7, 5x5 and 3x3 numbers by the definition"


@row(10, "The same: same for layers, pooling to shrink", "28, 14, 7")
def _(lecture):
    text = lecture.run("ocellus show 'conv 5x5x32 relu same | maxpool 2 | conv 5x5x64 relu same | maxpool 2 | dense 10'")
    sides = [int(n) for n in re.findall(r"^(?:conv|maxpool)\S+ +\(\?, (\d+),", text, re.M)]
    assert sides == [28, 14, 14, 7], sides
    return "sides 28 14 14 7"


@row(11, "Determining the Size: listing conv1d", "5 14 16 26 24 34 19 22, twice")
def _(lecture):
    need(lecture.run("01_conv1d"), "same 5 14 16 26 24 34 19 22", "p=2 s=1 5 14 16 26 24 34 19 22",
         "o = floor((8 + 2*2 - 5)/1) + 1 = 8")
    return "the listing's 8 numbers twice, the formula with numbers in it"


@row(12, "The same: the loop's mistake", "o = 4; the loop gives 5 16")
def _(lecture):
    text = lecture.run(f"ocellus conv {X1} --pad 2 --stride 2 --slide-loop")
    need(text, "5 16 24 19", "floor((8 + 2*2 - 5)/2) + 1 = 4", "loop gives 2 of 4 values")
    assert text.split()[-2:] == ["5", "16"], text
    return "5 16 24 19; the slide's loop 5 16"


@row(13, "Performing a Discrete Convolution in 2D", "turned: .5 1 .5 / .1 .4 .3 / .4 .7 .5")
def _(lecture):
    text = lecture.run(f"ocellus conv {B} --pad 1 --stride 2 --steps")
    for line in r"0\.5 +1 +0\.5", r"0\.1 +0\.4 +0\.3", r"0\.4 +0\.7 +0\.5":
        assert len(re.findall(line, text)) >= 4, line
    quiet(lecture, f"conv {B} --pad 1 --stride 2", [4.6, 1.6, 7.5, 2.9])
    return "the turned kernel beside each window, 4.6 1.6 / 7.5 2.9"


@row(14, "2D Convolution: listing conv2d", "11 25 32 13 / 19 25 24 13 / 13 28 25 17 / 11 17 14 9")
def _(lecture):
    wanted = [11, 25, 32, 13, 19, 25, 24, 13, 13, 28, 25, 17, 11, 17, 14, 9]
    quiet(lecture, f"conv {AW} --pad 1", wanted)
    need(lecture.run("02_conv2d"), " ".join(map(str, wanted)))
    return "16 numbers twice, by the library's two ways"


@row(15, "The same: the loop's mistake", "4.6 alone instead of 4.6 1.6 / 7.5 2.9")
def _(lecture):
    text = lecture.run(f"ocellus conv {B} --pad 1 --stride 2 --slide-loop")
    need(text, "4.6 1.6 7.5 2.9", "loop gives 1 of 4 values")
    assert text.split()[-1] == "4.6", text
    return "4 numbers; the slide's loop 4.6 alone"


# ---- pooling, X or O, channels, regularizing --------------------------------------------------------------------------

@row(16, "Subsampling", "max-pooling and mean-pooling")
def _(lecture):
    quiet(lecture, f"pool {A} --size 2", [6, 4, 4, 3])
    quiet(lecture, f"pool {A} --size 2 --kind mean", [3.75, 2.5, 2.5, 1.75])
    return "6 4 / 4 3 and 3.75 2.5 / 2.5 1.75, by hand"


@row(17, "The same: local invariance, noise", "a claim")
def _(lecture):
    moved = lecture.run("ocellus pool --x '0 0 0 0 0 0; 0 9 0 0 5 0; 0 0 0 0 0 0; 0 0 0 0 0 0; 0 7 0 0 6 0; 0 0 0 0 0 0' "
                        "--size 3 --shift")
    assert len(re.findall(r"8 of 36 \(22\.2%\).* 0 of 4", moved)) == 4, moved
    need(lecture.run(f"ocellus pool {A} --size 2 --shift"), "right 12 of 16 (75.0%), 1.3125 4 of 4 (100.0%)")
    need(lecture.run("ocellus pool --x '9 0 1 2; 3 4 8 0; 0 7 5 1; 2 1 0 6' --beside '0 3 8 1; 9 5 2 2; 7 1 6 0; 0 4 3 3'"),
         "beside 16 of 16 (100.0%), 3.8125 0 of 4")
    noise = found(lecture.run("03_pooling"), r"^noise .*, +(\S+) +9 of 9, +(\S+) +9 of 9, +(\S+)$")
    assert noise[0] > noise[1] > noise[2] and noise[2] < noise[0] / 2, noise
    return f"a move hidden, one not; two unlike inputs, one result; noise {noise[0]} before, {noise[2]} after the mean"


@row(18, "The same: smaller and cheaper", "a claim")
def _(lecture):
    need(lecture.run("ocellus show lecture"), "1,111,946 4,796,416")
    need(lecture.run("ocellus show 'conv 5x5x32 relu | conv 5x5x64 relu | dense 1024 relu | dropout 0.5 | dense 10'"),
         "26,277,770 47,165,440")
    return "4,796,416 multiply-adds and 1,111,946 parameters; without pooling 47,165,440 and 26,277,770"


@row(19, "A Simple Walk Through; Features", "X or O, piece by piece")
def _(lecture):
    text = lecture.run("ocellus explain xo")
    rows = re.findall(r"^ +[XO] (?:clean|shifted|rotated|scaled|thick|noisy) .*$", text, re.M)
    assert len(rows) == 12 and all(line.count("right") == 2 for line in rows), rows
    hand = lecture.run("04_x_or_o")
    assert [hand.count(f"it is an {c}") for c in "XO"] == [6, 6], hand
    return "clean, shifted, rotated, scaled, thick, noisy: all 12 read rightly, by hand and learned"


@row(20, "Convolution (X or O)", "near 1 a match, near -1 the negative, near 0 none")
def _(lecture):
    need(lecture.run("ocellus explain xo"), "sum -9, mean -9/9 = -1", "near -1 its negative is",
         ".78 -.11 .11 .33 .56 -.11 .33")
    need(lecture.run("ocellus explain xo --at 3,3"), "sum 9, mean 9/9 = 1", "sum 5, mean 5/9 = .56")
    return "1, 5/9 and -1 with their nine products, the 7x7 maps"


@row(21, "Pooling (X or O)", "smaller maps that keep what matters")
def _(lecture):
    need(lecture.run("ocellus explain xo"), "147 values become 48", "1 .33 .56 .33")
    return "7x7 to 4x4, first row 1 .33 .56 .33"


@row(22, "Rectified Linear Units", "each negative number becomes 0")
def _(lecture):
    need(lecture.run("ocellus explain xo"), "64 of the 147 values", ".78 0 .11 .33 .56 0 .33")
    return ".78 -.11 .11 .33 .56 -.11 .33 to .78 0 .11 .33 .56 0 .33; 64 of 147 change"


@row(23, "Deep Learning; Fully Connected Layers", "layers stacked; all values vote")
def _(lecture):
    text = lecture.run("ocellus explain xo")
    need(text, "The vote: 36 values", "together: it is an X 1.00 0.00")
    need(lecture.run("04_x_or_o"), "clean X", "X 1.00, O 0.00: it is an X")
    return "nine maps of 2x2, 36 values, votes 1.00 and 0.00"


@row(24, "Multiple Channels; An Example", "Y = sum of W*X, A = Y + b, H = phi(A)")
def _(lecture):
    text = lecture.run("05_channels")
    need(text, "kernels flipped", "kernels as they are", "80 values of 27 products each")
    assert text.count("below 1e-5: yes") == 2
    command = ("ocellus conv --x '1 2; 3 4 | 5 6; 7 8' --w '1 0; 0 1 | 1 -1; 0 2' --mode valid --bias -9 --activation relu "
               "--at 0,0")
    need(lecture.run(command), "channel 0, sum 5", "channel 1, sum 11", "y[0,0] = 16", "a[0,0] = 16 + -9 = 7", "relu(7) = 7")
    need(lecture.run(command + " --correlate"), "channel 0, sum 5", "channel 1, sum 15", "relu(11) = 11")
    return "Y 16, A 7, H 7 at one position; not flipped 20, 11, 11; 80 values compared with nested loops both ways"


@row(25, "Regularizing: capacity, L2, dropout", "under- and overfitting; L2 and dropout help")
def _(lecture):
    lines = re.findall(r"^(small|large.*?) +(\d\.\d{4}) +\S+ +(\d\.\d{4}) ", lecture.run("06_fitting"), re.M)
    fit = {name: (float(train), float(test)) for name, train, test in lines}
    small, large, l2, drop = (fit[name] for name in ("small", "large", "large, L2 0.05", "large, dropout 0.5"))
    assert small[0] < 0.5 and large[0] > 0.99 and large[0] - large[1] > 0.2, fit
    assert l2[1] > large[1] + 0.01 and drop[1] > large[1] + 0.01, fit
    return f"training and test part: small {small}, large {large}, with L2 {l2}, with dropout {drop}"


@row(26, "The same: dropout averages an ensemble", "a claim")
def _(lecture):
    text = lecture.run("06_ensemble")
    thinned, = found(text, r"^a thinned network.*: +(\S+) of 1000 right")
    mean, = found(text, r"^the mean of the 50: +(\S+)")
    everything, = found(text, r"^all units together: +(\S+)")
    assert mean > thinned + 5 and abs(everything - mean) <= 5, text
    return f"thinned {thinned}, the mean of 50 {mean}, all units {everything} of 1000"


@row(27, "Dropout", "units dropped in training, all when evaluating")
def _(lecture):
    text = lecture.run("06_dropout_l2")
    kept, value, mean = found(text, r"^training  : (\d+) of 10000 units kept, each 1 now (\S+), mean (\S+),")
    near(kept, 8000, 200, "units kept")
    near(mean, 1, 0.025, "mean")
    assert value == 1.25
    need(text, "evaluating: 10000 of 10000 units kept, each 1 now 1, mean 1.0000")
    return f"{kept:.0f} of 10000 kept with 0.8, each as 1.25, mean {mean}; all when evaluating"


# ---- MNIST ------------------------------------------------------------------------------------------------------------

@row(28, "Use a CNN to Classify Handwritten Digits", "28x28x1, 5x5 kernels, 32 and 64 maps")
def _(lecture):
    need(lecture.run("ocellus show lecture"), "(?, 24, 24, 32)", "(?, 12, 12, 32)", "(?, 8, 8, 64)", "(?, 4, 4, 64)",
         "fc_3 (?, 1024)", "fc_4 (?, 10)")
    return "six shapes"


@row(29, "Load and Preprocess (1/3), (2/3)", "unzip, header and bytes into arrays", True)
def _(lecture):
    if not lecture.mnist:
        need(lecture.run("ocellus show {DATA}"), "28x28x1")
        return "built-in digits are shown"
    lecture.run("mkdir unzipped && for f in {DATA}/*ubyte*; do case $f in *.gz) gzip -dc $f > unzipped/$(basename $f .gz);; "
                "*) cp $f unzipped;; esac; done")
    counts = r"training (\d+), validation (\d+), test (\d+)"
    zipped, plain = found(lecture.run("ocellus show {DATA}"), counts), found(lecture.run("ocellus show unzipped"), counts)
    assert zipped == plain == [50000, 10000, 10000], (zipped, plain)
    return "50,000, 10,000 and 10,000, zipped and not"


@row(30, "Load and Preprocess (3/3)", "60000 and 10000 rows of 784; 50000, 10000, 10000", True)
def _(lecture):
    text = lecture.run("07_loading {DATA}")
    if not lecture.mnist:
        need(text, "Columns: 784", "Training: (2500, 784) (2500,)")
        return "the same lines of digits"
    need(text, "Rows: 60000, Columns: 784 Rows: 10000, Columns: 784 Training: (50000, 784) (50000,) "
         "Validation: (10000, 784) (10000,) Test Set: (10000, 784) (10000,)")
    return "all five lines"


@row(31, "Generate the Mini-batches: generator", "batches of 64, shuffled by seed; 782, the last of 16", True)
def _(lecture):
    text = lecture.run("08_batches {DATA}")
    lines = text.split("\n")
    assert lines[0] == lines[1] and len({lines[0], lines[2], lines[3]}) == 3
    need(text, "not shuffled : images 0 1 2 3 4 5 6 7 8 9 10 11")
    if lecture.mnist:
        need(text, "50000 images make 782 batches of 64; the last has 16")
    return "same seed, same images; other epoch or seed, others; unshuffled 0 1 2 .."


@row(32, "The same: standardizing, and its mistake", "deviation 78.6662; 0.9400, 0.190 against 0.9500, 4.927", True)
def _(lecture):
    text = lecture.run("09_standardizing" + (" {DATA}" if lecture.mnist else ""))
    deviation, = found(text, r"training set: (\S+)")
    right = found(text, r"divided: .*accuracy (\S+), mean loss +(\S+)")
    wrong = found(text, r"only +: .*accuracy (\S+), mean loss +(\S+)")
    assert wrong[1] > 10 * right[1], text
    if lecture.mnist:
        near(deviation, 78.6662, 0.0001, "deviation")
        near(right[0], 0.94, 0.02, "accuracy")
        near(right[1], 0.19, 0.03, "loss")
        near(wrong[1], 4.927, 1.5, "loss without the division")
    return f"deviation {deviation}; accuracy and loss {right}, without the division {wrong}"


# ---- the low-level interface ------------------------------------------------------------------------------------------

@row(33, "Convolutional Layer (1/2)", "padding SAME, strides 1 if not said")
def _(lecture):
    need(lecture.run("10_convtest"), "Conv2D:0 (?, 28, 28, 32)")
    need(lecture.run("10_convtest --rows 5 --columns 3 --stride 2 --valid"), "_weights:0 (5, 3, 1, 32)",
         "Conv2D:0 (?, 12, 13, 32)")
    return "same and 1 by default; 5x3, stride 2, valid"


@row(34, "Convolutional Layer (2/2)", "convtest: five names and shapes")
def _(lecture):
    wanted = layer(CONV_LAYER, "convtest", "3, 3, 1, 32", "32", "?, 28, 28, 32")
    assert names(lecture.run("10_convtest")) == wanted
    need(lecture.run("ocellus show 'conv 3x3x32 relu same'"), "(?, 28, 28, 32)", "320")
    return "five names and shapes; `show` of this layer alone"


@row(35, "Fully Connected Layer (1/2), first slide", "any activation, or none")
def _(lecture):
    assert len(names(lecture.run("10_fctest --activation none"))) == 4
    for activation in "relu", "sigmoid", "tanh":
        need(lecture.run("10_fctest --activation " + activation), "fctest/activation:0 (?, 32)")
    return "relu, sigmoid, tanh, none"


@row(36, "Fully Connected Layer (1/2), second slide", "fctest: five names and shapes")
def _(lecture):
    assert names(lecture.run("10_fctest")) == layer(FC_LAYER, "fctest", "784, 32", "32", "?, 32")
    return "five names and shapes"


@row(37, "Build CNN (1/6)", "tf_x, tf_y, tf_x_reshaped, tf_y_onehot")
def _(lecture):
    assert names(lecture.run("10_low_level"))[:5] == [
        "tensor tf_x:0 (?, 784)", "tensor tf_y:0 (?,)", "tensor tf_x_reshaped:0 (?, 28, 28, 1)", "tensor tf_y_onehot:0 (?, 10)",
        "Building 1st layer:"]
    return "four names, before conv_1"


@row(38, "Build CNN (2/6)", "fc_3, fc_keep_prob, dropout_layer, fc_4")
def _(lecture):
    need(lecture.run("10_low_level"), "fc_3/activation:0 (?, 1024) float32 tensor fc_keep_prob:0 () float32 "
         "tensor dropout_layer:0 (?, 1024) float32 Building 4th layer: variable fc_4/_weights:0 (1024, 10)")
    need(lecture.run("12_saving"), "predicting with fc_keep_prob 0.5 instead of 1: the same bits: yes")
    return "the names in order; fc_keep_prob acts in training steps only"


@row(39, "Build CNN (3/6)", "probabilities, labels, cross_entropy_loss, train_op, correct_preds, accuracy")
def _(lecture):
    assert [line.split(" (")[0] for line in names(lecture.run("10_low_level"))[-6:]] == [
        "tensor probabilities:0", "tensor labels:0", "tensor cross_entropy_loss:0", "operation train_op",
        "tensor correct_preds:0", "tensor accuracy:0"]
    return "six names in order"


@row(40, "Build CNN (4/6)", "Saving model in ./model/, cnn-model.ckpt-20")
def _(lecture):
    need(lecture.run(LOW), "Saving model in ./model/")
    assert pathlib.Path(lecture.folder, f"model/cnn-model.ckpt-{lecture.epochs}.safetensors").is_file()
    need(lecture.run("12_saving"), "after loading", "all 640 the same bits: yes", "25 variables")
    return f"folder made, file with the epoch {lecture.epochs} in its name, the message; 640 numbers back to the bit"


@row(41, "Build CNN (5/6)", "train: epochs, shuffle, dropout, initialize; losses 274.884/782, 76.537/782", True)
def _(lecture):
    need(lecture.run("11_training --help"), "--epochs", "--no-shuffle", "--keep", "--load")
    return training(lecture, lecture.run(LOW), "low")


def restored(lecture):
    lecture.run(LOW)
    return lecture.run(RESTORED)


@row(42, "Build CNN (6/6)", "predict: labels:0 or probabilities:0", True)
def _(lecture):
    text = restored(lecture)
    proba = numbers(re.search(r"^probabilities of the first:(.*)$", text, re.M).group(1))
    assert len(proba) == 10 and abs(sum(proba) - 1) < 0.001, proba
    labels = re.search(r"^labels of the first ten: (.*)$", text, re.M).group(1)
    if lecture.mnist:
        assert labels == FIRST_TEN, labels
        assert proba[7] > 0.9, proba
    return f"labels {labels}, ten probabilities that add up to 1"


@row(43, "Build TensorFlow Graph Object (1/2), (2/2)", "19 variables and tensors under four headings")
def _(lecture):
    wanted = (["Building 1st layer:"] + layer(CONV_LAYER, "conv_1", "5, 5, 1, 32", "32", "?, 24, 24, 32")
              + ["Building 2nd layer:"] + layer(CONV_LAYER, "conv_2", "5, 5, 32, 64", "64", "?, 8, 8, 64")
              + ["Building 3rd layer:"] + layer(FC_LAYER, "fc_3", "1024, 1024", "1024", "?, 1024")
              + ["Building 4th layer:"] + layer(FC_LAYER, "fc_4", "1024, 10", "10", "?, 10")[:4])
    got = [line for line in names(lecture.run("10_low_level")) if "Building" in line or "/" in line]
    assert got == wanted, got
    return "19 names and shapes under four headings, in order"


@row(44, "Training the CNN Model", "20 epochs: 274.884 .. 4.572, validation 0.973 .. 0.992", True)
def _(lecture):
    return training(lecture, lecture.run(TRAIN), "low")


@row(45, "Prediction Accuracy (1/2), (2/2)", "listing, Loading model from, Test Accuracy: 99.310%", True)
def _(lecture):
    text = restored(lecture)
    need(text, "Building 4th layer:", "Loading model from ./model/",
         f"Restoring parameters from ./model/cnn-model.ckpt-{lecture.epochs}")
    percent, = found(text, r"^Test Accuracy: (\d+\.\d{3})%$")
    lecture.run(TRAIN)
    need(lecture.run("ocellus test run-lecture {DATA}"), "Accuracy")
    return "listing, message, " + test_accuracy(lecture, percent, 99.31)


@row(46, "Visualize the Graph with TensorBoard", "the graph with its scopes")
def _(lecture):
    assert found(lecture.run("15_tensorboard"), r"^(\d+) operations written")[0] > 80
    lecture.run("ocellus train digits:300:100 --epochs 1 --out run-board --tensorboard logs")
    for folder, wanted in (("logs-low-level", ("tf_x_reshaped", "fc_keep_prob", "train_op", "gradients/", "conv_1/_weights")),
                           ("logs", ("conv_1/_weights", "fc_4/net_pre-activation"))):
        content = b"".join(file.read_bytes() for file in pathlib.Path(lecture.folder, folder).glob("**/*tfevents*"))
        for name in wanted:
            assert name.encode() in content, f"{folder}: {name} is not in the graph"
    return "conv_1 to fc_4, gradients, train_op, fc_keep_prob, tf_x_reshaped in the file"


# ---- the Layers interface ---------------------------------------------------------------------------------------------

@row(47, "Class Definition", "batchsize 64, epochs 20, rate 1e-4, dropout_rate 0.5, shuffle")
def _(lecture):
    text = lecture.run("14_convnn --defaults")
    need(text, "batchsize=64, epochs=20, learning_rate=0.0001, dropout_rate=0.5, shuffle=True, random_seed=123")
    return "all defaults but the seed: 123, where the slide has none"


@row(48, "Build the Model (1/3), (2/3), (3/3)", "layers and heads; tf_x, input_x_2dimages, input_y_onehot")
def _(lecture):
    text = lecture.run("14_convnn --list")
    need(text, "tf_x:0 (?, 28, 28, 1)", "tf_y:0 (?,)", "tf_y_onehot:0 (?, 10)", "conv_1/activation:0 (?, 24, 24, 32)",
         "maxpool_2/MaxPool:0 (?, 4, 4, 64)", "dropout_1/dropout:0 (?, 1024)", "probabilities:0 (?, 10)", "labels:0 (?,)",
         "cross_entropy_loss:0 ()", "correct_preds:0 (?,)", "accuracy:0 ()")
    return "the class's graph is listed; page 9 says what differs"


@row(49, "Load and Save the Model", "Saving model in ./tflayers-model/, model.ckpt-20")
def _(lecture):
    need(lecture.run(CONVNN), "Saving model in ./tflayers-model/", "Loading model from ./tflayers-model/",
         f"Restoring parameters from ./tflayers-model/model.ckpt-{lecture.epochs}")
    assert pathlib.Path(lecture.folder, f"tflayers-model/model.ckpt-{lecture.epochs}.safetensors").is_file()
    return "all three messages, folder made, the epoch in the file's name"


@row(50, "Model Training (1/2)", "train(.., initialize); train_cost_")
def _(lecture):
    text = lecture.run(CONVNN)
    costs = numbers(re.search(r"^train_cost_:(.*)$", text, re.M).group(1))
    assert costs == [float(loss) for _, loss, _ in EPOCH.findall(text)] and len(costs) == lecture.epochs, costs
    return f"{len(costs)} mean losses kept (the slide's list stays empty)"


@row(51, "Model Training (2/2): its mistake", "validation accuracy of 16 images", True)
def _(lecture):
    lecture.run(TRAIN)
    right, count, low, high = found(lecture.run("ocellus test run-lecture {DATA} --split valid"),
                                    r"\((\d+) of (\d+); 95% interval (\S+) to (\S+)\)")
    assert low < right / count < high and count >= 500
    if lecture.mnist:
        assert count == 10000
        assert lecture.full or 0.975 < low < high < 0.99, (low, high)
    return f"{right:.0f} of {count:.0f}, interval {low} to {high}"


@row(52, "Prediction (Layers)", "labels, or all probabilities")
def _(lecture):
    lecture.run(TRAIN)
    lines = lecture.run("ocellus predict run-lecture '{TEST}[0:2]' --proba").strip().split("\n")
    for line in lines:
        values = [float(n) for n in line.split()[2::2]]
        assert len(values) == 10 and abs(sum(values) - 1) < 0.001, line
    assert len(lines) == 2
    return "ten probabilities for each of two images, which add up to 1"


@row(53, "Build and Train the Model", "20 lines: 262.962 .. 4.726; Saving model in", True)
def _(lecture):
    return training(lecture, lecture.run(CONVNN), "layers")


@row(54, "Test the Model", "[7 2 1 0 4 1 4 9 5 9]; Test Accuracy: 99.37%", True)
def _(lecture):
    text = lecture.run(CONVNN)
    labels = re.search(r"^\[(.*)\]$", text, re.M).group(1)
    if lecture.mnist:
        assert labels == FIRST_TEN, labels
    percent, = found(text, r"^Test Accuracy: (\d+\.\d\d)%$")
    return f"[{labels}], " + test_accuracy(lecture, percent, 99.37)
