/** Text that is equal for structurally equal plain values; unlike JSON it tells NaN, infinities and -0 apart. */
export function structuralKey(value: unknown): string {
  return (
    JSON.stringify(value, (_, part: unknown) => {
      if (typeof part !== "number") return part;
      return Number.isFinite(part) && !Object.is(part, -0)
        ? part
        : `number ${Object.is(part, -0) ? "-0" : part}`;
    }) ?? "undefined"
  );
}
