import { fork } from 'node:child_process'
import { readFileSync } from 'node:fs'

const READERS = new URL('./stream-readers.ts', import.meta.url).pathname

/** The counts and delays of all readers. */
interface StreamReport {
  readonly events: number
  /** Loads received. */
  readonly loads: number
  /** Streams that were closed. */
  readonly closed: number
  readonly p50Ms: number
  readonly p99Ms: number
}

/** Readers of streams in a separate process. */
export interface StreamReaders extends Disposable {
  count(): void
  report(): Promise<StreamReport>
}

/** Opens `count` streams and waits for all responses. `{i}` in the path counts them from 0. */
export async function openStreams(
  url: string,
  count: number,
  path = '/events',
): Promise<StreamReaders> {
  const child = fork(READERS, [url, String(count), path])
  const next = <T>() =>
    new Promise<T>((resolve, reject) => {
      child.once('message', (message) => resolve(message as T))
      child.once('exit', (code) => reject(new Error(`the readers ended with ${code}`)))
    })
  await next()
  return {
    count: () => child.send('count'),
    report: () => {
      const report = next<StreamReport>()
      child.send('report')
      return report
    },
    [Symbol.dispose]: () => child.kill(),
  }
}

/** Returns the processor time that a process has used, in seconds. */
export function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1]?.split(' ') ?? []
  const TICKS_PER_SECOND = 100
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND
}
