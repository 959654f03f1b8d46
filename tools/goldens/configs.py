"""Writes the configs that real Keras gives for layers and initializers, by get_config and serialize.

Run it in a virtual environment of its own, outside the repository:

    python3 -m venv keras-jax
    keras-jax/bin/pip install "keras==3.15.*" "jax==0.10.*"
    keras-jax/bin/python tools/goldens/configs.py

It writes packages/tilework/fixtures/keras/configs.json.
"""

import datetime
import json
import os
import pathlib

os.environ["KERAS_BACKEND"] = "jax"

import keras  # noqa: E402
from keras import initializers  # noqa: E402
from keras import layers  # noqa: E402

FIXTURE = pathlib.Path(__file__).resolve().parents[2] / "packages/tilework/fixtures/keras/configs.json"

LAYERS = [
    layers.Dense(10, activation="relu", kernel_initializer="he_normal"),
    layers.Conv1D(4, 3, padding="causal"),
    layers.Conv2D(4, (3, 2), strides=2, activation="gelu", bias_initializer=initializers.Constant(0.5)),
    layers.Conv3D(4, 3, data_format="channels_first", groups=2),
    layers.DepthwiseConv1D(3),
    layers.DepthwiseConv2D(3, depth_multiplier=2, use_bias=False),
    *(
        getattr(layers, f"{kind}Pooling{rank}D")(2, padding="same")
        for kind in ("Max", "Average")
        for rank in (1, 2, 3)
    ),
    *(
        getattr(layers, f"Global{kind}Pooling{rank}D")(keepdims=True)
        for kind in ("Max", "Average")
        for rank in (1, 2, 3)
    ),
    *(
        getattr(layers, f"Adaptive{kind}Pooling{rank}D")(3)
        for kind in ("Max", "Average")
        for rank in (1, 2, 3)
    ),
    layers.Add(),
    layers.Concatenate(axis=1),
    layers.Flatten(),
    layers.Reshape((3, -1)),
    layers.Activation("softmax"),
    layers.ReLU(max_value=6.0),
    layers.LeakyReLU(),
    layers.ELU(),
    layers.Softmax(),
    layers.Dropout(0.5, seed=7),
    layers.BatchNormalization(momentum=0.9, trainable=False),
    layers.ZeroPadding1D((1, 2)),
    layers.ZeroPadding2D(2),
    layers.ZeroPadding3D(1),
    layers.InputLayer((3,)),
]

INITIALIZERS = [
    initializers.Constant(2.0),
    initializers.Zeros(),
    initializers.Ones(),
    initializers.RandomNormal(stddev=0.1, seed=1),
    initializers.RandomUniform(),
    initializers.TruncatedNormal(),
    initializers.VarianceScaling(scale=2.0, mode="fan_out"),
    initializers.GlorotNormal(seed=3),
    initializers.GlorotUniform(),
    initializers.HeNormal(),
    initializers.HeUniform(),
    initializers.LecunNormal(),
    initializers.LecunUniform(),
]


def main():
    dump = keras.saving.serialize_keras_object
    fixture = {
        "origin": f"Keras {keras.__version__}, tools/goldens/configs.py, {datetime.date.today().isoformat()}",
        "layers": [
            {"layer": layer.__class__.__name__, "config": dump(layer)["config"]} for layer in LAYERS
        ],
        "initializers": [initializers.serialize(initializer) for initializer in INITIALIZERS],
    }
    FIXTURE.write_text(json.dumps(fixture, indent=1) + "\n")


main()
