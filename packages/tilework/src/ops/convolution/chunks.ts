/**
 * Sums over the batch, split into chunks of images. The split depends on the batch size and the number of results
 * alone, so the result has the same bits for any number of threads.
 */
import type { LowerContext } from "../../graph/define-op.ts";
import { addIndex, axisIndex, type Index, scaleIndex } from "../../kernel/index-expression.ts";
import type { Buffer } from "../../kernel/nest.ts";
import { NestBuilder } from "../../kernel/nest-builder.ts";
import { sizeOf } from "../../tensor/shape.ts";

const maxChunks = 8;

/** So many results can be shared out among threads by themselves; partial sums of them would only fill memory. */
const manyResults = 2 ** 18;

/** `batch` images in chunks of `images`; the last one may be shorter. */
export interface Chunks {
  readonly batch: number;
  readonly count: number;
  readonly images: number;
}

export function chunksOf(batch: number, results: number): Chunks {
  const images = results >= manyResults ? batch : Math.ceil(batch / Math.min(batch, maxChunks));
  return { batch, count: Math.ceil(batch / images), images };
}

/**
 * Lets `emitPartials` write one partial sum a chunk, `[chunk, …result]`, then adds them, first chunk first. With a
 * single chunk the partial sum is the result, and the target has no chunk axis.
 */
export function sumOverChunks<A>(
  context: LowerContext<A>,
  batch: number,
  emitPartials: (target: Buffer, chunks: Chunks) => void,
): void {
  const output = context.outputs[0]!;
  const chunks = chunksOf(batch, sizeOf(output.shape));
  sumPartials(context, output, chunks.count, (target) => emitPartials(target, chunks));
}

/** The same for so many chunks of any kind, whose sum is written to `sums`. */
export function sumPartials<A>(
  { temporary, emit }: LowerContext<A>,
  sums: Buffer,
  chunks: number,
  emitPartials: (target: Buffer) => void,
): void {
  if (chunks === 1) {
    emitPartials(sums);
    return;
  }
  const partials = temporary("partialSums", [chunks, ...sums.shape]);
  emitPartials(partials);
  const nest = new NestBuilder("sumOfChunks");
  const place = sums.shape.map((size, axis) => axisIndex(nest.space(`d${axis}`, size)));
  const chunk = axisIndex(nest.reduction("chunk", chunks));
  const [sum] = nest.reduce([{ op: "add", value: nest.load(partials, [chunk, ...place]) }]);
  nest.store(sums, place, sum!);
  emit(nest.build());
}

/** The chunk as a space axis, in the form of the target's leading indices: none for a single chunk. */
export function chunkAxis(nest: NestBuilder, { count }: Pick<Chunks, "count">): Index[] {
  return count > 1 ? [axisIndex(nest.space("chunk", count))] : [];
}

/** The images of the chunk as a reduction axis; gives the image's number, guarded into the batch. */
export function imageInChunk(nest: NestBuilder, chunk: readonly Index[], chunks: Chunks): Index {
  const { batch, count, images } = chunks;
  const first = chunk.map((index) => scaleIndex(index, images));
  const image = addIndex(...first, axisIndex(nest.reduction("image", images)));
  if (count * images > batch) nest.guard(image, batch);
  return image;
}
