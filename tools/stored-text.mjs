/**
 * Runs on the board. Answers what reads `length` characters, from `at` of the comment that begins with `mark`. The program is in sectors 4 to 131 of Kaluma's flash, and ends with
 * a zero. An application's own script may stand in front of the bundle, if what packed both has kept the comment.
 */
export function storedText(mark) {
  const PIECE = 128;
  const SECTOR = 4096;
  const shared = +mark.slice(19, 23);
  const flash = new (require('flash').Flash)(4, 128);
  let begin;

  function bytesAt(from, length) {
    const bytes = new Uint8Array(length);
    flash.read(0, bytes, from);
    return bytes;
  }

  // The engine makes a string of bytes by itself, 20 times as fast as fromCharCode.
  const textAt = (from, length) => new TextDecoder().decode(bytesAt(from, length));

  /** Gone when it has found it, for its memory. */
  let find = () => {
    /** An application's script may have any bytes. */
    function sectorAt(from) {
      const pieces = [];
      for (let at = 0; at < SECTOR + mark.length; at += PIECE)
        pieces.push(String.fromCharCode.apply(null, bytesAt(from + at, PIECE)));
      return pieces.join('');
    }

    function search() {
      if (textAt(0, mark.length) === mark) return 0;
      for (let at = 0; at < 128 * SECTOR; at += SECTOR) {
        const text = sectorAt(at);
        const here = text.indexOf(mark);
        // The bundle has the mark once more, in quotes; one that begins a sector was seen behind the one before.
        if ((here > 0 || (here === 0 && at === 0)) && !/["'`]/.test(text[here - 1])) return at + here;
        // Behind the program.
        if (text.indexOf('\0') >= 0) break;
      }
      return -1;
    }

    begin = search();
    if (begin >= 0 && textAt(begin + +mark.slice(24, 30) - 2, 2) === '*/') return;
    const error = new Error(
      'the comment in front of ringlet is not in flash, or not byte by byte: keep it when you pack your program',
    );
    error.code = 'ERR_BOARD_NO_CODE';
    throw error;
  };

  /** See pack.mjs. What all share lies behind the mark, and there is always as much behind that. */
  function unpacked(from, length) {
    const packed = bytesAt(from, length);
    const memory = bytesAt(begin + mark.length, shared + length);
    const end = memory.length;
    for (let to = shared, next = 0; to < end; ) {
      const first = packed[next++];
      if (first < 128) memory[to++] = first;
      else {
        const back = to - ((first & 15) << 8) - packed[next++];
        let count = (first >> 4) - 5;
        if (count > 9) count += packed[next++];
        memory.copyWithin(to, back, back + count);
        to += count;
      }
    }
    return new TextDecoder().decode(memory.slice(shared));
  }

  return (at, length) => {
    if (find) find();
    find = undefined;
    return (shared ? unpacked : textAt)(begin + at, length);
  };
}
