/** Lists what is in an OCI image, in CycloneDX: the same text for the same content. */
import type { ListedModel } from './list-models.ts';
import type { LockedPackage } from './npm-packages.ts';

/** What is listed. */
export interface Listed {
  /** Of the bento. */
  readonly tag: string;
  /** Reference of the base, and its digest. */
  readonly base: { readonly reference: string; readonly digest: string };
  readonly packages: readonly LockedPackage[];
  readonly models: readonly ListedModel[];
}

export const sbomType = 'application/vnd.cyclonedx+json';

/** @see https://cyclonedx.org/docs/1.6/json/ */
export function printSbom({ tag, base, packages, models }: Listed): Buffer {
  const [name = '', version = ''] = tag.split(':');
  const components = [
    { type: 'container', 'bom-ref': `base@${base.digest}`, name: base.reference, hashes: [sha256(base.digest)] },
    ...packages.map(toComponent).sort((a, b) => (a.purl < b.purl ? -1 : 1)),
    ...models.map(({ name: own, version: ofModel }) => {
      const ref = `model@${own}${ofModel === undefined ? '' : `:${ofModel}`}`;
      return { type: 'machine-learning-model', 'bom-ref': ref, name: own, version: ofModel };
    }),
  ];
  const document = {
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    version: 1,
    metadata: { component: { type: 'application', 'bom-ref': tag, name, version } },
    components,
  };
  return Buffer.from(JSON.stringify(document));
}

function toComponent({ name, version, integrity }: LockedPackage) {
  const purl = `pkg:npm/${name.replace('@', '%40')}@${version}`;
  const [, algorithm, sum] = /^sha(512|256|1)-([A-Za-z0-9+/=]+)/.exec(integrity ?? '') ?? [];
  const hashes =
    sum === undefined
      ? {}
      : { hashes: [{ alg: `SHA-${algorithm}`, content: Buffer.from(sum, 'base64').toString('hex') }] };
  return { type: 'library', 'bom-ref': purl, name, version, purl, ...hashes };
}

const sha256 = (digest: string) => ({ alg: 'SHA-256', content: digest.slice(digest.indexOf(':') + 1) });
