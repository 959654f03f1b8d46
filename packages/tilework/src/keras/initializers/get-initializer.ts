import { didYouMean } from "../../util/suggest.ts";
import { snakeCase } from "../layers/class-name.ts";
import { type At, refusal } from "../options/checks.ts";
import { Constant, Ones, Zeros } from "./constant.ts";
import { Initializer, type KerasConfig } from "./initializer.ts";
import { RandomNormal, RandomUniform, TruncatedNormal } from "./random-initializers.ts";
import {
  GlorotNormal,
  GlorotUniform,
  HeNormal,
  HeUniform,
  LecunNormal,
  LecunUniform,
  VarianceScaling,
} from "./variance-scaling.ts";

const classes = {
  Constant,
  GlorotNormal,
  GlorotUniform,
  HeNormal,
  HeUniform,
  LecunNormal,
  LecunUniform,
  Ones,
  RandomNormal,
  RandomUniform,
  TruncatedNormal,
  VarianceScaling,
  Zeros,
} as const satisfies Record<string, new (options?: never) => Initializer>;

type ClassName = keyof typeof classes;

/** Keras's strings for initializers. */
export type InitializerName =
  | "constant"
  | "glorot_normal"
  | "glorot_uniform"
  | "he_normal"
  | "he_uniform"
  | "lecun_normal"
  | "lecun_uniform"
  | "ones"
  | "random_normal"
  | "random_uniform"
  | "truncated_normal"
  | "variance_scaling"
  | "zeros";

/** An object that Keras wrote: `{ class_name: "HeNormal", config: {} }`. */
export interface SerializedInitializer {
  readonly class_name: string;
  readonly config: KerasConfig;
}

/** Whatever names a start value. */
export type InitializerInput = InitializerName | Initializer | SerializedInitializer;

/** The initializer of a Keras string, an object, or a config that Keras wrote. */
export function getInitializer(value: unknown, at: At): Initializer {
  if (value instanceof Initializer) return value;
  if (typeof value === "string") return new classes[classNamed(value, at)]();
  if (isSerialized(value)) {
    const { input_axes: _input, output_axes: _output, ...config } = value.config;
    const entries = Object.entries(config).filter(([, option]) => option !== null);
    const initializerClass: new (options: never) => Initializer = classes[classNamed(value.class_name, at)];
    return new initializerClass(Object.fromEntries(entries) as never);
  }
  throw refusal(at, 'an initializer, such as "glorot_uniform" or initializers.heNormal()', value);
}

function classNamed(name: string, at: At): ClassName {
  const found = (Object.keys(classes) as ClassName[]).find((key) => key === name || snakeCase(key) === name);
  if (found !== undefined) return found;
  const names = Object.keys(classes).map(snakeCase);
  throw refusal(
    at,
    "the name of an initializer",
    name,
    didYouMean(name, names) || ` (there are ${names.join(", ")})`,
  );
}

function isSerialized(value: unknown): value is SerializedInitializer {
  return typeof value === "object" && value !== null && "class_name" in value && "config" in value;
}

/** An initializer as Keras's files hold it. */
export function serializeInitializer(initializer: Initializer): KerasConfig {
  return {
    module: "keras.initializers",
    class_name: initializer.className,
    config: initializer.getConfig(),
    registered_name: null,
  };
}
