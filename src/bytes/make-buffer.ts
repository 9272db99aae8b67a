/** Answers `length` bytes, all 0, for what is large and outlives a call: a board may have memory for that outside of the engine's heap. */
export type MakeBuffer = (length: number) => Uint8Array;
