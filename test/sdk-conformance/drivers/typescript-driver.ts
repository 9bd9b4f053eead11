import { createInterface } from 'node:readline'
import {
  type AgentFilter,
  type AgentGroup,
  AgentRegistryClient,
  type ClientEvents,
  DiscoveryClient,
  isApiError,
  isNetworkError,
  isTimeoutError,
  type JoinOptions,
  type LiveView,
} from '@rollcall/client'
import type { DriverCommand, DriverError } from '../support/driver-messages.ts'

// Lets the conformance suite control the TypeScript SDK. Reads commands as lines of JSON, and writes
// their results and the events of the SDK. Options have the names of the wire, and times are in seconds.

type Options = Readonly<Record<string, unknown>>

/** The events of this SDK, and what the suite calls them. */
const EVENTS: Readonly<Record<keyof ClientEvents, string>> = {
  registered: 'registered',
  lost: 'lost',
  reregistered: 'reregistered',
  deregistered: 'deregistered',
  superseded: 'superseded',
  closed: 'closed',
  error: 'failed',
  late: 'late',
  recovered: 'recovered',
  warning: 'warned',
  checkFailed: 'check_failed',
  checkPassed: 'check_passed',
}

/** The strategies of this SDK by the names of the suite. */
const STRATEGIES = {
  least_loaded: 'leastLoaded',
  round_robin: 'roundRobin',
  random: 'random',
} as const

let agent: AgentRegistryClient
let view: LiveView
let group: AgentGroup<AgentRegistryClient> | undefined
let isHealthy = true
const registry = new DiscoveryClient()

const write = (message: object): void => console.log(JSON.stringify(message))

/** Renames options: `timeout_seconds` is `timeoutMs`, the others keep their words. */
function named<T>(options: Options): T {
  const entries = Object.entries(options).map(([name, value]) => {
    const isTimeout = name.endsWith('timeout_seconds')
    const words = isTimeout ? name.replace(/seconds$/, 'ms') : name
    const camelCase = words.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase())
    return [camelCase, isTimeout ? Number(value) * 1000 : value]
  })
  return Object.fromEntries(entries)
}

function observe(client: AgentRegistryClient): AgentRegistryClient {
  for (const [kind, event] of Object.entries(EVENTS) as [keyof ClientEvents, string][]) {
    client.on(kind, (payload: unknown) => {
      const incarnation: unknown = Reflect.get(Object(payload), 'incarnation') ?? null
      write({ event, agent_id: client.agentId, incarnation })
    })
  }
  return client
}

/** The methods that take a report and call options. */
function split({ timeout_seconds, ...report }: Options) {
  const options = timeout_seconds === undefined ? {} : named<object>({ timeout_seconds })
  return { report, options }
}

const COMMANDS: Readonly<Record<string, (options: Options) => unknown>> = {
  join: async ({ checked, ...options }) => {
    const check = checked ? { check: () => isHealthy } : {}
    agent = observe(await AgentRegistryClient.join({ ...named<JoinOptions>(options), ...check }))
  },
  set_health: ({ is_healthy }) => {
    isHealthy = is_healthy === true
  },
  register: async () => void (await agent.register()),
  heartbeat: (options) => {
    const { report, options: call } = split(options)
    return agent.heartbeat(report, call)
  },
  set_status: (options) => {
    const { report, options: call } = split(options)
    return agent.setStatus(Reflect.get(report, 'status') as 'busy', call)
  },
  deregister: () => agent.deregister(),
  close: () => agent.close(),
  list: async (query) => (await registry.list(named(query))).map(({ agentId }) => agentId),
  pages: async (query) => {
    const pages: string[][] = []
    for await (const page of registry.pages(named(query))) {
      pages.push(page.map(({ agentId }) => agentId))
    }
    return pages
  },
  get: async ({ agent_id }) => {
    const found = await registry.get(String(agent_id))
    return (
      found && {
        agent_id: found.agentId,
        agent_name: found.agentName,
        url: found.url,
        status: found.status,
        ttl_seconds: found.ttlSeconds,
        last_heartbeat: found.lastHeartbeat.getTime(),
        is_alive: found.isAlive,
      }
    )
  },
  history: async ({ agent_id }) =>
    (await registry.history(String(agent_id)))?.map(({ type }) => type),
  watch: ({ loads, ...filter }) => void follow(filter, loads === true),
  open_view: async ({ loads = true, ...filter }) => {
    view = registry.liveView(named(filter), { loads: loads === true })
    view.onChange((agents) => write({ view: agents.map(({ agentId }) => agentId) }))
    await view.ready
  },
  view_agents: () => view.agents.map(({ agentId }) => agentId),
  pick: ({ key, strategy, excluded = [] }) => {
    const how =
      key === undefined ? STRATEGIES[strategy as keyof typeof STRATEGIES] : { key: String(key) }
    const except = (it: { readonly agentId: string }) => [excluded].flat().includes(it.agentId)
    return view.pick(how, { except })?.agentId
  },
  close_view: () => view.close(),
  join_group: async (options) => {
    group ??= AgentRegistryClient.group()
    observe(await group.join(named(options)))
  },
  group_agents: () => group?.agents.map(({ agentId }) => agentId) ?? [],
  close_group: ({ timeout_seconds }) =>
    group?.close(timeout_seconds ? { timeoutMs: Number(timeout_seconds) * 1000 } : {}),
}

async function follow(filter: Options, loads: boolean): Promise<void> {
  try {
    for await (const event of registry.watch(named<AgentFilter>(filter), { loads })) {
      write({ watch: event.type, agent_id: 'agent' in event ? event.agent.agentId : null })
    }
  } catch (error) {
    write({ watch: 'ended', error: describe(error) })
  }
}

function describe(error: unknown): DriverError {
  const message = error instanceof Error ? error.message : String(error)
  if (isApiError(error)) return { kind: 'api', code: error.code, message }
  if (isTimeoutError(error)) return { kind: 'timeout', message }
  if (isNetworkError(error)) return { kind: 'network', message }
  const isUsage = error instanceof TypeError || error instanceof RangeError
  return { kind: isUsage ? 'usage' : 'other', message }
}

async function execute({ id, do: name, with: options }: DriverCommand): Promise<void> {
  try {
    write({ id, result: (await COMMANDS[name]?.(options)) ?? null })
  } catch (error) {
    write({ id, error: describe(error) })
  }
}

createInterface({ input: process.stdin }).on('line', (line) => void execute(JSON.parse(line)))
