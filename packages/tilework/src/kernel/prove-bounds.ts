/**
 * The bounds proof of one index: that it lies in [0, size) at every point of a box where some conditions hold.
 *
 * Each attempt intersects interval estimates: the index itself over the box that the conditions leave, and, for
 * each condition c on a form g, index = factor·g + rest with g known to lie in [0, c.size). Axes that occur in
 * tables are first tried whole, then value by value; small remaining boxes are visited point by point.
 */
import {
  type AffineForm,
  axesOfForm,
  type Box,
  type Condition,
  combine,
  type Range,
  rangeInBox,
  substituteValue,
  tighten,
} from "./affine-form.ts";

const mostCases = 2 ** 16;

function intersect(a: Range, b: Range): Range {
  return { min: Math.max(a.min, b.min), max: Math.min(a.max, b.max) };
}

/** Multiples of a condition's form that might cancel terms of the index. */
function factorsOf(form: AffineForm, condition: AffineForm): Set<number> {
  const factors = new Set([1, -1]);
  for (const [axis, stride] of condition.strides) {
    const factor = (form.strides.get(axis) ?? 0) / stride;
    if (factor !== 0 && Number.isInteger(factor)) factors.add(factor);
  }
  return factors;
}

/** Bounds of a form over the points of the box where the conditions hold; undefined where there are none. */
export function boundsUnder(form: AffineForm, box: Box, conditions: readonly Condition[]): Range | undefined {
  const tight = tighten(box, conditions);
  if (tight === undefined) return undefined;
  let range = rangeInBox(form, tight);
  for (const condition of conditions) {
    for (const factor of factorsOf(form, condition.form)) {
      const parts = [
        { form, factor: 1 },
        { form: condition.form, factor: -factor },
      ];
      const rest = rangeInBox(combine(parts), tight);
      const last = factor * (condition.size - 1);
      range = intersect(range, { min: rest.min + Math.min(0, last), max: rest.max + Math.max(0, last) });
    }
  }
  return range;
}

/** Conditions that have, directly or through others, an axis in common with the form. */
export function connectedConditions(form: AffineForm, conditions: readonly Condition[]): Condition[] {
  const axes = new Set(axesOfForm(form));
  const connected = new Set<Condition>();
  for (let before = -1; before !== connected.size; ) {
    before = connected.size;
    for (const condition of conditions) {
      if (!axesOfForm(condition.form).some((axis) => axes.has(axis))) continue;
      connected.add(condition);
      for (const axis of axesOfForm(condition.form)) axes.add(axis);
    }
  }
  return [...connected];
}

/** What is to be proved, with some axes replaced by their values. */
interface Claim {
  readonly form: AffineForm;
  readonly conditions: readonly Condition[];
}

function withValue({ form, conditions }: Claim, axis: number, value: number): Claim {
  return {
    form: substituteValue(form, axis, value),
    conditions: conditions.map((each) => ({ ...each, form: substituteValue(each.form, axis, value) })),
  };
}

/** Whether `holds` is true for every combination of the axes' values; false beyond the limit. */
function everyCase(
  claim: Claim,
  box: Box,
  axes: readonly number[],
  holds: (claim: Claim) => boolean,
): boolean {
  const cases = axes.reduce((count, axis) => count * (box[axis]!.max - box[axis]!.min + 1), 1);
  if (cases > mostCases) return false;
  const [axis, ...others] = axes;
  if (axis === undefined) return holds(claim);
  for (let value = box[axis]!.min; value <= box[axis]!.max; value++)
    if (!everyCase(withValue(claim, axis, value), box, others, holds)) return false;
  return true;
}

/** Undefined where 0 <= form < size is proved for all points; otherwise the best bounds known. */
export function proveBounds(
  form: AffineForm,
  size: number,
  box: Box,
  conditions: readonly Condition[],
): Range | undefined {
  const claim: Claim = { form, conditions: connectedConditions(form, conditions) };
  const tight = tighten(box, claim.conditions);
  if (tight === undefined) return undefined;
  const inside = (within: Claim): boolean => {
    const range = boundsUnder(within.form, tight, within.conditions);
    return range === undefined || (range.min >= 0 && range.max < size);
  };
  if (inside(claim)) return undefined;
  const forms = [form, ...claim.conditions.map((condition) => condition.form)];
  const tableAxes = new Set(forms.flatMap((each) => [...each.tables.keys()]));
  if (everyCase(claim, tight, [...tableAxes], inside)) return undefined;
  const allAxes = new Set(forms.flatMap(axesOfForm));
  if (everyCase(claim, tight, [...allAxes], inside)) return undefined;
  return boundsUnder(form, tight, claim.conditions);
}
