// One start of a program that trains: prints what `benchStartup` reads. Plain JavaScript, because Node's own stripping
// of types would take as long as all the rest.
const importing = performance.now();
const library = process.env.TILEWORK_DIST ?? "tilework";
const { conv2d, dense, flatten, maxPooling2d, sequential } = await import(library);
const imported = performance.now() - importing;
const model = sequential([
  conv2d(32, [3, 3], { activation: "relu", inputShape: [28, 28, 1] }),
  maxPooling2d([2, 2]),
  conv2d(64, [3, 3], { activation: "relu" }),
  maxPooling2d([2, 2]),
  flatten(),
  dense(10, { activation: "softmax" }),
]);
model.compile({ optimizer: "adam", loss: "sparse_categorical_crossentropy", metrics: ["accuracy"] });
const images = {
  data: Float32Array.from({ length: 32 * 784 }, (_, i) => (i % 97) / 97),
  shape: [32, 28, 28, 1],
};
const labels = Int32Array.from({ length: 32 }, (_, i) => i % 10);
const first = performance.now();
await model.trainOnBatch(images, labels);
const finished = performance.now();
const { user, system } = process.cpuUsage();
await model.trainOnBatch(images, labels);
const inAll = process.cpuUsage();
const sample = {
  finished,
  imported,
  firstStep: finished - first,
  secondStep: performance.now() - finished,
  processor: (user + system) / 1000,
  total: (inAll.user + inAll.system) / 1000,
};
console.log(JSON.stringify(sample));
