import fc from "fast-check";
import { expect, test } from "vitest";
import { chooseAlgorithms } from "../compiler/choose-algorithms.ts";
import { nodesOf, rootsOf } from "../graph/program.ts";
import type { Node } from "../graph/value.ts";
import type { ConvolutionOptions } from "../ops/convolution/convolution-shapes.ts";
import type { Pool } from "../ops/pooling/pool-geometry.ts";
import { largerRandomProgram } from "./random-program.ts";

const graphs: readonly (readonly Node[])[] = fc
  .sample(largerRandomProgram, { numRuns: 400, seed: 1 })
  .map(({ program }) => nodesOf(rootsOf(chooseAlgorithms(program))));

const isOp =
  (name: string, holds: (node: Node) => boolean = () => true) =>
  (node: Node): boolean =>
    node.op.name === name && holds(node);

const isConvolution = (holds: (options: ConvolutionOptions, node: Node) => boolean) =>
  isOp("convolution", (node) => holds(node.attributes as ConvolutionOptions, node));

const imageRank = (node: Node): number => node.inputs[0]!.shape.length - 2;

const poolOf = (node: Node): Pool => (node.attributes as { readonly pool: Pool }).pool;

function isPool(node: Node, holds: (pool: Pool, sizes: readonly number[]) => boolean): boolean {
  const pools = ["maxPool", "averagePool"].includes(node.op.name);
  return pools && holds(poolOf(node), node.inputs[0]!.shape.slice(1, -1));
}

test.each<[kind: string, least: number, is: (node: Node) => boolean]>([
  ["a Winograd convolution", 0.05, isOp("winogradResult")],
  ["the gradient of a Winograd convolution by its kernel", 0.05, isOp("winogradKernelGradient")],
  ["a convolution by its definition", 0.2, isOp("convolution")],
  ["a grouped convolution", 0.05, isConvolution(({ groups = 1 }) => groups > 1)],
  ["a dilated convolution", 0.05, isConvolution(({ dilation = [] }) => dilation.some((step) => step > 1))],
  ["a strided convolution", 0.05, isConvolution(({ strides = [] }) => strides.some((step) => step > 1))],
  ["a convolution in one dimension", 0.04, isConvolution((_, node) => imageRank(node) === 1)],
  ["a convolution in three dimensions", 0.04, isConvolution((_, node) => imageRank(node) === 3)],
  ["a depthwise convolution", 0.05, isOp("depthwiseConvolution")],
  ["the gradient of a convolution by its input", 0.1, isOp("convolutionBackwardData")],
  ["the gradient of a convolution by its kernel", 0.1, isOp("convolutionBackwardFilter")],
  ["a product of odd sizes", 0.05, isOp("matmul", ({ inputs: [, y] }) => y!.shape.at(-1)! % 8 === 1)],
  ["means and variances", 0.1, isOp("moments")],
  ["maxima of windows", 0.1, isOp("maxPool")],
  ["means of windows", 0.05, isOp("averagePool")],
  ["adaptive pooling", 0.03, (node) => isPool(node, (pool) => "outputSizes" in pool)],
  [
    "global pooling",
    0.03,
    (node) => isPool(node, (pool, sizes) => "window" in pool && pool.window.join() === sizes.join()),
  ],
])("random programs have %s, a share of at least %d", (_, least, is) => {
  expect(graphs.filter((graph) => graph.some(is)).length / graphs.length).toBeGreaterThanOrEqual(least);
});
