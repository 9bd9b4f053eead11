import { expect } from 'vitest'
import { PostgresServer } from '../../postgres/support/postgres-server.ts'
import { RegistryProcess } from './registry-process.ts'
import { runRollcall } from './rollcall-command.ts'
import { TemporaryFolder } from './temporary-folder.ts'

/** A finding in the JSON output of doctor. */
interface Finding {
  readonly topic: string
  readonly verdict: 'ok' | 'warn' | 'fail'
  readonly message: string
  readonly advice?: string
}

/** A PostgreSQL server with a registry, and `rollcall doctor` for both. */
export class DoctorSession implements AsyncDisposable {
  readonly postgres: PostgresServer
  /** URL of the database of the registry, with the credentials of a superuser. */
  readonly url: string
  readonly #registry: RegistryProcess
  readonly #folder: TemporaryFolder

  private constructor(
    postgres: PostgresServer,
    parts: { url: string; registry: RegistryProcess; folder: TemporaryFolder },
  ) {
    this.postgres = postgres
    this.url = parts.url
    this.#registry = parts.registry
    this.#folder = parts.folder
  }

  static async start(): Promise<DoctorSession> {
    const folder = new TemporaryFolder()
    const postgres = await PostgresServer.launch({ isInMemory: true })
    const url = await postgres.createDatabase()
    const registry = await RegistryProcess.start({ cwd: folder.path, db: url })
    return new DoctorSession(postgres, { url, registry, folder })
  }

  /** Resolves when the registry is ready again; it checks the database once a second. */
  async untilReady(): Promise<void> {
    const isReady = async () => (await fetch(`${this.#registry.url}/health/ready`)).ok
    await expect.poll(isReady, { timeout: 30_000 }).toBe(true)
  }

  /** Runs doctor for the registry and a store. */
  run(db: string, ...args: string[]) {
    return runRollcall(['doctor', '--registry', this.#registry.url, '--db', db, ...args], {
      cwd: this.#folder.path,
    })
  }

  /** Returns the findings of doctor for a store. */
  async examine(db: string, ...args: string[]) {
    const { code, stdout, stderr } = await this.run(db, '--json', ...args)
    const secret = /\/\/[^:]*:([^@]*)@/.exec(db)?.[1]
    if (secret) expect(stdout + stderr).not.toContain(secret)
    expect(stderr).toBe('')
    const { ok, findings }: { ok: boolean; findings: Finding[] } = JSON.parse(stdout)
    expect(ok).toBe(code === 0)
    const first = findings.findIndex(({ topic }) => topic === 'database')
    const storeFindings = findings.slice(first)
    const about = (topic: string) => storeFindings.find((it) => it.topic === topic)
    return { code, findings: storeFindings, about }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#registry.kill()
    await this.postgres[Symbol.asyncDispose]()
    this.#folder[Symbol.dispose]()
  }
}
