"""Keras as a peer of the benchmark: fit and predict of the three networks. See protocol.md.

The backend is chosen by KERAS_BACKEND. Needs: pip install keras and a backend (tensorflow-cpu, jax or torch).
"""
import json
import os
import platform
import sys
import time
from importlib import metadata

THREADS = int(os.environ.get("BENCH_THREADS", "2"))
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("OMP_NUM_THREADS", str(THREADS))

import keras  # noqa: E402
import numpy as np  # noqa: E402
from keras import layers  # noqa: E402

BACKEND = keras.backend.backend()
PACKAGES = {"tensorflow": ("tensorflow", "tensorflow-cpu"), "jax": ("jax", "jaxlib"), "torch": ("torch",)}


def versions(names):
    """Of those that are installed: TensorFlow comes under two names."""
    found = {}
    for name in names:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            pass
    return found


if BACKEND == "tensorflow":
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(THREADS)
elif BACKEND == "torch":
    import torch

    torch.set_num_threads(THREADS)


def network(number):
    if number == 1:
        stack = [
            keras.Input((28, 28, 1)), layers.Conv2D(32, 3, activation="relu"), layers.MaxPooling2D(2),
            layers.Conv2D(64, 3, activation="relu"), layers.MaxPooling2D(2), layers.Flatten(),
            layers.Dense(10, activation="softmax"),
        ]
        loss = "sparse_categorical_crossentropy"
    elif number == 2:
        stack = [
            keras.Input((32, 32, 3)), layers.Conv2D(16, 5, activation="relu"), layers.AveragePooling2D(3, strides=2),
            layers.Conv2D(32, 3, activation="relu"), layers.AveragePooling2D(2, strides=1, padding="same"),
            layers.Flatten(), layers.Dense(10, activation="softmax"),
        ]
        loss = "categorical_crossentropy"
    elif number == 3:
        stack = [
            keras.Input((64, 64, 3)), layers.Conv2D(64, 3, activation="relu"), layers.Conv2D(128, 3, activation="relu"),
            layers.GlobalAveragePooling2D(), layers.Dense(10, activation="softmax"),
        ]
        loss = "categorical_crossentropy"
    else:
        return resnet20(), "categorical_crossentropy"
    return keras.Sequential(stack), loss


def resnet20():
    """ResNet-20 of He et al. (arXiv 1512.03385, section 4.2) for 32x32x3: 3 stages of 3 blocks, 16 to 64 channels."""

    def normalised(x, filters, size, strides=1):
        x = layers.Conv2D(filters, size, strides=strides, padding="same", use_bias=False)(x)
        return layers.BatchNormalization()(x)

    inputs = keras.Input((32, 32, 3))
    x = layers.ReLU()(normalised(inputs, 16, 3))
    for stage, filters in enumerate((16, 32, 64)):
        for block in range(3):
            strides = 2 if stage > 0 and block == 0 else 1
            y = layers.ReLU()(normalised(x, filters, 3, strides))
            y = normalised(y, filters, 3)
            shortcut = x if x.shape[-1] == filters else normalised(x, filters, 1, strides)
            x = layers.ReLU()(layers.Add()([y, shortcut]))
    outputs = layers.Dense(10, activation="softmax")(layers.GlobalAveragePooling2D()(x))
    return keras.Model(inputs, outputs)


class Peer:
    def hello(self, _):
        found = versions(("keras", *PACKAGES[BACKEND], "numpy"))
        return {"name": f"Keras, {BACKEND}", "versions": {**found, "python": platform.python_version()}}

    def prepare(self, request):
        started = time.perf_counter()
        self.model, loss = network(request["network"])
        self.model.compile(optimizer="adam", loss=loss, metrics=["accuracy"])
        self.batch, self.mode = request["batch"], request["mode"]
        count = self.batch * request["steps"]
        self.steps = request["steps"]
        random = np.random.default_rng(0)
        self.x = random.random((count, *self.model.input_shape[1:]), dtype=np.float32)
        labels = random.integers(0, 10, count)
        self.y = labels if loss.startswith("sparse") else np.eye(10, dtype=np.float32)[labels]
        self.sample(request)
        self.sample(request)
        return {"ready": True, "seconds": time.perf_counter() - started}

    def sample(self, _):
        started = time.perf_counter()
        if self.mode == "train":
            self.model.fit(self.x, self.y, batch_size=self.batch, epochs=1, verbose=0)
        else:
            self.model.predict(self.x, batch_size=self.batch, verbose=0)
        return {"ms": 1000 * (time.perf_counter() - started) / self.steps}


def serve(peer):
    for line in sys.stdin:
        request = json.loads(line)
        if request["do"] == "end":
            return
        print("@ " + json.dumps(getattr(peer, request["do"])(request)), flush=True)


if __name__ == "__main__":
    serve(Peer())
