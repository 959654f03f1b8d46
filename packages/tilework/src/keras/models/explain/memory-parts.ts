/** The parts of a page that show memory: the plan, its peak, prepared weights, each worker's own. */
import type { ExplainedBuffer } from "../../../compiler/explain/explain-plan.ts";
import { htmlTable } from "./html-table.ts";
import type { Kinds } from "./layer-kinds.ts";
import { drawMemory, type Mark } from "./memory-drawing.ts";
import { isAlive, type StepExplanation, stagesText } from "./step-explanation.ts";
import { bufferName } from "./total-lines.ts";
import { counted, formatBytes } from "./units.ts";

export function memoryPart(explanation: StepExplanation, kinds: Kinds): string {
  const { buffers, stages, arenaBytes, liveBytes, peakStage } = explanation;
  if (buffers.length === 0) return "";
  const drawing = drawMemory({
    buffers,
    columns: stages,
    marks: Array.from({ length: stages }, (_, stage): Mark => ({ column: stage, text: String(stage) })),
    axis: "stage of the step",
    bytes: arenaBytes,
    lowerBound: liveBytes,
    peak: { column: peakStage, text: `peak: ${formatBytes(liveBytes)} in stage ${peakStage}` },
    height: 420,
    colorOf: kinds.colorOf,
    label: "Memory plan: stages to the right, offsets upwards, one rectangle a buffer",
    lifeOf: ({ first, last }) => stagesText(first, last),
  });
  return `<h2>Memory plan</h2>
<p>Time runs to the right, stage by stage. Each rectangle is one buffer: as wide as it is needed, as high as it is large. Point at it or tap it for its name.</p>
${drawing}`;
}

const mostPeakRows = 10;

/** What makes the peak as high as it is. */
export function peakPart({ buffers, peakStage, liveBytes }: StepExplanation, kinds: Kinds): string {
  const alive = buffers.filter((buffer) => isAlive(buffer, peakStage));
  const shown = alive.slice(0, mostPeakRows);
  if (shown.length === 0) return "";
  const rest = alive.slice(mostPeakRows);
  const restBytes = rest.reduce((sum, { bytes }) => sum + bytes, 0);
  const rows = shown.map((buffer) => [
    bufferName(buffer),
    formatBytes(buffer.bytes),
    stagesText(buffer.first, buffer.last),
  ]);
  const more = `<p>and ${counted(rest.length, "smaller one")} of ${formatBytes(restBytes)} in all</p>`;
  return `<h2>What is alive at the peak: ${formatBytes(liveBytes)} in stage ${peakStage}</h2>
${htmlTable({ titles: ["Buffer", "Bytes", "Needed in"], rows, wrapped: [0] }, { colorOf: (_, row) => kinds.colorOf(shown[row]!) })}
${rest.length === 0 ? "" : more}`;
}

/** What is made of weights once and kept for all steps. */
export function preparedPart({ prepared, preparedBytes, kernels }: StepExplanation, kinds: Kinds): string {
  if (prepared.length === 0) return "";
  const made = 1 + Math.max(...kernels.map(({ isPreparation, stage }) => (isPreparation ? stage : 0)));
  const drawing = drawMemory({
    buffers: prepared.map((buffer) => ({ ...buffer, last: made })),
    columns: made + 1,
    marks: Array.from({ length: made + 1 }, (_, column): Mark => {
      return { column, text: column === made ? "all steps" : `stage ${column}, once` };
    }),
    axis: "made when weights have changed, then kept for all steps",
    bytes: preparedBytes,
    lowerBound: preparedBytes,
    height: 200,
    colorOf: kinds.colorOf,
    label: "Prepared weights: one rectangle a buffer, made once and kept for all steps",
    lifeOf: ({ first }) => `made in stage ${first}, kept for all steps`,
  });
  return `<h2>Prepared weights: ${formatBytes(preparedBytes)}</h2>
<p>What is computed from weights alone is computed only when weights have changed, and stays in memory of its own beside the memory plan.</p>
${drawing}`;
}

/** What each worker has of its own: its stages side by side, kernel by kernel. */
export function slicePart(
  { slices, sliceBytes, liveSliceBytes, kernels }: StepExplanation,
  kinds: Kinds,
): string {
  if (slices.length === 0) return "";
  const sliced = [...new Set(slices.map(({ stage }) => stage))].sort((a, b) => a - b);
  const counts = sliced.map((stage) => kernels.filter((kernel) => kernel.stage === stage).length);
  const starts = new Map(sliced.map((stage, at) => [stage, counts.slice(0, at).reduce((a, b) => a + b, 0)]));
  const lives = new Map<ExplainedBuffer, string>();
  const placed = slices.map((slice) => {
    const start = starts.get(slice.stage)!;
    const life =
      slice.first === slice.last ? `kernel ${slice.first}` : `kernels ${slice.first} to ${slice.last}`;
    const buffer = { ...slice, first: start + slice.first, last: start + slice.last };
    lives.set(buffer, `stage ${slice.stage}, its ${life}`);
    return buffer;
  });
  const drawing = drawMemory({
    buffers: placed,
    columns: counts.reduce((a, b) => a + b, 0),
    marks: sliced.map((stage): Mark => ({ column: starts.get(stage)!, text: String(stage) })),
    axis: "stage, kernel by kernel",
    bytes: sliceBytes,
    lowerBound: liveSliceBytes,
    height: 200,
    colorOf: kinds.colorOf,
    label:
      "Each worker's own memory: kernels to the right, offsets upwards, one rectangle a part of a buffer",
    lifeOf: (buffer) => lives.get(buffer)!,
  });
  return `<h2>Each worker's own memory: ${formatBytes(sliceBytes)}</h2>
<p>Some stages hand their results on part by part: of these buffers only the part exists that a worker is at.</p>
${drawing}`;
}
