import { areaOf, packageOf, type SourceModule } from './source-module.ts'

/** Which of our packages each may import. */
export const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  protocol: [],
  client: ['protocol'],
  server: ['protocol'],
  cli: ['protocol', 'client', 'server'],
  // It knows the registry as every other caller does.
  dashboard: ['protocol', 'client'],
}

/** The published names of our packages, where they differ from their folder. */
const PUBLISHED: Readonly<Record<string, string>> = { rollcall: 'cli' }

/** Which folders of the server's sources each of them may import. */
export const AREAS: Readonly<Record<string, readonly string[]>> = {
  // Data.
  limits: [],
  // Time slices of the event loop; knows nothing of agents.
  scheduling: [],
  domain: ['limits', 'scheduling'],
  // Who may do what; knows neither HTTP nor where tokens are kept.
  access: ['domain', 'limits', 'scheduling'],
  // What is sent to other services; knows neither HTTP nor where webhooks are kept.
  webhooks: ['domain', 'limits', 'scheduling'],
  storage: ['access', 'domain', 'limits', 'scheduling', 'webhooks'],
  expiry: ['domain'],
  backups: ['domain'],
  audit: ['scheduling', 'telemetry'],
  feed: ['domain', 'limits', 'scheduling'],
  telemetry: ['access', 'domain', 'feed', 'limits', 'operations', 'scheduling', 'webhooks'],
  config: ['limits'],
  // Data.
  operations: [],
  http: [
    'access',
    'audit',
    'domain',
    'feed',
    'limits',
    'operations',
    'scheduling',
    'telemetry',
    'webhooks',
  ],
  // The conformance suite uses stores through their interface only.
  testing: ['domain', 'limits'],
}

/** Files of no folder that every folder but the domain may import. */
const SHARED = ['server/src/version.ts']

/** The files that put the server together; only they know all of it. */
const ASSEMBLY = [
  'server/src/agent-registry-server.ts',
  'server/src/agent-registry-server-options.ts',
  'server/src/index.ts',
]

/** Uses of the process outside of the command and the configuration, and why each is right. */
export const PROCESS_EXCEPTIONS: Readonly<Record<string, { uses: string[]; why: string }>> = {
  'server/src/storage/sqlite/threads/file-writer.ts': {
    uses: ['pid'],
    why: 'the file records its owner, so that a second server can name the first',
  },
  'server/src/storage/sqlite/file/open-database.ts': {
    uses: ['versions', 'version'],
    why: 'the binding of SQLite crashes a process that is too old for it',
  },
  'server/src/storage/transition-listeners.ts': {
    uses: ['emitWarning'],
    why: 'a listener that throws is reported where the process reports warnings',
  },
  'server/src/http/connections/accept-queues.ts': {
    uses: ['platform'],
    why: 'only Linux spreads connections over several sockets that listen on one address',
  },
  'server/src/feed/feed-work.ts': {
    uses: ['nextTick'],
    why: 'Node performs the writes of a turn there, and their duration is measured',
  },
  'server/src/telemetry/registry-metrics.ts': {
    uses: ['version'],
    why: 'the metrics say which Node runs the registry',
  },
  'server/src/scheduling/processor-use.ts': {
    uses: ['cpuUsage'],
    why: 'only a registry that uses the processor is overloaded; others starve one that does not',
  },
  'client/src/node/heartbeat-worker.ts': {
    uses: ['execArgv'],
    why: 'options of the process that concern its own program are not passed on to the thread',
  },
  'client/src/node/signals.ts': {
    uses: ['prependListener', 'off', 'kill', 'pid', 'listenerCount'],
    why: 'agents can be deregistered on SIGTERM, after which the process ends as it would have',
  },
  'server/src/testing/model/model-conformance.ts': {
    uses: ['env'],
    why: 'the environment sets how long the model test runs',
  },
}

/** Returns the rules that a module violates. */
export function violationsOf(module: SourceModule): string[] {
  return [
    ...module.imports.flatMap((imported) => [
      ...wrongPackage(module.path, imported),
      ...wrongArea(module.path, imported),
    ]),
    ...wrongProcessUses(module),
  ].map((what) => `${module.path} ${what}`)
}

function wrongPackage(path: string, imported: string): string[] {
  const from = packageOf(path)
  const allowed = PACKAGES[from]
  if (allowed === undefined) return ['is in a package that the rules do not know']
  const to = ourPackage(imported, from)
  // Everything but its entry for Node also runs in browsers.
  const isForNode = path.startsWith('client/src/node/')
  if (from === 'client' && !isForNode && imported.startsWith('node:')) {
    return [`imports ${imported}`]
  }
  if (to === undefined || to === from) return []
  if (imported.includes('/src/'))
    return [`reaches into the sources of another package: ${imported}`]
  return allowed.includes(to) ? [] : [`imports ${imported}`]
}

/** Which of our packages a name belongs to; undefined for other packages. */
function ourPackage(imported: string, from: string): string | undefined {
  const scoped = /^@rollcall\/([^/]+)/.exec(imported)?.[1]
  if (scoped !== undefined) return scoped
  const [first = ''] = imported.split('/', 1)
  if (PUBLISHED[first] !== undefined) return PUBLISHED[first]
  return imported.includes('/src/') || imported.startsWith(`${from}/`) ? first : undefined
}

function wrongArea(path: string, imported: string): string[] {
  if (packageOf(path) !== 'server') return []
  const area = areaOf(path)
  if (!imported.startsWith('server/src/')) {
    return area === 'domain' && imported !== '@rollcall/protocol' ? [`imports ${imported}`] : []
  }
  if (SHARED.includes(imported)) return area === 'domain' ? [`imports ${imported}`] : []
  const to = areaOf(imported)
  if (area === '') {
    return to === 'http' && !ASSEMBLY.includes(path) ? [`imports ${imported}`] : []
  }
  const allowed = AREAS[area]
  if (allowed === undefined) return [`is in a folder that the rules do not know: ${area}`]
  return to === area || allowed.includes(to) ? [] : [`imports ${imported}`]
}

function wrongProcessUses({ path, processUses }: SourceModule): string[] {
  const free = packageOf(path) === 'cli' || path.startsWith('server/src/config/')
  if (free) return []
  const allowed = PROCESS_EXCEPTIONS[path]?.uses ?? []
  return processUses.filter((use) => !allowed.includes(use)).map((use) => `uses process.${use}`)
}
