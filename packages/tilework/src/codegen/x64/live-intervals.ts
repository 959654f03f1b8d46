/**
 * Where registers are alive: one interval each over the positions of the code. Statement p reads at 2p and writes
 * at 2p + 1, so that a result may take the place of an operand that ends there. A register whose value enters an
 * iteration from outside it lives as long as the loop, and one that is not surely written before it is read (its
 * writes and reads hang on the same condition) from the start.
 */

import { isIntegerStatement } from "../kernel-code.ts";
import { vectorWritten } from "../registers-of.ts";
import {
  type IfNode,
  type LoopNode,
  type Node,
  type NodeProgram,
  type PlainNode,
  visitNodeIntegers,
  visitNodeVectors,
  writesEarly,
} from "./nodes.ts";

export interface Interval {
  readonly register: number;
  start: number;
  end: number;
  /** Reads and writes, those in inner loops counting more. */
  weight: number;
  /** A register whose place would save a move. */
  hint: number | undefined;
  /** Lives within one statement: never spilled. */
  temporary: boolean;
}

export interface Liveness {
  readonly integers: ReadonlyMap<number, Interval>;
  readonly vectors: ReadonlyMap<number, Interval>;
  /** The last position of each loop. */
  readonly loopEnds: ReadonlyMap<LoopNode, number>;
}

export function findLiveness(program: NodeProgram): Liveness {
  return new LivenessFinder(program).find();
}

/** Registers read before they are surely written, and those surely written. */
class Flow {
  readonly exposed = new Set<number>();
  readonly written = new Set<number>();

  read(register: number): void {
    if (!this.written.has(register)) this.exposed.add(register);
  }

  write(register: number): void {
    this.written.add(register);
  }

  append(next: Flow): void {
    for (const register of next.exposed) this.read(register);
    for (const register of next.written) this.write(register);
  }
}

interface Flows {
  readonly integers: Flow;
  readonly vectors: Flow;
}

const newFlows = (): Flows => ({ integers: new Flow(), vectors: new Flow() });

class LivenessFinder {
  readonly #program: NodeProgram;
  readonly #integers = new Map<number, Interval>();
  readonly #vectors = new Map<number, Interval>();
  readonly #loopEnds = new Map<LoopNode, number>();
  #position = 1;
  #weight = 1;

  constructor(program: NodeProgram) {
    this.#program = program;
  }

  find(): Liveness {
    const { argumentBlock, callBlock, tails, nodes } = this.#program;
    for (const register of [argumentBlock, callBlock]) this.#touch(this.#integers, register, 0);
    for (const register of tails.values()) this.#touch(this.#vectors, register, 0);
    const flows = this.#block(nodes);
    for (const register of flows.integers.exposed) this.#touch(this.#integers, register, 0);
    for (const register of flows.vectors.exposed) this.#touch(this.#vectors, register, 0);
    return { integers: this.#integers, vectors: this.#vectors, loopEnds: this.#loopEnds };
  }

  #touch(intervals: Map<number, Interval>, register: number, position: number): Interval {
    let interval = intervals.get(register);
    if (interval === undefined) {
      interval = { register, start: position, end: position, weight: 0, hint: undefined, temporary: false };
      intervals.set(register, interval);
    }
    interval.start = Math.min(interval.start, position);
    interval.end = Math.max(interval.end, position);
    interval.weight += this.#weight;
    return interval;
  }

  #block(nodes: readonly Node[]): Flows {
    const flows = newFlows();
    for (const node of nodes) {
      if (node.kind === "plain") {
        this.#plain(node, flows);
        continue;
      }
      const next = node.kind === "if" ? this.#if(node) : this.#loop(node);
      flows.integers.append(next.integers);
      flows.vectors.append(next.vectors);
    }
    return flows;
  }

  #plain(node: PlainNode, flows: Flows): void {
    const { statement } = node;
    const at = 2 * this.#position++;
    visitNodeIntegers(node, this.#program, (register) =>
      this.#use(this.#integers, flows.integers, register, at),
    );
    if (isIntegerStatement(statement)) {
      this.#define(this.#integers, flows.integers, statement.to, at + 1);
      return;
    }
    const early = writesEarly(statement) || node.temporaries.length > 0;
    visitNodeVectors(node, (register) => this.#use(this.#vectors, flows.vectors, register, at));
    const vector = vectorWritten(statement);
    if (vector !== undefined) {
      const interval = this.#define(this.#vectors, flows.vectors, vector, at + 1);
      if (early) interval.start = Math.min(interval.start, at);
      interval.hint ??= hintOf(node);
    }
    for (const register of node.temporaries) {
      this.#touch(this.#vectors, register, at).temporary = true;
      this.#touch(this.#vectors, register, at + 1);
    }
  }

  #use(intervals: Map<number, Interval>, flow: Flow, register: number, position: number): void {
    this.#touch(intervals, register, position);
    flow.read(register);
  }

  #define(intervals: Map<number, Interval>, flow: Flow, register: number, position: number): Interval {
    flow.write(register);
    return this.#touch(intervals, register, position);
  }

  #if({ branch, yes, no }: IfNode): Flows {
    const flows = newFlows();
    const at = 2 * this.#position++;
    this.#use(this.#integers, flows.integers, branch.x, at);
    if (typeof branch.y !== "number") this.#use(this.#integers, flows.integers, branch.y.register, at);
    const branches = [this.#block(yes), this.#block(no)] as const;
    for (const kind of ["integers", "vectors"] as const) {
      const [first, second] = [branches[0][kind], branches[1][kind]];
      for (const register of [...first.exposed, ...second.exposed]) flows[kind].read(register);
      for (const register of first.written) if (second.written.has(register)) flows[kind].write(register);
    }
    return flows;
  }

  #loop(node: LoopNode): Flows {
    const { loop, iteration, limit } = node;
    const flows = newFlows();
    const start = 2 * this.#position++;
    if (typeof loop.count !== "number") this.#use(this.#integers, flows.integers, loop.count.register, start);
    this.#weight *= 8;
    const body = this.#block(node.body);
    const end = 2 * this.#position++ + 1;
    this.#loopEnds.set(node, end);
    const across = [iteration, ...(limit === undefined ? [] : [limit])];
    if (loop.counter !== undefined) this.#touch(this.#integers, loop.counter, start + 1);
    for (const register of [...across, ...body.integers.exposed])
      this.#span(this.#integers, register, start, end);
    for (const register of body.vectors.exposed) this.#span(this.#vectors, register, start, end);
    this.#weight /= 8;
    if (loop.counter !== undefined) body.integers.exposed.delete(loop.counter);
    if (typeof loop.count !== "number") body.integers.written.clear();
    if (typeof loop.count !== "number") body.vectors.written.clear();
    flows.integers.append(body.integers);
    flows.vectors.append(body.vectors);
    return flows;
  }

  /** Alive from the loop's head to its end. A register written by the loop's head itself starts after its reads. */
  #span(intervals: Map<number, Interval>, register: number, start: number, end: number): void {
    this.#touch(intervals, register, start + 1);
    this.#touch(intervals, register, end);
  }
}

function hintOf({ statement, folded }: PlainNode): number | undefined {
  switch (statement.op) {
    case "move":
      return statement.from;
    case "fma":
      return statement.z;
    case "unary":
    case "convert":
      return statement.x;
    case "binary":
      return statement.x === folded?.register ? undefined : statement.x;
    default:
      return undefined;
  }
}
