/** What stderr shows: a bar on a terminal, one line elsewhere, a board's text line by line. */
import assert from 'node:assert/strict';
import { DeviceText, Progress } from '../../hil/commands/progress.js';

describe('hil: progress', () => {
  const shown = (terminal: boolean, use: (progress: Progress) => void): string => {
    let text = '';
    use(
      new Progress(more => {
        text += more;
      }, terminal),
    );
    return text.replaceAll('\x1b', 'ESC').replaceAll('\r', 'CR');
  };

  it('a bar on a terminal, cleared before any other text', () => {
    const text = shown(true, progress => {
      progress.bar('a: uploading', 500, 1000);
      progress.line('hello');
      progress.bar('a: uploading', 1000, 1000);
    });
    assert.match(
      text,
      /^CRa: uploading \[#{15}\.{15}\] 50 % .* KB\/sESC\[KCRESC\[Khello\na: uploading: 1000 bytes in 0\.\d s\n$/,
    );
  });

  it('elsewhere one line, at the end', () => {
    const text = shown(false, progress => {
      for (let done = 0; done <= 1000; done += 100) progress.bar('a: uploading', done, 1000);
    });
    assert.match(text, /^a: uploading: 1000 bytes in 0\.\d s\n$/);
  });

  it('an end that comes twice is told once, and the next file of that name has one of its own', () => {
    const text = shown(false, progress => {
      for (const done of [500, 1000, 1000, 500, 1000]) progress.bar('a: uploading', done, 1000);
    });
    assert.match(text, /^(a: uploading: 1000 bytes in 0\.\d s\n){2}$/);
  });

  it('nothing to send is done at once', () => {
    assert.match(
      shown(true, progress => progress.bar('x', 0, 0)),
      /^x: 0 bytes in/,
    );
  });

  it('a line that comes in pieces is one line, with the name of the board', () => {
    const lines: string[] = [];
    const text = new DeviceText('a', line => lines.push(line));
    for (const piece of ['he', 'llo\r', '\nwor', 'ld\n\n', 'rest\x1b[0m']) text.add(piece);
    text.end();
    assert.deepEqual(lines, ['a | hello', 'a | world', 'a | rest']);
  });
});
