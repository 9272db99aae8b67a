/**
 * What each part of a TlsProfile costs: minified bundles of nothing but the TLS client, with and without it, made in memory by the passes that make the
 * boards' bundles. Cryptography is not in them; what a part alone uses of x509/ is.
 */
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
  { name: 'earlyData', file: 'tls/psk/early-data', slot: 'earlyData', beside: ['preSharedKeys'] },
  { name: 'tls12', file: 'tls/tls12/handshake', slot: 'tls12' },
];

/** The client alone, then what each part adds: the usual ones to the client with the others of them, the rest to TLS 1.3. */
export async function measureParts(): Promise<PartSize[]> {
  const sizes: PartSize[] = [{ name: 'TlsClient', bytes: await sizeOf([]) }];
  const usual = await sizeOf(USUAL);
  for (const part of USUAL) {
    sizes.push({ name: part.name, bytes: usual - (await sizeOf(USUAL.filter(other => other !== part))) });
  }
  sizes.push({ name: 'tls13, all of these', bytes: usual });
  const more = new Map<string, number>();
  for (const part of MORE) {
    const below = MORE.filter(({ name }) => part.beside?.includes(name));
    const base = below.length > 0 ? usual + below.reduce((sum, { name }) => sum + (more.get(name) ?? 0), 0) : usual;
    const others = USUAL.filter(({ slot }) => slot === undefined || slot !== part.slot);
    more.set(part.name, (await sizeOf([...others, ...below, part])) - base);
    sizes.push({ name: part.name, bytes: more.get(part.name)! });
  }
  sizes.push({
    name: 'everything, all of these',
    bytes: await sizeOf([...USUAL.filter(({ slot }) => !slot), ...MORE]),
  });
  sizes.push({ name: 'preSharedKeys alone', bytes: await sizeOf(MORE.filter(({ name }) => name === 'preSharedKeys')) });
  return sizes;
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
