import { randomBytes } from 'node:crypto'
import type { Agent } from '@rollcall/protocol'
import { AgentRegistryServer } from '@rollcall/server'
import { afterAll, beforeAll } from 'vitest'
import { freshStore } from '../../stores/fresh-store.ts'
import { deregisterMany } from './bulk-requests.ts'
import { type Answer, agentIn } from './response.ts'

/** Parts of a request; `json` is sent as JSON with its content type. */
export interface RequestParts {
  readonly json?: unknown
  readonly body?: string | Uint8Array<ArrayBuffer>
  readonly headers?: Readonly<Record<string, string>>
}

/**
 * A running registry, known only by its base URL. Each test file has its own, on each store in
 * turn, or all share the one that `ROLLCALL_BASE_URL` names: run them with `--no-file-parallelism`
 * then, because some tests examine the whole registry.
 */
export class RegistryUnderTest {
  readonly #run = randomBytes(4).toString('hex')
  readonly #ids = new Set<string>()
  #baseUrl: string | undefined
  #stop: (() => Promise<void>) | undefined

  /** @param baseUrl of a registry that is running; default: {@link start} starts one */
  constructor(baseUrl?: string) {
    this.#baseUrl = baseUrl
  }

  /** Such as `http://127.0.0.1:9000`, without a trailing slash. */
  get baseUrl(): string {
    if (this.#baseUrl === undefined) throw new Error('the registry has not started')
    return this.#baseUrl
  }

  async start(): Promise<void> {
    const given = process.env.ROLLCALL_BASE_URL
    if (given) {
      this.#baseUrl = given.replace(/\/$/, '')
      return
    }
    const store = await freshStore()
    const server = new AgentRegistryServer(store.url)
    this.#stop = async () => {
      await server.close()
      await store[Symbol.asyncDispose]()
    }
    this.#baseUrl = await server.listen({ port: 0 })
  }

  /** Stops what {@link start} started; removes the agents of the tests from a shared registry. */
  async stop(): Promise<void> {
    if (this.#stop) await this.#stop()
    else await deregisterMany(this.baseUrl, [...this.#ids])
  }

  /** Returns a unique agent id. */
  newId(label = 'agent'): string {
    const id = `${label}-${this.#run}-${this.#ids.size}`
    this.#ids.add(id)
    return id
  }

  /** Returns a registration with only required fields, and a new id. */
  registration(fields: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
    const id = fields.agent_id ?? this.newId()
    this.#ids.add(String(id))
    return { agent_id: id, agent_name: 'Researcher', host: '10.0.0.7', port: 8000, ...fields }
  }

  /** Registers a valid agent. */
  async register(fields: Readonly<Record<string, unknown>> = {}): Promise<Agent> {
    const response = await this.post('/agents/register', { json: this.registration(fields) })
    return agentIn(response)
  }

  get(path: string, parts?: RequestParts): Promise<Answer> {
    return this.request('GET', path, parts)
  }

  post(path: string, parts?: RequestParts): Promise<Answer> {
    return this.request('POST', path, parts)
  }

  delete(path: string, parts?: RequestParts): Promise<Answer> {
    return this.request('DELETE', path, parts)
  }

  async request(method: string, path: string, parts: RequestParts = {}): Promise<Answer> {
    const { json, body, headers } = parts
    const response = await fetch(this.baseUrl + path, {
      method,
      headers: { ...(json !== undefined && { 'content-type': 'application/json' }), ...headers },
      body: json === undefined ? (body ?? null) : JSON.stringify(json),
    })
    const text = await response.text()
    return { path, status: response.status, headers: response.headers, text, json: parsed(text) }
  }
}

/** Starting PostgreSQL may take some seconds on a busy machine. */
const START_TIMEOUT_MS = 60_000

/**
 * Provides a test file with a registry, started before its first test and stopped after its last.
 */
export function useRegistry(): RegistryUnderTest {
  const registry = new RegistryUnderTest()
  beforeAll(() => registry.start(), START_TIMEOUT_MS)
  afterAll(() => registry.stop())
  return registry
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
