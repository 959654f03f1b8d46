/** What every device offers to `keras/`: variables that live on it and programs that run on them. */
import type { FusedPrograms } from "../compiler/compile.ts";
import type { Plan } from "../compiler/plan.ts";
import type { Program } from "../graph/program.ts";
import type { Variable } from "../graph/value.ts";
import type { Dtype } from "../tensor/dtype.ts";

/** Host elements of a device dtype: Float32Array, Int32Array, or Uint8Array (uint8 and bool). */
export type HostData = Float32Array | Int32Array | Uint8Array;

/** The elements of a host array of that dtype. */
export function hostData(dtype: Dtype, elements: number | ArrayLike<number>): HostData {
  const type = dtype === "float32" ? Float32Array : dtype === "int32" ? Int32Array : Uint8Array;
  return typeof elements === "number" ? new type(elements) : new type(elements);
}

/** Whole arrays that steps take rows from; staged once, so that a step names only rows. */
export interface DataSource {
  readonly dtype: Dtype;
  /** Elements of one row. */
  readonly rowSize: number;
  readonly rows: number;
  /** Gives the device's copy back early; otherwise the garbage collector does. */
  release(): void;
}

/** One input of one step: data as they are, or rows of a source in this order. */
export type Feed = HostData | { readonly source: DataSource; readonly rows: Uint32Array };

export type StepFeeds = Readonly<Record<string, Feed>>;
export type StepOutputs = Readonly<Record<string, HostData>>;

/** The variables of one model (weights, optimizer state, running statistics), shared by all its programs. */
export interface VariableStore {
  /** Adds variables with their start values; one that is already there keeps its value. */
  add(variables: readonly { readonly variable: Variable; readonly data: HostData }[]): void;
  /** Copies of the current values. Waits for steps under way. */
  read(variables: readonly Variable[]): Promise<HostData[]>;
  write(values: readonly { readonly variable: Variable; readonly data: HostData }[]): Promise<void>;
  /** The state of all variables as they are when the steps queued before are done. */
  snapshot(): Promise<StoreSnapshot>;
  /** Puts back what `snapshot` of this same store gave; also after a run that failed. */
  restore(snapshot: StoreSnapshot): Promise<void>;
}

/** A copy of a store's state, in the device's own form; only the store that gave it can read it. */
export type StoreSnapshot = ReadonlyMap<Variable, ArrayBufferView>;

export interface Executable {
  /** What runs; undefined where programs run without a plan. */
  readonly plan?: Plan;
  /** Runs one step after the other over the store's variables; gives each step's outputs. */
  run(store: VariableStore, steps: readonly StepFeeds[]): Promise<StepOutputs[]>;
  /**
   * Runs one step; where it fails, or gives what is not accepted, variables are as before it. Left out where a snapshot
   * does as well.
   */
  attempt?(
    store: VariableStore,
    step: StepFeeds,
    accepts: (outputs: StepOutputs) => boolean,
  ): Promise<StepOutputs>;
  /**
   * Runs the steps launch by launch; gives the milliseconds of each launch of the plan in its fastest step. Left out
   * where programs run without a plan.
   */
  profile?(store: VariableStore, steps: readonly StepFeeds[]): Promise<number[]>;
}

/** A step's plan; `namesRows` where its data are on the device already, and it brings the numbers of its rows only. */
export interface PlannedStep {
  readonly plan: Plan;
  readonly namesRows: boolean;
}

/** Machine code's, or those of WebAssembly. */
export type VectorInstructions = "avx512" | "avx2" | "relaxed-simd" | "simd128";

export interface Device {
  readonly name: "reference" | "wasm" | "x64" | "webgpu";
  readonly threads: number;
  /** What vector instructions its kernels consist of, once that is known; undefined where it has none. */
  readonly instructions?: VectorInstructions | undefined;
  /** Bytes that a step's scratch memory may take by now; undefined where nobody counts them. */
  readonly availableBytes?: number;
  /**
   * Whether blocks of these sizes fit into its memory, and then a step by that plan. Left out where nobody counts.
   */
  hasRoom?(toCome: readonly number[], step?: PlannedStep): boolean;
  /** Bytes that blocks of these sizes and a step by that plan take of its memory. */
  stepBytes?(toCome: readonly number[], step: PlannedStep): number;
  /**
   * Gives back what garbage holds, as far as the engine lets itself be asked, and all that can be made again; what is
   * left then lies together.
   */
  reclaim?(): Promise<void>;
  createStore(): VariableStore;
  createSource(data: HostData, rowSize: number, dtype: Dtype): DataSource;
  /** Compiles a program, or takes it from the cache; `fused` may know its nests. */
  load(program: Program, fused?: FusedPrograms): Promise<Executable>;
  /**
   * The plan by which a program runs here, also one that `load` refuses because it does not fit; nothing is loaded.
   * Left out where programs run without one.
   */
  inspect?(program: Program): Promise<Plan>;
  /** Ends its workers; the next call starts fresh ones. */
  close(): Promise<void>;
}
