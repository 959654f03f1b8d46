/** Indices and masks that differ from lane to lane. */
import type { Index } from "../../kernel/index-expression.ts";
import type { Condition } from "./condition.ts";
import type { Emission, Point } from "./emission.ts";
import { emitBinary, emitCompare, emitConstant } from "./emit-value.ts";
import { type IntegerValue, integerValue } from "./integer-value.ts";
import { lanesWhere } from "./lane-offsets.ts";

/** Whether a value that depends on these axes differs between the lanes of a vector register. */
export function variesByLane(e: Emission, axes: number): boolean {
  return e.plan.vectorAxis !== undefined && ((axes >> e.plan.vectorAxis) & 1) === 1;
}

/** An affine index as a vector of integers. */
export function indexVector(e: Emission, index: Index, point: Point, lane: number): number {
  const parts = partsOf(e, index, point);
  const { value, strides, tables } = parts;
  if (tables.length > 0) return sumOfParts(e, parts, lane);
  const name = `index ${value.register} ${value.constant} ${strides} ${lane}`;
  return e.builder.vectorOnce(name, () => sumOfParts(e, parts, lane));
}

/**
 * Two vectors that are equal where `x` equals the index: their difference but for a constant, which serves all points
 * whose indices differ by constants only, and that constant. Undefined where the index is better had as a vector: where
 * nothing in it depends on both lanes and loops.
 */
export function compareWithIndex(
  e: Emission,
  x: number,
  { id, index }: { readonly id: number; readonly index: Index },
  point: Point,
  lane: number,
): readonly [number, number] | undefined {
  const { vectorAxis } = e.plan;
  if (!index.terms.some((term) => "table" in term && term.axis === vectorAxis)) return undefined;
  const parts = partsOf(e, index, point);
  const { value, tables } = parts;
  if (value.register === undefined && repeatedValues(e, tables, lane) !== undefined) return undefined;
  const { loads } = e.builder.scope;
  const name = `beyond ${x} ${id} ${value.register} ${lane}`;
  let difference = loads.get(name);
  if (difference === undefined) {
    const start = { register: value.register, constant: 0 };
    difference = emitBinary(e, "sub", x, sumOfParts(e, { ...parts, value: start }, lane));
    loads.set(name, difference);
  }
  return [difference, emitConstant(e, "i32", value.constant)];
}

interface IndexParts {
  /** What is the same in all lanes. */
  readonly value: IntegerValue;
  /** The step from lane to lane. */
  readonly strides: number;
  readonly tables: Index["terms"];
}

function partsOf(e: Emission, index: Index, point: Point): IndexParts {
  const { vectorAxis } = e.plan;
  const laneTerms = index.terms.filter((term) => term.axis === vectorAxis);
  const shared = { offset: index.offset, terms: index.terms.filter((term) => term.axis !== vectorAxis) };
  const tile = vectorAxis === undefined ? -1 : e.frameOf(vectorAxis);
  const startTerms = tile < 0 ? [] : laneTerms.filter((term) => !("table" in term));
  const value = integerValue(e, { ...shared, terms: [...shared.terms, ...startTerms] }, point);
  const tables = laneTerms.filter((term) => "table" in term);
  const strides = laneTerms.reduce((sum, term) => sum + ("table" in term ? 0 : term.stride), 0);
  return { value, strides, tables };
}

function sumOfParts(e: Emission, { value, strides, tables }: IndexParts, lane: number): number {
  const parts: number[] = [];
  if (value.register !== undefined) {
    const to = e.builder.vector("i32");
    e.builder.emit({ op: "splatInteger", to, from: value.register });
    parts.push(to);
  }
  const repeated = repeatedValues(e, tables, lane);
  if (repeated === undefined) parts.push(laneVector(e, tables, lane));
  const known = ramp(e, strides, lane, value.constant).map((each, at) => (each + (repeated?.[at] ?? 0)) | 0);
  const isSame = known.every((each) => each === known[0]);
  if (!isSame) parts.push(emitConstant(e, "i32", known));
  else if (known[0] !== 0 || parts.length === 0) parts.push(emitConstant(e, "i32", known[0]!));
  return parts.reduce((x, y) => emitBinary(e, "add", x, y));
}

/** Σ table[axis] of the register's lanes where that is the same in every tile. */
function repeatedValues(e: Emission, terms: Index["terms"], lane: number): number[] | undefined {
  if (terms.length === 0) return new Array<number>(e.lanes).fill(0);
  const period = e.plan.lanePeriod;
  if (period === undefined || e.plan.vectorAxis === undefined) return undefined;
  const size = e.plan.sizes[e.plan.vectorAxis]!;
  const value = (at: number): number =>
    terms.reduce((sum, term) => sum + ("table" in term ? term.table[at]! : 0), 0);
  for (let at = period; at < size; at++) if (value(at) !== value(at - period)) return undefined;
  return Array.from({ length: e.lanes }, (_, at) => {
    const element = lane * e.lanes + at;
    return element < size ? value(element) : 0;
  });
}

function ramp(e: Emission, stride: number, lane: number, start: number): number[] {
  return Array.from({ length: e.lanes }, (_, at) => (start + stride * (lane * e.lanes + at)) | 0);
}

/** Σ stride·(element of the tile) + Σ table[axis] along the vector axis. */
export function laneVector(e: Emission, terms: Index["terms"], lane: number): number {
  const axis = e.plan.vectorAxis!;
  const stride = terms.reduce((sum, term) => sum + ("table" in term ? 0 : term.stride), 0);
  const parts: number[] = [];
  if (stride !== 0) parts.push(emitConstant(e, "i32", ramp(e, stride, lane, 0)));
  for (const term of terms) {
    if (!("table" in term)) continue;
    const base = e.builder.table(term.table);
    const start = integerValue(e, { offset: lane * e.lanes, terms: [{ axis, stride: 4 }] }, NO_POINT);
    const to = e.builder.vector("i32");
    const offset = start.constant - lane * e.lanes + 4 * lane * e.lanes;
    const address = start.register === undefined ? { base, offset } : { base, index: start.register, offset };
    e.builder.emit({ op: "load", to, address, type: "i32", active: e.actives[lane] ?? 1 });
    parts.push(to);
  }
  return parts.reduce((x, y) => emitBinary(e, "add", x, y));
}

const NO_POINT: Point = { index: 0, space: 0, window: 0, offsets: [] };

/** The lanes in which all conditions hold. */
export function emitMask(e: Emission, conditions: readonly Condition[], point: Point, lane: number): number {
  const known = lanesWhere(e, conditions, point, lane);
  if (known !== undefined) return emitLanesOf(e, known);
  const masks = conditions.flatMap(({ index, size }) => {
    const x = indexVector(e, index, point, lane);
    return [emitCompare(e, "ge", x, 0), emitCompare(e, "lt", x, size)];
  });
  return masks.reduce((x, y) => emitBinary(e, "and", x, y));
}

/** The lanes below `active`. */
export function emitActiveMask(e: Emission, active: number): number {
  return emitLanesOf(
    e,
    Array.from({ length: active }, () => true),
  );
}

/** A mask that is known here, made once for the kernel where the machine has registers for masks. */
function emitLanesOf(e: Emission, wanted: readonly boolean[]): number {
  const lanes = Array.from({ length: e.lanes }, (_, lane) => (wanted[lane] ? 1 : 0));
  const make = (): number => emitCompare(e, "ne", emitConstant(e, "i32", lanes), 0);
  if (e.scheduled.target.printer === "wasm") return make();
  const key = `lanes ${lanes.join("")}`;
  const { root } = e.builder;
  const known = root.loads.get(key);
  if (known !== undefined) return known;
  const current = e.builder.scope;
  e.builder.scope = root;
  const mask = make();
  e.builder.scope = current;
  root.loads.set(key, mask);
  return mask;
}
