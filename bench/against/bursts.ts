import { connect, type Socket } from 'node:net'
import { median } from '../report.ts'

/** Milliseconds of a burst. */
const BURST_MS = 400
const WARM_UP_MS = 4000

/** A registry that bursts of requests are sent to. */
class Target implements Disposable {
  readonly #url: string
  readonly #sockets: readonly Socket[]
  readonly rates: number[] = []
  readonly processorTimes: number[] = []

  private constructor(url: string, sockets: readonly Socket[]) {
    this.#url = url
    this.#sockets = sockets
  }

  static async connect(url: string, connections: number): Promise<Target> {
    const { port, hostname } = new URL(url)
    const opened = Array.from(
      { length: connections },
      () =>
        new Promise<Socket>((resolve, reject) => {
          const socket = connect(Number(port), hostname, () => resolve(socket)).once(
            'error',
            reject,
          )
          socket.setNoDelay(true)
        }),
    )
    return new Target(url, await Promise.all(opened))
  }

  /** Sends requests until the registry has compiled the code that serves them. */
  async warmUp(requests: readonly Buffer[], forMs: number): Promise<void> {
    await this.#send(requests, forMs)
  }

  /** Sends requests on each connection, the next with each response; each response comes in one piece. */
  async measure(requests: readonly Buffer[]): Promise<void> {
    const before = await this.#processorSeconds()
    const { count, seconds } = await this.#send(requests, BURST_MS)
    this.rates.push(count / seconds)
    this.processorTimes.push((1e6 * ((await this.#processorSeconds()) - before)) / count)
  }

  [Symbol.dispose](): void {
    for (const socket of this.#sockets) socket.destroy()
  }

  async #send(
    requests: readonly Buffer[],
    forMs: number,
  ): Promise<{ count: number; seconds: number }> {
    const began = performance.now()
    let count = 0
    const next = (socket: Socket): boolean => {
      const isOver = performance.now() - began > forMs
      if (!isOver) socket.write(requests[count++ % requests.length] as Buffer)
      return !isOver
    }
    await Promise.all(
      this.#sockets.map(
        (socket) =>
          new Promise<void>((resolve, reject) => {
            const receive = (chunk: Buffer): void => {
              const status = chunk.toString('latin1', 0, 12)
              if (!/^HTTP\/1\.1 20[01]$/.test(status))
                reject(new Error(`a response begins with ${status}`))
              if (next(socket)) return
              socket.off('data', receive)
              resolve()
            }
            socket.on('data', receive)
            next(socket)
          }),
      ),
    )
    return { count, seconds: (performance.now() - began) / 1000 }
  }

  async #processorSeconds(): Promise<number> {
    const text = await (await fetch(`${this.#url}/metrics`)).text()
    return Number(/^process_cpu_seconds_total (\S+)$/m.exec(text)?.[1])
  }
}

/** How many times as fast this checkout is as the other one. */
export interface Comparison {
  /** Median of the ratios of neighbouring bursts. */
  readonly ratio: number
  /** Requests a second, and microseconds of processor time for each, as medians. */
  readonly rates: readonly [before: number, now: number]
  readonly processorTimes: readonly [before: number, now: number]
}

/**
 * Sends bursts to two registries by turns: what slows the machine down meanwhile slows down both.
 *
 * @param options.warmUpMs milliseconds of requests to each before that; default 4000
 */
export async function compareInBursts(options: {
  readonly before: string
  readonly now: string
  readonly requests: readonly Buffer[]
  readonly connections: number
  readonly bursts: number
  readonly warmUpMs?: number
}): Promise<Comparison> {
  const { requests, connections, bursts, warmUpMs = WARM_UP_MS } = options
  using before = await Target.connect(options.before, connections)
  using now = await Target.connect(options.now, connections)
  for (const each of [before, now]) await each.warmUp(requests, warmUpMs)
  for (let burst = 0; burst < bursts; burst++) {
    const order = burst % 2 === 0 ? [before, now] : [now, before]
    for (const each of order) await each.measure(requests)
  }
  return {
    ratio: median(now.rates.map((rate, index) => rate / (before.rates[index] ?? Number.NaN))),
    rates: [median(before.rates), median(now.rates)],
    processorTimes: [median(before.processorTimes), median(now.processorTimes)],
  }
}
