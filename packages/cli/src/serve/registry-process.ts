import { memoryUsage } from 'node:process'
import type { AgentRegistryServer } from '@rollcall/server'
import type { Logger } from 'pino'
import { EXIT_CODES } from '../exit-codes.ts'
import { ignoresHangup } from '../process/hangup.ts'
import type { LogOutput } from './log-output.ts'

/** Seconds after which a graceful stop is forced. */
const FORCED_STOP_SECONDS = 5

/** Milliseconds within which a second signal counts as a duplicate. */
const DUPLICATE_SIGNAL_MS = 500

/** Timeout for flushing the log on exit, in milliseconds. */
const FLUSH_TIMEOUT_MS = 500

/** Handles the signals and the shutdown of the process that serves a registry. */
export class RegistryProcess {
  readonly #server: AgentRegistryServer
  readonly #logger: Logger
  readonly #output: LogOutput
  #stoppingSince: number | undefined

  constructor(parts: { server: AgentRegistryServer; logger: Logger; output: LogOutput }) {
    this.#server = parts.server
    this.#logger = parts.logger
    this.#output = parts.output
  }

  /**
   * Installs signal handlers that stop the registry gracefully, after all writes have completed.
   */
  listen(): void {
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGQUIT'] as const) {
      process.on(signal, () => this.#signalled(signal))
    }
    process.on('SIGHUP', () => {
      if (ignoresHangup()) this.#logger.info('SIGHUP: ignored because of nohup')
      else void this.#signalled('SIGHUP')
    })
    // Without a listener, SIGUSR1 starts Node's debugger, which is open to every local process.
    process.on('SIGUSR1', () => this.#logStatistics())
  }

  /** Exits with a failure once all possible writes have completed. */
  async fail(message: string): Promise<void> {
    this.#logger.fatal(message)
    if (this.#stoppingSince !== undefined) return
    await this.#stop(EXIT_CODES.failed)
  }

  async #signalled(signal: NodeJS.Signals): Promise<void> {
    if (this.#stoppingSince !== undefined) {
      // Under npm, a Ctrl-C arrives twice: from the terminal and forwarded by npm.
      if (performance.now() - this.#stoppingSince < DUPLICATE_SIGNAL_MS) return
      process.exit(EXIT_CODES.failed)
    }
    this.#logger.info(`${signal}: stopping`)
    const stopping = this.#stop(EXIT_CODES.ok)
    // Completes writes, but does not wait for clients.
    if (signal === 'SIGQUIT') this.#server.createApp().server.closeAllConnections()
    await stopping
  }

  async #stop(code: number): Promise<void> {
    this.#stoppingSince = performance.now()
    setTimeout(() => {
      this.#logger.fatal(`could not stop within ${FORCED_STOP_SECONDS} s`)
      process.exit(EXIT_CODES.failed)
    }, FORCED_STOP_SECONDS * 1000).unref()
    try {
      await this.#server.close()
      this.#logger.info('stopped')
      await this.#end(code)
    } catch (error) {
      this.#logger.fatal({ err: error }, 'stopped, but some writes failed')
      await this.#end(EXIT_CODES.failed)
    }
  }

  async #end(code: number): Promise<never> {
    await this.#output.flush(FLUSH_TIMEOUT_MS)
    process.exit(code)
  }

  #logStatistics(): void {
    const { rss, heapUsed } = memoryUsage()
    const store = this.#server.repository?.statistics()
    this.#logger.info({ ...store, rss, heapUsed }, 'SIGUSR1: statistics')
  }
}
