/** Colors that tell a page's layers apart, and on which dark text can be read. */

/** The golden section: neighbours in a list lie far from each other on the circle of hues. */
const stride = 0.382;
const lightnesses = [72, 60, 83] as const;

/** A color of its own for each layer: hues at equal distances, taken by turns in three lightnesses. */
export function layerColors(origins: Iterable<string>): Map<string, string> {
  const distinct = [...new Set(origins)];
  const count = distinct.length;
  let step = Math.max(1, Math.round(stride * count));
  while (greatestDivisor(step, count) > 1) step++;
  return new Map(
    distinct.map((origin, at) => {
      const hue = Math.round((360 * ((at * step) % count)) / count);
      return [origin, `hsl(${hue} 65% ${lightnesses[at % 3]}%)`];
    }),
  );
}

function greatestDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestDivisor(b, a % b);
}
