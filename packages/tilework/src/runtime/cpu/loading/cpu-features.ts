/** What the processor can do, asked by its own instructions `cpuid` and `xgetbv`. */
import type { Cpu } from "../../../codegen/x64/print-kernel.ts";

/** One instruction a row, with what assemblers call it. A comparator that fills four words at the second address. */
export const featureListing: readonly (readonly [text: string, ...bytes: number[]])[] = [
  ["push rbx", 0x53],
  ["mov r8, rsi", 0x49, 0x89, 0xf0],
  ["xor eax, eax", 0x31, 0xc0],
  ["cpuid", 0x0f, 0xa2],
  ["mov dword ptr [r8], eax", 0x41, 0x89, 0x00],
  ["mov dword ptr [r8+16], ebx", 0x41, 0x89, 0x58, 0x10],
  ["mov r9d, eax", 0x41, 0x89, 0xc1],
  ["mov eax, 1", 0xb8, 0x01, 0x00, 0x00, 0x00],
  ["cpuid", 0x0f, 0xa2],
  ["mov dword ptr [r8+4], ecx", 0x41, 0x89, 0x48, 0x04],
  ["mov dword ptr [r8+20], eax", 0x41, 0x89, 0x40, 0x14],
  ["bt ecx, 27", 0x0f, 0xba, 0xe1, 0x1b],
  ["jnc .+30", 0x73, 0x1c],
  ["xor ecx, ecx", 0x31, 0xc9],
  ["xgetbv", 0x0f, 0x01, 0xd0],
  ["mov dword ptr [r8+8], eax", 0x41, 0x89, 0x40, 0x08],
  ["cmp r9d, 7", 0x41, 0x83, 0xf9, 0x07],
  ["jb .+15", 0x72, 0x0d],
  ["mov eax, 7", 0xb8, 0x07, 0x00, 0x00, 0x00],
  ["xor ecx, ecx", 0x31, 0xc9],
  ["cpuid", 0x0f, 0xa2],
  ["mov dword ptr [r8+12], ebx", 0x41, 0x89, 0x58, 0x0c],
  ["xor eax, eax", 0x31, 0xc0],
  ["pop rbx", 0x5b],
  ["ret", 0xc3],
];

/** Words that the code fills; they must be zeros before. */
export const featureWords = 6;

export function featureCode(): Uint8Array {
  return Uint8Array.from(featureListing.flatMap(([, ...bytes]) => bytes));
}

/**
 * The widest instructions that processor and system both offer. Words: the highest leaf, ecx of leaf 1, the low half
 * of XCR0, ebx of leaf 7 (Intel SDM volume 1, chapters 14.3, 15.2 to 15.4), ebx of leaf 0, eax of leaf 1.
 */
export function widestInstructions(words: ArrayLike<number>): Cpu | undefined {
  const has = (word: number, ...bits: number[]): boolean =>
    bits.every((bit) => ((words[word]! >>> bit) & 1) === 1);
  const [leaf1, xcr0, leaf7] = [1, 2, 3];
  const [fma, osxsave, avx] = [12, 27, 28];
  if (!has(leaf1, fma, osxsave, avx) || !has(xcr0, 1, 2) || !has(leaf7, 5)) return undefined;
  const [f, dq, bw, vl] = [16, 17, 30, 31];
  return has(leaf7, f, dq, bw, vl) && has(xcr0, 5, 6, 7) ? "avx512" : "avx2";
}

/** The first four letters of AuthenticAMD. */
const AMD = 0x68747541;
/** Zen 4, the last family of AMD's whose multiply-adds take a 512-bit vector in two halves (Zen 5 is 1Ah). */
const LAST_HALVING = 0x19;

/**
 * Multiply-adds of whole vectors that a core of the processor starts in a cycle, by its maker and family (AMD Software
 * Optimization Guides for families 19h and 1Ah; Intel's servers have two units). Processors that are not known are
 * taken to have two.
 */
export function multiplyAddsOf(words: ArrayLike<number>, cpu: Cpu): 1 | 2 {
  const [maker, signature] = [words[4]!, words[5]!];
  const base = (signature >>> 8) & 0xf;
  const family = base + (base === 0xf ? (signature >>> 20) & 0xff : 0);
  return cpu === "avx512" && maker === AMD && family <= LAST_HALVING ? 1 : 2;
}
