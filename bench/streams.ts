import { fork } from 'node:child_process'
import { readFileSync } from 'node:fs'

const READERS = new URL('./stream-readers.ts', import.meta.url).pathname

/** What the readers saw while they counted. */
interface StreamReport {
  readonly events: number
  /** Loads that were reported. */
  readonly loads: number
  /** Streams that ended. */
  readonly closed: number
  readonly p50Ms: number
  readonly p99Ms: number
}

/** Readers of streams, in a process of their own. */
export interface StreamReaders extends Disposable {
  count(): void
  report(): Promise<StreamReport>
}

/** Opens so many streams and waits until all are answered. `{i}` in the path counts them from 0. */
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
      const answer = next<StreamReport>()
      child.send('report')
      return answer
    },
    [Symbol.dispose]: () => child.kill(),
  }
}

/** Seconds of processor time that a process has used. */
export function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1]?.split(' ') ?? []
  const TICKS_PER_SECOND = 100
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND
}
