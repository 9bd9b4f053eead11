import { memoryUsage } from 'node:process'
import type { AgentRegistryServer } from '@rollcall/server'
import type { Logger } from 'pino'
import { EXIT_CODES } from '../exit-codes.ts'
import { survivesHangup } from '../process/hangup.ts'
import type { LogOutput } from './log-output.ts'

/** Seconds after which a stop is forced, whatever still hangs. */
const FORCED_STOP_SECONDS = 5

/** Milliseconds within which a second signal is taken for the first. */
const SAME_SIGNAL_MS = 500

/** Milliseconds that the last lines of the log get to be read. */
const LAST_LINES_MS = 500

/** The life of the process that serves a registry: what signals do to it, and how it ends. */
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

  /** From here on signals stop the registry in order; none ends the process before all is written. */
  listen(): void {
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGQUIT'] as const) {
      process.on(signal, () => this.#signalled(signal))
    }
    process.on('SIGHUP', () => {
      if (survivesHangup()) this.#logger.info('SIGHUP: ignored, as nohup asked for')
      else this.#signalled('SIGHUP')
    })
    // Without a listener, Node opens its debugger to every local process.
    process.on('SIGUSR1', () => this.#logStatistics())
  }

  /** Ends the process with a failure, as soon as everything is written that can be. */
  async fail(message: string): Promise<void> {
    this.#logger.fatal(message)
    if (this.#stoppingSince !== undefined) return
    await this.#stop(EXIT_CODES.failed)
  }

  async #signalled(signal: NodeJS.Signals): Promise<void> {
    if (this.#stoppingSince !== undefined) {
      // Under npm, one Ctrl-C arrives twice: from the terminal and passed on by npm.
      if (performance.now() - this.#stoppingSince < SAME_SIGNAL_MS) return
      process.exit(EXIT_CODES.failed)
    }
    this.#logger.info(`${signal}: stopping`)
    const stopping = this.#stop(EXIT_CODES.ok)
    // Everything is written, but no client is waited for.
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
      this.#logger.fatal({ err: error }, 'stopped, but not everything could be written')
      await this.#end(EXIT_CODES.failed)
    }
  }

  async #end(code: number): Promise<never> {
    await this.#output.flush(LAST_LINES_MS)
    process.exit(code)
  }

  #logStatistics(): void {
    const { rss, heapUsed } = memoryUsage()
    const store = this.#server.repository?.statistics()
    this.#logger.info({ ...store, rss, heapUsed }, 'SIGUSR1: statistics')
  }
}
