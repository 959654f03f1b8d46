/** What a program keeps in the device's memory for each store that it has run on; all of it can be made again. */
import type { Variable } from "../../../graph/value.ts";
import type { CpuRuntime } from "../cpu-runtime.ts";
import { Backup } from "../memory/backup.ts";
import type { CpuStore } from "../memory/store.ts";
import { Binding } from "./binding.ts";
import type { CompiledProgram } from "./compiled-program.ts";
import { PreparedWeights } from "./prepared-weights.ts";

export class KeptForStores {
  readonly #runtime: CpuRuntime;
  readonly #variables: ReadonlyMap<Variable, Variable>;
  readonly #changed: readonly Variable[];
  readonly #bindings = new WeakMap<CpuStore, Binding>();
  readonly #prepared = new WeakMap<CpuStore, PreparedWeights>();
  readonly #backups = new WeakMap<CpuStore, Backup>();

  /** `variables` gives the stores' variables for those of the compiled program; `changed` are those that a step changes. */
  constructor(runtime: CpuRuntime, variables: ReadonlyMap<Variable, Variable>, changed: readonly Variable[]) {
    this.#runtime = runtime;
    this.#variables = variables;
    this.#changed = changed;
  }

  /** Room for a copy of what a step changes. Throws a DeviceMemoryError where there is none. */
  backup(store: CpuStore): Backup {
    const known = this.#backups.get(store);
    if (known !== undefined && !known.isGone) return known;
    const backup = new Backup(store, this.#changed);
    this.#backups.set(store, backup);
    return backup;
  }

  /** Where the results of preparations lie, or will lie; undefined where there are none. */
  prepared(store: CpuStore, compiled: CompiledProgram): PreparedWeights | undefined {
    if (compiled.plan.preparedBytes === 0) return undefined;
    const known = this.#prepared.get(store);
    if (known?.compiled === compiled && known.address !== undefined) return known;
    known?.release();
    const prepared = new PreparedWeights(this.#runtime, compiled);
    this.#prepared.set(store, prepared);
    return prepared;
  }

  /** The program on the store, with scratch memory and preparations' results there. */
  binding(
    store: CpuStore,
    compiled: CompiledProgram,
    places: { readonly arena: number; readonly prepared: number },
  ): Binding {
    const { arena, prepared } = places;
    const known = this.#bindings.get(store);
    const isSame = known?.arena === arena && known.prepared === prepared && known.compiled === compiled;
    if (isSame && known.holds) return known;
    known?.release();
    const binding = new Binding(compiled, store, places, (variable) => this.#variables.get(variable)!);
    this.#bindings.set(store, binding);
    return binding;
  }
}
