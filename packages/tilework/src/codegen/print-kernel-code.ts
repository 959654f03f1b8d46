/** Kernel code as text, for people: debugging, snapshots in tests, explanations. */
import { unreachable } from "../util/errors.ts";
import type { Address, ControlStatement, KernelCode, Statement, VectorStatement } from "./kernel-code.ts";

/**
 * One statement a line, `i` for integer and `v` for vector registers, bodies indented: `v2 = fma v0, v1, v2`.
 * Memory is `[base + index + offset]` after the element type and, where not all lanes are active, their number.
 */
export function printKernelCode(kernel: KernelCode): string {
  return [`kernel ${kernel.name}, ${kernel.lanes} lanes`, ...printLines(kernel.body, kernel.lanes)].join(
    "\n",
  );
}

function printLines(body: readonly Statement[], lanes: number): string[] {
  return body.flatMap((statement) => printStatement(statement, lanes)).map((line) => `  ${line}`);
}

function printStatement(statement: Statement, lanes: number): string[] {
  if (statement.op === "loop") return printLoop(statement, lanes);
  if (statement.op === "if") return printIf(statement, lanes);
  if (statement.op === "store" || statement.op === "storeStrided") return [printStore(statement, lanes)];
  return [printAssignment(statement, lanes)];
}

function printLoop(loop: Extract<ControlStatement, { op: "loop" }>, lanes: number): string[] {
  const count = typeof loop.count === "number" ? `${loop.count}` : `i${loop.count.register}`;
  const head = loop.counter === undefined ? `repeat ${count}` : `for i${loop.counter} below ${count}`;
  return [head, ...printLines(loop.body, lanes)];
}

function printIf(branch: Extract<ControlStatement, { op: "if" }>, lanes: number): string[] {
  const y = typeof branch.y === "number" ? `${branch.y}` : `i${branch.y.register}`;
  const yes = [`if i${branch.x} ${branch.compare} ${y}`, ...printLines(branch.yes, lanes)];
  return branch.no.length === 0 ? yes : [...yes, "else", ...printLines(branch.no, lanes)];
}

type Store = Extract<VectorStatement, { op: "store" | "storeStrided" }>;

function printStore(store: Store, lanes: number): string {
  const element = printElement(store.type, store.active, lanes);
  if (store.op === "storeStrided")
    return `${element} ${printAddress(store.address)} by ${store.stride} = v${store.from}`;
  return `${element} ${printAddress(store.address)} = v${store.from}${store.streaming ? ", streaming" : ""}`;
}

type Assignment = Exclude<Statement, Store | ControlStatement>;

function printAssignment(statement: Assignment, lanes: number): string {
  switch (statement.op) {
    case "argument":
      return `i${statement.to} = argument ${statement.slot}`;
    case "begin":
    case "end":
      return `i${statement.to} = ${statement.op}`;
    case "integer":
      return `i${statement.to} = ${statement.value}`;
    case "offset":
      return `i${statement.to} = i${statement.from}${signed(statement.value)}`;
    case "addIntegers":
      return `i${statement.to} = i${statement.x} + i${statement.y}`;
    case "scale":
    case "divide":
    case "remainder":
    case "atMost":
    case "atLeast":
      return `i${statement.to} = ${statement.op} i${statement.x}, ${statement.value}`;
    case "loadInteger":
      return `i${statement.to} = integer ${printAddress(statement.address)}`;
    default:
      return `v${statement.to} = ${printVector(statement, lanes)}`;
  }
}

function printVector(statement: Exclude<VectorStatement, Store>, lanes: number): string {
  switch (statement.op) {
    case "load":
      return `${printElement(statement.type, statement.active, lanes)} ${printAddress(statement.address)}`;
    case "splat":
      return `splat ${statement.type} ${printAddress(statement.address)}`;
    case "loadStrided":
      return `${printElement(statement.type, statement.active, lanes)} ${printAddress(statement.address)} by ${statement.stride}`;
    case "gather":
      return `${printElement(statement.type, statement.active, lanes)} ${printAddress(statement.address)} at v${statement.indices}`;
    case "constant":
      return `${statement.type} ${printNumbers(statement.value)}`;
    case "splatInteger":
      return `splat i${statement.from}`;
    case "move":
      return `v${statement.from}`;
    case "unary":
      return `${statement.unary} v${statement.x}`;
    case "binary":
      return printBinary(statement);
    case "permute":
      return `permute v${statement.x}${statement.y === undefined ? "" : `, v${statement.y}`} by ${printNumbers(statement.lanes)}`;
    case "fma":
      return `fma v${statement.x}, v${statement.y}, v${statement.z}`;
    case "compare":
      return `${statement.compare} ${statement.type} v${statement.x}, v${statement.y}`;
    case "select":
      return `select v${statement.condition}, v${statement.yes}, v${statement.no}`;
    case "addWhere":
      return `v${statement.x} + v${statement.y} where v${statement.condition}`;
    case "keepNan":
      return `NaN where v${statement.from} is, else v${statement.x}`;
    case "convert":
      return `${statement.convert} v${statement.x}`;
    case "reduceLanes":
      return `reduce ${statement.reduce} ${statement.from.map((register) => `v${register}`).join(", ")}`;
    default:
      return unreachable(statement);
  }
}

function printBinary({ binary, x, y }: Extract<VectorStatement, { op: "binary" }>): string {
  const shift = binary === "shl" || binary === "shrU" || binary === "shrS";
  return `${binary} v${x}, ${shift ? y : `v${y}`}`;
}

function printElement(type: string, active: number, lanes: number): string {
  return active === lanes ? type : `${type} x${active}`;
}

function printNumbers(value: number | readonly number[]): string {
  const print = (element: number): string => (Object.is(element, -0) ? "-0" : `${element}`);
  return typeof value === "number" ? print(value) : `(${value.map(print).join(", ")})`;
}

function printAddress({ base, index, offset }: Address): string {
  return `[i${base}${index === undefined ? "" : ` + i${index}`}${offset === 0 ? "" : signed(offset)}]`;
}

function signed(value: number): string {
  return value < 0 ? ` - ${-value}` : ` + ${value}`;
}
