/**
 * Encodes a WebAssembly module in the binary format of the core specification (chapter 5): functions of integer
 * parameters without results over one imported memory. Only what the kernels need.
 */
import { ByteWriter } from "./byte-writer.ts";

export const valueTypes = { i32: 0x7f, f32: 0x7d, v128: 0x7b } as const;
export type ValueType = keyof typeof valueTypes;

/** The imported memory `env.memory`, in pages of 64 KiB. A shared one needs its maximum. */
export interface MemoryType {
  readonly initial: number;
  readonly maximum: number;
  readonly shared: boolean;
}

export interface ModuleFunction {
  /** The name under which it is exported. */
  readonly exportName: string;
  /** The name that profilers and traps show. */
  readonly debugName: string;
  readonly parameters: readonly ValueType[];
  readonly results: readonly ValueType[];
  /** Locals beyond the parameters, as runs of one type. */
  readonly locals: readonly { readonly type: ValueType; readonly count: number }[];
  /** Instructions, without the closing `end`. */
  readonly code: Uint8Array;
}

export interface Module {
  readonly memory: MemoryType;
  readonly functions: readonly ModuleFunction[];
}

/** The bytes of the module. Equal function types are written once. */
export function encodeModule(module: Module): Uint8Array<ArrayBuffer> {
  const out = new ByteWriter();
  out.append([0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00]);
  const types = new Map<string, number>();
  const typeOf = (signature: Uint8Array): number => {
    const key = signature.join();
    if (!types.has(key)) types.set(key, types.size);
    return types.get(key)!;
  };
  const signatures = module.functions.map(encodeSignature);
  const indices = signatures.map(typeOf);
  const distinct = signatures.filter((_, at) => indices.indexOf(indices[at]!) === at);
  section(out, 1, (body) => vector(body, distinct, (signature) => body.append(signature)));
  section(out, 2, (body) => importMemory(body, module.memory));
  section(out, 3, (body) => vector(body, indices, (index) => body.unsigned(index)));
  section(out, 7, (body) =>
    vector(body, module.functions, (fn, index) => {
      body.text(fn.exportName);
      body.byte(0x00);
      body.unsigned(index);
    }),
  );
  section(out, 10, (body) => vector(body, module.functions, (fn) => body.sized(encodeBody(fn))));
  section(out, 0, (body) => nameFunctions(body, module.functions));
  return out.toBytes();
}

function encodeSignature(fn: ModuleFunction): Uint8Array {
  const out = new ByteWriter();
  out.byte(0x60);
  vector(out, fn.parameters, (type) => out.byte(valueTypes[type]));
  vector(out, fn.results, (type) => out.byte(valueTypes[type]));
  return out.toBytes();
}

function importMemory(out: ByteWriter, { initial, maximum, shared }: MemoryType): void {
  out.unsigned(1);
  out.text("env");
  out.text("memory");
  out.byte(0x02);
  out.byte(shared ? 0x03 : 0x01);
  out.unsigned(initial);
  out.unsigned(maximum);
}

function encodeBody(fn: ModuleFunction): Uint8Array {
  const out = new ByteWriter();
  vector(out, fn.locals, ({ type, count }) => {
    out.unsigned(count);
    out.byte(valueTypes[type]);
  });
  out.append(fn.code);
  out.byte(0x0b);
  return out.toBytes();
}

function nameFunctions(out: ByteWriter, functions: readonly ModuleFunction[]): void {
  out.text("name");
  const names = new ByteWriter();
  vector(names, functions, (fn, index) => {
    names.unsigned(index);
    names.text(fn.debugName);
  });
  out.byte(0x01);
  out.sized(names.toBytes());
}

function section(out: ByteWriter, id: number, write: (body: ByteWriter) => void): void {
  const body = new ByteWriter();
  write(body);
  out.byte(id);
  out.sized(body.toBytes());
}

function vector<T>(out: ByteWriter, items: readonly T[], write: (item: T, index: number) => void): void {
  out.unsigned(items.length);
  items.forEach(write);
}
