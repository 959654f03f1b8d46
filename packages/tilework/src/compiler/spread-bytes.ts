/** Bytes after which addresses fall into the same set of a first cache, and how near to that is too near. */
const setBytes = 4096;
const nearBytes = 512;
/** What is left free after a buffer of at least so many bytes: multiples of it fall into different sets. */
const spreadBy = 1088;
const fewestSpread = 32 * 1024;

/**
 * Bytes to keep for a buffer of so many bytes; both are multiples of 64 where one is. After whole pages the next buffer
 * would start in the same set of the first cache, and so would all that a kernel reads of the one and writes of the other
 * at the same place of an image.
 */
export function spreadBytes(bytes: number): number {
  const rest = bytes % setBytes;
  const isNear = Math.min(rest, setBytes - rest) < nearBytes;
  return bytes >= fewestSpread && isNear ? bytes + spreadBy : bytes;
}
