/** Nests as text for people: `explain`, error reports, snapshots. */
import type { Expression, LoadIndex } from "./expression.ts";
import type { Index } from "./index-expression.ts";
import { type Buffer, guardsOfLevel, type Level, type Nest, storageOf } from "./nest.ts";
import { nodesUnder, operandsOf } from "./rewrite.ts";

/** An affine index, such as `2*i + k - 1 + [0, 3, 7][p]`. */
export function printIndex(index: Index, axes: readonly { readonly name: string }[]): string {
  const parts = index.terms.map((term) => {
    const { name } = axes[term.axis]!;
    if ("table" in term) return `+ [${term.table.join(", ")}][${name}]`;
    const size = Math.abs(term.stride);
    return `${term.stride < 0 ? "-" : "+"} ${size === 1 ? "" : `${size}*`}${name}`;
  });
  if (index.offset !== 0 || parts.length === 0)
    parts.push(`${index.offset < 0 ? "-" : "+"} ${Math.abs(index.offset)}`);
  return parts.join(" ").replace(/^\+ /, "").replace(/^- /, "-");
}

const infix: Readonly<Record<string, string>> = {
  add: "+",
  sub: "-",
  mul: "*",
  div: "/",
  and: "&",
  or: "|",
  xor: "^",
  shl: "<<",
  shrU: ">>>",
  shrS: ">>",
  lt: "<",
  le: "<=",
  eq: "==",
  ne: "!=",
  gt: ">",
  ge: ">=",
};

/** Prints expressions; what is used more than once gets a name and a line of its own. */
class ExpressionPrinter {
  readonly #nest: Nest;
  readonly #names = new Map<Expression, string>();
  #count = 0;

  constructor(nest: Nest) {
    this.#nest = nest;
  }

  /** Lines that define what the roots share. */
  define(roots: readonly Expression[]): string[] {
    const uses = new Map<Expression, number>();
    const nodes = nodesUnder(roots);
    for (const node of [...roots, ...nodes.flatMap(operandsOf)]) uses.set(node, (uses.get(node) ?? 0) + 1);
    const lines: string[] = [];
    for (const node of nodes) {
      if (uses.get(node)! < 2 || this.#names.has(node) || isShort(node)) continue;
      const text = this.print(node);
      const name = `t${this.#count++}`;
      this.#names.set(node, name);
      lines.push(`${name} = ${text}`);
    }
    return lines;
  }

  print(node: Expression): string {
    const name = this.#names.get(node);
    if (name !== undefined) return name;
    switch (node.kind) {
      case "constant":
        return node.type === "f32" ? printFloat(node.value) : String(node.value);
      case "position":
        return `position(${printIndex(node.index, this.#nest.axes)})`;
      case "accumulator":
        return accumulatorName(node.level, node.slot);
      case "load": {
        const access = this.access(node.buffer, node.index);
        return node.fill === undefined ? access : `(${access} else ${node.fill})`;
      }
      case "unary":
      case "convert":
        return `${node.op}(${this.print(node.x)})`;
      case "binary":
      case "compare": {
        const sign = infix[node.op];
        const [x, y] = [this.print(node.x), this.print(node.y)];
        return sign === undefined ? `${node.op}(${x}, ${y})` : `(${x} ${sign} ${y})`;
      }
      case "fma":
        return `fma(${this.print(node.x)}, ${this.print(node.y)}, ${this.print(node.z)})`;
      case "select":
        return `(${this.print(node.condition)} ? ${this.print(node.yes)} : ${this.print(node.no)})`;
    }
  }

  access(buffer: number, index: readonly LoadIndex[]): string {
    const { axes, buffers } = this.#nest;
    const parts = index.map((each) =>
      "dynamic" in each ? `clamp ${this.print(each.dynamic)}` : printIndex(each, axes),
    );
    return `${buffers[buffer]!.name}[${parts.join(", ")}]`;
  }
}

function isShort(node: Expression): boolean {
  return node.kind === "constant" || node.kind === "accumulator" || node.kind === "position";
}

/** Always with a point or exponent, so that it reads as a float. */
function printFloat(value: number): string {
  const text = Object.is(value, -0) ? "-0" : String(value);
  return Number.isInteger(value) && !text.includes("e") ? `${text}.0` : text;
}

function accumulatorName(level: number, slot: number): string {
  return `acc${level}.${slot}`;
}

function printBuffer(buffer: Buffer): string {
  const storage = storageOf(buffer);
  const view = storage === buffer ? "" : ` view of ${storage.name}`;
  return `  ${buffer.name}: ${buffer.dtype}(${buffer.shape.join(", ")})${view}`;
}

function printLoops(nest: Nest, axes: readonly number[]): string {
  return axes.map((axis) => `${nest.axes[axis]!.name} < ${nest.axes[axis]!.size}`).join(", ");
}

function printGuards(nest: Nest, level: number, indent: string): string[] {
  return guardsOfLevel(nest, level).map(
    ({ index, size }) => `${indent}where 0 <= ${printIndex(index, nest.axes)} < ${size}`,
  );
}

function printReductions(level: Level, at: number, printer: ExpressionPrinter): string[] {
  let slot = 0;
  return level.reductions.map((reduction) => {
    const target = accumulatorName(at, slot++);
    if (reduction.op !== "argmax") return `${target} = ${reduction.op} ${printer.print(reduction.value)}`;
    const position = accumulatorName(at, slot++);
    return `${target}, ${position} = argmax ${printer.print(reduction.value)} at ${printer.print(reduction.position)}`;
  });
}

/** The whole nest, a line a loop, guard, reduction and store. */
export function printNest(nest: Nest): string {
  const printer = new ExpressionPrinter(nest);
  const lines = [`nest ${nest.name}`, ...nest.buffers.map(printBuffer)];
  lines.push(
    nest.space.length === 0 ? "  once" : `  for ${printLoops(nest, nest.space)}`,
    ...printGuards(nest, nest.levels.length, "    "),
  );
  const printLevel = (at: number, indent: string): void => {
    const level = nest.levels[at]!;
    const inner = `${indent}  `;
    lines.push(`${indent}reduce ${printLoops(nest, level.axes)}${level.lanes ? " in lanes" : ""}`);
    lines.push(...printGuards(nest, at, inner));
    if (at > 0) printLevel(at - 1, inner);
    const roots = level.reductions.flatMap((each) =>
      each.op === "argmax" ? [each.value, each.position] : [each.value],
    );
    lines.push(...printer.define(roots).map((line) => inner + line));
    lines.push(...printReductions(level, at, printer).map((line) => inner + line));
  };
  if (nest.levels.length > 0) printLevel(nest.levels.length - 1, "    ");
  lines.push(...printer.define(nest.stores.map((store) => store.value)).map((line) => `    ${line}`));
  for (const { buffer, index, value } of nest.stores)
    lines.push(`    ${printer.access(buffer, index)} = ${printer.print(value)}`);
  return `${lines.join("\n")}\n`;
}
