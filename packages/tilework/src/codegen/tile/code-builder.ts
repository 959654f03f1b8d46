/**
 * Collects the statements of one kernel. Scopes mirror the structured control flow: a statement may be emitted
 * into any open scope, and because a loop is appended to its parent only when its body is complete, what goes
 * into an outer scope meanwhile stands before the loop: that is how invariants are hoisted.
 */
import type { ScalarType } from "../../kernel/expression.ts";
import type { Statement } from "../kernel-code.ts";

/** Statements under construction, and the values that are known to be in registers there. */
export interface Scope {
  readonly statements: Statement[];
  readonly depth: number;
  readonly parent: Scope | undefined;
  /** Vector registers by value key. */
  readonly values: Map<number, number>;
  /** Integer registers by description. */
  readonly integers: Map<string, number>;
  /** Vector registers loaded from memory that the kernel does not write meanwhile, by description. */
  readonly loads: Map<string, number>;
}

function createScope(parent: Scope | undefined, statements: Statement[]): Scope {
  return {
    statements,
    depth: parent === undefined ? 0 : parent.depth + 1,
    parent,
    values: new Map(),
    integers: new Map(),
    loads: new Map(),
  };
}

export class CodeBuilder {
  readonly root: Scope = createScope(undefined, []);
  readonly vectors: ScalarType[] = [];
  readonly tables: Int32Array[] = [];
  scope: Scope = this.root;
  /** Values may be looked up where they were computed before, whatever frame that was in. */
  sharing = false;
  integers = 0;
  readonly #buffers: number;
  readonly #tableSlots = new Map<string, number>();
  /** By the run of statements in which they stand. */
  readonly #shared = new WeakMap<readonly Statement[], Map<string, number>>();

  constructor(buffers: number) {
    this.#buffers = buffers;
  }

  integer(): number {
    return this.integers++;
  }

  vector(type: ScalarType): number {
    return this.vectors.push(type) - 1;
  }

  emit(statement: Statement, scope: Scope = this.scope): void {
    scope.statements.push(statement);
  }

  /** The integer register that `describe` names in this scope; emitted there when it is new. */
  integerOnce(describe: string, scope: Scope, emit: (to: number) => Statement): number {
    const known = scope.integers.get(describe);
    if (known !== undefined) return known;
    const to = this.integer();
    scope.integers.set(describe, to);
    const statement = emit(to);
    scope.statements.push(statement);
    return to;
  }

  /** The vector register that `describe` names in this run of statements while `sharing`; else computed anew. */
  vectorOnce(describe: string, compute: () => number): number {
    if (!this.sharing) return compute();
    const { statements } = this.scope;
    let known = this.#shared.get(statements);
    if (known === undefined) {
      known = new Map();
      this.#shared.set(statements, known);
    }
    let register = known.get(describe);
    if (register === undefined) {
      register = compute();
      known.set(describe, register);
    }
    return register;
  }

  /** The address in an argument slot. */
  argument(slot: number): number {
    return this.integerOnce(`argument ${slot}`, this.root, (to) => ({ op: "argument", to, slot }));
  }

  /** The address of a constant table; equal tables are one. */
  table(values: readonly number[]): number {
    const key = values.join();
    let slot = this.#tableSlots.get(key);
    if (slot === undefined) {
      slot = this.#buffers + this.tables.push(Int32Array.from(values)) - 1;
      this.#tableSlots.set(key, slot);
    }
    return this.argument(slot);
  }

  /** Runs `body` in a scope of its own whose statements are returned, not emitted. */
  block(body: () => void): Statement[] {
    const statements: Statement[] = [];
    this.nested(statements, body);
    return statements;
  }

  /** Runs `body` with a fresh memory of values; its statements go on in the current scope. */
  inline(body: () => void): void {
    this.nested(this.scope.statements, body);
  }

  private nested(statements: Statement[], body: () => void): void {
    const outer = this.scope;
    this.scope = createScope(outer, statements);
    try {
      body();
    } finally {
      this.scope = outer;
    }
  }
}
