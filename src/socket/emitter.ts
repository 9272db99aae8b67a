/** The few lines of Node's EventEmitter that a socket needs. */
export type Listener = (argument: never) => void;

export class Emitter {
  private readonly listeners: { [event: string]: Listener[] };

  constructor() {
    this.listeners = {};
  }

  on(event: string, listener: Listener): void {
    const list = this.listeners[event];
    // A new list each time: a listener may be added while the old list is being called.
    this.listeners[event] = list ? list.concat([listener]) : [listener];
  }

  off(event: string, listener: Listener): void {
    const list = this.listeners[event];
    if (list) this.listeners[event] = list.filter(other => other !== listener);
  }

  has(event: string): boolean {
    const list = this.listeners[event];
    return !!list && list.length > 0;
  }

  /** Calls the listeners in the order they were added; answers false if there is none. */
  emit(event: string, argument?: unknown): boolean {
    if (!this.has(event)) return false;
    for (const listener of this.listeners[event]) listener(argument as never);
    return true;
  }
}
