/** The largest batch whose step fits into memory. Scratch memory grows linearly with the batch, nearly. */

/** Bytes of a step's scratch memory for a batch, and whether they fit. */
export type PlanSize = (batch: number) => Promise<{ readonly bytes: number; readonly fits: boolean }>;

/**
 * Looks below `refused`, whose plan of `refusedBytes` did not fit into `available`. The answer itself has been
 * planned and fits; it is the largest up to about one in fifty. 0 where a batch of 1 does not fit.
 */
export async function fittingBatchSize(
  refused: number,
  refusedBytes: number,
  available: number,
  planSize: PlanSize,
): Promise<number> {
  if (refused <= 1) return 0;
  const one = await planSize(1);
  if (!one.fits) return 0;
  const perExample = (refusedBytes - one.bytes) / (refused - 1);
  let batch = Math.min(refused - 1, 1 + Math.floor((available - one.bytes) / Math.max(1, perExample)));
  while (batch > 1 && !(await planSize(batch)).fits) batch = Math.floor(batch * 0.98 - 0.02);
  return Math.max(1, batch);
}
