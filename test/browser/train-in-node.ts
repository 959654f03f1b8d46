/**
 * Trains as the page does and prints the report: `node train-in-node.ts FOLDER [strict]`, where `strict` makes an
 * engine without relaxed SIMD of this one.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { trainOnDigits } from "./train-on-digits.ts";

const [folder, variant] = process.argv.slice(2);
if (variant === "strict") refuseRelaxedSimd();
const read = (name: string): ArrayBuffer => new Uint8Array(readFileSync(join(folder!, name))).buffer;
const report = await trainOnDigits(new Float32Array(read("images.bin")), new Int32Array(read("labels.bin")));
process.stdout.write(JSON.stringify(report));

function refuseRelaxedSimd(): void {
  const validate = WebAssembly.validate.bind(WebAssembly);
  const relaxedMadd = String.fromCharCode(0xfd, 0x85, 0x02);
  WebAssembly.validate = (bytes) => {
    const view = ArrayBuffer.isView(bytes)
      ? new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
      : new Uint8Array(bytes);
    return !String.fromCharCode(...view).includes(relaxedMadd) && validate(bytes);
  };
}
