/** A Name as text for people (RFC 4514), in a file of its own so that only those who print one pay for it. */
import { readSequence, Tag } from './der-reader.js';
import { readOid, toHex } from './der-values.js';

/** Attribute types by the contents of their OID; others are shown as that. */
const TYPES: { [oid: string]: string } = {
  '550403': 'CN',
  '550406': 'C',
  '550407': 'L',
  '550408': 'ST',
  '55040a': 'O',
  '55040b': 'OU',
};

/**
 * For example `CN=example.test, O=Example`: the most specific part first, as RFC 4514 §2.1 has it. Bytes that are not
 * printable ASCII become \XX, so it is safe to print. Throws ERR_CERT_MALFORMED. Never compare what it answers.
 */
export function describeName(nameDer: Uint8Array): string {
  const name = readSequence(nameDer);
  let text = '';
  while (name.peek() >= 0) {
    const attributes = name.enter(Tag.Set);
    let part = '';
    do {
      const attribute = attributes.enter(Tag.Sequence);
      const oid = readOid(attribute);
      const value = attribute.view(attribute.peek());
      attribute.finish();
      part += (part && '+') + (TYPES[oid] || oid) + '=' + escapeValue(value);
    } while (attributes.peek() >= 0);
    text = part + (text && ', ') + text;
  }
  return text;
}

/** RFC 4514 §2.4. */
function escapeValue(value: Uint8Array): string {
  let text = '';
  for (let i = 0; i < value.length; i++) {
    const code = value[i];
    const character = String.fromCharCode(code);
    if (code < 0x20 || code > 0x7e) text += '\\' + toHex(value.subarray(i, i + 1));
    else text += ('"+,;<>\\'.indexOf(character) >= 0 ? '\\' : '') + character;
  }
  return text;
}
