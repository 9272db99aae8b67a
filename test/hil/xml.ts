/** A parser for XML 1.0 without documents types and namespaces; throws for anything that is not well-formed. */
import assert from 'node:assert/strict';

export interface XmlElement {
  name: string;
  attributes: Record<string, string>;
  children: XmlElement[];
}

const NAME = '[A-Za-z_:][\\w:.-]*';
const TAG = new RegExp(`<(/?)(${NAME})((?:\\s+${NAME}\\s*=\\s*(?:"[^"<]*"|'[^'<]*'))*)\\s*(/?)>`, 'y');
const ALLOWED = /^[\t\n\r\x20-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]*$/u;

export function parseXml(text: string): XmlElement {
  assert.match(text, ALLOWED, 'a character that XML does not have');
  const declaration = /^<\?xml version="1\.0" encoding="UTF-8"\?>\s*/.exec(text);
  assert.ok(declaration, 'no XML declaration');
  const top: XmlElement = { name: '', attributes: {}, children: [] };
  const open = [top];
  for (let at = declaration[0].length; at < text.length; ) {
    const space = /[^<]*/y;
    space.lastIndex = at;
    const between = space.exec(text)![0];
    assert.equal(between.trim(), '', `text between elements: ${between}`);
    at += between.length;
    if (at === text.length) break;
    TAG.lastIndex = at;
    const tag = TAG.exec(text);
    assert.ok(tag, `no tag at ${text.slice(at, at + 60)}`);
    at = TAG.lastIndex;
    const [, closing, name, attributes, empty] = tag;
    if (closing) {
      assert.equal(open.pop()!.name, name);
      continue;
    }
    const element: XmlElement = { name, attributes: parseAttributes(attributes), children: [] };
    open.at(-1)!.children.push(element);
    if (!empty) open.push(element);
  }
  assert.equal(open.length, 1, 'an element is not closed');
  assert.equal(top.children.length, 1, 'not one root element');
  return top.children[0];
}

function parseAttributes(text: string): Record<string, string> {
  const found: Record<string, string> = {};
  for (const [, name, value] of text.matchAll(new RegExp(`(${NAME})\\s*=\\s*["']([^"']*)["']`, 'g'))) {
    assert.ok(!(name in found), `${name} twice`);
    // Line breaks that are not written as references would become spaces.
    assert.doesNotMatch(value, /[\t\n\r]/);
    found[name] = value.replace(/&([^;]*);?/g, (_, reference: string) => {
      const code = /^#(\d+)$/.exec(reference);
      assert.ok(code, `&${reference}`);
      return String.fromCodePoint(Number(code[1]));
    });
  }
  return found;
}
