/** Elementary functions of float32 numbers on the host: the same bits as in kernels. */
import { hostFunction } from "./evaluate-expression.ts";
import { cos, erf, exp, expm1, log, log1p, pow, sigmoid, sin, softplus, tanh } from "./math.ts";

export const hostExp: (x: number) => number = hostFunction(1, exp);
export const hostExpm1: (x: number) => number = hostFunction(1, expm1);
export const hostLog: (x: number) => number = hostFunction(1, log);
export const hostLog1p: (x: number) => number = hostFunction(1, log1p);
export const hostTanh: (x: number) => number = hostFunction(1, tanh);
export const hostErf: (x: number) => number = hostFunction(1, erf);
export const hostSigmoid: (x: number) => number = hostFunction(1, sigmoid);
export const hostSoftplus: (x: number) => number = hostFunction(1, softplus);
export const hostSin: (x: number) => number = hostFunction(1, sin);
export const hostCos: (x: number) => number = hostFunction(1, cos);
export const hostPow: (x: number, y: number) => number = hostFunction(2, pow);
