/**
 * Expressions on the host, bit for bit as kernels compute them. An expression becomes a straight list of steps
 * over numbered slots (one a distinct node, operands first), because shared nodes make a graph and not a tree.
 * A slot holds a float32 value, a signed 32-bit integer or a truth value (0 or 1), each exact in a double.
 */
import { InternalError, unreachable } from "../util/errors.ts";
import type { BinaryOp, CompareOp, ConvertOp, Expression, ScalarType, UnaryOp } from "./expression.ts";
import { inferTypes, type TypeContext } from "./expression-type.ts";
import { fusedMultiplyAdd, multiplyThenAdd } from "./fused-multiply-add.ts";
import { nodesUnder } from "./rewrite.ts";

export interface EvaluateOptions {
  /** False: the strict-SIMD variant, where fma is a multiplication and then an addition. Default true. */
  readonly fused?: boolean;
}

/** Gives the values of what only the surroundings know: loads, positions and accumulators. */
export type LeafReader = (
  leaf: Expression,
  slotOf: (operand: Expression) => number,
  slots: Float64Array,
) => () => number;

/** Expressions made ready to run: `run()` computes all, `slots[slotOf(root)]` is a result. */
export interface CompiledExpressions {
  readonly slots: Float64Array;
  slotOf(node: Expression): number;
  run(): void;
}

const scratch = new Float32Array(1);
const scratchBits = new Int32Array(scratch.buffer);

function roundEven(x: number): number {
  const size = Math.abs(x);
  if (!(size < 2 ** 23)) return x;
  const rounded = Math.fround(size + 2 ** 23) - 2 ** 23;
  return x < 0 || Object.is(x, -0) ? -rounded : rounded;
}

/** Not Math.min: the first operand wins where one is NaN or both are zero. */
function minimum(x: number, y: number): number {
  if (y < x) return y;
  return x;
}

function maximum(x: number, y: number): number {
  if (x < y) return y;
  return x;
}

const floatUnary: Readonly<Record<Exclude<UnaryOp, "not">, (x: number) => number>> = {
  neg: (x) => -x,
  abs: Math.abs,
  sqrt: (x) => Math.fround(Math.sqrt(x)),
  floor: Math.floor,
  ceil: Math.ceil,
  trunc: Math.trunc,
  roundEven,
};

const integerBinary: Readonly<Record<Exclude<BinaryOp, "div">, (x: number, y: number) => number>> = {
  add: (x, y) => (x + y) | 0,
  sub: (x, y) => (x - y) | 0,
  mul: Math.imul,
  min: minimum,
  max: maximum,
  and: (x, y) => x & y,
  or: (x, y) => x | y,
  xor: (x, y) => x ^ y,
  shl: (x, y) => x << y,
  shrU: (x, y) => (x >>> y) | 0,
  shrS: (x, y) => x >> y,
};

const floatBinary: Readonly<Partial<Record<BinaryOp, (x: number, y: number) => number>>> = {
  add: (x, y) => Math.fround(x + y),
  sub: (x, y) => Math.fround(x - y),
  mul: (x, y) => Math.fround(x * y),
  div: (x, y) => Math.fround(x / y),
  min: minimum,
  max: maximum,
};

export const compares: Readonly<Record<CompareOp, (x: number, y: number) => number>> = {
  lt: (x, y) => (x < y ? 1 : 0),
  le: (x, y) => (x <= y ? 1 : 0),
  eq: (x, y) => (x === y ? 1 : 0),
  ne: (x, y) => (x !== y ? 1 : 0),
  gt: (x, y) => (x > y ? 1 : 0),
  ge: (x, y) => (x >= y ? 1 : 0),
};

export const converts: Readonly<Record<ConvertOp, (x: number) => number>> = {
  f32FromI32: Math.fround,
  i32FromF32: (x) => (Number.isNaN(x) ? 0 : Math.max(-0x80000000, Math.min(0x7fffffff, Math.trunc(x))) | 0),
  f32FromBits: (x) => {
    scratchBits[0] = x;
    return scratch[0]!;
  },
  bitsFromF32: (x) => {
    scratch[0] = x;
    return scratchBits[0]!;
  },
};

export function unaryFunction(op: UnaryOp, type: ScalarType): (x: number) => number {
  if (op === "not") return type === "mask" ? (x) => 1 - x : (x) => ~x;
  if (type === "f32") return floatUnary[op];
  if (op === "neg") return (x) => -x | 0;
  return (x) => Math.abs(x) | 0;
}

export function binaryFunction(op: BinaryOp, type: ScalarType): (x: number, y: number) => number {
  const found = type === "f32" || op === "div" ? floatBinary[op] : integerBinary[op];
  if (found === undefined) throw new InternalError(`${op} does not take ${type}`);
  return found;
}

/** Makes expressions ready to run; leaves other than constants come from `leaf`. */
export function compileExpressions(
  roots: readonly Expression[],
  context: TypeContext,
  leaf: LeafReader,
  { fused = true }: EvaluateOptions = {},
): CompiledExpressions {
  const types = inferTypes(roots, context);
  const nodes = nodesUnder(roots);
  const numbers = new Map(nodes.map((node, slot) => [node, slot]));
  const slotOf = (node: Expression): number => numbers.get(node)!;
  const slots = new Float64Array(nodes.length);
  const multiplyAdd = fused ? fusedMultiplyAdd : multiplyThenAdd;
  const steps = nodes.flatMap((node, to) => {
    if (node.kind !== "constant") return [stepOf(node, to)];
    slots[to] = node.type === "f32" ? Math.fround(node.value) : node.value | 0;
    return [];
  });

  function stepOf(node: Exclude<Expression, { kind: "constant" }>, to: number): () => void {
    switch (node.kind) {
      case "load":
      case "position":
      case "accumulator": {
        const read = leaf(node, slotOf, slots);
        return () => {
          slots[to] = read();
        };
      }
      case "unary":
        return one(unaryFunction(node.op, types.get(node.x)!), node.x, to);
      case "convert":
        return one(converts[node.op], node.x, to);
      case "binary":
        return two(binaryFunction(node.op, types.get(node.x)!), node.x, node.y, to);
      case "compare":
        return two(compares[node.op], node.x, node.y, to);
      case "fma": {
        const [x, y, z] = [slotOf(node.x), slotOf(node.y), slotOf(node.z)];
        return () => {
          slots[to] = multiplyAdd(slots[x]!, slots[y]!, slots[z]!);
        };
      }
      case "select": {
        const [condition, yes, no] = [slotOf(node.condition), slotOf(node.yes), slotOf(node.no)];
        return () => {
          slots[to] = slots[condition] === 1 ? slots[yes]! : slots[no]!;
        };
      }
      default:
        return unreachable(node);
    }
  }
  function one(apply: (x: number) => number, operand: Expression, to: number): () => void {
    const x = slotOf(operand);
    return () => {
      slots[to] = apply(slots[x]!);
    };
  }
  function two(
    apply: (x: number, y: number) => number,
    left: Expression,
    right: Expression,
    to: number,
  ): () => void {
    const [x, y] = [slotOf(left), slotOf(right)];
    return () => {
      slots[to] = apply(slots[x]!, slots[y]!);
    };
  }

  return {
    slots,
    slotOf,
    run() {
      for (let step = 0; step < steps.length; step++) steps[step]!();
    },
  };
}

/** The value of an expression of constants: f32 and i32 as numbers, a mask as 0 or 1. */
export function evaluateExpression(expression: Expression, options: EvaluateOptions = {}): number {
  const noLeaf = (node: Expression): never => {
    throw new InternalError(`${node.kind} has no value outside a nest`);
  };
  const compiled = compileExpressions([expression], { buffers: [], accumulators: [] }, noLeaf, options);
  compiled.run();
  return compiled.slots[compiled.slotOf(expression)]!;
}

/** A host function of float32 arguments that computes what `build` writes for a kernel. */
export function hostFunction(
  argumentCount: number,
  build: (...x: Expression[]) => Expression,
  options: EvaluateOptions = {},
): (...x: number[]) => number {
  const buffers = Array.from({ length: argumentCount }, () => ({ dtype: "float32" as const }));
  const loads = buffers.map((_, buffer): Expression => ({ kind: "load", buffer, index: [] }));
  const given = new Float32Array(argumentCount);
  const root = build(...loads);
  const compiled = compileExpressions(
    [root],
    { buffers, accumulators: [] },
    (node) => {
      const at = loads.indexOf(node);
      return () => given[at]!;
    },
    options,
  );
  const result = compiled.slotOf(root);
  return (...x) => {
    given.set(x);
    compiled.run();
    return compiled.slots[result]!;
  };
}
