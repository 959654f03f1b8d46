/**
 * The proof that a nest is safe to print: it is well formed, every access lies inside its buffer at every point
 * that the guards let pass, and no two space points meet in memory. Printed code checks nothing at run time.
 */
import { byteSize } from "../tensor/dtype.ts";
import { stridesOf } from "../tensor/shape.ts";
import { InternalError } from "../util/errors.ts";
import { affineForm, type Condition, rangeInBox } from "./affine-form.ts";
import type { LoadIndex } from "./expression.ts";
import type { Nest } from "./nest.ts";
import { proveBounds } from "./prove-bounds.ts";
import { nodesUnder } from "./rewrite.ts";
import { verifyInPlace, verifyStores } from "./verify-stores.ts";
import { expressionsOfLevel, scopesOf, verifyStructure } from "./verify-structure.ts";

/** Throws InternalError, naming the buffer, dimension and range, where safety cannot be proved. */
export function verifyNest(nest: Nest): void {
  verifyStructure(nest);
  const sizes = nest.axes.map((axis) => axis.size);
  const scopes = scopesOf(nest);
  const holdingIn = (axes: ReadonlySet<number>): Condition[] =>
    nest.guards
      .filter(({ index }) => index.terms.every((term) => axes.has(term.axis)))
      .map(({ index, size }) => ({ form: affineForm(index, sizes), size }));
  nest.levels.forEach((level, at) => {
    const holding = holdingIn(scopes.levels[at]!.axes);
    for (const node of nodesUnder(expressionsOfLevel(level)))
      if (node.kind === "load") verifyAccess(nest, "load", node, holding);
  });
  const holding = holdingIn(scopes.stores.axes);
  for (const node of nodesUnder(nest.stores.map((store) => store.value)))
    if (node.kind === "load") verifyAccess(nest, "load", node, holding);
  for (const store of nest.stores) verifyAccess(nest, "store", store, holding);
  verifyStores(nest, holding);
  verifyInPlace(nest);
}

interface Access {
  readonly buffer: number;
  readonly index: readonly LoadIndex[];
  readonly fill?: number;
}

function verifyAccess(
  nest: Nest,
  kind: "load" | "store",
  access: Access,
  holding: readonly Condition[],
): void {
  const buffer = nest.buffers[access.buffer]!;
  const sizes = nest.axes.map((axis) => axis.size);
  const box = sizes.map((size) => ({ min: 0, max: size - 1 }));
  const strides = stridesOf(buffer.shape);
  let reach = 0;
  access.index.forEach((index, dimension) => {
    if ("dynamic" in index) return;
    const size = buffer.shape[dimension]!;
    const form = affineForm(index, sizes);
    const whole = rangeInBox(form, box);
    reach +=
      Math.max(Math.abs(whole.min), Math.abs(whole.max)) * strides[dimension]! * byteSize[buffer.dtype];
    if (access.fill !== undefined || (whole.min >= 0 && whole.max < size)) return;
    const range = proveBounds(form, size, box, holding);
    if (range !== undefined)
      throw new InternalError(
        `nest ${nest.name}: ${kind} of ${buffer.name} (${buffer.shape.join(", ")}): dimension ${dimension} ` +
          `ranges over ${range.min}..${range.max}, outside 0..${size - 1}`,
      );
  });
  // Byte offsets are computed in 31 bits, also at points that are then not accessed.
  if (reach >= 2 ** 31)
    throw new InternalError(`nest ${nest.name}: offsets into ${buffer.name} reach ${reach} bytes`);
}
