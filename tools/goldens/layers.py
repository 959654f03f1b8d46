"""Writes what real Keras computes for pooling and convolution layers: forward values and gradients.

Run it in a virtual environment of its own, outside the repository:

    python3 -m venv keras-jax
    keras-jax/bin/pip install "keras==3.15.*" "jax==0.10.*"
    keras-jax/bin/python tools/goldens/layers.py

It writes packages/tilework/fixtures/keras/{pooling,convolution,convolution-transpose}.json. Inputs, weights and the
weights of the loss `sum(output * lossWeights)` follow the integer formulas below, which are exact in float32, so that
the fixtures hold results only. packages/tilework/src/testing/formula-data.ts has the same formulas.
"""

import datetime
import json
import os
import pathlib

os.environ["KERAS_BACKEND"] = "jax"

import jax  # noqa: E402
import keras  # noqa: E402
import numpy as np  # noqa: E402

FIXTURES = pathlib.Path(__file__).resolve().parents[2] / "packages/tilework/fixtures/keras"


def formula(shape, multiplier, modulus, divisor):
    index = np.arange(int(np.prod(shape)), dtype=np.int64)
    values = (index * multiplier + 11) % modulus - modulus // 2
    return (values / divisor).astype(np.float32).reshape(shape)


def ordinary(shape):
    return formula(shape, 37, 101, 32)


def ties(shape):
    return formula(shape, 7, 5, 1)


def negative(shape):
    return formula(shape, 37, 101, 32) - np.float32(4)


def with_nan(shape):
    values = ordinary(shape).reshape(-1)
    values[::13] = np.nan
    return values.reshape(shape)


def with_infinity(shape):
    values = ordinary(shape).reshape(-1)
    values[np.arange(values.size) % 7 != 0] = -np.inf
    return values.reshape(shape)


INPUTS = {
    "ordinary": ordinary,
    "ties": ties,
    "negative": negative,
    "nan": with_nan,
    "-infinity": with_infinity,
}


def weight(shape, number):
    return formula(shape, 29 + 2 * number, 89, 64)


def loss_weights(shape):
    return formula(shape, 53, 61, 32)


def number(value):
    """JSON has no NaN and no infinities: they become strings that JavaScript's Number reads."""
    if np.isnan(value):
        return "NaN"
    if np.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    return float(f"{value:.8g}")


def array(values):
    values = np.asarray(values, dtype=np.float32)
    return {"shape": list(values.shape), "data": [number(value) for value in values.reshape(-1)]}


def compute(name, config, input_shape, inputs="ordinary", gradient=True):
    layer = getattr(keras.layers, name)(**config)
    x = INPUTS[inputs](input_shape)
    layer.build(x.shape)
    variables = [weight(tuple(v.shape), place) for place, v in enumerate(layer.weights)]

    def call(x, weights):
        return layer.stateless_call(weights, [], x)[0]

    output = call(x, variables)
    case = {"layer": name, "config": config, "inputShape": list(input_shape), "input": inputs}
    case["output"] = array(output)
    if gradient:
        scale = loss_weights(output.shape)
        by_input, by_weights = jax.grad(lambda x, w: (call(x, w) * scale).sum(), argnums=(0, 1))(x, variables)
        case["inputGradient"] = array(by_input)
        if variables:
            case["weightGradients"] = [array(g) for g in by_weights]
    return case


SPATIAL = {1: (11,), 2: (7, 9), 3: (5, 4, 6)}


def pooling_cases():
    for ndim, sizes in SPATIAL.items():
        shape = (2, *sizes, 3) if ndim < 3 else (1, *sizes, 2)
        for kind in ("Max", "Average"):
            name = f"{kind}Pooling{ndim}D"
            for padding in ("valid", "same"):
                for window, strides in ((2, None), (3, 2), (3, 1), (2, 3), (4, 4)):
                    yield compute(name, dict(pool_size=window, strides=strides, padding=padding), shape)
            yield compute(f"Global{kind}Pooling{ndim}D", dict(keepdims=ndim == 2), shape)
            for outputs in (1, 2, 3, 4):
                yield compute(f"Adaptive{kind}Pooling{ndim}D", dict(output_size=outputs), shape)
            first = (shape[0], shape[-1], *sizes)
            yield compute(name, dict(pool_size=2, padding="same", data_format="channels_first"), first)
        name = f"MaxPooling{ndim}D"
        for window, strides in ((2, None), (3, 2), (3, 1)):
            config = dict(pool_size=window, strides=strides, padding="same")
            yield compute(name, config, shape, "ties")
            yield compute(name, config, shape, "negative")
            yield compute(name, config, shape, "nan", gradient=False)
            yield compute(name, config, shape, "-infinity", gradient=False)
    yield compute("AveragePooling1D", dict(pool_size=3, strides=2, padding="same"), (1, 2, 1))
    yield compute("MaxPooling2D", dict(pool_size=(2, 3), strides=(3, 1), padding="same"), (2, 7, 9, 2))
    yield compute("AveragePooling2D", dict(pool_size=(3, 2), strides=(1, 3), padding="same"), (2, 7, 9, 2))
    yield compute("MaxPooling2D", dict(pool_size=17, strides=2, padding="same"), (1, 18, 20, 2))
    yield compute("MaxPooling2D", dict(pool_size=(8, 8)), (1, 8, 8, 2))
    yield compute("AveragePooling2D", dict(pool_size=7, strides=1, padding="same"), (1, 9, 8, 2))
    yield compute("AdaptiveMaxPooling2D", dict(output_size=(3, 5)), (2, 8, 7, 2))
    yield compute("AdaptiveAveragePooling2D", dict(output_size=(3, 5)), (2, 8, 7, 2))
    yield compute("AdaptiveAveragePooling3D", dict(output_size=(2, 3, 1)), (1, 5, 4, 3, 2))
    yield compute("GlobalMaxPooling2D", {}, (2, 4, 5, 3), "ties")


def convolution_cases():
    for ndim, sizes in SPATIAL.items():
        shape = (2, *sizes, 4) if ndim < 3 else (1, *sizes, 2)
        name = f"Conv{ndim}D"
        for padding in ("valid", "same") + (("causal",) if ndim == 1 else ()):
            for options in (
                dict(kernel_size=3),
                dict(kernel_size=1),
                dict(kernel_size=2, strides=2),
                dict(kernel_size=3, strides=2),
                dict(kernel_size=4, strides=3),
                dict(kernel_size=1, strides=2),
                dict(kernel_size=2, dilation_rate=2),
                dict(kernel_size=3, groups=2),
            ):
                yield compute(name, dict(filters=6 if ndim < 3 else 2, padding=padding, **options), shape)
    yield compute("Conv2D", dict(filters=3, kernel_size=(5, 2), strides=(2, 1), padding="same"), (2, 8, 7, 3))
    yield compute("Conv2D", dict(filters=3, kernel_size=(2, 3), dilation_rate=(3, 2)), (2, 9, 8, 1))
    yield compute("Conv2D", dict(filters=4, kernel_size=3, use_bias=False, data_format="channels_first"), (2, 4, 6, 5))
    yield compute("Conv2D", dict(filters=4, kernel_size=3, activation="relu"), (2, 6, 5, 3))
    for ndim in (1, 2):
        shape = (2, *SPATIAL[ndim], 3)
        for padding in ("valid", "same"):
            for options in (
                dict(kernel_size=3),
                dict(kernel_size=3, strides=2),
                dict(kernel_size=2, dilation_rate=2),
                dict(kernel_size=3, depth_multiplier=2),
            ):
                yield compute(f"DepthwiseConv{ndim}D", dict(padding=padding, **options), shape)
        yield compute(f"SeparableConv{ndim}D", dict(filters=4, kernel_size=3, padding="same"), shape)
        yield compute(f"SeparableConv{ndim}D", dict(filters=5, kernel_size=2, strides=2, depth_multiplier=2), shape)


def transpose_cases():
    sizes = {1: (5,), 2: (4, 3), 3: (3, 2, 4)}
    for ndim, input_sizes in sizes.items():
        shape = (2, *input_sizes, 3) if ndim < 3 else (1, *input_sizes, 2)
        for padding in ("valid", "same"):
            for options in (
                dict(kernel_size=3),
                dict(kernel_size=2, strides=2),
                dict(kernel_size=3, strides=2),
                dict(kernel_size=2, strides=3),
                dict(kernel_size=4, strides=2),
                dict(kernel_size=3, dilation_rate=2),
            ):
                if ndim == 3 and options.get("dilation_rate"):
                    continue
                yield compute(f"Conv{ndim}DTranspose", dict(filters=2, padding=padding, **options), shape)
        yield compute(
            f"Conv{ndim}DTranspose",
            dict(filters=2, kernel_size=3, strides=2, padding="same", output_padding=0),
            shape,
        )
        yield compute(
            f"Conv{ndim}DTranspose",
            dict(filters=2, kernel_size=3, strides=2, padding="valid", output_padding=1),
            shape,
        )


def write(name, cases, script="layers.py"):
    origin = {
        "script": f"tools/goldens/{script}",
        "keras": keras.__version__,
        "backend": f"jax {jax.__version__}",
        "date": datetime.date.today().isoformat(),
    }
    lines = ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases)
    FIXTURES.mkdir(parents=True, exist_ok=True)
    (FIXTURES / name).write_text(f'{{"origin": {json.dumps(origin)}, "cases": [\n{lines}\n]}}\n')


if __name__ == "__main__":
    write("pooling.json", pooling_cases())
    write("convolution.json", convolution_cases())
    write("convolution-transpose.json", transpose_cases())
