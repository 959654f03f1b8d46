/**
 * Loads of elements that lie near each other but not in a row: neighbours at a stride, pixels and their few channels
 * as one vector, values that several lanes share. Whole vectors are loaded from where the elements lie and their lanes
 * permuted, which takes an instruction a vector where lanes loaded one by one would take one each.
 */
import { type LaneWindow, laneWindows } from "../../compiler/scheduling/lane-windows.ts";
import type { Address, MemoryType } from "../kernel-code.ts";
import type { Scope } from "./code-builder.ts";
import type { Emission } from "./emission.ts";
import { bytesOf } from "./memory-type.ts";

export interface LaneLoad {
  readonly address: Address;
  readonly type: MemoryType;
  /** Bytes from the address to the element of each lane; lanes without an offset hold anything. */
  readonly offsets: readonly (number | undefined)[];
  /** The most vectors that may be loaded. */
  readonly most?: number;
  /** Distances in bytes at which iterations written out beside this one load the same way, 0 among them. */
  readonly siblings?: Siblings;
}

export interface Siblings {
  readonly distances: readonly number[];
  /** Where what they share is kept. */
  readonly scope: Scope;
}

/**
 * The elements, each in its lane; undefined where that takes too many vectors. Iterations beside each other share
 * vectors where their elements lie among each other's.
 */
export function emitLanes(e: Emission, load: LaneLoad): number | undefined {
  const { address, type, offsets, most = e.lanes, siblings } = load;
  const bytes = bytesOf(type);
  const wanted = offsets.map((offset) => (offset === undefined ? undefined : offset / bytes));
  const own = laneWindows(wanted, e.lanes);
  if (own === undefined || own.length === 0 || own.length > most) return undefined;
  const shared = siblings && sharedWindows(wanted, siblings, bytes, e.lanes);
  const isShared = shared !== undefined && shared.length <= own.length;
  const windows = (isShared ? shared : own).filter((window) =>
    lanesIn(window, wanted).some((lane) => lane !== undefined),
  );
  const vectors = windows.map((window) =>
    isShared ? loadOnce(e, siblings!.scope, window, address, type) : loadWindow(e, window, address, type),
  );
  return gatherLanes(e, windows, vectors, wanted);
}

/** The windows over what all the siblings want. */
function sharedWindows(
  wanted: readonly (number | undefined)[],
  { distances }: Siblings,
  bytes: number,
  lanes: number,
): readonly LaneWindow[] | undefined {
  if (distances.length < 2) return undefined;
  const all = distances.flatMap((distance) =>
    wanted.map((element) => (element === undefined ? undefined : element + distance / bytes)),
  );
  return laneWindows(all, lanes);
}

function loadWindow(e: Emission, { first, active }: LaneWindow, address: Address, type: MemoryType): number {
  const to = e.builder.vector(type === "f32" ? "f32" : "i32");
  e.builder.emit({ op: "load", to, address: moved(e, address, first * bytesOf(type)), type, active });
  return to;
}

/** A vector that siblings need as well: loaded by the first of them. */
function loadOnce(e: Emission, scope: Scope, window: LaneWindow, address: Address, type: MemoryType): number {
  const { base, index, offset } = address;
  const key = `${type} ${base} ${index} ${offset + window.first * bytesOf(type)} ${window.active}`;
  const known = scope.loads.get(key);
  if (known !== undefined) return known;
  const to = loadWindow(e, window, address, type);
  if (e.builder.scope.statements === scope.statements) scope.loads.set(key, to);
  return to;
}

/** The wanted elements out of the windows' vectors. */
function gatherLanes(
  e: Emission,
  windows: readonly LaneWindow[],
  vectors: readonly number[],
  wanted: readonly (number | undefined)[],
): number {
  let result = vectors[0]!;
  let place = lanesIn(windows[0]!, wanted);
  if (windows.length === 1) return isInPlace(place) ? result : permute(e, result, undefined, place);
  windows.slice(1).forEach((window, at) => {
    const own = lanesIn(window, wanted);
    const lanes = place.map((lane, to) => lane ?? (own[to] === undefined ? undefined : own[to] + e.lanes));
    result = permute(e, result, vectors[at + 1]!, lanes);
    place = lanes.map((lane, to) => (lane === undefined ? undefined : to));
  });
  return result;
}

/** Lanes of `y` where `lanes` has no other of `x`. */
export function emitBlend(e: Emission, x: number, y: number, isFirst: readonly boolean[]): number {
  const lanes = Array.from({ length: e.lanes }, (_, at) => (isFirst[at] ? at : at + e.lanes));
  return permute(e, x, y, lanes);
}

function permute(
  e: Emission,
  x: number,
  y: number | undefined,
  wanted: readonly (number | undefined)[],
): number {
  const to = e.builder.vector(e.builder.vectors[x]!);
  const lanes = Array.from({ length: e.lanes }, (_, at) => wanted[at] ?? 0);
  e.builder.emit({ op: "permute", to, x, ...(y === undefined ? {} : { y }), lanes });
  return to;
}

/** The lane of a window that each wanted element is. */
function lanesIn(
  { first, active }: LaneWindow,
  wanted: readonly (number | undefined)[],
): (number | undefined)[] {
  return wanted.map((element) =>
    element !== undefined && element >= first && element < first + active ? element - first : undefined,
  );
}

function isInPlace(lanes: readonly (number | undefined)[]): boolean {
  return lanes.every((lane, at) => lane === undefined || lane === at);
}

/** The address some bytes further on. */
export function moved(e: Emission, { base, index, offset }: Address, by: number): Address {
  if (offset + by >= 0) return { base, ...(index === undefined ? {} : { index }), offset: offset + by };
  const shifted = e.builder.integerOnce(`offset ${base} ${offset + by}`, e.builder.scope, (to) => ({
    op: "offset",
    to,
    from: base,
    value: offset + by,
  }));
  return { base: shifted, ...(index === undefined ? {} : { index }), offset: 0 };
}
