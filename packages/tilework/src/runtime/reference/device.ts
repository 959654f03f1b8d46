/**
 * The reference device: any tensor program by plain loops in float64, on the calling thread. Slow and obvious: the
 * oracle that the compiled devices are held to. It shares only the tensor program with the compiler.
 */
import { type Program, rootsOf, variablesOf } from "../../graph/program.ts";
import type { Variable } from "../../graph/value.ts";
import type { Dtype } from "../../tensor/dtype.ts";
import { ArgumentError } from "../../util/errors.ts";
import { checkRows } from "../check-data.ts";
import { checkFeeds } from "../check-feeds.ts";
import {
  type DataSource,
  type Device,
  type Executable,
  type Feed,
  type HostData,
  hostData,
  type StepFeeds,
  type StepOutputs,
  type VariableStore,
} from "../device.ts";
import { evaluateReference } from "./evaluate.ts";
import { ReferenceStore } from "./store.ts";

/** A device that runs programs by their ops' references. */
export function createReferenceDevice(): Device {
  return {
    name: "reference",
    threads: 1,
    createStore: (): VariableStore => new ReferenceStore(),
    createSource: (data, rowSize, dtype): DataSource => new ReferenceSource(data, rowSize, dtype),
    load: async (program): Promise<Executable> => ({
      run: (store, steps) => runSteps(program, store, steps),
    }),
    close: async () => {},
  };
}

class ReferenceSource implements DataSource {
  readonly dtype: Dtype;
  readonly rowSize: number;
  readonly rows: number;
  readonly data: HostData;

  constructor(data: HostData, rowSize: number, dtype: Dtype) {
    this.dtype = dtype;
    this.rowSize = rowSize;
    this.rows = checkRows(data, rowSize, dtype);
    this.data = data;
  }

  release(): void {}
}

async function runSteps(
  program: Program,
  store: VariableStore,
  steps: readonly StepFeeds[],
): Promise<StepOutputs[]> {
  if (!(store instanceof ReferenceStore))
    throw new ArgumentError("store", "the variables live on another device; make the store on this one");
  checkFeeds(program.inputs, steps);
  store.check(variablesOf(program));
  return store.queue.run(async () => {
    const outputs: StepOutputs[] = [];
    for (const feeds of steps) {
      outputs.push(runStep(program, store.values, feeds));
      await new Promise((resume) => setTimeout(resume, 0));
    }
    return outputs;
  });
}

function runStep(program: Program, variables: Map<Variable, Float64Array>, feeds: StepFeeds): StepOutputs {
  const data = new Map(Object.keys(program.inputs).map((name) => [name, elementsOf(feeds[name]!)]));
  const results = evaluateReference(rootsOf(program), data, variables);
  const names = Object.keys(program.outputs);
  program.updates.forEach(({ variable }, at) => {
    variables.set(variable, results[names.length + at]!.slice());
  });
  return Object.fromEntries(
    names.map((name, at) => [name, hostData(program.outputs[name]!.dtype, results[at]!)]),
  );
}

function elementsOf(feed: Feed): Float64Array {
  if (!("source" in feed)) return Float64Array.from(feed);
  const { source, rows } = feed;
  if (!(source instanceof ReferenceSource))
    throw new ArgumentError("steps", "the source lives on another device; make it on this one");
  const elements = new Float64Array(rows.length * source.rowSize);
  rows.forEach((row, at) => {
    elements.set(source.data.subarray(row * source.rowSize, (row + 1) * source.rowSize), at * source.rowSize);
  });
  return elements;
}
