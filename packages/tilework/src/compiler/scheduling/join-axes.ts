/**
 * Space axes that lie in a row in the results' memory, as one: pixels with their few channels, groups with their
 * filters, channels with their multiplier. Where the results' innermost axis is much shorter than a vector, the joined
 * one fills the lanes. Operands that do not lie in a row along it get tables, which repeat (lane-period.ts). What is
 * computed stays the same, in the same order.
 */
import { type Index, type Term, tableIndex } from "../../kernel/index-expression.ts";
import type { Nest } from "../../kernel/nest.ts";
import { expressionsOf, mapIndices, nodesUnder } from "../../kernel/rewrite.ts";
import { compactNest } from "../fusion/merge-nests.ts";
import { splitAxis } from "./split-axis.ts";
import { storesOf } from "./strided-access.ts";

/** Longer tables are no gain over the loops that they replace. */
const LONGEST_AXIS = 4096;
/** Elements of a part of an axis that is longer. */
const PART = 1024;
const MOST_AXES = 3;
/** Vectors along an axis, and values of it, up to which a guard at its ends touches most of them. */
const MOSTLY_BORDER = 2;
const FEW_VALUES = 4;

/** The nests that come of joining the innermost two, three … axes of the results. */
export function joinedNests(nest: Nest, lanes: number): Nest[] {
  if (nest.levels.some((level) => level.lanes)) return [];
  const nodes = nodesUnder(expressionsOf(nest));
  if (nodes.some((node) => node.kind === "load" && node.index.some((index) => "dynamic" in index))) return [];
  const chain = chainOf(nest);
  const found: Nest[] = [];
  for (let count = 2; count <= Math.min(chain.length, MOST_AXES); count++) {
    const axes = chain.slice(0, count).reverse();
    const inner = sizeOf(nest, axes.slice(1));
    if (inner % lanes === 0) break;
    const isLong = inner * nest.axes[axes[0]!]!.size > LONGEST_AXIS;
    const short = isLong ? inParts(nest, axes[0]!, inner, lanes) : nest;
    const joined = short && joinAxes(short, axes, lanes);
    if (joined !== undefined) found.push(joined);
    if (isLong) break;
  }
  return found;
}

/**
 * The nest with an axis in equal parts which, with so many elements a value, are short, and fill vectors where some do;
 * undefined where there are none.
 */
function inParts(nest: Nest, axis: number, elements: number, lanes: number): Nest | undefined {
  const { size } = nest.axes[axis]!;
  const most = Math.floor(PART / elements);
  const parts = Array.from({ length: Math.max(0, most - 1) }, (_, at) => most - at);
  const even = parts.filter((part) => size % part === 0);
  const part = even.find((each) => (each * elements) % lanes === 0 && 2 * each > most) ?? even[0];
  return part === undefined ? undefined : splitAxis(nest, axis, part);
}

function sizeOf(nest: Nest, axes: readonly number[]): number {
  return axes.reduce((product, axis) => product * nest.axes[axis]!.size, 1);
}

/** Space axes, innermost first, each of which starts in the results' memory where the ones before it end. */
function chainOf(nest: Nest): number[] {
  const stores = storesOf(nest);
  const chain: number[] = [];
  let stride = 1;
  for (;;) {
    const next = nest.space.find(
      (axis) =>
        nest.axes[axis]!.size > 1 &&
        !chain.includes(axis) &&
        stores.every(
          ({ form }) => form.strides[axis] === stride && form.tables.every((term) => term.axis !== axis),
        ),
    );
    if (next === undefined) return chain;
    chain.push(next);
    stride *= nest.axes[next]!.size;
  }
}

/** The nest with the axes, outermost first, as one in the place of the last; undefined where that would mask much. */
function joinAxes(nest: Nest, axes: readonly number[], lanes: number): Nest | undefined {
  const last = axes.at(-1)!;
  const sizes = axes.map((axis) => nest.axes[axis]!.size);
  const size = sizeOf(nest, axes);
  const move = (index: Index): Index => {
    const own = index.terms.filter((term) => axes.includes(term.axis));
    if (own.length === 0) return index;
    const table = Array.from({ length: size }, (_, value) => sumAt(own, axes, sizes, value));
    const others = index.terms.filter((term) => !axes.includes(term.axis));
    return withTable({ offset: index.offset, terms: others }, last, table);
  };
  const isLong = size > MOSTLY_BORDER * lanes && sizes[0]! > FEW_VALUES;
  const apart = isLong ? axes.slice(1) : axes;
  if (nest.guards.some(({ index }) => tellsLanesApart(nest, index, apart))) return undefined;
  const mapped = mapIndices(nest, move);
  if (mapped.guards.some(({ index }) => masksStores(nest, index, last))) return undefined;
  const name = axes.map((axis) => nest.axes[axis]!.name).join(" ");
  return compactNest({
    ...mapped,
    axes: nest.axes.map((axis, at) => (at === last ? { name, size } : axis)),
    space: nest.space.filter((axis) => axis === last || !axes.includes(axis)),
  });
}

/** Whether a guard on the space points along the axis depends on others too. */
function masksStores(nest: Nest, { terms }: Index, axis: number): boolean {
  return (
    terms.some((term) => term.axis === axis) &&
    terms.some((term) => term.axis !== axis) &&
    terms.every((term) => nest.space.includes(term.axis))
  );
}

/** Whether a reduction's guard differs between the values of inner axes: then every step would be masked. */
function tellsLanesApart(nest: Nest, { terms }: Index, inner: readonly number[]): boolean {
  return (
    terms.some((term) => inner.includes(term.axis)) && terms.some((term) => !nest.space.includes(term.axis))
  );
}

/** What the terms along the joined axes give at one value of the joined one. */
function sumAt(
  terms: readonly Term[],
  axes: readonly number[],
  sizes: readonly number[],
  value: number,
): number {
  const values: number[] = [];
  let rest = value;
  for (let at = axes.length - 1; at >= 0; at--) {
    values[at] = rest % sizes[at]!;
    rest = Math.floor(rest / sizes[at]!);
  }
  return terms.reduce((sum, term) => {
    const own = values[axes.indexOf(term.axis)]!;
    return sum + ("table" in term ? term.table[own]! : term.stride * own);
  }, 0);
}

function withTable({ offset, terms }: Index, axis: number, table: readonly number[]): Index {
  const [first, second] = table as [number, number];
  const stride = second - first;
  const isAffine = table.every((value, at) => value === first + stride * at);
  if (!isAffine) return { offset, terms: [...terms, ...tableIndex(axis, table).terms] };
  return { offset: offset + first, terms: stride === 0 ? terms : [...terms, { axis, stride }] };
}
