/** A reduction level over the register tile: start values, loops, results. */
import { type Accumulator, accumulate, fold, settleNan, startValue } from "./accumulate.ts";
import { addressOf } from "./address.ts";
import type { Emission, Point } from "./emission.ts";
import { evaluate } from "./evaluate.ts";
import { emitWhere } from "./integer-value.ts";
import { decide } from "./interval.ts";
import { emitActiveMask, emitMask, variesByLane } from "./lane-vector.ts";
import { withFixed } from "./loops.ts";
import { emitReduction, guardsOf } from "./reduction-loops.ts";
import { shareResults } from "./share-results.ts";
import { isWrittenOut } from "./split-axis.ts";
import type { Node, NodeReduction, NodeStore } from "./value-graph.ts";

/** Emits a level for these points; its results are then in `e.results[level]`. */
export function emitLevel(e: Emission, level: number, points: readonly Point[]): void {
  new LevelEmitter(e, level).emit(points);
}

class LevelEmitter {
  readonly #e: Emission;
  readonly #level: number;
  readonly #reductions: readonly NodeReduction[];
  /** Accumulators by virtual lane, reduction, point and vector register. */
  readonly #accumulators: Accumulator[][][][] = [];
  readonly #registers: number;
  /** Maxima that start from their first element, because it is known which one that is. */
  readonly #fresh = new Set<Accumulator>();
  /** Sums over results that are in registers start where the first of them is added. */
  readonly #late = new Set<Accumulator>();

  constructor(e: Emission, level: number) {
    this.#e = e;
    this.#level = level;
    this.#reductions = e.graph.reductions[level]!;
    const { laneLevel } = e.plan;
    this.#registers =
      laneLevel === level ? 16 / e.lanes : laneLevel >= 0 && level > laneLevel ? 1 : e.actives.length;
  }

  emit(points: readonly Point[]): void {
    const { laneLevel } = this.#e.plan;
    const virtual = this.#e.nest.levels[this.#level]!.lanes && laneLevel !== this.#level ? 16 : 1;
    const owners = this.#level === 0 ? points : points.filter(({ window }) => window === 0);
    for (let lane = 0; lane < virtual; lane++) this.#accumulators.push(this.#start(owners, points));
    emitReduction(this.#e, this.#level, points, (active, lane) => this.#iterate(active, lane));
    this.#finish(owners);
  }

  /** Where a point's accumulators are. */
  #slotOf(point: Point): number {
    return this.#level === 0 ? point.index : point.space;
  }

  #start(owners: readonly Point[], points: readonly Point[]): Accumulator[][][] {
    return this.#reductions.map((reduction) => {
      const byPoint: Accumulator[][] = [];
      for (const point of owners) {
        const isStraight = (reduction.op !== "add" || this.#level === 1) && this.#isStraight(point, points);
        byPoint[this.#slotOf(point)] = Array.from({ length: this.#registers }, (_, lane) =>
          this.#startOne(reduction, point, lane, isStraight),
        );
      }
      return byPoint;
    });
  }

  #startOne(reduction: NodeReduction, point: Point, lane: number, isStraight: boolean): Accumulator {
    const e = this.#e;
    const { type } = reduction.value;
    const slot = e.builder.vector(type);
    if (isStraight) return this.#startLater(reduction, slot);
    if (e.plan.outer.length > 0) this.#resume(reduction, slot, point, lane);
    else
      e.builder.emit({ op: "constant", to: slot, type: type as "f32" | "i32", value: startValue(reduction) });
    return reduction.op === "argmax" ? this.#startPosition(reduction, slot, point, lane) : { slots: [slot] };
  }

  #startLater(reduction: NodeReduction, slot: number): Accumulator {
    const slots =
      reduction.op === "argmax" ? [slot, this.#e.builder.vector(reduction.position.type)] : [slot];
    const accumulator = { slots };
    (reduction.op === "add" ? this.#late : this.#fresh).add(accumulator);
    return accumulator;
  }

  /** Whether iterations stand one after the other, and the first one that takes part does so without a condition. */
  #isStraight(owner: Point, points: readonly Point[]): boolean {
    const e = this.#e;
    const { lanes } = e.nest.levels[this.#level]!;
    if (lanes || e.plan.outer.length > 0) return false;
    if (this.#level === 0) return isWrittenOut(e) && this.#atFirst(0, owner, () => {}) === true;
    if (!e.plan.levels[this.#level]!.every((axis) => e.plan.sizes[axis] === 1)) return false;
    const guards = guardsOf(e, this.#level);
    const decisions = points
      .filter(({ space }) => space === owner.space)
      .map((point) => guards.map((guard) => decide(e, guard, point)));
    const first = decisions.find((each) => !each.includes(false));
    return first?.every((decision) => decision === true) ?? false;
  }

  /** The start value in the first iteration of the outer reduction loops, else what the last one stored. */
  #resume(reduction: NodeReduction, to: number, point: Point, lane: number): void {
    const e = this.#e;
    const at = this.#reductions.indexOf(reduction);
    const store = e.graph.stores.find(({ value }) => value.kind === "accumulator" && value.slot === at)!;
    const register = e.builder.integerOnce("outer iteration", e.builder.scope, (sum) => {
      const values = e.plan.outer.map((axis) => e.valueAt(e.frameOf(axis)));
      const total = values.reduce((x, y) => {
        const next = e.builder.integer();
        e.builder.emit({ op: "addIntegers", to: next, x, y });
        return next;
      });
      return { op: "offset", to: sum, from: total, value: 0 };
    });
    const space = e.guards.filter((guard) => guard.level === -1);
    if (space.some((guard) => decide(e, guard, point) === false)) return;
    const open = space.filter((guard) => decide(e, guard, point) === undefined);
    emitWhere(e, open, point, () => this.#resumeFrom(store, register, { reduction, to, point, lane }));
  }

  #resumeFrom(
    store: NodeStore,
    register: number,
    {
      reduction,
      to,
      point,
      lane,
    }: {
      readonly reduction: NodeReduction;
      readonly to: number;
      readonly point: Point;
      readonly lane: number;
    },
  ): void {
    const e = this.#e;
    const address = addressOf(e, store.access, point, lane);
    const active = variesByLane(e, store.axes) ? e.actives[lane]! : 1;
    const stride = e.plan.vectorAxis === undefined ? 4 : store.access.address.strides[e.plan.vectorAxis]!;
    e.builder.emit({
      op: "if",
      x: register,
      compare: "eq",
      y: 0,
      yes: [{ op: "constant", to, type: "f32", value: startValue(reduction) }],
      no: [
        stride === 4
          ? { op: "load", to, address, type: "f32", active }
          : { op: "loadStrided", to, address, stride, type: "f32", active },
      ],
    });
  }

  /** The first point that takes part is known here for most nests; where it is not, a flag tells. */
  #startPosition(
    reduction: Extract<NodeReduction, { op: "argmax" }>,
    slot: number,
    point: Point,
    lane: number,
  ): Accumulator {
    const e = this.#e;
    const position = e.builder.vector(reduction.position.type);
    const found =
      this.#level === 0
        ? this.#atFirst(0, point, () => this.#copy(reduction.position, position, point, lane))
        : undefined;
    if (found === true) return { slots: [slot, position] };
    e.builder.emit({ op: "constant", to: position, type: "i32", value: 0 });
    const started = e.builder.vector("i32");
    e.builder.emit({ op: "constant", to: started, type: "i32", value: 0 });
    return { slots: [slot, position], started };
  }

  #copy(node: Node, to: number, point: Point, lane: number): void {
    this.#e.builder.emit({ op: "move", to, from: evaluate(this.#e, node, point, lane) });
  }

  /** Runs `found` with the level's axes at their first point that surely takes part; false where none surely does. */
  #atFirst(at: number, point: Point, found: () => void): boolean | undefined {
    const e = this.#e;
    const axes = e.plan.levels[this.#level]!;
    const decisions = guardsOf(e, this.#level).map((guard) => decide(e, guard, point));
    if (decisions.includes(false)) return undefined;
    if (at === axes.length) {
      if (decisions.includes(undefined)) return false;
      found();
      return true;
    }
    const size = Math.min(e.plan.sizes[axes[at]!]!, 64);
    let result: boolean | undefined;
    for (let value = 0; value < size && result === undefined; value++)
      withFixed(e, axes[at]!, value, () => {
        result = this.#atFirst(at + 1, point, found);
      });
    return result;
  }

  #iterate(points: readonly Point[], virtual: number): void {
    const e = this.#e;
    if (this.#level === 1) {
      e.builder.inline(() => {
        this.#emitShared(points);
        this.#accumulatePoints(points, virtual);
      });
    } else this.#accumulatePoints(points, virtual);
  }

  /** Level 0, once for all points that share its results. */
  #emitShared(points: readonly Point[]): void {
    const e = this.#e;
    const shared = shareResults(e, points);
    emitLevel(e, 0, [...new Set(shared.values())]);
    for (const slot of e.results[0]!)
      for (const [point, first] of shared) slot[point.index] = slot[first.index]!;
  }

  #accumulatePoints(points: readonly Point[], virtual: number): void {
    const e = this.#e;
    const guards = guardsOf(e, this.#level);
    const all = Array.from({ length: Math.min(this.#registers, e.actives.length) }, (_, lane) => lane);
    const registers = all.filter((lane) => e.walk === undefined || lane === e.walk);
    const steps = points.map((point) => {
      const open = guards.filter((guard) => decide(e, guard, point) === undefined);
      return { point, whole: open.filter(({ axes }) => !variesByLane(e, axes)) };
    });
    const isByLane = points.length < registers.length || e.plan.laneLevel === this.#level;
    if (isByLane && steps.every(({ whole }) => whole.length === 0)) {
      for (const lane of registers) for (const point of points) this.#accumulateOne(point, lane, virtual);
      return;
    }
    for (const { point, whole } of steps)
      emitWhere(e, whole, point, () => {
        for (const lane of registers) this.#accumulateOne(point, lane, virtual);
      });
  }

  #accumulateOne(point: Point, lane: number, virtual: number): void {
    const e = this.#e;
    const decisions = guardsOf(e, this.#level).map((guard) => ({
      guard,
      holds: decide(e, guard, point, lane),
    }));
    if (decisions.some(({ holds }) => holds === false)) return;
    const open = decisions.flatMap(({ guard, holds }) => (holds === undefined ? [guard] : []));
    const partial = e.plan.laneLevel === this.#level && e.actives[lane]! < e.lanes;
    let mask = open.length === 0 ? undefined : emitMask(e, open, point, lane);
    if (partial) mask = this.#both(mask, emitActiveMask(e, e.actives[lane]!));
    const outer = e.laneGuarded;
    e.laneGuarded = outer || open.length > 0;
    this.#reductions.forEach((reduction, at) => {
      const into = this.#accumulators[virtual]![at]![this.#slotOf(point)]![lane]!;
      if (this.#late.delete(into)) this.#startAtZero(into);
      if (this.#fresh.delete(into)) this.#take(reduction, into, point, lane);
      else accumulate(e, reduction, into, point, lane, mask);
    });
    e.laneGuarded = outer;
  }

  #startAtZero({ slots: [to] }: Accumulator): void {
    const type = this.#e.builder.vectors[to!] as "f32" | "i32";
    this.#e.builder.emit({ op: "constant", to: to!, type, value: 0 });
  }

  /** The first element is the result so far, whatever it is. */
  #take(reduction: NodeReduction, { slots }: Accumulator, point: Point, lane: number): void {
    this.#copy(reduction.value, slots[0]!, point, lane);
    if (reduction.op !== "argmax") return;
    if (!this.#isWinner(reduction.value))
      settleNan(this.#e, slots[0]!, evaluate(this.#e, reduction.value, point, lane));
    this.#copy(reduction.position, slots[1]!, point, lane);
  }

  /** Whether it comes out of an argmax. */
  #isWinner(node: Node): boolean {
    const { reductions } = this.#e.graph;
    return node.kind === "accumulator" && reductions[node.level]!.every(({ op }) => op === "argmax");
  }

  #both(x: number | undefined, y: number): number {
    if (x === undefined) return y;
    const to = this.#e.builder.vector("mask");
    this.#e.builder.emit({ op: "binary", binary: "and", to, x, y });
    return to;
  }

  #finish(owners: readonly Point[]): void {
    const e = this.#e;
    const results: number[][][] = [];
    this.#reductions.forEach((reduction, at) => {
      if (this.#accumulators.length > 1) this.#combineVirtual(reduction, at, owners);
      const slots = reduction.op === "argmax" ? 2 : 1;
      for (let slot = 0; slot < slots; slot++) {
        const byPoint: number[][] = [];
        for (const point of owners) {
          const registers = this.#accumulators[0]![at]![this.#slotOf(point)]!.map(
            ({ slots }) => slots[slot]!,
          );
          byPoint[this.#slotOf(point)] =
            e.plan.laneLevel === this.#level ? [this.#reduceLanes(reduction, registers)] : registers;
        }
        results.push(byPoint);
      }
    });
    e.results[this.#level] = results;
  }

  #combineVirtual({ op }: NodeReduction, at: number, owners: readonly Point[]): void {
    if (op === "argmax") return;
    for (let half = 8; half >= 1; half /= 2)
      for (let lane = 0; lane < half; lane++)
        for (const point of owners) {
          const [into, from] = [lane, lane + half].map(
            (each) => this.#accumulators[each]![at]![this.#slotOf(point)]!,
          ) as [Accumulator[], Accumulator[]];
          into.forEach(({ slots }, register) => {
            fold(this.#e, op, slots[0]!, from[register]!.slots[0]!, undefined);
          });
        }
  }

  #reduceLanes({ op, value }: NodeReduction, from: readonly number[]): number {
    const to = this.#e.builder.vector(value.type);
    this.#e.builder.emit({ op: "reduceLanes", reduce: op === "argmax" ? "max" : op, to, from });
    return to;
  }
}
