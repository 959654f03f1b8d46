import { broadcastTo } from "../shape/broadcast-to.ts";
import { reshape } from "../shape/reshape.ts";
import { defineReduce, keptDims, type ReduceOp } from "./define-reduce.ts";

/** The sum over axes. */
export const reduceSum: ReduceOp = defineReduce({
  name: "reduceSum",
  fold: "add",
  start: 0,
  step: (sum, element) => sum + element,
  gradient: ({ inputs: [x], upstream: [upstream], attributes: { axes } }) =>
    broadcastTo(reshape(upstream!, keptDims(x!, axes)), x!.shape),
});
