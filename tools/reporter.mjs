/**
 * Mocha's dots and failures as they are, the name of what fails at once (a run may take hours), then why tests were skipped, each reason once, and as the very last line
 * `N passed, N failed, N skipped`. A skipped test gives its reason through test/skip.ts.
 */
import Mocha from 'mocha';

const { EVENT_TEST_FAIL, EVENT_TEST_PENDING, EVENT_RUN_END } = Mocha.Runner.constants;

export default class CountsReporter extends Mocha.reporters.Dot {
  constructor(runner, options) {
    super(runner, options);
    const skipped = new Map();
    runner.on(EVENT_TEST_FAIL, test => console.log(`\n  failed: ${test.fullTitle()}`));
    runner.on(EVENT_TEST_PENDING, test => {
      const reason = skipReason(test);
      skipped.set(reason, [...(skipped.get(reason) ?? []), test.fullTitle()]);
    });
    runner.on(EVENT_RUN_END, () => {
      for (const [reason, titles] of skipped) {
        const others = titles.length > 1 ? ` (and ${titles.length - 1} more)` : '';
        console.log(`  skipped: ${titles[0]}${others}: ${reason}`);
      }
      const { passes, failures, pending } = this.stats;
      console.log(`\n${passes} passed, ${failures} failed, ${pending} skipped`);
    });
  }
}

function skipReason(test) {
  for (let at = test; at; at = at.parent) if (at.skipReason) return at.skipReason;
  return 'no reason given';
}
