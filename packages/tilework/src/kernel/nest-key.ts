/**
 * A nest's structure as text: equal for nests that need the same code. Names and the identity of buffers do not
 * count; sizes, element types, and which of the buffers share memory do.
 */
import type { Expression, LoadIndex } from "./expression.ts";
import type { Index } from "./index-expression.ts";
import { type Nest, storageOf } from "./nest.ts";
import { nodesUnder } from "./rewrite.ts";

function indexKey(index: Index): string {
  const terms = index.terms.map((term) =>
    "table" in term ? `${term.axis}[${term.table.join()}]` : `${term.axis}*${term.stride}`,
  );
  return `${index.offset}+${terms.join("+")}`;
}

/** A constant's bits, as text that keeps -0, NaN and infinities apart. */
function numberKey(value: number): string {
  return Object.is(value, -0) ? "-0" : String(value);
}

/** Numbers expressions so that structurally equal ones, shared or not, have one number. */
class ExpressionTable {
  readonly #numbers = new Map<string, number>();
  readonly #known = new Map<Expression, number>();

  number(root: Expression): number {
    for (const node of nodesUnder([root])) {
      if (this.#known.has(node)) continue;
      const key = this.#key(node);
      const number = this.#numbers.get(key) ?? this.#numbers.size;
      this.#numbers.set(key, number);
      this.#known.set(node, number);
    }
    return this.#known.get(root)!;
  }

  keys(): string {
    return [...this.#numbers.keys()].join(";");
  }

  #of(node: Expression): number {
    return this.#known.get(node)!;
  }

  #loadIndex(index: LoadIndex): string {
    return "dynamic" in index ? `#${this.#of(index.dynamic)}` : indexKey(index);
  }

  #key(node: Expression): string {
    switch (node.kind) {
      case "constant":
        return `${node.type} ${numberKey(node.value)}`;
      case "load": {
        const fill = node.fill === undefined ? "" : ` fill ${numberKey(node.fill)}`;
        return `load ${node.buffer} ${node.index.map((index) => this.#loadIndex(index)).join()}${fill}`;
      }
      case "position":
        return `position ${indexKey(node.index)}`;
      case "accumulator":
        return `accumulator ${node.level} ${node.slot}`;
      case "unary":
      case "convert":
        return `${node.op} ${this.#of(node.x)}`;
      case "binary":
        return `${node.op} ${this.#of(node.x)} ${this.#of(node.y)}`;
      case "compare":
        return `${node.op} ${this.#of(node.x)} ${this.#of(node.y)}`;
      case "fma":
        return `fma ${this.#of(node.x)} ${this.#of(node.y)} ${this.#of(node.z)}`;
      case "select":
        return `select ${this.#of(node.condition)} ${this.#of(node.yes)} ${this.#of(node.no)}`;
    }
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
