import { rmSync, truncateSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Attack } from '../attack.ts'
import { statusOf } from '../http-status.ts'
import { OutageWatch } from '../outage-watch.ts'

const READY_WITHIN_MS = 20_000

let watch: OutageWatch | undefined

/** The file is deleted under the process, which went on to acknowledge what no one would find again. */
export const deletedFile: Attack = takenAway('deleted-file', {
  title: 'the file is deleted under the process',
  take: (file) => rmSync(file),
})

/** The write-ahead log is emptied under the process. */
export const emptiedLog: Attack = takenAway('emptied-wal', {
  title: 'the write-ahead log is emptied under the process',
  take: (file) => truncateSync(`${file}-wal`, 0),
})

function takenAway(
  name: string,
  { title, take }: { title: string; take: (file: string) => void },
): Attack {
  return {
    name,
    title,
    stores: ['sqlite'],
    isForGood: true,
    async attack({ url, file = '' }, signal) {
      take(file)
      watch = new OutageWatch(url)
      await watch.watch(signal)
      return [watch.readiness()]
    },
    // What was acknowledged has to be there for the next process.
    async inspect({ url, stop, start }) {
      await stop('SIGKILL')
      await start()
      const limit = performance.now() + READY_WITHIN_MS
      while ((await statusOf(`${url}/health/ready`)).status !== 200) {
        if (performance.now() > limit) {
          return [{ what: 'started again', value: 'no', isGood: false }]
        }
        await sleep(100)
      }
      return watch ? [await watch.lost()] : []
    },
  }
}
