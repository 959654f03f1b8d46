/**
 * What the engine can do, asked by validating and running tiny modules. On Node 20 relaxed SIMD stands behind a
 * V8 flag that the platform sets before the first question.
 */
import { encodeModule } from "./encode.ts";
import { FunctionWriter } from "./function-writer.ts";

const memory = { initial: 0, maximum: 1, shared: false } as const;

/** Whether the engine takes fixed-width SIMD, without which no kernel runs. */
export function supportsSimd(): boolean {
  return WebAssembly.validate(tinyModule(false));
}

/** Whether the engine takes relaxed SIMD, and with it `relaxed: true` modules. */
export function supportsRelaxedSimd(): boolean {
  return WebAssembly.validate(tinyModule(true));
}

/**
 * Whether multiply-add of this engine rounds once, as the numeric contract asks. It may round twice by the
 * specification; then results differ from other CPU devices' in the last bits.
 */
export function fusesMultiplyAdd(): boolean {
  if (!supportsRelaxedSimd()) return false;
  const instance = new WebAssembly.Instance(new WebAssembly.Module(tinyModule(true)), {
    env: { memory: new WebAssembly.Memory({ initial: 0, maximum: 1 }) },
  });
  const sum = (instance.exports.k0 as () => number)();
  return sum === 2 ** -24;
}

/** (1 + 2^-12)^2 - (1 + 2^-11), which is 2^-24 where the product is not rounded and 0 where it is. */
function tinyModule(relaxed: boolean): Uint8Array<ArrayBuffer> {
  const out = new FunctionWriter([]);
  pushFloats(out, 1 + 2 ** -12);
  pushFloats(out, 1 + 2 ** -12);
  if (!relaxed) out.simd("f32x4.mul");
  pushFloats(out, -(1 + 2 ** -11));
  out.simd(relaxed ? "f32x4.relaxed_madd" : "f32x4.add");
  out.simd("f32x4.extract_lane", 0);
  return encodeModule({ memory, functions: [out.finish("k0", "multiplyAdd", ["f32"])] });
}

function pushFloats(out: FunctionWriter, value: number): void {
  out.simd("v128.const", ...new Uint8Array(new Float32Array(4).fill(value).buffer));
}
