/** Small data for the README's programs; a code block names what it needs as `with=NAME` behind its language. */

const pixels = (shape: string, name: string): string =>
  `const ${name} = { data: Float32Array.from({ length: ${shape.replaceAll(", ", " * ")} }, (_, at) => Math.sin(at) ** 2), shape: [${shape}] };`;

const numbers = (count: number, name: string): string =>
  `const ${name} = Int32Array.from({ length: ${count} }, (_, at) => at % 10);`;

const oneHot = (count: number): string =>
  `const labels = { data: Float32Array.from({ length: ${count} * 10 }, (_, at) => Number(at % 10 === Math.floor(at / 10) % 10)), shape: [${count}, 10] };`;

export const readmePreambles: Readonly<Record<string, string>> = {
  digits: [
    pixels("40, 28, 28, 1", "images"),
    numbers(40, "labels"),
    pixels("10, 28, 28, 1", "testImages"),
    numbers(10, "testLabels"),
  ].join("\n"),
  "colour-32": [pixels("20, 32, 32, 3", "images"), oneHot(20)].join("\n"),
  "colour-64": [pixels("4, 64, 64, 3", "images"), oneHot(4)].join("\n"),
  "small-model": [
    'import { dense, flatten, sequential } from "tilework";',
    pixels("40, 8, 8, 1", "images"),
    numbers(40, "labels"),
    'const model = sequential([flatten({ inputShape: [8, 8, 1] }), dense(10, { activation: "softmax" })]);',
  ].join("\n"),
};
