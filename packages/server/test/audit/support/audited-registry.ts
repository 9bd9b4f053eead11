import { readFile } from 'node:fs/promises'
import { expect } from 'vitest'
import { TemporaryFolder } from '../../../../../test/e2e/support/temporary-folder.ts'
import {
  type GuardedRegistry,
  guardedRegistry,
  type SentRequest,
  TOKENS,
} from '../../access/support/guarded-registry.ts'

/** A line of an audit log. */
export type AuditLine = Readonly<Record<string, unknown>>

/** A registry that knows its callers by their tokens, and writes an audit log. */
export class AuditedRegistry implements AsyncDisposable {
  readonly guarded: GuardedRegistry
  readonly path: string
  readonly #folder: TemporaryFolder
  #requests = 0

  private constructor(guarded: GuardedRegistry, folder: TemporaryFolder, path: string) {
    this.guarded = guarded
    this.path = path
    this.#folder = folder
  }

  static async start(): Promise<AuditedRegistry> {
    const folder = new TemporaryFolder()
    const path = folder.file('audit')
    return new AuditedRegistry(await guardedRegistry({ auditLog: path }), folder, path)
  }

  /** The id of the last request. */
  get lastRequestId(): string {
    return `request-${this.#requests}`
  }

  /** Sends a request, with an id of its own. */
  async send(method: string, url: string, request: SentRequest = {}): Promise<Response> {
    this.#requests++
    const headers = { 'x-request-id': this.lastRequestId, ...request.headers }
    return await this.guarded.send(method, url, { ...request, headers })
  }

  /** Returns the text of all lines, once that of a last request is among them. */
  async text(): Promise<string> {
    const { status } = await this.send('POST', '/agents/cleanup', { token: TOKENS.admin })
    expect(status).toBe(200)
    await expect.poll(() => readFile(this.path, 'utf8')).toContain(`"${this.lastRequestId}"`)
    return await readFile(this.path, 'utf8')
  }

  /** Returns all lines so far. */
  async lines(): Promise<AuditLine[]> {
    const lines = (await this.text()).split('\n').slice(0, -2)
    return lines.map((line) => JSON.parse(line) as AuditLine)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.guarded[Symbol.asyncDispose]()
    this.#folder[Symbol.dispose]()
  }
}
