/**
 * Operations of the networks' products for one image, a multiply-add counted as two. Training does each product's
 * forward and both backward passes, but no gradient by the first layer's input.
 */
export interface Operations {
  readonly forward: number;
  readonly train: number;
}

/** ResNet-20's convolutions: 3 stages of 3 blocks, the first block of a later stage with stride 2 and a shortcut. */
function resnetProducts(): number[] {
  const products = [32 * 32 * 9 * 3 * 16];
  let before = 16;
  for (const [stage, filters] of [16, 32, 64].entries()) {
    const pixels = (32 >> stage) ** 2;
    for (let block = 0; block < 3; block++) {
      products.push(pixels * 9 * before * filters, pixels * 9 * filters * filters);
      if (before !== filters) products.push(pixels * before * filters);
      before = filters;
    }
  }
  return [...products, 64 * 10];
}

function operationsOf(products: readonly number[]): Operations {
  const forward = products.reduce((sum, product) => sum + 2 * product, 0);
  return { forward, train: 3 * forward - 2 * products[0]! };
}

/** Of networks 1 to 3 and, as 4, of ResNet-20. */
export const networkOperations: Readonly<Record<number, Operations>> = {
  1: operationsOf([26 * 26 * 9 * 32, 11 * 11 * 288 * 64, 1600 * 10]),
  2: operationsOf([28 * 28 * 75 * 16, 11 * 11 * 144 * 32, 3872 * 10]),
  3: operationsOf([62 * 62 * 27 * 64, 60 * 60 * 576 * 128, 128 * 10]),
  4: operationsOf(resnetProducts()),
};
