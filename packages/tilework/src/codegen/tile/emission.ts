/**
 * The state of one kernel's emission: which axes are bound to which values, where the address registers of each
 * class of accesses stand, which points the register tile has.
 *
 * A frame binds one axis: to a constant, to a loop's running value, to an index computed at run time, or to the
 * enclosing frame's value shifted by a constant (an unrolled iteration). Address registers are made on first
 * use in the frame that moves them and are advanced at the end of the loop's body.
 */

import type { ScheduledNest } from "../../compiler/schedule.ts";
import type { Nest } from "../../kernel/nest.ts";
import { invariant } from "../../util/errors.ts";
import { CodeBuilder, type Scope } from "./code-builder.ts";
import { type Condition, guardCondition } from "./condition.ts";
import { planTile, type TilePlan } from "./tile-plan.ts";
import { type AddressClass, buildValueGraph, type ValueGraph } from "./value-graph.ts";

export interface Pointer {
  readonly register: number;
  readonly offset: number;
}

export interface Frame {
  readonly axis: number;
  /** Range of the axis' value, inclusive; of the tile's first point where the axis is tiled. */
  readonly low: number;
  readonly high: number;
  readonly kind: "fixed" | "loop" | "index" | "shift";
  /** The value is start + step·counter, or, for `shift`, the enclosing frame's plus start. */
  readonly start: number;
  readonly step: number;
  /** A loop over the points of the tile that the enclosing frame of the axis stands at: values count from there. */
  readonly relative?: boolean;
  /** Iterations that are written out beside this one, as distances from it: from `first`, `count` of them. */
  readonly siblings?: { readonly first: number; readonly count: number };
  /** An integer register added to `start`, where the first value is known at run time only. */
  readonly first: number | undefined;
  /** The running count: set for `index`, made on demand for `loop`. */
  counter: number | undefined;
  readonly before: Scope;
  readonly body: Scope;
  readonly tail: { readonly register: number; readonly value: number }[];
  readonly pointers: Map<AddressClass, Pointer>;
  readonly strided: Map<AddressClass, Pointer>;
}

/** One point of the register tile; `offsets[axis]` counts from the tile's first point. */
export interface Point {
  readonly index: number;
  /** Which space point it belongs to, and which point of the window (unrolled level 1) it is. */
  readonly space: number;
  readonly window: number;
  readonly offsets: readonly number[];
}

export class Emission {
  readonly nest: Nest;
  readonly scheduled: ScheduledNest;
  readonly plan: TilePlan;
  readonly graph: ValueGraph;
  readonly builder: CodeBuilder;
  readonly lanes: number;
  readonly guards: readonly Condition[];
  /** Guards and the conditions of loads with a fill value. */
  readonly conditions: readonly Condition[];
  readonly frames: Frame[] = [];
  /** Conditions established by an enclosing `if` or by a loop's bounds. */
  readonly assumed: Set<Condition> = new Set();
  /** The number of points of each tiled axis in the current tile. */
  readonly extents: Map<number, number> = new Map();
  /** Active lanes of each vector register of the current tile. */
  actives: readonly number[] = [1];
  /** The one register of 16 virtual lanes that a walk through a reduction adds to; undefined: all of them. */
  walk: number | undefined;
  points: readonly Point[] = [];
  /** Values of the last outer reduction axis in the current visit. */
  block = 1;
  /** Values that do not depend on inner loops are computed no further out than this scope. */
  floor: Scope;
  /** Result registers by level: [slot][space point or point][vector]. */
  readonly results: number[][][][] = [];
  /** Set while a guard that differs from lane to lane is open. */
  laneGuarded = false;
  /** Vector values that may still be kept outside the tile. */
  hoistable = 0;
  /** Registers of the loads that the current tile turns, by row of the tile. */
  readonly turned: Map<string, readonly number[]> = new Map();
  #projections = new Map<number, number[]>();

  constructor(scheduled: ScheduledNest) {
    this.scheduled = scheduled;
    this.nest = scheduled.nest;
    invariant(this.nest.axes.length <= 31, `${this.nest.name}: axes are kept in bit masks`);
    this.plan = planTile(scheduled);
    this.graph = buildValueGraph(this.nest, this.plan);
    this.builder = new CodeBuilder(this.nest.buffers.length);
    this.lanes = scheduled.target.lanes;
    this.guards = this.nest.guards.map(({ index, size }) => guardCondition(this.nest, index, size));
    this.conditions = [...this.guards, ...this.graph.fills];
    this.floor = this.builder.root;
    for (const { axis, count } of this.plan.window) this.extents.set(axis, count);
  }

  /** The innermost frame of an axis. */
  frameOf(axis: number, below: number = this.frames.length): number {
    for (let at = below - 1; at >= 0; at--) if (this.frames[at]!.axis === axis) return at;
    return -1;
  }

  /** Whether an axis is tiled in registers, so that points or lanes differ along it. */
  isTiled(axis: number): boolean {
    return axis === this.plan.vectorAxis || this.extents.has(axis);
  }

  setPoints(points: readonly Point[]): void {
    this.points = points;
    this.turned.clear();
    this.#projections = new Map();
  }

  /** For each point a number that tells it from others along the axes of the mask, in any tile of the nest. */
  projection(mask: number): readonly number[] {
    let known = this.#projections.get(mask);
    if (known === undefined) {
      const axes = [...this.plan.rows, ...this.plan.window].filter(({ axis }) => (mask >> axis) & 1);
      known = this.points.map(({ offsets }) =>
        axes.reduce((number, { axis, count }) => number * count + offsets[axis]!, 0),
      );
      this.#projections.set(mask, known);
    }
    return known;
  }

  /** The innermost open scope in which one of the axes is bound, no further out than `floor`. */
  scopeOf(mask: number): Scope {
    let scope = this.floor;
    for (let at = 0; at < this.frames.length; at++) {
      const { axis, body } = this.frames[at]!;
      if ((mask >> axis) & 1 && body.depth > scope.depth) scope = body;
    }
    return scope;
  }

  /** The address register of a class, and the constant to add, in the current frames. */
  pointer(address: AddressClass, frames: number = this.frames.length): Pointer {
    for (let at = frames - 1; at >= 0; at--) {
      const frame = this.frames[at]!;
      const stride = this.#strideOf(address, frame);
      const table = this.isTiled(frame.axis)
        ? undefined
        : address.tables.find(({ axis }) => axis === frame.axis)?.table;
      if (stride === 0 && table === undefined) continue;
      let pointer = frame.pointers.get(address);
      if (pointer === undefined) {
        pointer = this.#createPointer(address, at, stride, table);
        frame.pointers.set(address, pointer);
      }
      return pointer;
    }
    return { register: this.builder.argument(address.buffer), offset: address.minimum };
  }

  /** Bytes from one value of a frame's axis to the next; along a pattern, a mean over its period. */
  #strideOf(address: AddressClass, { axis }: Frame): number {
    const stride = address.strides[axis]!;
    const { pattern } = address;
    return pattern === undefined || axis !== this.plan.vectorAxis
      ? stride
      : stride + pattern.advance / pattern.period;
  }

  #createPointer(
    address: AddressClass,
    at: number,
    stride: number,
    table: readonly number[] | undefined,
  ): Pointer {
    const frame = this.frames[at]!;
    const { register: from, offset } = this.#strided(address, at, stride, table !== undefined);
    if (table === undefined) return { register: from, offset };
    if (frame.kind === "fixed") return { register: from, offset: offset + table[frame.low]! };
    const entry = this.tableEntry(this.valueAt(at), frame.body, table);
    const register = this.builder.integer();
    this.builder.emit({ op: "addIntegers", to: register, x: from, y: entry }, frame.body);
    return { register, offset };
  }

  /**
   * The pointer in a frame without what a table adds for the frame's axis. A frame inside another of the same axis
   * follows it directly where there is a table.
   */
  #strided(address: AddressClass, at: number, stride: number, hasTable: boolean): Pointer {
    const frame = this.frames[at]!;
    const known = frame.strided.get(address);
    if (known !== undefined) return known;
    const isInner = frame.kind === "shift" || frame.relative === true;
    const outer =
      isInner && hasTable
        ? this.#strided(address, this.frameOf(frame.axis, at), stride, true)
        : this.pointer(address, at);
    const pointer =
      frame.kind === "fixed" || frame.kind === "shift"
        ? { register: outer.register, offset: outer.offset + Math.round(frame.start * stride) }
        : this.#movedPointer(frame, outer, stride);
    frame.strided.set(address, pointer);
    return pointer;
  }

  #movedPointer(frame: Frame, outer: Pointer, stride: number): Pointer {
    if (stride === 0) return outer;
    const { builder } = this;
    let from = outer.register;
    const add = (x: number, times: number, scope: Scope): void => {
      const scaled = builder.integer();
      builder.emit({ op: "scale", to: scaled, x, value: times }, scope);
      const sum = builder.integer();
      builder.emit({ op: "addIntegers", to: sum, x: from, y: scaled }, scope);
      from = sum;
    };
    if (frame.first !== undefined) add(frame.first, stride, frame.before);
    const offset = outer.offset + Math.round(frame.start * stride);
    const step = Math.round(frame.step * stride);
    if (frame.kind === "index") {
      add(frame.counter!, step, frame.body);
      return { register: from, offset };
    }
    const register = builder.integer();
    builder.emit({ op: "offset", to: register, from, value: offset }, frame.before);
    frame.tail.push({ register, value: step });
    return { register, offset: 0 };
  }

  /** table[value], looked up in `scope`. */
  tableEntry(value: number, scope: Scope, table: readonly number[], shift = 0): number {
    const { builder } = this;
    const base = builder.table(table);
    const scaled = builder.integerOnce(`${value} times 4`, scope, (to) => ({
      op: "scale",
      to,
      x: value,
      value: 4,
    }));
    return builder.integerOnce(`table ${base} ${scaled} ${shift}`, scope, (to) => ({
      op: "loadInteger",
      to,
      address: { base, index: scaled, offset: shift * 4 },
    }));
  }

  /** The integer register with the value that frame `at` binds (of the tile's first point). */
  valueAt(at: number): number {
    const frame = this.frames[at]!;
    const { builder } = this;
    return builder.integerOnce(`value ${frame.axis}`, frame.body, (to) => {
      if (frame.kind === "fixed") return { op: "integer", to, value: frame.low };
      if (frame.kind === "shift") {
        const outer = this.valueAt(this.frameOf(frame.axis, at));
        return { op: "offset", to, from: outer, value: frame.start };
      }
      frame.counter ??= builder.integer();
      let from = frame.counter;
      if (frame.step !== 1) {
        const scaled = builder.integer();
        builder.emit({ op: "scale", to: scaled, x: from, value: frame.step }, frame.body);
        from = scaled;
      }
      const base = frame.relative ? this.valueAt(this.frameOf(frame.axis, at)) : frame.first;
      if (base !== undefined) {
        const sum = builder.integer();
        builder.emit({ op: "addIntegers", to: sum, x: from, y: base }, frame.body);
        from = sum;
      }
      return { op: "offset", to, from, value: frame.start };
    });
  }
}
