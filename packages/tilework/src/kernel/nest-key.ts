/**
 * A nest's structure as text: equal for nests that need the same code. Names and the identity of buffers do not
 * count; sizes, element types, and which of the buffers share memory do.
 */
import type { Expression } from "./expression.ts";
import { expressionKey, indexKey } from "./expression-key.ts";
import { type Nest, storageOf } from "./nest.ts";
import { nodesUnder } from "./rewrite.ts";

/** Numbers expressions so that structurally equal ones, shared or not, have one number. */
class ExpressionTable {
  readonly #numbers = new Map<string, number>();
  readonly #known = new Map<Expression, number>();

  number(root: Expression): number {
    for (const node of nodesUnder([root])) {
      if (this.#known.has(node)) continue;
      const key = expressionKey(node, (operand) => this.#known.get(operand)!);
      const number = this.#numbers.get(key) ?? this.#numbers.size;
      this.#numbers.set(key, number);
      this.#known.set(node, number);
    }
    return this.#known.get(root)!;
  }

  keys(): string {
    return [...this.#numbers.keys()].join(";");
  }
}

/** The structural key. */
export function nestKey(nest: Nest): string {
  const storages = [...new Set(nest.buffers.map(storageOf))];
  const buffers = nest.buffers.map((buffer) => {
    const type = buffer.dtype === "bool" ? "uint8" : buffer.dtype;
    return `${type}(${buffer.shape.join()})@${storages.indexOf(storageOf(buffer))}`;
  });
  const expressions = new ExpressionTable();
  const levels = nest.levels.map((level) => {
    const reductions = level.reductions.map((reduction) => {
      const value = expressions.number(reduction.value);
      return reduction.op === "argmax"
        ? `argmax ${value} ${expressions.number(reduction.position)}`
        : `${reduction.op} ${value}`;
    });
    return `${level.axes.join()}${level.lanes ? " lanes" : ""}: ${reductions.join()}`;
  });
  const stores = nest.stores.map(
    ({ buffer, index, value }) => `${buffer}[${index.map(indexKey).join()}]=${expressions.number(value)}`,
  );
  return [
    buffers.join(" "),
    nest.axes.map((axis) => axis.size).join(),
    nest.space.join(),
    nest.guards.map((guard) => `${indexKey(guard.index)}<${guard.size}`).join(" "),
    levels.join(" / "),
    stores.join(" "),
    expressions.keys(),
  ].join("|");
}
