/**
 * Buffers and tables must not lie below this address of a WebAssembly memory, 1 MiB. An instruction adds its offset to
 * the address without wrapping, so the address alone must not be below 0, although only the sum lies in a buffer.
 * Printed offsets are at most this large.
 */
export const lowestAddress: number = 2 ** 20;
