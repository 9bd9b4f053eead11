import { expect } from 'vitest'
import { PostgresServer } from '../../postgres/support/postgres-server.ts'
import { RegistryProcess } from './registry-process.ts'
import { runRollcall } from './rollcall-command.ts'
import { TemporaryFolder } from './temporary-folder.ts'

/** A finding of the doctor on one topic. */
interface Finding {
  readonly topic: string
  readonly verdict: 'good' | 'odd' | 'wrong'
  readonly message: string
  readonly advice?: string
}

/** A PostgreSQL with a registry on it, and `rollcall doctor` for both. */
export class DoctorSession implements AsyncDisposable {
  readonly postgres: PostgresServer
  /** URL of the database that the registry uses, with user and password of a superuser. */
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

  /** Resolves once the registry can write again, which it checks once a second. */
  async untilReady(): Promise<void> {
    const isReady = async () => (await fetch(`${this.#registry.url}/health/ready`)).ok
    await expect.poll(isReady, { timeout: 30_000 }).toBe(true)
  }

  /** Runs the doctor on a store, alongside the registry, until it exits. */
  run(db: string, ...args: string[]) {
    return runRollcall(['doctor', '--registry', this.#registry.url, '--db', db, ...args], {
      cwd: this.#folder.path,
    })
  }

  /** Returns the findings of the doctor on a store, alongside the registry. */
  async examine(db: string, ...args: string[]) {
    const { code, stdout, stderr } = await this.run(db, '--json', ...args)
    const secret = /\/\/[^:]*:([^@]*)@/.exec(db)?.[1]
    if (secret) expect(stdout + stderr).not.toContain(secret)
    expect(stderr).toBe('')
    const { ok, findings }: { ok: boolean; findings: Finding[] } = JSON.parse(stdout)
    expect(ok).toBe(code === 0)
    const first = findings.findIndex(({ topic }) => topic === 'database')
    const ofStore = findings.slice(first)
    const about = (topic: string) => ofStore.find((it) => it.topic === topic)
    return { code, findings: ofStore, about }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#registry.kill()
    await this.postgres[Symbol.asyncDispose]()
    this.#folder[Symbol.dispose]()
  }
}
