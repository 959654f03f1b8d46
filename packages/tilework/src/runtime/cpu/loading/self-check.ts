/**
 * A tiny kernel that the machine-code device must run right before it is trusted with a program: a range of tasks,
 * multiply-adds whose results show whether they round once, and a partial vector.
 */
import type { KernelCode, Statement } from "../../../codegen/kernel-code.ts";
import type { Cpu } from "../../../codegen/x64/print-kernel.ts";
import { fusedMultiplyAdd } from "../../../kernel/fused-multiply-add.ts";

export interface SelfCheck {
  /** The kernel for each processor; its one buffer holds `before`. */
  readonly code: Readonly<Record<Cpu, Uint8Array>>;
  readonly before: Float32Array;
  readonly after: Float32Array;
}

/** Elements of each operand, and so tasks times lanes. */
export const checkedElements = 16;
const partial = 5;
const untouched = -7;

export async function makeSelfCheck(): Promise<SelfCheck> {
  const { printX64 } = await import("../../../codegen/x64/print-kernel.ts");
  const code = { avx2: printX64(checkKernel(8), "avx2"), avx512: printX64(checkKernel(16), "avx512") };
  const before = new Float32Array(5 * checkedElements).fill(untouched);
  const after = before.slice();
  for (let i = 0; i < checkedElements; i++) {
    const x = 1 + (i + 1) * 2 ** -12;
    const y = 1 - (i + 3) * 2 ** -13;
    const z = -Math.fround(x * y);
    [x, y, z].forEach((value, operand) => {
      for (const data of [before, after]) data[operand * checkedElements + i] = value;
    });
    after[3 * checkedElements + i] = fusedMultiplyAdd(x, y, z);
    if (i < partial) after[4 * checkedElements + i] = x;
  }
  return { code, before, after };
}

function checkKernel(lanes: 8 | 16): KernelCode {
  const [data, begin, end, count, counter, task] = [0, 1, 2, 3, 4, 5];
  const operandBytes = 4 * checkedElements;
  const body: Statement[] = [
    { op: "addIntegers", to: task, x: begin, y: counter },
    { op: "scale", to: task, x: task, value: 4 * lanes },
    ...[0, 1, 2].map(
      (operand): Statement => ({
        op: "load",
        to: operand,
        address: { base: data, index: task, offset: operand * operandBytes },
        type: "f32",
        active: lanes,
      }),
    ),
    { op: "fma", to: 3, x: 0, y: 1, z: 2 },
    {
      op: "store",
      from: 3,
      address: { base: data, index: task, offset: 3 * operandBytes },
      type: "f32",
      active: lanes,
    },
  ];
  return {
    name: "selfCheck",
    lanes,
    buffers: 1,
    tables: [],
    integers: 6,
    vectors: ["f32", "f32", "f32", "f32", "f32"],
    body: [
      { op: "argument", to: data, slot: 0 },
      { op: "begin", to: begin },
      { op: "end", to: end },
      { op: "scale", to: count, x: begin, value: -1 },
      { op: "addIntegers", to: count, x: count, y: end },
      { op: "loop", counter, count: { register: count }, body },
      { op: "load", to: 4, address: { base: data, offset: 0 }, type: "f32", active: partial },
      {
        op: "store",
        from: 4,
        address: { base: data, offset: 4 * operandBytes },
        type: "f32",
        active: partial,
      },
    ],
  };
}
