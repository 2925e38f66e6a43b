/** The options of stores and hubs as rows: environment variables only, since every process has to agree on them. */
import { parseNetwork } from './network.ts';
import { isSwitchedOn, option } from './option.ts';

/** Where models and bentos are kept; an environment variable only, since every process has to agree. */
export const homeOptions = {
  home: option.text({
    default: '~/bentoml', // as the Python original, which reads and writes the same stores
    pattern: /^[^\0]+$/,
    wanted: 'a path, in which ~ and $VARIABLES are filled in',
    doc: 'Folder of the stores of models and bentos.',
    env: 'BENTOML_HOME',
  }),
} as const;

/** Where `s3://` addresses lead; what else belongs to it is read by the SDK of Amazon itself, by the same names. */
export const objectStoreOptions = {
  endpoint: option.text({
    default: undefined,
    pattern: /^https?:\/\/\S+$/,
    wanted: 'an address with http or https',
    doc: 'Address of a store that speaks S3; without it that of Amazon.',
    env: 'AWS_ENDPOINT_URL_S3',
    envBeside: { AWS_ENDPOINT_URL: (text) => text },
  }),
  region: option.text({
    default: undefined,
    pattern: /^[a-z0-9-]+$/,
    wanted: 'the name of a region',
    doc: 'Region of the store; where `endpoint` is given and this is not, `us-east-1`.',
    env: 'AWS_REGION',
    envBeside: { AWS_DEFAULT_REGION: (text) => text },
  }),
} as const;

/** Of the hub that models are fetched from; environment variables only, those of Hugging Face's own programs. */
export const hubOptions = {
  endpoint: option.text({
    default: 'https://huggingface.co',
    pattern: /^https?:\/\/[^\s/?#@][^\s?#@]*$/,
    wanted: 'an http or https address, without a query and without a name or a password',
    doc: 'Address of the hub.',
    env: 'HF_ENDPOINT',
  }),
  cache: option.text({
    default: '~/.cache/huggingface/hub', // that of Hugging Face's library for Python, which reads and writes the same files
    pattern: /^[^\0]+$/,
    wanted: 'a path, in which ~ and $VARIABLES are filled in',
    doc: 'Folder of the files that the hub gave.',
    env: 'BENTOML_HF_CACHE_DIR',
    envBeside: {
      HF_HUB_CACHE: (text) => text,
      HUGGINGFACE_HUB_CACHE: (text) => text,
      HF_HOME: (text) => `${text}/hub`,
      XDG_CACHE_HOME: (text) => `${text}/huggingface/hub`,
    },
  }),
  isOffline: option.switch({
    default: false,
    doc: 'Whether nothing is fetched, and what is in the cache has to do.',
    env: 'HF_HUB_OFFLINE',
    envBeside: { TRANSFORMERS_OFFLINE: isSwitchedOn },
  }),
  token: option.secret({
    doc: 'Token of an account that may read the model; it is sent to the endpoint only, and is in no message.',
    env: 'HF_TOKEN',
    envBeside: { HUGGING_FACE_HUB_TOKEN: (text) => text },
  }),
  tokenFile: option.text({
    default: '~/.cache/huggingface/token',
    pattern: /^[^\0]+$/,
    wanted: 'a path, in which ~ and $VARIABLES are filled in',
    doc: 'File with the token, where there is none in the environment.',
    env: 'HF_TOKEN_PATH',
    envBeside: {
      HF_HOME: (text) => `${text}/token`,
      XDG_CACHE_HOME: (text) => `${text}/huggingface/token`,
    },
  }),
} as const;

/** Of registries of OCI images and artifacts; environment variables only, as credentials are. */
export const registryOptions = {
  dockerConfig: option.text({
    default: '~/.docker', // where `docker login`, `podman login` and their like put it
    pattern: /^[^\0]+$/,
    wanted: 'a path, in which ~ and $VARIABLES are filled in',
    doc: 'Folder of the `config.json` that says how to log in.',
    env: 'DOCKER_CONFIG',
  }),
  place: option.text({
    default: undefined,
    pattern: /^[^\s/:@]+(?::\d+)?(?:\/[a-z0-9._/-]+)?$/,
    wanted: 'a host and a path, such as registry.example.com/team',
    doc: 'Where bentos and models are pushed to and pulled from that are named by their tags only.',
    env: 'BENTOML_REGISTRY',
  }),
  plainHttp: option.list({
    default: [],
    wanted: 'hosts with commas between them, such as registry.local:5000',
    fits: (text) => /^[^\s/@,]+$/.test(text),
    doc: 'Registries that are asked without encryption; those of this machine are where they have none.',
    env: 'BENTOML_PLAIN_HTTP_REGISTRIES',
  }),
  networks: option.list({
    default: [],
    wanted: 'networks with commas between them, such as 10.1.0.0/16',
    fits: (text) => parseNetwork(text) !== undefined,
    doc: 'Networks that a public registry may lead to though they are not public.',
    env: 'BENTOML_REGISTRY_NETWORKS',
  }),
  httpsProxy: option.text({
    default: undefined,
    pattern: /^/, // it is read where it is used, since no message may show the password that it may have
    wanted: 'an address',
    doc: 'Proxy by which registries are asked; never those of this machine.',
    env: 'HTTPS_PROXY',
    envBeside: { https_proxy: (text) => text },
  }),
  httpProxy: option.text({
    default: undefined,
    pattern: /^/,
    wanted: 'an address',
    doc: 'The same for those without encryption.',
    env: 'HTTP_PROXY',
    envBeside: { http_proxy: (text) => text },
  }),
  noProxy: option.text({
    default: undefined,
    pattern: /^/,
    wanted: 'a list',
    doc: 'Hosts, domains and networks that are asked directly, with commas between them: `.example.com,10.0.0.0/8`.',
    env: 'NO_PROXY',
    envBeside: { no_proxy: (text) => text },
  }),
} as const;
