import type { Expression, LoadIndex } from "./expression.ts";
import type { Index } from "./index-expression.ts";

/** An index as text, equal for equal indices. */
export function indexKey(index: Index): string {
  let key = `${index.offset}`;
  for (const term of index.terms)
    key += "table" in term ? `+${term.axis}[${tableKey(term.table)}]` : `+${term.axis}*${term.stride}`;
  return key;
}

const longTable = 64;
const tableKeys = new WeakMap<readonly number[], string>();

/** Long tables are kept as text: those of a large batch have thousands of entries, and many nests share them. */
function tableKey(table: readonly number[]): string {
  if (table.length < longTable) return table.join();
  let key = tableKeys.get(table);
  if (key === undefined) {
    key = table.join();
    tableKeys.set(table, key);
  }
  return key;
}

/** A constant's value, as text that keeps -0, NaN and infinities apart. */
function numberKey(value: number): string {
  return Object.is(value, -0) ? "-0" : String(value);
}

/** A node as text, its operands by their numbers: equal for nodes that compute the same of the same. */
export function expressionKey(node: Expression, numberOf: (operand: Expression) => number): string {
  switch (node.kind) {
    case "constant":
      return `${node.type} ${numberKey(node.value)}`;
    case "load": {
      const loadIndex = (index: LoadIndex): string =>
        "dynamic" in index ? `#${numberOf(index.dynamic)}` : indexKey(index);
      const fill = node.fill === undefined ? "" : ` fill ${numberKey(node.fill)}`;
      return `load ${node.buffer} ${node.index.map(loadIndex).join()}${fill}`;
    }
    case "position":
      return `position ${indexKey(node.index)}`;
    case "accumulator":
      return `accumulator ${node.level} ${node.slot}`;
    case "unary":
    case "convert":
      return `${node.op} ${numberOf(node.x)}`;
    case "binary":
    case "compare":
      return `${node.op} ${numberOf(node.x)} ${numberOf(node.y)}`;
    case "fma":
      return `fma ${numberOf(node.x)} ${numberOf(node.y)} ${numberOf(node.z)}`;
    case "select":
      return `select ${numberOf(node.condition)} ${numberOf(node.yes)} ${numberOf(node.no)}`;
  }
}
