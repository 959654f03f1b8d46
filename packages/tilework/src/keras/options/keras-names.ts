import { didYouMean } from "../../util/suggest.ts";

/** What Keras has under a name, in any of its spellings, and Tilework does not have yet. */
const missing = {
  optimizer: [
    "adadelta",
    "adafactor",
    "adagrad",
    "adamax",
    "ftrl",
    "lamb",
    "lion",
    "loss_scale_optimizer",
    "muon",
    "nadam",
  ],
  loss: [
    "binary_focal_crossentropy",
    "categorical_focal_crossentropy",
    "categorical_generalized_cross_entropy",
    "categorical_hinge",
    "circle",
    "cosine_similarity",
    "ctc",
    "dice",
    "hinge",
    "huber",
    "kl_divergence",
    "kld",
    "kullback_leibler_divergence",
    "log_cosh",
    "mape",
    "mean_absolute_percentage_error",
    "mean_squared_logarithmic_error",
    "msle",
    "poisson",
    "squared_hinge",
    "tversky",
  ],
  metric: [
    "auc",
    "binary_io_u",
    "concordance_correlation",
    "f1_score",
    "false_negatives",
    "false_positives",
    "fbeta_score",
    "io_u",
    "mean_io_u",
    "pearson_correlation",
    "precision",
    "precision_at_recall",
    "r2_score",
    "recall",
    "recall_at_precision",
    "rmse",
    "root_mean_squared_error",
    "sensitivity_at_specificity",
    "sparse_top_k_categorical_accuracy",
    "specificity_at_sensitivity",
    "sum",
    "top_k_categorical_accuracy",
    "true_negatives",
    "true_positives",
  ],
  activation: [
    "celu",
    "exponential",
    "glu",
    "hard_shrink",
    "hard_sigmoid",
    "hard_silu",
    "hard_swish",
    "hard_tanh",
    "log_sigmoid",
    "log_softmax",
    "mish",
    "relu6",
    "soft_shrink",
    "softsign",
    "sparse_plus",
    "sparse_sigmoid",
    "sparsemax",
    "squareplus",
    "tanh_shrink",
    "threshold",
  ],
} as const;

/**
 * The hint behind a refused name: that Keras's name of this kind is not here yet, with what is; else a near miss, or
 * the names that there are.
 */
export function nameHint(kind: keyof typeof missing, given: unknown, known: readonly string[]): string {
  if (typeof given !== "string") return "";
  const plain = (name: string): string => name.toLowerCase().replaceAll("_", "");
  const names: readonly string[] = kind === "metric" ? [...missing.metric, ...missing.loss] : missing[kind];
  const there = `there are ${[...new Set(known)].join(", ")}`;
  if (names.some((name) => plain(name) === plain(given)))
    return `; Tilework does not have this one yet: ${there}`;
  return didYouMean(given, known) || `; ${there}`;
}
