/**
 * Space points run in any order and at once, so what they write must not meet: no element is stored twice, and
 * a buffer that is both read and written is read only at the element that the same point stores.
 */
import { stridesOf } from "../tensor/shape.ts";
import { InternalError } from "../util/errors.ts";
import { extremesOf } from "../util/extremes.ts";
import {
  type AffineForm,
  affineForm,
  axesOfForm,
  type Box,
  type Condition,
  combine,
  type Range,
  rangeInBox,
} from "./affine-form.ts";
import type { Expression, LoadIndex } from "./expression.ts";
import type { Index } from "./index-expression.ts";
import { type Buffer, type Nest, type Store, storageOf } from "./nest.ts";
import { nodesUnder } from "./rewrite.ts";
import { expressionsOfLevel } from "./verify-structure.ts";

const mostPoints = 2 ** 20;

type Load = Extract<Expression, { kind: "load" }>;

/** The element's number within its storage. */
function linearForm(nest: Nest, buffer: number, index: readonly Index[]): AffineForm {
  const sizes = nest.axes.map((axis) => axis.size);
  const strides = stridesOf(nest.buffers[buffer]!.shape);
  return combine(index.map((each, at) => ({ form: affineForm(each, sizes), factor: strides[at]! })));
}

/** Whether different points of the axes surely give different values: a mixed-radix number. */
function isMixedRadix(form: AffineForm, axes: readonly number[], box: Box): boolean {
  const digits = axes.map((axis) => {
    const table = form.tables.get(axis);
    const stride = Math.abs(form.strides.get(axis) ?? 0);
    if (table === undefined) return { step: stride, span: stride * box[axis]!.max };
    const sorted = [...table].sort((a, b) => a - b);
    const gaps = sorted.slice(1).map((value, at) => value - sorted[at]!);
    return { step: extremesOf(gaps).min, span: sorted.at(-1)! - sorted[0]! };
  });
  let reach = 0;
  for (const { step, span } of digits.sort((a, b) => a.step - b.step || a.span - b.span)) {
    if (step <= reach) return false;
    reach += span;
  }
  return true;
}

/**
 * Whether different points surely store to different elements because, within the buffer's bounds (proved elsewhere,
 * under the guards), each axis shows in just one dimension, and there its value can be read off.
 */
function isSeparable(nest: Nest, store: Store, axes: readonly number[], box: Box): boolean {
  const sizes = nest.axes.map((axis) => axis.size);
  const forms = store.index.map((index) => affineForm(index, sizes));
  const own = forms.map((form) => axesOfForm(form).filter((axis) => axes.includes(axis)));
  const once = axes.every((axis) => own.filter((dimension) => dimension.includes(axis)).length === 1);
  return once && forms.every((form, dimension) => isMixedRadix(form, own[dimension]!, box));
}

/** Visits the points of the space where the conditions over it hold; false where there are too many. */
function visitPoints(nest: Nest, conditions: readonly Condition[], visit: (box: Box) => void): boolean {
  const points = nest.space.reduce((count, axis) => count * nest.axes[axis]!.size, 1);
  if (points > mostPoints) return false;
  const box = nest.axes.map(() => ({ min: 0, max: 0 }));
  const walk = (depth: number): void => {
    const axis = nest.space[depth];
    if (axis === undefined) {
      const holds = conditions.every(({ form, size }) => {
        const { min } = rangeInBox(form, box);
        return min >= 0 && min < size;
      });
      if (holds) visit(box);
      return;
    }
    for (let value = 0; value < nest.axes[axis]!.size; value++) {
      box[axis] = { min: value, max: value };
      walk(depth + 1);
    }
  };
  walk(0);
  return true;
}

const gcd = (a: number, b: number): number => (b === 0 ? Math.abs(a) : gcd(b, a % b));

/** The step of all values that a form takes, besides its offset. */
function stepOf(form: AffineForm): number {
  let step = 0;
  for (const stride of form.strides.values()) step = gcd(step, stride);
  for (const table of form.tables.values()) for (const value of table) step = gcd(step, value - table[0]!);
  return step;
}

function firstValue(form: AffineForm): number {
  return [...form.tables.values()].reduce((sum, table) => sum + table[0]!, form.offset);
}

/** What is known of the values that a form takes: all lie in the range, at multiples of a step from the first. */
interface Values extends Range {
  readonly first: number;
  readonly step: number;
}

function valuesOf(form: AffineForm, box: Box): Values {
  return { ...rangeInBox(form, box), first: firstValue(form), step: stepOf(form) };
}

/** Whether two forms surely never take one value, at whatever points. */
function areApart(a: Values, b: Values): boolean {
  if (a.max < b.min || b.max < a.min) return true;
  const step = gcd(a.step, b.step);
  return step !== 0 && (a.first - b.first) % step !== 0;
}

/** A store's element: its number within the storage, and its index in each dimension of that shape. */
interface Place {
  readonly shape: string;
  readonly element: Values;
  readonly dimensions: readonly Values[];
}

function placeOf(nest: Nest, store: Store, form: AffineForm, box: Box): Place {
  const sizes = nest.axes.map((axis) => axis.size);
  return {
    shape: nest.buffers[store.buffer]!.shape.join(),
    element: valuesOf(form, box),
    dimensions: store.index.map((index) => valuesOf(affineForm(index, sizes), box)),
  };
}

function placesApart(a: Place, b: Place): boolean {
  if (areApart(a.element, b.element)) return true;
  return a.shape === b.shape && a.dimensions.some((values, at) => areApart(values, b.dimensions[at]!));
}

/** Whether surely no two of the places share an element. */
function allApart(places: readonly Place[]): boolean {
  return places.every((place, at) => places.slice(0, at).every((other) => placesApart(place, other)));
}

/** Throws InternalError where two space points, or two stores, might write one element. */
export function verifyStores(nest: Nest, conditions: readonly Condition[]): void {
  const box = nest.axes.map(({ size }) => ({ min: 0, max: size - 1 }));
  const axes = nest.space.filter((axis) => nest.axes[axis]!.size > 1);
  const forms = nest.stores.map((store) => linearForm(nest, store.buffer, store.index));
  const groups = new Map<Buffer, number[]>();
  nest.stores.forEach((store, at) => {
    const storage = storageOf(nest.buffers[store.buffer]!);
    groups.set(storage, [...(groups.get(storage) ?? []), at]);
  });
  for (const [storage, group] of groups) {
    const own = group.every(
      (at) => isMixedRadix(forms[at]!, axes, box) || isSeparable(nest, nest.stores[at]!, axes, box),
    );
    if (
      own &&
      (group.length === 1 || allApart(group.map((at) => placeOf(nest, nest.stores[at]!, forms[at]!, box))))
    )
      continue;
    const seen = new Set<number>();
    let stored = 0;
    const visited = visitPoints(nest, conditions, (point) => {
      for (const at of group) seen.add(rangeInBox(forms[at]!, point).min);
      stored += group.length;
    });
    if (!visited || seen.size !== stored)
      throw new InternalError(
        `nest ${nest.name}: stores to ${storage.name} ${visited ? "overlap" : "are not proved to be apart"}`,
      );
  }
}

function sameForm(a: AffineForm, b: AffineForm): boolean {
  const rest = combine([
    { form: a, factor: 1 },
    { form: b, factor: -1 },
  ]);
  return rest.offset === 0 && axesOfForm(rest).length === 0;
}

const isAffine = (index: readonly LoadIndex[]): index is readonly Index[] =>
  index.every((each) => !("dynamic" in each));

/** Throws InternalError where a nest reads what another of its points writes. */
export function verifyInPlace(nest: Nest): void {
  const written = new Map<Buffer, AffineForm[]>();
  for (const store of nest.stores) {
    const storage = storageOf(nest.buffers[store.buffer]!);
    written.set(storage, [...(written.get(storage) ?? []), linearForm(nest, store.buffer, store.index)]);
  }
  const roots = [...nest.levels.flatMap(expressionsOfLevel), ...nest.stores.map((store) => store.value)];
  const loads = nodesUnder(roots).filter((node): node is Load => node.kind === "load");
  for (const load of loads) {
    const buffer = nest.buffers[load.buffer]!;
    const stores = written.get(storageOf(buffer));
    if (stores === undefined) continue;
    const { index } = load;
    const own =
      isAffine(index) && stores.some((store) => sameForm(store, linearForm(nest, load.buffer, index)));
    if (!own)
      throw new InternalError(
        `nest ${nest.name}: reads ${buffer.name} at other elements than the point stores`,
      );
  }
}
