/** Opens frames: binds an axis while `body` is emitted. */
import type { Emission, Frame } from "./emission.ts";

function open(
  e: Emission,
  frame: Omit<Frame, "body" | "tail" | "pointers" | "strided" | "before">,
  before: Frame["before"],
): Frame {
  const opened: Frame = {
    ...frame,
    before,
    body: e.builder.scope,
    tail: [],
    pointers: new Map(),
    strided: new Map(),
  };
  e.frames.push(opened);
  return opened;
}

/** The axis has one value. */
export function withFixed(
  e: Emission,
  axis: number,
  value: number,
  body: () => void,
  siblings: Frame["siblings"] = { first: 0, count: 1 },
): void {
  const before = e.builder.scope;
  e.builder.inline(() => {
    const still = { kind: "fixed", start: value, step: 1, first: undefined, counter: undefined } as const;
    open(e, { axis, low: value, high: value, siblings, ...still }, before);
    body();
    e.frames.pop();
  });
}

/** Several axes have one value each. */
export function withFixedAxes(
  e: Emission,
  axes: readonly number[],
  values: readonly number[],
  body: () => void,
): void {
  const [axis, ...others] = axes;
  if (axis === undefined) body();
  else withFixed(e, axis, values[0]!, () => withFixedAxes(e, others, values.slice(1), body));
}

/** The enclosing frame of the axis, `shift` further on; one of `count` such iterations in a row. */
export function withShift(e: Emission, axis: number, shift: number, count: number, body: () => void): void {
  const before = e.builder.scope;
  const outer = e.frames[e.frameOf(axis)]!;
  e.builder.inline(() => {
    const kind = { kind: "shift", start: shift, step: 1, first: undefined, counter: undefined } as const;
    const siblings = { first: -shift, count };
    open(e, { axis, low: outer.low + shift, high: outer.high + shift, siblings, ...kind }, before);
    body();
    e.frames.pop();
  });
}

export interface LoopRange {
  readonly axis: number;
  readonly start: number;
  readonly step: number;
  readonly low: number;
  readonly high: number;
  readonly relative?: boolean;
}

/** The axis is start + step·counter, the counter being known at run time. */
export function withIndex(e: Emission, range: LoopRange, counter: number, body: () => void): void {
  const before = e.builder.scope;
  e.builder.inline(() => {
    open(e, { ...range, kind: "index", first: undefined, counter }, before);
    body();
    e.frames.pop();
  });
}

/** A loop; `first`, where given, is a register added to every value. */
export function withLoop(
  e: Emission,
  range: LoopRange,
  count: number | { readonly register: number },
  body: () => void,
  first?: number,
): void {
  const before = e.builder.scope;
  let frame: Frame | undefined;
  const statements = e.builder.block(() => {
    frame = open(e, { ...range, kind: "loop", first, counter: undefined }, before);
    body();
    for (const { register, value } of frame.tail)
      e.builder.emit({ op: "offset", to: register, from: register, value });
    e.frames.pop();
  });
  const counter = frame?.counter;
  e.builder.emit({ op: "loop", ...(counter === undefined ? {} : { counter }), count, body: statements });
}

/** A loop over the points of the tile at which the enclosing frame of the axis stands. */
export function withTilePoints(e: Emission, axis: number, size: number, body: () => void): void {
  if (size === 1) {
    body();
    return;
  }
  const { low, high } = e.frames[e.frameOf(axis)]!;
  withLoop(e, { axis, start: 0, step: 1, low, high: high + size - 1, relative: true }, size, body);
}
