/** A key that client and server were given by other means, RFC 8446 §4.2.11. */
export interface ExternalPsk {
  /** What the server knows the key by: 1 byte or more. Anybody can read it. */
  identity: Uint8Array;
  /** 16 random bytes or more: nothing that a person has thought of. */
  key: Uint8Array;
  /** The one that the key was made for. */
  hash: 'sha256' | 'sha384';
}
