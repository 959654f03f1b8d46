const units = ["B", "KB", "MB", "GB", "TB"];

/** Bytes as Keras writes them: two decimals in the largest unit that leaves at least 1. */
export function formatMemorySize(bytes: number): string {
  let size = bytes;
  for (const unit of units) {
    if (size < 1024) return `${twoDecimals(size)} ${unit}`;
    size /= 1024;
  }
  return `${twoDecimals(size)} PB`;
}

/** Two decimals; halfway, which only odd eighths are, to the even neighbour, as Python rounds. */
function twoDecimals(value: number): string {
  if ((value * 8) % 2 !== 1) return value.toFixed(2);
  const below = Math.floor(value * 100);
  return ((below % 2 === 0 ? below : below + 1) / 100).toFixed(2);
}
