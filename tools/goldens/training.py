"""Writes what real Keras computes in training: losses, metrics, optimizers, the three networks, `fit`'s semantics.

Run it in a virtual environment of its own, outside the repository:

    python3 -m venv keras-tensorflow
    keras-tensorflow/bin/pip install "keras==3.15.*" tensorflow-cpu
    keras-tensorflow/bin/python tools/goldens/training.py

It writes packages/tilework/fixtures/keras/{losses,metrics,optimizers,networks,fit,progress}.json. TensorFlow is the backend,
because it alone takes a crossentropy back to the logits of the softmax that feeds it. Weights and batches of the
networks follow the formula `noise`, which packages/tilework/src/testing/training-data.ts has as well, so that the
fixtures hold results only.
"""

import json
import os
import pathlib

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras  # noqa: E402
import numpy as np  # noqa: E402
from keras import layers  # noqa: E402

FIXTURES = pathlib.Path(__file__).resolve().parents[2] / "packages/tilework/fixtures/keras"


def noise(seed, shape):
    """Numbers in [0, 1) that look random: an integer hash of the element's index, exact in 24 bits."""
    index = np.arange(int(np.prod(shape)), dtype=np.uint32)
    with np.errstate(over="ignore"):
        x = (index + np.uint32(seed) * np.uint32(0x9E3779B9)) * np.uint32(0x85EBCA6B)
        x ^= x >> np.uint32(15)
        x *= np.uint32(0xC2B2AE35)
        x ^= x >> np.uint32(13)
        x *= np.uint32(0x27D4EB2F)
        x ^= x >> np.uint32(16)
    return ((x >> np.uint32(8)).astype(np.float32) / np.float32(1 << 24)).reshape(shape)


def plain(value):
    if isinstance(value, float) and not np.isfinite(value):
        return str(value)
    if isinstance(value, dict):
        return {key: plain(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(entry) for entry in value]
    if hasattr(value, "numpy") or isinstance(value, (np.ndarray, np.generic)):
        array = np.asarray(value)
        return float(array) if array.ndim == 0 else [plain(entry) for entry in array]
    return value


def write(name, cases):
    text = json.dumps({"keras": keras.__version__, "cases": plain(cases)}, separators=(",", ":"))
    (FIXTURES / name).write_text(text.replace('{"name"', '\n{"name"').replace("]}]", "]}\n]") + "\n")


# Losses


def probabilities(seed, shape):
    scores = noise(seed, shape) + 0.05
    return scores / scores.sum(-1, keepdims=True)


def loss_case(name, loss, config, y_true, y_pred, sample_weight=None, through=None):
    loss_class = getattr(keras.losses, loss)
    case = {"name": name, "loss": loss, "config": config, "yTrue": y_true, "yPred": y_pred}
    if sample_weight is not None:
        case["sampleWeight"] = sample_weight
    if through is None:
        value = loss_class(**config)(np.array(y_true), np.array(y_pred, np.float32), sample_weight)
    else:
        case["through"] = through
        model = keras.Sequential([keras.Input(np.shape(y_pred)[1:]), layers.Activation(through)])
        model.compile(loss=loss_class(**config))
        value = model.evaluate(np.array(y_pred, np.float32), np.array(y_true), verbose=0, batch_size=64)
    case["value"] = value
    return case


def losses():
    rows, classes = 6, 4
    indices = [3, 0, 1, 1, 2, 3]
    one_hot = np.eye(classes, dtype=np.float32)[indices]
    scores = probabilities(1, (rows, classes))
    logits = noise(2, (rows, classes)) * 6 - 3
    targets = noise(3, (rows, 3))
    predicted = noise(4, (rows, 3))
    weights = np.round(noise(5, (rows,)) * 2, 2).astype(np.float32)
    binary = (noise(6, (rows, 1)) > 0.5).astype(np.float32)
    certain = [[1.0, 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0]]
    sparse, categorical, bce = "SparseCategoricalCrossentropy", "CategoricalCrossentropy", "BinaryCrossentropy"
    cases = []
    for name, weight in (("", None), (", weighted", weights)):
        cases += [
            loss_case("squared error" + name, "MeanSquaredError", {}, targets, predicted, weight),
            loss_case("absolute error" + name, "MeanAbsoluteError", {}, targets, predicted, weight),
            loss_case("sparse, probabilities" + name, sparse, {}, indices, scores, weight),
            loss_case("sparse, logits" + name, sparse, {"from_logits": True}, indices, logits, weight),
            loss_case("one-hot, probabilities" + name, categorical, {}, one_hot, scores, weight),
            loss_case("one-hot, logits" + name, categorical, {"from_logits": True}, one_hot, logits, weight),
            loss_case("binary, probabilities" + name, bce, {}, binary, scores[:, :1], weight),
            loss_case("binary, logits" + name, bce, {"from_logits": True}, binary, logits[:, :1], weight),
        ]
    for reduction in ("sum", "mean", "mean_with_sample_weight"):
        config = {"reduction": reduction}
        cases.append(loss_case(f"squared error, {reduction}", "MeanSquaredError", config, targets, predicted, weights))
    smooth = {"label_smoothing": 0.2}
    cases += [
        loss_case("one-hot, smoothed", categorical, smooth, one_hot, scores),
        loss_case("one-hot, smoothed logits", categorical, {**smooth, "from_logits": True}, one_hot, logits),
        loss_case("binary, smoothed", bce, smooth, binary, scores[:, :1]),
        loss_case("binary, labels without their axis", bce, {}, binary[:, 0], scores[:, :1]),
        loss_case("binary, several outputs", bce, {}, np.round(targets), predicted),
        loss_case("sparse, labels with an axis of 1", sparse, {}, np.reshape(indices, (rows, 1)), scores),
        loss_case("sparse, each place of an image", sparse, {}, [[[0, 1], [2, 3]]], probabilities(7, (1, 2, 2, 4))),
        loss_case("sparse, scores that do not sum to 1", sparse, {}, indices, scores * 0.5),
        loss_case("one-hot, scores that do not sum to 1", categorical, {}, one_hot, scores * 0.5),
        loss_case("sparse, certain and wrong", sparse, {}, [2, 1], certain),
        loss_case("one-hot, certain and wrong", categorical, {}, np.eye(4)[[2, 1]], certain),
        loss_case("binary, certain and wrong", bce, {}, [[0.0], [1.0]], [[1.0], [1.0]]),
        loss_case("one-hot, classes along axis 1", categorical, {"axis": 1}, one_hot[:, :, None], scores[:, :, None]),
        loss_case("sparse through softmax", sparse, {}, [2], [[40.0, 0.0, -40.0]], through="softmax"),
        loss_case("one-hot through softmax", categorical, {}, [[0, 0, 1]], [[40.0, 0.0, -40.0]], through="softmax"),
        loss_case("binary through sigmoid", bce, {}, [[1.0]], [[-60.0]], through="sigmoid"),
    ]
    write("losses.json", cases)


# Metrics


def metric_case(name, metric, config, batches):
    instance = getattr(keras.metrics, metric)(**config)
    for batch in batches:
        weight = batch.get("sampleWeight")
        instance.update_state(np.array(batch["yTrue"]), np.array(batch["yPred"], np.float32), weight)
    return {"name": name, "metric": metric, "config": config, "batches": batches, "value": instance.result()}


def metrics():
    def batches(make_true, make_pred, weighted=False):
        result = []
        for seed, rows in ((11, 5), (12, 3)):
            batch = {"yTrue": make_true(seed, rows), "yPred": make_pred(seed + 100, rows)}
            if weighted:
                batch["sampleWeight"] = np.round(noise(seed + 200, (rows,)) * 3, 1).astype(np.float32)
            result.append(batch)
        return result

    def indices(seed, rows):
        return np.floor(noise(seed, (rows,)) * 3).astype(np.int32)

    def one_hot(seed, rows):
        return np.eye(3, dtype=np.float32)[indices(seed, rows)]

    def binary(seed, rows):
        return (noise(seed, (rows, 1)) > 0.5).astype(np.float32)

    def scores(seed, rows):
        return probabilities(seed, (rows, 3))

    def score(seed, rows):
        return noise(seed, (rows, 1))

    def rounded(seed, rows):
        return np.round(noise(seed, (rows, 2)))

    def values(seed, rows):
        return noise(seed, (rows, 2))

    cases = []
    for name, weighted in (("", False), (", weighted", True)):
        cases += [
            metric_case("equal" + name, "Accuracy", {}, batches(rounded, rounded, weighted)),
            metric_case("binary" + name, "BinaryAccuracy", {}, batches(binary, score, weighted)),
            metric_case("binary, threshold" + name, "BinaryAccuracy", {"threshold": 0.8}, batches(binary, score, weighted)),
            metric_case("one-hot" + name, "CategoricalAccuracy", {}, batches(one_hot, scores, weighted)),
            metric_case("indices" + name, "SparseCategoricalAccuracy", {}, batches(indices, scores, weighted)),
            metric_case("squared error" + name, "MeanSquaredError", {}, batches(values, values, weighted)),
            metric_case("absolute error" + name, "MeanAbsoluteError", {}, batches(values, values, weighted)),
            metric_case("binary crossentropy" + name, "BinaryCrossentropy", {}, batches(binary, score, weighted)),
            metric_case("one-hot crossentropy" + name, "CategoricalCrossentropy", {}, batches(one_hot, scores, weighted)),
            metric_case("sparse crossentropy" + name, "SparseCategoricalCrossentropy", {}, batches(indices, scores, weighted)),
        ]
    image = {"yTrue": np.floor(noise(21, (2, 3, 4)) * 3), "yPred": probabilities(22, (2, 3, 4, 3))}
    cases.append(metric_case("indices of an image", "SparseCategoricalAccuracy", {}, [image]))
    weighted = {**image, "sampleWeight": np.array([1.0, 3.0], np.float32)}
    cases.append(metric_case("indices of a weighted image", "SparseCategoricalAccuracy", {}, [weighted]))
    write("metrics.json", cases)


# Optimizers

OPTIMIZERS = {
    "sgd": ("SGD", {}),
    "sgd with momentum": ("SGD", {"momentum": 0.9}),
    "sgd with nesterov": ("SGD", {"momentum": 0.9, "nesterov": True}),
    "adam": ("Adam", {}),
    "adamw": ("AdamW", {}),
    "rmsprop": ("RMSprop", {}),
}

OPTIMIZER_CASES = {
    **OPTIMIZERS,
    "sgd with weight decay": ("SGD", {"weight_decay": 0.1, "learning_rate": 0.2}),
    "adam with amsgrad": ("Adam", {"amsgrad": True, "learning_rate": 0.05}),
    "adam with its own numbers": ("Adam", {"beta_1": 0.8, "beta_2": 0.9, "epsilon": 1e-3, "learning_rate": 0.1}),
    "adamw with decay": ("AdamW", {"weight_decay": 0.3, "learning_rate": 0.1}),
    "rmsprop with momentum": ("RMSprop", {"momentum": 0.5, "learning_rate": 0.05}),
    "rmsprop, centered": ("RMSprop", {"centered": True, "rho": 0.7, "learning_rate": 0.05}),
    "rmsprop, centered with momentum": ("RMSprop", {"centered": True, "momentum": 0.3}),
    "sgd with clipnorm": ("SGD", {"clipnorm": 0.5, "learning_rate": 0.1}),
    "sgd with clipvalue": ("SGD", {"clipvalue": 0.2, "learning_rate": 0.1}),
    "sgd with global clipnorm": ("SGD", {"global_clipnorm": 0.5, "learning_rate": 0.1}),
}


def optimizers():
    cases = []
    for name, (optimizer, config) in OPTIMIZER_CASES.items():
        instance = getattr(keras.optimizers, optimizer)(**config)
        variables = [keras.Variable(noise(31, (2, 3)) - 0.5), keras.Variable(noise(32, (3,)) - 0.5)]
        values = []
        for step in range(6):
            gradients = [noise(40 + step, (2, 3)) * 2 - 1, noise(50 + step, (3,)) * 2 - 1]
            instance.apply([keras.ops.convert_to_tensor(gradient) for gradient in gradients], variables)
            values.append([np.asarray(variable).reshape(-1) for variable in variables])
        count = sum(int(np.prod(variable.shape)) for variable in instance.variables)
        case = {"name": name, "optimizer": optimizer, "config": config, "values": values, "numbers": count}
        cases.append(case)
    write("optimizers.json", cases)


# The three networks


def network(number):
    convolution, dense = layers.Conv2D, layers.Dense
    if number == 1:
        return keras.Sequential([
            keras.Input((28, 28, 1)),
            convolution(32, (3, 3), activation="relu"),
            layers.MaxPooling2D((2, 2)),
            convolution(64, (3, 3), activation="relu"),
            layers.MaxPooling2D((2, 2)),
            layers.Flatten(),
            dense(10, activation="softmax"),
        ])
    if number == 2:
        return keras.Sequential([
            keras.Input((32, 32, 3)),
            convolution(16, (5, 5), activation="relu"),
            layers.AveragePooling2D((3, 3), strides=(2, 2)),
            convolution(32, (3, 3), activation="relu"),
            layers.AveragePooling2D((2, 2), strides=(1, 1), padding="same"),
            layers.Flatten(),
            dense(10, activation="softmax"),
        ])
    return keras.Sequential([
        keras.Input((64, 64, 3)),
        convolution(64, (3, 3), activation="relu"),
        convolution(128, (3, 3), activation="relu"),
        layers.GlobalAveragePooling2D(),
        dense(10, activation="softmax"),
    ])


def start_weights(model):
    """Kernels as wide as glorot_uniform's, from the formula; biases small, so that none is left out."""
    weights = []
    for place, weight in enumerate(model.get_weights()):
        shape = weight.shape
        field = int(np.prod(shape[:-2]))
        limit = np.sqrt(6 / (field * (shape[-2] + shape[-1]))) if len(shape) > 1 else 0.05
        weights.append((noise(60 + place, shape).astype(np.float64) * 2 - 1) * limit)
    return [weight.astype(np.float32) for weight in weights]


def batch_of(number, shape, size, step):
    """Images that are half noise and half the pattern of their class, so that there is something to learn."""
    labels = np.floor(noise(2000 * number + step, (size,)) * 10).astype(np.int32)
    patterns = np.stack([noise(3000 * number + label, shape) for label in labels])
    half = np.float32(0.5)
    return half * noise(1000 * number + step, (size, *shape)) + half * patterns, labels


def network_case(number, optimizer_name, size, steps):
    optimizer, config = OPTIMIZERS[optimizer_name]
    model = network(number)
    model.set_weights(start_weights(model))
    loss = "sparse_categorical_crossentropy" if number == 1 else "categorical_crossentropy"
    model.compile(optimizer=getattr(keras.optimizers, optimizer)(**config), loss=loss, metrics=["accuracy"])
    values = []
    for step in range(steps):
        images, labels = batch_of(number, model.input_shape[1:], size, step % 2)
        y = labels if number == 1 else np.eye(10, dtype=np.float32)[labels]
        values.append(model.train_on_batch(images, y, return_dict=True))
    return {
        "name": f"network {number}, {optimizer_name}, batch {size}",
        "network": number,
        "optimizer": optimizer,
        "config": config,
        "batch": size,
        "loss": [value["loss"] for value in values],
        "accuracy": [value["accuracy"] for value in values],
    }


def networks():
    cases = []
    for number, size in ((1, 8), (2, 8), (3, 4)):
        for optimizer in OPTIMIZERS:
            cases.append(network_case(number, optimizer, size, 20))
            cases.append(network_case(number, optimizer, 2, 2))
    write("networks.json", cases)


# fit


def fit_model(outputs=1):
    inputs = keras.Input((4,), name="features")
    hidden = layers.Dense(5, activation="relu", name="hidden")(inputs)
    heads = [layers.Dense(3, activation="softmax", name="kind")(hidden)]
    if outputs == 2:
        heads.append(layers.Dense(1, name="size")(hidden))
    model = keras.Model(inputs, heads if outputs == 2 else heads[0])
    model.set_weights([(noise(70 + place, weight.shape) - 0.5) for place, weight in enumerate(model.get_weights())])
    return model


def fit_case(name, options, compile_options=None, outputs=1):
    rows = 23
    x = noise(80, (rows, 4))
    kind = np.floor(noise(81, (rows,)) * 3).astype(np.int32)
    size = noise(82, (rows, 1))
    weights = np.round(noise(83, (rows,)) * 2, 2).astype(np.float32)
    compiled = {"loss": "sparse_categorical_crossentropy", "metrics": ["accuracy"], **(compile_options or {})}
    model = fit_model(outputs)
    # Only eagerly does TensorFlow know the batch size, by which each output's loss is averaged over the batches.
    model.compile(optimizer=keras.optimizers.SGD(0.5), run_eagerly=outputs == 2, **compiled)
    settings = dict(options)
    if settings.pop("sampleWeight", False):
        settings["sample_weight"] = weights
    validation = settings.pop("validationData", None)
    held = (x[:7] * 0.5, kind[:7], weights[:7])
    if validation:
        settings["validation_data"] = held[: 3 if validation == "weighted" else 2]
    if "classWeight" in settings:
        settings["class_weight"] = {int(key): value for key, value in settings.pop("classWeight").items()}
    renamed = {"batchSize": "batch_size", "validationSplit": "validation_split", "stepsPerEpoch": "steps_per_epoch"}
    renamed |= {"initialEpoch": "initial_epoch", "validationFreq": "validation_freq"}
    settings = {renamed.get(key, key): value for key, value in settings.items()}
    y = kind if outputs == 1 else [kind, size]
    history = model.fit(x, y, shuffle=False, verbose=0, **settings)
    return {
        "name": name,
        "options": options,
        "compile": compiled,
        "outputs": outputs,
        "history": history.history,
        "epoch": history.epoch,
        "weights": [weight.reshape(-1) for weight in model.get_weights()],
    }


def fit():
    both = {"loss": ["sparse_categorical_crossentropy", "mse"], "metrics": [["accuracy"], ["mae"]]}
    weighted = {"metrics": ["accuracy"], "weighted_metrics": ["accuracy"]}
    two = {"epochs": 2}
    write(
        "fit.json",
        [
            fit_case("a partial last batch", {**two, "batchSize": 5}),
            fit_case("default batch size", two),
            fit_case("sample weights", {**two, "batchSize": 5, "sampleWeight": True}, weighted),
            fit_case("class weights", {**two, "batchSize": 5, "classWeight": {"0": 2, "2": 0.5}}, weighted),
            fit_case("the last part for validation", {**two, "batchSize": 4, "validationSplit": 0.3}),
            fit_case(
                "the last part for validation, with sample weights",
                {**two, "batchSize": 4, "validationSplit": 0.3, "sampleWeight": True},
                weighted,
            ),
            fit_case("validation data", {**two, "batchSize": 4, "validationData": "plain"}),
            fit_case("weighted validation data", {**two, "batchSize": 4, "validationData": "weighted"}, weighted),
            fit_case("validation after every second epoch", {"epochs": 4, "validationData": "plain", "validationFreq": 2}),
            fit_case("a later first epoch", {"epochs": 3, "initialEpoch": 1}),
            fit_case("steps of an epoch", {"epochs": 3, "batchSize": 4, "stepsPerEpoch": 2}),
            fit_case("steps of an epoch without a batch size", {**two, "stepsPerEpoch": 2}),
            fit_case("two outputs", {**two, "batchSize": 5}, both, outputs=2),
            fit_case(
                "two outputs with loss weights", {**two, "batchSize": 5}, {**both, "loss_weights": [0.3, 2.0]}, outputs=2
            ),
        ],
    )


# The progress line


def progress_case(name, target, verbose, updates, terminal=True):
    """What Keras prints when `now` seconds have passed at each update."""
    from keras.src.utils import io_utils, progbar

    clock, printed = [1000.0], []
    before = progbar.time.time, io_utils.print_msg
    progbar.time.time = lambda: clock[0]
    io_utils.print_msg = lambda message, line_break=True: printed.append(message + ("\n" if line_break else ""))
    try:
        bar = progbar.Progbar(target=target, verbose=verbose, stateless_metrics=set())
        bar._dynamic_display = terminal
        for update in updates:
            clock[0] = 1000 + update["now"]
            bar.update(update["step"], list(update["values"].items()), finalize=update.get("last", False))
    finally:
        progbar.time.time, io_utils.print_msg = before
    case = {"name": name, "target": target, "verbose": verbose, "terminal": terminal}
    return {**case, "updates": updates, "printed": "".join(printed)}


def progress():
    def step(number, now, loss, last=False, **more):
        return {"step": number, "now": now, "values": {"accuracy": 0.95, "loss": loss, **more}, "last": last}

    usual = [
        step(1, 1.25, 2.3), step(2, 1.26, 2.2), step(40, 1.6, 1.5), step(469, 4.4, 0.1634, True, val_loss=0.2),
    ]
    short = [step(1, 0.0004, 0.5), step(3, 0.0010, 0.5, True)]
    small = [step(5, 3.5, 1e-3), step(10, 7.5, -0.00012345, True, val_loss=-2.0)]
    long = [step(1, 10.0, 0.5), step(2, 40.0, 0.5), step(400, 16000.0, 0.5), step(999, 30000.0, 0.5, True)]
    slow = [step(1, 2.5, 0.5), step(2, 5.0, 0.5), step(30, 75.0, 0.5), step(50, 125.5, 0.5, True)]
    odd = [step(1, 1.0, float("nan")), step(2, 2.0, float("inf"), True)]
    shrinking = [step(1, 1.0, 123456.5), step(2, 2.0, 0.5), step(3, 4.5, 0.5, True)]
    unknown = [step(1, 1.0, 0.5), step(7, 3.0, 0.25)]
    cases = [("an epoch", 469, usual), ("microseconds", 3, short), ("small numbers", 10, small)]
    cases += [("hours to go", 999, long), ("minutes to go", 50, slow), ("NaN and infinity", 2, odd)]
    cases += [("a line that becomes shorter", 3, shrinking)]
    write(
        "progress.json",
        [progress_case(name, target, 1, updates) for name, target, updates in cases]
        + [progress_case("an unknown number of steps", None, 1, unknown)]
        + [progress_case("output that is no terminal", 469, 1, usual, terminal=False)]
        + [progress_case(f"{name}, one line", target, 2, updates) for name, target, updates in cases[:2]],
    )


if __name__ == "__main__":
    progress()
    losses()
    metrics()
    optimizers()
    fit()
    networks()
