/**
 * Values in vector registers. Each node is computed once for each distinct combination of what it depends on
 * (points of the register tile, vector registers), in the outermost scope that its axes allow.
 */
import { invariant } from "../../util/errors.ts";
import type { Scope } from "./code-builder.ts";
import type { Emission, Point } from "./emission.ts";
import { emitLoad } from "./emit-load.ts";
import { emitConstant } from "./emit-value.ts";
import { compareWithIndex, indexVector, variesByLane } from "./lane-vector.ts";
import type { Node } from "./value-graph.ts";

/** The register that holds a node's value at a point of the tile, in vector register `lane` of the tile. */
export function evaluate(e: Emission, node: Node, point: Point, lane: number): number {
  if (node.kind === "accumulator") {
    const result = e.results[node.level]![node.slot]![node.level === 0 ? point.index : point.space]!;
    return result[result.length === 1 ? 0 : lane]!;
  }
  const scope = placeOf(e, node);
  const column = variesByLane(e, node.axes) || node.late ? lane : 0;
  const key = (node.id * 2048 + e.projection(node.axes)[point.index]!) * 32 + column;
  const known = lookUp(e, scope, key);
  if (known !== undefined) return known;
  const current = e.builder.scope;
  e.builder.scope = scope;
  const register = compute(e, node, point, column);
  e.builder.scope = current;
  scope.values.set(key, register);
  return register;
}

/** Values pinned to an inner scope may be found further out, if they were needed there first. */
function lookUp(e: Emission, scope: Scope, key: number): number | undefined {
  const outermost = e.floor.depth;
  for (let at: Scope | undefined = scope; at !== undefined && at.depth >= outermost; at = at.parent) {
    const known = at.values.get(key);
    if (known !== undefined) return known;
  }
  return undefined;
}

function placeOf(e: Emission, node: Node): Scope {
  return node.late || node.guarded ? e.builder.scope : e.scopeOf(node.axes);
}

function compute(e: Emission, node: Node, point: Point, lane: number): number {
  switch (node.kind) {
    case "constant":
      return emitConstant(e, node.type as "f32" | "i32", node.value);
    case "load":
      return emitLoad(e, node, point, lane);
    case "position":
      return indexVector(e, node.index, point, lane);
    case "operation":
      return emitOperation(e, node, point, lane);
    case "accumulator":
      return invariant(false, "accumulators are looked up") as never;
  }
}

function emitOperation(
  e: Emission,
  node: Extract<Node, { kind: "operation" }>,
  point: Point,
  lane: number,
): number {
  const { expression, operands, type } = node;
  const isShift = expression.kind === "binary" && /^sh/.test(expression.op);
  const used = isShift ? operands.slice(0, 1) : operands;
  const registers =
    comparedWithPosition(e, node, point, lane) ?? used.map((operand) => evaluate(e, operand, point, lane));
  const [x, y, z] = registers as [number, number, number];
  const to = e.builder.vector(type);
  switch (expression.kind) {
    case "unary":
      e.builder.emit({ op: "unary", unary: expression.op, to, x });
      break;
    case "binary":
      e.builder.emit({
        op: "binary",
        binary: expression.op,
        to,
        x,
        y: isShift ? shiftCount(operands[1]!) : y,
      });
      break;
    case "fma":
      e.builder.emit({ op: "fma", to, x, y, z });
      break;
    case "compare": {
      const compared = operands[0]!.type === "f32" ? "f32" : "i32";
      e.builder.emit({ op: "compare", compare: expression.op, type: compared, to, x, y });
      break;
    }
    case "select":
      e.builder.emit({ op: "select", to, condition: x, yes: y, no: z });
      break;
    case "convert":
      e.builder.emit({ op: "convert", convert: expression.op, to, x });
      break;
  }
  return to;
}

function comparedWithPosition(
  e: Emission,
  { expression, operands }: Extract<Node, { kind: "operation" }>,
  point: Point,
  lane: number,
): readonly [number, number] | undefined {
  if (expression.kind !== "compare" || (expression.op !== "eq" && expression.op !== "ne")) return undefined;
  const [x, y] = operands as [Node, Node];
  if (x.type !== "i32" || y.kind !== "position") return undefined;
  return compareWithIndex(e, evaluate(e, x, point, lane), y, point, lane);
}

function shiftCount(node: Node): number {
  invariant(node.kind === "constant", "a shift needs a constant count");
  return node.value;
}
