/**
 * Skips the running test, or from a `before` hook its whole suite, with a reason that the reporter prints:
 *
 *   before(function () { if (!existsSync(VECTORS)) skip(this, 'no ../shared beside this checkout'); });
 */
export function skip(context: Mocha.Context, reason: string): never {
  const running = context.test as Mocha.Runnable & { type?: string };
  const holder = running.type === 'hook' ? running.parent : running;
  (holder as { skipReason?: string }).skipReason = reason;
  return context.skip();
}
