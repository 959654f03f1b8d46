"""Writes the text that real Keras prints for `model.summary()`.

Run it in a virtual environment of its own, outside the repository:

    python3 -m venv keras-jax
    keras-jax/bin/pip install "keras==3.15.*" "jax==0.10.*"
    keras-jax/bin/python tools/goldens/summary.py

It writes packages/tilework/fixtures/keras/summary.json. The models are made again, by the same names, in
packages/tilework/src/keras/models/summary/summary.test.ts.
"""

import datetime
import json
import os
import pathlib

os.environ["KERAS_BACKEND"] = "jax"
os.environ["COLUMNS"] = "250"

import keras  # noqa: E402
import numpy as np  # noqa: E402
from keras import layers  # noqa: E402

FIXTURE = pathlib.Path(__file__).resolve().parents[2] / "packages/tilework/fixtures/keras/summary.json"


def network1():
    return keras.Sequential([
        keras.Input((28, 28, 1)),
        layers.Conv2D(32, (3, 3), activation="relu"),
        layers.MaxPooling2D((2, 2)),
        layers.Conv2D(64, (3, 3), activation="relu"),
        layers.MaxPooling2D((2, 2)),
        layers.Flatten(),
        layers.Dense(10, activation="softmax"),
    ])


def network1_trained():
    model = network1()
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy")
    model.fit(np.zeros((2, 28, 28, 1)), np.zeros((2,)), verbose=0)
    return model


def network2():
    return keras.Sequential([
        keras.Input((32, 32, 3)),
        layers.Conv2D(16, (5, 5), activation="relu"),
        layers.AveragePooling2D((3, 3), strides=(2, 2)),
        layers.Conv2D(32, (3, 3), activation="relu"),
        layers.AveragePooling2D((2, 2), strides=(1, 1), padding="same"),
        layers.Flatten(),
        layers.Dense(10, activation="softmax"),
    ])


def network3():
    return keras.Sequential([
        keras.Input((64, 64, 3)),
        layers.Conv2D(64, (3, 3), activation="relu"),
        layers.Conv2D(128, (3, 3), activation="relu"),
        layers.GlobalAveragePooling2D(),
        layers.Dense(10, activation="softmax"),
    ])


def long_names():
    model = keras.Sequential([
        keras.Input((28, 28, 1)),
        layers.Conv2D(32, 3, name="a_very_long_layer_name_that_must_wrap_somewhere_in_the_cell"),
        layers.BatchNormalization(),
        layers.Flatten(),
        layers.Dense(10, name="short"),
    ], name="my[model]")
    model.layers[0].trainable = False
    return model


def unbuilt():
    return keras.Sequential([layers.Dense(4), layers.Dense(2)], name="waiting")


def large():
    return keras.Sequential([keras.Input((20000,)), layers.Dense(20000)])


def chain():
    images = keras.Input((8, 8, 3), name="images")
    x = layers.Conv2D(4, 3)(images)
    x = layers.Flatten()(x)
    return keras.Model(images, layers.Dense(2)(x), name="chain")


def residual():
    images = keras.Input((32, 32, 3), name="images")
    x = layers.Conv2D(16, 3, padding="same", activation="relu")(images)
    shortcut = x
    x = layers.Conv2D(16, 3, padding="same")(x)
    x = layers.BatchNormalization()(x)
    x = layers.Add()([x, shortcut])
    x = layers.ReLU()(x)
    x = layers.GlobalAveragePooling2D()(x)
    return keras.Model(images, layers.Dense(10, activation="softmax")(x), name="residual")


def several():
    left = keras.Input((8,), name="left")
    right = keras.Input((8,), name="right")
    shared = layers.Dense(4, name="shared")
    both = layers.Concatenate(name="both")([shared(left), shared(right)])
    first = layers.Dense(1, name="first")(both)
    second = layers.Dense(3, activation="softmax", name="second")(both)
    return keras.Model([left, right], [first, second], name="several")


def nested():
    inner_input = keras.Input((4,), name="inner_input")
    inner = keras.Model(inner_input, layers.Dense(3, name="inner_dense")(inner_input), name="inner")
    stack = keras.Sequential([keras.Input((3,)), layers.Dense(5, name="stack_dense")], name="stack")
    x = keras.Input((4,), name="x")
    return keras.Model(x, layers.Dense(1, name="last")(stack(inner(x))), name="outer")


CASES = [
    (network1, [{}, {"lineLength": 60}, {"lineLength": 76}, {"lineLength": 100}]),
    (network1_trained, [{}]),
    (network2, [{}]),
    (network3, [{}]),
    (long_names, [{"lineLength": n} for n in (30, 40, 60, 80, 88)]
        + [{"lineLength": 70, "showTrainable": True}, {"showTrainable": True}]),
    (unbuilt, [{}]),
    (large, [{}]),
    (chain, [{}]),
    (residual, [{}, {"lineLength": 80}, {"lineLength": 96, "showTrainable": True}, {"showTrainable": True}]),
    (several, [{}, {"lineLength": 76}]),
    (nested, [{}, {"expandNested": True}]),
]


def snake_case(options):
    names = {"lineLength": "line_length", "showTrainable": "show_trainable", "expandNested": "expand_nested"}
    return {names[key]: value for key, value in options.items()}


def text_of(build, options):
    keras.utils.clear_session()
    lines = []
    build().summary(print_fn=lines.append, **snake_case(options))
    return "".join(lines).rstrip("\n").split("\n")


def main():
    cases = [
        {"model": build.__name__, "options": options, "lines": text_of(build, options)}
        for build, variants in CASES
        for options in variants
    ]
    origin = f"Keras {keras.__version__}, tools/goldens/summary.py, {datetime.date.today().isoformat()}"
    FIXTURE.write_text(json.dumps({"origin": origin, "cases": cases}, ensure_ascii=False, indent=1) + "\n")


main()
