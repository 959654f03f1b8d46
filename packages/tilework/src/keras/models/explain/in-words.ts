/** Names that a program has for itself, in words. */

/** `winogradData` as `winograd data`; names of tensors (`conv2d/kernel`) stay. */
export function nameInWords(name: string): string {
  if (name.includes("/")) return name;
  return name
    .replaceAll(
      /([a-z0-9])([A-Z])/g,
      (_, before: string, after: string) => `${before} ${after.toLowerCase()}`,
    )
    .replace(".", ": ");
}

/** `a+b+a` as `a ×2 + b`. Names of several words stand for all their steps and are not counted. */
export function operationNames(name: string): string {
  const counts = new Map<string, number>();
  for (const part of name.split("+")) counts.set(part, (counts.get(part) ?? 0) + 1);
  return [...counts]
    .map(([part, count]) =>
      count === 1 || part.includes(" ") ? nameInWords(part) : `${nameInWords(part)} ×${count}`,
    )
    .join(" + ");
}

const feeds: Readonly<Record<string, string>> = { x: "input data", y: "labels", w: "sample weights" };

/** What a step is fed with: `y.1` as `labels 2`; whatever has no number belongs to the optimizer, or is a seed or mask. */
export function feedInWords(name: string): string {
  const [kind, number] = name.split(".");
  if (number === undefined) return nameInWords(name);
  return `${feeds[kind!] ?? kind}${number === "0" ? "" : ` ${Number(number) + 1}`}`;
}
