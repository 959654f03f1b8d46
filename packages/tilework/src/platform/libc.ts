/** What the hosts' doors to C's library share: constants of Linux, file names, and which systems are known. */

/** Protection and kind of memory, as `mmap` and `mprotect` of Linux take them. */
export const mapping = { readWrite: 3, readExecute: 5, privateAnonymous: 0x22 } as const;

/** C's library, as glibc and as musl name it. */
const libraryNames = ["libc.so.6", "libc.musl-x86_64.so.1"] as const;

/** Advice of Linux's `madvise` to back memory with large pages. */
export const preferLarge = 14;

/** What `open` gives for the first of C's libraries that is there. Throws the last one's error. */
export function openLibrary<T>(open: (name: string) => T): T {
  const [glibc, musl] = libraryNames;
  try {
    return open(glibc);
  } catch {
    return open(musl);
  }
}

/** Why machine code for x86-64 Linux cannot run on this system. */
export function systemRefusal(system: string, architecture: string): string | undefined {
  if (architecture !== "x64" && architecture !== "x86_64")
    return `machine code is printed for x86-64 only; this is ${architecture}`;
  if (system !== "linux") return `machine code runs on Linux only; this is ${system}`;
  return undefined;
}
