/** Sessions in the files of Espruino's Storage and of Kaluma's file system, behind a reset. */
import assert from 'node:assert/strict';
import { espruinoSessions, kalumaSessions } from '../../boards/flash-sessions.js';
import type { SessionStore } from '../../src/socket/options.js';

const SESSION = new Uint8Array(300).fill(7).fill(1, 0, 1);

const storage = new Map<string, string>();
const files = new Map<string, Uint8Array>();

/** What the engines have built in. */
const modules: Record<string, object> = {
  Storage: {
    read: (name: string) => storage.get(name),
    write(name: string, data: Uint8Array) {
      assert.ok(name.length <= 28 && data.length > 0);
      storage.set(name, Buffer.from(data).toString('latin1'));
      return true;
    },
    erase: (name: string) => void storage.delete(name),
  },
  fs: {
    exists: (path: string) => files.has(path),
    readFile: (path: string) => files.get(path) ?? assert.fail(`no file ${path}`),
    writeFile: (path: string, data: Uint8Array) => void files.set(path, data.slice()),
  },
};

const boards: Record<string, () => SessionStore> = { Espruino: espruinoSessions, Kaluma: kalumaSessions };

for (const [name, boot] of Object.entries(boards)) {
  describe(`boards: sessions on ${name}`, () => {
    const globals = globalThis as { require?: unknown };
    const before_ = globals.require;
    before(() => {
      globals.require = (module: string) => modules[module];
    });
    after(() => {
      globals.require = before_;
    });

    it('are there behind a reset, until they are used', () => {
      boot().save('server.test:443', SESSION);
      const second = boot();
      const session = second.load('server.test:443')!;
      assert.deepEqual(session, SESSION);
      second.remove('server.test:443', session);
      assert.equal(boot().load('server.test:443'), undefined);
      const left = [...storage.values()].join('') + [...files.values()].map(file => Buffer.from(file)).join('');
      assert.equal(left, '', 'nothing is left that could be read');
    });

    it('of at most four servers', () => {
      for (let i = 0; i < 9; i++) boot().save(`server${i}.test:443`, SESSION);
      const found = Array.from({ length: 9 }, (_, i) => boot().load(`server${i}.test:443`)).filter(one => one);
      assert.equal(found.length, 4);
      for (let i = 0; i < 9; i++) boot().remove(`server${i}.test:443`);
    });
  });
}
