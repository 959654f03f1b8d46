/**
 * Writes protocol buffers (https://protobuf.dev/programming-guides/encoding): a message is a list of fields, each a
 * number and a value. Only what ONNX models need: integers, floats, texts, bytes and messages within messages.
 */
export type Field = readonly [
  number: number,
  value: bigint | number | string | Uint8Array | readonly Field[] | Float,
];

/** A 32-bit float; a plain number is an integer. */
export interface Float {
  readonly float: number;
}

const [varint, lengthDelimited, fixed32] = [0, 2, 5];

export function encodeMessage(fields: readonly Field[]): Uint8Array {
  return concatenate(fields.map(encodeField));
}

function encodeField([number, value]: Field): Uint8Array {
  const tag = (wireType: number): Uint8Array => encodeVarint(BigInt((number << 3) | wireType));
  if (typeof value === "bigint" || typeof value === "number")
    return concatenate([tag(varint), encodeVarint(BigInt(value))]);
  if (typeof value === "object" && "float" in value)
    return concatenate([tag(fixed32), new Uint8Array(Float32Array.of(value.float).buffer)]);
  const bytes =
    typeof value === "string"
      ? new TextEncoder().encode(value)
      : value instanceof Uint8Array
        ? value
        : encodeMessage(value);
  return concatenate([tag(lengthDelimited), encodeVarint(BigInt(bytes.length)), bytes]);
}

/** Seven bits a byte, the lowest first; negative numbers as 64-bit two's complement. */
function encodeVarint(value: bigint): Uint8Array {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, value);
  for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  return Uint8Array.of(...bytes, Number(rest));
}

function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
