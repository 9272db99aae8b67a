/**
 * What each part of a TlsProfile costs: minified bundles of nothing but the TLS client, with and without it, made in memory by the passes that make the
 * boards' bundles. Cryptography is not in them; what a part alone uses of x509/ is.
 */
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rollup } from 'rollup';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '../..');
const ENTRY = 'size-of-parts';

export interface PartSize {
  name: string;
  bytes: number;
}

interface Part {
  name: string;
  /** Of build/src/. */
  file: string;
  /** The slot of TlsProfile; undefined for one of `extensions`. */
  slot?: string;
  /** How the slot is filled, if not with what has the part's name. */
  value?: string;
  /** What it needs, or takes the place of. */
  beside?: string[];
}

/** In TLS 1.3 as boards have it. */
const USUAL: Part[] = [
  { name: 'serverCertificates', file: 'tls/certificates', slot: 'certificates' },
  { name: 'serverName', file: 'tls/extensions/server-name' },
  { name: 'applicationLayerProtocol', file: 'tls/extensions/application-layer-protocol' },
  { name: 'recordSizeLimit', file: 'tls/extensions/record-size-limit' },
];

const MORE: Part[] = [
  { name: 'maxFragmentLength', file: 'tls/extensions/max-fragment-length' },
  { name: 'statusRequest', file: 'tls/extensions/status-request' },
  { name: 'keyingMaterialExporter', file: 'tls/exporter', slot: 'exporter' },
  {
    name: 'serverCertificatesRemembered',
    file: 'tls/certificates',
    slot: 'certificates',
    value: 'serverCertificatesRemembered()',
  },
  { name: 'preSharedKeys', file: 'tls/psk/pre-shared-keys', slot: 'preSharedKeys' },
  { name: 'earlyData', file: 'tls/psk/early-data', slot: 'zeroRtt', beside: ['preSharedKeys'] },
  { name: 'longRecords', file: 'tls/long-records', slot: 'longRecords' },
  { name: 'tls12', file: 'tls/tls12/handshake', slot: 'tls12' },
];

/** Each is made once: a name, the parts, and those that it is more than. */
interface Row {
  name: string;
  parts: Part[];
  over?: Part[];
}

function rows(): Row[] {
  const found: Row[] = [{ name: 'TlsClient', parts: [] }];
  for (const part of USUAL) found.push({ name: part.name, parts: USUAL, over: USUAL.filter(other => other !== part) });
  found.push({ name: 'tls13, all of these', parts: USUAL });
  for (const part of MORE) {
    const beside = MORE.filter(({ name }) => part.beside?.includes(name));
    const others = USUAL.filter(({ slot }) => slot === undefined || slot !== part.slot);
    found.push({ name: part.name, parts: [...others, ...beside, part], over: [...USUAL, ...beside] });
  }
  const everything = MORE.filter(({ value }) => !value);
  found.push({ name: 'everything but serverCertificatesRemembered', parts: [...USUAL, ...everything] });
  found.push({
    name: 'preSharedKeys without certificates',
    parts: MORE.filter(({ slot }) => slot === 'preSharedKeys'),
  });
  return found;
}

/** The client alone, then what each part adds: the usual ones to the client with the others of them, the rest to TLS 1.3. */
export async function measureParts(): Promise<PartSize[]> {
  const made = new Map<string, number>();
  const keyOf = (parts: Part[]): string => parts.map(({ name }) => name).join();
  const wanted = new Map(rows().flatMap(({ parts, over }) => [parts, over ?? []].map(each => [keyOf(each), each])));
  const queue = [...wanted];
  // Terser has a thread of its own for each.
  const worker = async (): Promise<void> => {
    for (let next = queue.shift(); next; next = queue.shift()) made.set(next[0], await sizeOf(next[1]));
  };
  await Promise.all(Array.from({ length: availableParallelism() }, worker));
  return rows().map(({ name, parts, over }) => ({
    name,
    bytes: made.get(keyOf(parts))! - (over ? made.get(keyOf(over))! : 0),
  }));
}

/** Minified bytes of a client with these parts. */
async function sizeOf(parts: Part[]): Promise<number> {
  const { minifiers, FORMAT } = await import(new URL('../../tools/minifiers.mjs', import.meta.url).href);
  const from = (file: string): string => JSON.stringify(join(ROOT, 'build/src', file + '.js'));
  const slots = parts.filter(({ slot }) => slot).map(({ name, slot, value }) => `${slot}: ${value ?? name},`);
  const extensions = parts.filter(({ slot }) => !slot).map(({ name }) => name);
  const code = [
    `export { TlsClient } from ${from('tls/client')};`,
    ...parts.map(({ name, file }) => `import { ${name} } from ${from(file)};`),
    // What only sockets call, which are not here.
    'export const driven = c => [c.computing, c.compute, c.inputEnded, c.output, c.outputSent, c.closeWrite, c.writable];',
    `export const profile = { ${slots.join(' ')} extensions: [${extensions}] };`,
  ].join('\n');
  const bundle = await rollup({
    input: ENTRY,
    plugins: [
      {
        name: ENTRY,
        resolveId: (id: string) => (id === ENTRY ? id : null),
        load: (id: string) => (id === ENTRY ? code : null),
      },
    ],
  });
  const { output } = await bundle.generate({ ...FORMAT, name: 'ringlet', plugins: minifiers(false, '') });
  await bundle.close();
  return Buffer.byteLength(output[0].code);
}
