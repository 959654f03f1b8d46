/** Compiles a model's step as training, evaluation or prediction would, and tells what it consists of. */
import { explainPlan, type PlanExplanation } from "../../compiler/explain/explain-plan.ts";
import type { Plan } from "../../compiler/plan.ts";
import { nodesOf, type Program } from "../../graph/program.ts";
import type { TensorType } from "../../graph/value.ts";
import { platform } from "../../platform/current.ts";
import type { HostData, StepFeeds, VariableStore } from "../../runtime/device.ts";
import { hostData } from "../../runtime/device.ts";
import { byteSize } from "../../tensor/dtype.ts";
import { sizeOf } from "../../tensor/shape.ts";
import type { Layer } from "../layers/layer.ts";
import { feedInWords } from "../models/explain/in-words.ts";
import type { StepExplanation, StepTimes } from "../models/explain/step-explanation.ts";
import type { LoadedProgram } from "./model-runtime.ts";
import type { StepMode } from "./step-program.ts";
import type { Trainer } from "./trainer.ts";

/** Milliseconds of a call that is timed, at least, and how many such calls there are. */
const callTime = 50;
const calls = 4;
const mostSteps = 1024;

export interface ExplainRequest {
  readonly batchSize: number;
  readonly mode: StepMode;
  /** Runs steps on made-up data to time every kernel; weights and optimizer are as before then. */
  readonly measure: boolean;
}

export async function explainStep(
  trainer: Trainer,
  { batchSize, mode, measure }: ExplainRequest,
): Promise<StepExplanation> {
  const { model } = trainer;
  const { device, store } = await trainer.programs.prepare();
  const program = trainer.programs.exampleProgram(mode, batchSize);
  const inspected = await device.inspect?.(program);
  const measured = measure ? await measureStep(trainer, mode, batchSize, store) : undefined;
  const plan = measured?.plan ?? inspected;
  return {
    ...(plan === undefined ? interpretation(program) : namedInWords(explainPlan(plan), program)),
    model: model.name,
    mode,
    batchSize,
    device: device.name,
    threads: device.threads,
    instructions: device.instructions,
    layerKinds: kindsOf(model.layers),
    parameterBytes: bytesOf(model.weights.map((weight) => weight.variable)),
    optimizerBytes: mode === "train" ? bytesOf(trainer.optimizer.slotVariables()) : 0,
    availableBytes: device.availableBytes,
    times: measured?.times,
  };
}

/** Inputs are called by what they bring. */
function namedInWords(explanation: PlanExplanation, { inputs }: Program): PlanExplanation {
  const buffers = explanation.buffers.map((buffer) => {
    if (buffer.origin !== buffer.name || !(buffer.name in inputs)) return buffer;
    const name = feedInWords(buffer.name);
    return { ...buffer, name, origin: name };
  });
  return { ...explanation, buffers };
}

/** The classes of layers and of those inside them, by their names. */
function kindsOf(layers: readonly Layer[]): Map<string, string> {
  return new Map(
    layers.flatMap((layer) => [[layer.name, layer.className] as const, ...kindsOf(layer.sublayers)]),
  );
}

/** What there is to say where nothing is compiled. */
function interpretation({ outputs, updates }: Program): PlanExplanation & { readonly interpreted: number } {
  const roots = [...Object.values(outputs), ...updates.map(({ value }) => value)];
  const nodes = nodesOf(roots).filter(({ inputs }) => inputs.length > 0);
  const none = {
    stages: 0,
    kernels: [],
    buffers: [],
    arenaBytes: 0,
    preparedBytes: 0,
    prepared: [],
    liveBytes: 0,
    peakStage: 0,
    slices: [],
    sliceBytes: 0,
    liveSliceBytes: 0,
    variableBytes: 0,
  };
  return { ...none, interpreted: nodes.length };
}

async function measureStep(
  trainer: Trainer,
  mode: StepMode,
  batchSize: number,
  store: VariableStore,
): Promise<{ plan: Plan; times: StepTimes } | undefined> {
  const program = await trainer.programs.loadExample(mode, batchSize);
  const { executable } = program;
  if (executable.profile === undefined || executable.plan === undefined) return undefined;
  const feeds = exampleFeeds(trainer, mode, batchSize, program);
  const before = await store.snapshot();
  try {
    const { steps, milliseconds } = await timeSteps(program, store, feeds);
    const kernels = await executable.profile(store, new Array<StepFeeds>(steps).fill(feeds));
    return { plan: executable.plan, times: { step: milliseconds, kernels } };
  } finally {
    await store.restore(before);
  }
}

/** Runs more and more steps a call until a call lasts, then some such calls; gives the milliseconds of the best's step. */
async function timeSteps(
  { executable }: LoadedProgram,
  store: VariableStore,
  feeds: StepFeeds,
): Promise<{ steps: number; milliseconds: number }> {
  const call = async (steps: number): Promise<number> => {
    const start = platform.now();
    await executable.run(store, new Array<StepFeeds>(steps).fill(feeds));
    return (platform.now() - start) / steps;
  };
  await call(1);
  let steps = 1;
  let milliseconds = await call(steps);
  for (; steps * milliseconds < callTime && steps < mostSteps; milliseconds = await call(steps)) steps *= 4;
  for (let repeat = 1; repeat < calls; repeat++) milliseconds = Math.min(milliseconds, await call(steps));
  return { steps, milliseconds };
}

/** Numbers in [0, 1) for everything that is a number, 0 for labels that are indices. */
function exampleFeeds(
  trainer: Trainer,
  mode: StepMode,
  batchSize: number,
  program: LoadedProgram,
): StepFeeds {
  const { inputs } = trainer.programs.exampleProgram(mode, batchSize);
  const scalars = mode === "train" ? trainer.scalarFeeds(trainer.optimizer.iterations) : {};
  return Object.fromEntries(
    program.inputs.map((name) => [name, scalars[name] ?? exampleData(inputs[name]!)]),
  );
}

function exampleData({ shape, dtype }: TensorType): HostData {
  const data = hostData(dtype, sizeOf(shape));
  if (dtype !== "float32") return data;
  for (let i = 0; i < data.length; i++) data[i] = (Math.imul(i + 1, 0x9e3779b1) >>> 8) / 2 ** 24;
  return data;
}

function bytesOf(variables: readonly TensorType[]): number {
  return variables.reduce((sum, { shape, dtype }) => sum + sizeOf(shape) * byteSize[dtype], 0);
}
