import { expect, test } from "vitest";
import { help, readOptions } from "./options.ts";

const read = (...args: string[]) => readOptions(args, 4);

test("without arguments the networks train and predict with the usual numbers", () => {
  expect(read()).toMatchObject({
    modes: ["train", "predict"],
    devices: undefined,
    networks: undefined,
    batch: 32,
    threads: 2,
    samples: 7,
    without: [],
    pythons: {},
  });
});

test("arguments are read as what they mean", () => {
  const options = read(
    ...["train", "ops", "--networks", "3, 1", "--devices", "avx2,wasm", "--batch=8", "--threads", "4"],
    ...[
      "--only",
      "VGG,maxPool",
      "--without",
      "tfjs",
      "--torch",
      "py",
      "--shapes",
      "mine.json",
      "--samples",
      "1",
    ],
  );
  expect(options).toMatchObject({
    modes: ["train", "ops"],
    networks: [3, 1],
    devices: ["avx2", "wasm"],
    batch: 8,
    threads: 4,
    samples: 1,
    only: ["VGG", "maxPool"],
    without: ["tfjs"],
    pythons: { torch: "py" },
    shapes: "mine.json",
  });
});

test("a machine of one processor is measured with one thread unless told otherwise", () => {
  expect(readOptions(["train"], 1)).toMatchObject({ threads: 1 });
});

test.each([["--help"], ["-h"], ["ops", "--devices", "foo", "--help"]])("%j asks for help", (...args) => {
  expect(read(...args)).toBe("help");
});

test("the help names every mode and option", () => {
  for (const name of [
    "startup",
    "scaling",
    "--networks LIST",
    "--keras-jax PYTHON",
    "--shapes FILE",
    "--help",
  ])
    expect(help).toContain(name);
});

test.each([
  [["trian"], 'the mode: must be of train, predict, scaling, ops, startup, each at most once; got "trian"'],
  [["train", "train"], 'got "train" twice'],
  [["--networks", "9"], '--networks: must be of 1, 2, 3, 4, each at most once; got "9"'],
  [["--networks", "x"], '--networks: must be of 1, 2, 3, 4, each at most once; got "x"'],
  [["--networks", "1,1"], 'got "1" twice'],
  [["--networks", ""], "--networks: takes LIST"],
  [["--samples", "0"], '--samples: takes a whole number from 1 to 100000; got "0"'],
  [["--samples", "2.5"], 'got "2.5"'],
  [["--samples=-1"], 'got "-1"'],
  [["--batch", "abc"], '--batch: takes a whole number from 1 to 100000; got "abc"; give --batch 32'],
  [["--threads", "0"], "--threads: takes a whole number"],
  [["--threads", "5"], "--threads: this machine has 4 processors; got 5"],
  [["scaling", "--threads", "1"], "--threads: scaling compares one thread with several; got 1"],
  [["--devices", "foo"], '--devices: must be of x64, avx2, wasm, each at most once; got "foo"'],
  [
    ["ops", "--devices", "x64,,wasm"],
    '--devices: takes texts between commas, none of them empty; got "x64,,wasm"',
  ],
  [["startup", "--devices", "gpu"], 'got "gpu"'],
  [["--without", "foo"], '--without: must be of tfjs, onnx, each at most once; got "foo"'],
  [["ops", "--only", "VGG,"], '--only: takes texts between commas, none of them empty; got "VGG,"'],
  [["train", "--shapes", "mine.json"], "--shapes: is for ops; got it with train; leave it out"],
  [["ops", "--networks", "1"], "--networks: is for train, predict, scaling; got it with ops"],
  [["--network", "1"], "Options are --devices, --networks"],
  [["--samples"], "'--samples <value>' argument missing"],
])("%j is refused by name", (args, message) => {
  expect(() => read(...args)).toThrow(
    expect.objectContaining({ name: "InputError", message: expect.stringContaining(message) }),
  );
});
