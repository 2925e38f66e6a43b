/** The page for people: Swagger UI, read from an npm package and from nowhere else: docs/decisions/0014. */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { ServiceError } from '../../errors.ts';
import { type Asset, toAsset } from './asset.ts';

// Without the charset Chromium reads the bundle as Latin-1 and finds a syntax error in it.
const packageFiles: Readonly<Record<string, string>> = {
  'favicon-16x16.png': 'image/png',
  'favicon-32x32.png': 'image/png',
  'index.css': 'text/css; charset=utf-8',
  'swagger-ui-bundle.js': 'text/javascript; charset=utf-8',
  'swagger-ui.css': 'text/css; charset=utf-8',
};

const initializerFile = 'swagger-initializer.js';

/** Names of the files that the page may ask for. */
export const swaggerUiFiles: readonly string[] = [...Object.keys(packageFiles), initializerFile];

/** The page and its files. */
export interface SwaggerUi {
  /** @throws ServiceError `NOT_FOUND` if the package is not installed. */
  page(): Promise<Asset>;
  /** One of {@link swaggerUiFiles}; read when it is first asked for. @throws as {@link page}. */
  file(name: string): Promise<Asset>;
}

/** Creates the page. `from` is where the package is looked up from. */
export function createSwaggerUi(from = import.meta.url): SwaggerUi {
  const read = new Map<string, Asset>();
  const require = createRequire(from);

  const load = async (name: string, mediaType: string): Promise<Asset> => {
    try {
      const folder = dirname(require.resolve('@fastify/swagger-ui/package.json'));
      return toAsset(mediaType, await readFile(join(folder, 'static', name)));
    } catch (cause) {
      const remedy =
        'install the npm package @fastify/swagger-ui beside bentots, or read /docs.json with a viewer of your own';
      throw new ServiceError('NOT_FOUND', { what: 'the page with the documentation', remedy }, { cause });
    }
  };
  const file = async (name: string): Promise<Asset> => {
    const known = read.get(name);
    if (known) return known;
    const mediaType = packageFiles[name];
    const asset =
      mediaType === undefined ? toAsset('text/javascript; charset=utf-8', initializer) : await load(name, mediaType);
    read.set(name, asset);
    return asset;
  };

  return {
    file,
    async page() {
      await file('index.css'); // the smallest: says whether the package is there
      return toAsset('text/html; charset=utf-8', html, {
        'content-security-policy': policy,
        'referrer-policy': 'no-referrer',
      });
    },
  };
}

// Nothing but what this server gives: no other origin, no script or style inside the page, no frame around it.
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data: blob:",
  'media-src blob:',
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

// Addresses are relative, so that the page also works behind a prefix.
const html = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>API</title>
    <link rel="stylesheet" href="./static_content/swagger-ui.css">
    <link rel="stylesheet" href="./static_content/index.css">
    <link rel="icon" type="image/png" sizes="32x32" href="./static_content/favicon-32x32.png">
    <link rel="icon" type="image/png" sizes="16x16" href="./static_content/favicon-16x16.png">
    <script src="./static_content/swagger-ui-bundle.js" defer></script>
    <script src="./static_content/${initializerFile}" defer></script>
  </head>
  <body>
    <noscript>This page needs JavaScript. <a href="./docs.json">docs.json</a> says the same.</noscript>
    <div id="swagger-ui"></div>
  </body>
</html>
`;

// validatorUrl: Swagger UI would otherwise send the address of the document to a validator on the internet.
const initializer = `const ui = SwaggerUIBundle({
  url: './docs.json',
  dom_id: '#swagger-ui',
  deepLinking: true,
  displayRequestDuration: true,
  validatorUrl: null,
  onComplete() {
    document.title = ui.specSelectors.info().get('title');
  },
});
`;
