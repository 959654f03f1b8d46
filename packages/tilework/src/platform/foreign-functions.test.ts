import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { ForeignFunctions, type Libc, openForeignFunctions } from "./foreign-functions.ts";
import { systemRefusal } from "./libc.ts";
import { nodeFunctionsRefusal } from "./node-foreign-functions.ts";

/** mov rax, [rdi]; add [rsi], rax; xor eax, eax; ret */
const addCode = Uint8Array.of(0x48, 0x8b, 0x07, 0x48, 0x01, 0x06, 0x31, 0xc0, 0xc3);

/** Protection of the mapping at an address, such as "r-xp"; undefined where nothing is mapped. */
function protectionAt(address: bigint): string | undefined {
  for (const line of readFileSync("/proc/self/maps", "utf8").split("\n")) {
    const [, from, to, protection] = /^([0-9a-f]+)-([0-9a-f]+) (\S+)/.exec(line) ?? [];
    if (from !== undefined && BigInt(`0x${from}`) <= address && address < BigInt(`0x${to}`))
      return protection;
  }
  return undefined;
}

/** The kernel's flags of the mapping at an address. */
function flagsAt(address: bigint): readonly string[] {
  for (const mapping of readFileSync("/proc/self/smaps", "utf8").split(/\n(?=[0-9a-f]+-[0-9a-f]+ )/)) {
    const [, from, to] = /^([0-9a-f]+)-([0-9a-f]+) /.exec(mapping) ?? [];
    if (from !== undefined && BigInt(`0x${from}`) <= address && address < BigInt(`0x${to}`))
      return /^VmFlags: (.*)$/m.exec(mapping)![1]!.split(" ");
  }
  return [];
}

describe.skipIf(nodeFunctionsRefusal() !== undefined)("on this host", () => {
  const functions = openForeignFunctions();
  if (typeof functions === "string") throw new Error(functions);

  test("code is executable and not writable, runs over shared memory, and goes when unmapped", () => {
    const code = functions.mapCode(addCode);
    if (typeof code === "string") throw new Error(code);
    expect(protectionAt(code.address)).toBe("r-xp");
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 2, shared: true });
    const base = functions.addressOf(memory.buffer);
    const words = new BigInt64Array(memory.buffer);
    words.set([40n, 2n]);
    const pointers = [code.address, base, base + 8n].map(functions.pointerTo);
    functions.call(pointers[0]!, pointers[1]!, pointers[2]!);
    expect(words.slice(0, 2)).toEqual(BigInt64Array.of(40n, 42n));
    code.unmap();
    expect(protectionAt(code.address)).toBeUndefined();
  });

  test("memory that grows stays where it is", () => {
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 1000, shared: true });
    const before = functions.addressOf(memory.buffer);
    memory.grow(999);
    expect(functions.addressOf(memory.buffer)).toBe(before);
  });
});

const largePages = "/sys/kernel/mm/transparent_hugepage/enabled";

test.skipIf(nodeFunctionsRefusal() !== undefined || !existsSync(largePages))(
  "memory of WebAssembly can be backed with large pages, also what it grows by later",
  () => {
    const functions = openForeignFunctions() as ForeignFunctions;
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 1000, shared: true });
    const base = functions.addressOf(memory.buffer);
    expect(flagsAt(base)).not.toContain("hg");
    functions.preferLargePages(base, 1000 * 65536);
    memory.grow(999);
    expect(flagsAt(base)).toContain("hg");
    expect(flagsAt(base + 999n * 65536n)).toContain("hg");
  },
);

/** A system that grants and refuses as told, and remembers what it was asked. */
function fakeLibc(
  answers: { readonly address: bigint; readonly executable: boolean },
  asked: string[],
): Libc {
  return {
    mapMemory: () => answers.address,
    makeExecutable: () => answers.executable,
    unmap: (address, bytes) => void asked.push(`unmap ${address} ${bytes}`),
    copy: (_, address) => void asked.push(`copy ${address}`),
    addressOf: () => 0n,
    pointerTo: (address) => address,
    call: () => undefined,
    preferLargePages: () => undefined,
  };
}

test("memory that may not become executable is given back, and the reason told", () => {
  const asked: string[] = [];
  const functions = new ForeignFunctions(fakeLibc({ address: 8192n, executable: false }, asked));
  expect(functions.mapCode(addCode)).toBe("the system does not let programs make memory executable");
  expect(asked).toEqual(["copy 8192", "unmap 8192 9"]);
});

test("where there is no memory nothing is copied", () => {
  const asked: string[] = [];
  const failed = 2n ** 64n - 1n;
  const functions = new ForeignFunctions(fakeLibc({ address: failed, executable: true }, asked));
  expect(functions.mapCode(addCode)).toBe("the system gave no memory for machine code");
  expect(asked).toEqual([]);
});

test.each([
  ["linux", "x64", undefined],
  ["linux", "x86_64", undefined],
  ["linux", "arm64", "machine code is printed for x86-64 only; this is arm64"],
  ["darwin", "x64", "machine code runs on Linux only; this is darwin"],
  ["win32", "x64", "machine code runs on Linux only; this is win32"],
])("on %s, %s: %s", (system, architecture, refusal) => {
  expect(systemRefusal(system, architecture)).toBe(refusal);
});
