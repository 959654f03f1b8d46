/** How many points of a nest's iteration space take part, guards counted. */
import { evaluateIndex } from "../../kernel/index-expression.ts";
import type { Guard, Nest } from "../../kernel/nest.ts";

/** Guards over more points than this count as always open. */
const mostPoints = 2 ** 20;

/** Counts the points of any set of axes at which every guard over these axes alone holds. */
export function pointCounter(nest: Nest): (axes: ReadonlySet<number>) => number {
  const groups = linkedGuards(nest.guards).map((group) => ({
    axes: axesOf(group),
    open: openShare(nest, group),
  }));
  return (axes) => {
    let points = 1;
    for (const axis of axes) points *= nest.axes[axis]!.size;
    for (const group of groups) if ([...group.axes].every((axis) => axes.has(axis))) points *= group.open;
    return Math.round(points);
  };
}

/** Guards in groups that share no axis, so that the groups' shares multiply. */
function linkedGuards(guards: readonly Guard[]): Guard[][] {
  const groups: Guard[][] = [];
  for (const guard of guards) {
    const axes = axesOf([guard]);
    const linked = groups.filter((group) => [...axesOf(group)].some((axis) => axes.has(axis)));
    for (const group of linked) groups.splice(groups.indexOf(group), 1);
    groups.push([...linked.flat(), guard]);
  }
  return groups;
}

function axesOf(guards: readonly Guard[]): Set<number> {
  return new Set(guards.flatMap(({ index }) => index.terms.map((term) => term.axis)));
}

function openShare(nest: Nest, guards: readonly Guard[]): number {
  const axes = [...axesOf(guards)];
  const points = axes.reduce((product, axis) => product * nest.axes[axis]!.size, 1);
  if (points > mostPoints) return 1;
  const point = nest.axes.map(() => 0);
  let open = 0;
  for (let number = 0; number < points; number++) {
    let rest = number;
    for (const axis of axes) {
      const { size } = nest.axes[axis]!;
      point[axis] = rest % size;
      rest = Math.floor(rest / size);
    }
    if (guards.every(({ index, size }) => isInside(evaluateIndex(index, point), size))) open++;
  }
  return open / points;
}

function isInside(value: number, size: number): boolean {
  return 0 <= value && value < size;
}
