/** Which instructions to print; `auto` (the default) takes the widest that the processor has. */
export type Instructions = "auto" | "avx512" | "avx2";
