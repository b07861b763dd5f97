"""Times one training step, or one prediction, of a network in Keras on TensorFlow, as one line of JSON. The step is one
tf.function, which is faster than Model.fit.

peer_keras.py [--net lecture|vgg|resnet20|mobile] [--input HxWxC] [--xla] [--inference] [--batch 64] [--threads 2] [--steps 200]
"""

import argparse
import json
import os
import resource
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("KERAS_BACKEND", "tensorflow")
import tensorflow as tf  # noqa: E402  (its messages are turned off before)
from keras import Input, Model, layers, losses, optimizers, utils  # noqa: E402


def lecture(x):
    for channels in 32, 64:
        x = layers.MaxPooling2D(2)(layers.Conv2D(channels, 5, activation="relu")(x))
    x = layers.Dense(1024, activation="relu")(layers.Flatten()(x))
    return layers.Dense(10)(layers.Dropout(0.5)(x))


def vgg(x):
    for channels in 32, 64, 128:
        for _ in range(2):
            x = layers.Conv2D(channels, 3, padding="same", activation="relu")(x)
        x = layers.MaxPooling2D(2)(x)
    return layers.Dense(10)(layers.Flatten()(x))


def normed(x, channels, stride=1):
    x = layers.Conv2D(channels, 3, stride, padding="same", use_bias=False)(x)
    return layers.BatchNormalization()(x)


def resnet20(x):
    x = layers.ReLU()(normed(x, 16))
    for channels in 16, 32, 64:
        for i in range(3):
            stride = 2 if i == 0 and channels > 16 else 1
            skip = layers.Conv2D(channels, 1, stride, use_bias=False)(x) if stride == 2 else x
            body = normed(layers.ReLU()(normed(x, channels, stride)), channels)
            x = layers.ReLU()(layers.Add()([skip, body]))
    return layers.Dense(10)(layers.GlobalAveragePooling2D()(x))


# Channels of the preset `mobile`, and the side above which the layer has a stride of 2.
MOBILE = [(32, None), (64, 32), (64, None), (128, 16), (128, None), (256, 8), *[(256, None)] * 5, (512, 8), (512, None)]


def mobile(x):
    def normed(x, layer):
        return layers.ReLU(6.0)(layers.BatchNormalization()(layer(x)))

    x = normed(x, layers.Conv2D(16, 3, 2 if x.shape[1] > 32 else 1, padding="same", use_bias=False))
    for channels, above in MOBILE:
        stride = 2 if above and x.shape[1] > above else 1
        x = normed(x, layers.DepthwiseConv2D(3, stride, padding="same", use_bias=False))
        x = normed(x, layers.Conv2D(channels, 1, use_bias=False))
    return layers.Dense(10)(layers.Dropout(0.2)(layers.GlobalAveragePooling2D()(x)))


NETS = {"lecture": lecture, "vgg": vgg, "resnet20": resnet20, "mobile": mobile}


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--net", default="lecture", choices=NETS)
    p.add_argument("--input", default="28x28x1")
    p.add_argument("--xla", action="store_true")
    p.add_argument("--inference", action="store_true")
    p.add_argument("--batch", type=int, default=64)
    p.add_argument("--threads", type=int, default=2)
    p.add_argument("--steps", type=int, default=200)
    a = p.parse_args()
    tf.config.threading.set_intra_op_parallelism_threads(a.threads)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    utils.set_random_seed(123)
    size = tuple(map(int, a.input.split("x")))
    inputs = Input(size)
    net = Model(inputs, NETS[a.net](inputs))
    x = tf.random.normal((a.batch, *size))
    y = tf.range(a.batch) % 10
    loss = losses.SparseCategoricalCrossentropy(from_logits=True)
    adam = optimizers.Adam(1e-4)
    adam.build(net.trainable_variables)

    @tf.function(jit_compile=a.xla)
    def step():
        with tf.GradientTape() as tape:
            value = loss(y, net(x, training=True))
        adam.apply(tape.gradient(value, net.trainable_variables), net.trainable_variables)
        return value

    @tf.function(jit_compile=a.xla)
    def predict():
        return tf.nn.softmax(net(x, training=False))

    times = []
    for i in range(-min(10, a.steps), a.steps):
        start = time.perf_counter()
        (predict() if a.inference else step()).numpy()
        if i >= 0:
            times.append((time.perf_counter() - start) * 1e3)
    times.sort()
    print(json.dumps({
        "name": "keras" + (" xla" if a.xla else ""), "version": tf.__version__, "threads": a.threads, "batch": a.batch,
        "median_ms": times[len(times) // 2], "min_ms": times[0], "p10_ms": times[len(times) // 10],
        "peak_rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))


if __name__ == "__main__":
    main()
