/** A case, as the board runs it. */
export interface Case {
  name: string;
  /** Fixtures, by name: the host sets them before the case. */
  needs: string[];
  timeoutMs: number;
  run(t: CaseContext): void;
}

export interface CaseContext {
  /** What the host said of a fixture: addresses, ports, anchors. */
  fixture(name: string): { [key: string]: string | number };
  metric(name: string, value: number): void;
  log(text: string): void;
  /** Ends the case; the first of `pass` and `fail` counts. */
  pass(): void;
  fail(message: string): void;
  after(ms: number, callback: () => void): void;
  now(): number;
}
