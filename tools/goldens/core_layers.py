"""Writes what real Keras computes for the layers around convolution and pooling: outputs, gradients, new statistics.

Run it in a virtual environment of its own, outside the repository:

    python3 -m venv keras-jax
    keras-jax/bin/pip install "keras==3.15.*" "jax==0.10.*"
    keras-jax/bin/python tools/goldens/core_layers.py

It writes packages/tilework/fixtures/keras/core-layers.json. Numbers follow the formulas of layers.py.
"""

import layers as shared  # noqa: I001 (chooses Keras's backend)

import jax
import keras
import numpy as np


def weight_of(variable, place):
    """Weights by formula; variances are positive."""
    values = shared.weight(tuple(variable.shape), place)
    return np.abs(values) + np.float32(0.5) if variable.name == "moving_variance" else values


def input_of(shape, place):
    return shared.ordinary(shape) if place == 0 else shared.weight(shape, 10 + place)


def compute(name, config, *shapes, training=False, mask=None):
    layer = getattr(keras.layers, name)(**config)
    inputs = [input_of(shape, place) for place, shape in enumerate(shapes)]
    several = len(shapes) > 1
    layer.build(list(shapes) if several else shapes[0])
    places = {variable.path: place for place, variable in enumerate(layer.weights)}
    trainable = [weight_of(v, places[v.path]) for v in layer.trainable_variables]
    fixed = [weight_of(v, places[v.path]) for v in layer.non_trainable_variables]
    options = {} if mask is None else {"mask": np.array(mask, dtype=bool)}
    if name == "BatchNormalization":
        options["training"] = training

    def call(inputs, trainable):
        return layer.stateless_call(trainable, fixed, inputs if several else inputs[0], **options)

    output, updated = call(inputs, trainable)
    scale = shared.loss_weights(output.shape)
    by_inputs, by_weights = jax.grad(lambda x, w: (call(x, w)[0] * scale).sum(), argnums=(0, 1))(inputs, trainable)
    return {
        "layer": name,
        "config": config,
        "inputShapes": [list(shape) for shape in shapes],
        "training": training,
        **({} if mask is None else {"mask": mask}),
        "weights": [v.name for v in layer.weights],
        "output": shared.array(output),
        "inputGradients": [shared.array(gradient) for gradient in by_inputs],
        "weightGradients": [shared.array(gradient) for gradient in by_weights],
        "updated": [shared.array(value) for value in updated] if training else [],
    }


ACTIVATIONS = ("linear", "relu", "sigmoid", "tanh", "softmax", "elu", "selu", "gelu", "silu", "softplus", "leaky_relu")


def cases():
    yield compute("Dense", dict(units=4), (3, 5))
    yield compute("Dense", dict(units=4, use_bias=False), (3, 5))
    yield compute("Dense", dict(units=2), (2, 3, 5))
    yield compute("Dense", dict(units=2, activation="tanh"), (2, 3, 2, 4))
    for name in ACTIVATIONS:
        yield compute("Dense", dict(units=3, activation=name), (2, 4))
        yield compute("Activation", dict(activation=name), (3, 7))
    yield compute("ReLU", {}, (3, 7))
    yield compute("ReLU", dict(max_value=1.0, negative_slope=0.25, threshold=0.5), (3, 7))
    yield compute("ReLU", dict(max_value=0.75), (3, 7))
    yield compute("ReLU", dict(threshold=0.25), (3, 7))
    yield compute("LeakyReLU", {}, (3, 7))
    yield compute("LeakyReLU", dict(negative_slope=0.5), (3, 7))
    yield compute("ELU", {}, (3, 7))
    yield compute("ELU", dict(alpha=0.5), (3, 7))
    yield compute("Softmax", {}, (3, 7))
    yield compute("Softmax", dict(axis=1), (2, 5, 3))
    for shape, config in (
        ((6, 4), {}),
        ((2, 3, 4, 5), {}),
        ((2, 3, 4, 5), dict(axis=1)),
        ((2, 6, 3), dict(momentum=0.5, epsilon=0.1)),
        ((6, 4), dict(scale=False)),
        ((6, 4), dict(center=False)),
        ((6, 4), dict(center=False, scale=False)),
    ):
        yield compute("BatchNormalization", config, shape)
        yield compute("BatchNormalization", config, shape, training=True)
    yield compute("BatchNormalization", dict(trainable=False), (6, 4), training=True)
    yield compute("ZeroPadding1D", {}, (2, 3, 2))
    yield compute("ZeroPadding1D", dict(padding=[0, 2]), (2, 3, 2))
    yield compute("ZeroPadding2D", dict(padding=[1, 2]), (1, 2, 3, 2))
    yield compute("ZeroPadding2D", dict(padding=[[0, 1], [2, 0]]), (1, 2, 3, 2))
    yield compute("ZeroPadding2D", dict(padding=[[0, 1], [2, 0]], data_format="channels_first"), (1, 2, 3, 2))
    yield compute("ZeroPadding3D", dict(padding=1), (1, 2, 1, 2, 2))
    yield compute("ZeroPadding3D", dict(padding=[[0, 1], [2, 0], [0, 0]], data_format="channels_first"), (1, 2, 1, 2, 2))
    yield compute("Flatten", {}, (2, 3, 2, 2))
    yield compute("Flatten", {}, (4, 3))
    yield compute("Flatten", dict(data_format="channels_first"), (2, 3, 2, 2))
    yield compute("Reshape", dict(target_shape=[4, -1]), (2, 3, 8))
    yield compute("Add", {}, (2, 3, 4), (2, 3, 4))
    yield compute("Add", {}, (2, 3, 4), (2, 1, 4), (2, 3, 1))
    yield compute("Add", {}, (2, 3, 4), (2, 4))
    yield compute("Concatenate", {}, (2, 3, 4), (2, 3, 1), (2, 3, 2))
    yield compute("Concatenate", dict(axis=1), (2, 1, 4), (2, 3, 4))
    yield compute("GlobalAveragePooling1D", {}, (2, 4, 3), mask=[[True, False, True, True], [False, False, True, False]])
    yield compute(
        "GlobalAveragePooling1D",
        dict(data_format="channels_first", keepdims=True),
        (2, 3, 4),
        mask=[[True, False, True, True], [False, False, True, False]],
    )


if __name__ == "__main__":
    shared.write("core-layers.json", cases(), "core_layers.py")
