/**
 * Every option as a row: default, unit, check, environment name, flag and doc line. Defaults live nowhere else; those of
 * stores are in store-options.ts, those of what a bento and its image are built with in build-options.ts.
 */
import { parseNetwork } from './network.ts';
import { option } from './option.ts';

const mebibyte = 1024 * 1024;

const rateLimitOptions = {
  requestsPerSecond: option.optionalNumber({
    max: 1_000_000,
    doc: 'How many requests a second a caller may send before more are refused with 429; without it as many as it likes.',
  }),
  burst: option.optionalCount({
    min: 1,
    max: 1_000_000,
    doc: 'How many requests may come at once after a pause; without it what comes in a second, at least 1.',
  }),
  isShared: option.boolean({
    default: false,
    doc: 'Whether the rate is that of all callers together, and not of each one.',
  }),
  callerHeader: option.text({
    default: undefined,
    pattern: /^[a-z0-9!#$%&'*+.^_`|~-]+$/,
    wanted: 'the name of a header in lower case',
    doc: 'Header that tells callers apart, such as an API key that a proxy has checked; without it the address does.',
  }),
} as const;

/** Options of `@service`. */
export const serviceOptions = {
  name: option.text({
    default: undefined,
    pattern: /^[A-Za-z][A-Za-z0-9_.-]{0,62}$/, // goes into a header, metric labels and, built, into a tag
    wanted: 'a name of at most 63 letters, digits, ".", "_" and "-" that begins with a letter',
    doc: 'Name of the service in logs, metrics and documents; without it the name of the class.',
  }),
  workers: option.countOrWord({
    default: 1,
    min: 1,
    max: 1024,
    word: 'cpu_count',
    doc: 'How many processes run the service; cpu_count is one for each processor that this process may use.',
  }),
  image: option.value({
    wanted: 'a description of an OCI image: new Image({ … })',
    doc: 'Description of the OCI image that the service is put into.',
  }),
  startTimeoutMs: option.ms({
    default: 600_000,
    min: 1,
    doc: 'How long a worker may take from the start of its process until its start-up hooks have run.',
  }),
  probePeriodMs: option.ms({
    default: 5000, // half of what Kubernetes waits between two questions: no answer is older than the last question
    min: 1,
    doc: 'How long a worker waits before it asks its @isAlive and @isReady hooks again.',
  }),
  probeTimeoutMs: option.ms({
    default: 1000, // as Kubernetes
    min: 1,
    doc: 'How long such a hook may take; time in which something else holds the thread does not count.',
  }),
  traffic: {
    timeoutMs: option.ms({
      default: 60_000, // as the Python original
      min: 1,
      doc: 'How long a request may take before it is answered 504; for streams, how long they may stand still.',
    }),
    abortGraceMs: option.ms({
      default: 30_000, // as long as Kubernetes gives a process that was told to end
      min: 0,
      doc: 'How long a call may go on after that before its worker is replaced.',
    }),
    maxQueue: option.count({
      default: 1000, // some 2 s of waiting at 500 requests a second, and a few MB of small requests
      min: 1,
      doc: 'How many requests may wait for a free worker before more are refused with 503.',
    }),
    maxConcurrency: option.optionalCount({
      min: 1,
      doc: 'How many requests the service works on at once, waiting ones included, before more are refused with 429.',
    }),
    rateLimit: rateLimitOptions,
  },
  recycle: {
    maxRequests: option.optionalCount({
      min: 1,
      doc: 'How many requests a worker takes before another one takes its place.',
    }),
    maxAgeMs: option.optionalMs({
      min: 1000,
      doc: 'How old a worker gets before another one takes its place.',
    }),
    maxRssBytes: option.optionalBytes({
      min: mebibyte,
      doc: 'How much memory a worker holds (resident set) before another one takes its place.',
    }),
    maxHeapBytes: option.optionalBytes({
      min: mebibyte,
      doc: "How large a worker's JavaScript heap gets, garbage included, before another one takes its place.",
    }),
  },
  metrics: {
    enabled: option.boolean({
      default: true,
      doc: 'Whether requests, queues and workers are counted and `/metrics` is there.',
    }),
    namespace: option.text({
      default: 'bentoml_service', // as the Python original
      pattern: /^[A-Za-z_][A-Za-z0-9_]{0,99}$/,
      wanted: 'a name of at most 100 letters, digits and "_" that does not begin with a digit',
      doc: 'What the names of the metrics begin with.',
    }),
    duration: {
      buckets: option.ascending({
        default: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 180], // as the Python original
        atMost: 100,
        doc: 'Upper ends of the buckets that times of requests are counted in, in seconds; one without end comes after them.',
      }),
      min: option.optionalNumber({
        doc: 'With `max` and `factor` instead of `buckets`: the first end, in seconds.',
      }),
      max: option.optionalNumber({ doc: 'With `min` and `factor`: the last end, in seconds.' }),
      factor: option.optionalNumber({
        above: 1,
        doc: 'With `min` and `max`: how many times larger each end is than the one before it; at most 100 ends.',
      }),
    },
  },
  logging: {
    access: {
      enabled: option.boolean({ default: true, doc: 'Whether the log has a line for each request.' }),
      requestContentType: option.boolean({
        default: true,
        doc: 'Whether that line has the media type of the request.',
      }),
      requestContentLength: option.boolean({ default: true, doc: 'Whether that line has the length of the request.' }),
      responseContentType: option.boolean({
        default: true,
        doc: 'Whether that line has the media type of the answer.',
      }),
      responseContentLength: option.boolean({ default: true, doc: 'Whether that line has the length of the answer.' }),
      skipPaths: option.list({
        default: ['/metrics', '/healthz', '/livez', '/readyz'], // as the Python original; probes would drown the rest
        fits: (text) => /^\/[^\s?#]*$/.test(text),
        wanted: 'a list of paths that begin with a slash',
        doc: 'Paths without such a line; each is a whole path, not a beginning of one.',
      }),
    },
  },
  http: {
    response: {
      traceId: option.boolean({
        default: false, // as the Python original
        doc: 'Whether answers of methods say the trace that they belong to, in `x-bentoml-trace-id`.',
      }),
    },
  },
} as const;

const measuredPath = (doc: string) =>
  option.text({
    default: undefined,
    pattern: /^[^\s.]+(?:\.[^\s.]+)*$/,
    wanted: 'the name of a parameter, and after it names of fields, with dots between them',
    doc,
  });

const measuredBy = (doc: string) => option.choice({ of: ['length', 'value'], default: 'length', doc });

/** Options of `@api`. */
export const apiOptions = {
  route: option.text({
    default: undefined,
    pattern: /^\/(?:[A-Za-z0-9._~-]+(?:\/[A-Za-z0-9._~-]+)*)?$/,
    wanted: 'a path that begins with a slash and has only letters, digits, ".", "_", "~", "-" and single inner slashes',
    doc: 'Path that callers POST to; without it a slash and the name of the method.',
  }),
  body: option.boolean({
    default: false,
    doc: 'Whether the body as a whole is the one argument of the method: text and bytes as they are, anything else as JSON.',
  }),
  input: option.value({
    wanted: 'a schema',
    doc: 'Schema of the parameters, which are its properties, or of the whole body; it goes before the types.',
  }),
  params: option.value({
    wanted: 'an object of schemas',
    doc: 'Schemas of single parameters, by name; they go before the types.',
  }),
  output: option.value({
    wanted: 'a schema',
    doc: 'Schema of the result, or of each item of a stream; it goes before the type.',
  }),
  warmUp: option.jsonList({
    wanted: 'an array of bodies as callers send them, in JSON',
    doc: 'Bodies that each worker calls the method with before it is ready.',
  }),
  slots: option.optionalCount({
    min: 1,
    max: 10_000,
    doc: 'How many calls, or batches, of the method one worker runs at once; without it 1 for blocking and batchable and 16 for other async methods.',
  }),
  rateLimit: rateLimitOptions,
  batchable: option.boolean({
    default: false,
    doc: 'Whether the method takes the items of several requests together: its array parameters, and its result.',
  }),
  batchDim: option.dimensions({
    default: 0,
    doc: 'Dimension of tensors along which the items stand; two where it is another one in the result.',
  }),
  maxBatchSize: option.count({
    default: 100, // as the Python original
    min: 2,
    doc: 'How many items a batch has at most; a request with more is cut, and its results are put together again.',
  }),
  maxLatencyMs: option.ms({
    default: 60_000, // as the Python original
    min: 1,
    doc: 'How long a request may wait and run: one that would take longer is refused with 503 instead of run.',
  }),
  maxWaitMs: option.ms({
    default: 0,
    min: 0,
    doc: 'How long a request waits for others even where nothing learned says that it pays.',
  }),
  bucketBy: {
    path: measuredPath('Whose items are only batched with such as are about as large: a parameter, and fields in it.'),
    by: measuredBy('What is measured of it: its length, or its value, a number.'),
    edges: option.optionalAscending({
      atMost: 100,
      doc: 'Where one bucket ends and the next begins: the largest item of a request decides.',
    }),
  },
  costOf: {
    path: measuredPath('What says how much work an item is: a parameter, and fields in it; without it all are alike.'),
    by: measuredBy('What is measured of it: its length, or its value, a number.'),
  },
  onBatchError: option.choice({
    of: ['fail', 'bisect'],
    default: 'fail',
    doc: 'What a batch that throws comes to: all its requests fail, or halves of it run again until the bad items are found.',
  }),
  priorities: option.list({
    default: [],
    fits: (text) => /^[\w-]{1,40}$/.test(text),
    wanted: 'a list of words',
    doc: 'Words that callers may send in `x-priority`, the most urgent first; whoever sends none of them goes last.',
  }),
} as const;

/** Options of `@api` that mean something only for batchable methods. */
export const batchOptionNames = [
  'batchDim',
  'maxBatchSize',
  'maxLatencyMs',
  'maxWaitMs',
  'bucketBy',
  'costOf',
  'onBatchError',
  'priorities',
] as const satisfies readonly (keyof typeof apiOptions)[];

/** How many calls, or batches, one worker runs at once where `slots` says nothing. */
export const defaultSlots = { blocking: 1, batchable: 1, async: 16 } as const;

function isTrue(text: string): boolean {
  return text === '1' || text.toLowerCase() === 'true';
}

/** More than 0 is more to read, less is less. */
function levelOf(sign: number): 'debug' | 'info' | 'error' | undefined {
  if (sign === 1) return 'debug';
  if (sign === -1) return 'error';
  return sign === 0 ? 'info' : undefined;
}

/** Options of the server: flags of `bento serve`, environment variables, arguments of `serve()`. */
export const serverOptions = {
  host: option.text({
    default: '127.0.0.1', // reachable from other machines only on request: docs/decisions/0008
    pattern: /^[^\s/]+$/,
    wanted: 'a host name or an address without a port',
    doc: 'Address to listen on; 0.0.0.0 makes the server reachable from other machines.',
    env: 'BENTOML_HOST',
    flag: '--host <address>',
  }),
  port: option.count({
    default: 3000,
    min: 0,
    max: 65_535,
    doc: 'Port to listen on; 0 takes any free one.',
    env: 'BENTOML_PORT',
    flag: '--port <number>',
  }),
  workers: option.countOrWord({
    default: undefined,
    min: 1,
    max: 1024,
    word: 'cpu_count',
    doc: 'How many processes run the service, or cpu_count; without it what the service says.',
    flag: '--workers <count>',
  }),
  niceness: option.count({
    default: 10, // health p99 beside two busy workers fell from 5.7 to 1.5 ms
    min: 0,
    max: 19,
    flag: '--niceness <level>',
    doc: 'How far workers step back behind the gateway when processors are short.',
  }),
  args: option.jsonObject({
    wanted: 'an object of plain data, by the name of the argument',
    doc: 'What the modules of the service get from `useArguments`; on a command line `--arg` and `--arg-file`.',
  }),
  reload: option.toggle({
    default: false,
    doc: 'Serves what the files say whenever they are saved.',
    flag: '--reload',
  }),
  reloadPollMs: option.ms({
    default: 0,
    min: 0,
    doc: 'How often `reload` looks at the files, where the system does not tell of changes; 0 to be told.',
    flag: '--reload-poll <ms>',
  }),
  control: option.toggle({
    default: false, // `bento serve` asks for it; a program's servers are the program's own
    doc: 'Whether `bento status` and `bento reload` find the server.',
  }),
  logFormat: option.choice({
    of: ['auto', 'text', 'json'],
    default: 'auto',
    doc: 'How log lines look: text, json, or auto for text on a terminal and json elsewhere.',
    env: 'BENTOML_LOG_FORMAT',
    flag: '--log-format <format>',
  }),
  logLevel: option.choice({
    of: ['debug', 'info', 'warn', 'error'],
    default: 'info',
    doc: 'Lines of the log that matter less are left out.',
    env: 'BENTOML_LOG_LEVEL',
    // As the Python original, which has three variables for it.
    envBeside: {
      BENTOML_VERBOSITY: (text) => levelOf(Math.sign(Number(text))) ?? text,
      BENTOML_DEBUG: (text) => (isTrue(text) ? 'debug' : undefined),
      BENTOML_QUIET: (text) => (isTrue(text) ? 'error' : undefined),
    },
    flag: '--log-level <level>',
  }),
  batchLog: option.text({
    default: undefined,
    pattern: /\S/,
    wanted: 'the path of a file',
    doc: 'File to which every decision about batches is added, for `bento batching replay`.',
    flag: '--batch-log <file>',
  }),
  gracefulTimeoutMs: option.ms({
    default: 25_000, // under the 30 s that Kubernetes waits before it kills
    min: 0,
    doc: 'How long requests that are under way may take to finish when the server is told to stop.',
    flag: '--timeout-graceful-shutdown <ms>',
  }),
  drainDelayMs: option.ms({
    default: 5000, // Kubernetes tells its proxies of a pod that ends while that is told already; they take seconds to heed it
    min: 0,
    doc: 'How long a server that was sent SIGTERM goes on accepting requests while /readyz says that it stops; part of `gracefulTimeoutMs`.',
    flag: '--drain-delay <ms>',
  }),
  jsonBodyLimitBytes: option.bytes({
    default: 32 * mebibyte,
    min: 1,
    max: 512 * mebibyte, // V8 makes no string longer than that
    doc: 'Largest JSON body that is read.',
  }),
  rawBodyLimitBytes: option.bytes({
    default: 100 * mebibyte,
    min: 1,
    max: 512 * mebibyte, // V8 makes no string longer than that
    doc: 'Largest body that is read as it is, for methods that take text or bytes as their whole body.',
  }),
  itemLimitBytes: option.bytes({
    default: 8 * mebibyte, // an image of a camera, or a million numbers, in base64
    min: 1,
    max: 512 * mebibyte, // V8 makes no string longer than that
    doc: 'Largest item, a line or a frame, of a body that a method takes item by item.',
  }),
  itemCountLimit: option.optionalCount({
    min: 1,
    doc: 'How many items such a body may have; without it as many as come.',
  }),
  decodeThreads: option.count({
    default: 2, // one that is busy with the largest body leaves one for the others
    min: 0,
    max: 64,
    doc: 'How many threads decode bodies of more than 256 KiB of JSON at most; 0 for none beside the one that answers.',
  }),
  fileLimitBytes: option.bytes({
    default: 100 * mebibyte,
    min: 1,
    doc: 'Largest file that is read, be it a part of a form, a whole body, or what an address leads to.',
  }),
  formLimitBytes: option.bytes({
    default: 256 * mebibyte, // two files of the largest size, and what goes with them
    min: 1,
    doc: 'Largest form that is read, with all files in it.',
  }),
  fieldLimitBytes: option.bytes({
    default: mebibyte, // as the Python original
    min: 1,
    max: 512 * mebibyte, // V8 makes no string longer than that
    doc: 'Largest field of a form that is no file.',
  }),
  formPartsLimit: option.count({
    default: 1000, // as the Python original, for files and for fields
    min: 1,
    max: 100_000,
    doc: 'How many fields and files a form may have.',
  }),
  jsonDepthLimit: option.count({
    default: 100,
    min: 1,
    max: 1000, // recursive schemas are checked with one stack frame a level
    doc: 'How deep arrays and objects may be nested in a JSON body.',
  }),
  inputs: {
    urls: option.boolean({
      default: true, // as the Python original
      doc: 'Whether a caller may give the address of a file instead of the file.',
      flag: '--url-inputs <true|false>',
    }),
    urlAllow: option.list({
      default: [],
      fits: (text) => parseNetwork(text) !== undefined,
      wanted: 'a list of addresses and networks, such as 10.1.0.0/16',
      doc: 'Networks that such addresses may lead to, at any port, though they are not public.',
      flag: '--url-allow <networks>',
    }),
    urlTimeoutMs: option.ms({
      default: 30_000, // half of what a request has by default: the rest is for the method
      min: 1,
      doc: 'How long fetching such a file may take.',
    }),
  },
  headerLimitBytes: option.bytes({
    default: 16 * 1024, // as Node
    min: 1024,
    max: mebibyte,
    doc: 'Largest set of request headers that is read.',
  }),
  headersTimeoutMs: option.ms({ default: 10_000, min: 1, doc: 'How long a client may take to send its headers.' }),
  requestTimeoutMs: option.ms({
    default: 120_000, // 32 MiB at 2.2 Mbit/s
    min: 1,
    doc: 'How long a client may take to send a whole request.',
  }),
  keepAliveTimeoutMs: option.ms({
    default: 65_000, // above the 60 s after which common load balancers close an idle connection
    min: 1,
    doc: 'How long an idle connection is kept for the next request.',
  }),
  trustedProxies: option.list({
    default: [],
    fits: (text) => parseNetwork(text) !== undefined,
    wanted: 'a list of addresses and networks, such as 10.0.0.0/8',
    doc: 'Proxies whose X-Forwarded-For is believed; without any, a caller is whoever opened the connection.',
    flag: '--trusted-proxies <networks>',
  }),
  memoryLimitRatio: option.ratio({
    default: 0.8,
    doc: 'Share of the memory limit above which new calls are refused with 503.',
  }),
} as const;
