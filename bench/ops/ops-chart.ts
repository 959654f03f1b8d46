/** A chart of single operations: shares of the roof by case, in groups. */
import { type BarGroup, drawChart } from "../chart.ts";
import type { Category } from "./op-case.ts";
import { barOf, type OpResult, reachesBar, type Timed } from "./ops-report.ts";

const titles: Readonly<Record<Category, string>> = {
  convolution: "convolutions of 16 channels or more",
  "first layer": "first layers",
  "few channels": "convolutions of fewer channels or filters in a group",
  memory: "depthwise, 1x1, dense, pooling, normalization, elementwise",
};

/** A group for each device and kind of case; the red line is the bar, cases below theirs are amber. */
export function opsChart(title: string, results: readonly OpResult[]): string {
  return drawChart(`operations, share of the roof (${title})`, opsBars(results));
}

export function opsBars(results: readonly OpResult[]): BarGroup[] {
  const timed = results.filter((result): result is Timed => !("failure" in result));
  const devices = [...new Set(timed.map(({ device }) => device))];
  return devices.flatMap((device) =>
    (Object.keys(titles) as Category[]).flatMap((category) => {
      const own = timed.filter((result) => result.device === device && result.category === category);
      if (own.length === 0) return [];
      const bars = own.sort((x, y) => y.share.median - x.share.median).map(barFor);
      return [{ title: `${device}: ${titles[category]}`, bars, longest: 1 }];
    }),
  );
}

function barFor(result: Timed): BarGroup["bars"][number] {
  const { name, pass, share } = result;
  return {
    label: `${name}, ${pass}`,
    value: share.median,
    low: share.low,
    high: share.high,
    text: `${(100 * share.median).toFixed(0)} %`,
    kind: reachesBar(result) === undefined ? "other" : reachesBar(result) ? "own" : "short",
    goal: barOf(result),
  };
}
