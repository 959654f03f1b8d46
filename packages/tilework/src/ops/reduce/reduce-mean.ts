import { divide } from "../binary/divide.ts";
import { broadcastTo } from "../shape/broadcast-to.ts";
import { reshape } from "../shape/reshape.ts";
import { defineReduce, keptDims, type ReduceOp, reducedSize } from "./define-reduce.ts";

/** The arithmetic mean over axes. */
export const reduceMean: ReduceOp = defineReduce({
  name: "reduceMean",
  fold: "add",
  mean: true,
  start: 0,
  step: (sum, element) => sum + element,
  gradient: ({ inputs: [x], upstream: [upstream], attributes: { axes } }) => {
    const share = divide(upstream!, reducedSize(x!.shape, axes));
    return broadcastTo(reshape(share, keptDims(x!, axes)), x!.shape);
  },
});
