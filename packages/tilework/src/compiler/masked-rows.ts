/**
 * Whether a program over a mask of its rows computes the same whatever stands in the rows that the mask leaves out:
 * then a step over fewer examples can be one over a full batch, filled up with any rows.
 *
 * Proved on the nests, buffer by buffer. A buffer is *settled* where nothing in it depends on rows that are left out.
 * It is *zeroed* where, moreover, its rows that are left out are 0. It is *open* where each of its rows depends on
 * the same row of the inputs. The mask is zeroed, the inputs' rows are open. A product is zero where one factor is;
 * what depends on an open row only, and is zero where that row is left out, is settled: so are sums over rows of such
 * values, as gradients and losses are. Everything else that mixes rows (the statistics of a batch) is *lost*.
 *
 * A zero absorbs what it is multiplied with, so rows must be filled up with finite values. And what is proved is that
 * the filling does not matter, not that a mean over the batch is one over the rows that count: whoever masks sees to
 * that.
 */
import { plainAxis } from "../kernel/access.ts";
import type { Expression, LoadIndex } from "../kernel/expression.ts";
import { axesOf, type Index } from "../kernel/index-expression.ts";
import { type Buffer, type Nest, type Reduction, storageOf } from "../kernel/nest.ts";
import { nodesUnder, operandsOf } from "../kernel/rewrite.ts";
import type { InPieces } from "../util/in-pieces.ts";
import type { LoweredProgram } from "./lower.ts";

/** Tells whether all outputs and updates are settled. `mask` names an input of shape [rows], 1 or 0 for each. */
export function* ignoresMaskedRows(program: LoweredProgram, mask: string, rows: number): InPieces<boolean> {
  const { nests, inputs, outputs, updates } = program;
  const states = new States(rows);
  for (const [name, buffer] of inputs) {
    if (name === mask) states.set(buffer, { kind: "zeroed", dimension: 0 });
    else if (buffer.shape[0] === rows) states.set(buffer, { kind: "open", dimension: 0 });
  }
  for (const { nest } of nests) {
    new NestStates(nest, states).settle();
    yield;
  }
  const results = [...outputs.values(), ...updates.map(({ buffer }) => buffer)];
  return results.every((buffer) => ["settled", "zeroed", "zero"].includes(states.of(buffer).kind));
}

type State =
  | { readonly kind: "settled" }
  | { readonly kind: "lost" }
  /** All zeros. */
  | { readonly kind: "zero" }
  /** Which dimension of the buffer counts the rows. */
  | { readonly kind: "zeroed" | "open"; readonly dimension: number };

const settled: State = { kind: "settled" };
const lost: State = { kind: "lost" };

class States {
  readonly rows: number;
  readonly #states = new Map<Buffer, State>();

  constructor(rows: number) {
    this.rows = rows;
  }

  /** As the buffer's own shape shows it; what was not written here (a variable) is settled. */
  of(buffer: Buffer): State {
    const storage = storageOf(buffer);
    const state = this.#states.get(storage) ?? settled;
    if (!("dimension" in state) || this.#keepsRows(buffer, storage, state.dimension)) return state;
    return state.kind === "zeroed" ? settled : lost;
  }

  /** Several nests may write parts of a buffer; they must agree. */
  set(buffer: Buffer, state: State): void {
    const storage = storageOf(buffer);
    const fits = !("dimension" in state) || this.#keepsRows(buffer, storage, state.dimension);
    const known = this.#states.get(storage);
    const agrees = known === undefined || JSON.stringify(known) === JSON.stringify(state);
    this.#states.set(storage, fits && agrees ? state : lost);
  }

  /** A view has the same rows where its shape differs in other dimensions only. */
  #keepsRows(buffer: Buffer, storage: Buffer, dimension: number): boolean {
    if (buffer === storage) return true;
    return dimension === 0 && buffer.shape[0] === this.rows && storage.shape[0] === this.rows;
  }
}

/** Rows, each by the text of the index that counts it in a nest. */
type Rows = ReadonlySet<string>;

/** What is known of a value: the open rows it depends on, and the rows whose being left out makes it zero. */
interface Facts {
  readonly open: Rows;
  readonly zero: Rows;
}

const nothing: Rows = new Set();
/** A row that cannot be told. */
const unknown = "unknown";
/** Stands for every row: the constant 0 is zero for all. */
const every = "every";

class NestStates {
  readonly #nest: Nest;
  readonly #states: States;
  readonly #facts = new Map<Expression, Facts>();

  constructor(nest: Nest, states: States) {
    this.#nest = nest;
    this.#states = states;
  }

  /** Finds the states of what the nest writes. */
  settle(): void {
    const { buffers, stores, space } = this.#nest;
    const found = stores.map((store): State => {
      const { open, zero } = this.#factsOf(store.value);
      if (open.has(unknown) || open.size > 1) return lost;
      if (zero.has(every)) return { kind: "zero" };
      const wanted = open.size === 1 ? open : zero;
      const isRow = (index: Index): boolean => {
        const axis = plainAxis(index);
        return axis !== undefined && space.includes(axis) && wanted.has(rowOf(index));
      };
      const dimension = store.index.findIndex(isRow);
      const hasRows = dimension >= 0 && buffers[store.buffer]!.shape[dimension] === this.#states.rows;
      if (open.size === 1) return hasRows ? { kind: "open", dimension } : lost;
      return hasRows ? { kind: "zeroed", dimension } : settled;
    });
    stores.forEach((store, at) => {
      this.#states.set(buffers[store.buffer]!, found[at]!);
    });
  }

  #factsOf(root: Expression): Facts {
    for (const node of nodesUnder([root]))
      if (!this.#facts.has(node)) this.#facts.set(node, covered(this.#ownFacts(node)));
    return this.#facts.get(root)!;
  }

  #ownFacts(node: Expression): Facts {
    const operands = operandsOf(node).map((operand) => this.#facts.get(operand)!);
    const open = union(...operands.map((facts) => facts.open));
    if (node.kind === "load") return this.#factsOfLoad(node, open);
    if (node.kind === "accumulator") return this.#factsOfReduction(node.level, node.slot);
    return { open, zero: this.#zeroOf(node) };
  }

  #factsOfLoad({ buffer, index, fill = 0 }: Extract<Expression, { kind: "load" }>, open: Rows): Facts {
    const state = this.#states.of(this.#nest.buffers[buffer]!);
    if (state.kind === "settled") return { open, zero: nothing };
    if (state.kind === "zero") return { open, zero: fill === 0 ? new Set([every]) : nothing };
    if (state.kind === "lost") return { open: union(open, new Set([unknown])), zero: nothing };
    const row = rowOf(index[state.dimension]!);
    if (state.kind === "open") return { open: union(open, new Set([row])), zero: nothing };
    return { open, zero: fill === 0 && row !== unknown ? new Set([row]) : nothing };
  }

  #factsOfReduction(level: number, slot: number): Facts {
    const { levels } = this.#nest;
    const reduction = reductionAt(levels[level]!.reductions, slot);
    const values = reduction.op === "argmax" ? [reduction.value, reduction.position] : [reduction.value];
    const facts = values.map((value) => this.#factsOf(value));
    const reduced = new Set(levels.slice(0, level + 1).flatMap(({ axes }) => axes));
    const isOver = (row: string): boolean => axesOfRow(row).some((axis) => reduced.has(axis));
    const open = [...union(...facts.map((each) => each.open))].map((row) => (isOver(row) ? unknown : row));
    const zero = reduction.op === "add" ? [...facts[0]!.zero].filter((row) => !isOver(row)) : [];
    return { open: new Set(open), zero: new Set(zero) };
  }

  #zeroOf(node: Expression): Rows {
    const zero = (operand: Expression): Rows => this.#facts.get(operand)!.zero;
    switch (node.kind) {
      case "constant":
        return node.value === 0 ? new Set([every]) : nothing;
      case "unary":
        return node.op === "not" ? nothing : zero(node.x);
      case "binary":
        return zeroOfBinary(node.op, zero(node.x), zero(node.y));
      case "fma":
        return intersection(union(zero(node.x), zero(node.y)), zero(node.z));
      case "select":
        return intersection(zero(node.yes), zero(node.no));
      case "convert":
        // The bits of -0 are not 0.
        return node.op === "bitsFromF32" ? nothing : zero(node.x);
      default:
        return nothing;
    }
  }
}

/** What depends on one row only, and is zero where that row is left out, depends on none that is. */
function covered({ open, zero }: Facts): Facts {
  const [row] = open;
  return open.size === 1 && row !== unknown && zero.has(row!) ? { open: nothing, zero } : { open, zero };
}

function zeroOfBinary(op: Extract<Expression, { kind: "binary" }>["op"], x: Rows, y: Rows): Rows {
  switch (op) {
    case "mul":
    case "and":
      return union(x, y);
    case "div":
      return y.size === 0 ? x : nothing;
    case "shl":
    case "shrU":
    case "shrS":
      return x;
    default:
      return intersection(x, y);
  }
}

function reductionAt(reductions: readonly Reduction[], slot: number): Reduction {
  return reductions.flatMap((each): Reduction[] => (each.op === "argmax" ? [each, each] : [each]))[slot]!;
}

function rowOf(index: LoadIndex): string {
  return "dynamic" in index || index.terms.length === 0 ? unknown : JSON.stringify(index);
}

function axesOfRow(row: string): number[] {
  return row === unknown || row === every ? [] : [...axesOf(JSON.parse(row) as Index)];
}

function union(...sets: readonly Rows[]): Rows {
  return new Set(sets.flatMap((set) => [...set]));
}

function intersection(x: Rows, y: Rows): Rows {
  if (x.has(every)) return y;
  if (y.has(every)) return x;
  return new Set([...x].filter((row) => y.has(row)));
}
