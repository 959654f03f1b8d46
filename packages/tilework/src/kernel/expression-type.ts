/** Types of expressions, found bottom up; an operand of the wrong type is a bug in whoever wrote the nest. */
import type { Dtype } from "../tensor/dtype.ts";
import { InternalError, invariant, unreachable } from "../util/errors.ts";
import type { Expression, ScalarType } from "./expression.ts";
import type { Level, Nest } from "./nest.ts";
import { nodesUnder } from "./rewrite.ts";

/** What expressions refer to. */
export interface TypeContext {
  readonly buffers: readonly { readonly dtype: Dtype }[];
  /** Types of each level's slots, for the levels that may be read. */
  readonly accumulators: readonly (readonly ScalarType[])[];
}

/** The type that an element of a buffer has in registers. */
export function registerType(dtype: Dtype): "f32" | "i32" {
  return dtype === "float32" ? "f32" : "i32";
}

const floatOnly = new Set(["sqrt", "floor", "ceil", "trunc", "roundEven", "div"]);
const bitwise = new Set(["not", "and", "or", "xor"]);
const shifts = new Set(["shl", "shrU", "shrS"]);

function typeOfOperation(op: string, operands: readonly ScalarType[]): ScalarType {
  const type = operands[0]!;
  invariant(
    operands.every((other) => other === type),
    `operands of ${op} have types ${operands.join(", ")}`,
  );
  const fits = floatOnly.has(op)
    ? type === "f32"
    : bitwise.has(op)
      ? type !== "f32"
      : shifts.has(op)
        ? type === "i32"
        : type !== "mask";
  invariant(fits, `${op} does not take ${type}`);
  return type;
}

const conversions = {
  f32FromI32: ["i32", "f32"],
  i32FromF32: ["f32", "i32"],
  f32FromBits: ["i32", "f32"],
  bitsFromF32: ["f32", "i32"],
} as const;

function typeOfNode(
  node: Expression,
  of: (operand: Expression) => ScalarType,
  context: TypeContext,
): ScalarType {
  switch (node.kind) {
    case "constant":
      return node.type;
    case "position":
      return "i32";
    case "load":
      for (const index of node.index)
        if ("dynamic" in index) invariant(of(index.dynamic) === "i32", "a dynamic index must be i32");
      return registerType(context.buffers[node.buffer]!.dtype);
    case "accumulator": {
      const type = context.accumulators[node.level]?.[node.slot];
      if (type === undefined)
        throw new InternalError(`no accumulator ${node.level}.${node.slot} exists here`);
      return type;
    }
    case "unary":
      return typeOfOperation(node.op, [of(node.x)]);
    case "binary":
      if (shifts.has(node.op))
        invariant(
          node.y.kind === "constant" && node.y.value >= 0 && node.y.value <= 31,
          `${node.op} needs a constant count 0..31`,
        );
      return typeOfOperation(node.op, [of(node.x), of(node.y)]);
    case "fma":
      invariant(typeOfOperation("fma", [of(node.x), of(node.y), of(node.z)]) === "f32", "fma takes f32");
      return "f32";
    case "compare":
      typeOfOperation(node.op, [of(node.x), of(node.y)]);
      return "mask";
    case "select":
      invariant(of(node.condition) === "mask", "a select's condition must be a mask");
      invariant(of(node.yes) === of(node.no), "a select's sides must have one type");
      return of(node.yes);
    case "convert": {
      const [from, to] = conversions[node.op];
      invariant(of(node.x) === from, `${node.op} does not take ${of(node.x)}`);
      return to;
    }
    default:
      return unreachable(node);
  }
}

/** The type of every node that the roots need; throws InternalError where operands do not fit. */
export function inferTypes(roots: readonly Expression[], context: TypeContext): Map<Expression, ScalarType> {
  const types = new Map<Expression, ScalarType>();
  for (const node of nodesUnder(roots))
    types.set(
      node,
      typeOfNode(node, (operand) => types.get(operand)!, context),
    );
  return types;
}

/** Types of a level's slots, given those of the levels inside it. */
export function slotTypes(level: Level, context: TypeContext): ScalarType[] {
  const slots = level.reductions.flatMap((reduction) =>
    reduction.op === "argmax" ? [reduction.value, reduction.position] : [reduction.value],
  );
  const types = inferTypes(slots, context);
  return slots.map((slot) => types.get(slot)!);
}

/** The context of a nest's stores: buffers and the slots of all levels. */
export function typeContext(nest: Nest): TypeContext {
  const accumulators: ScalarType[][] = [];
  for (const level of nest.levels)
    accumulators.push(slotTypes(level, { buffers: nest.buffers, accumulators: [...accumulators] }));
  return { buffers: nest.buffers, accumulators };
}
