/** The few lines of Node's EventEmitter that a socket needs. */
export type Listener = (argument: never) => void;

export class Emitter {
  private readonly listeners: { [event: string]: Listener[] };

  constructor() {
    this.listeners = {};
  }

  // A new list each time: a listener may come or go while the old list is being called.
  on(event: string, listener: Listener): void {
    this.listeners[event] = this.list(event).concat([listener]);
  }

  off(event: string, listener: Listener): void {
    this.listeners[event] = this.list(event).filter(other => other !== listener);
  }

  has(event: string): boolean {
    return this.list(event).length > 0;
  }

  /** Calls the listeners in the order they were added; answers false if there is none. */
  emit(event: string, argument?: unknown): boolean {
    const list = this.list(event);
    for (const listener of list) listener(argument as never);
    return list.length > 0;
  }

  private list(event: string): Listener[] {
    return this.listeners[event] || [];
  }
}
