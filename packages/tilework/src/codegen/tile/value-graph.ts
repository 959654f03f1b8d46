/**
 * The nest's expressions as a graph in which equal values are one node, with what each depends on: the axes
 * (as a bit mask) decide where a value is computed and how often.
 */
import { accessForm, axesMask, type LinearForm } from "../../compiler/scheduling/linear-form.ts";
import type { Expression, LoadIndex, ScalarType } from "../../kernel/expression.ts";
import type { Index } from "../../kernel/index-expression.ts";
import type { Nest, Reduction, Store } from "../../kernel/nest.ts";
import { operandsOf } from "../../kernel/rewrite.ts";
import { stridesOf } from "../../tensor/shape.ts";
import type { MemoryType } from "../kernel-code.ts";
import { type Condition, createCondition, loadConditions } from "./condition.ts";
import { bytesOf, memoryType } from "./memory-type.ts";
import type { TilePlan } from "./tile-plan.ts";

/** Accesses that differ only by a constant: they share an address register. */
export interface AddressClass {
  readonly buffer: number;
  readonly strides: readonly number[];
  readonly tables: readonly { readonly axis: number; readonly table: readonly number[] }[];
  /** The table of the vector axis where its differences repeat, in bytes. */
  readonly pattern: LanePattern | undefined;
  /** Smallest offset of its accesses; offsets of accesses count from here, so none is negative. */
  minimum: number;
}

/** Points of the vector axis after each of which the table's differences repeat, and its advance over them. */
export interface LanePattern {
  readonly table: readonly number[];
  readonly period: number;
  readonly advance: number;
}

export interface DynamicIndex {
  readonly value: Node;
  /** In elements. */
  readonly stride: number;
  readonly size: number;
}

export interface Access {
  readonly address: AddressClass;
  readonly offset: number;
  readonly memory: MemoryType;
  readonly elements: number;
  /** The flat element index, run-time dimensions left out. */
  readonly linear: Index;
  readonly dynamic: readonly DynamicIndex[];
}

interface NodeBase {
  readonly id: number;
  readonly type: ScalarType;
  /** The bit of each axis on which the value depends. */
  readonly axes: number;
  /** Reads a reduction's result. */
  readonly late: boolean;
  /** Touches memory that only the guards prove to be there: not to be computed ahead of them. */
  readonly guarded: boolean;
}

type Payload =
  | { readonly kind: "constant"; readonly value: number }
  | {
      readonly kind: "load";
      readonly access: Access;
      readonly fill: number | undefined;
      readonly conditions: readonly Condition[];
    }
  | { readonly kind: "position"; readonly index: Index }
  | { readonly kind: "accumulator"; readonly level: number; readonly slot: number }
  | {
      readonly kind: "operation";
      readonly expression: Exclude<Expression, { kind: "constant" | "load" | "position" | "accumulator" }>;
      readonly operands: readonly Node[];
    };

export type Node = NodeBase & Payload;

export type NodeReduction =
  | { readonly op: "add" | "max" | "min"; readonly value: Node }
  | { readonly op: "argmax"; readonly value: Node; readonly position: Node };

export interface NodeStore {
  readonly access: Access;
  readonly axes: number;
  readonly value: Node;
}

export interface ValueGraph {
  readonly reductions: readonly (readonly NodeReduction[])[];
  readonly stores: readonly NodeStore[];
  /** What decides whether loads with a fill value touch memory. */
  readonly fills: readonly Condition[];
  /** Axes on which the address of some access depends by a table. */
  readonly tableAxes: ReadonlySet<number>;
  /** Distinct constants. */
  readonly constants: number;
}

/** Builds the graph of a nest whose axes have been merged by the plan. */
export function buildValueGraph(nest: Nest, plan: TilePlan): ValueGraph {
  return new GraphBuilder(nest, plan).build();
}

class GraphBuilder {
  readonly #nest: Nest;
  readonly #plan: TilePlan;
  readonly #nodes = new Map<string, Node>();
  readonly #known = new Map<Expression, Node>();
  readonly #classes = new Map<string, AddressClass>();
  readonly #slots: ScalarType[][] = [];
  readonly #fills: Condition[] = [];
  #constants = 0;

  constructor(nest: Nest, plan: TilePlan) {
    this.#nest = nest;
    this.#plan = plan;
  }

  build(): ValueGraph {
    const reductions = this.#nest.levels.map((level) => {
      const nodes = level.reductions.map((reduction) => this.#reduction(reduction));
      this.#slots.push(nodes.flatMap(slotTypes));
      return nodes;
    });
    const stores = this.#nest.stores.map((store) => this.#store(store));
    const tables = [...this.#classes.values()].flatMap((address) => address.tables);
    const tableAxes = new Set(tables.map(({ axis }) => axis));
    return { reductions, stores, fills: this.#fills, tableAxes, constants: this.#constants };
  }

  #reduction(reduction: Reduction): NodeReduction {
    const value = this.#node(reduction.value);
    return reduction.op === "argmax"
      ? { op: "argmax", value, position: this.#node(reduction.position) }
      : { op: reduction.op, value };
  }

  #store(store: Store): NodeStore {
    const access = this.#access(store.buffer, store.index);
    return { access, axes: axesMask(access.address), value: this.#node(store.value) };
  }

  #node(expression: Expression): Node {
    let node = this.#known.get(expression);
    if (node === undefined) {
      node = this.#create(expression);
      this.#known.set(expression, node);
    }
    return node;
  }

  #create(expression: Expression): Node {
    switch (expression.kind) {
      case "constant": {
        const { type, value } = expression;
        const key = `constant ${type} ${Object.is(value, -0) ? "-0" : value}`;
        if (!this.#nodes.has(key)) this.#constants++;
        return this.#unique(key, { type, axes: 0, late: false, guarded: false }, { kind: "constant", value });
      }
      case "load":
        return this.#load(expression);
      case "position": {
        const index = this.#live(expression.index);
        const axes = createCondition(index, 0).axes;
        const base = { type: "i32", axes, late: false, guarded: false } as const;
        return this.#unique(`position ${indexKey(index)}`, base, { kind: "position", index });
      }
      case "accumulator": {
        const { level, slot } = expression;
        const type = this.#slots[level]![slot]!;
        const base = { type, axes: this.#accumulatorAxes(level), late: true, guarded: false };
        return this.#unique(`accumulator ${level} ${slot}`, base, { kind: "accumulator", level, slot });
      }
      default:
        return this.#operation(expression);
    }
  }

  #accumulatorAxes(level: number): number {
    const outer = this.#nest.levels.slice(level + 1).flatMap(({ axes }) => axes);
    return [...this.#nest.space, ...outer].reduce((mask, axis) => mask | (1 << axis), 0);
  }

  #load(expression: Extract<Expression, { kind: "load" }>): Node {
    const access = this.#access(expression.buffer, expression.index);
    const conditions = loadConditions(this.#nest, expression);
    let axes = axesMask(access.address);
    for (const condition of conditions) axes |= condition.axes;
    if (expression.fill !== undefined) this.#fills.push(...conditions);
    for (const { value } of access.dynamic) axes |= value.axes;
    const late = access.dynamic.some(({ value }) => value.late);
    const key = `load ${expression.buffer} ${expression.index.map((index) => this.#indexKey(index)).join("|")} ${expression.fill}`;
    const type = access.memory === "f32" ? "f32" : "i32";
    const guarded =
      (expression.fill === undefined && conditions.length > 0) ||
      access.dynamic.some(({ value }) => value.guarded);
    return this.#unique(
      key,
      { type, axes, late, guarded },
      { kind: "load", access, fill: expression.fill, conditions },
    );
  }

  #indexKey(index: LoadIndex): string {
    return "dynamic" in index ? `dynamic ${this.#node(index.dynamic).id}` : indexKey(index);
  }

  #operation(
    expression: Exclude<Expression, { kind: "constant" | "load" | "position" | "accumulator" }>,
  ): Node {
    const operands = operandsOf(expression).map((operand) => this.#node(operand));
    const name = "op" in expression ? expression.op : "";
    const key = `${expression.kind} ${name} ${operands.map(({ id }) => id).join()}`;
    const axes = operands.reduce((mask, operand) => mask | operand.axes, 0);
    const base = {
      type: resultType(expression, operands),
      axes,
      late: operands.some(({ late }) => late),
      guarded: operands.some(({ guarded }) => guarded),
    };
    return this.#unique(key, base, { kind: "operation", expression, operands });
  }

  #unique(key: string, base: Omit<NodeBase, "id">, payload: Payload): Node {
    let node = this.#nodes.get(key);
    if (node === undefined) {
      node = { id: this.#nodes.size, ...base, ...payload };
      this.#nodes.set(key, node);
    }
    return node;
  }

  #access(buffer: number, index: readonly LoadIndex[]): Access {
    const { shape } = this.#nest.buffers[buffer]!;
    const memory = memoryType(this.#nest.buffers[buffer]!);
    const form = this.#liveForm(accessForm(this.#nest.buffers[buffer]!, index, this.#nest.axes.length));
    const address = this.#class(buffer, form);
    const elementStrides = stridesOf(shape);
    return {
      address,
      offset: form.offset,
      memory,
      elements: shape.reduce((product, size) => product * size, 1),
      linear: elementIndex(form, bytesOf(memory)),
      dynamic: index.flatMap((each, d) =>
        "dynamic" in each
          ? [{ value: this.#node(each.dynamic), stride: elementStrides[d]!, size: shape[d]! }]
          : [],
      ),
    };
  }

  #class(buffer: number, { offset, strides, tables }: LinearForm): AddressClass {
    const key = `${buffer} ${strides.join()} ${tables.map(({ axis, table }) => `${axis}:${table.join()}`).join(";")}`;
    let address = this.#classes.get(key);
    if (address === undefined) {
      address = {
        buffer,
        strides,
        tables,
        pattern: this.#pattern(tables),
        minimum: Number.POSITIVE_INFINITY,
      };
      this.#classes.set(key, address);
    }
    address.minimum = Math.min(address.minimum, offset + this.#lowest(strides));
    return address;
  }

  #pattern(tables: LinearForm["tables"]): LanePattern | undefined {
    const { lanePeriod: period, vectorAxis } = this.#plan;
    const table = tables.find(({ axis }) => axis === vectorAxis)?.table;
    if (table === undefined || period === undefined) return undefined;
    return { table, period, advance: (table[period] ?? table[0]!) - table[0]! };
  }

  /** How far below the first point the taps of a reduction reach, where axes run backwards. */
  #lowest(strides: readonly number[]): number {
    const axes = this.#nest.levels.flatMap((level) => level.axes);
    return axes.reduce((sum, axis) => sum + Math.min(0, strides[axis]! * (this.#plan.sizes[axis]! - 1)), 0);
  }

  /** Without axes that were merged away or have one point. */
  #liveForm(form: LinearForm): LinearForm {
    const { sizes } = this.#plan;
    const single = form.tables.filter(({ axis }) => sizes[axis] === 1);
    return {
      offset: single.reduce((sum, { table }) => sum + table[0]!, form.offset),
      strides: form.strides.map((stride, axis) => (sizes[axis] === 1 ? 0 : stride)),
      tables: form.tables.filter(({ axis }) => sizes[axis] !== 1),
    };
  }

  /** Without the axes that were merged away. */
  #live(index: Index): Index {
    return {
      offset: index.offset,
      terms: index.terms.filter((term) => "table" in term || this.#plan.sizes[term.axis] !== 1),
    };
  }
}

function elementIndex(form: LinearForm, bytes: number): Index {
  const strided = form.strides.flatMap((stride, axis) =>
    stride === 0 ? [] : [{ axis, stride: stride / bytes }],
  );
  const tables = form.tables.map(({ axis, table }) => ({ axis, table: table.map((value) => value / bytes) }));
  return { offset: form.offset / bytes, terms: [...strided, ...tables] };
}

function indexKey(index: Index): string {
  const terms = index.terms.map((term) =>
    "table" in term ? `${term.axis}[${term.table.join()}]` : `${term.axis}*${term.stride}`,
  );
  return `${index.offset}+${terms.join("+")}`;
}

function resultType(expression: Expression, operands: readonly Node[]): ScalarType {
  switch (expression.kind) {
    case "compare":
      return "mask";
    case "select":
      return operands[1]!.type;
    case "convert":
      return expression.op === "f32FromI32" || expression.op === "f32FromBits" ? "f32" : "i32";
    default:
      return operands[0]!.type;
  }
}

function slotTypes(reduction: NodeReduction): ScalarType[] {
  return reduction.op === "argmax" ? [reduction.value.type, reduction.position.type] : [reduction.value.type];
}
