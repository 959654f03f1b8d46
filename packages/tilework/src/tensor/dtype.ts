/** Element types that device programs hold. `bool` is stored as one byte, 0 or 1. */
export type Dtype = "float32" | "int32" | "uint8" | "bool";

/** Element types that host arrays may have; what is no device type is converted when it goes in. */
export type HostDtype = Dtype | "float64" | "int8" | "int16" | "uint16" | "uint32";

/** Bytes of one element. */
export const byteSize: Readonly<Record<HostDtype, number>> = {
  float32: 4,
  float64: 8,
  int32: 4,
  uint32: 4,
  int16: 2,
  uint16: 2,
  int8: 1,
  uint8: 1,
  bool: 1,
};
