/** What of a layer's class stands for Keras's: `static className`, which survives minifiers. */
interface NamedClass {
  readonly className?: string;
  readonly name: string;
}

/** Keras's class name: the class's own `className`, else what it is called in the program. */
export function classNameOf(layerClass: NamedClass): string {
  return (Object.hasOwn(layerClass, "className") ? layerClass.className : undefined) ?? layerClass.name;
}

/** Keras's rule for default names: `MaxPooling2D` is max_pooling2d, `ReLU` re_lu. */
export function snakeCase(className: string): string {
  return className
    .replace(/\W+/g, "")
    .replace(/(.)([A-Z][a-z]+)/g, "$1_$2")
    .replace(/([a-z])([A-Z])/g, "$1_$2")
    .toLowerCase();
}

/** `pool_size` as `poolSize`; `beta_1` as `beta1`. */
export function camelCase(key: string): string {
  return key.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}
