/** Affine indices in integer registers, and run-time tests on them. */
import type { Index } from "../../kernel/index-expression.ts";
import type { Statement } from "../kernel-code.ts";
import type { Condition } from "./condition.ts";
import type { Emission, Point } from "./emission.ts";
import { indexRange } from "./interval.ts";

/** The constant part of an index, and the register with the rest (undefined where all is constant). */
export interface IntegerValue {
  readonly register: number | undefined;
  readonly constant: number;
}

/** The index at a point; along the vector axis, of the tile's first lane. */
export function integerValue(e: Emission, index: Index, point: Point): IntegerValue {
  const { builder } = e;
  let constant = index.offset;
  let register: number | undefined;
  const add = (x: number): void => {
    const y = register;
    register =
      y === undefined
        ? x
        : builder.integerOnce(`sum ${y} ${x}`, builder.scope, (to) => ({
            op: "addIntegers",
            to,
            x: y,
            y: x,
          }));
  };
  for (const term of index.terms) {
    const at = e.frameOf(term.axis);
    const offset = point.offsets[term.axis] ?? 0;
    const frame = at < 0 ? undefined : e.frames[at]!;
    if (frame === undefined || frame.low === frame.high) {
      const value = (frame?.low ?? 0) + offset;
      constant += "table" in term ? term.table[value]! : term.stride * value;
    } else if ("table" in term) add(e.tableEntry(e.valueAt(at), frame.body, term.table, offset));
    else {
      constant += term.stride * offset;
      const x = e.valueAt(at);
      const { stride } = term;
      add(
        stride === 1
          ? x
          : builder.integerOnce(`scale ${x} ${stride}`, frame.body, (to) => ({
              op: "scale",
              to,
              x,
              value: stride,
            })),
      );
    }
  }
  return { register, constant };
}

/** The index at a point in a register. */
export function integerRegister(e: Emission, index: Index, point: Point): number {
  const { builder } = e;
  const { register, constant } = integerValue(e, index, point);
  if (register === undefined)
    return builder.integerOnce(`integer ${constant}`, builder.scope, (to) => ({
      op: "integer",
      to,
      value: constant,
    }));
  if (constant === 0) return register;
  return builder.integerOnce(`offset ${register} ${constant}`, builder.scope, (to) => ({
    op: "offset",
    to,
    from: register,
    value: constant,
  }));
}

/**
 * Runs `yes` where all conditions hold at the point, and otherwise `no`; tests only what is not certain. While
 * `yes` is emitted the conditions count as established.
 */
export function emitWhere(
  e: Emission,
  conditions: readonly Condition[],
  point: Point,
  yes: () => void,
  no: () => void = () => {},
): void {
  const [condition, ...rest] = conditions;
  if (condition === undefined) {
    yes();
    return;
  }
  const { min, max } = indexRange(e, condition.index, point);
  const x = integerRegister(e, condition.index, point);
  const inner = (): void => {
    e.assumed.add(condition);
    emitWhere(e, rest, point, yes, no);
    e.assumed.delete(condition);
  };
  const test = (compare: "ge" | "lt", y: number, body: () => void): Statement => ({
    op: "if",
    x,
    compare,
    y,
    yes: e.builder.block(body),
    no: e.builder.block(no),
  });
  const upper = max >= condition.size;
  const lower = (): void => e.builder.emit(test("ge", 0, upper ? () => emitUpper() : inner));
  const emitUpper = (): void => e.builder.emit(test("lt", condition.size, inner));
  if (min < 0) lower();
  else if (upper) emitUpper();
  else inner();
}
