/** Options of what a bento and its OCI image are built with, as rows; see options.ts. */
import { option } from './option.ts';

/** Options of one argument of `useArguments`. */
export const argumentOptions = {
  type: option.choice({
    of: ['string', 'number', 'integer', 'boolean'],
    default: 'string',
    doc: 'What it is; with `enum` it need not be said.',
  }),
  enum: option.jsonList({ wanted: 'an array of values', doc: 'The values that it may have.' }),
  minimum: option.optionalNumber({ above: Number.NEGATIVE_INFINITY, doc: 'Least value of a number.' }),
  maximum: option.optionalNumber({ above: Number.NEGATIVE_INFINITY, doc: 'Largest value of a number.' }),
  default: option.optionalScalar({ doc: 'What it is when nobody says anything; without it, it must be given.' }),
  isOptional: option.boolean({
    default: false,
    doc: 'Whether it may be undefined; else, without a default, it must be given.',
  }),
  description: option.text({
    default: undefined,
    pattern: /^[^\0]*$/,
    wanted: 'a text',
    doc: 'What it is for, for `bento schema` and whoever gives it.',
  }),
} as const;

/** Options of `new Image`. */
export const imageOptions = {
  base: option.text({
    default: undefined,
    // As the specification of OCI distribution has references, but for what a shell or a Dockerfile would read otherwise.
    pattern:
      /^[a-z0-9](?:[a-z0-9._:-]*[a-z0-9])?(?:\/[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?)*(?::[\w][\w.-]{0,127})?(?:@sha256:[0-9a-f]{64})?$/i,
    wanted: 'a reference of an OCI image, such as registry.example.com/team/base:1.2',
    doc: 'OCI image that brings Node and that the service is put into; without it the one of `distro`, `node` and `cuda`.',
  }),
  distro: option.optionalChoice({
    of: ['debian', 'alpine', 'ubi', 'amazonlinux'],
    doc: 'Distribution, `debian` where nothing is said; of a `base` of your own, so that `systemPackages` can be installed.',
  }),
  node: option.optionalNumberChoice({
    of: [22, 24, 26],
    doc: 'Version of Node; without it the one that builds the bento.',
  }),
  cuda: option.optionalScalar({
    doc: 'Version of CUDA, or its beginning, such as `12.6`; `default` is the newest. On debian and ubi.',
  }),
} as const;

/** Options of `build()` of `bentots/container` and of `bento containerize`. */
export const containerizeOptions = {
  backend: option.text({
    default: undefined,
    pattern: /^[a-z][a-z0-9-]*$/,
    wanted: 'the name of a builder, such as docker or podman',
    doc: 'What makes the OCI image; without it the first builder that can.',
    env: 'BENTOML_CONTAINERIZE_BACKEND',
    flag: '--backend <name>',
  }),
  platforms: option.list({
    default: [],
    fits: (text) => /^linux\/[a-z0-9]+(?:\/v\d)?$/.test(text),
    wanted: 'a list of platforms, such as linux/amd64,linux/arm64',
    doc: 'What the OCI image is for; without it the platform of whoever builds it.',
    flag: '--platform <list>',
  }),
  push: option.boolean({
    default: false,
    doc: 'Whether it is pushed to the registries of its references.',
    flag: '--push',
  }),
  progress: option.choice<'auto' | 'tty' | 'plain' | 'quiet'>({
    of: ['auto', 'tty', 'plain', 'quiet'],
    default: 'auto',
    doc: 'How the builder tells what it does.',
    flag: '--progress <how>',
  }),
  runAsRoot: option.boolean({
    default: false,
    doc: 'Whether the builder is run by sudo.',
    flag: '--run-as-root',
  }),
  timeoutMs: option.ms({
    default: 3_600_000, // the longest that a CI service of the large ones lets a step run by default
    min: 1,
    doc: 'How long one run of the builder may take; then it is ended.',
    flag: '--timeout <ms>',
  }),
};
