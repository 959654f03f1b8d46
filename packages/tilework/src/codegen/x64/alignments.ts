/**
 * Which power of two divides each integer register, whatever the path: the greatest that all statements that write
 * the register allow. Buffers start at multiples of 64.
 */
import {
  type Address,
  type ControlStatement,
  type IntegerStatement,
  isIntegerStatement,
  type Statement,
} from "../kernel-code.ts";

/** Large enough for a whole vector, and what memory is allocated by. */
const most = 64;

export type Alignments = readonly number[];

/** By integer register. Starts from the best and lowers until nothing changes. */
export function findAlignments(body: readonly Statement[], integers: number): Alignments {
  const alignments = new Array<number>(integers).fill(most);
  const writes: IntegerWrite[] = [];
  collectWrites(body, writes);
  let changed = true;
  const write = (register: number, alignment: number): void => {
    if (alignment >= alignments[register]!) return;
    alignments[register] = alignment;
    changed = true;
  };
  while (changed) {
    changed = false;
    for (const statement of writes) propagate(statement, alignments, write);
  }
  return alignments;
}

/** What sets an integer register; a loop sets its counter. */
type IntegerWrite = IntegerStatement | Extract<ControlStatement, { op: "loop" }>;

function collectWrites(body: readonly Statement[], found: IntegerWrite[]): void {
  for (const statement of body)
    if (statement.op === "if") {
      collectWrites(statement.yes, found);
      collectWrites(statement.no, found);
    } else if (statement.op === "loop") {
      found.push(statement);
      collectWrites(statement.body, found);
    } else if (isIntegerStatement(statement)) {
      found.push(statement);
    }
}

/** Whether an address is a multiple of `bytes` every time. */
export function isAligned({ base, index, offset }: Address, bytes: number, alignments: Alignments): boolean {
  const parts = [alignments[base]!, index === undefined ? most : alignments[index]!, divisorOf(offset)];
  return Math.min(...parts) >= bytes;
}

/** The greatest power of two up to `most` that divides the value. */
function divisorOf(value: number): number {
  return value % most === 0 ? most : value & -value;
}

type Write = (register: number, alignment: number) => void;

function propagate(statement: IntegerWrite, alignments: Alignments, write: Write): void {
  switch (statement.op) {
    case "loop":
      if (statement.counter !== undefined) write(statement.counter, 1);
      break;
    case "argument":
      break;
    case "begin":
    case "end":
    case "divide":
    case "loadInteger":
      write(statement.to, 1);
      break;
    case "integer":
      write(statement.to, divisorOf(statement.value));
      break;
    case "offset":
      write(statement.to, Math.min(alignments[statement.from]!, divisorOf(statement.value)));
      break;
    case "addIntegers":
      write(statement.to, Math.min(alignments[statement.x]!, alignments[statement.y]!));
      break;
    case "scale":
      write(statement.to, Math.min(most, alignments[statement.x]! * divisorOf(statement.value)));
      break;
    case "remainder":
    case "atMost":
    case "atLeast":
      write(statement.to, Math.min(alignments[statement.x]!, divisorOf(statement.value)));
      break;
  }
}
